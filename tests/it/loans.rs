//! The calculator over HTTP.

use super::harness::{Client, Lenderbox};
use lenderbox::base::time::{Clock, SystemClock};
use serde_json::json;

#[test]
fn the_calculator_answers_to_the_kopeck_and_names_what_is_wrong() {
    let lenderbox = Lenderbox::demo();
    let operator = lenderbox.sign_in("operator", 0);
    let mut loan = json!({"kind": "annuity", "principal": "100000.00", "rate_percent": "24",
        "instalments": 12, "issued_on": "2026-01-15", "day_basis": "ACT/ACT",
        "shift_due_dates": true});
    let found = operator.post("/loans/calculate", &loan).ok();
    assert_eq!(found["annuity"], "9455.96");
    assert_eq!(found["total_interest"], "13439.95");
    assert_eq!(found["schedule"][6]["due_on"], "2026-08-17");
    assert_eq!(found["schedule"][6]["interest"], "1147.56");
    assert_eq!(found["schedule"].as_array().unwrap().len(), 12);

    loan["shift_due_dates"] = json!(false);
    let ask = json!({"loan": loan, "on": "2026-05-25", "mode": "full"});
    assert_eq!(operator.post("/loans/quote", &ask).ok()["to_pay"], "69623.98");
    let late = json!({"loan": loan, "on": "2027-05-25", "mode": "full"});
    let answer = operator.post("/loans/quote", &late);
    assert_eq!((answer.status, answer.code()), (409, "loan_closed"));

    loan["principal"] = json!("-1.001");
    loan["instalments"] = json!(0);
    let answer = operator.post("/loans/calculate", &loan);
    assert_eq!((answer.status, answer.fields()), (422, vec!["principal", "instalments"]));
    let answer = operator.post("/loans/quote", &json!({"loan": loan, "on": "x", "mode": "full"}));
    assert_eq!((answer.status, answer.fields()), (422, vec!["on"]));
}

/// A client of the demo, for loans of one's own.
fn client_of(lenderbox: &Lenderbox, asker: &Client) -> String {
    let phone = lenderbox.sample_phone().replace('+', "%2B");
    let found = asker.get(&format!("/search?q={phone}")).ok();
    found["items"][0]["client_id"].as_str().unwrap().to_owned()
}

/// The product whose books are kept here.
fn own_product(lenderbox: &Lenderbox) -> &'static str {
    let id = "0192f000-0000-7000-8000-0000000000bb";
    let body = json!({"title": {"ru": "Свой заём"}, "book": "own",
        "terms": {"penalty_percent": "20", "notice_days": 0}});
    let admin = lenderbox.sign_in("administrator", 0);
    let body = Some(body.to_string().into_bytes());
    admin.send("PUT", &format!("/directory/product/{id}"), body, &[("If-Match", "\"0\"")]).ok();
    id
}

/// The day `days` before today in the zone of the demo lender.
fn ago(days: i64) -> String {
    let then = SystemClock.now().plus_seconds(-days * 86_400);
    then.date_in(chrono_tz::Europe::Moscow).to_string()
}

/// Opens a loan of E1's terms issued so many days ago; gives its identifier.
fn open(supervisor: &Client, client: &str, product: &str, number: &str, days: i64) -> String {
    let body = json!({"client_id": client, "number": number, "product": product,
        "agreement": {"kind": "annuity", "principal": "100000.00", "rate_percent": "24",
            "instalments": 12, "issued_on": ago(days)}});
    supervisor.post("/loans", &body).ok()["loan_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_loan_kept_here_is_opened_paid_and_explained() {
    let lenderbox = Lenderbox::demo();
    let elena = lenderbox.sign_in("supervisor", 0);
    let (client, product) = (client_of(&lenderbox, &elena), own_product(&lenderbox));
    let loan = open(&elena, &client, product, "OWN-1", 45);
    let path = |part: &str| format!("/loans/{loan}{part}");
    let shown = elena.get(&path("")).ok();
    assert_eq!((&shown["book"], &shown["status"]), (&json!("own"), &json!("overdue")), "{shown}");
    assert_eq!(shown["product"], "Свой заём");
    assert_eq!(shown["schedule"].as_array().unwrap().len(), 12);
    assert_eq!(shown["schedule"][0]["state"], "overdue");
    assert_eq!(shown["terms"]["rate_percent"], "24");
    let paid = json!({"on": ago(10), "amount": "9455.96", "key": "bank-1"});
    let first = elena.post(&path("/payments"), &paid).ok();
    let again = elena.post(&path("/payments"), &paid).ok();
    assert_eq!(first["operation_id"], again["operation_id"]);
    assert_eq!((&first["is_new"], &again["is_new"]), (&json!(true), &json!(false)));
    for figure in
        ["next_payment", "debt_today", "overdue", "interest", "penalty", "total_left", "payoff"]
    {
        let why = elena.get(&path(&format!("/explain?figure={figure}"))).ok();
        let kopecks = |text: &serde_json::Value| -> i64 {
            text.as_str().unwrap().replace('.', "").parse().unwrap()
        };
        let lines = why["lines"].as_array().unwrap();
        let sum: i64 = lines.iter().map(|line| kopecks(&line["amount"])).sum();
        assert_eq!(sum, kopecks(&why["amount"]), "{why}");
        let shown = elena.get(&path("")).ok();
        let stated = match figure {
            "next_payment" => &shown["figures"]["next_payment"]["amount"],
            other => &shown["figures"][other],
        };
        assert_eq!(stated, &why["amount"], "{figure}");
    }
    // The card says the same.
    let card = elena.get(&format!("/clients/{client}")).ok();
    let rows = card["loans"].as_array().unwrap();
    let row = rows.iter().find(|row| row["loan_id"] == json!(loan)).unwrap();
    let shown = elena.get(&path("")).ok();
    assert_eq!(row["outstanding"]["amount"], shown["figures"]["total_left"]);
    assert_eq!(row["days_past_due"], shown["days_past_due"]);
    let operation = first["operation_id"].as_str().unwrap();
    let reason = json!({"reason": "mistake"});
    let reversed = elena.post(&path(&format!("/operations/{operation}/reverse")), &reason);
    assert_eq!(reversed.status, 204, "{}", reversed.body);
    let shown = elena.get(&path("")).ok();
    assert_eq!(shown["operations"][0]["reversed"], "mistake");
    assert_eq!(shown["schedule"][0]["paid"], "0.00");
}

#[test]
fn an_early_repayment_is_quoted_for_any_day() {
    let lenderbox = Lenderbox::demo();
    let elena = lenderbox.sign_in("supervisor", 0);
    let (client, product) = (client_of(&lenderbox, &elena), own_product(&lenderbox));
    let loan = open(&elena, &client, product, "OWN-2", 10);
    let quote = |rest: &str| elena.get(&format!("/loans/{loan}/early-quote?on={}{rest}", ago(-10)));
    let full = quote("&kind=full").ok();
    assert_eq!((full["on"].as_str(), &full["schedule"]), (Some(ago(-10).as_str()), &json!([])));
    assert_eq!(full["earliest_on"], json!(ago(0)));
    let part = quote("&kind=shorter_term&amount=20000").ok();
    assert_eq!(part["pay"], "20000.00");
    assert!(part["schedule"].as_array().unwrap().len() < 12, "{part}");
    let faulty = quote("&kind=smaller_payment&amount=1.001");
    assert_eq!((faulty.status, faulty.fields()), (422, vec!["amount"]));
    let faulty = elena.get(&format!("/loans/{loan}/early-quote?on={}&kind=full", ago(3)));
    assert_eq!((faulty.status, faulty.fields()), (422, vec!["on"]));
    let card = elena.get(&format!("/clients/{client}")).ok();
    let rows = card["loans"].as_array().unwrap();
    let external =
        rows.iter().find(|row| row["status"] != "closed_paid" && row["loan_id"] != json!(loan));
    if let Some(external) = external {
        let id = external["loan_id"].as_str().unwrap();
        let told = elena.get(&format!("/loans/{id}")).ok();
        assert_eq!(told["book"], "external");
        let fee = json!({"on": ago(0), "amount": "1"});
        let refused = elena.post(&format!("/loans/{id}/fees"), &fee);
        assert_eq!((refused.status, refused.code()), (409, "loan_kept_elsewhere"));
    }
}
