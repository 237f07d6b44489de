/** Who may do what on the pages: the centre's own table (src/huawu/accounts/roles.py), which decides in the end. */

export const PERMISSIONS = {
  agent: ['watch', 'set_own_state', 'see_own_calls', 'move_own_calls', 'see_numbers', 'appeal_own'],
  shift_leader: [
    'watch',
    'set_own_state',
    'set_states',
    'see_calls',
    'hear_calls',
    'move_own_calls',
    'move_calls',
    'supervise',
    'see_numbers',
    'see_private',
    'simulate',
    'announce',
    'run_queues',
    'see_quality',
    'appeal_own',
    'try_book',
  ],
  inspector: [
    'watch',
    'see_calls',
    'hear_calls',
    'see_numbers',
    'see_private',
    'see_quality',
    'inspect',
    'plan_inspections',
    'try_book',
  ],
  trainer: ['watch', 'see_calls', 'hear_calls', 'see_quality', 'try_book'],
  manager: [
    'watch',
    'set_states',
    'see_calls',
    'hear_calls',
    'move_own_calls',
    'move_calls',
    'supervise',
    'see_numbers',
    'see_private',
    'simulate',
    'measure',
    'reset_tolls',
    'announce',
    'run_queues',
    'see_audit',
    'see_quality',
    'inspect',
    'plan_inspections',
    'try_book',
    'change_book',
  ],
  support: ['watch', 'see_calls', 'simulate', 'measure'],
  administrator: [
    'watch',
    'set_states',
    'see_calls',
    'simulate',
    'measure',
    'administer',
    'reset_tolls',
    'announce',
    'see_audit',
  ],
} as const

export type Role = keyof typeof PERMISSIONS
export type Permission = (typeof PERMISSIONS)[Role][number]

/** A role that is not in the table may nothing. */
export function roleMay(role: string | undefined, permission: Permission): boolean {
  const held: readonly string[] = PERMISSIONS[role as Role] ?? []
  return held.includes(permission)
}
