//! One movement of a bank statement and what became of it: posted to a loan, noted for a loan that
//! another system keeps, left to a person, dismissed, taken back.
//!
//! Its identifier is a hash of the movement ([`super::identifiers`]), so it comes in once whatever
//! files hold it. Must never say that money was posted unless the loan's book says so too: both
//! stand in one frame.

use super::{Direction, MatchedBy, StatementEntry, is_recall};
use crate::base::ids::{ClientId, IncomingPaymentId, LoanId, PartId, StatementId};
use crate::base::limits;
use crate::base::personal::Personal;
use crate::base::text;
use crate::base::time::{Date, Timestamp, day_number};
use crate::domain::access::Principal;
use crate::domain::loan::own::ReversalReason;
use crate::domain::{Aggregate, Context, Decision, FieldFault, Meta, Rejection};
use serde::{Deserialize, Serialize};

/// Where a movement stands. Stored, also in keys of the view: append only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum PaymentState {
    /// A person must say what it is.
    #[default]
    Unmatched = 1,
    /// Booked to a loan that is kept here.
    Posted = 2,
    /// Its loan is known; another system books it.
    Noted = 3,
    /// A person has put it aside.
    Dismissed = 4,
    /// Booked, and taken back for good.
    Reversed = 5,
    /// Money that went out.
    Outgoing = 6,
    /// The bank's own taking back of a payment that was reversed for it.
    Settled = 7,
}

impl PaymentState {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Unmatched,
        Self::Posted,
        Self::Noted,
        Self::Dismissed,
        Self::Reversed,
        Self::Outgoing,
        Self::Settled,
    ];
    /// The word of the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unmatched => "unmatched",
            Self::Posted => "posted",
            Self::Noted => "noted",
            Self::Dismissed => "dismissed",
            Self::Reversed => "reversed",
            Self::Outgoing => "outgoing",
            Self::Settled => "settled",
        }
    }
    /// Reads the word of the API.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// The loan that a payment went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its client.
    pub client: ClientId,
    /// The loan.
    pub loan: LoanId,
    /// The operation in its book; `None` when another system keeps the book.
    pub operation: Option<PartId>,
    /// What led to it.
    pub by: MatchedBy,
}

/// A movement as the bank tells it. Kopecks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// The file it came with first.
    pub statement: StatementId,
    /// Its place among the entries of that file, from 0.
    pub place: u32,
    /// The lender's account.
    pub own_account: String,
    /// Where money went.
    pub direction: Direction,
    /// Booking day.
    #[serde(with = "day_number")]
    pub on: Date,
    /// Positive.
    pub amount: i64,
    /// The bank marks it as taking back an earlier one.
    pub is_reversal: bool,
    /// It takes back a payment of a client.
    pub is_recall: bool,
    /// Number of the document, or the bank's reference.
    pub number: Personal<String>,
    /// The other side's account.
    pub account: Personal<String>,
    /// The other side's INN.
    pub inn: Personal<String>,
    /// The other side's name.
    pub name: Personal<String>,
    /// What for.
    pub purpose: Personal<String>,
}

impl Movement {
    /// The movement of `entry`; texts are cut to what is kept.
    #[must_use]
    pub fn of(
        entry: &StatementEntry,
        statement: StatementId,
        place: u32,
        own_account: &str,
        is_recall: bool,
    ) -> Self {
        let kept = |text: &str| {
            let text = text::spaces(text);
            Personal::new(text.chars().take(limits::STATEMENT_TEXT_CHARS_MAX).collect())
        };
        Self {
            statement,
            place,
            own_account: own_account.to_owned(),
            direction: entry.direction,
            on: entry.on,
            amount: entry.amount,
            is_reversal: entry.is_reversal,
            is_recall,
            number: kept(&entry.number),
            account: kept(entry.account.reveal()),
            inn: kept(entry.inn.reveal()),
            name: kept(entry.name.reveal()),
            purpose: kept(entry.purpose.reveal()),
        }
    }

    /// The entry again, for matching.
    #[must_use]
    pub fn entry(&self) -> StatementEntry {
        StatementEntry {
            direction: self.direction,
            on: self.on,
            number: self.number.reveal().clone(),
            amount: self.amount,
            is_reversal: self.is_reversal,
            account: self.account.clone(),
            inn: self.inn.clone(),
            name: self.name.clone(),
            purpose: self.purpose.clone(),
        }
    }
}

/// A movement's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingPayment {
    /// Set when it came in.
    pub movement: Option<Movement>,
    /// When it came in.
    pub at: Timestamp,
    /// Where it stands.
    pub state: PaymentState,
    /// The loan it went to; kept after a reversal.
    pub target: Option<Target>,
    /// Code of the rule that stood against posting it to the one loan that was found.
    pub refused: Option<String>,
    /// Why it was put aside.
    pub dismissed: Option<Personal<String>>,
    /// Why it was taken back last.
    pub reversed: Option<ReversalReason>,
    /// How often it was taken back.
    pub reversals: u16,
    /// Of a recall: the payment that was reversed for it.
    pub recalled: Option<IncomingPaymentId>,
    /// Who changed it last, and when.
    pub changed: Option<(Principal, Timestamp)>,
}

/// What is asked of a movement.
#[derive(Clone, Debug)]
pub enum PaymentCommand {
    /// It comes in.
    Receive(Box<ReceivePayment>),
    /// It is posted to a loan, or noted when `target` has no operation.
    Post(Target),
    /// It is put aside.
    Dismiss(Personal<String>),
    /// It is taken back.
    Reverse(ReversalReason),
    /// Of a recall: this payment of so many kopecks was reversed for it.
    Settle(IncomingPaymentId, i64),
}

/// A movement comes in.
#[derive(Clone, Debug)]
pub struct ReceivePayment {
    /// The movement.
    pub movement: Movement,
    /// The loan it is posted to or noted for at once.
    pub target: Option<Target>,
    /// Why it was not posted to the one loan that was found.
    pub refused: Option<&'static str>,
}

/// What happened to a movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentEvent {
    /// It came in.
    Received(PaymentReceived),
    /// It was posted to a loan, or noted.
    Posted(PaymentMatched),
    /// It was not posted to the one loan that was found.
    Refused(PaymentRefused),
    /// It was put aside.
    Dismissed(PaymentDismissed),
    /// It was taken back.
    Reversed(PaymentReversed),
    /// A payment was reversed for this recall.
    Settled(RecallSettled),
}

/// It came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReceived {
    /// The movement.
    pub movement: Movement,
}

/// It was posted to a loan, or noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMatched {
    /// Where to.
    pub target: Target,
}

/// It was not posted to the one loan that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRefused {
    /// Code of the rule.
    pub code: String,
}

/// It was put aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentDismissed {
    /// Why, in the person's words.
    pub reason: Personal<String>,
}

/// It was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReversed {
    /// Why.
    pub reason: ReversalReason,
}

/// A payment was reversed for this recall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallSettled {
    /// The payment.
    pub payment: IncomingPaymentId,
}

impl IncomingPayment {
    /// Whether it came in.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.movement.is_some()
    }

    /// The key by which a loan's book knows it again; another one after each reversal.
    #[must_use]
    pub fn booking_key(&self, id: IncomingPaymentId) -> String {
        format!("{id}#{}", self.reversals)
    }

    /// The bank takes a payment back by it, or may do so: a document that sends money back is
    /// [`PaymentState::Outgoing`] when it comes in before the payment that it means.
    #[must_use]
    pub fn may_recall(&self) -> bool {
        let sends_back = |movement: &Movement| movement.is_recall || is_recall(&movement.entry());
        let is_open = matches!(
            self.state,
            PaymentState::Unmatched | PaymentState::Dismissed | PaymentState::Outgoing
        );
        is_open && self.movement.as_ref().is_some_and(sends_back)
    }

    /// What was taken back or settled in error is put aside too: from there it can be dealt with
    /// anew.
    fn dismiss(&self, reason: &Personal<String>) -> Result<PaymentEvent, Rejection> {
        if !matches!(self.state, PaymentState::Reversed | PaymentState::Settled) {
            self.waits()?;
        }
        let reason = text::spaces(reason.reveal());
        let length = reason.chars().count();
        if length == 0 || length > limits::LINE_CHARS_MAX {
            let code = if length == 0 { "required" } else { "too_long" };
            let help = "say why, in at most 250 characters";
            return Err(Rejection::invalid(vec![FieldFault::new("reason", code, help)]));
        }
        Ok(PaymentEvent::Dismissed(PaymentDismissed { reason: Personal::new(reason) }))
    }

    fn settle(&self, payment: IncomingPaymentId, amount: i64) -> Result<PaymentEvent, Rejection> {
        if self.state != PaymentState::Outgoing {
            self.waits()?;
        }
        if !self.may_recall() {
            let help = "the bank takes no payment back by this; choose another entry";
            return Err(Rejection::rule("not_a_recall", help));
        }
        if self.movement.as_ref().is_none_or(|movement| movement.amount != amount) {
            let help = "the payment and what the bank takes back differ; choose another entry";
            return Err(Rejection::rule("recall_differs", help));
        }
        Ok(PaymentEvent::Settled(RecallSettled { payment }))
    }

    /// Only a payment that is posted or noted is reversed; the bank may also take back one that
    /// still waits.
    fn reverse(&self, reason: ReversalReason) -> Result<PaymentEvent, Rejection> {
        let is_in = |movement: &Movement| movement.direction == Direction::In;
        let may = match self.state {
            PaymentState::Posted | PaymentState::Noted => true,
            PaymentState::Unmatched | PaymentState::Dismissed => {
                reason == ReversalReason::RecalledByBank
                    && self.movement.as_ref().is_some_and(is_in)
            }
            _ => false,
        };
        if !may {
            let help = "this payment is posted to no loan; there is nothing to reverse";
            return Err(Rejection::rule("payment_not_posted", help));
        }
        Ok(PaymentEvent::Reversed(PaymentReversed { reason }))
    }

    /// Only what waits for a person, or was put aside by one, can be dealt with.
    fn waits(&self) -> Result<(), Rejection> {
        match self.state {
            PaymentState::Unmatched | PaymentState::Dismissed => Ok(()),
            _ => Err(Rejection::rule(
                "payment_dealt_with",
                "this payment was dealt with already; look at it again, reverse it or put it aside first",
            )),
        }
    }
}

impl Aggregate for IncomingPayment {
    type Command = PaymentCommand;
    type Event = PaymentEvent;

    fn decide(
        &self,
        command: PaymentCommand,
        _context: &Context,
    ) -> Result<Decision<PaymentEvent>, Rejection> {
        let event = match command {
            PaymentCommand::Receive(command) => {
                if self.exists() {
                    return Ok(Decision::nothing());
                }
                let ReceivePayment { movement, target, refused } = *command;
                let mut events = vec![PaymentEvent::Received(PaymentReceived { movement })];
                events.extend(target.map(|target| PaymentEvent::Posted(PaymentMatched { target })));
                events.extend(
                    refused.map(|code| {
                        PaymentEvent::Refused(PaymentRefused { code: code.to_owned() })
                    }),
                );
                return Ok(Decision::events(events));
            }
            _ if !self.exists() => return Err(Rejection::not_found("payment")),
            PaymentCommand::Post(target) => {
                self.waits()?;
                let came = |movement: &Movement| movement.direction == Direction::In;
                if !self.movement.as_ref().is_some_and(came) {
                    let help = "this money went out; only what came in can be posted";
                    return Err(Rejection::rule("payment_went_out", help));
                }
                PaymentEvent::Posted(PaymentMatched { target })
            }
            PaymentCommand::Dismiss(reason) => self.dismiss(&reason)?,
            PaymentCommand::Reverse(reason) => self.reverse(reason)?,
            PaymentCommand::Settle(payment, amount) => self.settle(payment, amount)?,
        };
        Ok(Decision::events(vec![event]))
    }

    fn evolve(&mut self, event: &PaymentEvent, meta: &Meta) {
        match event {
            PaymentEvent::Received(received) => {
                let movement = received.movement.clone();
                let informs = movement.direction == Direction::Out && !movement.is_recall;
                self.state = if informs { PaymentState::Outgoing } else { PaymentState::Unmatched };
                (self.movement, self.at) = (Some(movement), meta.at);
            }
            PaymentEvent::Posted(posted) => {
                let is_booked = posted.target.operation.is_some();
                self.state = if is_booked { PaymentState::Posted } else { PaymentState::Noted };
                self.target = Some(posted.target);
                (self.refused, self.dismissed, self.reversed) = (None, None, None);
            }
            PaymentEvent::Refused(refused) => self.refused = Some(refused.code.clone()),
            PaymentEvent::Dismissed(dismissed) => {
                self.state = PaymentState::Dismissed;
                (self.dismissed, self.recalled) = (Some(dismissed.reason.clone()), None);
            }
            PaymentEvent::Reversed(reversed) => {
                self.reversed = Some(reversed.reason);
                self.reversals = self.reversals.saturating_add(1);
                // Money that is still at the lender's looks for its loan again.
                self.state = match reversed.reason {
                    ReversalReason::Mistake | ReversalReason::OtherLoan => PaymentState::Unmatched,
                    ReversalReason::RecalledByBank | ReversalReason::Repeated => {
                        PaymentState::Reversed
                    }
                };
            }
            PaymentEvent::Settled(settled) => {
                self.state = PaymentState::Settled;
                self.recalled = Some(settled.payment);
            }
        }
        self.changed = Some((meta.actor, meta.at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn movement(direction: Direction, is_recall: bool) -> Movement {
        let text = |text: &str| Personal::new(text.to_owned());
        let entry = StatementEntry {
            direction,
            on: "2026-02-16".parse().unwrap(),
            number: "512".into(),
            amount: 945_596,
            is_reversal: is_recall,
            account: text("40817810355000123456"),
            inn: text("500100732259"),
            name: text("Иванов Иван Иванович"),
            purpose: text(&format!("  {} ", "я".repeat(5_000))),
        };
        let statement = StatementId::from_uuid(Uuid::from_u128(1));
        Movement::of(&entry, statement, 0, "40702810200000000001", is_recall)
    }

    fn target(operation: bool) -> Target {
        let id = Uuid::from_u128(7);
        Target {
            client: ClientId::from_uuid(id),
            loan: LoanId::from_uuid(id),
            operation: operation.then(|| PartId::from_uuid(id)),
            by: MatchedBy::Hand,
        }
    }

    fn receive(direction: Direction, is_recall: bool) -> PaymentCommand {
        PaymentCommand::Receive(Box::new(ReceivePayment {
            movement: movement(direction, is_recall),
            target: None,
            refused: Some("loan_closed"),
        }))
    }

    fn context() -> Context {
        Context {
            now: Timestamp::from_micros(1),
            zone: chrono_tz::Europe::Moscow,
            principal: Principal::System,
        }
    }

    fn given(commands: Vec<PaymentCommand>) -> Result<IncomingPayment, Rejection> {
        let context = context();
        let meta =
            Meta { seq: 1, at: Timestamp::from_micros(5), actor: Principal::System, drawn: vec![] };
        let mut payment = IncomingPayment::default();
        for command in commands {
            for event in payment.decide(command, &context)?.events {
                payment.evolve(&event, &meta);
            }
        }
        Ok(payment)
    }

    fn dismiss(reason: &str) -> PaymentCommand {
        PaymentCommand::Dismiss(Personal::new(reason.to_owned()))
    }

    #[test]
    fn a_payment_is_posted_reversed_and_posted_again_under_another_key() {
        use PaymentCommand::{Post, Reverse};
        let id = IncomingPaymentId::from_uuid(Uuid::from_u128(9));
        let came = || receive(Direction::In, false);
        let waiting = given(vec![came()]).unwrap();
        assert_eq!(
            (waiting.state, waiting.refused.as_deref()),
            (PaymentState::Unmatched, Some("loan_closed"))
        );
        let kept = waiting.movement.as_ref().unwrap().purpose.reveal().chars().count();
        assert_eq!(kept, limits::STATEMENT_TEXT_CHARS_MAX);
        assert_eq!(given(vec![came(), came()]).unwrap(), waiting, "it comes in once");
        let posted = given(vec![came(), Post(target(true))]).unwrap();
        assert_eq!((posted.state, posted.refused.clone()), (PaymentState::Posted, None));
        let reversed =
            given(vec![came(), Post(target(true)), Reverse(ReversalReason::OtherLoan)]).unwrap();
        assert_eq!((reversed.state, reversed.reversals), (PaymentState::Unmatched, 1));
        assert_ne!(reversed.booking_key(id), posted.booking_key(id));
        let noted = given(vec![came(), dismiss("x"), Post(target(false))]).unwrap();
        assert_eq!((noted.state, noted.dismissed), (PaymentState::Noted, None));
        let gone = vec![came(), Post(target(false)), Reverse(ReversalReason::RecalledByBank)];
        assert_eq!(given(gone).unwrap().state, PaymentState::Reversed);
    }

    #[test]
    fn money_that_went_out_waits_only_when_it_takes_a_payment_back() {
        use PaymentCommand::{Post, Settle};
        let id = IncomingPaymentId::from_uuid(Uuid::from_u128(9));
        let out = given(vec![receive(Direction::Out, false)]).unwrap();
        assert_eq!(out.state, PaymentState::Outgoing);
        let settle = || Settle(id, 945_596);
        let settled = given(vec![receive(Direction::Out, true), settle()]).unwrap();
        assert_eq!((settled.state, settled.recalled), (PaymentState::Settled, Some(id)));
        let mut early = receive(Direction::Out, false);
        if let PaymentCommand::Receive(receive) = &mut early {
            receive.movement.purpose = Personal::new("Возврат ошибочно зачисленного".to_owned());
        }
        let early = given(vec![early]).unwrap();
        assert_eq!((early.state, early.may_recall()), (PaymentState::Outgoing, true));
        let after = early.decide(settle(), &context()).unwrap().events;
        assert!(matches!(after[..], [PaymentEvent::Settled(_)]), "it came before its payment");
        let again =
            given(vec![receive(Direction::Out, true), settle(), dismiss("other"), settle()]);
        assert_eq!(again.unwrap().state, PaymentState::Settled);
        let open = given(vec![receive(Direction::Out, true), settle(), dismiss("other")]).unwrap();
        assert_eq!((open.state, open.recalled), (PaymentState::Dismissed, None));
        let code = |commands| given(commands).unwrap_err().code;
        assert_eq!(
            code(vec![receive(Direction::Out, true), Post(target(true))]),
            "payment_went_out"
        );
        assert_eq!(code(vec![receive(Direction::In, false), settle()]), "not_a_recall");
        assert_eq!(code(vec![receive(Direction::Out, false), settle()]), "not_a_recall");
        assert_eq!(code(vec![receive(Direction::Out, true), Settle(id, 1)]), "recall_differs");
        assert_eq!(
            code(vec![receive(Direction::Out, true), settle(), settle()]),
            "payment_dealt_with"
        );
    }

    #[test]
    fn what_was_taken_back_can_be_dealt_with_anew() {
        use PaymentCommand::{Post, Reverse};
        let recalled = || Reverse(ReversalReason::RecalledByBank);
        let came = || receive(Direction::In, false);
        let waiting = given(vec![came(), recalled()]).unwrap();
        assert_eq!((waiting.state, waiting.reversals), (PaymentState::Reversed, 1));
        let aside = given(vec![came(), dismiss("x"), recalled()]).unwrap();
        assert_eq!(aside.state, PaymentState::Reversed);
        let code = |commands| given(commands).unwrap_err().code;
        assert_eq!(code(vec![came(), recalled(), recalled()]), "payment_not_posted");
        assert_eq!(code(vec![receive(Direction::Out, true), recalled()]), "payment_not_posted");
        assert_eq!(code(vec![came(), recalled(), Post(target(true))]), "payment_dealt_with");
        let again = given(vec![came(), recalled(), dismiss("wrong"), Post(target(true))]).unwrap();
        assert_eq!(again.state, PaymentState::Posted);
    }

    #[test]
    fn what_a_payment_refuses() {
        use PaymentCommand::{Post, Reverse};
        let code = |commands| given(commands).unwrap_err().code;
        let came = || receive(Direction::In, false);
        assert_eq!(code(vec![dismiss("x")]), "not_found");
        assert_eq!(code(vec![came(), dismiss(" ")]), "invalid_fields");
        assert_eq!(code(vec![came(), dismiss(&"x".repeat(251))]), "invalid_fields");
        assert_eq!(code(vec![came(), Reverse(ReversalReason::Mistake)]), "payment_not_posted");
        let twice = vec![came(), Post(target(true)), Post(target(true))];
        assert_eq!(code(twice), "payment_dealt_with");
        assert_eq!(code(vec![came(), Post(target(true)), dismiss("x")]), "payment_dealt_with");
    }
}
