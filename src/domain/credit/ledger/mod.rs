//! The book of one loan: the agreement, its schedule and what happened, walked to any date.
//!
//! Nothing is stored per day. A position is a function of the book, the policy and a date: the
//! walk goes from stop to stop (due dates, operations, changes of rules) and keeps one open
//! segment each of interest on overdue principal and of penalty. What the schedule says about
//! interest is taken as signed; only what departs from the schedule is reckoned beside it.

mod allocate;
mod cap;
mod position;
mod walk;

pub use cap::limit as total_cap;
pub use position::{Position, RowState, Step};
pub use walk::{Assume, Segment, walk, walk_past};

use super::dates::DueRule;
use super::interest::{Interest, Rate};
use super::schedule::{Plan, ScheduleKind};
use crate::base::time::Date;
use serde::{Deserialize, Serialize};

/// What a penalty is reckoned on. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PenaltyBase {
    /// Overdue principal and interest.
    PrincipalAndInterest,
    /// Overdue principal.
    Principal,
}

/// How much interest of the current period a payment fills. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CurrentInterest {
    /// What is due on the next date; money paid ahead waits for that date and lowers no interest.
    Scheduled,
    /// What has accrued; principal paid ahead lowers interest from the day of payment.
    Accrued,
}

/// What an early repayment between two dates pays first. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EarlyOrder {
    /// Interest accrued to the day, the rest principal.
    InterestFirst,
    /// Principal only; interest accrued falls due on the next date.
    PrincipalOnly,
}

/// What the parties agreed, as far as arithmetic needs it. Stored in events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// How principal is spread.
    pub kind: ScheduleKind,
    /// A consumer loan: the statutory order, caps of penalty and of the total apply.
    pub is_consumer: bool,
    /// An instalment service of 283-FZ.
    pub is_instalment_service: bool,
    /// A loan with a purpose (goods): a longer time to return it.
    pub has_purpose: bool,
    /// Sum granted, kopecks.
    pub granted: i64,
    /// Day of issue.
    pub issued_on: Date,
    /// How interest is reckoned.
    pub interest: Interest,
    /// Where due dates come from.
    pub dues: DueRule,
    /// Number of payments.
    pub count: u16,
    /// Equal part: payment of an annuity, principal of equal parts.
    pub part: i64,
    /// Penalty rate; the policy's cap holds all the same.
    pub penalty: Rate,
    /// What the penalty is reckoned on.
    pub penalty_base: PenaltyBase,
    /// Contract interest goes on for overdue principal.
    pub interest_on_overdue: bool,
    /// How the current period is filled.
    pub current_interest: CurrentInterest,
    /// What an early repayment pays first.
    pub early_order: EarlyOrder,
    /// Days of notice of an early repayment.
    pub notice_days: u16,
    /// A remainder of an instalment up to this many kopecks is no delay.
    pub dpd_tolerance: i64,
    /// Fee kept at payout.
    pub fee_at_payout: i64,
    /// The client's own part of the price, paid to the shop.
    pub down_payment: i64,
    /// What the shop gives up of the sum granted, of a percent.
    pub merchant_discount: Rate,
}

/// How a loan ended. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closing {
    /// Every instalment was paid.
    Paid,
    /// Repaid early in full.
    Early,
    /// Returned within the days of withdrawal.
    Withdrawn,
    /// The goods were returned.
    GoodsReturned,
    /// Written off.
    WrittenOff,
    /// Assigned to another creditor.
    Ceded,
}

/// Why a schedule was replaced. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReplanReason {
    /// A partial early repayment.
    EarlyPart,
    /// A part of the goods was returned.
    GoodsPart,
    /// A credit holiday.
    Holiday,
    /// A restructuring.
    Restructuring,
}

/// A new schedule, with what is paid towards it out of the money at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replan {
    /// Why.
    pub reason: ReplanReason,
    /// Interest paid with it.
    pub interest: i64,
    /// Principal paid with it.
    pub principal: i64,
    /// Penalty forgiven with it.
    pub forgiven_penalty: i64,
    /// Overdue principal and interest go into the new schedule.
    pub absorbs_overdue: bool,
    /// The schedule from then on.
    pub plan: Plan,
}

/// What happened to a loan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// Money came.
    Payment(i64),
    /// Money went back to the client.
    Refund(i64),
    /// A fee or another payment became due.
    Fee(i64),
    /// Penalty was forgiven.
    ForgivePenalty(i64),
    /// The schedule was replaced.
    Replan(Box<Replan>),
    /// The loan ended.
    Close(Closing),
}

/// An operation with its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Booking day.
    pub on: Date,
    /// What happened.
    pub operation: Operation,
}

/// The book of one loan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// The schedule of the contract.
    pub plan: &'a Plan,
    /// What happened, in order of days; of one day in order of booking.
    pub entries: Vec<(Date, &'a Operation)>,
}

impl<'a> Book<'a> {
    /// A book without operations.
    #[must_use]
    pub const fn new(agreement: &'a Agreement, plan: &'a Plan) -> Self {
        Self { agreement, plan, entries: Vec::new() }
    }
    /// A book with these operations, put in order of their days.
    #[must_use]
    pub fn with(agreement: &'a Agreement, plan: &'a Plan, entries: &'a [Entry]) -> Self {
        Self::of(agreement, plan, entries.iter().map(|entry| (entry.on, &entry.operation)))
    }
    /// The same from pairs of day and operation; of one day they stay in order.
    #[must_use]
    pub fn of(
        agreement: &'a Agreement,
        plan: &'a Plan,
        entries: impl Iterator<Item = (Date, &'a Operation)>,
    ) -> Self {
        let mut entries: Vec<(Date, &Operation)> = entries.collect();
        entries.sort_by_key(|(on, _)| *on);
        Self { agreement, plan, entries }
    }
}
