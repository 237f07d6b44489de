/** An answer in lines of JSON, told as they come. */

import { ApiError, exchange, type Sending } from './client'

/** Each line as a value, as soon as it is whole; ends with the answer, or with the signal. */
export async function* linesOf<T>(method: string, path: string, options: Sending): AsyncGenerator<T> {
  const response = await exchange(method, path, options)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (!reader) return
  let begun = ''
  for (;;) {
    let part: ReadableStreamReadResult<string>
    try {
      part = await reader.read()
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error
      throw new ApiError(0, 'unreachable', 'The centre does not answer.')
    }
    const lines = (begun + (part.value ?? '')).split('\n')
    begun = lines.pop() ?? ''
    for (const line of lines) if (line) yield JSON.parse(line) as T
    if (!part.done) continue
    if (begun) yield JSON.parse(begun) as T
    return
  }
}
