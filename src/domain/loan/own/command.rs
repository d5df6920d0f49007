//! What is asked of a loan that is kept here.

use super::request::RequestStep;
use super::{Payer, PaymentSource, ReversalReason};
use crate::base::ids::{ClientId, LoanId, PartId};
use crate::base::time::Date;
use crate::domain::credit::early::{Early, NewTerms};
use crate::domain::credit::interest::Rate;
use crate::domain::credit::ledger::{Agreement, Closing};
use crate::domain::credit::schedule::PlanRow;

/// What is asked of a loan that is kept here. Amounts in kopecks.
#[derive(Clone, Debug)]
pub enum LedgerCommand {
    /// Opens the loan and its book.
    Open(Box<OpenLedger>),
    /// Books a payment; the same key again changes nothing.
    Post(PostPayment),
    /// An operation does not count any more, nor does an early repayment that rests on it.
    Reverse {
        /// The operation.
        id: PartId,
        /// Why.
        reason: ReversalReason,
        /// Identifiers for early repayments that are executed anew, as many as there may be
        /// requests.
        ids: Vec<PartId>,
    },
    /// A fee becomes due.
    ChargeFee(BookOperation),
    /// Penalty is forgiven.
    ForgivePenalty(BookOperation),
    /// Money goes back to the client.
    PayRefund(BookOperation),
    /// An early repayment is asked for.
    RequestEarly(RequestEarly),
    /// A request goes on: the client was told, the client takes it back, it is calculated anew.
    AdvanceRequest {
        /// The request.
        id: PartId,
        /// What happens.
        step: RequestStep,
    },
    /// The daily run: executes requests whose money is there, ends those whose day has passed.
    RunRequests {
        /// Identifiers for what is booked, as many as there are open requests.
        ids: Vec<PartId>,
    },
    /// A credit holiday.
    GrantHoliday(GrantHoliday),
    /// A restructuring.
    Restructure(ChangeSchedule<NewTerms>),
    /// Money of the shop for returned goods.
    ReturnGoods(ReturnGoods),
    /// The loan is written off or assigned.
    GiveUp(ChangeSchedule<Closing>),
}

/// Opens the loan and its book.
#[derive(Clone, Debug)]
pub struct OpenLedger {
    /// The loan.
    pub id: LoanId,
    /// Its client.
    pub client: ClientId,
    /// `source:key`; empty when opened by hand.
    pub source_key: String,
    /// Number of the agreement.
    pub number: String,
    /// Name of the product.
    pub product: String,
    /// What the parties agreed; a `part` of zero is calculated.
    pub agreement: Agreement,
    /// The schedule as signed; without it, it is calculated.
    pub signed: Option<Vec<PlanRow>>,
}

/// Books a payment.
#[derive(Clone, Debug)]
pub struct PostPayment {
    /// The operation.
    pub id: PartId,
    /// Where it came from.
    pub source: PaymentSource,
    /// Its key there; the same key again changes nothing. Empty when it has none.
    pub key: String,
    /// Booking day.
    pub on: Date,
    /// Kopecks.
    pub amount: i64,
    /// Who paid.
    pub payer: Payer,
}

/// An operation with a sum.
#[derive(Clone, Copy, Debug)]
pub struct BookOperation {
    /// The operation.
    pub id: PartId,
    /// Its day.
    pub on: Date,
    /// Kopecks.
    pub amount: i64,
}

/// An early repayment is asked for.
#[derive(Clone, Copy, Debug)]
pub struct RequestEarly {
    /// The request.
    pub id: PartId,
    /// The day of the early repayment.
    pub on: Date,
    /// What is repaid.
    pub early: Early,
    /// A return within the days of withdrawal.
    pub is_withdrawal: bool,
}

/// A credit holiday.
#[derive(Clone, Copy, Debug)]
pub struct GrantHoliday {
    /// The operation.
    pub id: PartId,
    /// It begins after this day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// Its rate; the contract's when lower.
    pub rate: Rate,
    /// Paid of its interest at each due date within it.
    pub payment: i64,
}

/// A change on a day.
#[derive(Clone, Copy, Debug)]
pub struct ChangeSchedule<T> {
    /// The operation.
    pub id: PartId,
    /// Its day.
    pub on: Date,
    /// What.
    pub to: T,
}

/// Money of the shop for returned goods.
#[derive(Clone, Debug)]
pub struct ReturnGoods {
    /// The payment.
    pub payment: PostPayment,
    /// The change of the schedule, or the end.
    pub id: PartId,
    /// Keeps payments and takes from their number.
    pub is_shorter: bool,
}
