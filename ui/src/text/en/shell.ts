/** English: what stands around every page. */
export default {
  product: { name: 'Huawu', tagline: 'A contact centre that runs by the book' },
  nav: { label: 'Main', desk: 'Desk', wallboard: 'Wallboard', calls: 'Calls', skip: 'Skip to content' },
  common: {
    loading: 'Loading',
    retry: 'Try again',
    none: '–',
    all: 'All',
    on: 'On',
    off: 'Off',
    close: 'Close',
    unit: { calls: '{n} calls', people: '{n} people' },
  },
  theme: { label: 'Appearance', system: 'As the system', light: 'Light', dark: 'Dark' },
  language: { label: 'Language' },
  shell: {
    clock: 'Time at the centre',
    switch_up: 'Lines up',
    switch_down: 'Lines down',
    switch_down_hint:
      'The switch does not answer; new calls cannot come in for now. The centre is reconnecting by itself.',
    demo: 'Demo',
    sign_out: 'Sign out',
    person_menu: 'Your menu',
  },
  role: {
    agent: 'Agent',
    shift_leader: 'Shift leader',
    inspector: 'Inspector',
    trainer: 'Trainer',
    manager: 'Manager',
    support: 'Technical support',
    administrator: 'Administrator',
  },
  connection: {
    connecting: 'Connecting to the centre…',
    lost: 'Connection to the centre lost, trying again in {n} s. Values below are from before.',
    trying: 'Connection to the centre lost, trying again now. Values below are from before.',
    now: 'Try now',
  },
  error: {
    unreachable: 'The centre does not answer. Check the network and try again.',
    not_found: 'What you are looking for was not found.',
    forbidden: 'You may not see this. Ask an administrator.',
    unknown: 'Something went wrong: {message}',
    load_failed: 'Could not be loaded',
  },
  missing: {
    title: 'There is no such page',
    hint: 'The address may be mistyped, or the page has moved.',
    home: 'To the wallboard',
  },
}
