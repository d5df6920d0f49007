//! The calculator over HTTP.

use super::harness::Lenderbox;
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
