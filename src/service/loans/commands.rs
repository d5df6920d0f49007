//! Changes to loans that are kept here: opening, payments, reversals, requests, and the rest.
//!
//! Every change is decided in the lane of the loan's client and told to the page like any change of
//! the card. Must never book to a loan of another system.

use super::views::LoanDetail;
use super::{check_sums, no_such_loan, shown};
use crate::actors::{ClientLane, Done};
use crate::base::ids::{CallId, ClientId, LoanId, PartId};
use crate::base::time::Date;
use crate::domain::access::Action;
use crate::domain::credit::ledger::Agreement;
use crate::domain::credit::terms::{self, SignedRow, TermsAsk};
use crate::domain::directory::{Entry, ProductBook};
use crate::domain::loan::own::{LedgerCommand, OpenLedger, Payer, PaymentSource, PostPayment};
use crate::domain::loan::{Loan, LoanCommand};
use crate::domain::{Aggregate, FieldFault, Meta, Rejection, StreamKind};
use crate::service::access_log::AccessKind;
use crate::service::directory::ENTRIES_MAX;
use crate::service::{Caller, ServiceError, Services};
use std::sync::Arc;
use uuid::Uuid;

/// A loan to open.
#[derive(Debug, Clone)]
pub struct LoanToOpen {
    /// Its client.
    pub client: ClientId,
    /// Number of the agreement.
    pub number: String,
    /// The product: identifier of its entry, or its name in one of the languages.
    pub product: String,
    /// What the parties agreed.
    pub agreement: TermsAsk,
    /// The schedule as signed; calculated when left out.
    pub signed: Option<Vec<SignedRow>>,
}

/// A payment to post.
#[derive(Debug, Clone)]
pub struct PaymentToPost {
    /// Where it came from.
    pub source: PaymentSource,
    /// Its key there; the same key again books nothing. Empty when it has none.
    pub key: String,
    /// Booking day.
    pub on: Date,
    /// Kopecks.
    pub amount: i64,
    /// Who paid.
    pub payer: Payer,
}

/// A payment that is in the book now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// The operation.
    pub operation: PartId,
    /// Booked by this very call; otherwise its key was known.
    pub is_new: bool,
}

/// The right that a command needs.
const fn action_of(command: &LedgerCommand) -> Action {
    match command {
        LedgerCommand::RequestEarly(_) | LedgerCommand::AdvanceRequest { .. } => {
            Action::RequestEarly
        }
        _ => Action::KeepLoans,
    }
}

impl Services {
    /// Opens a loan whose book is kept here.
    ///
    /// # Errors
    /// `Forbidden`; `Rejected` names every field at fault; `Duplicate` when the number is taken.
    pub async fn open_loan(
        &self,
        caller: &Caller,
        asked: LoanToOpen,
    ) -> Result<LoanId, ServiceError> {
        caller.grant(Action::KeepLoans)?;
        let mut faults = Vec::new();
        let product = self.product_for(&asked.product, &mut faults)?;
        let (product, defaults) = product.unwrap_or_default();
        let agreement = asked.agreement.or(defaults).agreement().map_err(in_agreement);
        let granted = agreement.as_ref().map_or(0, |agreement| agreement.granted);
        let signed = asked.signed.map(|rows| terms::signed(&rows, granted)).transpose();
        let is_signed = matches!(signed, Ok(Some(_)));
        let id = LoanId::from_uuid(self.part_id(caller).uuid());
        let client = asked.client;
        let lane = self.clients.look(client.uuid(), ClientLane::clone).await?;
        if !lane.exists() {
            let help = "there is no client with this identifier";
            faults.push(FieldFault::new("client_id", "unknown_client", help));
        }
        let opening = |agreement: Agreement, signed| OpenLedger {
            id,
            client,
            source_key: String::new(),
            number: asked.number.trim().to_owned(),
            product,
            agreement,
            signed,
        };
        let command = match (agreement, signed) {
            (Ok(agreement), Ok(signed)) => {
                LedgerCommand::Open(Box::new(opening(agreement, signed)))
            }
            (agreement, signed) => {
                faults.extend(agreement.err().into_iter().flatten());
                faults.extend(signed.err().into_iter().flatten());
                if asked.number.trim().is_empty() {
                    let help = "write the number of the agreement";
                    faults.push(FieldFault::new("number", "required", help));
                }
                return Err(Rejection::invalid(faults).into());
            }
        };
        let rename = move |rejection| in_request(rejection, is_signed);
        let outcome = self.decide_loan(caller, client, id, command, faults).await;
        let done = outcome.map_err(|error| match error {
            ServiceError::Rejected(rejection) => ServiceError::Rejected(rename(rejection)),
            other => other,
        })?;
        // A repeated command has opened the loan under the identifier of the first time.
        Ok(done.written(StreamKind::Loan).map_or(id, LoanId::from_uuid))
    }

    /// Name and defaults of the product that `named` names, by its identifier or a name of it.
    fn product_for(
        &self,
        named: &str,
        faults: &mut Vec<FieldFault>,
    ) -> Result<Option<(String, TermsAsk)>, ServiceError> {
        let id: Option<Uuid> = named.trim().parse().ok();
        let all = self.store.list::<Entry>(None, ENTRIES_MAX)?;
        let found =
            all.iter().filter(|(_, loaded)| !loaded.state.retired).find_map(|(stream, loaded)| {
                let product = loaded.state.as_product()?;
                let title = &product.title;
                let is_named = id.map_or_else(
                    || {
                        [&title.ru, &title.en]
                            .into_iter()
                            .flatten()
                            .any(|name| name.trim() == named.trim())
                    },
                    |id| id == stream.id,
                );
                is_named.then_some(product)
            });
        let Some(product) = found else {
            let help = "there is no such product; name it as the directory of products does";
            faults.push(FieldFault::new("product", "unknown_value", help));
            return Ok(None);
        };
        if product.book != Some(ProductBook::Own) {
            let help = "loans of this product are kept by another system; open it there";
            faults.push(FieldFault::new("product", "not_allowed", help));
        }
        let name = product.title.ru.or(product.title.en).unwrap_or_default();
        Ok(Some((name, product.terms.unwrap_or_default())))
    }

    /// Carries out a command on a loan that is kept here; gives the loan as it is now. `faults` were
    /// found while reading what was typed: they refuse the command, named with those of its rules.
    ///
    /// # Errors
    /// `Forbidden`, also below the level that sums need; `Rejected` names every field at fault, or
    /// the rule against it.
    pub async fn change_loan(
        &self,
        caller: &Caller,
        loan: LoanId,
        call: Option<CallId>,
        command: LedgerCommand,
        faults: Vec<FieldFault>,
    ) -> Result<Arc<Loan>, ServiceError> {
        let grant = caller.grant(action_of(&command))?;
        let (found, sight) = self.loan_in_call(caller, grant, loan, call).await?;
        check_sums(sight)?;
        check_source(&found, &command)?;
        let client = self.client_of_loan(loan)?;
        let done = self.decide_loan(caller, client, loan, command, faults).await?;
        let found = done.after.loans.get(&loan).ok_or_else(no_such_loan)?;
        Ok(Arc::clone(&found.state))
    }

    /// What a loan would be on `on` after a command: nothing is booked. `faults` were found while
    /// reading what was typed: they refuse the command, named with those of its rules.
    ///
    /// # Errors
    /// As [`Self::change_loan`].
    pub async fn preview_loan(
        &self,
        caller: &Caller,
        loan: LoanId,
        command: LedgerCommand,
        on: Date,
        faults: Vec<FieldFault>,
    ) -> Result<LoanDetail, ServiceError> {
        let grant = caller.grant(action_of(&command))?;
        let (found, sight) = self.loan_in_call(caller, grant, loan, None).await?;
        self.record_access(caller, AccessKind::Loan, found.client, "")?;
        check_sums(sight)?;
        let context = self.context(caller);
        let decided = found.decide(LoanCommand::Ledger(command), &context);
        if !faults.is_empty() {
            return Err(with_those_of_rules(faults, decided.err()).into());
        }
        let mut after = Loan::clone(&found);
        let meta = Meta { seq: 0, at: context.now, actor: context.principal, drawn: Vec::new() };
        for event in &decided?.events {
            after.evolve(event, &meta);
        }
        let on = on.max(after.terms.issued_on);
        Ok(shown::detail(&after, sight, on, self.today()))
    }

    /// Posts a payment to a loan that is kept here; the same key again books nothing.
    ///
    /// # Errors
    /// As [`Self::change_loan`].
    pub async fn post_payment(
        &self,
        caller: &Caller,
        loan: LoanId,
        payment: PaymentToPost,
        faults: Vec<FieldFault>,
    ) -> Result<Posted, ServiceError> {
        let PaymentToPost { source, key, on, amount, payer } = payment;
        let id = self.part_id(caller);
        let hashed = source.hashed(&key);
        let command = LedgerCommand::Post(PostPayment { id, source, key, on, amount, payer });
        let after = self.change_loan(caller, loan, None, command, faults).await?;
        let known = after.own.as_ref().and_then(|own| own.operation_with_key(hashed));
        let operation = known.unwrap_or(id);
        Ok(Posted { operation, is_new: operation == id })
    }

    async fn decide_loan(
        &self,
        caller: &Caller,
        client: ClientId,
        loan: LoanId,
        command: LedgerCommand,
        faults: Vec<FieldFault>,
    ) -> Result<Done<ClientLane>, ServiceError> {
        if !faults.is_empty() {
            let context = self.context(caller);
            let decided = self.clients.look(client.uuid(), move |lane| {
                lane.loan_command(loan, LoanCommand::Ledger(command), &context).map(|_| ())
            });
            return Err(with_those_of_rules(faults, decided.await?.err()).into());
        }
        let order = caller.order(move |lane: &ClientLane, context| {
            lane.loan_command(loan, LoanCommand::Ledger(command.clone()), context)
        });
        let done = self.clients.ask(client.uuid(), order).await?;
        self.tell_change(client, &done);
        Ok(done)
    }
}

/// A payment of a statement is taken back where its movement stands, so that both say the same.
fn check_source(loan: &Loan, command: &LedgerCommand) -> Result<(), Rejection> {
    let LedgerCommand::Reverse { id, .. } = command else { return Ok(()) };
    let booked = loan.own.iter().flat_map(|own| &own.booked).find(|booked| booked.id == *id);
    match booked {
        Some(booked)
            if booked.reversed.is_none() && booked.source() == PaymentSource::Statement =>
        {
            let help = "this payment came with a bank statement; reverse it in incoming payments";
            Err(Rejection::rule("payment_of_statement", help))
        }
        _ => Ok(()),
    }
}

/// Faults of what was typed, then those of the rules for the fields that could be read.
fn with_those_of_rules(mut faults: Vec<FieldFault>, refused: Option<Rejection>) -> Rejection {
    let named: Vec<String> = faults.iter().map(|fault| fault.field.clone()).collect();
    let found = refused.map(|rejection| rejection.fields).unwrap_or_default();
    faults.extend(found.into_iter().filter(|fault| !named.contains(&fault.field)));
    Rejection::invalid(faults)
}

fn in_agreement(faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let inside =
        |fault: FieldFault| FieldFault { field: format!("agreement.{}", fault.field), ..fault };
    faults.into_iter().map(inside).collect()
}

/// Fields as the request names them.
fn in_request(rejection: Rejection, is_signed: bool) -> Rejection {
    let named = |fault: FieldFault| {
        let own = ["number", "product", "client_id"].contains(&fault.field.as_str());
        let field = match fault.field.strip_prefix("schedule") {
            Some(rest) if is_signed => format!("signed{rest}"),
            _ if own || fault.field.starts_with("agreement.") => fault.field,
            _ => format!("agreement.{}", fault.field),
        };
        FieldFault { field, ..fault }
    };
    Rejection { fields: rejection.fields.into_iter().map(named).collect(), ..rejection }
}
