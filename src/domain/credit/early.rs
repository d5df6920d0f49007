//! Early repayment: what to bring on a day, the schedule after it, what it saves; and changes of
//! the schedule that are made the same way: part of the goods returned, holiday, restructuring.
//!
//! A quote assumes that whatever falls due before its day is paid in time. Must never count money
//! twice: what was paid ahead towards the running period is taken back first and used here.

use super::dates::Due;
use super::figures::{self, Line, What};
use super::ledger::{
    Agreement, Assume, Book, Closing, EarlyOrder, Operation, Position, Replan, ReplanReason,
    RowState, walk,
};
use super::policy::{self, Policy};
use super::schedule::{self, Order, Pause, Plan, PlanRow, ScheduleKind};
use crate::base::time::Date;
use crate::domain::calendar::Calendar;
use chrono::{Days, Months};
use serde::{Deserialize, Serialize};

/// How much is repaid early, and what becomes of the schedule. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Early {
    /// Everything.
    Full,
    /// So many kopecks; the dates stay, payments become smaller.
    SmallerPayment(i64),
    /// So many kopecks; payments stay, there are fewer of them.
    ShorterTerm(i64),
}

/// Why an early repayment cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EarlyFault {
    /// The loan has ended.
    #[error("the loan has ended; nothing is left to repay")]
    Closed,
    /// The day is before the issue.
    #[error("the day is before the loan was issued; choose a later one")]
    BeforeIssue,
    /// The sum repays no principal.
    #[error("the sum does not reach beyond the interest of the day; choose a larger one")]
    TooSmall,
    /// The sum repays everything.
    #[error("the sum repays the whole loan; ask for a full repayment instead")]
    TooLarge,
    /// Something is due first.
    #[error("overdue sums and what is due on the day must be paid first")]
    DueFirst,
    /// The notice is too short.
    #[error("the notice is shorter than agreed; choose a later day")]
    NoticeTooShort,
    /// The days of withdrawal are over.
    #[error("the days in which the loan can be returned without notice are over")]
    WithdrawalOver,
    /// Only the whole loan can be returned.
    #[error("only a loan with a purpose can be returned in part; return the whole loan")]
    WithdrawalInPart,
    /// No instalment is to come.
    #[error("no instalment is to come; the schedule cannot be changed")]
    NothingAhead,
    /// The holiday is longer than the law allows or ends before it begins.
    #[error("a holiday lasts from one day to six months")]
    HolidayTooLong,
}

impl EarlyFault {
    /// The closed code of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Closed => "loan_closed",
            Self::BeforeIssue => "before_issue",
            Self::TooSmall => "early_sum_too_small",
            Self::TooLarge => "early_sum_too_large",
            Self::DueFirst => "due_sums_first",
            Self::NoticeTooShort => "notice_too_short",
            Self::WithdrawalOver => "withdrawal_over",
            Self::WithdrawalInPart => "withdrawal_in_part",
            Self::NothingAhead => "nothing_ahead",
            Self::HolidayTooLong => "holiday_too_long",
        }
    }
}

/// What an early repayment means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The day.
    pub on: Date,
    /// What is due on the day anyway, delays and penalty included.
    pub due_first: i64,
    /// Interest in the early sum.
    pub interest: i64,
    /// Principal in the early sum.
    pub principal: i64,
    /// What to bring on the day in all; money that waits at the lender's is taken off.
    pub to_pay: i64,
    /// Interest still to pay without it.
    pub interest_without: i64,
    /// Interest still to pay with it.
    pub interest_with: i64,
    /// The schedule after it; `None` when nothing is left.
    pub plan: Option<Plan>,
    /// How `interest` was reckoned.
    used: Vec<Line>,
}

impl Quote {
    /// What makes `to_pay`.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let used = self.to_pay - self.due_first - self.interest - self.principal;
        let mut lines = vec![Line::plain(What::DueFirst, self.due_first)];
        lines.extend(&self.used);
        lines.push(Line::plain(What::Principal, self.principal));
        // Money that waits, or was paid ahead, is used.
        lines.push(Line::plain(What::Advance, used));
        figures::Figure::of(lines).lines
    }
    /// What makes the saving.
    #[must_use]
    pub fn saving_lines(&self) -> Vec<Line> {
        let after = self.interest_with - self.interest;
        figures::Figure::of(vec![
            Line::plain(What::InterestWithout, self.interest_without),
            Line::plain(What::Interest, -self.interest),
            Line::plain(What::InterestAfter, -after),
        ])
        .lines
    }
    /// How much less interest is paid.
    #[must_use]
    pub const fn saving(&self) -> i64 {
        self.interest_without - self.interest_with
    }
}

/// What an early repayment on `on` means. What is due from `paid_from` on is assumed to be paid in
/// time.
///
/// # Errors
/// See [`EarlyFault`].
pub fn quote(
    book: &Book<'_>,
    policy: &Policy<'_>,
    calendar: &Calendar<'_>,
    paid_from: Date,
    on: Date,
    early: Early,
) -> Result<Quote, EarlyFault> {
    if on < book.agreement.issued_on {
        return Err(EarlyFault::BeforeIssue);
    }
    let before = walk(book, policy, on, Assume::PaidFrom(paid_from), false);
    if before.closed.is_some() {
        return Err(EarlyFault::Closed);
    }
    let due_first = before.due_now();
    let at = walk(book, policy, on, Assume::PaidThrough(paid_from), false);
    let interest_without = interest_ahead(&at);
    let (Early::SmallerPayment(amount) | Early::ShorterTerm(amount)) = early else {
        let interest = at.interest_left() + paid_ahead_interest(&at);
        return Ok(Quote {
            on,
            due_first,
            interest,
            principal: principal_ahead(&at),
            to_pay: before.payoff(),
            interest_without,
            interest_with: interest,
            plan: None,
            used: figures::used_interest(&at, true),
        });
    };
    let replan = partial(&at, calendar, amount, matches!(early, Early::ShorterTerm(_)))?;
    // What was paid ahead and what waits as an advance after the due sums helps to pay.
    let at_hand = at.advance + at.paid_ahead();
    Ok(Quote {
        on,
        due_first,
        interest: replan.interest,
        principal: replan.principal,
        to_pay: due_first + (amount - at_hand).max(0),
        interest_without,
        interest_with: replan.interest + replan.plan.interest(),
        plan: Some(replan.plan),
        used: if replan.interest == 0 { Vec::new() } else { figures::used_interest(&at, false) },
    })
}

/// Interest still to come by the schedule, what has accrued included, nothing being due.
fn interest_ahead(at: &Position<'_>) -> i64 {
    at.open_rows().map(RowState::interest).sum::<i64>() + at.extra_running()
}

fn paid_ahead_interest(at: &Position<'_>) -> i64 {
    at.open_rows().map(|row| row.paid_interest).sum()
}

/// Principal of the instalments to come, whatever was paid ahead.
fn principal_ahead(at: &Position<'_>) -> i64 {
    at.open_rows().map(|row| row.row.principal).sum()
}

/// The new schedule when `amount` is repaid early out of money at hand.
///
/// # Errors
/// See [`EarlyFault`].
pub fn partial(
    at: &Position<'_>,
    calendar: &Calendar<'_>,
    amount: i64,
    is_shorter: bool,
) -> Result<Replan, EarlyFault> {
    if at.closed.is_some() {
        return Err(EarlyFault::Closed);
    }
    if at.due_now() > 0 {
        return Err(EarlyFault::DueFirst);
    }
    let agreement = at.agreement;
    let deferred = at.deferred_running();
    let running = at.interest_left() + paid_ahead_interest(at) - deferred;
    let interest = match agreement.early_order {
        EarlyOrder::InterestFirst => running.clamp(0, amount.max(0)),
        EarlyOrder::PrincipalOnly => 0,
    };
    let (principal, all) = (amount - interest, principal_ahead(at));
    if principal <= 0 {
        return Err(EarlyFault::TooSmall);
    }
    if principal >= all {
        return Err(EarlyFault::TooLarge);
    }
    let rest = Rest { at, calendar, principal: all - principal, carried: running - interest };
    let dues = rest.dues();
    let part = if is_shorter {
        at.part
    } else {
        let count = u32::try_from(dues.len()).unwrap_or(u32::MAX);
        schedule::part(agreement.kind, rest.principal, at.rate, agreement.dues.step, count, false)
    };
    let pause = at.pause_left();
    let plan = rest.plan(&dues, part, deferred, pause, Vec::new());
    Ok(Replan {
        reason: ReplanReason::EarlyPart,
        interest,
        principal,
        forgiven_penalty: 0,
        absorbs_overdue: false,
        plan,
    })
}

/// A credit holiday from the day of `at` to `to`: principal stands still, its interest is repaid
/// after the schedule; at each due date within it `payment` kopecks of that interest are paid.
///
/// # Errors
/// See [`EarlyFault`].
pub fn holiday(
    at: &Position<'_>,
    policy: &Policy<'_>,
    calendar: &Calendar<'_>,
    pause: Pause,
    payment: i64,
) -> Result<Replan, EarlyFault> {
    if at.closed.is_some() {
        return Err(EarlyFault::Closed);
    }
    let months = policy::value_on(policy.holiday_months, pause.from).unwrap_or(0);
    let longest = pause.from.checked_add_months(Months::new(u32::from(months)));
    if pause.to <= pause.from || longest.is_none_or(|longest| pause.to > longest) {
        return Err(EarlyFault::HolidayTooLong);
    }
    let agreement = at.agreement;
    let pause = Pause { rate: pause.rate.capped_by(at.rate), ..pause };
    let deferred = at.deferred_running();
    let unpaid_fallen: i64 = at.fallen_rows().map(RowState::interest_left).sum();
    let running = at.interest_left() + paid_ahead_interest(at) - deferred - unpaid_fallen;
    let principal = principal_ahead(at);
    if principal == 0 {
        return Err(EarlyFault::NothingAhead);
    }
    let rest = Rest { at, calendar, principal, carried: running };
    let within: Vec<Due> = rest.dues().into_iter().filter(|due| due.due_on <= pause.to).collect();
    let count = rest.dues().len();
    let dues = agreement.dues.after(agreement.issued_on, pause.to, count, calendar);
    let rows = rest.holiday_rows(&within, pause, deferred, payment);
    let plan = rest.plan(&dues, at.part, deferred, Some(pause), rows);
    Ok(Replan {
        reason: ReplanReason::Holiday,
        interest: 0,
        principal: 0,
        forgiven_penalty: 0,
        absorbs_overdue: false,
        plan,
    })
}

/// New terms of a restructuring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTerms {
    /// Payments from now on.
    pub count: u16,
    /// The rate from now on.
    pub rate: super::interest::Rate,
    /// Penalty that is forgiven, kopecks.
    pub forgiven_penalty: i64,
}

/// A restructuring on the day of `at`: all principal, overdue or not, is repaid in `count` new
/// payments; interest owed so far is repaid after them.
///
/// # Errors
/// See [`EarlyFault`].
pub fn restructuring(
    at: &Position<'_>,
    calendar: &Calendar<'_>,
    terms: NewTerms,
) -> Result<Replan, EarlyFault> {
    if at.closed.is_some() {
        return Err(EarlyFault::Closed);
    }
    let agreement = at.agreement;
    let ahead: i64 = at.open_rows().map(|row| row.paid_principal).sum();
    let principal = at.principal_left() + ahead;
    let deferred = (at.interest_left() + paid_ahead_interest(at)).max(0);
    let rest = Rest { at, calendar, principal, carried: 0 };
    let count = terms.count.max(1);
    let dues = agreement.dues.after(agreement.issued_on, at.on, usize::from(count), calendar);
    let step = agreement.dues.step;
    let part = schedule::part(agreement.kind, principal, terms.rate, step, u32::from(count), false);
    let plan = rest.plan_at(terms.rate, &dues, part, deferred, None, Vec::new());
    Ok(Replan {
        reason: ReplanReason::Restructuring,
        interest: 0,
        principal: 0,
        forgiven_penalty: terms.forgiven_penalty,
        absorbs_overdue: true,
        plan,
    })
}

/// What is left to be put into a new schedule.
#[derive(Clone, Copy)]
struct Rest<'a, 'b> {
    at: &'a Position<'b>,
    calendar: &'a Calendar<'a>,
    principal: i64,
    carried: i64,
}

impl Rest<'_, '_> {
    /// The dates of instalments to come that repay principal.
    fn dues(&self) -> Vec<Due> {
        self.at
            .open_rows()
            .filter(|row| row.row.principal > 0 || row.row.interest > 0)
            .map(|row| Due { accrues_to: row.row.accrues_to, due_on: row.row.due_on })
            .collect()
    }

    fn first_n(&self) -> u16 {
        let fallen = self.at.rows.iter().take(self.at.fallen).map(|row| row.row.n).max();
        fallen.unwrap_or(0).saturating_add(1)
    }

    /// The day after which interest of the first row is reckoned.
    fn accrues_from(&self, pause: Option<Pause>) -> Date {
        pause.map_or(self.at.on, |pause| pause.to.max(self.at.on))
    }

    fn plan(
        &self,
        dues: &[Due],
        part: i64,
        deferred: i64,
        pause: Option<Pause>,
        rows: Vec<PlanRow>,
    ) -> Plan {
        self.plan_at(self.at.rate, dues, part, deferred, pause, rows)
    }

    /// The new schedule: `rows` of a holiday, then the ordinary ones, then put-off interest.
    fn plan_at(
        &self,
        rate: super::interest::Rate,
        dues: &[Due],
        part: i64,
        deferred: i64,
        pause: Option<Pause>,
        rows: Vec<PlanRow>,
    ) -> Plan {
        let agreement = self.at.agreement;
        let reckoned = agreement.interest.at(rate);
        let first_n = rows.last().map_or(self.first_n(), |row| row.n.saturating_add(1));
        let mut plan = schedule::plan(&Order {
            kind: agreement.kind,
            principal: self.principal,
            interest: reckoned,
            accrues_from: self.accrues_from(pause),
            carried: self.carried,
            dues,
            first_n,
            part,
        });
        plan.deferred = deferred;
        plan.pause = pause;
        let paused = pause.map_or(0, |pause| {
            agreement.interest.at(pause.rate).on(self.principal, pause.from, pause.to)
        });
        let within: i64 = rows.iter().map(|row| row.deferred).sum();
        let put_off = deferred + paused - within;
        if put_off > 0 {
            let last = plan.rows.last().map_or(self.at.on, |row| row.accrues_to);
            let largest = if agreement.kind == ScheduleKind::Annuity { part } else { 0 };
            let count = if largest > 0 { put_off / largest + 1 } else { 1 };
            let count = usize::try_from(count).unwrap_or(1);
            let after = agreement.dues.after(agreement.issued_on, last, count, self.calendar);
            schedule::append_deferred(&mut plan, put_off, largest, &after);
        }
        plan.rows.splice(0..0, rows);
        plan
    }

    /// Instalments within a holiday: of its interest at most `payment` each.
    fn holiday_rows(
        &self,
        within: &[Due],
        pause: Pause,
        deferred: i64,
        payment: i64,
    ) -> Vec<PlanRow> {
        let reckoned = self.at.agreement.interest.at(pause.rate);
        let mut asked = 0;
        let mut n = self.first_n();
        let mut rows = Vec::new();
        for due in within {
            let accrued = deferred + reckoned.on(self.principal, pause.from, due.accrues_to);
            let amount = payment.clamp(0, accrued - asked);
            if amount == 0 {
                continue;
            }
            asked += amount;
            rows.push(PlanRow {
                n,
                due_on: due.due_on,
                accrues_to: due.accrues_to,
                principal: 0,
                interest: 0,
                deferred: amount,
                fee: 0,
                balance: self.principal,
            });
            n = n.saturating_add(1);
        }
        rows
    }
}

/// The first day on which an early repayment may be asked for when the notice comes on
/// `received_on`: the agreed notice, at most the longest one of the law.
#[must_use]
pub fn earliest(agreement: &Agreement, policy: &Policy<'_>, received_on: Date) -> Date {
    let longest = policy::value_on(policy.notice_days, received_on).unwrap_or(u16::MAX);
    let days = if agreement.is_instalment_service { 0 } else { agreement.notice_days.min(longest) };
    received_on.checked_add_days(Days::new(u64::from(days))).unwrap_or(received_on)
}

/// The last day to return the loan without notice.
#[must_use]
pub fn withdrawal_until(agreement: &Agreement, policy: &Policy<'_>) -> Option<Date> {
    let table =
        if agreement.has_purpose { policy.withdrawal_days_purpose } else { policy.withdrawal_days };
    let days = policy::value_on(table, agreement.issued_on)?;
    agreement.issued_on.checked_add_days(Days::new(u64::from(days)))
}

/// Whether an early repayment on `on` asked for on `received_on` keeps notice or needs none.
///
/// # Errors
/// See [`EarlyFault`].
pub fn check_notice(
    agreement: &Agreement,
    policy: &Policy<'_>,
    received_on: Date,
    on: Date,
    early: Early,
    is_withdrawal: bool,
) -> Result<(), EarlyFault> {
    if on < agreement.issued_on {
        return Err(EarlyFault::BeforeIssue);
    }
    if is_withdrawal {
        if early != Early::Full && !agreement.has_purpose {
            return Err(EarlyFault::WithdrawalInPart);
        }
        return match withdrawal_until(agreement, policy) {
            Some(last) if on <= last => Ok(()),
            _ => Err(EarlyFault::WithdrawalOver),
        };
    }
    if on < earliest(agreement, policy, received_on) {
        return Err(EarlyFault::NoticeTooShort);
    }
    Ok(())
}

/// What executing an early repayment books on the day of `at`, if the money is there.
///
/// # Errors
/// [`EarlyFault::DueFirst`] when money is missing: nothing happens then but the ordinary sharing
/// out of what came.
pub fn execute(
    at: &Position<'_>,
    calendar: &Calendar<'_>,
    early: Early,
    is_withdrawal: bool,
) -> Result<Operation, EarlyFault> {
    if at.closed.is_some() {
        return Err(EarlyFault::Closed);
    }
    let (amount, is_shorter) = match early {
        Early::Full if at.payoff() > 0 => return Err(EarlyFault::DueFirst),
        Early::Full => {
            let closing = if is_withdrawal { Closing::Withdrawn } else { Closing::Early };
            return Ok(Operation::Close(closing));
        }
        Early::SmallerPayment(amount) => (amount, false),
        Early::ShorterTerm(amount) => (amount, true),
    };
    if at.due_now() > 0 || at.advance + at.paid_ahead() < amount {
        return Err(EarlyFault::DueFirst);
    }
    partial(at, calendar, amount, is_shorter).map(|replan| Operation::Replan(Box::new(replan)))
}

/// What goes back of interest paid at the issue when everything is repaid on `on`.
#[must_use]
pub fn prepaid_interest_refund(
    book: &Book<'_>,
    policy: &Policy<'_>,
    on: Date,
    prepaid: i64,
) -> i64 {
    let at = walk(book, policy, on, Assume::PaidThrough(book.agreement.issued_on), false);
    (prepaid - at.interest_accrued(on)).max(0)
}
