//! A loan as the page receives it: plain decimals and days, nothing that the caller may not see.

use crate::base::ids::PartId;
use crate::base::time::Date;
use crate::domain::credit::calculator::{CalculatedRow, decimal};
use crate::domain::credit::figures::Line;
use crate::domain::credit::interest::Rate;
use crate::domain::loan::own::{PaymentSource, RequestState, ReversalReason};
use crate::domain::loan::reconcile::Difference;
use serde::Serialize;

/// What a rate is of.
#[must_use]
pub const fn period(rate: Rate) -> &'static str {
    match rate {
        Rate::Year(_) => "year",
        Rate::Day(_) => "day",
    }
}

/// A loan with everything that is known of it on a day. Sums are plain decimals.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LoanDetail {
    /// The loan.
    pub loan_id: String,
    /// Its client.
    pub client_id: String,
    /// Number of the agreement; its end only while locked.
    pub number: String,
    /// Name of the product.
    pub product: String,
    /// `own`: kept here; `external`: another system's figures, checked by our ledger.
    pub book: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    /// The day of the figures.
    pub on: Date,
    /// The day that another system's figures are true on.
    pub as_of: Option<Date>,
    /// Sums are not shown: identify the client first. Everything below is empty then.
    pub locked: bool,
    /// Where it stands; `overdue` is derived.
    pub status: &'static str,
    /// `holiday`, `restructured`.
    pub overlays: Vec<&'static str>,
    /// Days past due; absent when nobody tells.
    pub days_past_due: Option<u32>,
    /// `0`, `1-30`, `31-60`, `61-90`, `91-180`, `181-360`, `361+`.
    pub bucket: Option<&'static str>,
    /// The agreement.
    pub terms: LoanTermsView,
    /// The sums of the day.
    pub figures: LoanFigures,
    /// What makes the debt of the day; empty when nobody tells.
    pub structure: Vec<StructurePart>,
    /// The schedule with what was paid towards each row.
    pub schedule: Vec<ScheduleRowView>,
    /// Operations up to the day, newest first.
    pub operations: Vec<OperationView>,
    /// How penalty ran, oldest first.
    pub penalties: Vec<PenaltyView>,
    /// Requests for early repayment, newest first.
    pub requests: Vec<EarlyRequestView>,
    /// How the debt went up to the day.
    pub balance: Vec<BalancePoint>,
    /// Where another system's figures differ from ours.
    pub differences: Vec<DifferenceView>,
}

/// The agreement.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct LoanTermsView {
    /// Sum granted.
    pub principal: Option<String>,
    /// Rate in percent.
    pub rate_percent: Option<String>,
    /// What the rate is of: `year`, `day`.
    pub rate_period: Option<&'static str>,
    /// `annuity`, `equal_principal`, `instalment`, `single`; only of a loan kept here.
    pub kind: Option<&'static str>,
    /// Number of payments; absent when nobody tells.
    pub instalments: Option<u16>,
    /// Day of issue.
    pub issued_on: Date,
    /// Full cost of credit in percent; only of a loan kept here.
    pub psk_percent: Option<String>,
    /// What was agreed with the shop; only of a loan kept here for goods.
    pub shop: Option<ShopTermsView>,
}

/// A loan for goods: the shop's part, and who gets what if all goods come back on the day.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShopTermsView {
    /// The client's own part of the price.
    pub down_payment: String,
    /// What the shop gave up of the sum granted.
    pub discount: String,
    /// What the shop was paid.
    pub paid_to_shop: String,
    /// What the shop owes the lender if all goods come back; absent of a loan that has ended.
    pub shop_owes: Option<String>,
    /// What the client then gets from the shop.
    pub client_gets: Option<String>,
}

/// The sums of a day; what nobody tells is absent.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct LoanFigures {
    /// The next payment; absent when there is none, or nobody tells.
    pub next_payment: Option<NextPaymentView>,
    /// What must be paid today so that nothing is owed.
    pub debt_today: Option<String>,
    /// Past due.
    pub overdue: Option<String>,
    /// Interest accrued and not paid.
    pub interest: Option<String>,
    /// Penalty accrued, not paid and not forgiven.
    pub penalty: Option<String>,
    /// All that is left to pay by the schedule.
    pub total_left: Option<String>,
    /// What ends the loan on the day.
    pub payoff: Option<String>,
    /// Money that fills nothing yet.
    pub unallocated: Option<String>,
}

/// The next payment.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct NextPaymentView {
    /// The last day to pay.
    pub due_on: Date,
    /// The sum; absent when the other system does not tell it.
    pub amount: Option<String>,
}

/// A part of the debt.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct StructurePart {
    /// `principal_overdue`, `interest_overdue`, `penalty`, `interest_current`,
    /// `principal_current`, `fees`, `other`.
    pub part: &'static str,
    /// How much; interest paid ahead is negative.
    pub amount: String,
}

/// A row of the schedule.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ScheduleRowView {
    /// Number.
    pub n: u16,
    /// The last day to pay.
    pub due_on: Date,
    /// Interest, with what runs beside the schedule.
    pub interest: String,
    /// Principal.
    pub principal: String,
    /// Fees.
    pub fee: String,
    /// The whole sum.
    pub payment: String,
    /// Principal left after it by the schedule.
    pub balance: String,
    /// Paid towards it.
    pub paid: String,
    /// Still to pay of it.
    pub left: String,
    /// `paid`, `partly_paid`, `due`, `overdue`, `planned`, `cancelled`.
    pub state: &'static str,
}

/// Something that was booked.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OperationView {
    /// The operation; absent of a payment that another system tells of.
    pub operation_id: Option<PartId>,
    /// Its day.
    pub on: Date,
    /// `payment`, `fee`, `penalty_forgiven`, `refund`, `early_repayment`, `holiday`,
    /// `restructuring`, `goods_return`, `closed`; `penalty` of another system.
    pub kind: &'static str,
    /// How much; absent of what has no sum.
    pub amount: Option<String>,
    /// `client`, `shop`; of payments.
    pub payer: Option<&'static str>,
    /// Where it came from.
    pub source: PaymentSource,
    /// Why it does not count, if it does not.
    pub reversed: Option<ReversalReason>,
    /// How the loan ended: `paid`, `early`, `withdrawn`, `goods_returned`, `written_off`, `ceded`.
    pub closing: Option<&'static str>,
}

/// A piece of penalty: one sum at one rate.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PenaltyView {
    /// The first day counted.
    pub from: Date,
    /// The last day counted.
    pub to: Date,
    /// Days by the basis of the agreement.
    pub days: i64,
    /// On this sum.
    pub base: String,
    /// Rate in percent.
    pub rate_percent: String,
    /// What the rate is of: `year`, `day`.
    pub rate_period: &'static str,
    /// How much.
    pub amount: String,
}

/// A request for early repayment.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct EarlyRequestView {
    /// The request.
    pub request_id: PartId,
    /// The day it came in.
    pub received_on: Date,
    /// The day of the early repayment.
    pub on: Date,
    /// `full`, `smaller_payment`, `shorter_term`.
    pub kind: &'static str,
    /// How much is repaid early; absent when everything is.
    pub amount: Option<String>,
    /// What to bring on the day.
    pub quoted: String,
    /// Where it stands.
    pub state: RequestState,
    /// A return within the days of withdrawal.
    pub is_withdrawal: bool,
}

/// How the debt stood at the end of a day.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BalancePoint {
    /// The day.
    pub on: Date,
    /// Principal.
    pub principal: String,
    /// What would have ended the loan.
    pub total: String,
}

/// A figure that another system states otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DifferenceView {
    /// `total_left`, `overdue`, `days_past_due`, `next_due_on`, `next_payment`.
    pub figure: &'static str,
    /// As the other system states: a sum, a number of days, a day.
    pub stated: String,
    /// As our ledger reckons; absent when nothing is due any more.
    pub reckoned: Option<String>,
}

impl From<&Difference> for DifferenceView {
    fn from(difference: &Difference) -> Self {
        let (stated, reckoned) = match difference {
            Difference::Balance { stated, reckoned }
            | Difference::Overdue { stated, reckoned }
            | Difference::NextPayment { stated, reckoned } => {
                (decimal(*stated), Some(decimal(*reckoned)))
            }
            Difference::DaysPastDue { stated, reckoned } => {
                (stated.to_string(), Some(reckoned.to_string()))
            }
            Difference::NextDue { stated, reckoned } => {
                (stated.to_string(), reckoned.map(|date| date.to_string()))
            }
        };
        Self { figure: difference.figure(), stated, reckoned }
    }
}

/// A figure with the lines that make it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FigureView {
    /// Its name.
    pub figure: &'static str,
    /// The day it is of.
    pub on: Date,
    /// Of which row of the schedule, if of one.
    pub n: Option<u16>,
    /// What it is measured in: `sum` (a decimal), `days` (a whole number), `percent`.
    pub unit: &'static str,
    /// The sum of the lines; a percent is none: its lines add up to nothing.
    pub amount: String,
    /// What makes the percent of a full cost of credit.
    pub full_cost: Option<FullCostView>,
    /// The lines.
    pub lines: Vec<FigureLine>,
}

/// The percent is the rate per base period, times base periods in a year, times a hundred.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FullCostView {
    /// The rate per base period, a fraction with ten decimals.
    pub period_rate: String,
    /// Base periods in a year.
    pub periods_per_year: String,
}

/// A flow of money at a rate per base period: its value is the sum, over one and the part of a
/// period times the rate, over one and the rate to the power of full periods.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FlowView {
    /// How much flows; a payout is negative.
    pub amount: String,
    /// Full base periods since the payout.
    pub periods: u32,
    /// The part of a period after them.
    pub part: String,
}

/// A line of a figure.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FigureLine {
    /// What it is: `principal`, `interest`, `extra_interest`, `deferred_interest`,
    /// `instalment_fee`, `fees`, `penalty`, `penalty_paid`, `penalty_forgiven`, `paid`,
    /// `interest_paid`, `advance`, `goes_back`, `shortage`, `came`, `went_back`, `principal_paid`,
    /// `fees_paid`, `carried_interest`, `as_signed`, `capped`, `equal_payment`, `equal_part`,
    /// `rest`, `principal_before`, `days_late`, `holiday_days`, `due_first`, `interest_without`,
    /// `interest_after`, `payout`, `payment`; `stated` by another system.
    pub what: &'static str,
    /// Of which instalment.
    pub n: Option<u16>,
    /// Due when.
    pub due_on: Option<Date>,
    /// The day of the schedule, where a day off moved the last day to pay.
    pub moved_from: Option<Date>,
    /// The first day counted.
    pub from: Option<Date>,
    /// The last day counted; of a stated figure, its day.
    pub to: Option<Date>,
    /// Days by the basis of the agreement.
    pub days: Option<i64>,
    /// Days of the year that they are parts of: 365, 366, 360; absent at a rate per day.
    pub year_days: Option<u16>,
    /// On this sum.
    pub base: Option<String>,
    /// Rate in percent.
    pub rate_percent: Option<String>,
    /// What the rate is of: `year`, `day`.
    pub rate_period: Option<&'static str>,
    /// The flow of which the amount is the value on the day of the payout; of a full cost.
    pub flow: Option<FlowView>,
    /// How much, in the unit of the figure; what lowers it is negative.
    pub amount: String,
}

impl FigureLine {
    /// A line that was not reckoned from a rate.
    #[must_use]
    pub fn plain(what: &'static str, amount: i64) -> Self {
        Self {
            what,
            n: None,
            due_on: None,
            moved_from: None,
            from: None,
            to: None,
            days: None,
            year_days: None,
            base: None,
            rate_percent: None,
            rate_period: None,
            flow: None,
            amount: decimal(amount),
        }
    }

    /// A line of a figure that is measured in `unit`.
    #[must_use]
    pub fn in_unit(line: &Line, unit: &str) -> Self {
        let mut shown = Self::from(line);
        if unit == "days" {
            shown.amount = line.amount.to_string();
        }
        shown
    }
}

impl From<&Line> for FigureLine {
    fn from(line: &Line) -> Self {
        let how = line.reckoning.as_ref();
        let counted = how.map(|how| (how.span.after, how.span.to)).or(line.counted);
        Self {
            n: line.n,
            due_on: line.due_on,
            moved_from: line.moved_from,
            from: counted.and_then(|(after, _)| after.succ_opt()),
            to: counted.map(|(_, to)| to),
            days: how.map(|how| how.span.days),
            year_days: how.and_then(|how| how.span.year_days),
            base: how.map(|how| decimal(how.base)),
            rate_percent: how.map(|how| how.rate.percent().to_string()),
            rate_period: how.map(|how| period(how.rate)),
            ..Self::plain(line.what.code(), line.amount)
        }
    }
}

/// What an early repayment means.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct EarlyQuoteView {
    /// The day.
    pub on: Date,
    /// `full`, `smaller_payment`, `shorter_term`, `withdrawal`.
    pub kind: String,
    /// What to bring on the day.
    pub pay: String,
    /// What makes it: `due_first`, interest for the days used, `principal`, `advance` (money that
    /// waits is used).
    pub lines: Vec<FigureLine>,
    /// Interest still to pay without it.
    pub interest_without: String,
    /// Interest still to pay with it.
    pub interest_with: String,
    /// How much less interest is paid.
    pub saving: String,
    /// What makes it: `interest_without`, and negative `interest` (for the days used) and
    /// `interest_after`.
    pub saving_lines: Vec<FigureLine>,
    /// The schedule after it; empty when nothing is left.
    pub schedule: Vec<CalculatedRow>,
    /// The first day that keeps the notice, when it is given today.
    pub earliest_on: Date,
    /// The last day to return the loan without notice, while it has not passed.
    pub withdrawal_until: Option<Date>,
    /// Reckoned from what another system tells of the loan: its own figure counts.
    pub is_estimate: bool,
}
