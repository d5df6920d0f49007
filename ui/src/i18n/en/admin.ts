export const admin = {
  admin: {
    title: 'Administration', section: { users: 'Staff', tokens: 'Keys for systems', topics: 'Topics', snippets: 'Snippets', branches: 'Offices', imports: 'Imports', backups: 'Snapshots', pbx: 'PBX', health: 'Health' },
    version_conflict: 'The record changed while you were editing it.',
  },
  users: {
    create: 'New person', edit: 'Person', empty: 'There is no staff yet.', col: { name: 'Name', login: 'Log-in', role: 'Role', extension: 'Ext.', totp: 'Code', last: 'Seen', state: 'State' }, never: 'never logged in', disabled: 'closed', enabled: 'open',
    name: 'Name', login: 'Log-in name', role: 'Role', extension: 'Extension', extension_help: 'The phone on the desk. A call finds its operator by it.', password: 'First password', password_help: 'At least {{count}} characters. The person changes it after logging in.', new_password: 'New password', set_password: 'Set password', disable: 'Close log-in', enable: 'Open log-in', remove_totp: 'Remove log-in by code', saved: 'The person is saved', password_set: 'The password is changed', on: 'on', off: 'no', make_password: 'Make one up',
  },
  tokens: {
    create: 'New key', empty: 'There are no keys. A PBX, a cabinet or an accounting system needs one to talk to this program.', col: { name: 'Name', scope: 'For', ip: 'From', rate: 'At most', last: 'Seen', created: 'Created' }, scope: { pbx: 'PBX', ivr: 'voice menu', cabinet: 'client cabinet', core: 'accounting system', metrics: 'metrics' },
    name: 'Name', scope_label: 'For', ip_list: 'Addresses it may come from', ip_help: 'One per line. Empty: from anywhere.', rate: 'Requests per second, at most', once: 'The key is shown once. Copy it now: nobody will see it later.', anywhere: 'from anywhere', revoke: 'Revoke', revoke_confirm: 'The system with this key stops working at once.', never: 'never',
  },
  dir: {
    read_only: 'Shared snippets are kept by supervisors and administrators.',     history: 'Changes', no_history: 'There were no changes.', retired: 'removed', retire: 'Remove', restore: 'Restore', show_retired: 'Show removed', put_back: 'Put this version back', current: 'now', version: 'version {{version}}', saved: 'Saved. Operators see it at once.', action: { put: 'changed', create: 'created', retire: 'removed', restore: 'restored', created: 'created', changed: 'changed', retired: 'removed', restored: 'restored' }, pick: 'Choose an entry on the left or create a new one.', title_ru: 'Name in Russian', title_en: 'Name', need_title: 'A name is needed.',
  },
  topics: {
    create: 'New topic', create_child: 'Subtopic', empty: 'There are no topics. Create the first one: the operator chooses a topic for each call.', parent: 'Part of', top: 'top level', order: 'Order', hint_ru: 'Hint in Russian', hint_en: 'Hint for the operator', level: 'Identity level that it needs', severity: 'Severity', severity_value: { calm: 'calm', urgent: 'urgent', critical: 'critical' }, links: 'Articles', add_link: 'Add article', link_title: 'Name of the article', link_url: 'Address', search: 'Find a topic',
  },
snippets: {
    title: 'Snippets', own: 'own', own_ones: 'Your own', shared_ones: 'Shared', create: 'New snippet', empty: 'There are no snippets. A snippet goes into a comment by its word after "/".', none: 'There are no snippets yet. Make your own in the menu at the top right.', key: 'Word', key_help: 'Typed after "/". Without spaces.', topic: 'Topic', any_topic: 'any', text_ru: 'Text in Russian', text_en: 'Text', for_all: 'Shared: everybody sees and uses it',
  },
  branches: { create: 'New office', empty: 'There are no offices. The card takes the answer “where to pay” from them.', address: 'Address', hours: 'Opening hours', phone: 'Phone', ways_ru: 'Ways to pay in Russian', ways_en: 'Ways to pay' },
  imports: {
    start: 'Import a file', kind: 'What is in the file', kind_value: { clients: 'clients', loans: 'loans', schedules: 'schedules', payments: 'payments' }, file: 'File', choose_file: 'Choose a file', mapping: 'Column mapping', mapping_text: 'Mapping rules', edit_mapping: 'Edit the rules', preview: 'Check the first rows', previewing: 'Reading the file', dry_run: 'Dry run', dry_run_help: 'Everything is checked, nothing is written.', run: 'Import', run_dry: 'Check the whole file',
    columns: 'Columns of the file', delimiter: 'delimiter {{delimiter}}', encoding: 'encoding {{encoding}}', no_faults: 'no remarks', faults_one: '{{count}} row with faults', faults_other: '{{count}} rows with faults', shown_one: '{{count}} row shown', shown_other: '{{count}} rows shown', becomes: 'Becomes', faults_head: 'Remarks', line: 'Row',
    history: 'Earlier imports', empty: 'There were no imports yet.', col: { file: 'File', kind: 'What', state: 'State', rows: 'Rows', created: 'New', updated: 'Changed', unchanged: 'Unchanged', rejected: 'Rejected', by: 'Who', at: 'When' }, state: { running: 'running', finished: 'finished', failed: 'failed', interrupted: 'interrupted' }, dry: 'dry run', rejects: 'Rejected rows', resume: 'Go on', cancel: 'Stop', progress: '{{read}} of {{total}} rows', progress_open: '{{read}} rows', rate: '{{rate}} rows/s', left: '{{time}} left', too_big: 'A file over {{size}} cannot be imported.', no_mapping: 'There are no ready rules for this kind: write your own.', tab: 'tab', mapping_own: 'own rules', started: 'The import has started',
  },
  backups: {
    create: 'Take a snapshot', empty: 'There are no snapshots yet. Take the first one: without it the data lives on this disk only.', col: { name: 'Snapshot', at: 'Taken', size: 'Size', kind: 'Kind', verified: 'Checked', encrypted: 'Encryption', digest: 'Digest' }, full: 'full', incremental: 'adds to {{name}}', not_verified: 'not checked', verify: 'Check', encrypted: 'encrypted', plain: 'open', running: '{{kind}}: {{done}} of {{total}}', running_open: '{{kind}} is running', why: 'A check restores the snapshot into a folder of its own and compares every record.',
  },
  pbx: {
    links: 'Links', empty: 'There are no PBX links: they are set in the configuration file.', col: { source: 'Source', kind: 'Kind', state: 'State', since: 'Since', last: 'Last event', error: 'Error' }, state: { up: 'up', down: 'down', connecting: 'connecting' }, pop: 'From event to card', pop_count: '{{value}} measured', ms: '{{value}} ms', live: 'calls now: {{count}}', simulator: 'Trial call', simulator_help: 'A call without a phone: shows how everything works.', scenario: { inbound: 'Inbound', queue: 'Through a queue', transfer: 'With a transfer', lost_hangup: 'Lost hang-up', storm: 'Storm' }, number: 'Caller’s number', extension: 'Operator’s extension', simulate: 'Call', simulated: 'The event is sent', recorder: 'Flight recorder', recorder_empty: 'PBX events appear here as soon as the first one comes.', rec: { seq: 'No.', at: 'Time', source: 'Source', kind: 'Kind', text: 'Event' }, rec_kind: { event: 'accepted', raw: 'as it came', rejected: 'rejected' }, of_call: 'Events of one call', all_events: 'All events', p50: 'half', p95: '95 %', p99: '99 %', max: 'longest', no_measure: 'nothing measured yet',
  },
  health: {
    version: 'Version', uptime: 'Running', head: 'Records in the journal', disk: 'Free on disk', journal: 'Journal', store: 'Store', memory: 'Memory', backup: 'Last snapshot', clients: 'Clients', loans: 'Loans', no_backup: 'no snapshots', old_backup: 'older than a day', low_disk: 'low on space',
  },
};
