//! The daily run and the reports over the whole box, with a clock moved by hand.

use super::Core;
use crate::actors::{ClientLane, Runtime};
use crate::base::ids::{ClientId, LoanId, PartId};
use crate::base::money::{Currency, Money};
use crate::base::personal::Personal;
use crate::base::time::{Date, ManualClock, Timestamp};
use crate::config::Config;
use crate::domain::client::{ClientDraft, ClientKind};
use crate::domain::credit::early::Early;
use crate::domain::credit::terms::TermsAsk;
use crate::domain::loan::own::{
    LedgerCommand, OpenLedger, Payer, PaymentSource, PostPayment, RequestEarly,
};
use crate::domain::loan::{
    Figures, ImportFigures, ImportInstalments, ImportLoan, Instalment, Loan, LoanCommand, LoanTerms,
};
use crate::service::access_log::AccessKind;
use crate::service::daily_run::DailyRunView;
use crate::service::{Caller, ServiceError, Services};
use std::sync::Arc;

/// What is due each month of a loan of 100 000 at 24 % for a year.
const PART: i64 = 945_596;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

struct Case {
    services: Arc<Services>,
    clock: ManualClock,
    made: u8,
}

impl Case {
    fn go_to(&self, instant: &str) {
        let then = Timestamp::parse_rfc3339(instant).unwrap();
        self.clock.advance_micros(then.micros() - self.services.clock.now().micros());
    }

    fn part(&self) -> PartId {
        PartId::from_uuid(self.services.ids.next(self.services.clock.now()))
    }

    async fn client(&mut self) -> ClientId {
        self.made += 1;
        let personal = |text: &str| Some(Personal::new(text.to_owned()));
        let draft = ClientDraft {
            kind: Some(ClientKind::Person),
            last_name: personal("Щёголева"),
            first_name: personal("Эльвира"),
            patronymic: personal("Ильинична"),
            ..ClientDraft::default()
        };
        let card = self.services.register_client(&Caller::system(), draft, true).await.unwrap();
        card.client_id.parse().unwrap()
    }

    async fn ask(&self, client: ClientId, loan: LoanId, command: LoanCommand) {
        let order = Caller::system().order(move |lane: &ClientLane, context| {
            lane.loan_command(loan, command.clone(), context)
        });
        self.services.clients.ask(client.uuid(), order).await.unwrap();
    }

    /// A loan kept here from 2026-01-15, `paid` instalments of it paid in time.
    async fn own(&mut self, paid: usize) -> (ClientId, LoanId) {
        let client = self.client().await;
        let id = LoanId::from_uuid(self.part().uuid());
        let terms = TermsAsk {
            kind: Some("annuity".into()),
            principal: Some("100000.00".into()),
            rate_percent: Some("24".into()),
            instalments: Some(12),
            issued_on: Some(date("2026-01-15")),
            notice_days: Some(0),
            ..TermsAsk::default()
        };
        let open = OpenLedger {
            id,
            client,
            source_key: String::new(),
            number: format!("=OWN-{}", self.made),
            product: "Свой".into(),
            agreement: terms.agreement().unwrap(),
            signed: None,
        };
        self.ask(client, id, LoanCommand::Ledger(LedgerCommand::Open(Box::new(open)))).await;
        for on in ["2026-02-15", "2026-03-15", "2026-04-15", "2026-05-15"].iter().take(paid) {
            self.pay(client, id, on, PART).await;
        }
        (client, id)
    }

    async fn pay(&self, client: ClientId, loan: LoanId, on: &str, amount: i64) {
        let command = LedgerCommand::Post(PostPayment {
            id: self.part(),
            source: PaymentSource::Hand,
            key: String::new(),
            on: date(on),
            amount,
            payer: Payer::Client,
        });
        self.ask(client, loan, LoanCommand::Ledger(command)).await;
    }

    async fn request_full(&self, client: ClientId, loan: LoanId, on: &str) {
        let command = LedgerCommand::RequestEarly(RequestEarly {
            id: self.part(),
            on: date(on),
            early: Early::Full,
            is_withdrawal: false,
        });
        self.ask(client, loan, LoanCommand::Ledger(command)).await;
    }

    /// A loan of another system with one instalment of 10.00 due on a day.
    async fn external(&mut self, due_on: &str) -> (ClientId, LoanId) {
        let client = self.client().await;
        let id = LoanId::from_uuid(self.part().uuid());
        let terms = LoanTerms {
            number: format!("EXT-{}", self.made),
            principal: Money::from_minor(1_000, Currency::Rub),
            issued_on: date("2026-01-15"),
            ..LoanTerms::default()
        };
        let source_key = format!("core:{}", self.made);
        let import = ImportLoan { id, client, source_key, terms, account: None, figures: None };
        self.ask(client, id, LoanCommand::Import(import)).await;
        let due_on = date(due_on);
        let row = Instalment { n: 1, due_on, principal: 1_000, interest: 0, fee: 0, balance: 0 };
        let rows = ImportInstalments { instalments: vec![row] };
        self.ask(client, id, LoanCommand::ImportInstalments(rows)).await;
        (client, id)
    }

    async fn state(&self, client: ClientId, loan: LoanId, figures: Figures) {
        self.ask(client, loan, LoanCommand::ImportFigures(ImportFigures { figures })).await;
    }

    async fn look(&self, client: ClientId, loan: LoanId) -> Arc<Loan> {
        let look = move |lane: &ClientLane| Arc::clone(&lane.loans[&loan].state);
        self.services.clients.look(client.uuid(), look).await.unwrap()
    }

    /// Runs the daily run to its end; how it stands.
    async fn run(&self) -> DailyRunView {
        let job = self.services.start_daily_run(&Caller::system()).unwrap();
        self.services.job_ended(job).await.unwrap();
        self.services.daily_run_list(&Caller::system()).unwrap().items.remove(0)
    }

    /// Loans in arrears in the order of the report: number, days, sum.
    fn arrears(&self, bucket: Option<&str>) -> Vec<(String, u32, String)> {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page =
                self.services.arrears_report(&Caller::system(), bucket, cursor.as_deref(), 1);
            let page = page.unwrap();
            for row in page.items {
                assert_eq!(row.client_name, "Щёголева Э. И.");
                found.push((row.number, row.days_past_due, row.overdue.amount));
            }
            let Some(next) = page.next_cursor else { return found };
            cursor = Some(next);
        }
    }

    fn differing(&self) -> Vec<(String, Vec<&'static str>)> {
        let page = self.services.reconciliation_report(&Caller::system(), None, 200).unwrap();
        let names = |row: crate::service::reports::ReconciliationRow| {
            (row.number, row.differences.iter().map(|one| one.figure).collect())
        };
        page.items.into_iter().map(names).collect()
    }
}

fn with_box(test: impl AsyncFnOnce(Case)) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::default_in(folder.path());
    let clock = ManualClock::at(Timestamp::parse_rfc3339("2026-05-15T06:00:00Z").unwrap());
    Runtime::block_on(1, async {
        let core = Core::open_at(Arc::new(config), Arc::new(clock.clone())).unwrap();
        test(Case { services: Arc::clone(&core.services), clock, made: 0 }).await;
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
    });
}

fn late(run: &DailyRunView) -> Vec<(&str, u64, &str)> {
    let some = run.buckets.iter().filter(|bucket| bucket.loans > 0);
    some.map(|one| (one.bucket, one.loans, one.overdue[0].amount.as_str())).collect()
}

fn requests(run: &DailyRunView) -> [u32; 4] {
    let counts = run.requests.unwrap();
    [counts.executed, counts.expired, counts.waiting, counts.failed]
}

#[test]
fn the_daily_run_counts_arrears_and_carries_out_requests_once() {
    with_box(async |mut case| {
        let (debtor, unpaid) = case.own(0).await;
        let (first, paid_off) = case.own(4).await;
        case.pay(first, paid_off, "2026-05-15", 8_000_000).await;
        case.request_full(first, paid_off, "2026-05-20").await;
        let (second, short) = case.own(4).await;
        case.request_full(second, short, "2026-05-20").await;
        case.external("2026-05-18").await;

        let run = case.run().await;
        assert_eq!((run.state, run.loans, run.begun), ("ended", Some(4), 1));
        assert_eq!(late(&run), [("61-90", 1, "28813.65")]);
        assert_eq!(requests(&run), [0, 0, 0, 0], "their day has not come");

        case.go_to("2026-05-19T22:00:00Z"); // the 20th in Moscow
        let run = case.run().await;
        assert_eq!((run.day, requests(&run)), (date("2026-05-20"), [1, 0, 1, 0]));
        let unpaid_sum = case.look(debtor, unpaid).await;
        let at = unpaid_sum.own.as_ref().unwrap().position(date("2026-05-20"));
        let sum = Money::from_minor(at.overdue(), Currency::Rub).to_decimal();
        assert_eq!(late(&run), [("1-30", 1, "10.00"), ("91-180", 1, sum.as_str())]);
        let done = case.look(first, paid_off).await;
        assert_eq!(done.terms.status.code(), "closed_early");

        // Again on the same day: the same books, one run of the day.
        let again = case.run().await;
        assert_eq!((again.begun, again.state, late(&again)), (2, "ended", late(&run)));
        assert_eq!(requests(&again), [0, 0, 1, 0]);
        assert_eq!(case.look(first, paid_off).await, done);

        case.go_to("2026-05-26T06:00:00Z");
        assert_eq!(requests(&case.run().await), [0, 1, 0, 0], "the money did not come");
        let days: Vec<String> = case
            .services
            .daily_run_list(&Caller::system())
            .unwrap()
            .items
            .iter()
            .map(|run| run.day.to_string())
            .collect();
        assert_eq!(days, ["2026-05-26", "2026-05-20", "2026-05-15"]);
    });
}

#[test]
fn the_run_begins_by_itself_once_a_day_after_its_hour() {
    with_box(async |case| {
        let begin = |tried: &mut _| case.services.start_daily_run_if_due(tried).unwrap();
        let mut tried = None;
        case.go_to("2026-05-15T21:30:00Z"); // half past midnight of the 16th in Moscow
        assert_eq!(begin(&mut tried), None);
        case.go_to("2026-05-15T22:00:00Z");
        let job = begin(&mut tried).unwrap();
        case.services.job_ended(job).await.unwrap();
        assert_eq!(begin(&mut tried), None);
        case.go_to("2026-05-16T07:00:00Z");
        assert_eq!(begin(&mut tried), None, "today's has ended");
        // A box that was off at the hour.
        case.go_to("2026-05-17T15:00:00Z");
        let job = begin(&mut None).unwrap();
        case.services.job_ended(job).await.unwrap();
        let runs = case.services.daily_run_list(&Caller::system()).unwrap();
        let by: Vec<(String, &str)> =
            runs.items.iter().map(|run| (run.day.to_string(), run.state)).collect();
        assert_eq!(by, [("2026-05-17".to_owned(), "ended"), ("2026-05-16".to_owned(), "ended")]);
    });
}

/// Two loans whose early repayment is due and paid for.
async fn two_due(case: &mut Case) -> [(ClientId, LoanId); 2] {
    let mut due = Vec::new();
    for _ in 0..2 {
        let (client, loan) = case.own(4).await;
        case.pay(client, loan, "2026-05-15", 8_000_000).await;
        case.request_full(client, loan, "2026-05-15").await;
        due.push((client, loan));
    }
    [due[0], due[1]]
}

#[test]
fn a_busy_loan_stopped_the_days_run_until_the_next_hour() {
    with_box(async |mut case| {
        let [(client, busy), (other, free)] = two_due(&mut case).await;
        let held = case.services.clients.occupy(client.uuid());
        let run = case.run().await;
        assert_eq!((run.state, requests(&run)), ("unfinished", [1, 0, 0, 0]), "others go on");
        let undone = run.undone.unwrap();
        let named = (undone.loans, undone.named.len(), undone.named[0].number.as_str());
        assert_eq!((named, &undone.named[0].loan_id), ((1, 1, "=OWN-1"), &busy.to_string()));
        assert_eq!(case.look(other, free).await.terms.status.code(), "closed_early");
        drop(held);
        // The next look at the clock, in the same hour.
        let mut tried = Some((date("2026-05-15"), 9));
        let job = case.services.start_daily_run_if_due(&mut tried).unwrap().unwrap();
        case.services.job_ended(job).await.unwrap();
        let run = case.services.daily_run_list(&Caller::system()).unwrap().items.remove(0);
        assert_eq!((run.state, run.begun, requests(&run)), ("ended", 2, [1, 0, 0, 0]));
        assert!(run.undone.is_none());
        assert_eq!(case.look(client, busy).await.terms.status.code(), "closed_early");
        assert_eq!(case.services.start_daily_run_if_due(&mut tried).unwrap(), None);
    });
}

#[test]
fn a_loan_that_is_busy_for_a_moment_is_asked_again() {
    with_box(async |mut case| {
        let [(client, _), _] = two_due(&mut case).await;
        let held = case.services.clients.occupy(client.uuid());
        let job = case.services.start_daily_run(&Caller::system()).unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        drop(held);
        case.services.job_ended(job).await.unwrap();
        let run = case.services.daily_run_list(&Caller::system()).unwrap().items.remove(0);
        assert_eq!((run.state, run.begun, requests(&run)), ("ended", 1, [2, 0, 0, 0]));
    });
}

#[test]
fn reports_follow_the_books_and_the_date() {
    with_box(async |mut case| {
        let (client, own) = case.own(0).await;
        let (other, told) = case.external("2026-05-18").await;
        case.external("2026-05-13").await;
        let none = Vec::<(String, u32, String)>::new();
        let row = |number: &str, days, sum: &str| (number.to_owned(), days, sum.to_owned());
        assert_eq!(case.arrears(None), [row("=OWN-1", 89, "28813.65"), row("EXT-3", 2, "10.00")]);
        assert_eq!(case.arrears(Some("1-30")), [row("EXT-3", 2, "10.00")]);
        assert_eq!(case.arrears(Some("31-60")), none);
        let refused = case.services.arrears_report(&Caller::system(), Some("0"), None, 5);
        assert!(matches!(refused, Err(ServiceError::Rejected(_))));

        case.go_to("2026-05-19T06:00:00Z");
        assert_eq!(case.arrears(Some("1-30")).len(), 2, "nothing was written, days have passed");
        case.pay(client, own, "2026-05-19", 4 * PART + 100_000).await;
        assert_eq!(case.arrears(None).len(), 2, "paid up");

        assert_eq!(case.differing(), []);
        let figures = Figures {
            as_of: Some(date("2026-05-19")),
            outstanding: Some(1_000),
            overdue: Some(500),
            days_past_due: Some(40),
            ..Figures::default()
        };
        case.state(other, told, figures.clone()).await;
        assert_eq!(case.differing(), [("EXT-2".to_owned(), vec!["overdue", "days_past_due"])]);
        assert_eq!(case.arrears(Some("31-60")), [row("EXT-2", 40, "5.00")], "as stated");
        case.go_to("2026-05-20T06:00:00Z");
        assert_eq!(case.arrears(Some("31-60")), [row("EXT-2", 40, "5.00")], "on its day");

        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let file = text(case.services.arrears_file(&Caller::system(), None).unwrap());
        let lines: Vec<&str> = file.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("\u{feff}loan_id;client_id;client;number;"));
        assert!(lines[1].contains(";Щёголева Э. И.;EXT-2;;external;2026-04-09;40;31-60;5.00;RUB;"));
        let file = text(case.services.reconciliation_file(&Caller::system()).unwrap());
        let lines: Vec<&str> = file.lines().collect();
        assert!(lines[1].ends_with(";2026-05-19;overdue;5.00;10.00"), "{lines:?}");
        assert!(lines[2].ends_with(";2026-05-19;days_past_due;40;1"), "{lines:?}");
        let right = Figures { overdue: Some(1_000), days_past_due: Some(1), ..figures };
        case.state(other, told, right).await;
        assert_eq!(case.differing(), []);

        // Files are on record, by what was taken.
        case.services.access_log.flush().unwrap();
        let mut reader = case.services.access_log.tail().read_from(1).unwrap();
        let mut exports = Vec::new();
        while let Some(frame) = reader.next_frame().unwrap() {
            let record: crate::service::access_log::AccessRecord =
                crate::codec::decode("access record", &frame.header).unwrap();
            if record.kind == AccessKind::Export {
                exports.push(record.reason);
            }
        }
        assert_eq!(exports, ["arrears", "reconciliation"]);
    });
}
