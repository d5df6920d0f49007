//! What people do with movements: post to a loan, put aside, take back.

use super::stream;
use crate::actors::{AskError, ClientLane, Decided};
use crate::base::ids::{ClientId, IncomingPaymentId, LoanId, PartId};
use crate::base::personal::Personal;
use crate::committer::{Change, Proposal, Refusal, TypedChange};
use crate::domain::access::Action;
use crate::domain::loan::LoanCommand;
use crate::domain::loan::own::{LedgerCommand, ReversalReason};
use crate::domain::statement::MatchedBy;
use crate::domain::statement::payment::{IncomingPayment, PaymentCommand, PaymentState, Target};
use crate::domain::{Aggregate, Context, FieldFault, Rejection, StreamKind};
use crate::service::statements::booking;
use crate::service::{Caller, ServiceError, Services};
use crate::store::Loaded;
use uuid::Uuid;

/// Times that a command is decided anew when somebody else writes the movement meanwhile.
const ATTEMPTS: usize = 3;

/// A movement as it was loaded.
#[derive(Clone)]
struct Known {
    id: IncomingPaymentId,
    loaded: Loaded<IncomingPayment>,
}

impl Known {
    /// The change of `command`; none when there is nothing to do.
    fn change(
        &self,
        command: PaymentCommand,
        context: &Context,
    ) -> Result<Option<Box<dyn Change>>, Rejection> {
        let decision = self.loaded.state.decide(command, context)?;
        if decision.events.is_empty() {
            return Ok(None);
        }
        let (before, events) = (self.loaded.clone(), decision.events);
        Ok(Some(Box::new(TypedChange::new(stream(self.id), before, events, decision.draws))))
    }
}

/// Books a movement to a loan of the lane, or notes it for one that another system keeps.
fn post(
    lane: &ClientLane,
    loan: LoanId,
    payment: &Known,
    operation: PartId,
    context: &Context,
) -> Result<Decided, Rejection> {
    let known = lane.loans.get(&loan).ok_or_else(|| Rejection::not_found("loan"))?;
    let state = &payment.loaded.state;
    let movement = state.movement.as_ref().ok_or_else(|| Rejection::not_found("payment"))?;
    let client = known.state.client.ok_or_else(|| Rejection::not_found("loan"))?;
    let is_own = known.state.own.is_some();
    let operation = is_own.then_some(operation);
    let target = Target { client, loan, operation, by: MatchedBy::Hand };
    let change = payment.change(PaymentCommand::Post(target), context)?;
    let mut decided = match operation {
        Some(operation) => {
            let key = state.booking_key(payment.id);
            lane.loan_command(loan, booking(movement, operation, key), context)?
        }
        None => Decided::default(),
    };
    decided.changes.extend(change);
    Ok(decided)
}

/// Takes a booking back together with the movement, and settles the recall that it answers. The
/// identifiers are for early repayments that are executed anew.
fn reverse(
    lane: Option<&ClientLane>,
    payment: &Known,
    recall: Option<&Known>,
    (reason, ids): (ReversalReason, &[PartId]),
    context: &Context,
) -> Result<Decided, Rejection> {
    let change = payment.change(PaymentCommand::Reverse(reason), context)?;
    let state = &payment.loaded.state;
    let settled = match recall {
        Some(recall) => {
            let amount = state.movement.as_ref().map_or(0, |movement| movement.amount);
            recall.change(PaymentCommand::Settle(payment.id, amount), context)?
        }
        None => None,
    };
    let mut decided = Decided::default();
    let booked = state.target.filter(|_| state.state == PaymentState::Posted);
    if let Some(target) = booked
        && let Some(id) = target.operation
    {
        let Some(lane) = lane else {
            // Booked since it was looked at: the loan's book must change with it.
            let help = "this payment was posted meanwhile; look at it again";
            return Err(Rejection::rule("payment_dealt_with", help));
        };
        let ids = ids.to_vec();
        let command = LoanCommand::Ledger(LedgerCommand::Reverse { id, reason, ids });
        decided = lane.loan_command(target.loan, command, context)?;
    }
    decided.changes.extend(change.into_iter().chain(settled));
    Ok(decided)
}

impl Services {
    fn known_payment(&self, id: IncomingPaymentId) -> Result<Known, ServiceError> {
        let loaded = self.store.load::<IncomingPayment>(stream(id))?;
        if !loaded.state.exists() {
            return Err(Rejection::not_found("payment").into());
        }
        Ok(Known { id, loaded })
    }

    /// Posts a movement to a chosen loan: booked when its book is kept here, else noted.
    ///
    /// # Errors
    /// `Forbidden`, not found; `Rejected` by the rules of the movement or of the loan.
    pub async fn post_payment_to(
        &self,
        caller: &Caller,
        id: IncomingPaymentId,
        loan: LoanId,
    ) -> Result<(), ServiceError> {
        caller.grant(Action::MatchPayments)?;
        if !self.was_done(caller)? {
            self.known_payment(id)?;
            let owner = self.store.owner_of(StreamKind::Loan, loan.uuid())?.ok_or_else(|| {
                let help = "there is no such loan; choose another one";
                Rejection::invalid(vec![FieldFault::new("loan_id", "unknown_loan", help)])
            })?;
            let operation = self.part_id(caller);
            self.on_lane(caller, owner, || {
                let payment = self.known_payment(id)?;
                Ok(move |lane: &ClientLane, context: &Context| {
                    post(lane, loan, &payment, operation, context)
                })
            })
            .await?;
            self.tell_payment(id);
        }
        Ok(())
    }

    /// Puts a movement aside.
    ///
    /// # Errors
    /// `Forbidden`, not found; `Rejected` when the reason is missing or it was dealt with.
    pub async fn dismiss_payment(
        &self,
        caller: &Caller,
        id: IncomingPaymentId,
        reason: Personal<String>,
    ) -> Result<(), ServiceError> {
        caller.grant(Action::MatchPayments)?;
        if !self.was_done(caller)? {
            self.directly(caller, || {
                let payment = self.known_payment(id)?;
                let context = self.context(caller);
                let change = payment.change(PaymentCommand::Dismiss(reason.clone()), &context)?;
                Ok(change.into_iter().collect())
            })
            .await?;
            self.tell_payment(id);
        }
        Ok(())
    }

    /// Takes a posted movement back, in the loan's book too. `recall` is the movement by which the
    /// bank takes the money away: it is settled with it.
    ///
    /// # Errors
    /// `Forbidden`, not found; `Rejected` by the rules of the movements or of the loan.
    pub async fn reverse_payment(
        &self,
        caller: &Caller,
        id: IncomingPaymentId,
        reason: ReversalReason,
        recall: Option<IncomingPaymentId>,
    ) -> Result<(), ServiceError> {
        caller.grant(Action::MatchPayments)?;
        if !self.was_done(caller)? {
            if recall.is_some() && reason != ReversalReason::RecalledByBank {
                let help = "a recall goes with the reason recalled_by_bank";
                let fault = FieldFault::new("recall_id", "not_needed", help);
                return Err(Rejection::invalid(vec![fault]).into());
            }
            let known = self.known_payment(id)?;
            let booked = known.loaded.state.state == PaymentState::Posted;
            match known.loaded.state.target.filter(|_| booked) {
                Some(target) => {
                    self.reverse_booked(caller, target.client, id, reason, recall).await
                }
                None => {
                    self.directly(caller, || {
                        let (payment, recall) = (self.known_payment(id)?, self.recall(recall)?);
                        let context = self.context(caller);
                        Ok(reverse(None, &payment, recall.as_ref(), (reason, &[]), &context)?
                            .changes)
                    })
                    .await
                }
            }?;
            self.tell_payment(id);
            recall.into_iter().for_each(|recall| self.tell_payment(recall));
        }
        Ok(())
    }

    async fn reverse_booked(
        &self,
        caller: &Caller,
        client: ClientId,
        id: IncomingPaymentId,
        reason: ReversalReason,
        recall: Option<IncomingPaymentId>,
    ) -> Result<(), ServiceError> {
        let ids = self.early_ids();
        self.on_lane(caller, client.uuid(), || {
            let (payment, recall) = (self.known_payment(id)?, self.recall(recall)?);
            let ids = ids.clone();
            Ok(move |lane: &ClientLane, context: &Context| {
                reverse(Some(lane), &payment, recall.as_ref(), (reason, &ids), context)
            })
        })
        .await
    }

    fn recall(&self, id: Option<IncomingPaymentId>) -> Result<Option<Known>, ServiceError> {
        id.map(|id| self.known_payment(id)).transpose()
    }

    /// Decides on a client's lane and movements together; anew when somebody else has written one of
    /// the movements meanwhile.
    async fn on_lane<D>(
        &self,
        caller: &Caller,
        owner: Uuid,
        decision: impl Fn() -> Result<D, ServiceError>,
    ) -> Result<(), ServiceError>
    where
        D: Fn(&ClientLane, &Context) -> Result<Decided, Rejection> + Send + Sync + 'static,
    {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.clients.ask(owner, caller.order(decision()?)).await {
                Err(AskError::Refused(Refusal::Conflict(_))) if attempts < ATTEMPTS => {}
                answer => {
                    self.tell_change(ClientId::from_uuid(owner), &answer?);
                    return Ok(());
                }
            }
        }
    }

    /// Commits changes of movements alone; decides anew when somebody else has written them.
    async fn directly(
        &self,
        caller: &Caller,
        decision: impl Fn() -> Result<Vec<Box<dyn Change>>, ServiceError>,
    ) -> Result<(), ServiceError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let changes = decision()?;
            if changes.is_empty() {
                return Ok(());
            }
            let proposal = Proposal {
                at: self.clock.now(),
                actor: caller.principal,
                cause: None,
                command: caller.command,
                bulk: false,
                essential: false,
                acknowledge_duplicates: true,
                changes,
            };
            match self.committer.commit(proposal).await {
                Err(Refusal::Conflict(_)) if attempts < ATTEMPTS => {}
                answer => return Ok(answer.map(drop)?),
            }
        }
    }

    /// Tells pages that a movement has changed.
    fn tell_payment(&self, id: IncomingPaymentId) {
        use crate::domain::access::Role;
        let roles = vec![Role::Administrator, Role::Supervisor, Role::Auditor];
        let audience = crate::feed::Audience::Roles(roles);
        self.feed.publish(
            audience,
            "payment.changed",
            format!("\"payment_id\":\"{id}\""),
            false,
            None,
        );
    }
}
