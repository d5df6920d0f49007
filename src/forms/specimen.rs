//! Made-up values for trying a template without a loan. Every value is there, so that a name is
//! never missing only by chance; nobody's data.

use super::data::{
    ClientFacts, EarlyFacts, LenderFacts, LoanFacts, OperationFacts, PaperData, PaperFacts,
    PartFacts, RowFacts, TotalFacts,
};
use crate::base::money::Currency;
use crate::base::time::Date;
use crate::domain::paper::{PaperKind, PaperLanguage};
use chrono::Months;

fn on(year: i32, month: u32, day: u32) -> Date {
    Date::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// Equal instalments of a loan of 100 000 at 19.9 percent; the first `paid` ones are paid.
fn schedule(count: u16, paid: u16) -> Vec<RowFacts> {
    let (first, payment) = (on(2026, 2, 15), 926_116);
    let mut balance = 10_000_000_i64;
    (1..=count)
        .map(|n| {
            let interest = balance * 199 / 12_000;
            let principal = if n == count { balance } else { payment - interest };
            balance -= principal;
            let payment = principal + interest;
            let left = if n <= paid { 0 } else { payment };
            let due_on = first.checked_add_months(Months::new(u32::from(n) - 1));
            RowFacts {
                n,
                due_on: due_on.unwrap_or(first),
                principal,
                interest,
                fee: 0,
                payment,
                balance,
                paid: payment - left,
                left,
                state: if n <= paid { "paid" } else { "planned" },
            }
        })
        .collect()
}

/// A specimen of a paper's values.
#[must_use]
pub fn specimen(kind: PaperKind, language: PaperLanguage) -> PaperData {
    let is_ru = language == PaperLanguage::Ru;
    let text = |ru: &str, en: &str| if is_ru { ru } else { en }.to_owned();
    let is_repaid = kind == PaperKind::DebtRepaid;
    let schedule = schedule(12, if is_repaid { 12 } else { 3 });
    PaperData {
        language,
        currency: Currency::Rub,
        paper: PaperFacts { kind, number: "—".into(), day: on(2026, 5, 20), on: on(2026, 5, 20) },
        lender: LenderFacts {
            name: text("ООО МКК «Образец»", "Specimen Microcredit Company LLC"),
            inn: "7700000016".into(),
            ogrn: "1027700000019".into(),
            address: text("101000, Москва, ул. Образцовая, д. 1", "1 Specimen Street, Moscow"),
            phone: "8 800 000-00-00".into(),
            signer: text("Образцова А. И.", "A. Specimen"),
            signer_post: text("Генеральный директор", "Chief Executive Officer"),
        },
        client: ClientFacts {
            name: text("Примеров Пример Примерович", "Example Person"),
            is_organisation: false,
        },
        loan: loan(is_repaid, schedule),
        early: (kind == PaperKind::EarlyRepayment).then(early),
    }
}

/// Everything that a wording may name, with the values of the specimen; lists have one row.
#[must_use]
pub fn names(kind: PaperKind, language: PaperLanguage) -> serde_json::Value {
    let mut data = specimen(kind, language);
    data.loan.schedule.truncate(1);
    data.loan.operations.truncate(1);
    data.loan.structure.truncate(1);
    if let Some(early) = &mut data.early {
        early.schedule.truncate(1);
    }
    serde_json::to_value(&data).unwrap_or_default()
}

/// Specimens that a wording must take: one with every value, and one of another system's loan that
/// tells as little as there can be.
#[must_use]
pub fn specimens(kind: PaperKind, language: PaperLanguage) -> [PaperData; 2] {
    let full = specimen(kind, language);
    let mut sparse = full.clone();
    sparse.lender = LenderFacts { name: full.lender.name.clone(), ..LenderFacts::default() };
    sparse.client.is_organisation = true;
    sparse.loan = LoanFacts {
        number: full.loan.number.clone(),
        currency: "RUB",
        as_of: Some(on(2026, 5, 19)),
        principal: full.loan.principal,
        rate_percent: "0".into(),
        issued_on: full.loan.issued_on,
        status: full.loan.status,
        days_past_due: 3,
        ..LoanFacts::default()
    };
    if let Some(early) = &mut sparse.early {
        let (pay, principal) = (7_710_650, 7_690_000);
        *early = EarlyFacts { on: early.on, kind: "full", pay, principal, ..EarlyFacts::default() };
    }
    [full, sparse]
}

fn loan(is_repaid: bool, schedule: Vec<RowFacts>) -> LoanFacts {
    let mut operations = vec![OperationFacts {
        on: on(2026, 1, 15),
        kind: "issued",
        amount: Some(10_000_000),
        reversed: false,
    }];
    operations.extend(schedule.iter().filter(|row| row.left == 0).map(|row| OperationFacts {
        on: row.due_on,
        kind: "payment",
        amount: Some(row.paid),
        reversed: !is_repaid && row.n == 2,
    }));
    let paid = operations.iter().filter(|one| one.kind == "payment" && !one.reversed);
    let paid_total = paid.filter_map(|one| one.amount).sum();
    let structure = [("interest_current", 20_650), ("principal_current", 7_690_000)];
    let owed = |minor: i64| Some(if is_repaid { 0 } else { minor });
    LoanFacts {
        number: "МЗ-2026-000123".into(),
        product: "Займ «Образец»".into(),
        currency: "RUB",
        is_own: true,
        as_of: None,
        principal: 10_000_000,
        rate_percent: "19.9".into(),
        issued_on: on(2026, 1, 15),
        status: if is_repaid { "closed_paid" } else { "active" },
        closed_on: is_repaid.then(|| on(2026, 5, 18)),
        days_past_due: 0,
        next_due_on: (!is_repaid).then(|| on(2026, 6, 15)),
        next_payment: (!is_repaid).then_some(926_116),
        debt_today: owed(0),
        overdue: owed(0),
        total_left: owed(8_335_044),
        payoff: owed(7_710_650),
        unallocated: owed(0),
        structure: if is_repaid {
            Vec::new()
        } else {
            structure.map(|(part, amount)| PartFacts { part, amount }).to_vec()
        },
        totals: TotalFacts::of(&schedule),
        schedule,
        operations,
        paid_total,
    }
}

fn early() -> EarlyFacts {
    let rows: Vec<RowFacts> = schedule(12, 0).into_iter().skip(5).collect();
    EarlyFacts {
        on: on(2026, 6, 1),
        kind: "smaller_payment",
        pay: 3_000_000,
        due_first: 0,
        interest: 71_290,
        principal: 2_928_710,
        advance: 0,
        is_estimate: false,
        interest_without: 645_044,
        interest_with: 435_120,
        saving: 209_924,
        totals: TotalFacts::of(&rows),
        schedule: rows,
    }
}
