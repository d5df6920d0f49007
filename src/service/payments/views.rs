//! How movements of bank statements are shown, with what they may be.

use crate::base::ids::{ClientId, IncomingPaymentId, LoanId, PartId, StatementId};
use crate::base::money::{Currency, Money};
use crate::base::time::Date;
use crate::base::{masking, names};
use crate::domain::access::Mask;
use crate::domain::loan::own::ReversalReason;
use crate::domain::loan::{Loan, standing};
use crate::domain::statement::payment::{IncomingPayment, Movement, PaymentState};
use crate::domain::statement::{Direction, Matched, numbers_at, without_inn};
use crate::domain::{StreamId, StreamKind};
use crate::service::loans::views::NextPaymentView;
use crate::service::statements::{Finder, received_alike};
use crate::service::{ServiceError, Services, cards};
use crate::store::Loaded;
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

/// Suggestions of one movement.
const SUGGESTED_MAX: usize = 10;
/// Digits in a row that may be a phone, an INN or an account.
const PRIVATE_DIGITS_MIN: usize = 10;

/// A loan that a payment may mean.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SuggestionView {
    /// The loan.
    pub loan_id: LoanId,
    /// Its client.
    pub client_id: ClientId,
    /// Number of its agreement.
    pub number: String,
    /// Short name of the client.
    pub client_name: String,
    /// `number`, `inn`, `name_and_amount`, `phone` or `name`.
    pub by: &'static str,
    /// `own` or `external`: who keeps the book.
    pub book: &'static str,
    /// The next payment.
    pub next_payment: Option<NextPaymentView>,
}

/// A payment that money sent back may take away.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RecallView {
    /// The payment.
    pub payment_id: IncomingPaymentId,
    /// Its day.
    pub on: Date,
    /// Its sum.
    pub amount: String,
    /// Where it stands.
    pub state: &'static str,
    /// The loan it went to.
    pub loan_id: Option<LoanId>,
    /// Number of the agreement.
    pub loan_number: Option<String>,
}

/// A movement of a bank statement.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct IncomingPaymentView {
    /// Which.
    pub payment_id: IncomingPaymentId,
    /// The file it came with first.
    pub statement_id: StatementId,
    /// Booking day.
    pub on: Date,
    /// The sum.
    pub amount: String,
    /// `in` or `out`.
    pub direction: &'static str,
    /// Number of the document, or the bank's reference.
    pub document: String,
    /// The lender's account.
    pub account: String,
    /// Name of the other side; short without the right to see it in full.
    pub payer_name: String,
    /// INN of the other side; its end without the right to see it in full.
    pub payer_inn: String,
    /// Account of the other side; masked without the right to see it in full.
    pub payer_account: String,
    /// What for; long numbers masked without the right to see them in full.
    pub purpose: String,
    /// `unmatched`, `posted`, `noted`, `dismissed`, `reversed`, `outgoing` or `settled`.
    pub state: &'static str,
    /// `number`, `inn`, `name_and_amount`, `phone` or `hand`.
    pub matched_by: Option<&'static str>,
    /// The loan it went to.
    pub loan_id: Option<LoanId>,
    /// Its client.
    pub client_id: Option<ClientId>,
    /// Number of the agreement.
    pub loan_number: Option<String>,
    /// The operation in the loan's book.
    pub operation_id: Option<PartId>,
    /// Code of the rule that stood against posting it by itself.
    pub refused: Option<String>,
    /// Why it was put aside.
    pub dismissed_reason: Option<String>,
    /// Why it was taken back last.
    pub reversed_reason: Option<ReversalReason>,
    /// The bank takes a payment back by it.
    pub is_recall: bool,
    /// Of a settled recall: the payment that was reversed for it.
    pub recalled_payment_id: Option<IncomingPaymentId>,
    /// Who changed it last.
    pub changed_by: String,
    /// When.
    pub changed_at: Option<String>,
    /// Loans it may mean, while it waits for a person.
    pub suggestions: Vec<SuggestionView>,
    /// Payments that it may take back, while it waits for a person.
    pub recalls: Vec<RecallView>,
}

/// A loan in whose book money waits.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct UnallocatedView {
    /// The loan.
    pub loan_id: LoanId,
    /// Its client.
    pub client_id: ClientId,
    /// Number of its agreement.
    pub number: String,
    /// Short name of the client.
    pub client_name: String,
    /// How much waits today.
    pub unallocated: String,
    /// What it waits for, if anything is still to come.
    pub next_payment: Option<NextPaymentView>,
}

/// Kopecks as the plain decimal of the API.
fn decimal(minor: i64) -> String {
    Money::from_minor(minor, Currency::Rub).to_decimal()
}

/// A payer's name as those see it who may not see it in full. An organisation has nothing to hide;
/// its bank may write a payer behind it, or a payer's address: `Иванов Иван Иванович//г Москва//`.
fn short_name(movement: &Movement) -> String {
    let name = movement.name.reveal();
    if movement.inn.reveal().len() == 10 && !name.contains("//") {
        return name.clone();
    }
    shortened(name)
}

/// The first words of `text` as a name; nothing of what stands behind it.
fn shortened(text: &str) -> String {
    let (_, name) = without_inn(text.split('/').next().unwrap_or_default());
    let is_name = |word: &&str| word.chars().all(|c| c.is_alphabetic() || "-.'’".contains(c));
    let words: Vec<&str> = name.split_whitespace().take_while(is_name).take(3).collect();
    let parts = names::split(&names::capitalised(&words.join(" ")));
    let short = masking::name_short(&parts.last, &parts.first, &parts.patronymic);
    if short.is_empty() && !text.is_empty() { "***".to_owned() } else { short }
}

/// A purpose without what only those see who may see everything: long numbers that are in no number
/// of an agreement, e-mails, and names, which banks write between `//`.
fn masked_purpose(text: &str, patterns: &[String]) -> String {
    let part = |(index, part): (usize, &str)| {
        if index == 0 || part.trim().is_empty() || !numbers_at(part, patterns).is_empty() {
            without_numbers_and_mails(part, patterns)
        } else {
            shortened(part)
        }
    };
    text.split("//").enumerate().map(part).collect::<Vec<_>>().join("//")
}

fn without_numbers_and_mails(text: &str, patterns: &[String]) -> String {
    let letters: Vec<char> = text.chars().collect();
    let agreements = numbers_at(text, patterns);
    let is_agreement = |place: usize| agreements.iter().any(|own| own.contains(&place));
    let is_digit = |place: usize| letters[place].is_ascii_digit() && !is_agreement(place);
    let mut out = String::with_capacity(text.len());
    let mut place = 0;
    while place < letters.len() {
        if !is_digit(place) {
            out.push(letters[place]);
            place += 1;
            continue;
        }
        let goes_on = |at: &usize| is_digit(*at) || " -()\u{a0}".contains(letters[*at]);
        let end = (place..letters.len()).take_while(goes_on).last().unwrap_or(place);
        // What parts it from the next word is no part of the number.
        let end = (place..=end).rev().find(|at| is_digit(*at)).unwrap_or(place);
        let digits: String = letters[place..=end].iter().filter(|c| c.is_ascii_digit()).collect();
        if digits.len() >= PRIVATE_DIGITS_MIN {
            out.push_str(&masking::ending(&digits, 4));
        } else {
            out.extend(&letters[place..=end]);
        }
        place = end + 1;
    }
    let word = |word: &str| if word.contains('@') { "***".to_owned() } else { word.to_owned() };
    out.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn next_payment(loan: &Loan, today: Date) -> Option<NextPaymentView> {
    let standing = standing::on(loan, today);
    let (due_on, amount) = (standing.next_due_on?, standing.next_payment.map(decimal));
    Some(NextPaymentView { due_on, amount })
}

impl Services {
    pub(super) fn unallocated_view(
        &self,
        client: Uuid,
        loan_id: LoanId,
        loan: &Loan,
        waits: i64,
    ) -> Result<UnallocatedView, ServiceError> {
        Ok(UnallocatedView {
            loan_id,
            client_id: ClientId::from_uuid(client),
            number: loan.terms.number.clone(),
            client_name: self.short_name_of(client)?,
            unallocated: decimal(waits),
            next_payment: next_payment(loan, self.today()),
        })
    }

    fn short_name_of(&self, client: Uuid) -> Result<String, ServiceError> {
        let stream = StreamId::new(StreamKind::Client, client);
        let loaded = self.store.load::<crate::domain::client::Client>(stream)?;
        Ok(cards::shown_name(&loaded.state.details, false))
    }

    fn number_of_loan(&self, client: ClientId, loan: LoanId) -> Result<String, ServiceError> {
        let stream = StreamId::owned(StreamKind::Loan, client.uuid(), loan.uuid());
        Ok(self.store.load::<Loan>(stream)?.state.terms.number.clone())
    }

    /// A movement as shown; `None` when it never came in.
    pub(super) fn payment_view(
        &self,
        id: IncomingPaymentId,
        payment: &IncomingPayment,
        mask: Mask,
    ) -> Result<Option<IncomingPaymentView>, ServiceError> {
        let Some(movement) = &payment.movement else { return Ok(None) };
        let full = mask == Mask::Full;
        let shown = |text: &str, masked: String| if full { text.to_owned() } else { masked };
        let (name, inn) = (movement.name.reveal(), movement.inn.reveal());
        let (other, purpose) = (movement.account.reveal(), movement.purpose.reveal());
        let hidden = |text: &str, masked: String| {
            if text.is_empty() { String::new() } else { shown(text, masked) }
        };
        let target = payment.target.filter(|_| payment.state != PaymentState::Unmatched);
        let number = target.map(|target| self.number_of_loan(target.client, target.loan));
        let waits = payment.state == PaymentState::Unmatched;
        let is_open = waits || payment.state == PaymentState::Dismissed;
        let is_in = movement.direction == Direction::In;
        Ok(Some(IncomingPaymentView {
            payment_id: id,
            statement_id: movement.statement,
            on: movement.on,
            amount: decimal(movement.amount),
            direction: if is_in { "in" } else { "out" },
            document: movement.number.reveal().clone(),
            account: movement.own_account.clone(),
            payer_name: shown(name, short_name(movement)),
            payer_inn: hidden(inn, masking::ending(inn, 4)),
            payer_account: hidden(other, masking::account(other)),
            purpose: shown(purpose, masked_purpose(purpose, &self.config.lender.agreement_numbers)),
            state: payment.state.code(),
            matched_by: target.map(|target| target.by.code()),
            loan_id: target.map(|target| target.loan),
            client_id: target.map(|target| target.client),
            loan_number: number.transpose()?,
            operation_id: target.and_then(|target| target.operation),
            refused: payment.refused.clone().filter(|_| waits),
            dismissed_reason: payment.dismissed.as_ref().map(|reason| reason.reveal().clone()),
            reversed_reason: payment.reversed,
            is_recall: movement.is_recall || payment.may_recall(),
            recalled_payment_id: payment.recalled,
            changed_by: payment.changed.map(|(by, _)| self.people.name_of(by)).unwrap_or_default(),
            changed_at: payment.changed.map(|(_, at)| at.to_rfc3339()),
            suggestions: if is_open && is_in { self.suggestions(movement)? } else { Vec::new() },
            recalls: if payment.may_recall() { self.recalls(movement)? } else { Vec::new() },
        }))
    }

    fn suggestions(&self, movement: &Movement) -> Result<Vec<SuggestionView>, ServiceError> {
        let (today, pending) = (self.today(), HashMap::new());
        let patterns = &self.config.lender.agreement_numbers;
        let finder = Finder { store: &self.store, patterns, today, pending: &pending };
        let found = finder.find(&movement.entry())?;
        let loans = match found.matched {
            Matched::One(loan, _) => vec![loan],
            Matched::Manual(loans) => loans,
        };
        let mut views = Vec::new();
        for loan in loans.into_iter().take(SUGGESTED_MAX) {
            let Some((stream, Loaded { state, .. })) = found.loans.get(&loan) else { continue };
            views.push(SuggestionView {
                loan_id: loan,
                client_id: ClientId::from_uuid(stream.owner),
                number: state.terms.number.clone(),
                client_name: self.short_name_of(stream.owner)?,
                by: found.by.get(&loan).copied().unwrap_or("name"),
                book: if state.own.is_some() { "own" } else { "external" },
                next_payment: next_payment(state, today),
            });
        }
        Ok(views)
    }

    fn recalls(&self, movement: &Movement) -> Result<Vec<RecallView>, ServiceError> {
        let alike = received_alike(&self.store, &movement.entry(), &movement.own_account)?;
        let mut views = Vec::new();
        for (id, loaded) in alike.found {
            let payment = &*loaded.state;
            let Some(came) = &payment.movement else { continue };
            let target = payment.target.filter(|_| payment.state != PaymentState::Unmatched);
            let number = target.map(|target| self.number_of_loan(target.client, target.loan));
            views.push(RecallView {
                payment_id: IncomingPaymentId::from_uuid(id),
                on: came.on,
                amount: decimal(came.amount),
                state: payment.state.code(),
                loan_id: target.map(|target| target.loan),
                loan_number: number.transpose()?,
            });
        }
        Ok(views)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::personal::Personal;

    #[test]
    fn a_purpose_shows_agreements_and_no_private_data() {
        let rows = [
            ("по договору № POS-2026-000123 = 1", "по договору № POS-2026-000123 = 1"),
            ("дог.POS-2026-000123, тел 89161234505", "дог.POS-2026-000123, тел ***505"),
            ("тел 8 (916) 123-45-05 спасибо", "тел ***505 спасибо"),
            ("ТЕЛ89161234567 ИНН500100732259.", "ТЕЛ***567 ИНН***2259."),
            ("карта 2200123456789019", "карта ***9019"),
            ("платёж 9455-96", "платёж 9455-96"),
            ("от i.ivanov@mail.ru долг", "от *** долг"),
            (
                "долг //Иванов Иван Иванович//г Москва ул Ленина 5//",
                "долг //Иванов И. И.//Г М. У.//",
            ),
            ("//Иванов Иван//договор POS-2026-000123", "//Иванов И.//договор POS-2026-000123"),
        ];
        for (text, expected) in rows {
            assert_eq!(masked_purpose(text, &["POS-####-######".to_owned()]), expected);
        }
    }

    #[test]
    fn a_payers_name_is_short_whatever_stands_behind_it() {
        let text = |text: &str| Personal::new(text.to_owned());
        let rows = [
            ("ИВАНОВ ИВАН ИВАНОВИЧ//Г МОСКВА УЛ ЛЕНИНА Д 5//", "7707083893", "Иванов И. И."),
            ("ИВАНОВ ИВАН ИВАНОВИЧ/Р-Н ЛЕСНОЙ", "", "Иванов И. И."),
            ("ИНН 500100732259 Иванов Иван", "", "Иванов И."),
            ("Иванов Иван Иванович Р/С 40817810355000123456", "500100732259", "Иванов И. И."),
            ("ООО \"Магазин\"", "7723000020", "ООО \"Магазин\""),
        ];
        for (name, inn, expected) in rows {
            let movement = Movement {
                statement: StatementId::from_uuid(Uuid::nil()),
                place: 0,
                own_account: String::new(),
                direction: Direction::In,
                on: "2026-02-16".parse().unwrap(),
                amount: 1,
                is_reversal: false,
                is_recall: false,
                number: text(""),
                account: text(""),
                inn: text(inn),
                name: text(name),
                purpose: text(""),
            };
            assert_eq!(short_name(&movement), expected);
        }
    }
}
