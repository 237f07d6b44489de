/** Stretches of a call that verdicts are about, as places on its axis and clips of its recording. Pure. */

import type { Finding, VerdictKind } from '@/api/quality-types'

/** Heard before and after what a verdict is about, so that one knows what it follows from. */
const LEAD_MS = 1_500
const TAIL_MS = 1_000
/** A stretch shorter than this is drawn and heard as one of this length. */
const LEAST_MS = 600

export interface Clip {
  from: number
  to: number
}

/** What to hear of a finding, in ms of the recording, kept within it. */
export function clipOf(
  finding: Pick<Finding, 'from_ms' | 'to_ms'>,
  recordingBegan: number,
  length: number,
): Clip {
  const most = Math.max(0, length)
  const within = (at: number) => Math.min(most, Math.max(0, at))
  const from = within(finding.from_ms - recordingBegan - LEAD_MS)
  const to = within(Math.max(finding.to_ms, finding.from_ms + LEAST_MS) - recordingBegan + TAIL_MS)
  return { from: Math.min(from, Math.max(0, to - LEAST_MS)), to }
}

/** True when some of what a finding is about was recorded. */
export function wasRecorded(
  finding: Pick<Finding, 'from_ms' | 'to_ms'>,
  began: number,
  length: number,
): boolean {
  return finding.to_ms >= began && finding.from_ms <= began + length
}

export interface Placed {
  finding: Finding
  lane: 'caller' | 'agent'
  from: number
  to: number
}

const DRAWN: readonly VerdictKind[] = ['breach', 'unsure', 'pass']

/**
 * The findings that have a place on the lanes, in ms of the call. What nobody could be blamed for alone stands on
 * the agent's lane: it is the agent who is judged. A verdict on the whole call has no place of its own.
 */
export function placed(findings: readonly Finding[], began: number, length: number): Placed[] {
  return findings
    .filter(
      (finding) => DRAWN.includes(finding.verdict) && finding.to_ms > 0 && !coversAll(finding, began, length),
    )
    .map((finding) => ({
      finding,
      lane: finding.party === 'caller' ? ('caller' as const) : ('agent' as const),
      from: Math.min(length, Math.max(0, finding.from_ms - began)),
      to: Math.min(length, Math.max(0, finding.to_ms - began)),
    }))
    .sort((a, b) => a.from - b.from || a.to - b.to)
}

/** A verdict about everything says nothing about a place. */
function coversAll(finding: Finding, began: number, length: number): boolean {
  return (
    length > 0 && finding.to_ms - finding.from_ms >= 0.95 * length && finding.from_ms - began <= 0.05 * length
  )
}
