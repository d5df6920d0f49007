//! Statements against a real journal and view: what is posted, what waits, and that any split,
//! repetition and order of files makes one book.

use super::posting::{Posting, after, file_stream, payment_stream};
use crate::base::ids::{ClientId, LoanId, PartId, StatementId, splitmix};
use crate::base::personal::Personal;
use crate::base::time::{Clock, Date, SystemClock, Timestamp};
use crate::committer::{Proposal, TypedChange};
use crate::domain::access::Principal;
use crate::domain::client::{Client, ClientCommand, ClientDraft, PhoneDraft, RegisterClient};
use crate::domain::credit::tests::{date, e1, kop};
use crate::domain::loan::own::{BookOperation, LedgerCommand, OpenLedger, ReversalReason};
use crate::domain::loan::{ImportLoan, Loan, LoanCommand, LoanTerms};
use crate::domain::statement::file::{
    FileCommand, FileState, ReceiveFile, StatementFile, sections,
};
use crate::domain::statement::payment::{IncomingPayment, PaymentState};
use crate::domain::statement::{Direction, MatchedBy, Statement, StatementEntry, identifiers};
use crate::domain::{Aggregate, Context, StreamId, StreamKind};
use crate::service::imports::Environment;
use crate::service::imports::tests::open;
use crate::store::{Loaded, Noun};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use uuid::Uuid;

const ACCOUNT: &str = "40702810200000000001";

struct Lender {
    folder: tempfile::TempDir,
    environment: Environment,
    thread: Option<std::thread::JoinHandle<()>>,
    next: u128,
}

pub(in crate::service) fn commit<A: Noun>(
    environment: &Environment,
    stream: StreamId,
    command: A::Command,
) {
    let before = environment.store.load::<A>(stream).unwrap();
    let context =
        Context { now: SystemClock.now(), zone: environment.zone, principal: Principal::System };
    let decision = before.state.decide(command, &context).unwrap();
    let change = TypedChange::new(stream, before, decision.events, decision.draws);
    propose(environment, vec![Box::new(change)]);
}

fn propose(
    environment: &Environment,
    changes: Vec<Box<dyn crate::committer::Change>>,
) -> crate::committer::Committed {
    let proposal = Proposal {
        at: SystemClock.now(),
        actor: Principal::System,
        cause: None,
        command: None,
        bulk: false,
        essential: false,
        acknowledge_duplicates: true,
        changes,
    };
    environment.committer.propose(proposal).blocking_recv().unwrap().unwrap()
}

fn text(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

fn loan_stream(n: u128) -> StreamId {
    StreamId::owned(StreamKind::Loan, Uuid::from_u128(100 + n), Uuid::from_u128(200 + n))
}

impl Lender {
    /// Clients 0 to 2 with a loan each that is kept here, and 3 with one that is kept elsewhere.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (environment, thread) = open(folder.path());
        let lender = Self { folder, environment, thread: Some(thread), next: 1 };
        let people = [
            ("Иванов", "Иван", "500100732259", "+79161234567"),
            ("Петров", "Пётр", "7830002293", "+79161234568"),
            ("Сидорова", "Анна", "", "+79161234569"),
            ("Кузнецов", "Олег", "", "+79161234560"),
        ];
        for (n, (last, first, inn, phone)) in (0..).zip(people) {
            let id = ClientId::from_uuid(loan_stream(n).owner);
            let draft = ClientDraft {
                last_name: Some(text(last)),
                first_name: Some(text(first)),
                inn: (inn.len() == 12).then(|| text(inn)),
                phones: Some(vec![PhoneDraft { number: text(phone), ..PhoneDraft::default() }]),
                ..ClientDraft::default()
            };
            let register = RegisterClient { id, draft, acknowledge_duplicates: true };
            let stream = StreamId::new(StreamKind::Client, id.uuid());
            commit::<Client>(&lender.environment, stream, ClientCommand::Register(register));
            let stream = loan_stream(n);
            let (loan, number) = (LoanId::from_uuid(stream.id), format!("POS-2026-00012{n}"));
            let command = if n < 3 {
                LoanCommand::Ledger(LedgerCommand::Open(Box::new(OpenLedger {
                    id: loan,
                    client: id,
                    source_key: String::new(),
                    number,
                    product: "POS".into(),
                    agreement: e1(),
                    signed: None,
                })))
            } else {
                let principal = crate::base::money::Money::from_minor(
                    10_000_000,
                    crate::base::money::Currency::Rub,
                );
                let issued_on = date("2026-01-15");
                LoanCommand::Import(ImportLoan {
                    id: loan,
                    client: id,
                    source_key: "core:1".into(),
                    terms: LoanTerms { number, principal, issued_on, ..LoanTerms::default() },
                    account: None,
                    figures: None,
                })
            };
            commit::<Loan>(&lender.environment, stream, command);
        }
        lender
    }

    fn stop(&mut self) {
        self.environment.committer.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// The same folder after the process has ended.
    fn restart(&mut self) {
        self.stop();
        // The handles of the view go before it is opened again.
        let elsewhere = tempfile::tempdir().unwrap();
        let (idle, thread) = open(elsewhere.path());
        self.environment = idle;
        self.stop_with(thread);
        let (environment, thread) = open(self.folder.path());
        (self.environment, self.thread) = (environment, Some(thread));
    }

    fn stop_with(&self, thread: std::thread::JoinHandle<()>) {
        self.environment.committer.stop();
        thread.join().unwrap();
    }

    fn receive(&mut self, statements: &[Statement]) -> (StatementId, Loaded<StatementFile>) {
        let id = StatementId::from_uuid(Uuid::from_u128(1_000 + self.next));
        self.next += 1;
        let receive = ReceiveFile {
            id,
            blob: "ab".into(),
            file_name: "a.txt".into(),
            sections: sections(statements, &[ACCOUNT.to_owned()]),
            total: statements.iter().map(|one| one.entries.len() as u64).sum(),
            faults: Vec::new(),
        };
        let context = Context {
            now: SystemClock.now(),
            zone: self.environment.zone,
            principal: Principal::System,
        };
        let before = Loaded::<StatementFile>::default();
        let decision = before.state.decide(FileCommand::Receive(receive), &context).unwrap();
        let change = TypedChange::new(file_stream(id), before, decision.events, decision.draws);
        let committed = propose(&self.environment, vec![Box::new(change)]);
        (id, after(&committed).unwrap())
    }

    fn work(
        &self,
        id: StatementId,
        file: Loaded<StatementFile>,
        statements: &[Statement],
        tell: &mut dyn FnMut(&StatementFile),
    ) -> StatementFile {
        let patterns = ["POS-####-######".to_owned()];
        let posting = Posting {
            environment: &self.environment,
            patterns: &patterns,
            principal: Principal::System,
            id,
            statements,
        };
        let worked = posting.work(file, tell).unwrap();
        StatementFile::clone(&worked.state)
    }

    fn take(&mut self, statements: &[Statement]) -> StatementFile {
        let (id, file) = self.receive(statements);
        let file = self.work(id, file, statements, &mut |_| ());
        assert_eq!(file.state, FileState::Posted);
        file
    }

    fn payment(&self, statement: &Statement, index: usize) -> IncomingPayment {
        let stream = payment_stream(identifiers(statement)[index]);
        IncomingPayment::clone(&self.environment.store.load(stream).unwrap().state)
    }

    /// Payments in the book of a loan: day and sum of those that count.
    fn book(&self, n: u128) -> Vec<(Date, i64)> {
        let loan = self.environment.store.load::<Loan>(loan_stream(n)).unwrap();
        let own = loan.state.own.as_ref().unwrap();
        let counting = own.booked.iter().filter(|booked| booked.reversed.is_none());
        let mut book: Vec<(Date, i64)> = counting
            .map(|booked| match booked.operation {
                crate::domain::credit::ledger::Operation::Payment(amount) => (booked.on, amount),
                _ => (booked.on, 0),
            })
            .collect();
        book.sort_unstable();
        book
    }
}

impl Drop for Lender {
    fn drop(&mut self) {
        self.stop();
    }
}

fn entry(on: &str, number: &str, amount: &str, who: (&str, &str), purpose: &str) -> StatementEntry {
    let (inn, name) = who;
    StatementEntry {
        direction: Direction::In,
        on: date(on),
        number: number.into(),
        amount: kop(amount),
        is_reversal: false,
        account: text("40817810355000123456"),
        inn: text(inn),
        name: text(name),
        purpose: text(purpose),
    }
}

fn statement(entries: Vec<StatementEntry>) -> Statement {
    Statement {
        account: ACCOUNT.into(),
        currency: Some("RUB".into()),
        from: None,
        to: None,
        opening: None,
        received: None,
        spent: None,
        closing: None,
        entries,
    }
}

const BANK: (&str, &str) = ("", "ПАО Банк");

#[test]
fn each_way_of_matching_posts_notes_or_leaves_to_a_person() {
    let mut lender = Lender::new();
    let out = |purpose: &str, amount: &str, is_reversal| StatementEntry {
        direction: Direction::Out,
        is_reversal,
        ..entry("2026-02-17", "9", amount, BANK, purpose)
    };
    let entries = vec![
        entry("2026-02-16", "1", "100", BANK, "по договору №рOS-2026-000120"),
        entry("2026-02-16", "2", "200", ("500100732259", "Иванов"), "долг"),
        entry("2026-02-16", "3", "9455.96", ("", "СИДОРОВА АННА"), "за кредит"),
        entry("2026-02-16", "4", "300", BANK, "тел 89161234568"),
        entry("2026-02-16", "5", "400", BANK, "договор POS-2026-000123"),
        entry("2026-02-16", "6", "500", ("", "Сидорова Анна"), "за кредит"),
        entry("2026-01-01", "7", "600", BANK, "договор POS-2026-000120"),
        entry("2026-02-16", "8", "700", BANK, "POS-2026-000120, POS-2026-000121"),
        out("товар", "800", false),
        out("Возврат по заявлению клиента", "100", false),
        out("Возврат аванса", "77", false),
        out("", "55", true),
    ];
    let statements = [statement(entries)];
    let file = lender.take(&statements);
    let counts = file.counts;
    assert_eq!(
        [counts.entries, counts.posted, counts.noted, counts.unmatched, counts.outgoing],
        [12, 4, 1, 5, 2]
    );
    let stood: Vec<(PaymentState, Option<MatchedBy>)> = (0..12)
        .map(|index| lender.payment(&statements[0], index))
        .map(|payment| (payment.state, payment.target.map(|target| target.by)))
        .collect();
    use PaymentState::{Noted, Outgoing, Posted, Unmatched};
    let expected = [
        (Posted, Some(MatchedBy::Number)),
        (Posted, Some(MatchedBy::Inn)),
        (Posted, Some(MatchedBy::NameAndAmount)),
        (Posted, Some(MatchedBy::Phone)),
        (Noted, Some(MatchedBy::Number)),
        (Unmatched, None),
        (Unmatched, None),
        (Unmatched, None),
        (Outgoing, None),
        (Unmatched, None),
        (Outgoing, None),
        (Unmatched, None),
    ];
    assert_eq!(stood, expected);
    assert_eq!(lender.payment(&statements[0], 6).refused.as_deref(), Some("before_issue"));
    let day = date("2026-02-16");
    assert_eq!(lender.book(0), [(day, 10_000), (day, 20_000)]);
    assert_eq!((lender.book(1), lender.book(2)), (vec![(day, 30_000)], vec![(day, 945_596)]));
    let noted = lender.environment.store.load::<Loan>(loan_stream(3)).unwrap();
    assert!(noted.state.payments.is_empty(), "its core system books it");
}

/// Movements of some days: two payments that are equal but for their place among them.
fn days() -> Vec<Vec<StatementEntry>> {
    let one = |day: u32, number: &str, amount: &str, purpose: &str| {
        entry(&format!("2026-02-{day:02}"), number, amount, BANK, purpose)
    };
    let named = |day: u32, number: &str| {
        entry(&format!("2026-02-{day:02}"), number, "9455.96", ("", "Сидорова Анна"), "кредит")
    };
    let first = "договор POS-2026-000120";
    let second = "тел 8 916 123-45-68";
    vec![
        vec![one(2, "1", "10", first), one(2, "2", "20", second), named(2, "3")],
        vec![one(3, "1", "10", first), one(3, "1", "10", first), named(3, "4")],
        vec![one(4, "1", "30", second), one(4, "2", "40", "никто")],
        vec![named(5, "1"), one(5, "2", "10", first)],
    ]
}

#[test]
fn any_split_repetition_and_order_of_files_makes_one_book() {
    let all: Vec<StatementEntry> = days().into_iter().flatten().collect();
    let mut whole = Lender::new();
    whole.take(&[statement(all)]);
    let books = |lender: &Lender| [lender.book(0), lender.book(1), lender.book(2)];
    let expected = books(&whole);
    assert_eq!(expected.iter().map(Vec::len).collect::<Vec<_>>(), [4, 2, 3]);
    let mut seed = 7;
    let mut pick = |of: usize| usize::try_from(splitmix(&mut seed)).unwrap_or(0) % of;
    for _ in 0..6 {
        let mut lender = Lender::new();
        let mut missing: Vec<usize> = (0..days().len()).collect();
        let mut known = 0;
        while !missing.is_empty() {
            // A file of any days in any order, known ones among them, of one or several sections.
            let mut chosen: Vec<usize> = (0..1 + pick(3)).map(|_| pick(days().len())).collect();
            chosen.sort_unstable();
            chosen.dedup();
            if pick(2) == 0 {
                chosen.reverse();
            }
            missing.retain(|day| !chosen.contains(day));
            let parts = chosen.iter().map(|day| days()[*day].clone());
            let statements: Vec<Statement> = if pick(2) == 0 {
                parts.map(statement).collect()
            } else {
                vec![statement(parts.flatten().collect())]
            };
            known += lender.take(&statements).counts.known;
        }
        let again: Vec<Statement> = days().into_iter().rev().map(statement).collect();
        let counts = lender.take(&again).counts;
        assert_eq!((counts.known, counts.entries), (10, 10), "{known} known before");
        assert_eq!(books(&lender), expected);
    }
}

#[test]
fn a_file_that_was_cut_off_goes_on_behind_its_last_entry() {
    let mut lender = Lender::new();
    let entries = (0..200)
        .map(|n| entry("2026-02-16", &n.to_string(), "1.00", BANK, "договор POS-2026-000120"));
    let statements = [statement(entries.collect())];
    let (id, file) = lender.receive(&statements);
    let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        lender.work(id, file, &statements, &mut |file| {
            assert!(file.counts.entries < 128, "cut off here");
        })
    }));
    assert!(cut.is_err());
    lender.restart();
    let file = lender.environment.store.load::<StatementFile>(file_stream(id)).unwrap();
    assert_eq!((file.state.state, file.state.counts.entries), (FileState::Running, 128));
    assert_eq!(lender.book(0).len(), 128);
    let file = lender.work(id, file, &statements, &mut |_| ());
    assert_eq!((file.state, file.counts.posted, file.counts.known), (FileState::Posted, 200, 0));
    assert_eq!(lender.book(0), vec![(date("2026-02-16"), 100); 200]);
    // The view that the chunks have left is the one that their frames make.
    let store = Arc::clone(&lender.environment.store);
    let position = store.position().unwrap();
    assert_eq!(crate::store::rebuild::digest_of_heads(&store).unwrap(), position.digest);
    drop(store);
    lender.stop();
    std::fs::rename(lender.folder.path().join("store"), lender.folder.path().join("old")).unwrap();
    let (environment, thread) = open(lender.folder.path());
    assert_eq!(environment.store.position().unwrap().digest, position.digest);
    environment.committer.stop();
    thread.join().unwrap();
}

#[test]
fn a_file_that_reads_otherwise_than_before_stops() {
    let mut lender = Lender::new();
    let one = |n: u32| entry("2026-02-16", &n.to_string(), "1.00", BANK, "POS-2026-000120");
    let (id, file) = lender.receive(&[statement(vec![one(1), one(2)])]);
    let file = lender.work(id, file, &[statement(vec![one(1)])], &mut |_| ());
    assert_eq!((file.state, file.counts.entries), (FileState::Stopped, 0));
    assert_eq!(file.faults[0].code, "file_differs");
    assert_eq!(lender.book(0), []);
}

#[test]
fn money_sent_back_waits_for_a_person_among_many_payments_of_its_sum() {
    let mut lender = Lender::new();
    let others = |day: &str, of: std::ops::Range<u32>| {
        let who = ("", "Некто Иной");
        let entries = of.map(|n| StatementEntry {
            account: text("40817810355000000000"),
            ..entry(day, &n.to_string(), "7.00", who, "взнос")
        });
        statement(entries.collect())
    };
    let back = |number: &str, on: &str| StatementEntry {
        direction: Direction::Out,
        ..entry(on, number, "7.00", BANK, "Возврат ошибочно зачисленного")
    };
    let meant = entry("2026-02-10", "1", "7.00", BANK, "взнос");
    lender.take(&[statement(vec![meant]), others("2026-02-20", 0..250)]);
    // Later payments do not hide it; as many earlier ones leave it to a person.
    let found = lender.take(&[statement(vec![back("8", "2026-02-12")])]).counts;
    assert_eq!((found.unmatched, found.outgoing), (1, 0));
    let found = lender.take(&[statement(vec![back("9", "2026-02-21")])]).counts;
    assert_eq!((found.unmatched, found.outgoing), (1, 0));
    let found = lender.take(&[statement(vec![back("9", "2026-02-09")])]).counts;
    assert_eq!((found.unmatched, found.outgoing), (0, 1), "nothing came before");
}

/// A clock that charges a fee to the first loan each time it is read, as a colleague would.
struct Meddler {
    environment: Environment,
    left: AtomicUsize,
}

impl Clock for Meddler {
    fn now(&self) -> Timestamp {
        let left = |left: usize| left.checked_sub(1);
        if let Ok(n) = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left) {
            let id = PartId::from_uuid(Uuid::from_u128(n as u128));
            let fee = BookOperation { id, on: date("2026-02-01"), amount: 100 };
            let command = LoanCommand::Ledger(LedgerCommand::ChargeFee(fee));
            commit::<Loan>(&self.environment, loan_stream(0), command);
        }
        SystemClock.now()
    }
}

#[test]
fn a_loan_that_is_changed_meanwhile_gets_each_payment_once() {
    let mut lender = Lender::new();
    let purpose = "договор POS-2026-000120";
    let statements = [statement(
        (0..3).map(|n| entry("2026-02-16", &n.to_string(), "1", BANK, purpose)).collect(),
    )];
    let (id, file) = lender.receive(&statements);
    let known = lender.environment.clone();
    lender.environment.clock = Arc::new(Meddler { environment: known, left: AtomicUsize::new(4) });
    let file = lender.work(id, file, &statements, &mut |_| ());
    assert_eq!((file.state, file.counts.posted), (FileState::Posted, 3));
    let payments = lender.book(0).into_iter().filter(|(_, amount)| *amount > 0);
    assert_eq!(payments.count(), 3);
}

#[test]
fn reversal_of_a_payment_ends_its_advance_and_its_row() {
    let mut lender = Lender::new();
    let statements =
        [statement(vec![entry("2026-01-20", "1", "50", BANK, "договор POS-2026-000121")])];
    lender.take(&statements);
    let waiting = |lender: &Lender| {
        let prefix = crate::store::keys::advances();
        let mut found = 0;
        let counted = lender.environment.store.scan(&prefix, &prefix, |_, _| {
            found += 1;
            true
        });
        counted.map(|()| found).unwrap()
    };
    assert_eq!(waiting(&lender), 1);
    let operation = lender.payment(&statements[0], 0).target.unwrap().operation.unwrap();
    let reason = ReversalReason::Mistake;
    let command =
        LoanCommand::Ledger(LedgerCommand::Reverse { id: operation, reason, ids: Vec::new() });
    commit::<Loan>(&lender.environment, loan_stream(1), command);
    assert_eq!(waiting(&lender), 0);
}
