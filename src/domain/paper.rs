//! Papers: certificates and statements that the lender gives out, numbered within the year.
//!
//! A paper is a stream of its own: nobody bounds how many a loan gets. It is issued once and never
//! changes; its bytes lie among the files, by their hash. Must never know how a paper looks.

use crate::base::ids::{ClientId, EntryId, LoanId};
use crate::base::time::{Date, Timestamp, day_number};
use crate::domain::access::Principal;
use crate::domain::fields::FromJson;
use crate::domain::{
    Aggregate, Claim, ClaimSpace, ClaimStrength, Context, Counter, Decision, FieldFault, Meta,
    Rejection,
};
use chrono::Datelike;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// What a paper says. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// Nothing is owed any more.
    DebtRepaid,
    /// What is owed on a day.
    CurrentDebt,
    /// Everything that happened to a loan.
    LoanStatement,
    /// The schedule.
    PaymentSchedule,
    /// What an early repayment costs and saves.
    EarlyRepayment,
}

impl PaperKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::DebtRepaid,
        Self::CurrentDebt,
        Self::LoanStatement,
        Self::PaymentSchedule,
        Self::EarlyRepayment,
    ];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DebtRepaid => "debt_repaid",
            Self::CurrentDebt => "current_debt",
            Self::LoanStatement => "loan_statement",
            Self::PaymentSchedule => "payment_schedule",
            Self::EarlyRepayment => "early_repayment",
        }
    }
}

impl FromJson for PaperKind {
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        let code = String::from_json(value, path, faults)?;
        let found = Self::ALL.into_iter().find(|kind| kind.code() == code);
        if found.is_none() {
            let words = Self::ALL.map(Self::code).join(", ");
            faults.push(FieldFault::new(path, "unknown_value", format!("choose one of: {words}")));
        }
        found
    }
}

/// The language of a paper. Stored: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperLanguage {
    /// Russian.
    Ru,
    /// English.
    En,
}

impl PaperLanguage {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::Ru, Self::En];
    /// ISO 639-1 letters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

impl FromJson for PaperLanguage {
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        let code = String::from_json(value, path, faults)?;
        let found = Self::ALL.into_iter().find(|language| language.code() == code);
        if found.is_none() {
            faults.push(FieldFault::new(path, "unknown_value", "choose ru or en"));
        }
        found
    }
}

/// The directory entry that holds the lender's own wording of a paper: one for each kind and
/// language.
#[must_use]
pub const fn template_entry(kind: PaperKind, language: PaperLanguage) -> EntryId {
    const FIRST: u128 = 0x0193_0000_0000_7000_8000_7061_7065_0000;
    let number = ((kind as u128) << 8) | language as u128;
    EntryId::from_uuid(Uuid::from_u128(FIRST + number))
}

/// An issued paper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// What was issued; `None` before.
    pub issued: Option<PaperIssued>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<Principal>,
}

/// What may be asked of a paper.
#[derive(Clone, Debug)]
pub enum PaperCommand {
    /// Issue it.
    Issue(PaperIssued),
}

/// What happened to a paper. Stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaperEvent {
    /// It was issued.
    Issued(PaperIssued),
}

/// Payload of [`PaperEvent::Issued`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperIssued {
    /// Whose loan.
    pub client: ClientId,
    /// Which loan.
    pub loan: LoanId,
    /// What it says.
    pub kind: PaperKind,
    /// In which language.
    pub language: PaperLanguage,
    /// Year of its number, in the lender's zone.
    pub year: i32,
    /// Its number within the year, from 1; printed on it.
    pub number: u64,
    /// The day that its figures are of.
    #[serde(with = "day_number")]
    pub on: Date,
    /// Content hash of its PDF, hexadecimal.
    pub blob: String,
    /// Bytes of its PDF.
    pub size: u64,
}

impl PaperIssued {
    /// The number as people write it: `2026-17`.
    #[must_use]
    pub fn full_number(&self) -> String {
        full_number(self.year, self.number)
    }
}

/// A paper's number as people write it.
#[must_use]
pub fn full_number(year: i32, number: u64) -> String {
    format!("{year}-{number}")
}

impl Aggregate for Paper {
    type Command = PaperCommand;
    type Event = PaperEvent;

    fn decide(
        &self,
        command: PaperCommand,
        context: &Context,
    ) -> Result<Decision<PaperEvent>, Rejection> {
        let PaperCommand::Issue(issue) = command;
        if self.issued.is_some() {
            return Err(Rejection::rule("already_exists", "the paper is issued already"));
        }
        if issue.year != context.today().year() {
            // The number that is printed on it belongs to the old year.
            return Err(Rejection::rule("conflict", "the year has just turned; ask again"));
        }
        Ok(Decision {
            draws: vec![Counter::Papers(issue.year)],
            ..Decision::events(vec![PaperEvent::Issued(issue)])
        })
    }

    fn evolve(&mut self, event: &PaperEvent, meta: &Meta) {
        let PaperEvent::Issued(issued) = event;
        self.issued = Some(issued.clone());
        self.at = meta.at;
        self.by = Some(meta.actor);
    }

    /// The number is printed before it is drawn, so two papers that were given the same one are
    /// told apart here: the second is refused and nothing is drawn.
    fn claims(&self) -> Vec<Claim> {
        let claim = |issued: &PaperIssued| Claim {
            space: ClaimSpace::PaperNumber,
            value: issued.full_number(),
            strength: ClaimStrength::Hard,
        };
        self.issued.iter().map(claim).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(year: i32) -> PaperCommand {
        PaperCommand::Issue(PaperIssued {
            client: ClientId::from_uuid(Uuid::from_u128(1)),
            loan: LoanId::from_uuid(Uuid::from_u128(2)),
            kind: PaperKind::CurrentDebt,
            language: PaperLanguage::Ru,
            year,
            number: 17,
            on: "2026-11-22".parse().unwrap(),
            blob: "ab".repeat(32),
            size: 1,
        })
    }

    #[test]
    fn a_paper_is_issued_once_under_a_number_of_its_year() {
        let context = Context {
            // Already 2027 in Moscow.
            now: Timestamp::parse_rfc3339("2026-12-31T21:30:00Z").unwrap(),
            zone: chrono_tz::Europe::Moscow,
            principal: Principal::System,
        };
        let mut paper = Paper::default();
        assert_eq!(paper.decide(issue(2026), &context).unwrap_err().code, "conflict");
        let decision = paper.decide(issue(2027), &context).unwrap();
        assert_eq!(decision.draws, [Counter::Papers(2027)]);
        let (at, actor) = (context.now, Principal::System);
        paper.evolve(&decision.events[0], &Meta { seq: 1, at, actor, drawn: vec![17] });
        assert_eq!(paper.claims()[0].value, "2027-17");
        assert_eq!(paper.decide(issue(2027), &context).unwrap_err().code, "already_exists");
    }
}
