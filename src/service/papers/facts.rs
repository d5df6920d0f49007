//! The values of a paper, out of what the page shows of a loan. Pure.

use crate::base::money::Money;
use crate::base::time::Date;
use crate::config::Lender;
use crate::domain::credit::calculator::CalculatedRow;
use crate::domain::loan::{Loan, LoanStatus};
use crate::domain::paper::{PaperKind, PaperLanguage};
use crate::domain::{FieldFault, Rejection};
use crate::forms::PaperData;
use crate::forms::data::{
    ClientFacts, EarlyFacts, LenderFacts, LoanFacts, OperationFacts, PaperFacts, PartFacts,
    RowFacts, TotalFacts,
};
use crate::service::ServiceError;
use crate::service::cards::Sight;
use crate::service::loans::views::{EarlyQuoteView, LoanDetail, OperationView, ScheduleRowView};

/// How a loan is looked at once its sums may be seen.
pub const fn open_sight() -> Sight {
    Sight { level: 3, unmasked: true, money: true, in_call: false }
}

/// What is wrong with the day of a paper.
pub fn day_faults(loan: &Loan, on: Date, today: Date) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    if on > today {
        let help = "a paper tells of a day that has come; choose today or an earlier day";
        faults.push(FieldFault::new("on", "date_in_future", help));
    }
    if on < loan.terms.issued_on {
        let help = "the day is before the loan was issued";
        faults.push(FieldFault::new("on", "before_issue", help));
    }
    // Another system tells one day only.
    if loan.own.is_none() && loan.figures.as_of.is_some_and(|as_of| on < as_of) {
        let help = "the other system's figures are of a later day; choose that day or a later one";
        faults.push(FieldFault::new("on", "out_of_range", help));
    }
    faults
}

/// Refuses a paper that cannot be said of the loan.
///
/// # Errors
/// Why it cannot.
pub fn check(kind: PaperKind, loan: &Loan, detail: &LoanDetail) -> Result<(), Rejection> {
    match kind {
        PaperKind::DebtRepaid if !is_repaid(loan, detail) => Err(Rejection::rule(
            "debt_left",
            "the loan is not repaid on this day; issue a certificate of debt instead",
        )),
        PaperKind::PaymentSchedule if detail.schedule.is_empty() => Err(Rejection::rule(
            "schedule_unknown",
            "the other system has not told the schedule of this loan; import it first",
        )),
        PaperKind::CurrentDebt if tells_nothing(detail) => Err(Rejection::rule(
            "figures_unknown",
            "the other system has not told what is owed under this loan; import it first",
        )),
        _ => Ok(()),
    }
}

/// Whether nothing is owed because it was paid, not because it was given up. Of another system's
/// loan: it says that the loan is closed, or that nothing is left.
fn is_repaid(loan: &Loan, detail: &LoanDetail) -> bool {
    let closed = [
        LoanStatus::ClosedPaid,
        LoanStatus::ClosedEarly,
        LoanStatus::Cancelled,
        LoanStatus::ReturnedGoods,
    ];
    match &loan.own {
        Some(own) => {
            let nothing = detail.figures.payoff.as_deref() == Some("0.00");
            nothing && closed.contains(&own.status(detail.on))
        }
        None => {
            let (figures, status) = (&loan.figures, loan.terms.status);
            let stated = figures.as_of.is_some() && figures.outstanding == Some(0);
            let owes = figures.outstanding.unwrap_or(0) > 0 || figures.overdue.unwrap_or(0) > 0;
            !owes && (closed.contains(&status) || (status.is_open() && stated))
        }
    }
}

fn tells_nothing(detail: &LoanDetail) -> bool {
    let figures = &detail.figures;
    figures.payoff.is_none() && figures.total_left.is_none() && figures.overdue.is_none()
}

/// Faults of an early repayment as fields of `early`.
pub fn in_early(error: ServiceError) -> ServiceError {
    let ServiceError::Rejected(mut rejection) = error else {
        return error;
    };
    for fault in &mut rejection.fields {
        fault.field = format!("early.{}", fault.field);
    }
    rejection.into()
}

/// What a paper's values come from.
pub struct Facts<'a> {
    /// What the paper says.
    pub kind: PaperKind,
    /// In which language.
    pub language: PaperLanguage,
    /// Who gives it out.
    pub lender: &'a Lender,
    /// The loan.
    pub loan: &'a Loan,
    /// What the page shows of it.
    pub detail: &'a LoanDetail,
    /// The early repayment that is quoted.
    pub early: Option<&'a EarlyQuoteView>,
    /// The day of issue.
    pub today: Date,
}

impl Facts<'_> {
    /// The values, with a dash for the number.
    pub fn put_together(&self, name: String, is_organisation: bool) -> PaperData {
        let particulars = &self.lender.particulars;
        let post = match self.language {
            PaperLanguage::Ru => &particulars.signer_post,
            PaperLanguage::En => &particulars.signer_post_en,
        };
        PaperData {
            language: self.language,
            currency: self.loan.currency(),
            paper: PaperFacts {
                kind: self.kind,
                number: "—".into(),
                day: self.today,
                on: self.detail.on,
            },
            lender: LenderFacts {
                name: self.lender.name.clone(),
                inn: particulars.inn.clone(),
                ogrn: particulars.ogrn.clone(),
                address: particulars.address.clone(),
                phone: particulars.phone.clone(),
                signer: particulars.signer.clone(),
                signer_post: post.clone(),
            },
            client: ClientFacts { name, is_organisation },
            loan: self.loan(),
            early: self.early.map(|early| self.early_facts(early)),
        }
    }

    fn minor(&self, text: &str) -> i64 {
        // Written by `decimal`: it reads.
        Money::parse(text, self.loan.currency()).map_or(0, Money::minor)
    }

    fn told(&self, text: &Option<String>) -> Option<i64> {
        text.as_deref().map(|text| self.minor(text))
    }

    fn loan(&self) -> LoanFacts {
        let (detail, terms) = (self.detail, &self.loan.terms);
        let figures = &detail.figures;
        let schedule: Vec<RowFacts> = detail.schedule.iter().map(|row| self.row(row)).collect();
        let structure = detail.structure.iter();
        let closed = self.loan.own.as_ref().and_then(|own| own.position(detail.on).closed);
        let next = figures.next_payment.as_ref();
        LoanFacts {
            number: detail.number.clone(),
            product: detail.product.clone(),
            currency: detail.currency,
            is_own: self.loan.own.is_some(),
            as_of: detail.as_of,
            principal: terms.principal.minor(),
            rate_percent: terms.rate_percent.normalize().to_string(),
            issued_on: terms.issued_on,
            status: detail.status,
            closed_on: closed.map(|(on, _)| on),
            days_past_due: detail.days_past_due.unwrap_or(0),
            next_due_on: next.map(|next| next.due_on),
            next_payment: next.and_then(|next| self.told(&next.amount)),
            debt_today: self.told(&figures.debt_today),
            overdue: self.told(&figures.overdue),
            total_left: self.told(&figures.total_left),
            payoff: self.told(&figures.payoff),
            unallocated: self.told(&figures.unallocated),
            structure: structure
                .map(|part| PartFacts { part: part.part, amount: self.minor(&part.amount) })
                .chain(self.advance())
                .collect(),
            totals: TotalFacts::of(&schedule),
            schedule,
            operations: self.operations(),
            paid_total: self.paid_total(),
        }
    }

    /// Money that waits lowers what is owed: with it the parts add up to the payoff.
    fn advance(&self) -> Option<PartFacts> {
        let waiting = self.told(&self.detail.figures.unallocated).filter(|sum| *sum > 0)?;
        let parts: i64 = self.detail.structure.iter().map(|part| self.minor(&part.amount)).sum();
        let used = waiting.min(parts.max(0));
        (used > 0).then_some(PartFacts { part: "unallocated", amount: -used })
    }

    fn row(&self, row: &ScheduleRowView) -> RowFacts {
        RowFacts {
            n: row.n,
            due_on: row.due_on,
            principal: self.minor(&row.principal),
            interest: self.minor(&row.interest),
            fee: self.minor(&row.fee),
            payment: self.minor(&row.payment),
            balance: self.minor(&row.balance),
            paid: self.minor(&row.paid),
            left: self.minor(&row.left),
            state: row.state,
        }
    }

    /// Oldest first, beginning with the issue of the loan.
    fn operations(&self) -> Vec<OperationFacts> {
        let issued = OperationFacts {
            on: self.loan.terms.issued_on,
            kind: "issued",
            amount: Some(self.loan.terms.principal.minor()),
            reversed: false,
        };
        let later = self.detail.operations.iter().rev().map(|one| OperationFacts {
            on: one.on,
            kind: if one.kind == "penalty" { "penalty_charged" } else { one.kind },
            amount: self.told(&one.amount),
            reversed: one.reversed.is_some(),
        });
        std::iter::once(issued).chain(later).collect()
    }

    fn paid_total(&self) -> i64 {
        let counts = |one: &&OperationView| one.reversed.is_none();
        let amount = |one: &OperationView| self.told(&one.amount).unwrap_or(0);
        self.detail
            .operations
            .iter()
            .filter(counts)
            .map(|one| match one.kind {
                "payment" => amount(one),
                "refund" => -amount(one),
                _ => 0,
            })
            .sum()
    }

    fn early_facts(&self, early: &EarlyQuoteView) -> EarlyFacts {
        let line = |what: &str| {
            let lines = early.lines.iter().filter(|line| line.what == what);
            lines.map(|line| self.minor(&line.amount)).sum()
        };
        let schedule: Vec<RowFacts> =
            early.schedule.iter().map(|row| self.calculated(row)).collect();
        let kinds = ["full", "smaller_payment", "shorter_term", "withdrawal"];
        EarlyFacts {
            on: early.on,
            kind: kinds.into_iter().find(|kind| *kind == early.kind).unwrap_or("full"),
            pay: self.minor(&early.pay),
            due_first: line("due_first"),
            interest: line("interest"),
            principal: line("principal"),
            advance: line("advance"),
            is_estimate: early.is_estimate,
            interest_without: self.minor(&early.interest_without),
            interest_with: self.minor(&early.interest_with),
            saving: self.minor(&early.saving),
            totals: TotalFacts::of(&schedule),
            schedule,
        }
    }

    fn calculated(&self, row: &CalculatedRow) -> RowFacts {
        let payment = self.minor(&row.payment);
        let (principal, interest) = (self.minor(&row.principal), self.minor(&row.interest));
        RowFacts {
            n: row.n,
            due_on: row.due_on,
            principal,
            interest,
            fee: payment - principal - interest,
            payment,
            balance: self.minor(&row.balance),
            paid: 0,
            left: payment,
            state: "planned",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::loan::Figures;

    fn stated(status: LoanStatus, outstanding: Option<i64>, as_of: &str) -> Loan {
        let mut loan = Loan::default();
        loan.terms.status = status;
        loan.terms.issued_on = "2026-01-15".parse().unwrap();
        let as_of = Some(as_of.parse().unwrap());
        loan.figures = Figures { as_of, outstanding, ..Figures::default() };
        loan
    }

    #[test]
    fn only_what_was_paid_is_certified_as_repaid() {
        use LoanStatus::{Active, Ceded, ClosedEarly, ClosedPaid, Draft, WrittenOff};
        let today: Date = "2026-11-22".parse().unwrap();
        let rows = [
            (ClosedPaid, Some(0), true),
            (ClosedEarly, None, true),
            // The system contradicts itself.
            (ClosedPaid, Some(1), false),
            (Active, Some(0), true),
            (Active, None, false),
            (Active, Some(5), false),
            (WrittenOff, Some(0), false),
            (Ceded, Some(0), false),
            (Draft, Some(0), false),
        ];
        for (status, outstanding, expected) in rows {
            let loan = stated(status, outstanding, "2026-11-20");
            let detail = crate::service::loans::shown::detail(&loan, open_sight(), today, today);
            let checked = check(PaperKind::DebtRepaid, &loan, &detail);
            assert_eq!(checked.is_ok(), expected, "{status:?} {outstanding:?}");
        }
    }

    #[test]
    fn another_systems_figures_are_not_dated_back() {
        let today: Date = "2026-11-22".parse().unwrap();
        let loan = stated(LoanStatus::Active, Some(5), "2026-11-20");
        let codes = |on: &str| -> Vec<&str> {
            let faults = day_faults(&loan, on.parse().unwrap(), today);
            faults.iter().map(|fault| fault.code).collect()
        };
        assert_eq!(codes("2026-11-21"), Vec::<&str>::new());
        assert_eq!(codes("2026-11-19"), ["out_of_range"]);
        assert_eq!(codes("2026-11-23"), ["date_in_future"]);
        assert_eq!(codes("2026-01-14"), ["before_issue", "out_of_range"]);
    }
}
