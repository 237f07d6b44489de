/** One voice as a WAV file: 16 bit PCM, mono. */

const HEADER = 44

/** Samples −1…1; what is louder is cut. */
export function wavOf(samples: Float32Array, rate: number): Blob {
  const bytes = new DataView(new ArrayBuffer(HEADER + samples.length * 2))
  const text = (at: number, word: string) => {
    for (let i = 0; i < word.length; i++) bytes.setUint8(at + i, word.charCodeAt(i))
  }
  text(0, 'RIFF')
  bytes.setUint32(4, HEADER - 8 + samples.length * 2, true)
  text(8, 'WAVEfmt ')
  bytes.setUint32(16, 16, true)
  bytes.setUint16(20, 1, true)
  bytes.setUint16(22, 1, true)
  bytes.setUint32(24, rate, true)
  bytes.setUint32(28, rate * 2, true)
  bytes.setUint16(32, 2, true)
  bytes.setUint16(34, 16, true)
  text(36, 'data')
  bytes.setUint32(40, samples.length * 2, true)
  for (let i = 0; i < samples.length; i++) {
    const sample = Math.max(-1, Math.min(1, samples[i] ?? 0))
    bytes.setInt16(HEADER + i * 2, Math.round(sample * 32_767), true)
  }
  return new Blob([bytes.buffer], { type: 'audio/wav' })
}

/** All channels in one. */
export function monoOf(channels: readonly Float32Array[]): Float32Array {
  const [first] = channels
  if (!first) return new Float32Array()
  if (channels.length === 1) return first
  return first.map((_, i) => channels.reduce((sum, one) => sum + (one[i] ?? 0), 0) / channels.length)
}
