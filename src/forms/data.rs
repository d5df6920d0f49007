//! What a paper can say: the values that templates name. Sums are whole minor units (kopecks), so
//! that templates can compare them; the filters `sum`, `money` and `words` print them. Days are
//! `2026-02-15`; the filters `day` and `long_day` print them. `none` is what nobody tells.

use crate::base::money::Currency;
use crate::base::time::Date;
use crate::domain::paper::{PaperKind, PaperLanguage};
use serde::Serialize;

/// Everything that a template can name.
#[derive(Clone, Debug, Serialize)]
pub struct PaperData {
    /// The language that filters speak.
    #[serde(skip)]
    pub language: PaperLanguage,
    /// The currency of all sums.
    #[serde(skip)]
    pub currency: Currency,
    /// `paper`: the paper itself.
    pub paper: PaperFacts,
    /// `lender`: who gives it out.
    pub lender: LenderFacts,
    /// `client`: to whom.
    pub client: ClientFacts,
    /// `loan`: about what.
    pub loan: LoanFacts,
    /// `early`: the early repayment that is quoted; `none` on other papers.
    pub early: Option<EarlyFacts>,
}

/// The paper itself.
#[derive(Clone, Debug, Serialize)]
pub struct PaperFacts {
    /// What it says.
    pub kind: PaperKind,
    /// Its number, `2026-17`; a dash while it is tried.
    pub number: String,
    /// The day of issue.
    pub day: Date,
    /// The day that its figures are of.
    pub on: Date,
}

/// The lender's particulars; empty where the settings say nothing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LenderFacts {
    /// Full name.
    pub name: String,
    /// INN.
    pub inn: String,
    /// OGRN or OGRNIP.
    pub ogrn: String,
    /// Address.
    pub address: String,
    /// Phone.
    pub phone: String,
    /// Name of who signs.
    pub signer: String,
    /// His post in the language of the paper.
    pub signer_post: String,
}

/// The client.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ClientFacts {
    /// Full name, nominative.
    pub name: String,
    /// An organisation.
    pub is_organisation: bool,
}

/// The loan with its figures on the day of the paper. Sums in minor units.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LoanFacts {
    /// Number of the agreement.
    pub number: String,
    /// Product.
    pub product: String,
    /// ISO 4217 letters.
    pub currency: &'static str,
    /// Its book is kept here; otherwise its figures are another system's.
    pub is_own: bool,
    /// The day that another system's figures are true on.
    pub as_of: Option<Date>,
    /// Sum granted.
    pub principal: i64,
    /// Annual rate in percent, `19.9`.
    pub rate_percent: String,
    /// Day of issue.
    pub issued_on: Date,
    /// Where it stands, as a code; the filter `word` says it.
    pub status: &'static str,
    /// When it ended.
    pub closed_on: Option<Date>,
    /// Days past due.
    pub days_past_due: u32,
    /// Next due date.
    pub next_due_on: Option<Date>,
    /// What is due then.
    pub next_payment: Option<i64>,
    /// What must be paid on the day so that nothing is owed.
    pub debt_today: Option<i64>,
    /// Past due and not covered.
    pub overdue: Option<i64>,
    /// All that is left to pay by the schedule.
    pub total_left: Option<i64>,
    /// What ends the loan on the day.
    pub payoff: Option<i64>,
    /// Money that waits at the lender's.
    pub unallocated: Option<i64>,
    /// What the payoff consists of; empty when nobody tells.
    pub structure: Vec<PartFacts>,
    /// The schedule; empty when nobody tells.
    pub schedule: Vec<RowFacts>,
    /// Sums of the columns of the schedule.
    pub totals: TotalFacts,
    /// What happened, by day; what does not count is marked as reversed.
    pub operations: Vec<OperationFacts>,
    /// All payments that count, refunds taken off.
    pub paid_total: i64,
}

/// A part of what is owed.
#[derive(Clone, Debug, Serialize)]
pub struct PartFacts {
    /// A code; the filter `word` says it.
    pub part: &'static str,
    /// How much.
    pub amount: i64,
}

/// An instalment.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RowFacts {
    /// Number.
    pub n: u16,
    /// The last day to pay.
    pub due_on: Date,
    /// Principal.
    pub principal: i64,
    /// Interest.
    pub interest: i64,
    /// Fee.
    pub fee: i64,
    /// All of it.
    pub payment: i64,
    /// Principal left after it.
    pub balance: i64,
    /// What was paid of it.
    pub paid: i64,
    /// What was not.
    pub left: i64,
    /// A code; the filter `word` says it.
    pub state: &'static str,
}

/// Sums of the columns of a schedule.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct TotalFacts {
    /// Principal.
    pub principal: i64,
    /// Interest.
    pub interest: i64,
    /// Fees.
    pub fee: i64,
    /// All of it.
    pub payment: i64,
}

impl TotalFacts {
    /// The sums of `rows`.
    #[must_use]
    pub fn of(rows: &[RowFacts]) -> Self {
        rows.iter().fold(Self::default(), |sum, row| Self {
            principal: sum.principal + row.principal,
            interest: sum.interest + row.interest,
            fee: sum.fee + row.fee,
            payment: sum.payment + row.payment,
        })
    }
}

/// Something that happened to a loan.
#[derive(Clone, Debug, Serialize)]
pub struct OperationFacts {
    /// Its day.
    pub on: Date,
    /// A code; the filter `word` says it.
    pub kind: &'static str,
    /// How much, where it is a sum.
    pub amount: Option<i64>,
    /// It does not count.
    pub reversed: bool,
}

/// An early repayment that is quoted.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EarlyFacts {
    /// Its day.
    pub on: Date,
    /// A code: `full`, `smaller_payment`, `shorter_term`, `withdrawal`; the filter `word` says it.
    pub kind: &'static str,
    /// What to bring on the day in all.
    pub pay: i64,
    /// Of that, what is due on the day anyway.
    pub due_first: i64,
    /// Interest in the early sum.
    pub interest: i64,
    /// Principal in the early sum.
    pub principal: i64,
    /// Money that waits at the lender's and is used; negative.
    pub advance: i64,
    /// Reckoned from what another system tells: its own figure counts.
    pub is_estimate: bool,
    /// Interest still to pay without it.
    pub interest_without: i64,
    /// Interest still to pay with it.
    pub interest_with: i64,
    /// The difference.
    pub saving: i64,
    /// The schedule after it; empty when nothing is left.
    pub schedule: Vec<RowFacts>,
    /// Sums of its columns.
    pub totals: TotalFacts,
}
