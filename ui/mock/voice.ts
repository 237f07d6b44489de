/** Makes a two-channel recording that sounds a little like two people humming in turn, from a call's facts. */

import type { CallWithFacts } from '../src/api/types'
import { Chance } from './chance.ts'

const RATE = 8_000

function hum(into: Float32Array, from: number, to: number, pitch: number, chance: Chance): void {
  let phase = 0
  const speed = 2.6 + chance.next() * 1.6
  for (let i = Math.max(0, from); i < Math.min(to, into.length); i++) {
    const t = (i - from) / RATE
    const left = (to - i) / RATE
    phase += (pitch * (1 + 0.06 * Math.sin(t * 7) - 0.04 * t)) / RATE
    const syllable = Math.max(0, Math.sin(Math.PI * speed * t)) ** 0.6 * (0.65 + 0.35 * Math.sin(t * 1.7))
    const edge = Math.min(1, t / 0.04, left / 0.06)
    const wave = Math.sin(phase * 6.283) + 0.5 * Math.sin(phase * 12.566) + 0.3 * Math.sin(phase * 25.1)
    into[i] = (into[i] ?? 0) + 0.22 * syllable * edge * wave
  }
}

/** Left is the caller, right the agent; the length is the recording's. */
export function voices(call: CallWithFacts): { left: Float32Array; right: Float32Array; began: number } {
  const began = call.bridged_ms ?? call.began_ms
  const length = Math.ceil(((call.recording?.length_ms ?? 0) / 1000) * RATE)
  const left = new Float32Array(length)
  const right = new Float32Array(length)
  const chance = new Chance(length + 1)
  for (let i = 0; i < length; i++) {
    left[i] = (chance.next() - 0.5) * 0.006
    right[i] = (chance.next() - 0.5) * 0.003
  }
  for (const fact of call.facts) {
    if (fact.kind !== 'talk') continue
    const at = (ms: unknown) => Math.round(((Number(ms) - began) / 1000) * RATE)
    const voice = fact.party === 'agent' ? { channel: right, pitch: 205 } : { channel: left, pitch: 128 }
    hum(voice.channel, at(fact['began_ms']), at(fact['ended_ms']), voice.pitch, chance)
  }
  return { left, right, began }
}

export function wav(left: Float32Array, right: Float32Array): Buffer {
  const bytes = Buffer.alloc(44 + left.length * 4)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(36 + left.length * 4, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(2, 22)
  bytes.writeUInt32LE(RATE, 24)
  bytes.writeUInt32LE(RATE * 4, 28)
  bytes.writeUInt16LE(4, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(left.length * 4, 40)
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset + 44, left.length * 2)
  const clip = (x: number | undefined) => Math.max(-1, Math.min(1, x ?? 0)) * 32_767
  for (let i = 0; i < left.length; i++) {
    samples[i * 2] = clip(left[i])
    samples[i * 2 + 1] = clip(right[i])
  }
  return bytes
}

/** The loudest sample of each of `points` equal stretches, 0–1. */
export function peaks(channel: Float32Array, points: number): number[] {
  const size = channel.length / points
  return Array.from({ length: points }, (_, p) => {
    let most = 0
    for (let i = Math.floor(p * size); i < Math.floor((p + 1) * size); i++)
      most = Math.max(most, Math.abs(channel[i] ?? 0))
    return Math.round(Math.min(1, most) * 1000) / 1000
  })
}
