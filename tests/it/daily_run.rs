//! The daily run on the real binary: killed at each of its points and begun again.

use super::harness::{Client, Lenderbox, binary, eventually};
use super::loans::{ago, client_of, own_product};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const POINTS: [&str; 4] =
    ["daily_run_begun", "daily_run_request", "daily_run_requests", "daily_run_counted"];

fn start(data: &Path, kill_at: Option<&str>) -> Lenderbox {
    let mut command = Command::new(binary());
    if let Some(point) = kill_at {
        command.env("LENDERBOX_KILL_AT", point);
    }
    Lenderbox::start_by(command, data, &["--clients", "60"])
}

/// Opens a loan whose first instalment is past due, with money for all of it and a request for
/// today.
fn open(supervisor: &Client, client: &str, product: &str, number: &str) -> String {
    let body = json!({"client_id": client, "number": number, "product": product,
        "agreement": {"kind": "annuity", "principal": "10000.00", "rate_percent": "24",
            "instalments": 12, "issued_on": ago(45)}});
    let loan = supervisor.post("/loans", &body).ok()["loan_id"].as_str().unwrap().to_owned();
    let path = |part: &str| format!("/loans/{loan}{part}");
    supervisor.post(&path("/payments"), &json!({"on": ago(1), "amount": "15000.00"})).ok();
    supervisor.post(&path("/early-requests"), &json!({"on": ago(0), "kind": "full"})).ok();
    loan
}

fn today(client: &Client) -> Value {
    client.get("/daily-run").ok()["items"][0].clone()
}

/// Starts the run and waits for its end.
fn run(client: &Client) -> Value {
    client.post("/daily-run", &json!({})).ok();
    eventually("the run has ended", || {
        let run = today(client);
        (run["state"] == "ended").then_some(run)
    })
}

#[test]
fn a_daily_run_that_is_killed_anywhere_begins_again_and_books_once() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    let mut lenderbox = start(&data, None);
    let elena = lenderbox.sign_in("supervisor", 0);
    let (client, product) = (client_of(&lenderbox, &elena), own_product(&lenderbox));
    let mut loans = Vec::new();
    for (round, point) in POINTS.iter().enumerate() {
        let elena = lenderbox.sign_in("supervisor", 0);
        for n in 0..3 {
            loans.push(open(&elena, &client, product, &format!("RUN-{round}-{n}")));
        }
        lenderbox.stop();
        lenderbox = start(&data, Some(point));
        let elena = lenderbox.sign_in("supervisor", 0);
        elena.try_send("POST", "/daily-run", Some(&json!({})));
        lenderbox.wait_for_death(point);
        lenderbox = start(&data, None);
        let elena = lenderbox.sign_in("supervisor", 0);
        assert_eq!(today(&elena)["state"], "cut_off", "{point}");
        let ended = run(&elena);
        assert_eq!(ended["requests"]["failed"], 0, "{ended}");
        assert_eq!(ended["requests"]["waiting"], 0, "{ended}");
        for loan in &loans {
            let shown = elena.get(&format!("/loans/{loan}")).ok();
            assert_eq!(shown["status"], "closed_early", "{point}: {shown}");
            let operations = shown["operations"].as_array().unwrap();
            let ends = operations.iter().filter(|one| one["kind"] != "payment").count();
            assert_eq!(ends, 1, "{point}: {operations:?}");
            assert_eq!(shown["requests"][0]["state"], "executed", "{point}");
        }
    }
    let elena = lenderbox.sign_in("supervisor", 0);
    let all = elena.get("/daily-run").ok();
    let days: Vec<&Value> = all["items"].as_array().unwrap().iter().map(|r| &r["day"]).collect();
    // Midnight may have passed meanwhile.
    assert!((1..=2).contains(&days.len()), "one run a day: {days:?}");

    // The report agrees with what the run has counted.
    let mut rows = 0;
    let mut cursor = String::new();
    loop {
        let page = elena.get(&format!("/reports/arrears?limit=7&cursor={cursor}")).ok();
        rows += page["items"].as_array().unwrap().len() as u64;
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = next.to_owned();
    }
    let counted: u64 = run(&elena)["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bucket| bucket["loans"].as_u64().unwrap())
        .sum();
    assert!(rows > 0, "the demo lender has debtors");
    assert_eq!(rows, counted);
    let answer = elena.get("/reports/arrears?bucket=7-9");
    assert_eq!((answer.status, answer.fields()), (422, vec!["bucket"]));
    lenderbox.stop();
}
