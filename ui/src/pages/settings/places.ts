/** The settings' pages, in the order in which a new centre needs them. */

export const PLACES = [
  { group: 'calls', parts: ['numbers', 'flows', 'prompts', 'calendars'] },
  { group: 'people', parts: ['people', 'queues', 'skills', 'breaks', 'dispositions', 'warnings', 'assist'] },
  { group: 'lines', parts: ['endpoints', 'trunks', 'outbound', 'feature_codes'] },
  { group: 'centre', parts: ['company', 'security', 'recordings', 'lookup', 'sip', 'webrtc', 'web_callers'] },
  { group: 'whole', parts: ['versions', 'file'] },
] as const

export type Place = (typeof PLACES)[number]['parts'][number]

export const ALL_PLACES: readonly Place[] = PLACES.flatMap((each) => [...each.parts])

export function isPlace(word: unknown): word is Place {
  return typeof word === 'string' && (ALL_PLACES as readonly string[]).includes(word)
}
