//! Playing the steps of sample loans whose books are kept here, each as of its day.
//!
//! Sums that follow from the book are reckoned here. Must never write a step that a rule refuses.

use super::sample_base::Draft;
use crate::base::ids::{ClientId, LoanId, PartId};
use crate::base::time::{Date, Timestamp, Zone};
use crate::domain::access::Principal;
use crate::domain::credit::early::NewTerms;
use crate::domain::credit::figures;
use crate::domain::credit::interest::Rate;
use crate::domain::credit::ledger::Operation;
use crate::domain::loan::own::request::RequestStep;
use crate::domain::loan::own::{
    BookOperation, ChangeSchedule, GrantHoliday, LedgerCommand, OpenLedger, Own, Payer,
    PaymentSource, PostPayment, RequestEarly, ReturnGoods,
};
use crate::domain::loan::{Loan, LoanCommand};
use crate::domain::{Context, Rejection};
use crate::samples::{SampleBook, SampleLoan, SampleStep};
use chrono::TimeZone;

/// Opens the book of a sample loan and plays what happened to it; `fresh` gives identifiers.
///
/// # Errors
/// What a rule refuses first.
pub(super) fn play(
    loan: &mut Draft<Loan>,
    id: LoanId,
    client: ClientId,
    sample: &SampleLoan,
    book: &SampleBook,
    zone: Zone,
    fresh: &dyn Fn() -> PartId,
) -> Result<(), Rejection> {
    let opening = LedgerCommand::Open(Box::new(OpenLedger {
        id,
        client,
        source_key: sample.source_key.clone(),
        number: sample.terms.number.clone(),
        product: book.product.to_owned(),
        agreement: book.agreement.clone(),
        signed: None,
    }));
    loan.decide(LoanCommand::Ledger(opening), &noon(book.agreement.issued_on, zone))?;
    for (on, step) in &book.steps {
        let Some(own) = &loan.state.own else { break };
        for command in commands(own, &sample.source_key, *on, *step, fresh) {
            loan.decide(LoanCommand::Ledger(command), &noon(*on, zone))?;
        }
    }
    Ok(())
}

fn noon(day: Date, zone: Zone) -> Context {
    let noon = day.and_hms_opt(12, 0, 0).unwrap_or_default();
    let local = zone.from_local_datetime(&noon).earliest();
    let now = local.map_or_else(|| noon.and_utc(), |local| local.with_timezone(&chrono::Utc));
    Context { now: Timestamp::from_utc(now), zone, principal: Principal::System }
}

/// The commands of a step on `on`; none where there is nothing to do.
fn commands(
    own: &Own,
    key: &str,
    on: Date,
    step: SampleStep,
    fresh: &dyn Fn() -> PartId,
) -> Vec<LedgerCommand> {
    let at = own.position(on);
    if at.closed.is_some() && step != SampleStep::Refund {
        return Vec::new();
    }
    let (id, payer) = (fresh(), Payer::Client);
    let pay = |amount: i64| PostPayment {
        id,
        source: PaymentSource::Import,
        key: format!("{key}-{}", own.booked.len()),
        on,
        amount,
        payer,
    };
    let post = |amount: i64| (amount > 0).then(|| LedgerCommand::Post(pay(amount)));
    let sum = |amount: i64| (amount > 0).then_some(BookOperation { id, on, amount });
    let command = match step {
        SampleStep::PayDue => {
            let next = || figures::next_payment(&at).map_or(0, |next| next.figure.amount);
            let due = at.due_now();
            post(if due > 0 { due } else { next() })
        }
        SampleStep::Pay(amount) => post(amount),
        SampleStep::PayQuoted => {
            let open = own.requests.iter().rev().find(|request| request.state.is_open());
            post(open.map_or(0, |request| request.quoted))
        }
        SampleStep::ReverseLast(reason) => {
            let is_payment = |operation: &Operation| matches!(operation, Operation::Payment(_));
            let last = own.booked.iter().rev().find(|one| is_payment(&one.operation));
            last.map(|one| LedgerCommand::Reverse { id: one.id, reason, ids: Vec::new() })
        }
        SampleStep::Fee(amount) => sum(amount).map(LedgerCommand::ChargeFee),
        SampleStep::ForgivePenalty => sum(at.penalty_left()).map(LedgerCommand::ForgivePenalty),
        SampleStep::Refund => sum(at.advance).map(LedgerCommand::PayRefund),
        SampleStep::Request(day, early) => {
            let asked = RequestEarly { id, on: day, early, is_withdrawal: false };
            let told = LedgerCommand::AdvanceRequest { id, step: RequestStep::AwaitFunds };
            return vec![LedgerCommand::RequestEarly(asked), told];
        }
        SampleStep::Run => Some(LedgerCommand::RunRequests { ids: vec![id] }),
        SampleStep::Holiday(to) => {
            let rate = Rate::Year(18_200_000);
            let holiday = GrantHoliday { id, from: on, to, rate, payment: 0 };
            Some(LedgerCommand::GrantHoliday(holiday))
        }
        SampleStep::Restructure(count) => {
            let rate = own.agreement.interest.rate;
            let to = NewTerms { count, rate, forgiven_penalty: at.penalty_left().max(0) };
            Some(LedgerCommand::Restructure(ChangeSchedule { id, on, to }))
        }
        SampleStep::ReturnGoods(amount) => {
            let payment = PostPayment { id: fresh(), payer: Payer::Shop, ..pay(amount) };
            Some(LedgerCommand::ReturnGoods(ReturnGoods { payment, id, is_shorter: true }))
        }
        SampleStep::GiveUp(to) => Some(LedgerCommand::GiveUp(ChangeSchedule { id, on, to })),
    };
    command.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{IdSource, SeededIds};
    use crate::domain::credit::ledger::Closing;
    use crate::domain::loan::standing;
    use crate::domain::{StreamId, StreamKind};
    use crate::samples::Lender;
    use std::collections::BTreeMap;

    #[test]
    fn every_sample_book_is_played_to_its_end_and_all_kinds_are_there() {
        let today: Date = "2026-11-21".parse().unwrap();
        let zone = chrono_tz::Europe::Moscow;
        let (lender, ids) = (Lender::new(2026, today), SeededIds::new(7));
        let fresh = || PartId::from_uuid(ids.next(noon(today, zone).now));
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        for index in 0..4_000 {
            for sample in lender.client(index).loans {
                let Some(book) = &sample.own else { continue };
                let (id, client) = (fresh().uuid().into(), fresh().uuid().into());
                let stream = StreamId::new(StreamKind::Loan, fresh().uuid());
                let mut loan = Draft::<Loan>::new(stream);
                play(&mut loan, id, client, &sample, book, zone, &fresh)
                    .unwrap_or_else(|refusal| panic!("{index}: {refusal:?} {book:?}"));
                let own = loan.state.own.as_ref().unwrap();
                let at = own.position(today);
                let stands = standing::on(&loan.state, today);
                let mut see = |what, is_seen: bool| {
                    *seen.entry(what).or_default() += u32::from(is_seen);
                };
                see("all", true);
                see(own.agreement.kind.code(), true);
                see("overdue", stands.days_past_due > 0);
                see("paid", at.closed.is_some_and(|(_, how)| how == Closing::Paid));
                see("early", at.closed.is_some_and(|(_, how)| how == Closing::Early));
                see("written off", at.closed.is_some_and(|(_, how)| how == Closing::WrittenOff));
                see("holiday", at.is_paused());
                see("restructured", own.is_restructured(today));
                see("awaited", own.requests.iter().any(|request| request.state.is_open()));
                see("reversed", own.booked.iter().any(|one| one.reversed.is_some()));
                see("penalty", at.penalty_accrued(today) > 0);
            }
        }
        assert!(seen["all"] > 700, "{seen:?}");
        assert!(seen.values().all(|times| *times > 0), "{seen:?}");
        assert!((seen["all"] / 20..seen["all"] / 4).contains(&seen["overdue"]), "{seen:?}");
    }
}
