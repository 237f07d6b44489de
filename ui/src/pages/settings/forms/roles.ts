/** Who works here, and on whose wish a call may leave the centre. */

export const ROLES = ['agent', 'shift_leader', 'inspector', 'trainer', 'manager', 'support', 'administrator']
export const ASKERS = [...ROLES, 'phone', 'flow', 'overflow', 'transfer']
