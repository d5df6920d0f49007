export const money = {
  date: { placeholder: 'dd.mm.yyyy', pick: 'Pick a day' },
  terms: {
    title: 'Terms', kind: 'Kind', kind_value: { annuity: 'equal payments (annuity)', equal_principal: 'equal principal', instalment: 'instalments without interest', single: 'repaid in one payment' },
    principal: 'Sum, RUB', rate: 'Rate, %', rate_period: 'Per', rate_period_value: { year: 'year', day: 'day' }, instalments: 'Payments', step_days: 'For how many days', issued_on: 'Issued',
    shift: 'Payment on a day off', shift_value: { stays: 'does not move', adjusted: 'moves, interest by actual days', unadjusted: 'moves, sums stay' },
    due_day: 'Day of payment', first_due_on: 'First payment', fee: 'Fee at payout, RUB', day_basis: 'How days are counted', whole_roubles: 'Payment up to a whole rouble', more: 'More terms', less: 'Hide rare terms', reset: 'Start over',
  },
  schedule: {
    title: 'Schedule', n: 'No.', due: 'Date', days: 'Days', interest: 'Interest', principal: 'Principal', fee: 'Fee', payment: 'Payment', balance: 'Balance', state: 'State',
    state_value: { paid: 'paid', partly_paid: 'partly paid', due: 'next', overdue: 'overdue', planned: 'ahead', cancelled: 'cancelled' },
  },
  calculator: {
    payment: 'Payment', psk: 'Full cost', psk_help: 'Full cost of credit, percent a year', interest: 'Interest', total: 'To repay in all', after_early: 'After the early one', file: 'schedule', nothing: 'Fill in the terms on the left: the schedule appears by itself.',
  },
  early: {
    title: 'Early repayment', kind: 'How to repay', kind_short: { full: 'in full', smaller_payment: 'lower payment', shorter_term: 'shorter term', withdrawal: 'return' },
    kind_help: { full: 'The loan ends on the chosen day.', smaller_payment: 'A part is repaid earlier, the term stays, payments are lower.', shorter_term: 'A part is repaid earlier, the payment stays, the term is shorter.', withdrawal: 'The loan is given back in its first days without notice. Interest for the days passed only.' },
    on: 'On which day', amount: 'How much early, RUB', slider: 'Day of the early repayment', due_first: 'By the schedule and overdue', part_interest: 'Interest', part_principal: 'Principal',
    say: {
      full: 'To repay the loan in full on {{date}}, pay', smaller_payment: 'To lower the payment, pay on {{date}}', shorter_term: 'To shorten the term, pay on {{date}}', withdrawal: 'To return the loan on {{date}}, pay',
    },
    say_saving: 'On interest you save', say_no_saving: 'This does not lower the interest.', say_payment: 'The new payment:', interest_without: 'Interest to the end by the schedule', interest_with: 'Interest to the end after it', type_amount: 'Type how much the client wants to pay early.',
  },
};
