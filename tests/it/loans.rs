//! The calculator over HTTP.

use super::harness::{Answer, Client, Lenderbox, eventually};
use lenderbox::base::time::{Clock, SystemClock};
use serde_json::{Value, json};

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
pub fn client_of(lenderbox: &Lenderbox, asker: &Client) -> String {
    let phone = lenderbox.sample_phone().replace('+', "%2B");
    let found = asker.get(&format!("/search?q={phone}")).ok();
    found["items"][0]["client_id"].as_str().unwrap().to_owned()
}

/// The product whose books are kept here.
pub fn own_product(lenderbox: &Lenderbox) -> &'static str {
    let id = "0192f000-0000-7000-8000-0000000000bb";
    let body = json!({"title": {"ru": "Свой заём"}, "book": "own",
        "terms": {"penalty_percent": "20", "notice_days": 0}});
    let admin = lenderbox.sign_in("administrator", 0);
    let body = Some(body.to_string().into_bytes());
    admin.send("PUT", &format!("/directory/product/{id}"), body, &[("If-Match", "\"0\"")]).ok();
    id
}

/// The day `days` before today in the zone of the demo lender.
pub fn ago(days: i64) -> String {
    let then = SystemClock.now().plus_seconds(-days * 86_400);
    then.date_in(chrono_tz::Europe::Moscow).to_string()
}

/// Opens a loan of E1's terms issued so many days ago; gives its identifier.
pub fn open(supervisor: &Client, client: &str, product: &str, number: &str, days: i64) -> String {
    let body = json!({"client_id": client, "number": number, "product": product,
        "agreement": {"kind": "annuity", "principal": "100000.00", "rate_percent": "24",
            "instalments": 12, "issued_on": ago(days)}});
    supervisor.post("/loans", &body).ok()["loan_id"].as_str().unwrap().to_owned()
}

fn kopecks(text: &Value) -> i64 {
    text.as_str().unwrap().replace('.', "").parse().unwrap()
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
    for figure in [
        "next_payment",
        "debt_today",
        "overdue",
        "interest",
        "penalty",
        "total_left",
        "payoff",
        "unallocated",
    ] {
        let why = elena.get(&path(&format!("/explain?figure={figure}"))).ok();
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
    rows_and_days_are_explained(&elena, &loan);
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

/// Every sum of the schedule, and the days past due, with lines that add up to what is shown.
fn rows_and_days_are_explained(elena: &Client, loan: &str) {
    let shown = elena.get(&format!("/loans/{loan}")).ok();
    let why = |figure: &str| elena.get(&format!("/loans/{loan}/explain?figure={figure}")).ok();
    for row in shown["schedule"].as_array().unwrap() {
        for (figure, field) in [
            ("instalment_payment", "payment"),
            ("instalment_interest", "interest"),
            ("instalment_principal", "principal"),
            ("instalment_balance", "balance"),
            ("instalment_left", "left"),
        ] {
            let why = why(&format!("{figure}&n={}", row["n"]));
            let lines = why["lines"].as_array().unwrap();
            let sum: i64 = lines.iter().map(|line| kopecks(&line["amount"])).sum();
            assert_eq!(sum, kopecks(&row[field]), "{why}");
            assert_eq!((&why["amount"], &why["n"]), (&row[field], &row["n"]), "{why}");
            assert_eq!(why["unit"], "sum");
        }
    }
    let first = why("instalment_interest&n=1")["lines"][0].clone();
    assert_eq!((&first["base"], &first["rate_percent"]), (&json!("100000.00"), &json!("24")));
    assert!([365, 366].map(|days| json!(days)).contains(&first["year_days"]), "{first}");
    let cost = why("full_cost");
    assert_eq!(
        (&cost["unit"], &cost["amount"]),
        (&json!("percent"), &shown["terms"]["psk_percent"])
    );
    let flows = cost["lines"].as_array().unwrap();
    assert_eq!(flows.iter().map(|flow| kopecks(&flow["amount"])).sum::<i64>(), 0, "{cost}");
    assert_eq!((flows.len(), &flows[0]["flow"]["amount"]), (13, &json!("-100000.00")));
    assert_eq!(cost["full_cost"]["periods_per_year"], "12");
    // On the day before the payment the first instalment was late.
    let on = ago(11);
    let late = elena.get(&format!("/loans/{loan}?on={on}")).ok();
    let why = why(&format!("days_past_due&on={on}"));
    assert_eq!((&why["unit"], &why["lines"][0]["what"]), (&json!("days"), &json!("days_late")));
    assert_eq!(why["amount"], json!(late["days_past_due"].to_string()));
    assert_eq!(why["lines"][0]["due_on"], late["schedule"][0]["due_on"]);
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
    let sum = |lines: &Value| -> i64 {
        lines.as_array().unwrap().iter().map(|line| kopecks(&line["amount"])).sum()
    };
    for quote in [&full, &part] {
        assert_eq!(sum(&quote["lines"]), kopecks(&quote["pay"]), "{quote}");
        assert_eq!(sum(&quote["saving_lines"]), kopecks(&quote["saving"]), "{quote}");
    }
    // Interest for the days used is reckoned before the reader's eyes.
    let used = &full["lines"][0];
    assert_eq!((&used["what"], &used["base"]), (&json!("interest"), &json!("100000.00")));
    let lines = full["lines"].as_array().unwrap();
    let days: i64 = lines.iter().filter_map(|line| line["days"].as_i64()).sum();
    assert_eq!(days, 20);
    let faulty = quote("&kind=smaller_payment&amount=1.001");
    assert_eq!((faulty.status, faulty.fields()), (422, vec!["amount"]));
    let faulty = elena.get(&format!("/loans/{loan}/early-quote?on={}&kind=full", ago(3)));
    assert_eq!((faulty.status, faulty.fields()), (422, vec!["on"]));
    let card = elena.get(&format!("/clients/{client}")).ok();
    let rows = card["loans"].as_array().unwrap();
    let external = rows.iter().find(|row| row["loan_id"] != json!(loan));
    let id = external.expect("another system's loan")["loan_id"].as_str().unwrap();
    let told = elena.get(&format!("/loans/{id}")).ok();
    assert_eq!(told["book"], "external");
    let fee = json!({"on": ago(0), "amount": "1"});
    let refused = elena.post(&format!("/loans/{id}/fees"), &fee);
    assert_eq!((refused.status, refused.code()), (409, "loan_kept_elsewhere"));
    // What nobody has told is not answered with nothing.
    let untold = elena.get(&format!("/loans/{id}/explain?figure=full_cost"));
    assert_eq!((untold.status, untold.fields()), (422, vec!["figure"]));
}

/// A loan that supervisors work on, opened so many days ago.
struct Own {
    lenderbox: Lenderbox,
    elena: Client,
    client: String,
    loan: String,
}

impl Own {
    fn new(days: i64) -> Self {
        let lenderbox = Lenderbox::demo();
        let elena = lenderbox.sign_in("supervisor", 0);
        let (client, product) = (client_of(&lenderbox, &elena), own_product(&lenderbox));
        let loan = open(&elena, &client, product, "OWN-9", days);
        Self { lenderbox, elena, client, loan }
    }
    fn path(&self, part: &str) -> String {
        format!("/loans/{}{part}", self.loan)
    }
    fn shown(&self) -> Value {
        self.elena.get(&self.path("")).ok()
    }
    fn post(&self, part: &str, body: &Value) -> Answer {
        self.elena.post(&self.path(part), body)
    }
    /// Books something; gives the operation.
    fn book(&self, part: &str, body: &Value) -> String {
        self.post(part, body).ok()["operation_id"].as_str().unwrap().to_owned()
    }
    /// Pays whatever is due today.
    fn pay_what_is_due(&self) {
        let due = self.shown()["figures"]["debt_today"].clone();
        self.book("/payments", &json!({"on": ago(0), "amount": due}));
    }
}

/// The first operation of a kind.
fn operation<'a>(shown: &'a Value, kind: &str) -> &'a Value {
    let all = shown["operations"].as_array().unwrap();
    all.iter().find(|one| one["kind"] == kind).unwrap_or(&Value::Null)
}

#[test]
fn fees_penalty_and_refunds_are_booked() {
    let own = Own::new(70);
    own.book("/fees", &json!({"on": ago(5), "amount": "590.00"}));
    let shown = own.shown();
    let penalty = shown["figures"]["penalty"].clone();
    assert_ne!(penalty, "0.00");
    let last = shown["penalties"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["to"], &last["rate_percent"]), (&json!(ago(0)), &json!("20")));
    let parts: i64 =
        shown["structure"].as_array().unwrap().iter().map(|p| kopecks(&p["amount"])).sum();
    assert_eq!(parts, kopecks(&shown["figures"]["payoff"]), "{shown}");
    own.book("/penalty-forgiveness", &json!({"on": ago(0), "amount": penalty}));
    assert_eq!(own.shown()["figures"]["penalty"], "0.00");
    own.pay_what_is_due();
    let shown = own.shown();
    assert_eq!((&shown["status"], &shown["bucket"]), (&json!("active"), &json!("0")));
    // By law the current period comes before fees: they wait for more money.
    assert_eq!(shown["figures"]["debt_today"], "590.00");
    // Two payments more leave money that waits; it can go back, and no more than that.
    own.book("/payments", &json!({"on": ago(0), "amount": "20000"}));
    assert_eq!(own.shown()["figures"]["debt_today"], "0.00");
    let waits = own.shown()["figures"]["unallocated"].clone();
    assert!(kopecks(&waits) > 0, "{waits}");
    let much = own.post("/refunds", &json!({"on": ago(0), "amount": "20000"}));
    assert_eq!((much.status, much.fields()), (422, vec!["amount"]));
    own.book("/refunds", &json!({"on": ago(0), "amount": waits}));
    let shown = own.shown();
    assert_eq!(shown["figures"]["unallocated"], "0.00");
    for kind in ["fee", "penalty_forgiven", "payment", "refund"] {
        assert_eq!(operation(&shown, kind)["source"], "hand", "{kind}");
    }
    // History and the card's list of payments know the same money.
    let listed = own.elena.get(&format!("/clients/{}/loans/{}", own.client, own.loan)).ok();
    let kinds: Vec<&str> = listed["payments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["refund", "payment", "payment"]);
    assert_eq!(listed["schedule"][0]["state"], "paid");
    let history = own.elena.get(&format!("/clients/{}/history", own.client)).ok().to_string();
    assert!(history.contains("20000.00"), "{history}");
}

#[test]
fn a_holiday_and_a_restructuring_change_the_schedule() {
    let own = Own::new(40);
    own.pay_what_is_due();
    let holiday = json!({"from": ago(0), "to": ago(-80), "rate_percent": "18.2"});
    own.book("/holidays", &holiday);
    let shown = own.shown();
    assert_eq!(shown["overlays"], json!(["holiday"]));
    let next = shown["figures"]["next_payment"]["due_on"].as_str().unwrap().to_owned();
    assert!(next > ago(-80), "{next}");
    let again = own.post("/holidays", &holiday);
    assert_eq!((again.status, again.code()), (409, "holiday_taken"));
    own.book("/restructurings", &json!({"on": ago(0), "rate_percent": "20", "instalments": 24}));
    let shown = own.shown();
    assert!(shown["overlays"].as_array().unwrap().contains(&json!("restructured")), "{shown}");
    let planned =
        shown["schedule"].as_array().unwrap().iter().filter(|row| row["state"] == "planned");
    assert!(planned.count() >= 24);
    let replan = operation(&shown, "restructuring")["operation_id"].as_str().unwrap();
    let refused = own.post(&format!("/operations/{replan}/reverse"), &json!({"reason": "mistake"}));
    assert_eq!((refused.status, refused.code()), (409, "not_reversible"));
}

#[test]
fn goods_come_back_in_part_and_in_whole() {
    let own = Own::new(40);
    own.pay_what_is_due();
    let back = json!({"on": ago(0), "amount": "12000.00", "is_shorter": true, "key": "shop-1"});
    let first = own.book("/goods-returns", &back);
    let shown = own.shown();
    assert_eq!(operation(&shown, "payment")["payer"], "shop");
    assert_eq!(operation(&shown, "goods_return")["amount"], "12000.00");
    assert_eq!(own.book("/goods-returns", &back), first);
    assert_eq!(own.shown()["figures"], shown["figures"], "the same key books nothing");
    let rest = shown["figures"]["payoff"].clone();
    own.book("/goods-returns", &json!({"on": ago(0), "amount": rest}));
    let shown = own.shown();
    assert_eq!(
        (&shown["status"], &shown["figures"]["payoff"]),
        (&json!("returned_goods"), &json!("0.00"))
    );
    assert_eq!(operation(&shown, "closed")["closing"], "goods_returned");
    assert_eq!(shown["figures"]["next_payment"], Value::Null);
    // The card knows that it has ended.
    let card = own.elena.get(&format!("/clients/{}", own.client)).ok();
    let rows = card["loans"].as_array().unwrap();
    let row = rows.iter().find(|row| row["loan_id"] == json!(own.loan)).unwrap();
    assert_eq!(
        (&row["status"], &row["outstanding"]["amount"]),
        (&json!("returned_goods"), &json!("0.00"))
    );
}

#[test]
fn a_loan_for_goods_tells_the_shops_part() {
    let own = Own::new(40);
    assert_eq!(own.shown()["terms"]["shop"], Value::Null);
    let body = json!({"client_id": own.client, "number": "OWN-SHOP", "product": "Свой заём",
        "agreement": {"kind": "instalment", "principal": "44990.00", "rate_percent": "0",
            "instalments": 6, "issued_on": ago(5), "down_payment": "4999.00",
            "merchant_discount_percent": "8"}});
    let opened = own.elena.post("/loans", &body).ok();
    let shown = own.elena.get(&format!("/loans/{}", opened["loan_id"].as_str().unwrap())).ok();
    let told = json!({"down_payment": "4999.00", "discount": "3599.20", "paid_to_shop": "41390.80",
        "shop_owes": "44990.00", "client_gets": "4999.00"});
    assert_eq!(shown["terms"]["shop"], told);
}

#[test]
fn a_request_for_early_repayment_lives_its_life() {
    let own = Own::new(10);
    let anna = own.lenderbox.sign_in("operator", 0);
    let asked = json!({"on": ago(-5), "kind": "withdrawal"});
    let late = own.post("/early-requests", &asked);
    assert_eq!((late.status, late.code()), (409, "withdrawal_over"));
    let taken = own.post("/early-requests", &json!({"on": ago(-5), "kind": "full"})).ok();
    assert_eq!(taken["state"], "calculated");
    let quote = own.elena.get(&own.path(&format!("/early-quote?on={}&kind=full", ago(-5)))).ok();
    assert_eq!(taken["quoted"], quote["pay"]);
    let twice = own.post("/early-requests", &json!({"on": ago(-5), "kind": "full"}));
    assert_eq!((twice.status, twice.code()), (409, "request_exists"));
    let steps =
        own.path(&format!("/early-requests/{}/steps", taken["request_id"].as_str().unwrap()));
    let step = |who: &Client, step: &str| who.post(&steps, &json!({"step": step}));
    assert_eq!(step(&anna, "await_funds").status, 403);
    assert_eq!(step(&own.elena, "await_funds").ok()["state"], "funds_awaited");
    assert_eq!(step(&own.elena, "calculate").ok()["state"], "calculated");
    assert_eq!(step(&own.elena, "withdraw").ok()["state"], "withdrawn");
    let gone = step(&own.elena, "await_funds");
    assert_eq!((gone.status, gone.code()), (409, "request_gone_on"));
    let shown = own.shown();
    let request = &shown["requests"][0];
    assert_eq!((&request["state"], &request["kind"]), (&json!("withdrawn"), &json!("full")));
    let part = json!({"on": ago(-1), "kind": "withdrawal", "amount": "1000"});
    let part = own.post("/early-requests", &part);
    assert_eq!((part.status, part.code()), (409, "withdrawal_in_part"));
}

/// Runs the daily run to its end.
pub fn run_the_day(person: &Client) {
    let run = || person.get("/daily-run").ok()["items"][0].clone();
    let before = run()["begun"].as_u64().unwrap_or(0);
    person.post("/daily-run", &json!({})).ok();
    eventually("the daily run has ended", || {
        let run = run();
        (run["state"] == "ended" && run["begun"].as_u64() > Some(before)).then_some(())
    });
}

#[test]
fn money_that_ended_a_loan_early_is_taken_back_and_the_loan_goes_on() {
    let own = Own::new(10);
    let before = own.shown();
    own.post("/early-requests", &json!({"on": ago(0), "kind": "full"})).ok();
    let paid = own.book("/payments", &json!({"on": ago(0), "amount": "101000.00"}));
    run_the_day(&own.elena);
    let ended = own.shown();
    assert_eq!(
        (&ended["status"], &ended["figures"]["unallocated"]),
        (&json!("closed_early"), &json!("342.47"))
    );

    let asked = json!({"operation_id": paid, "reason": "recalled_by_bank"});
    let told = own.post("/previews/reversals", &asked).ok();
    assert_eq!((&told["status"], &told["figures"]), (&json!("active"), &before["figures"]));
    assert_eq!(own.shown(), ended, "a preview has booked something");
    let reason = json!({"reason": "recalled_by_bank"});
    let reversed = own.post(&format!("/operations/{paid}/reverse"), &reason);
    assert_eq!(reversed.status, 204, "{}", reversed.body);
    let shown = own.shown();
    assert_eq!((&shown["status"], &shown["schedule"]), (&json!("active"), &before["schedule"]));
    assert_eq!(shown["figures"], before["figures"]);
    assert_eq!(shown["requests"][0]["state"], "funds_awaited");
    for one in shown["operations"].as_array().unwrap() {
        assert_eq!(one["reversed"], "recalled_by_bank", "{one}");
    }
    let card = own.elena.get(&format!("/clients/{}", own.client)).ok();
    let rows = card["loans"].as_array().unwrap();
    let row = rows.iter().find(|row| row["loan_id"] == json!(own.loan)).unwrap();
    assert_eq!(row["status"], "active");

    // Written off it keeps what was booked before.
    let small = own.book("/payments", &json!({"on": ago(0), "amount": "100.00"}));
    own.book("/closings", &json!({"on": ago(0), "closing": "written_off"}));
    let kept = own.post(&format!("/operations/{small}/reverse"), &reason);
    assert_eq!((kept.status, kept.code()), (409, "loan_ended_for_good"));
    let asked = json!({"operation_id": small, "reason": "mistake"});
    let kept = own.post("/previews/reversals", &asked);
    assert_eq!((kept.status, kept.code()), (409, "loan_ended_for_good"));
}

#[test]
fn bad_input_names_every_field_and_changes_nothing() {
    let own = Own::new(45);
    let before = own.shown();
    let (issue, later) = (ago(60), ago(-3));
    let old = json!({"on": issue, "amount": "-1.001"});
    #[rustfmt::skip]
    let rows: Vec<(&str, Value, u16, Vec<&str>)> = vec![
        ("/payments", json!({}), 422, vec!["on", "amount"]),
        ("/payments", old.clone(), 422, vec!["amount", "on"]),
        ("/payments", json!({"on": later, "amount": "0", "payer": "bank"}), 422, vec!["amount", "payer", "on"]),
        ("/payments", json!({"on": "soon", "amount": "1e5"}), 422, vec!["on", "amount"]),
        ("/payments", json!({"on": ago(0), "amount": "999999999999999"}), 422, vec!["amount"]),
        ("/payments", json!({"on": ago(0), "amount": "1", "sum": "1"}), 400, vec!["sum"]),
        ("/fees", old.clone(), 422, vec!["amount", "on"]),
        ("/penalty-forgiveness", old.clone(), 422, vec!["amount", "on"]),
        ("/penalty-forgiveness", json!({"on": ago(0), "amount": "100000"}), 422, vec!["amount"]),
        ("/refunds", old.clone(), 422, vec!["amount", "on"]),
        ("/refunds", json!({"on": ago(0), "amount": "1"}), 422, vec!["amount"]),
        ("/holidays", json!({"from": issue, "to": later, "rate_percent": "x", "payment": "-1"}), 422,
            vec!["rate_percent", "payment", "from"]),
        ("/restructurings", json!({"on": later, "rate_percent": "2000", "instalments": 0, "forgiven_penalty": "9.999"}), 422,
            vec!["rate_percent", "forgiven_penalty", "on", "instalments"]),
        ("/restructurings", json!({"on": ago(0), "rate_percent": "700", "instalments": 700, "forgiven_penalty": "90000"}), 422,
            vec!["instalments", "rate_percent", "forgiven_penalty"]),
        ("/goods-returns", old.clone(), 422, vec!["amount", "on"]),
        ("/closings", json!({"on": issue, "closing": "forgotten"}), 422, vec!["closing", "on"]),
        ("/early-requests", json!({"on": ago(1), "kind": "some", "amount": "0.001"}), 422, vec!["kind", "amount", "on"]),
        ("/early-requests", json!({"on": ago(-20), "kind": "smaller_payment"}), 422, vec!["amount"]),
        ("/early-requests", json!({"on": ago(-20), "kind": "shorter_term", "amount": "900000"}), 422, vec!["amount"]),
        ("/early-requests", json!({"on": ago(-20), "kind": "full", "amount": "5"}), 422, vec!["amount"]),
    ];
    let mut faults = Vec::new();
    for (part, body, status, fields) in rows {
        let answer = own.post(part, &body);
        if (answer.status, answer.fields()) != (status, fields) {
            faults.push(format!("{part} {body}: {} {}", answer.status, answer.body));
        }
    }
    let nobody = "0192f000-0000-7000-8000-00000000dead";
    let reason = json!({"reason": "mistake"});
    let none = own.post(&format!("/operations/{nobody}/reverse"), &reason);
    assert_eq!((none.status, none.code()), (404, "not_found"));
    let none = own.post(&format!("/early-requests/{nobody}/steps"), &json!({"step": "withdraw"}));
    assert_eq!((none.status, none.code()), (404, "not_found"));
    let word = own.post(&format!("/operations/{nobody}/reverse"), &json!({"reason": "because"}));
    assert_eq!((word.status, word.fields()), (422, vec!["reason"]));
    let paid = json!({"on": ago(0), "amount": "1"});
    let none = own.elena.post(&format!("/loans/{nobody}/payments"), &paid);
    assert_eq!((none.status, none.code()), (404, "not_found"));
    assert_eq!(own.elena.get(&format!("/loans/{nobody}")).status, 404);
    let day = own.elena.get(&own.path("?on=1990-01-01"));
    assert_eq!((day.status, day.fields()), (422, vec!["on"]));
    let figure = own.elena.get(&own.path("/explain?figure=mood"));
    assert_eq!((figure.status, figure.fields()), (422, vec!["figure"]));
    for row in ["instalment_interest", "instalment_interest&n=99", "overdue&n=1"] {
        let refused = own.elena.get(&own.path(&format!("/explain?figure={row}")));
        assert_eq!((refused.status, refused.fields()), (422, vec!["n"]), "{row}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(own.shown(), before);
    // What has ended takes nothing more.
    own.book("/closings", &json!({"on": ago(0), "closing": "ceded"}));
    let before = own.shown();
    assert_eq!(before["status"], "ceded");
    let closed = [
        ("/payments", paid.clone()),
        ("/fees", paid.clone()),
        ("/goods-returns", paid.clone()),
        ("/closings", json!({"on": ago(0), "closing": "ceded"})),
        ("/holidays", json!({"from": ago(0), "to": ago(-30), "rate_percent": "1"})),
        ("/restructurings", json!({"on": ago(0), "rate_percent": "1", "instalments": 2})),
        ("/early-requests", json!({"on": ago(0), "kind": "full"})),
    ];
    for (part, body) in closed {
        let answer = own.post(part, &body);
        assert_eq!((answer.status, answer.code()), (409, "loan_closed"), "{part}");
    }
    assert_eq!(own.shown(), before);
}

#[test]
fn a_loan_is_opened_with_good_terms_only() {
    let own = Own::new(10);
    let good = json!({"client_id": own.client, "number": "OWN-10", "product": "Свой заём",
        "agreement": {"kind": "instalment", "principal": "300.00", "rate_percent": "0",
            "instalments": 3, "issued_on": ago(0)}});
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        let (parent, last) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[last] = value;
        own.elena.post("/loans", &body)
    };
    let nobody = json!("0192f000-0000-7000-8000-00000000dead");
    #[rustfmt::skip]
    let rows = vec![
        ("/client_id", nobody, "client_id"),
        ("/number", json!(" "), "number"),
        ("/product", json!("Ничей заём"), "product"),
        ("/product", json!("Заём наличными"), "product"),
        ("/agreement/principal", json!("-300"), "agreement.principal"),
        ("/agreement/rate_percent", json!("5"), "agreement.rate_percent"),
        ("/agreement/instalments", json!(0), "agreement.instalments"),
        ("/agreement/issued_on", json!(ago(-2)), "agreement.issued_on"),
        ("/agreement/penalty_percent", json!("many"), "agreement.penalty_percent"),
        ("/signed", json!([{"due_on": ago(-30), "principal": "100", "interest": "0"}]), "signed"),
        ("/signed", json!([{"due_on": ago(30), "principal": "300", "interest": "0"}]), "signed[0].due_on"),
        ("/signed", json!([{"due_on": ago(-30), "principal": "300", "interest": "-1"}]), "signed[0].interest"),
    ];
    for (pointer, value, field) in rows {
        let answer = with(pointer, value);
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec![field]),
            "{pointer} {}",
            answer.body
        );
    }
    let taken = with("/number", json!("OWN-9"));
    assert_eq!((taken.status, taken.code()), (409, "duplicate"), "{}", taken.body);
    let signed = json!([{"due_on": ago(-30), "principal": "120", "interest": "0"},
        {"due_on": ago(-60), "principal": "180", "interest": "0"}]);
    let loan = with("/signed", signed).ok()["loan_id"].as_str().unwrap().to_owned();
    let shown = own.elena.get(&format!("/loans/{loan}")).ok();
    assert_eq!(shown["figures"]["next_payment"], json!({"due_on": ago(-30), "amount": "120.00"}));
    assert_eq!(shown["figures"]["total_left"], "300.00");
}

#[test]
fn a_repeated_request_books_once_even_after_a_restart() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("data");
    let mut lenderbox = Lenderbox::start(&folder, &["--clients", "10"]);
    let elena = lenderbox.sign_in("supervisor", 0);
    let (client, product) = (client_of(&lenderbox, &elena), own_product(&lenderbox));
    let terms = json!({"client_id": client, "number": "OWN-1", "product": product,
        "agreement": {"kind": "annuity", "principal": "1000", "rate_percent": "24",
            "instalments": 3, "issued_on": ago(3)}});
    let send = |who: &Client, path: &str, body: &Value, key: &str| {
        let body = Some(body.to_string().into_bytes());
        who.send("POST", path, body, &[("Idempotency-Key", key)]).ok()
    };
    let opened = send(&elena, "/loans", &terms, "k1");
    let payments = format!("/loans/{}/payments", opened["loan_id"].as_str().unwrap());
    let paid = json!({"on": ago(0), "amount": "10"});
    let first = send(&elena, &payments, &paid, "k2");
    lenderbox.stop();
    let lenderbox = Lenderbox::start(&folder, &[]);
    let elena = elena.at(&lenderbox);
    assert_eq!(send(&elena, "/loans", &terms, "k1"), opened);
    assert_eq!(send(&elena, &payments, &paid, "k2"), first);
    let shown = elena.get(payments.trim_end_matches("/payments")).ok();
    assert_eq!(shown["operations"].as_array().unwrap().len(), 1);
}

#[test]
fn what_a_booking_would_do_is_told_and_books_nothing() {
    let lenderbox = Lenderbox::demo();
    let elena = lenderbox.sign_in("supervisor", 0);
    let (client, product) = (client_of(&lenderbox, &elena), own_product(&lenderbox));
    let loan = open(&elena, &client, product, "OWN-3", 45);
    let path = |part: &str| format!("/loans/{loan}{part}");
    let before = elena.get(&path("")).ok();
    let payment = json!({"on": ago(0), "amount": "5000"});
    let told = elena.post(&path("/previews/payments"), &payment).ok();
    assert_eq!(told["operations"][0]["amount"], "5000.00");
    assert_ne!(told["figures"]["debt_today"], before["figures"]["debt_today"]);
    assert_eq!(elena.get(&path("")).ok(), before, "a preview has booked something");
    elena.post(&path("/payments"), &payment).ok();
    let after = elena.get(&path("")).ok();
    assert_eq!(told["figures"], after["figures"]);
    let holiday = json!({"from": ago(0), "to": ago(-60), "rate_percent": "24"});
    let told = elena.post(&path("/previews/holidays"), &holiday).ok();
    assert_ne!(told["schedule"], after["schedule"]);
    let closing = json!({"on": ago(0), "closing": "written_off"});
    let told = elena.post(&path("/previews/closings"), &closing).ok();
    assert_eq!(told["status"], "written_off");
    assert_eq!(elena.get(&path("")).ok(), after);
    let faulty = json!({"on": ago(0), "amount": "-5"});
    let refused = elena.post(&path("/previews/fees"), &faulty);
    assert_eq!((refused.status, refused.fields()), (422, vec!["amount"]));
    assert_eq!(elena.post(&path("/previews/gifts"), &payment).status, 404);
    let anna = lenderbox.sign_in("operator", 0);
    assert_eq!(anna.post(&path("/previews/payments"), &payment).status, 403);
}
