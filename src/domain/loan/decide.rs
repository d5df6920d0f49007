//! What may be asked of a loan, and what then happens.

use super::{
    AccountStated, Figures, FiguresStated, ImportInstalments, ImportLoan, ImportPayment,
    Instalment, InstalmentsSet, Loan, LoanCommand, LoanEvent, LoanOpened, LoanTerms, Payment,
    PaymentReceived, TermsChanged, own,
};
use crate::base::limits;
use crate::domain::{Context, Decision, FieldFault, Rejection};
use rust_decimal::Decimal;

type Decided = Result<Decision<LoanEvent>, Rejection>;

pub(super) fn decide(loan: &Loan, command: LoanCommand, context: &Context) -> Decided {
    match command {
        LoanCommand::Ledger(command) => own::decide(loan, command, context),
        _ if loan.own.is_some() => Err(Rejection::rule(
            "loan_kept_here",
            "the book of this loan is kept here; leave it out of the import",
        )),
        LoanCommand::Import(command) => import(loan, command, context),
        _ if !loan.exists() => Err(Rejection::not_found("loan")),
        LoanCommand::ImportInstalments(command) => instalments(loan, command),
        LoanCommand::ImportPayment(command) => payment(loan, command, context),
        LoanCommand::ImportFigures(command) => match figures_fault(&command.figures, context) {
            Some(fault) => Err(Rejection::invalid(vec![fault])),
            None => Ok(figures(loan, command.figures)),
        },
    }
}

fn import(loan: &Loan, command: ImportLoan, context: &Context) -> Decided {
    let mut faults = terms_faults(loan, &command.terms, context);
    faults.extend(command.figures.as_ref().and_then(|stated| figures_fault(stated, context)));
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    let mut events = Vec::new();
    if loan.exists() {
        if loan.client != Some(command.client) {
            return Err(Rejection::rule(
                "loan_of_another_client",
                "this loan already belongs to another client; correct the source",
            ));
        }
        if loan.terms != command.terms {
            events.push(LoanEvent::TermsChanged(TermsChanged { terms: command.terms }));
        }
    } else {
        events.push(LoanEvent::Opened(LoanOpened {
            id: command.id,
            client: command.client,
            source_key: command.source_key,
            terms: command.terms,
        }));
    }
    if let Some(account) = command.account.filter(|account| loan.account.as_ref() != Some(account))
    {
        events.push(LoanEvent::AccountStated(AccountStated { account }));
    }
    if let Some(stated) = command.figures {
        events.extend(figures(loan, stated).events);
    }
    Ok(Decision::events(events))
}

fn terms_faults(loan: &Loan, terms: &LoanTerms, context: &Context) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, code, message: &str| {
        faults.push(FieldFault::new(field, code, message));
    };
    if terms.number.trim().is_empty() {
        fault("number", "required", "write the number of the agreement");
    } else if terms.number.chars().count() > limits::LINE_CHARS_MAX {
        fault("number", "too_long", "at most 250 characters");
    }
    if terms.principal.minor() <= 0 {
        fault("principal", "not_positive", "the sum granted is more than zero");
    }
    if loan.exists() && terms.principal.currency() != loan.currency() {
        fault("currency", "currency_changed", "the currency of a loan never changes");
    }
    if terms.rate_percent < Decimal::ZERO || terms.rate_percent > Decimal::from(1000) {
        fault("rate_percent", "out_of_range", "an annual rate is 0 to 1000 percent");
    }
    if usize::from(terms.term_months) > limits::INSTALMENTS_MAX {
        fault("term_months", "out_of_range", "a term is at most 600 months");
    }
    if terms.issued_on > context.today() {
        fault("issued_on", "date_in_future", "the date of issue is in the future");
    }
    faults
}

fn instalments(loan: &Loan, command: ImportInstalments) -> Decided {
    let mut rows = command.instalments;
    rows.sort_by_key(|row| row.n);
    let mut faults = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let mut fault = |field: &str, code, message: &str| {
            faults.push(FieldFault::new(format!("instalments[{index}].{field}"), code, message));
        };
        if row.n == 0 || usize::from(row.n) > limits::INSTALMENTS_MAX {
            fault("n", "out_of_range", "an instalment's number is 1 to 600");
        }
        if index > 0 && rows[index - 1].n == row.n {
            fault("n", "repeated", "this number stands twice");
        }
        if row.due_on < loan.terms.issued_on {
            fault("due_on", "before_issue", "an instalment is not due before the loan is issued");
        }
        if [row.principal, row.interest, row.fee, row.balance].iter().any(|part| *part < 0) {
            fault("payment", "negative", "parts of an instalment are not negative");
        }
    }
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    let known = |row: &Instalment| {
        loan.schedule
            .binary_search_by_key(&row.n, |known| known.n)
            .is_ok_and(|place| loan.schedule[place] == *row)
    };
    rows.retain(|row| !known(row));
    if rows.is_empty() {
        return Ok(Decision::nothing());
    }
    Ok(Decision::events(vec![LoanEvent::InstalmentsSet(InstalmentsSet { instalments: rows })]))
}

fn payment(loan: &Loan, command: ImportPayment, context: &Context) -> Decided {
    let mut faults = Vec::new();
    let mut fault = |field: &str, code, message: &str| {
        faults.push(FieldFault::new(field, code, message));
    };
    if command.amount.minor() <= 0 {
        fault("amount", "not_positive", "a payment is more than zero");
    }
    if command.amount.currency() != loan.currency() {
        fault("currency", "currency_differs", "a payment is in the loan's currency");
    }
    if command.on < loan.terms.issued_on {
        fault("on", "before_issue", "the payment is dated before the loan was issued");
    }
    if command.on > context.today() {
        fault("on", "date_in_future", "the payment is dated in the future");
    }
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    let payment = Payment {
        source_key: command.source_key,
        on: command.on,
        amount: command.amount.minor(),
        kind: command.kind,
    };
    if let Some(known) = loan.payments.iter().find(|p| p.source_key == payment.source_key) {
        return if *known == payment {
            Ok(Decision::nothing())
        } else {
            Err(Rejection::rule(
                "payment_differs",
                "a payment with this key is known with another date or sum; a payment is corrected by a reversal",
            ))
        };
    }
    if loan.payments.len() >= 2 * limits::INSTALMENTS_MAX {
        return Err(Rejection::rule("too_many_payments", "this loan holds 1200 payments already"));
    }
    Ok(Decision::events(vec![LoanEvent::PaymentReceived(PaymentReceived { payment })]))
}

/// Figures of a day to come would outlive all true ones until then.
fn figures_fault(figures: &Figures, context: &Context) -> Option<FieldFault> {
    figures.as_of.filter(|as_of| *as_of > context.today()).map(|_| {
        FieldFault::new("as_of", "date_in_future", "the date of the figures is in the future")
    })
}

fn figures(loan: &Loan, figures: Figures) -> Decision<LoanEvent> {
    // Older figures than the known ones say nothing new.
    if figures == loan.figures || figures.as_of < loan.figures.as_of {
        return Decision::nothing();
    }
    Decision::events(vec![LoanEvent::FiguresStated(FiguresStated { figures })])
}
