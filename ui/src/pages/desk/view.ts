/** The agent of the desk as the wallboard's seat has it, for what both say about states. */

import type { DeskAgent } from '@/api/desk-types'
import type { AgentView } from '@/api/types'

export function agentViewOf(agent: DeskAgent): AgentView {
  const { id, name, extension, state, since_ms, reason, reachable, queue } = agent
  return {
    id,
    name,
    extension,
    state,
    since_ms,
    reason,
    reachable,
    queue,
    call: null,
    caller: null,
    queues: agent.queues.map((one) => one.id),
    calls_today: 0,
  }
}
