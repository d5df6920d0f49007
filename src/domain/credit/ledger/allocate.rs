//! How a payment is shared out: by the order of its date, oldest instalment first (domain.md 2.3).

use super::CurrentInterest;
use super::position::{RowState, Step};
use super::walk::Walk;
use crate::domain::credit::policy::Claim;

impl Walk<'_> {
    /// Shares out `amount`; what is left beyond all claims waits as an advance.
    pub(super) fn receive(&mut self, amount: i64) {
        self.share_out(amount, true);
    }

    /// Pays everything that is due now, and nothing ahead of it: the instalment of the current
    /// period would otherwise come before penalty and fees.
    pub(super) fn receive_what_is_due(&mut self) {
        let missing = self.at.due_now();
        if missing > 0 {
            self.at.came += missing;
            let money = missing + std::mem::take(&mut self.at.advance);
            self.share_out(money, false);
        }
    }

    fn share_out(&mut self, amount: i64, ahead: bool) {
        if amount <= 0 {
            return;
        }
        if self.at.closed.is_some() {
            self.at.advance += amount;
            return;
        }
        let current = self.current().filter(|index| ahead || *index < self.at.fallen);
        self.close_extra();
        self.close_penalty();
        let mut left = self.pay_shortage(amount);
        for claim in self.at.policy.order(self.at.agreement.is_consumer, self.at.on) {
            if left == 0 {
                break;
            }
            left -= match claim {
                Claim::OverdueInterest | Claim::OverduePrincipal => self.pay_overdue(claim, left),
                Claim::CurrentInterest | Claim::CurrentPrincipal => {
                    current.map_or(0, |index| self.pay_current(index, claim, left))
                }
                Claim::Penalty => self.pay_penalty(left),
                Claim::Other => self.pay_other(current, left),
            };
        }
        self.at.advance += left;
    }

    /// Money that an operation had used and a reversal took away comes before everything.
    fn pay_shortage(&mut self, amount: i64) -> i64 {
        let paid = amount.min(self.at.shortage);
        self.at.shortage -= paid;
        amount - paid
    }

    fn pay_overdue(&mut self, claim: Claim, money: i64) -> i64 {
        let at = &self.at;
        let overdue = at.fallen_rows().take_while(|row| row.row.due_on < at.on).count();
        let mut left = money;
        for index in 0..overdue {
            left -= self.pay_row(index, claim, left, None);
        }
        if claim == Claim::OverdueInterest {
            let tail = self.at.tail_left().clamp(0, left);
            self.at.tail_paid += tail;
            self.at.interest_paid += tail;
            self.filled(claim, None, tail);
            left -= tail;
        }
        money - left
    }

    /// The instalment of the current period: that of this very day, else the next one.
    fn current(&self) -> Option<usize> {
        let at = &self.at;
        match at.fallen.checked_sub(1) {
            Some(last) if at.rows[last].row.due_on == at.on => Some(last),
            _ => (at.fallen < at.rows.len()).then_some(at.fallen),
        }
    }

    fn pay_current(&mut self, index: usize, claim: Claim, money: i64) -> i64 {
        let at = &self.at;
        let row = &at.rows[index];
        // An instalment that falls due later owes what ran beside the schedule so far, too.
        let interest = if index < at.fallen {
            row.interest()
        } else {
            let planned = match at.agreement.current_interest {
                CurrentInterest::Scheduled => row.fixed.unwrap_or(row.row.interest),
                CurrentInterest::Accrued => at.planned(index, at.on),
            };
            planned + row.row.deferred + at.extra_pending
        };
        self.pay_row(index, claim, money, Some(interest - row.paid_interest))
    }

    /// Pays interest or principal of one instalment; `interest` replaces what it owes.
    fn pay_row(&mut self, index: usize, claim: Claim, money: i64, interest: Option<i64>) -> i64 {
        let row = &mut self.at.rows[index];
        let n = row.row.n;
        let paid = match claim {
            Claim::OverdueInterest | Claim::CurrentInterest => {
                let paid = interest.unwrap_or_else(|| row.interest_left()).clamp(0, money);
                row.paid_interest += paid;
                self.at.interest_paid += paid;
                paid
            }
            _ => {
                let paid = row.principal_left().clamp(0, money);
                row.paid_principal += paid;
                self.at.principal_paid += paid;
                paid
            }
        };
        self.filled(claim, Some(n), paid);
        paid
    }

    fn pay_penalty(&mut self, money: i64) -> i64 {
        let paid = self.at.penalty_left().clamp(0, money);
        self.at.penalty_paid += paid;
        self.filled(Claim::Penalty, None, paid);
        paid
    }

    fn pay_other(&mut self, current: Option<usize>, money: i64) -> i64 {
        let mut left = money;
        let rows = current.map_or(self.at.fallen, |index| (index + 1).max(self.at.fallen));
        for index in 0..rows {
            let row = &mut self.at.rows[index];
            let paid = row.fee_left().clamp(0, left);
            row.paid_fee += paid;
            let n = row.row.n;
            left -= paid;
            self.filled(Claim::Other, Some(n), paid);
        }
        let paid = self.at.fees_left().clamp(0, left);
        self.at.fees_paid += paid;
        self.filled(Claim::Other, None, paid);
        money - left + paid
    }

    fn filled(&mut self, claim: Claim, n: Option<u16>, amount: i64) {
        let on = self.at.on;
        if amount != 0 {
            self.at.tell(|| Step::Filled { on, claim, n, amount });
        }
    }
}

impl RowState {
    /// Whether nothing is owed under it.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.left() <= 0
    }
}
