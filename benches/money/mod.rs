//! Money: figures and quotes of one loan, in the process and over HTTP; the daily run over all.

use super::load::{self, Box_, Load, Session, http, percentile};
use super::{Options, Table};
use lenderbox::base::ids::{ClientId, LoanId, PartId};
use lenderbox::base::time::{Clock, Date, SystemClock, Timestamp};
use lenderbox::domain::access::Principal;
use lenderbox::domain::credit::early::Early;
use lenderbox::domain::credit::figures;
use lenderbox::domain::credit::terms::TermsAsk;
use lenderbox::domain::loan::own::{
    self, LedgerCommand, OpenLedger, Own, Payer, PaymentSource, PostPayment,
};
use lenderbox::domain::loan::{Loan, LoanCommand};
use lenderbox::domain::{Aggregate, Context, Meta};
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A loan of five years in its third: with payments in time, and none of the last months.
const ISSUED_ON: &str = "2024-01-15";
const MONTHS_PAID: u32 = 24;
/// What a month of it costs: 500 000 at 24 % for 60 months.
const PART: i64 = 1_438_400;
/// Reckonings whose time is taken.
const ROUNDS: usize = 2_000;
/// The product whose books the measured box keeps.
const PRODUCT: &str = "0192f000-0000-7000-8000-0000000000bc";

fn today() -> Date {
    SystemClock.now().date_in(chrono_tz::Europe::Moscow)
}

/// The day of the month-th payment.
fn due(month: u32) -> Date {
    let issued: Date = ISSUED_ON.parse().unwrap();
    issued.checked_add_months(chrono::Months::new(month)).unwrap()
}

fn terms() -> Value {
    json!({"kind": "annuity", "principal": "500000.00", "rate_percent": "24",
        "instalments": 60, "issued_on": ISSUED_ON, "penalty_percent": "20", "notice_days": 0})
}

/// The loan, made by the same commands as over HTTP.
fn book() -> Loan {
    let id = |n: u32| Uuid::from_u128(n.into());
    let principal = Principal::System;
    let context = Context { now: SystemClock.now(), zone: chrono_tz::Europe::Moscow, principal };
    let meta = Meta { seq: 1, at: Timestamp::default(), actor: principal, drawn: vec![] };
    let terms = TermsAsk {
        kind: Some("annuity".into()),
        principal: Some("500000.00".into()),
        rate_percent: Some("24".into()),
        instalments: Some(60),
        issued_on: Some(ISSUED_ON.parse().unwrap()),
        penalty_percent: Some("20".into()),
        notice_days: Some(0),
        ..TermsAsk::default()
    };
    let opening = OpenLedger {
        id: LoanId::from_uuid(id(1)),
        client: ClientId::from_uuid(id(2)),
        source_key: String::new(),
        number: "BENCH".into(),
        product: "BENCH".into(),
        agreement: terms.agreement().unwrap(),
        signed: None,
    };
    let payment = |month| {
        LedgerCommand::Post(PostPayment {
            id: PartId::from_uuid(id(100 + month)),
            source: PaymentSource::Hand,
            key: String::new(),
            on: due(month),
            amount: PART,
            payer: Payer::Client,
        })
    };
    let mut loan = Loan::default();
    let commands = [LedgerCommand::Open(Box::new(opening))];
    for command in commands.into_iter().chain((1..=MONTHS_PAID).map(payment)) {
        for event in loan.decide(LoanCommand::Ledger(command), &context).unwrap().events {
            loan.evolve(&event, &meta);
        }
    }
    loan
}

fn timed(mut work: impl FnMut()) -> String {
    let mut taken: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    format!("p50 {}, p99 {}", percentile(&mut taken, 50.0), percentile(&mut taken, 99.0))
}

/// Figures and quotes without anything around them.
pub fn in_process(table: &mut Table) {
    let (loan, today) = (book(), today());
    let own: &Own = loan.own.as_ref().unwrap();
    let found = timed(|| {
        black_box(figures::all(&own.explained(today, |_| ())));
    });
    table.row("all figures of a loan with their lines, in the process", "≤ 1 ms", found);
    for (name, early) in [("full", Early::Full), ("shorter term", Early::ShorterTerm(20_000_000))] {
        let found = timed(|| {
            black_box(own::quote(&own.book(), today, today, early, false)).unwrap();
        });
        table.row(&format!("early-repayment quote, {name}, in the process"), "≤ 1 ms", found);
    }
}

fn send(lenderbox: &Box_, request: &[u8]) -> Value {
    let (status, body) = load::exchange(&mut lenderbox.connect(), request);
    assert!(status < 300, "{status} {body}");
    serde_json::from_str(&body).unwrap_or_default()
}

/// The same loan in the box.
fn open(lenderbox: &Box_, supervisor: &Session, client: &str) -> String {
    let administrator = lenderbox.session("administrator", 0);
    let body = json!({"title": {"en": "Bench"}, "book": "own"}).to_string();
    let path = format!("/api/v1/directory/product/{PRODUCT}");
    let put = http("PUT", &path, &administrator, Some(&body));
    let put =
        String::from_utf8(put).unwrap().replacen("\r\n\r\n", "\r\nIf-Match: \"0\"\r\n\r\n", 1);
    let (status, body) = load::exchange(&mut lenderbox.connect(), put.as_bytes());
    // It is there when the base was measured before.
    assert!(status < 300 || status == 412, "{status} {body}");
    let number = format!("BENCH-{}", SystemClock.now().micros());
    let body = json!({"client_id": client, "number": number, "product": PRODUCT,
        "agreement": terms()});
    let opened = http("POST", "/api/v1/loans", supervisor, Some(&body.to_string()));
    let loan = send(lenderbox, &opened)["loan_id"].as_str().unwrap().to_owned();
    for month in 1..=MONTHS_PAID {
        let body = json!({"on": due(month), "amount": "14384.00"}).to_string();
        let path = format!("/api/v1/loans/{loan}/payments");
        send(lenderbox, &http("POST", &path, supervisor, Some(&body)));
    }
    loan
}

/// The page's requests, one after another on one connection.
fn over_http(lenderbox: &Box_, options: &Options, client: &str, table: &mut Table) {
    let supervisor = lenderbox.session("supervisor", 0);
    let path = format!("/api/v1/loans/{}", open(lenderbox, &supervisor, client));
    let quote = |rest: &str| format!("{path}/early-quote?on={}&{rest}", today());
    for (work, path) in [
        ("loan with all figures over HTTP, one connection", path.clone()),
        ("quote, full, over HTTP", quote("kind=full")),
        ("quote, shorter term, over HTTP", quote("kind=shorter_term&amount=200000.00")),
    ] {
        let requests = vec![http("GET", &path, &supervisor, None)];
        send(lenderbox, &requests[0]);
        let seconds = options.seconds.min(10);
        let load = Load { connections: 1, requests, rate: Some(200), rounds: None, seconds };
        table.row(work, "≤ 1 ms", load.run(lenderbox).to_string());
    }
}

/// The daily run over the whole base, beside nothing, as at night.
fn daily_run(lenderbox: &Box_, table: &mut Table) {
    let administrator = lenderbox.session("administrator", 0);
    let started = http("POST", "/api/v1/daily-run", &administrator, Some("{}"));
    let job = send(lenderbox, &started)["job"].as_str().unwrap().to_owned();
    super::wait_for_job(lenderbox, &job);
    let asked = http("GET", "/api/v1/daily-run", &administrator, None);
    let run = send(lenderbox, &asked)["items"][0].clone();
    let (loans, took) = (&run["loans"], &run["milliseconds"]);
    let late: u64 = run["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bucket| bucket["loans"].as_u64().unwrap())
        .sum();
    let scan = format!("{} ms", run["scan_milliseconds"]);
    table.row(&format!("daily arrears scan of {loans} loans, {late} past due"), "≤ 2 s", scan);
    table.row("whole daily run of them, sums included", "—", format!("{took} ms"));
    let path = "/api/v1/reports/arrears?bucket=1-30&limit=200";
    let requests = vec![http("GET", path, &administrator, None)];
    let load = Load { connections: 1, requests, rate: Some(5), rounds: None, seconds: 5 };
    table.row("page of 200 loans in arrears, bucket 1–30", "—", load.run(lenderbox).to_string());
    table.row("memory after the daily run", "≤ 2 GB", lenderbox.memory());
}

/// Everything about money.
pub fn measure(data: &Path, config: &Path, options: &Options, table: &mut Table) {
    in_process(table);
    let (lenderbox, _) = Box_::start(data, config);
    let clients = super::find_clients(&lenderbox, options);
    over_http(&lenderbox, options, &clients[0], table);
    daily_run(&lenderbox, table);
    lenderbox.stop();
}
