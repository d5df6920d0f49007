export const shell = {
  login: {
    title: 'Log in', login: 'Log-in name', password: 'Password', totp: 'Code from your app', totp_help: 'The six digits that the app on your phone shows now.',
    submit: 'Log in',
  },
  nav: {
    label: 'Pages', workspace: 'Workspace', clients: 'Clients', calls: 'Calls', floor: 'Floor', money: 'Payments', calculator: 'Calculator', admin: 'Administration', skip: 'Skip to content',
  },
  bar: {
    search: 'Find a client, a loan, a page', calls: 'Your calls', notices: 'Notifications', notices_unread: 'Notifications: {{count}} new', no_notices: 'Notifications appear here: an import that ended, a lost PBX link, a missed call.',
    clear_notices: 'Clear all', user: 'Your settings',
  },
  state: {
    label: 'Your state', offline: 'Off line', ready: 'Ready', ringing: 'Ringing', on_call: 'Talking', wrap_up: 'Wrap-up', not_ready: 'Not ready',
    go_ready: 'Ready to take calls', go_offline: 'Go off line', not_ready_because: 'Not ready', waiting: 'state is loading',
  },
  state_reason: {
    break: 'break', lunch: 'lunch', training: 'training', meeting: 'meeting', back_office: 'paperwork', technical: 'technical trouble',
    supervisor: 'told by the supervisor', missed: 'missed call', after_call: 'after the call',
  },
  banner: {
    lost: 'No connection to the server. The page reconnects by itself; what you type is kept.',
    pbx_down: 'Working without telephony: the PBX link is down. Call card by hand: F4.',
    storage_low: 'The disk is nearly full: new records are not accepted. Tell the administrator.',
    by_hand: 'Card by hand',
  },
  menu: {
    snippets: 'Snippets',
    language: 'Language', theme: 'Theme', theme_light: 'Light', theme_dark: 'Dark', theme_auto: 'As the system', density: 'Rows', density_compact: 'Compact', density_roomy: 'Roomy',
    password: 'Change password', totp: 'Log-in by code (TOTP)', keys: 'Keys', sign_out: 'Log out', extension: 'extension {{extension}}',
  },
  password: { title: 'Change password', current: 'Current password', next: 'New password', again: 'New password again', mismatch: 'The passwords differ.', short: 'At least {{count}} characters.', done: 'The password is changed.' },
  totp: {
    title: 'Log-in by code', off: 'The second step of log-in is off. It protects you when someone learns your password.', on: 'The second step of log-in is on.', start: 'Turn on', remove: 'Turn off',
    scan: 'Scan this with an authenticator app (FreeOTP, Google Authenticator, Aegis) or type the key.', secret: 'Key', code: 'Code from your app', confirm: 'Confirm',
    enabled: 'Log-in by code is on.', disabled: 'Log-in by code is off.', required: 'Your role must log in by code: turn it on now.',
  },
  spotlight: {
    placeholder: 'Phone, name, document, loan number', clients: 'Clients', pages: 'Pages', nothing: 'Nobody was found. Check the number or type the beginning of the surname.', nothing_organisations: 'Nothing was found. Your role searches organisations only: networks, stores and their employees.', more: 'There are more: type more of it.', hint: 'Type a phone in any form, a surname, a passport or a loan number.',
    loans_one: '{{count}} loan', loans_other: '{{count}} loans', born: 'born {{year}}',
  },
  matched: { phone: 'by phone', name: 'by name', document: 'by document', loan_number: 'by loan', account: 'by account', ogrn: 'by OGRN', inn: 'by INN', snils: 'by SNILS', card_number: 'by card number', email: 'by e-mail' },
  notice: {
    missed: 'Missed call', missed_text: 'You did not answer in time, so your state became “not ready”.', link_down: 'No link to the PBX: {{source}}', link_up: 'The PBX link is back: {{source}}',
    import_done: 'Import finished: {{file}}', import_done_text: '{{created}} new, {{updated}} changed, {{rejected}} rejected', import_failed: 'Import stopped: {{file}}',
    job_failed: 'Failed: {{kind}}', call_gone: 'The call went to another operator', take: 'Understood', storage: 'The disk is nearly full', storage_ok: 'There is disk space again',
  },
  job: { backup: 'snapshot', verify: 'snapshot check' },
  keys: {
    hold: 'Hold and resume; take the client back', snippets: 'Snippets in the comment', title: 'Keys', group_everywhere: 'Everywhere', group_call: 'During a call', group_lists: 'In lists',
    search: 'Search', ready: 'Ready / not ready', to_call: 'Go to the call', by_hand: 'Call card by hand', transfer: 'Transfer', hangup: 'Hang up', topic: 'Topic', finish: 'Finish the card, save',
    back: 'Back, close', move: 'Down and up', open: 'Open', pages: 'Pages in order', help: 'This help', prospect: 'New client from what was typed', tabs: 'Tabs of the card',
  },
};
