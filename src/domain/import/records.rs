//! From the fields of a row to a typed record.

use super::bound::{Bound, Reading};
use super::{
    ClientRecord, ClientRef, ImportKind, LoanRecord, LoanRef, PaymentRecord, Record,
    ScheduleRecord, values,
};
use crate::base::money::{Currency, Money};
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::base::{address, documents, limits, names, text};
use crate::domain::client::{
    AddressDraft, AddressKind, ClientDraft, ClientKind, DocumentDraft, DocumentKind, EmailDraft,
    OrganisationDraft, OrganisationForm, PhoneDraft, PhoneKind, Sex,
};
use crate::domain::loan::{Figures, Instalment, LoanStatus, LoanTerms, PaymentKind};
use chrono::Months;
use rust_decimal::Decimal;

/// The record of a row; `None` when a needed field is at fault (then there are faults).
pub(super) fn record(bound: &Bound, reading: &mut Reading<'_>) -> Option<Record> {
    match bound.kind {
        ImportKind::Clients => {
            let source_key = source_key(reading, &bound.source, &bound.key, "key");
            let client = client(reading, source_key.unwrap_or_default());
            Some(Record::Client(Box::new(client)))
        }
        ImportKind::Loans => loan(bound, reading).map(|loan| Record::Loan(Box::new(loan))),
        ImportKind::Schedules => schedule(bound, reading).map(Record::Schedule),
        ImportKind::Payments => payment(bound, reading).map(Record::Payment),
    }
}

/// `source:key` of the row.
fn source_key(
    reading: &mut Reading<'_>,
    source: &str,
    key: &super::bound::Cells,
    field: &str,
) -> Option<String> {
    let key = reading.template(key);
    if values::is_blank(&key) {
        reading.fault(field, "required", "the key of the row is blank");
        return None;
    }
    if key.chars().count() > limits::LINE_CHARS_MAX {
        reading.fault(field, "too_long", "the key of the row has more than 250 characters");
        return None;
    }
    Some(format!("{source}:{key}"))
}

fn client(reading: &mut Reading<'_>, source_key: String) -> ClientRecord {
    let mut draft = ClientDraft::default();
    person(reading, &mut draft);
    identifiers(reading, &mut draft);
    contacts(reading, &mut draft);
    addresses(reading, &mut draft);
    draft.documents = passport(reading);
    let kpp_of_pair = inn(reading, &mut draft);
    organisation(reading, &mut draft, kpp_of_pair);
    let source = reading.bound.client_source.clone();
    let parent = match (reading.text("parent_key"), reading.text("parent_inn")) {
        (Some(key), _) => Some(ClientRef::Key(format!("{source}:{key}"))),
        (None, Some(inn)) => Some(ClientRef::Inn(values::inn(&inn))),
        (None, None) => None,
    };
    ClientRecord { source_key, draft, parent }
}

fn person(reading: &mut Reading<'_>, draft: &mut ClientDraft) {
    if let Some(full) = reading.text("full_name") {
        let parts = names::split(&names::capitalised(&full));
        draft.last_name = Some(Personal::new(parts.last));
        draft.first_name = Some(Personal::new(parts.first));
        draft.patronymic = Some(Personal::new(parts.patronymic));
    }
    let mut name = |field: &str, into: &mut Option<Personal<String>>| {
        if let Some(written) = reading.text(field) {
            // "-" and "нет" must reach the check of patronymics as they are.
            let none = names::is_no_patronymic(&written);
            let shown = if none { written } else { names::capitalised(&written) };
            *into = Some(Personal::new(shown));
        }
    };
    name("last_name", &mut draft.last_name);
    name("first_name", &mut draft.first_name);
    name("patronymic", &mut draft.patronymic);
    draft.birth_date = reading.date("birth_date").map(Personal::new);
    let message = "write m or f, М or Ж";
    draft.sex = reading.parsed("sex", "invalid_sex", message, values::sex);
    let first_year = reading.bound.first_year;
    let message = "write a birth number as YYMMDD, women with 50 added to the month";
    let born = reading.parsed("birth_number", "invalid_birth_number", message, |raw| {
        values::birth_number(raw, first_year)
    });
    if let Some((birth, sex)) = born {
        draft.birth_date = Some(Personal::new(birth));
        draft.sex = Some(sex);
    }
    if draft.sex.is_none() {
        draft.sex = draft.patronymic.as_ref().and_then(|name| sex_of_patronymic(name.reveal()));
    }
    draft.birth_place = reading.text("birth_place").map(Personal::new);
    draft.language = reading.text("language");
    draft.time_zone = reading.text("time_zone");
}

/// Russian patronymics tell the sex; anything else does not.
fn sex_of_patronymic(patronymic: &str) -> Option<Sex> {
    let lower = text::folded(patronymic);
    if ["вна", "чна", "кызы"].iter().any(|end| lower.ends_with(end)) {
        Some(Sex::Female)
    } else if ["вич", "ьич", "мич", "кич", "оглы"].iter().any(|end| lower.ends_with(end))
    {
        Some(Sex::Male)
    } else {
        None
    }
}

fn identifiers(reading: &mut Reading<'_>, draft: &mut ClientDraft) {
    draft.snils = reading.text("snils").map(|raw| Personal::new(values::padded(&raw, 11, 2)));
    draft.code_word = reading.text("code_word").map(Personal::new);
}

/// INN alone or as `INN/KPP`; gives the KPP of the pair.
fn inn(reading: &mut Reading<'_>, draft: &mut ClientDraft) -> Option<String> {
    let mut kpp = None;
    let mut written = reading.text("inn");
    if let Some(pair) = reading.text("inn_kpp") {
        let (inn, rest) = pair.split_once(['/', '\\']).unwrap_or((&pair, ""));
        written = written.or_else(|| Some(inn.to_owned()));
        kpp = Some(rest.trim().to_owned()).filter(|kpp| !kpp.is_empty());
    }
    draft.inn = written.map(|raw| Personal::new(values::inn(&raw)));
    kpp
}

fn contacts(reading: &mut Reading<'_>, draft: &mut ClientDraft) {
    let kinds = [
        ("phone", PhoneKind::Mobile),
        ("phone_home", PhoneKind::Home),
        ("phone_work", PhoneKind::Work),
        ("phone_other", PhoneKind::Other),
    ];
    let message = "write yes or no";
    let verified = reading.parsed("phone_verified", "invalid_flag", message, values::flag);
    let mut phones = Vec::new();
    for (field, kind) in kinds {
        for cell in reading.texts(field) {
            match values::phones(&cell) {
                Ok(numbers) => phones.extend(numbers.into_iter().map(|number| PhoneDraft {
                    number: Personal::new(number),
                    kind,
                    verified: verified == Some(true),
                })),
                Err(error) => reading.fault(field, error.code(), &error.to_string()),
            }
        }
    }
    draft.phones = (!phones.is_empty()).then_some(phones);
    let emails: Vec<EmailDraft> = reading
        .texts("email")
        .iter()
        .flat_map(|cell| cell.split([',', ';', ' ']))
        .filter(|part| !part.is_empty())
        .map(|part| EmailDraft { email: Personal::new(part.to_owned()) })
        .collect();
    draft.emails = (!emails.is_empty()).then_some(emails);
}

fn addresses(reading: &mut Reading<'_>, draft: &mut ClientDraft) {
    let kinds = [
        ("address", AddressKind::Residence),
        ("address_stay", AddressKind::Stay),
        ("address_work", AddressKind::Work),
        ("address_legal", AddressKind::Legal),
    ];
    let mut addresses: Vec<AddressDraft> = Vec::new();
    for (field, kind) in kinds {
        if let Some(written) = reading.text(field) {
            // A template of several columns leaves ", ," where a column is blank.
            let pieces: Vec<&str> =
                written.split(',').map(str::trim).filter(|piece| !piece.is_empty()).collect();
            let line = pieces.join(", ");
            let parts = address::parts(&line);
            addresses.push(AddressDraft {
                kind,
                text: Personal::new(line),
                region: parts.region,
                city: parts.city,
                postcode: parts.postcode,
            });
        }
    }
    let region = reading.text("region");
    let city = reading.text("city");
    let postcode = reading.text("postcode").map(|raw| values::padded(&raw, 6, 5));
    if addresses.is_empty() && (region.is_some() || city.is_some() || postcode.is_some()) {
        addresses.push(AddressDraft::default());
    }
    if let Some(main) = addresses.first_mut() {
        let set = |into: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *into = value;
            }
        };
        set(&mut main.region, region);
        set(&mut main.city, city);
        set(&mut main.postcode, postcode);
    }
    draft.addresses = (!addresses.is_empty()).then_some(addresses);
}

fn passport(reading: &mut Reading<'_>) -> Option<Vec<DocumentDraft>> {
    let mut series = reading.text("passport_series").map(|raw| values::padded(&raw, 4, 1));
    let mut number = reading.text("passport_number").map(|raw| values::padded(&raw, 6, 5));
    if let Some(whole) = reading.text("passport") {
        let digits = text::digits(&whole);
        if digits.len() == 10 {
            series = Some(digits[..4].to_owned());
            number = Some(digits[4..].to_owned());
        } else {
            reading.fault(
                "passport",
                "invalid_passport",
                "write 4 digits of series and 6 of number",
            );
        }
    }
    let issued_on = reading.date("passport_issued_on");
    let issued_by = reading.text("passport_issued_by");
    let department_code = reading.text("passport_department_code").unwrap_or_default();
    let number = number?;
    Some(vec![DocumentDraft {
        kind: DocumentKind::PassportRf,
        series: Personal::new(series.unwrap_or_default()),
        number: Personal::new(number),
        issued_on,
        issued_by: Personal::new(issued_by.unwrap_or_default()),
        department_code,
    }])
}

fn organisation(reading: &mut Reading<'_>, draft: &mut ClientDraft, kpp_of_pair: Option<String>) {
    let form = reading.parsed(
        "organisation_form",
        "unknown_word",
        "write network, store, employee or partner",
        |word| {
            Some(match word {
                "network" => OrganisationForm::Network,
                "store" => OrganisationForm::Store,
                "employee" => OrganisationForm::Employee,
                "partner" => OrganisationForm::Partner,
                _ => return None,
            })
        },
    );
    let short_name = reading.text("organisation_short_name").unwrap_or_default();
    let full_name = reading.text("organisation_full_name").unwrap_or_default();
    let kpp = reading.text("kpp").map(|raw| values::padded(&raw, 9, 1)).or(kpp_of_pair);
    let ogrn = reading.text("ogrn");
    let kind =
        reading.parsed("kind", "unknown_word", "write person, organisation or prospect", |word| {
            Some(match word {
                "person" => ClientKind::Person,
                "organisation" => ClientKind::Organisation,
                "prospect" => ClientKind::Prospect,
                _ => return None,
            })
        });
    let described = form.is_some() || kpp.is_some() || ogrn.is_some();
    let described = described || !short_name.is_empty() || !full_name.is_empty();
    // A blank cell leaves what is known.
    draft.kind = kind;
    if kind.map_or(described, |kind| kind == ClientKind::Organisation) {
        draft.organisation =
            Some(OrganisationDraft { form, short_name, full_name, kpp, ogrn, parent_id: None });
    }
}

fn currency(reading: &mut Reading<'_>) -> Currency {
    let message = "write RUB, CZK, USD, EUR or KZT";
    let written = reading.parsed("currency", "unknown_currency", message, Currency::parse);
    written.unwrap_or(reading.bound.currency)
}

fn money(reading: &mut Reading<'_>, field: &str, currency: Currency) -> Option<Money> {
    let text = reading.text(field)?;
    match values::money(&text, currency) {
        Ok(money) => Some(money),
        Err(error) => {
            reading.fault(field, "invalid_amount", &error.to_string());
            None
        }
    }
}

fn required_money(reading: &mut Reading<'_>, field: &str, currency: Currency) -> Option<Money> {
    reading.required(field)?;
    money(reading, field, currency)
}

fn minor(reading: &mut Reading<'_>, field: &str, currency: Currency) -> Option<i64> {
    money(reading, field, currency).map(Money::minor)
}

fn required_date(reading: &mut Reading<'_>, field: &str) -> Option<Date> {
    reading.required(field)?;
    reading.date(field)
}

fn count(reading: &mut Reading<'_>, field: &str, read: fn(&str) -> Option<u32>) -> Option<u32> {
    reading.parsed(field, "invalid_number", "write a whole number", read)
}

fn loan(bound: &Bound, reading: &mut Reading<'_>) -> Option<LoanRecord> {
    let source_key = source_key(reading, &bound.source, &bound.key, "key");
    let currency = currency(reading);
    let number = reading.required("number");
    let principal = required_money(reading, "principal", currency);
    let issued_on = required_date(reading, "issued_on");
    let product = reading.text("product").unwrap_or_default();
    let fraction = reading.is_fraction("rate_percent");
    let message = "write an annual rate such as 24.5";
    let rate = reading
        .parsed("rate_percent", "invalid_rate", message, |raw| values::percent(raw, fraction));
    let months = count(reading, "term_months", values::months).unwrap_or(0);
    let term_months = u16::try_from(months).ok();
    if term_months.is_none() {
        reading.fault("term_months", "out_of_range", "a term is at most 600 months");
    }
    let message = "give the word a meaning in [columns.status.values]";
    let status = reading.parsed("status", "unknown_word", message, LoanStatus::parse);
    let status_text = reading.text("status_text").or_else(|| reading.raw("status"));
    let figures = figures(reading, currency);
    let message = "an account has at most 34 letters and digits";
    let account = reading.parsed("account", "invalid_account", message, documents::account_number);
    let (client, new_client) = owner(bound, reading);
    let terms = LoanTerms {
        number: number?,
        product: text::cleansed(&product),
        principal: principal?,
        rate_percent: rate.unwrap_or(Decimal::ZERO),
        term_months: term_months?,
        issued_on: issued_on?,
        status: status.unwrap_or_default(),
        status_text: status_text.unwrap_or_default(),
    };
    Some(LoanRecord {
        source_key: source_key?,
        client: client?,
        new_client,
        terms,
        account: account.map(Personal::new),
        figures,
    })
}

/// Whose loan it is; a row that describes its client as well gives both.
fn owner(bound: &Bound, reading: &mut Reading<'_>) -> (Option<ClientRef>, Option<ClientRecord>) {
    if let Some((key, fields)) = &bound.client {
        let mut inner = reading.with_fields(fields);
        let key = source_key(&mut inner, &bound.client_source, key, "client.key");
        let client = key.map(|key| client(&mut inner, key));
        for mut fault in inner.faults {
            fault.field = format!("client.{}", fault.field.trim_start_matches("client."));
            reading.faults.push(fault);
        }
        let reference = client.as_ref().map(|client| ClientRef::Key(client.source_key.clone()));
        return (reference, client);
    }
    let key = reading.text("client_key");
    let inn = reading.text("client_inn");
    let reference = match (key, inn) {
        (Some(key), _) => Some(ClientRef::Key(format!("{}:{key}", bound.client_source))),
        (None, Some(inn)) => Some(ClientRef::Inn(values::inn(&inn))),
        (None, None) => {
            reading.fault("client_key", "required", "nothing says whose loan it is");
            None
        }
    };
    (reference, None)
}

fn figures(reading: &mut Reading<'_>, currency: Currency) -> Option<Figures> {
    let figures = Figures {
        as_of: reading.date("as_of").or(reading.bound.as_of),
        outstanding: minor(reading, "outstanding", currency),
        overdue: minor(reading, "overdue", currency),
        days_past_due: count(reading, "days_past_due", values::days),
        next_due_on: reading.date("next_due_on"),
        next_payment: minor(reading, "next_payment", currency),
    };
    let stated = Figures { as_of: None, ..figures.clone() } != Figures::default();
    if stated && figures.as_of.is_none() {
        let message =
            "figures need the date they are true on: map as_of or write it in the mapping";
        reading.fault("as_of", "required", message);
    }
    stated.then_some(figures)
}

fn loan_ref(bound: &Bound, reading: &mut Reading<'_>) -> Option<LoanRef> {
    match (reading.text("loan_key"), reading.text("loan_number")) {
        (Some(key), _) => Some(LoanRef::Key(format!("{}:{key}", bound.loan_source))),
        (None, Some(number)) => Some(LoanRef::Number(number)),
        (None, None) => {
            reading.fault("loan_key", "required", "nothing says which loan it is");
            None
        }
    }
}

fn schedule(bound: &Bound, reading: &mut Reading<'_>) -> Option<ScheduleRecord> {
    let loan = loan_ref(bound, reading);
    let currency = currency(reading);
    let regular = reading.raw("regular_months").is_some();
    let instalments = if regular {
        regular_schedule(reading, currency)
    } else {
        single_instalment(reading, currency).map(|instalment| vec![instalment])
    };
    Some(ScheduleRecord { loan: loan?, instalments: instalments? })
}

fn single_instalment(reading: &mut Reading<'_>, currency: Currency) -> Option<Instalment> {
    reading.required("n");
    let n = count(reading, "n", values::count).map(u16::try_from);
    let due_on = required_date(reading, "due_on");
    let principal = minor(reading, "principal", currency);
    let interest = minor(reading, "interest", currency).unwrap_or(0);
    let fee = minor(reading, "fee", currency).unwrap_or(0);
    let payment = minor(reading, "payment", currency);
    let balance = minor(reading, "balance", currency).unwrap_or(0);
    let parts = interest.saturating_add(fee);
    let principal = match (principal, payment) {
        (Some(principal), Some(payment)) => {
            if principal.saturating_add(parts) != payment {
                let message = "the payment is not the sum of principal, interest and fee";
                reading.fault("payment", "sum_differs", message);
            }
            Some(principal)
        }
        (Some(principal), None) => Some(principal),
        (None, Some(payment)) => Some(payment.saturating_sub(parts)),
        (None, None) => {
            reading.fault("payment", "required", "the row has neither payment nor principal");
            None
        }
    };
    let Some(Ok(n)) = n else {
        if n.is_some() {
            reading.fault("n", "out_of_range", "an instalment's number is 1 to 600");
        }
        return None;
    };
    Some(Instalment { n, due_on: due_on?, principal: principal?, interest, fee, balance })
}

/// Equal monthly payments on the day of issue; the last one takes what is left of the total.
fn regular_schedule(reading: &mut Reading<'_>, currency: Currency) -> Option<Vec<Instalment>> {
    let payment = required_money(reading, "regular_payment", currency);
    let months = count(reading, "regular_months", values::months);
    let issued_on = required_date(reading, "regular_issued_on");
    let total = minor(reading, "regular_total", currency);
    let (payment, months, issued_on) = (payment?.minor(), months?, issued_on?);
    let whole = payment.checked_mul(i64::from(months));
    let fits = (1..=limits::INSTALMENTS_MAX).contains(&(months as usize));
    let (Some(whole), true) = (whole, fits) else {
        reading.fault("regular_months", "out_of_range", "a term is 1 to 600 months");
        return None;
    };
    let total = total.unwrap_or(whole);
    let last = total - (whole - payment);
    if last <= 0 {
        reading.fault("regular_payment", "sum_differs", "the payments are more than the total");
        return None;
    }
    let mut balance = total;
    let mut instalments = Vec::with_capacity(months as usize);
    for month in 1..=months {
        let principal = if month == months { last } else { payment };
        balance -= principal;
        instalments.push(Instalment {
            n: u16::try_from(month).ok()?,
            // Always from the first day: 31 August, 30 September, 31 October (domain.md 2.1).
            due_on: issued_on.checked_add_months(Months::new(month))?,
            principal,
            interest: 0,
            fee: 0,
            balance,
        });
    }
    Some(instalments)
}

fn payment(bound: &Bound, reading: &mut Reading<'_>) -> Option<PaymentRecord> {
    let source_key = source_key(reading, &bound.source, &bound.key, "key");
    let loan = loan_ref(bound, reading);
    let currency = currency(reading);
    let on = required_date(reading, "on");
    let amount = required_money(reading, "amount", currency);
    let words = "write payment, refund, penalty or goods_return";
    let kind = reading.parsed("payment_kind", "unknown_word", words, |word| {
        Some(match word {
            "payment" => PaymentKind::Payment,
            "refund" => PaymentKind::Refund,
            "penalty" => PaymentKind::Penalty,
            "goods_return" => PaymentKind::GoodsReturn,
            _ => return None,
        })
    });
    let (mut amount, mut kind) = (amount?, kind.unwrap_or(PaymentKind::Payment));
    if amount.minor() < 0 && kind == PaymentKind::Payment {
        kind = PaymentKind::Refund;
        amount = Money::from_minor(-amount.minor(), amount.currency());
    }
    Some(PaymentRecord { loan: loan?, source_key: source_key?, on: on?, amount, kind })
}
