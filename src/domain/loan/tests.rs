//! Worked numbers of domain.md 2.6 and the refusals of imports.

use super::standing::{self, InstalmentState};
use super::*;
use crate::base::time::Timestamp;
use crate::domain::access::Principal;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn context() -> Context {
    Context {
        now: Timestamp::parse_rfc3339("2026-11-21T09:00:00Z").unwrap(),
        zone: chrono_tz::Europe::Moscow,
        principal: Principal::System,
    }
}

fn terms() -> LoanTerms {
    LoanTerms {
        number: "POS-2026-000123".into(),
        product: "POS".into(),
        principal: Money::from_minor(10_000_000, Currency::Rub),
        rate_percent: Decimal::from(24),
        term_months: 12,
        issued_on: date("2026-01-15"),
        status: LoanStatus::Active,
        status_text: String::new(),
    }
}

fn meta() -> Meta {
    Meta { seq: 1, at: context().now, actor: Principal::System, drawn: vec![] }
}

fn apply(loan: &mut Loan, command: LoanCommand) -> Result<usize, Rejection> {
    let decision = loan.decide(command, &context())?;
    for event in &decision.events {
        loan.evolve(event, &meta());
    }
    Ok(decision.events.len())
}

fn opened() -> Loan {
    let mut loan = Loan::default();
    let command = ImportLoan {
        id: LoanId::from_uuid(uuid::Uuid::from_u128(2)),
        client: ClientId::from_uuid(uuid::Uuid::from_u128(1)),
        source_key: "core:123".into(),
        terms: terms(),
        account: None,
        figures: None,
    };
    assert_eq!(apply(&mut loan, LoanCommand::Import(command)), Ok(1));
    loan
}

fn row(n: u16, due_on: &str) -> Instalment {
    Instalment { n, due_on: date(due_on), principal: 945_596, interest: 0, fee: 0, balance: 0 }
}

fn pay(loan: &mut Loan, key: &str, on: &str, amount: i64) -> Result<usize, Rejection> {
    let command = ImportPayment {
        source_key: key.into(),
        on: date(on),
        amount: Money::from_minor(amount, Currency::Rub),
        kind: PaymentKind::Payment,
    };
    apply(loan, LoanCommand::ImportPayment(command))
}

/// domain.md 2.6, example E10.
#[test]
fn days_past_due_and_overdue_amount_follow_the_worked_example() {
    let mut scheduled = opened();
    let instalments = vec![row(1, "2026-02-16"), row(2, "2026-03-16"), row(3, "2026-04-15")];
    let command = LoanCommand::ImportInstalments(ImportInstalments { instalments });
    assert_eq!(apply(&mut scheduled, command), Ok(1));
    let payments = [("2026-02-20", 500_000), ("2026-03-25", 600_000), ("2026-04-20", 1_600_000)];
    let expected = [
        ("2026-02-16", 0, 0),
        ("2026-02-17", 1, 945_596),
        ("2026-02-20", 4, 445_596),
        ("2026-03-16", 28, 445_596),
        ("2026-03-17", 29, 1_391_192),
        ("2026-03-25", 9, 791_192),
        ("2026-04-15", 30, 791_192),
        ("2026-04-16", 31, 1_736_788),
        ("2026-04-20", 5, 136_788),
        ("2026-05-01", 16, 136_788),
    ];
    for (today, days, overdue) in expected {
        let mut loan = scheduled.clone();
        for (index, (on, amount)) in payments.iter().enumerate() {
            if date(on) <= date(today) {
                assert_eq!(pay(&mut loan, &format!("p{index}"), on, *amount), Ok(1));
            }
        }
        let found = standing::on(&loan, date(today));
        assert_eq!((found.days_past_due, found.overdue), (days, overdue), "{today}");
    }
}

#[test]
fn a_repeated_row_changes_nothing_and_a_differing_payment_is_refused() {
    let mut loan = opened();
    assert_eq!(pay(&mut loan, "p1", "2026-02-20", 500_000), Ok(1));
    assert_eq!(pay(&mut loan, "p1", "2026-02-20", 500_000), Ok(0));
    assert_eq!(pay(&mut loan, "p1", "2026-02-20", 500_001).unwrap_err().code, "payment_differs");
    assert_eq!(loan.payments.len(), 1);
}

#[test]
fn faulty_terms_name_every_field() {
    let command = ImportLoan {
        id: LoanId::from_uuid(uuid::Uuid::from_u128(2)),
        client: ClientId::from_uuid(uuid::Uuid::from_u128(1)),
        source_key: "core:1".into(),
        terms: LoanTerms {
            number: " ".into(),
            principal: Money::from_minor(0, Currency::Rub),
            rate_percent: Decimal::from(-1),
            term_months: 601,
            issued_on: date("2027-01-01"),
            ..terms()
        },
        account: None,
        figures: None,
    };
    let refusal = Loan::default().decide(LoanCommand::Import(command), &context()).unwrap_err();
    let fields: Vec<&str> = refusal.fields.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["number", "principal", "rate_percent", "term_months", "issued_on"]);
}

#[test]
fn figures_of_the_core_system_win_and_carry_their_date() {
    let mut loan = opened();
    let instalments = vec![row(1, "2026-12-15")];
    apply(&mut loan, LoanCommand::ImportInstalments(ImportInstalments { instalments })).unwrap();
    let figures = Figures {
        as_of: Some(date("2026-11-20")),
        outstanding: Some(6_916_917),
        overdue: Some(0),
        days_past_due: Some(0),
        next_due_on: Some(date("2026-12-15")),
        next_payment: Some(945_596),
    };
    let command = LoanCommand::ImportFigures(ImportFigures { figures });
    assert_eq!(apply(&mut loan, command.clone()), Ok(1));
    assert_eq!(apply(&mut loan, command), Ok(0));
    let found = standing::on(&loan, date("2026-11-21"));
    assert_eq!(found.outstanding, Some(6_916_917));
    assert_eq!(found.as_of, Some(date("2026-11-20")));
    assert_eq!(found.next_payment, Some(945_596));
}

#[test]
fn an_instalment_shows_its_state() {
    let today = date("2026-03-16");
    use InstalmentState::{Due, Future, Overdue, Paid, Partial};
    let rows = [
        ("2026-03-13", 945_596, Paid),
        ("2026-03-13", 0, Overdue),
        // A Sunday: the last day to pay is the Monday after it.
        ("2026-03-15", 0, Due),
        ("2026-03-16", 0, Due),
        ("2026-03-17", 945_595, Partial),
        ("2026-03-17", 0, Future),
    ];
    for (due, paid, expected) in rows {
        let mut loan = opened();
        loan.schedule = vec![row(1, due)];
        if paid > 0 {
            pay(&mut loan, "p", "2026-03-01", paid).unwrap();
        }
        let found: Vec<_> = standing::instalments(&loan, today).map(|(.., at)| at).collect();
        assert_eq!(found, [expected], "{due} {paid}");
    }
}

#[test]
fn nothing_of_a_closed_loan_is_overdue() {
    use InstalmentState::{Cancelled, Future, Overdue, Paid};
    let mut loan = opened();
    loan.schedule = vec![row(1, "2026-01-15"), row(2, "2026-02-16"), row(3, "2026-12-15")];
    pay(&mut loan, "p", "2026-01-16", 945_596 + 1).unwrap();
    let mut states = |status| {
        loan.terms.status = status;
        let rows = standing::instalments(&loan, date("2026-03-16"));
        rows.map(|(_, left, at)| (left, at)).collect::<Vec<_>>()
    };
    let open = [(0, Paid), (945_595, Overdue), (945_596, Future)];
    assert_eq!(states(LoanStatus::Active), open);
    assert_eq!(states(LoanStatus::ClosedPaid), [(0, Paid); 3]);
    for closed in [LoanStatus::ClosedEarly, LoanStatus::WrittenOff, LoanStatus::Ceded] {
        assert_eq!(states(closed), [(0, Paid), (0, Cancelled), (0, Cancelled)]);
    }
    let not_issued = [(0, Paid), (945_595, Future), (945_596, Future)];
    assert_eq!(states(LoanStatus::Signed), not_issued);
}

/// domain.md 2.1: no arrears until the day that a day off moves to has passed.
#[test]
fn an_instalment_due_on_a_day_off_may_be_paid_on_the_next_working_day() {
    let mut loan = opened();
    // Saturday; the first of the New Year's days off, which last until 2026-01-11.
    loan.schedule = vec![row(1, "2025-12-20"), row(2, "2026-01-01"), row(3, "2026-02-16")];
    let rows = [
        ("2025-12-20", 0, 0, "2025-12-22"),
        ("2025-12-22", 0, 0, "2025-12-22"),
        ("2025-12-23", 1, 945_596, "2026-01-12"),
        ("2026-01-12", 21, 945_596, "2026-01-12"),
        ("2026-01-13", 22, 2 * 945_596, "2026-02-16"),
    ];
    for (today, days, overdue, next) in rows {
        let found = standing::on(&loan, date(today));
        assert_eq!((found.days_past_due, found.overdue), (days, overdue), "{today}");
        assert_eq!(found.next_due_on, Some(date(next)), "{today}");
        assert_eq!(found.outstanding, Some(3 * 945_596), "{today}");
    }
    let mut weekend = opened();
    weekend.schedule = vec![row(1, "2026-02-14"), row(2, "2026-02-16"), row(3, "2026-03-16")];
    let found = standing::on(&weekend, date("2026-02-13"));
    let both = (found.next_due_on, found.next_payment);
    assert_eq!(both, (Some(date("2026-02-16")), Some(2 * 945_596)));
    // What the source states is not corrected.
    loan.figures = Figures {
        as_of: Some(date("2025-12-21")),
        overdue: Some(945_596),
        days_past_due: Some(1),
        ..Figures::default()
    };
    let stated = standing::on(&loan, date("2025-12-22"));
    assert_eq!((stated.days_past_due, stated.overdue), (1, 945_596));
}

#[test]
fn the_account_of_a_loan_is_stated_once_and_never_forgotten() {
    let mut loan = opened();
    let told = |account: Option<&str>| {
        LoanCommand::Import(ImportLoan {
            id: LoanId::from_uuid(uuid::Uuid::from_u128(2)),
            client: ClientId::from_uuid(uuid::Uuid::from_u128(1)),
            source_key: "core:123".into(),
            terms: terms(),
            account: account.map(|number| Personal::new(number.to_owned())),
            figures: None,
        })
    };
    assert_eq!(apply(&mut loan, told(Some("40817"))), Ok(1));
    assert_eq!(apply(&mut loan, told(Some("40817"))), Ok(0), "the same changes nothing");
    assert_eq!(apply(&mut loan, told(None)), Ok(0), "silence takes nothing away");
    assert_eq!(loan.account, Some(Personal::new("40817".to_owned())));
    assert_eq!(apply(&mut loan, told(Some("40818"))), Ok(1));
}

/// domain.md 2.1: on a Sunday nobody is late with what was due on the Saturday.
#[test]
fn a_source_is_not_contradicted_on_days_off() {
    use super::reconcile::{Difference, differences};
    let mut loan = opened();
    loan.schedule = vec![row(1, "2026-11-14"), row(2, "2026-12-15")];
    let stated = Figures {
        as_of: Some(date("2026-11-15")),
        outstanding: Some(2 * 945_596),
        overdue: Some(0),
        days_past_due: Some(0),
        next_due_on: Some(date("2026-11-14")),
        next_payment: Some(945_596),
    };
    loan.figures = stated.clone();
    assert_eq!(differences(&loan, 0), []);
    loan.figures.next_due_on = Some(date("2026-11-16"));
    assert_eq!(differences(&loan, 0), [], "the day that it moves to");
    loan.figures = Figures { as_of: Some(date("2026-11-17")), ..stated };
    let late = differences(&loan, 0);
    assert!(late.contains(&Difference::DaysPastDue { stated: 0, reckoned: 1 }), "{late:?}");
}

/// domain.md 7.3: what the other system states is compared with our own reckoning of its day.
#[test]
fn differences_of_another_systems_figures_are_named() {
    use super::reconcile::{Difference, differences};
    let mut loan = opened();
    let instalments = vec![row(1, "2026-09-16"), row(2, "2026-10-16"), row(3, "2026-12-15")];
    apply(&mut loan, LoanCommand::ImportInstalments(ImportInstalments { instalments })).unwrap();
    pay(&mut loan, "p1", "2026-09-20", 1_000_000).unwrap();
    let right = Figures {
        as_of: Some(date("2026-11-20")),
        outstanding: Some(3 * 945_596 - 1_000_000),
        overdue: Some(2 * 945_596 - 1_000_000),
        days_past_due: Some(35),
        next_due_on: Some(date("2026-12-15")),
        next_payment: Some(945_596),
    };
    let mut state = |figures: Figures| {
        loan.figures = figures;
        differences(&loan, 100)
    };
    assert_eq!(state(right.clone()), []);
    assert_eq!(state(Figures { overdue: Some(891_192 + 100), ..right.clone() }), []);
    let wrong = Figures {
        as_of: right.as_of,
        outstanding: Some(0),
        overdue: Some(891_192 + 101),
        days_past_due: Some(36),
        next_due_on: Some(date("2026-12-16")),
        next_payment: Some(1),
    };
    let expected = [
        Difference::Balance { stated: 0, reckoned: 1_836_788 },
        Difference::Overdue { stated: 891_293, reckoned: 891_192 },
        Difference::DaysPastDue { stated: 36, reckoned: 35 },
        Difference::NextDue { stated: date("2026-12-16"), reckoned: Some(date("2026-12-15")) },
        Difference::NextPayment { stated: 1, reckoned: 945_596 },
    ];
    assert_eq!(state(wrong), expected);
    assert_eq!(state(Figures { as_of: None, ..right }), []);
    // A Saturday: whether the other system moves it to the Monday or not, there is no difference.
    let instalments = vec![row(3, "2026-12-05")];
    apply(&mut loan, LoanCommand::ImportInstalments(ImportInstalments { instalments })).unwrap();
    for (next, is_same) in [("2026-12-05", true), ("2026-12-07", true), ("2026-12-08", false)] {
        loan.figures = Figures { next_due_on: Some(date(next)), ..figures_of("2026-11-20") };
        assert_eq!(differences(&loan, 0).is_empty(), is_same, "{next}");
    }
}

fn figures_of(as_of: &str) -> Figures {
    Figures { as_of: Some(date(as_of)), ..Figures::default() }
}

#[test]
fn figures_of_a_day_to_come_are_refused() {
    let mut loan = opened();
    let state = |figures| LoanCommand::ImportFigures(ImportFigures { figures });
    let told = |as_of| Figures { outstanding: Some(1), ..figures_of(as_of) };
    let refusal = apply(&mut loan, state(told("2026-11-22"))).unwrap_err();
    assert_eq!((&*refusal.fields[0].field, refusal.fields[0].code), ("as_of", "date_in_future"));
    assert_eq!(apply(&mut loan, state(told("2026-11-21"))), Ok(1));
}

#[test]
fn what_nobody_tells_is_not_nothing() {
    let mut loan = opened();
    let today = date("2026-11-21");
    let known = |loan: &Loan| {
        let stands = standing::on(loan, today);
        (stands.is_next_known, stands.is_overdue_known, stands.outstanding)
    };
    assert_eq!(known(&loan), (false, false, None));
    loan.figures = Figures { outstanding: Some(500), ..figures_of("2026-11-20") };
    assert_eq!(known(&loan), (false, false, Some(500)));
    // The day has passed, and nobody says what comes after it.
    loan.figures.next_due_on = Some(date("2026-11-20"));
    loan.figures.overdue = Some(-7);
    assert_eq!(known(&loan), (false, true, Some(500)));
    assert_eq!(standing::on(&loan, today).overdue, 0, "an overpayment pays no other loan");
    loan.figures.outstanding = Some(0);
    assert_eq!(known(&loan), (true, true, Some(0)));
    loan.figures = Figures::default();
    loan.schedule = vec![row(1, "2026-12-15")];
    assert_eq!(known(&loan), (true, true, Some(945_596)));
}
