export const money = {
  date: { placeholder: 'dd.mm.yyyy', pick: 'Pick a day', day: 'Day' },
  terms: {
    title: 'Terms', kind: 'Kind', kind_value: { annuity: 'equal payments (annuity)', equal_principal: 'equal principal', instalment: 'instalments without interest', single: 'repaid in one payment' },
    principal: 'Sum, RUB', rate: 'Rate, %', rate_period: 'Per', rate_period_value: { year: 'year', day: 'day' }, instalments: 'Payments', step_days: 'For how many days', issued_on: 'Issued',
    shift: 'Payment on a day off', shift_value: { stays: 'does not move', adjusted: 'moves, interest by actual days', unadjusted: 'moves, sums stay' },
    due_day: 'Day of payment', first_due_on: 'First payment', fee: 'Fee at payout, RUB', day_basis: 'How days are counted', whole_roubles: 'Payment up to a whole rouble', more: 'More terms', less: 'Hide rare terms', reset: 'Start over',
  },
  schedule: {
    title: 'Schedule', n: 'No.', due: 'Date', days: 'Days', interest: 'Interest', principal: 'Principal', fee: 'Fee', payment: 'Payment', balance: 'Balance', left: 'Still to pay', state: 'State', file: 'schedule {{number}}',
    state_value: { paid: 'paid', partly_paid: 'partly paid', due: 'next', overdue: 'overdue', planned: 'ahead', cancelled: 'cancelled' },
  },
  calculator: {
    payment: 'Payment', psk: 'Full cost', psk_help: 'Full cost of credit, percent a year', interest: 'Interest', total: 'To repay in all', after_early: 'After the early one', file: 'schedule', nothing: 'Fill in the terms on the left: the schedule appears by itself.',
  },
  early: {
    line: 'Early', besides_debt: 'besides what is owed today', besides_debt_of: 'This comes on top of what is owed today: {{sum}} is to be paid first.', saving: 'saves {{sum}}', more: 'in part', loan: 'Which loan', title: 'Early repayment', kind: 'How to repay', kind_short: { full: 'in full', smaller_payment: 'lower payment', shorter_term: 'shorter term', withdrawal: 'return' },
    kind_help: { full: 'The loan ends on the chosen day.', smaller_payment: 'A part is repaid earlier, the term stays, payments are lower.', shorter_term: 'A part is repaid earlier, the payment stays, the term is shorter.', withdrawal: 'The loan is given back in its first days without notice. Interest for the days passed only.' },
    on: 'On which day', amount: 'How much early, RUB', slider: 'Day of the early repayment', due_first: 'By the schedule and overdue', part_interest: 'Interest', part_principal: 'Principal',
    say: {
      full: 'To repay the loan in full on {{date}}, pay', smaller_payment: 'To lower the payment, pay on {{date}}', shorter_term: 'To shorten the term, pay on {{date}}', withdrawal: 'To return the loan on {{date}}, pay',
    },
    say_saving: 'On interest you save', say_no_saving: 'This does not lower the interest.', say_payment: 'The new payment:', interest_without: 'Interest to the end by the schedule', interest_with: 'Interest to the end after it', type_amount: 'Type how much the client wants to pay early.', request: 'Take the request', requested: 'The request is taken', closed: 'The loan has ended: nothing to repay.', earliest: 'Notice must be given ahead: not before {{date}}.', take_earliest: 'Take that day', estimate: 'An estimate: the core system states the exact sum.', new_schedule: 'Schedule after it', nothing_left: 'Nothing is left to pay after {{date}}.',
  },
  figure: { next_payment: 'Next payment', debt_today: 'Owed today', overdue: 'Overdue', interest: 'Interest', penalty: 'Penalty', total_left: 'Left in total', payoff: 'To close today', unallocated: 'Advance' },
  figure_on: { debt_today: 'Debt on this day', payoff: 'To close on this day' },
  why: {
    short: 'why', ask: 'Why this sum', on: 'On {{date}}', nothing: 'Nothing to add up: the sum is zero.', of_payment: 'payment {{n}}, due {{date}}', of_payment_plain: 'payment {{n}}',
    what: {
      principal: 'Principal', interest: 'Interest', extra_interest: 'Interest beside the schedule', deferred_interest: 'Deferred interest', instalment_fee: 'Fee of the payment', fees: 'Fees', penalty: 'Penalty', penalty_paid: 'Penalty paid already', penalty_forgiven: 'Penalty forgiven',
      paid: 'Paid already', interest_paid: 'Interest paid already', advance: 'Advance: the money is here', goes_back: 'Goes back to the client', shortage: 'Missing after a reversed payment', came: 'Money that came', went_back: 'Given back to the client', principal_paid: 'Principal paid', fees_paid: 'Fees paid', due_first: 'By the schedule and overdue', stated: 'As the core system states',
    },
    rule: {
      extra_interest: 'Interest goes on for overdue principal; none is taken on principal repaid earlier.', deferred_interest: 'Interest of a holiday or a restructuring is paid after the schedule.', penalty: 'From the day after the due date to the day of payment; at most 20 % a year while interest runs too, else 0.1 % a day.',
      advance: 'A payment before its date waits for it and lowers what is to be paid.', shortage: 'The reversed payment had been used.', stated: 'Our reckoning only checks it.',
    },
  },
  loan: {
    back: 'Loans', to_client: 'Client card', open_page: 'Full page', tabs: 'Parts of the loan', tab: { overview: 'Overview', schedule: 'Schedule', operations: 'Operations', early: 'Early', papers: 'Papers' }, figures: 'Sums', on: 'On which day',
    book: 'Book', own: 'kept here', external: 'core system', external_as_of: 'core system, on {{date}}', external_help: 'The sums are kept by the core system. Our reckoning checks them and shows where they differ.',
    overlay: { holiday: 'holiday', restructured: 'restructured', court: 'court', bankruptcy: 'bankruptcy', deceased: 'client died', fraud_dispute: 'fraud dispute' },
    shop: { down_payment: 'Down payment', paid_to_shop: 'Paid to the shop', discount: 'Discount of the shop', shop_owes: 'All goods back: the shop owes', client_gets: 'All goods back: the shop gives the client' },
    structure: 'What makes the debt', structure_empty: 'Nothing is owed.', principal: 'Granted', rate: 'Rate', differences: 'Our reckoning differs from the core system', difference: { figure: 'What', stated: 'Theirs', reckoned: 'Reckoned' },
    differs: { total_left: 'Left in total', overdue: 'Overdue', days_past_due: 'Days past due', next_due_on: 'Day of payment', next_payment: 'Next payment' },
  },
  part: { principal_overdue: 'Overdue principal', interest_overdue: 'Overdue interest', penalty: 'Penalty', interest_current: 'Interest not yet due', principal_current: 'Principal not yet due', fees: 'Fees', other: 'Other' },
  chart: { title: 'Balance', principal: 'principal', total: 'to close', empty: 'No balance by days yet: no operations and no schedule.', as_chart: 'chart', as_table: 'table', file: 'balance {{number}}' },
  operation: {
    empty: 'Nothing has been booked yet.', col: { on: 'Date', kind: 'Operation', amount: 'Sum', payer: 'Paid by', source: 'From', state: 'State' },
    kind: { payment: 'payment', fee: 'fee', penalty: 'penalty', penalty_forgiven: 'penalty forgiven', refund: 'refund', early_repayment: 'early repayment', holiday: 'holiday', restructuring: 'restructuring', goods_return: 'return of goods', closed: 'end' },
    closing: { paid: 'repaid', early: 'early', withdrawn: 'loan returned', goods_returned: 'goods returned', written_off: 'written off', ceded: 'assigned' },
    payer: { client: 'client', shop: 'shop' }, source: { hand: 'by hand', import: 'import', statement: 'bank statement' }, reason: { mistake: 'booked by mistake', recalled_by_bank: 'recalled by the bank', repeated: 'booked twice', other_loan: 'belongs to another loan' },
    reversed: 'reversed: {{reason}}', reverse: 'Reverse', reverse_title: 'Reverse an operation', was_reversed: 'The operation is reversed', reverse_effect_payment: 'The payment will not count: debt, arrears and penalty are reckoned anew from its day. A loan that it ended goes on; an early repayment that it paid for is undone.', reverse_effect: 'The operation will not count, sums are reckoned anew from its day.',
  },
  penalty: { title: 'How penalty ran', from: 'From', to: 'To', base: 'On the sum', rate: 'Rate', amount: 'Penalty' },
  booking: {
    more: 'More', done: 'Booked', payments_ahead: 'Payments ahead', last_payment: 'Last payment', payments: 'Book a payment', fees: 'Charge a fee', 'penalty-forgiveness': 'Forgive penalty', refunds: 'Refund', holidays: 'Grant a holiday', restructurings: 'Restructure', 'goods-returns': 'Return of goods', closings: 'Write off or assign',
    action: { payments: 'Book', fees: 'Charge', 'penalty-forgiveness': 'Forgive', refunds: 'Refund', holidays: 'Grant the holiday', restructurings: 'Restructure', 'goods-returns': 'Book the return', closings: 'End the loan' },
    field: { on: 'Day', amount: 'Sum, RUB', from: 'Holiday after the day', to: 'Up to the day', rate_percent: 'Rate, % a year', payment: 'Paid during it, RUB', instalments: 'New payments', forgiven_penalty: 'Penalty forgiven, RUB', is_shorter: 'Payment stays, term is shorter', closing: 'How it ends' }, closing: { written_off: 'write off', ceded: 'assign to another creditor' },
    effect: {
      payments: 'The money covers the debt of that day in the order of the law; the rest waits for the next payment.', fees: 'The fee becomes part of the debt from that day.', 'penalty-forgiveness': 'Forgiven penalty is not collected any more.', refunds: 'Money that waits as an advance goes to the client.',
      holidays: 'The schedule moves, no arrears and no penalty run in the holiday, its interest is paid after the schedule. A holiday is granted once.', restructurings: 'All principal, overdue or not, goes into a new schedule; interest owed so far is paid after it.', 'goods-returns': 'The money of the shop repays principal; where it covers everything the loan ends.', closings: 'The loan ends on that day, nothing more accrues. It cannot be brought back.',
    },
  },
  request: {
    title: 'Requests for early repayment', received_on: 'Received', on: 'For the day', kind: 'How', quoted: 'To pay', state: 'State', step: { calculate: 'Calculate', await_funds: 'The client knows the sum', withdraw: 'Withdraw' },
    state_value: { received: 'received', calculated: 'calculated', funds_awaited: 'funds awaited', executed: 'executed', expired: 'no funds came', withdrawn: 'withdrawn' },
  },
  open_loan: { button: 'Open a loan', title: 'New loan: {{name}}', open: 'Open the loan', opened: 'The loan is open', no_products: 'There is no product whose book is kept here. An administrator adds it to the directory of products.' },
  inbox: {
    page: { incoming: 'Incoming', statements: 'Statements', unallocated: 'Advances', arrears: 'Arrears', reconciliation: 'Reconciliation' }, filter: 'Which payments',
    state: { unmatched: 'to sort out', posted: 'posted', noted: 'noted', dismissed: 'set aside', reversed: 'reversed', outgoing: 'went out', settled: 'recall settled' },
    state_many: { unmatched: 'To sort out', posted: 'Posted', noted: 'Noted', dismissed: 'Set aside', reversed: 'Reversed', outgoing: 'Went out', settled: 'Recalls' },
    empty: { unmatched: 'Nothing to sort out. Payments of statements that do not lead to exactly one loan appear here.', posted: 'Nothing is posted yet. Load a bank statement.', noted: 'Payments for loans whose book is in the core system appear here.', dismissed: 'Nothing was set aside.', reversed: 'Nothing was reversed.', outgoing: 'No money went out in the statements.', settled: 'The bank recalled nothing.' },
    col: { on: 'Date', amount: 'Sum', payer: 'Payer', purpose: 'Purpose', loan: 'Loan', state: 'State' }, detail: 'Payment', pick: 'Choose a payment: here is whose it may be and what to do. j and k walk the list.', account: 'Account', document: 'Document', recall: 'recall of the bank',
    suggested_one: '{{count}} fits', suggested_other: '{{count}} fit',
    by: { number: 'by loan number', inn: 'by INN', name_and_amount: 'by name and sum', name: 'by name', phone: 'by phone', hand: 'by hand' },
    where: 'To which loan', no_suggestions: 'No loan looks like it. Find one below.', other_loan: 'Another loan', other_loan_how: 'Surname, phone or loan number', nobody: 'Nobody with a loan was found.', post: 'Post', post_to: 'Post to {{number}}', posted: 'The payment is posted', debt_on: 'Debt on {{date}}',
    effect_external: 'The book of this loan is in the core system: the payment is only noted.', refused: 'It was not posted by itself: {{reason}}', dismiss: 'Set aside', dismiss_title: 'Set a payment aside', dismiss_note: 'For example: not ours, paid for services. It stays among those set aside.', reverse: 'Take the posting back', reverse_title: 'Take the posting back', reverse_effect: 'The payment will not count in the loan, debt and penalty are reckoned anew from its day; a loan that it ended goes on, an early repayment that it paid for is undone. It comes back to be sorted out or stays reversed.', was_reversed: 'The posting is taken back', reversed: 'Reversed',
    recalls: 'Which payment the bank takes back', no_recalls: 'No such payment was found.', recalls_effect: 'The payment that you name will not count in its loan; a loan that it ended goes on.', recall_this: 'Reverse this one', no_unallocated: 'No advances. Loans in which money waits for its payment appear here.',
  },
  statement: {
    file: 'Statement file', choose: 'Load a statement', drop: 'or drop files here: 1C (txt) or camt.053 (xml). The same file may be loaded again: nothing is doubled.', empty: 'No statement was loaded yet. A file is checked whole: where sums do not agree nothing is posted.', detail: 'Statement', pick: 'Choose a statement: here are its accounts, balances and payments.', reading_only: 'Statements are loaded by supervisors and administrators.',
    col: { at: 'Loaded', name: 'File', state: 'State', entries: 'Rows', by: 'Who' }, state: { running: 'being posted', posted: 'posted', held: 'held', stopped: 'stopped' }, held: 'The file is held whole: no row is posted.', stopped: 'Posting stopped. Load the file again: it goes on from here.',
    count: { total: 'Rows:', posted: 'posted', noted: 'noted', unmatched: 'to sort out', outgoing: 'went out', known: 'known before' }, opening: 'Opening', received: 'Received', spent: 'Spent', closing: 'Closing', place: 'place {{place}}',
    fault: {
      unknown_format: 'Neither a 1C statement nor camt.053. Export it from the bank again.', too_large: 'The file is too large. Export it in parts.', wrong_encoding: 'Wrong encoding: export it as Windows, DOS or UTF-8.', truncated: 'The file ends in the middle. Download it again.', field_missing: 'The field "{{field}}" is missing.', field_invalid: 'The field "{{field}}" does not read. Export the file again.', foreign_document: 'A document of none of the accounts of the file.', parts_differ: 'The parts of a payment do not add up to it.', malformed_xml: 'The file is damaged. Download it again.',
      empty_statement: 'The file holds no statement of an account.', foreign_account: 'Account {{account}} is not yours: add it to the settings or take another file.', foreign_currency: 'Not your currency.', balances_differ: 'Balances do not agree: opening plus received less spent differs from closing by {{amount}}.', received_differs: 'Received sums differ from the total of the file by {{amount}}.', spent_differs: 'Spent sums differ from the total of the file by {{amount}}.', days_do_not_join: 'The days do not join: the closing balance of one is not the opening of the next.', file_differs: 'The file does not read as it did before. Load it again.', file_gone: 'The file is not there any more. Load it again.',
    },
  },
  paper: {
    issue: 'Issue a paper', empty: 'No paper was issued for this loan yet. Each gets a number and stays here as it was issued.', issued: 'Paper {{number}} is issued', note: 'The paper gets the next number of the year. Sums on {{date}}.', own: 'own', saved: 'Saved. New papers have this wording, issued ones do not change.', reset: 'Back to the shipped wording', was_reset: 'The shipped wording is in force', show_shipped: 'Show the shipped one', wording: 'Wording of the paper', preview: 'What it will look like', fault: 'A fault in the wording:',
    template_help: 'The wording is Markdown, values stand in double braces. On the right is what comes of it, with made-up values.',
    col: { number: 'No.', kind: 'Paper', on: 'On the day', language: 'Language', issued: 'Issued' },
    kind: { current_debt: 'current debt', debt_repaid: 'debt repaid', loan_statement: 'statement of the loan', payment_schedule: 'payment schedule', early_repayment: 'early-repayment calculation' },
  },
  report: { bucket: 'Days past due', days: 'days past due', since: 'Past due since', as_of: 'Figures on', no_arrears: 'No loan is past due.', no_differences: 'No differences: the core system and our reckoning agree.', reconciliation_why: 'Loans of the core system for which our reckoning gives other figures.' },
  daily: {
    start: 'Run now', hour: 'Runs by itself every day at {{hour}} of the lender\'s time.', never: 'Does not run by itself: no hour is set.', what: 'Checks due dates and arrears, carries out early repayments whose money has come. Safe to repeat.', empty: 'It has not run yet.', working: 'The daily run is at work', found: 'Arrears on {{date}}', bucket: 'Days past due', runs: 'Earlier runs',
    day: 'Day', state: 'State', started: 'Begun', took: 'Took', executed: 'Repaid early', expired: 'Expired', waiting: 'Await money', failed: 'Failed', state_value: { ended: 'ended', running: 'at work', cut_off: 'cut off', unfinished: 'goes on' },
    undone_one: '{{count}} loan was busy and is not done yet; the run goes on within a minute:', undone_other: '{{count}} loans were busy and are not done yet; the run goes on within a minute:', undone_more: 'and {{count}} more',
  },
};
