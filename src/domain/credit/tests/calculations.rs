//! The calculator: what the API answers, and every fault it names.

use super::super::calculator::{self, LoanAsk, QuoteAsk};
use super::super::policy::Policy;
use crate::domain::calendar::Calendar;
use crate::domain::fields;
use serde_json::{Value, json};

fn ask(value: Value) -> LoanAsk {
    fields::read(value).unwrap()
}

fn e1() -> Value {
    json!({"kind":"annuity","principal":"100000.00","rate_percent":"24","instalments":12,
        "issued_on":"2026-01-15","day_basis":"ACT/ACT","shift_due_dates":false})
}

fn with(mut base: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

#[test]
fn a_calculation_is_the_worked_example() {
    let found = json!(calculator::calculate(&ask(e1()), &Calendar::RU).unwrap());
    assert_eq!(found["annuity"], "9455.96");
    assert_eq!(found["psk_percent"], "23.898");
    assert_eq!(found["total_interest"], "13405.32");
    assert_eq!(found["total_paid"], "113405.32");
    let first = json!({"n":1,"due_on":"2026-02-15","days":31,"interest":"2038.36",
        "principal":"7417.60","payment":"9455.96","balance":"92582.40"});
    assert_eq!(found["schedule"][0], first);
    assert_eq!(found["schedule"][11]["payment"], "9389.76");

    let shifted = ask(with(e1(), &json!({"shift_due_dates":true})));
    let found = calculator::calculate(&shifted, &Calendar::RU).unwrap();
    assert_eq!(found.total_interest, "13439.95");
    assert_eq!((found.schedule[0].days, found.schedule[0].interest.as_str()), (32, "2104.11"));
    let fee = ask(with(e1(), &json!({"fee_at_payout":"3000"})));
    let found = calculator::calculate(&fee, &Calendar::RU).unwrap();
    assert_eq!((found.psk_percent.as_str(), found.total_paid.as_str()), ("29.893", "116405.32"));
    let roubles = ask(with(e1(), &json!({"whole_roubles":true})));
    let found = calculator::calculate(&roubles, &Calendar::RU).unwrap();
    assert_eq!(found.annuity.as_deref(), Some("9456.00"));

    let payday = json!({"kind":"single","principal":"10000","rate_percent":"0.8",
        "rate_period":"day","instalments":1,"step_days":30,"issued_on":"2026-01-01"});
    let found = calculator::calculate(&ask(payday), &Calendar::RU).unwrap();
    assert_eq!((found.annuity, found.psk_percent.as_str()), (None, "292.000"));
    assert_eq!(found.total_paid, "12400.00");
}

fn quote(loan: Value, rest: Value) -> Result<Value, Vec<(String, &'static str)>> {
    let ask: QuoteAsk = fields::read(with(rest, &json!({ "loan": loan }))).unwrap();
    calculator::quote(&ask, &Policy::RU, &Calendar::RU).map(|view| json!(view)).map_err(|refusal| {
        match refusal.fields.is_empty() {
            true => vec![(String::new(), refusal.code)],
            false => refusal.fields.into_iter().map(|fault| (fault.field, fault.code)).collect(),
        }
    })
}

#[test]
fn a_quote_is_the_worked_example() {
    let part = json!({"on":"2026-05-15","mode":"smaller_payment","amount":"20000"});
    let found = quote(e1(), part).unwrap();
    assert_eq!((&found["saving"], &found["annuity"]), (&json!("1848.40"), &json!("6712.07")));
    assert_eq!(found["to_pay"], "29455.96");
    assert_eq!(found["schedule"][7]["payment"], "6748.59");
    let part = json!({"on":"2026-05-15","mode":"shorter_term","amount":"20000"});
    let found = quote(e1(), part).unwrap();
    assert_eq!(
        (&found["saving"], &found["schedule"][5]["payment"]),
        (&json!("3093.54"), &json!("5208.14"))
    );
    let found = quote(e1(), json!({"on":"2026-05-25","mode":"full"})).unwrap();
    assert_eq!((&found["to_pay"], &found["interest"]), (&json!("69623.98"), &json!("454.81")));
    assert_eq!(found["schedule"], json!([]));
}

#[test]
fn every_faulty_field_is_named() {
    let wrong = json!({"kind":"magic","principal":"-5","rate_percent":"24.1234567","instalments":0,
        "issued_on":"1890-01-01","day_basis":"ACT/361","shift_due_dates":true,
        "interest_shift":"maybe","due_day":32,"first_due_on":"1890-01-01","step_days":400,
        "fee_at_payout":"1.005"});
    let faults = calculator::agreement(&ask(wrong.clone())).unwrap_err();
    let found: Vec<(&str, &str)> =
        faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
    let expected = [
        ("kind", "unknown_value"),
        ("principal", "not_positive"),
        ("rate_percent", "out_of_range"),
        ("instalments", "out_of_range"),
        ("issued_on", "out_of_range"),
        ("interest_shift", "unknown_value"),
        ("step_days", "out_of_range"),
        ("due_day", "out_of_range"),
        ("first_due_on", "out_of_range"),
        ("first_due_on", "before_issue"),
        ("day_basis", "unknown_value"),
        ("fee_at_payout", "too_precise"),
    ];
    assert_eq!(found, expected);
    let rows = [
        (json!({"principal":"100000.001"}), ("principal", "too_precise")),
        (json!({"principal":"много"}), ("principal", "invalid_amount")),
        (json!({"principal":"100000000000.01"}), ("principal", "too_large")),
        (json!({"principal":"0"}), ("principal", "not_positive")),
        (json!({"rate_percent":"x"}), ("rate_percent", "invalid_number")),
        (json!({"rate_percent":"1000.1"}), ("rate_percent", "out_of_range")),
        (json!({"rate_period":"week"}), ("rate_period", "unknown_value")),
        (json!({"kind":"instalment"}), ("rate_percent", "not_zero")),
        (json!({"kind":"single"}), ("instalments", "out_of_range")),
        (json!({"instalments":601}), ("instalments", "out_of_range")),
        (json!({"fee_at_payout":"100000"}), ("fee_at_payout", "out_of_range")),
    ];
    for (change, expected) in rows {
        let faults = calculator::agreement(&ask(with(e1(), &change))).unwrap_err();
        let found: Vec<(&str, &str)> =
            faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
        assert_eq!(found, [expected], "{change}");
    }
    let found = quote(wrong, json!({"on":"1800-01-01","mode":"half","order":"any"})).unwrap_err();
    assert!(found.contains(&("loan.kind".into(), "unknown_value")));
    assert!(found.contains(&("mode".into(), "unknown_value")));
    assert!(found.contains(&("amount".into(), "required")));
    assert!(found.contains(&("order".into(), "unknown_value")));
    assert!(found.contains(&("on".into(), "out_of_range")));
    let rows = [
        (json!({"on":"2026-01-01","mode":"full"}), ("on", "before_issue")),
        (json!({"on":"2026-05-25","mode":"full","amount":"5"}), ("amount", "not_needed")),
        (
            json!({"on":"2026-05-25","mode":"shorter_term","amount":"1"}),
            ("amount", "early_sum_too_small"),
        ),
        (
            json!({"on":"2026-05-25","mode":"shorter_term","amount":"99999"}),
            ("amount", "early_sum_too_large"),
        ),
        (json!({"on":"2027-05-25","mode":"full"}), ("", "loan_closed")),
    ];
    for (rest, (field, code)) in rows {
        assert_eq!(quote(e1(), rest), Err(vec![(field.to_owned(), code)]));
    }
}

/// Whatever is typed is answered or refused, and principal is repaid to the kopeck.
#[test]
fn odd_terms_keep_their_principal() {
    let kinds = ["annuity", "equal_principal", "instalment", "single"];
    let sums = ["0.01", "0.05", "1", "12345.67", "100000000000"];
    let rates = ["0", "0.000001", "24", "1000"];
    for kind in kinds {
        for principal in sums {
            for rate in rates {
                for instalments in [1, 2, 7, 600] {
                    let terms = json!({"kind":kind,"principal":principal,"rate_percent":rate,
                        "instalments":instalments,"issued_on":"2027-08-31"});
                    let Ok(agreement) = calculator::agreement(&ask(terms.clone())) else {
                        assert!(kind == "instalment" && rate != "0" || kind == "single", "{terms}");
                        continue;
                    };
                    let plan = calculator::contract(&agreement, &Calendar::RU);
                    let repaid: i64 = plan.rows.iter().map(|row| row.principal).sum();
                    assert_eq!(repaid, agreement.granted, "{terms}");
                    assert!(plan.rows.iter().all(|row| row.principal >= 0 && row.interest >= 0));
                    assert!(plan.rows.windows(2).all(|two| two[0].due_on < two[1].due_on));
                    let last = plan.rows.last().map(|row| row.balance);
                    assert_eq!(last, Some(0), "{terms}");
                    assert!(calculator::calculate(&ask(terms), &Calendar::RU).is_ok());
                }
            }
        }
    }
}
