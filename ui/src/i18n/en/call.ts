export const call = {
  call: {
    state: { queued: 'In the queue', ringing: 'Ringing', talking: 'Talking', held: 'On hold', wrap_up: 'Wrap-up', finished: 'Finished' },
    direction: { inbound: 'inbound', outbound: 'outbound', internal: 'internal' },
    result: { answered: 'answered', no_answer: 'no answer', busy: 'busy', abandoned: 'gave up waiting', queue_timeout: 'queue time ran out', failed: 'failed', rejected: 'rejected' },
    hold: 'Hold', resume: 'Resume', hand_over: 'Hand over', take_back: 'Take back', consulting: 'Talking with {{extension}}, the client waits',
    no_number: 'Number withheld', number_not_given: 'No number given', queue: 'queue “{{queue}}”', by_hand: 'card by hand', ivr: 'IVR: {{facts}}', transfer: 'Transfer', hangup: 'Hang up', anonymous: 'Anonymous call',
    not_reached: 'There is no link to the PBX: the call cannot be held or transferred from here. Do it on the phone.', close: 'Close the call', close_help: 'There is no link to the PBX: hang up yourself, here the call is only noted as ended.', change_client: 'Another client', number: 'No.\u00a0{{number}}', region: 'Call', actions: 'Call actions', calling: 'Dialling: the card appears when the PBX starts the call.', dial: 'Call {{number}}',
  },
  ivr_key: { contract: 'loan', loan: 'loan', account: 'account', card: 'card', inn: 'INN', phone: 'phone', menu: 'menu', language: 'language', client: 'client', birth_date: 'birth date', choice: 'choice' },
  command: { dial: 'The call was not made.', hangup: 'The call was not ended.', transfer: 'The transfer failed.', end_transfer: 'The client was not handed over.', hold: 'The call was not put on hold.', resume: 'The call was not taken off hold.' },
  command_reason: {
    agent_no_answer: 'Your phone did not answer: pick it up when it rings.', agent_busy: 'Your phone is busy.', bad_endpoint: 'The PBX does not know your extension: tell the administrator.', pbx_down: 'There is no link to the PBX.', refused: 'The PBX has refused.', no_such_call: 'The PBX has no such call any more.',
    not_supported: 'This PBX cannot do that.', unanswered: 'The PBX does not answer: look whether it worked, then try again.', no_answer: 'Nobody answered. The client is with you.', busy: 'The line was busy. The client is with you.', rejected: 'The call was refused. The client is with you.', failed: 'The other side cannot be reached. The client is with you.', other: 'The PBX says:',
  },
  by_hand: {
    title: 'Call card by hand', why: 'For when telephony does not report the call. Card, identity check and result work as usual.', direction: 'Direction', number: 'Number of the other side', number_help: 'May stay empty; the client can be found later.', number_known: 'May stay empty: the client is known.', bad_number: 'This does not look like a phone. Example: +7 916 123-45-67', client: 'Client: {{name}}', other_client: 'The call is not about this client', make: 'Make the card',
  },
  idle: {
    title_ready: 'You are ready. The next call opens here by itself.', title_not_ready: 'Calls do not come to you. Press F2 when you are ready.', title_offline: 'You are off line. Press F2 to take calls.',
    title_busy: 'A call is starting.', recent: 'Your recent calls', recent_empty: 'The calls that you took today and earlier appear here.', find: 'Find a client', ready: 'Ready', by_hand: 'Card by hand',
  },
  candidates: {
    title: 'Several clients have this number', hint: 'Ask the name and choose: arrows and Enter.', loans_one: '{{count}} loan', loans_other: '{{count}} loans',
    overdue: 'in arrears', none_of_them: 'None of them', no_loans: 'no loans',
  },
  find: {
    title: 'The number is not known. Find the client', title_choose: 'Find the client', prospect: 'New client', anonymous: 'Without a client', nothing: 'Nobody was found. You can create a new client from what you typed or go on without one.',
    start: 'Type in any field: matches appear below.',
    field: { phone: 'Phone', name: 'Name', document: 'Passport, document', loan_number: 'Loan number', account: 'Account', ogrn: 'OGRN', inn: 'INN', snils: 'SNILS', card_number: 'Card number', email: 'E-mail' },
  },
  prospect: { title: 'New client', save: 'Create and open', duplicates: 'Similar clients already exist', take: 'This one', anyway: 'Create a new one anyway', hard: 'This client already exists: open that card.' },
  identify: {
    no_code_word: 'There is no code word, so level 2 is the highest. The profile may be changed; agree a code word.',
    title: 'Identity check', need: 'L{{level}} is needed', one_of: 'And one of', wrong: 'no match', needed: 'needed for the check', incomplete: 'incomplete; no answer is counted', lacking: 'No further check is possible, the card lacks: {{fields}}. Speak about general matters; without loans the profile may be completed.', confirmed: 'matches', check: 'Check',
    attempts: 'Mistakes left: {{count}}',
    attempts_rule: 'Every wrong field counts as a mistake',
    locked: 'Checking is closed until the end of the day. Speak about general matters only.', wrong_fields: 'Did not match: {{fields}}', opens: 'It opens by itself: {{time}}.', closed: 'The identity check is closed: there were too many wrong answers today. Until it opens, speak about general matters only.', type_something: 'Type at least one answer.', bad_date: 'There is no such date. Example: 15.03.1985', more: 'Confirm further',
    short: { full_name: 'name', birth_date: 'birth date', passport_last4: 'passport', code_word: 'code word', address: 'address', contract_number: 'loan number' },
    field: { full_name: 'Surname, first name, patronymic', birth_date: 'Date of birth', passport_last4: 'Last 4 digits of the passport', code_word: 'Code word', address: 'Address', contract_number: 'Loan number' },
  },
  wrap: {
    title: 'What it was about', topic: 'Topic', topic_search: 'Find a topic', topics_chosen: 'Chosen topics', topics_empty: 'There are no topics yet: the administrator creates them.', topics_nothing: 'There is no such topic. Type another word.', hint: 'Hint',
    promise: 'Promise', promise_amount: 'Sum promised', promise_due_on: 'By which day', need_promise_amount: 'Write a sum above zero', need_promise_due_on: 'Choose a day within {{count}} days',
    opening: 'Said at the start', opening_name: 'Who is calling', opening_creditor: 'On behalf of: {{creditor}}', opening_creditor_plain: 'On whose behalf', opening_recorded: 'The call is recorded',
    comment: 'Comment', comment_placeholder: 'What was asked, what was answered', disposition: 'Result', disposition_placeholder: 'Choose the result', finish: 'Finish the card', need_topic: 'Choose a topic', need_disposition: 'Choose the result',
    need_comment_one: 'A comment is needed: at least {{count}} character', need_comment_other: 'A comment is needed: at least {{count}} characters',
    need_opening: 'Tick what was said', after_hangup: 'The card can be finished after the talk.', done: 'The card is finished. Press F2 when you are ready.', remove_topic: 'Remove topic {{topic}}', consulted: 'opened',
  },
  disposition: {
    info_given: 'Answer given', right_party: 'Spoke with the client', third_party: 'Spoke with someone else', wrong_number: 'Wrong number', language: 'No common language', call_back: 'Asks to be called back', ptp: 'Promised to pay', refuses: 'Refuses to pay',
    disputes: 'Disputes the debt', paid_already: 'Has paid already', hardship: 'Hardship', deceased: 'The client has died', bankrupt: 'Bankruptcy', complaint: 'Complaint', refused_identification: 'Refused the identity check', no_answer: 'No answer', busy: 'Busy', dropped: 'The talk broke off',
  },
  transfer: { pbx_down: 'There is no link to the PBX: the call cannot be transferred from here. Transfer it on the phone.', talk_first: 'Talk first with whom I transfer to', asked: 'Calling the colleague: the client waits.', title: 'Transfer the call', to: 'To', operator: 'Operator', extension: 'Extension', queue: 'Queue', queue_name: 'Name of the queue', extension_number: 'Extension', make: 'Transfer', nobody: 'No other operators are on line.', done: 'The call is being transferred' },
  calls: {
    title: 'Calls', live: 'Live now', mine: 'Mine', all: 'All', empty_live: 'Calls that are going on right now appear here.', empty: 'There are no calls on this day.', day: 'Day',
    col: { time: 'Time', who: 'Other side', direction: 'Kind', operator: 'Operator', state: 'State', topic: 'Topic', result: 'Result', talk: 'Talk', number: 'No.', wait: 'Wait' },
    detail: 'Call {{number}}', pick: 'Choose a call: its course, topics and comment appear here.', events: 'Course of the call', participants: 'Who spoke', correct: 'Correct the result', correct_title: 'Correct the result of the call', correct_note: 'The earlier result stays readable.',
    checks: 'Identity check', check_failed: 'did not match: {{fields}}', check_closed: 'closed until the end of the day', promise: 'Promise', promised: '{{sum}} by {{date}}', level_at_end: 'Level at the end', transferring: 'being transferred to: {{name}}',
    corrections: 'Corrections', was: 'was', open_client: 'Open the client', recording: 'Recording', comment_none: 'no comment', today: 'Today', client: 'Client', first: 'answered', transfer: 'by transfer', closed_level: 'level {{level}}',
    cause: { normal: 'hung up', no_answer: 'no answer', busy: 'busy', rejected: 'rejected', abandoned: 'gave up waiting', queue_timeout: 'queue time ran out', failed: 'failed', cancelled: 'withdrawn', other: 'another cause' },
    event: { queue_entered: 'entered the queue', ringing: 'ringing', answered: 'answered', held: 'on hold', resumed: 'resumed', transferred: 'transferred', queue_left: 'left the queue', dtmf: 'digits', recording: 'recording', ended: 'ended' },
  },
  floor: {
    title: 'Floor', operators: 'Operators', empty: 'There are no operators yet. They appear here when the administrator has created them and they log in.', live: 'Calls now', no_live: 'Nobody is talking now.', col: { name: 'Name', extension: 'Ext.', state: 'State', in_state: 'In it', missed: 'Missed today' }, waiting: 'Waiting in the queue',
  },
};
