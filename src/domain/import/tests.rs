use super::*;
use crate::base::row::Row;
use crate::domain::FieldFault;
use crate::domain::client::{ClientKind, OrganisationForm, PhoneKind, Sex};
use crate::domain::loan::LoanStatus;

fn today() -> Date {
    "2026-11-21".parse().unwrap()
}

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn parse(text: &str) -> Mapping {
    Mapping::parse(text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn codes(faults: &[FieldFault]) -> Vec<(&str, &str)> {
    faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect()
}

const PEOPLE: &str = r#"
kind = "clients"
source = "s"
key = "{id}"
blanks = ["NA"]
[only]
deleted = ["нет", ""]
[columns]
full_name = "name"
birth_date = "born"
inn = "inn"
snils = "snils"
phone = ["phone", "mobile"]
phone_work = "work"
email = "email"
address = { template = "{zip}, {city}, {street}" }
passport = "passport"
passport_issued_on = "issued"
sex = { column = "sex", values = { "1" = "male", "2" = "female" } }
[constants]
kind = "person"
"#;
const PEOPLE_COLUMNS: [&str; 15] = [
    "id", "name", "born", "inn", "snils", "phone", "mobile", "work", "email", "zip", "city",
    "street", "passport", "issued", "deleted",
];

fn people() -> Bound {
    let mut names = columns(&PEOPLE_COLUMNS);
    names.push("sex".into());
    parse(PEOPLE).bind(&names, Vec::new(), today()).unwrap()
}

#[test]
fn a_row_becomes_a_client_with_everything_cleansed() {
    let row = Row::of(
        2,
        &[
            "7",
            "ИВАНОВ  ПЁТР ИЛЬИЧ",
            "05.03.1980 0:00:00",
            "500100732259",
            "112-233-445 95",
            "8 916 123-45-67, 8(903)1234567",
            "NA",
            "84951234567 доб. 12",
            "A@B.RU",
            "614000",
            "г.Пермь",
            "ул Ленина, д.5",
            "45 10 123456",
            "01.01.0001",
            "Нет",
            "1",
        ],
    );
    let Ok(Outcome::Taken(Record::Client(client))) = people().read(&row) else { panic!("taken") };
    assert_eq!(client.source_key, "s:7");
    let nobody = crate::base::ids::ClientId::from_uuid(uuid::Uuid::nil());
    let details = client.draft.check(nobody, &Default::default(), today()).unwrap();
    assert_eq!(details.name.full(), "Иванов Пётр Ильич");
    assert_eq!(details.birth_date.unwrap().into_inner().to_string(), "1980-03-05");
    assert_eq!(details.sex, Some(Sex::Male));
    let phones: Vec<(&str, PhoneKind)> =
        details.phones.iter().map(|phone| (phone.e164.reveal().as_str(), phone.kind)).collect();
    assert_eq!(
        phones,
        [
            ("+79161234567", PhoneKind::Mobile),
            ("+79031234567", PhoneKind::Mobile),
            ("+74951234567", PhoneKind::Work),
        ]
    );
    let address = &details.addresses[0];
    assert_eq!(address.text.reveal(), "614000, город Пермь, улица Ленина, дом 5");
    assert_eq!((address.postcode.as_str(), address.city.as_str()), ("614000", "Пермь"));
    assert_eq!(details.documents[0].key(), "4510123456");
    assert_eq!(details.documents[0].issued_on, None, "01.01.0001 is no date");
}

#[test]
fn every_fault_of_a_row_is_named_at_once_and_without_its_text() {
    let row = Row::of(
        3,
        &[
            "",
            "Иванов Пётр",
            "1980/03/05",
            "500100732258",
            "11223344596",
            "123",
            "",
            "",
            "x@y",
            "",
            "",
            "",
            "4510",
            "2031-01-01",
            "",
            "3",
        ],
    );
    let faults = people().read(&row).unwrap_err();
    let mut found = codes(&faults);
    found.sort_unstable();
    let expected = [
        ("birth_date", "invalid_date"),
        ("emails[0]", "invalid_email"),
        ("inn", "invalid_inn"),
        ("key", "required"),
        ("passport", "invalid_passport"),
        ("phone", "invalid_phone"),
        ("sex", "unknown_word"),
        ("snils", "invalid_snils"),
    ];
    assert_eq!(found, expected);
    for fault in &faults {
        for secret in ["Иванов", "1980", "500100", "4510", "x@y"] {
            assert!(!fault.message.contains(secret), "{}", fault.message);
        }
    }
    let birth = faults.iter().find(|fault| fault.field == "birth_date").unwrap();
    assert_eq!(birth.message, "column \"born\": write a date as YYYY-MM-DD or DD.MM.YYYY");
}

#[test]
fn unwanted_rows_are_passed_over_and_blank_cells_change_nothing() {
    let mut cells = ["1", "", "", "", "", "", "", "", "", "", "", "", "", "", "Да", ""];
    assert!(matches!(people().read(&Row::of(2, &cells)), Ok(Outcome::Skipped)));
    cells[14] = "";
    let Ok(Outcome::Taken(Record::Client(client))) = people().read(&Row::of(2, &cells)) else {
        panic!("taken")
    };
    let draft = &client.draft;
    assert!(draft.last_name.is_none() && draft.phones.is_none() && draft.documents.is_none());
    assert!(draft.addresses.is_none() && draft.inn.is_none() && draft.birth_date.is_none());
}

#[test]
fn a_mapping_is_refused_with_every_fault_named() {
    let text = r#"
kind = "clients"
source = "a:b"
colour = "red"
currency = "GBP"
as_of = "tomorrow"
dates = ["DD-MM"]
optional = ["inn"]
[columns]
last_name = ["a", "b"]
nickname = "c"
sex = { column = "d", values = { x = "maybe" }, shade = 1 }
kind = { column = "e", template = "f" }
city = { template = "{" }
[constants]
sex = "male"
language = "fr"
[[lookup]]
name = "o"
"#;
    let faults = Mapping::parse(text).unwrap_err();
    let mut found = codes(&faults);
    found.sort_unstable();
    let expected = [
        ("as_of", "invalid_date"),
        ("colour", "unknown_key"),
        ("columns", "required"),
        ("columns.city.template", "invalid_template"),
        ("columns.kind", "required"),
        ("columns.last_name", "single_column"),
        ("columns.nickname", "unknown_field"),
        ("columns.sex.shade", "unknown_key"),
        ("columns.sex.values.x", "unknown_word"),
        ("constants.language", "unknown_word"),
        ("constants.sex", "repeated"),
        ("currency", "unknown_currency"),
        ("dates", "unknown_date_format"),
        ("key", "required"),
        ("lookup[0].file", "required"),
        ("lookup[0].key", "required"),
        ("lookup[0].on", "required"),
        ("optional", "unknown_field"),
        ("source", "invalid_source"),
    ];
    assert_eq!(found, expected);
    let broken = Mapping::parse("kind = \n").unwrap_err();
    assert_eq!(codes(&broken), [("line 1", "invalid_toml")]);
    assert_eq!(codes(&Mapping::parse("").unwrap_err())[0], ("kind", "required"));
}

#[test]
fn missing_columns_are_named_together_unless_optional() {
    let mapping = parse(PEOPLE);
    let faults = mapping.bind(&columns(&PEOPLE_COLUMNS[2..]), Vec::new(), today()).unwrap_err();
    let missing: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(missing, ["key", "columns.full_name", "columns.sex"]);
    assert!(faults[0].message.starts_with("the file has no column \"id\"; it has: born, inn"));
    let lenient = PEOPLE.replace("[only]", "optional = [\"sex\"]\n[only]");
    assert!(parse(&lenient).bind(&columns(&PEOPLE_COLUMNS), Vec::new(), today()).is_ok());
}

#[test]
fn shipped_mappings_are_valid_and_named_after_their_files() {
    assert_eq!(shipped().len(), 11);
    for file in shipped() {
        let mapping = parse(file.text);
        assert_eq!(mapping.name, file.name);
        assert!(!mapping.description.is_empty(), "{}", file.name);
        assert_eq!(shipped_named(file.name).map(|found| found.text), Some(file.text));
    }
    assert!(shipped_named("none").is_none());
}

#[test]
fn loans_find_their_owner_in_a_second_file() {
    let mapping = parse(shipped_named("berka-loans").unwrap().text);
    let disp = columns(&["disp_id", "client_id", "account_id", "type"]);
    let mut owners = LookupTable::new(&mapping, "owner", &disp).unwrap();
    owners.push(Row::of(2, &["1", "90", "11", "DISPONENT"]));
    owners.push(Row::of(3, &["2", "91", "11", "OWNER"]));
    let loan =
        columns(&["loan_id", "account_id", "date", "amount", "duration", "payments", "status"]);
    let bound = mapping.bind(&loan, vec![owners], today()).unwrap();
    let row = Row::of(2, &["5314", "11", "930705", "96396", "12", "8033.00", "B"]);
    let Ok(Outcome::Taken(Record::Loan(loan))) = bound.read(&row) else { panic!("taken") };
    assert_eq!(loan.client, ClientRef::Key("berka:91".into()));
    assert_eq!(loan.source_key, "berka:5314");
    assert_eq!(format!("{:?}", loan.terms.principal), "96396.00 CZK");
    assert_eq!(loan.terms.issued_on.to_string(), "1993-07-05");
    assert_eq!((loan.terms.status, loan.terms.status_text.as_str()), (LoanStatus::Active, "B"));
    assert_eq!(loan.figures, None);
    let lost = Row::of(3, &["1", "12", "930705", "x", "12", "1", "E"]);
    let faults = bound.read(&lost).unwrap_err();
    let expected =
        [("principal", "invalid_amount"), ("status", "unknown_word"), ("client_key", "required")];
    assert_eq!(codes(&faults), expected);
}

#[test]
fn a_lookup_that_is_not_there_is_named() {
    let mapping = parse(shipped_named("berka-loans").unwrap().text);
    let faults = mapping.bind(&columns(&["loan_id"]), Vec::new(), today()).unwrap_err();
    assert_eq!(codes(&faults)[0], ("lookup.owner", "missing_lookup"));
    assert!(faults[0].message.contains("disp.asc"));
    let wrong = LookupTable::new(&mapping, "owner", &columns(&["account_id"])).unwrap_err();
    assert_eq!(codes(&wrong), [("lookup.owner", "missing_column")]);
}

#[test]
fn an_order_becomes_a_regular_schedule() {
    let mapping = parse(shipped_named("berka-orders").unwrap().text);
    let loan = columns(&["loan_id", "account_id", "date", "amount", "duration"]);
    let mut loans = LookupTable::new(&mapping, "loan", &loan).unwrap();
    loans.push(Row::of(2, &["4959", "2", "940831", "10000", "3"]));
    let order = columns(&["order_id", "account_id", "amount", "k_symbol"]);
    let bound = mapping.bind(&order, vec![loans], today()).unwrap();
    let row = Row::of(3, &["29402", "2", "3333.30", "UVER"]);
    let Ok(Outcome::Taken(Record::Schedule(schedule))) = bound.read(&row) else { panic!("taken") };
    assert_eq!(schedule.loan, LoanRef::Key("berka:4959".into()));
    let rows: Vec<(String, i64, i64)> = schedule
        .instalments
        .iter()
        .map(|row| (row.due_on.to_string(), row.principal, row.balance))
        .collect();
    let expected = [
        ("1994-09-30".to_owned(), 333_330, 666_670),
        ("1994-10-31".to_owned(), 333_330, 333_340),
        ("1994-11-30".to_owned(), 333_340, 0),
    ];
    assert_eq!(rows, expected);
    let other = Row::of(4, &["29403", "2", "7266.00", "SIPO"]);
    assert!(matches!(bound.read(&other), Ok(Outcome::Skipped)));
    let without_loan = Row::of(5, &["29404", "3", "7266.00", "UVER"]);
    assert_eq!(codes(&bound.read(&without_loan).unwrap_err())[0], ("loan_key", "required"));
}

#[test]
fn one_row_may_be_a_borrower_and_a_loan() {
    let mapping = parse(shipped_named("lendingclub-loans").unwrap().text);
    let names = columns(&[
        "state",
        "loan_purpose",
        "loan_amount",
        "interest_rate",
        "term",
        "issue_month",
        "balance",
        "installment",
        "loan_status",
    ]);
    let bound = mapping.bind(&names, Vec::new(), today()).unwrap();
    let cells = [
        "GA",
        "debt_consolidation",
        "10000",
        "5.32",
        "36",
        "Jan-18",
        "8704.48",
        "301.15",
        "Current",
    ];
    let Ok(Outcome::Taken(Record::Loan(loan))) = bound.read(&Row::of(2, &cells)) else {
        panic!("taken")
    };
    assert_eq!(loan.source_key, "lendingclub:2");
    let client = loan.new_client.as_ref().unwrap();
    assert_eq!(loan.client, ClientRef::Key(client.source_key.clone()));
    assert_eq!(client.draft.last_name.as_ref().unwrap().reveal(), "Borrower 2");
    assert_eq!(client.draft.kind, Some(ClientKind::Person));
    let figures = loan.figures.as_ref().unwrap();
    assert_eq!((figures.outstanding, figures.next_payment), (Some(870_448), Some(30_115)));
    assert_eq!(figures.as_of.unwrap().to_string(), "2018-06-30");
}

#[test]
fn an_organisation_without_inn_keeps_its_ogrn() {
    let mapping = parse(shipped_named("egrul-organisations").unwrap().text);
    let names = columns(&["ogrn", "inn", "kpp", "full_name", "short_name", "region", "zip"]);
    let bound = mapping.bind(&names, Vec::new(), today()).unwrap();
    let row = Row::of(2, &["1077799001180", "", "", "ОБЩЕСТВО \"ТР\"", "", "77", "123364"]);
    let Ok(Outcome::Taken(Record::Client(client))) = bound.read(&row) else { panic!("taken") };
    let organisation = client.draft.organisation.as_ref().unwrap();
    assert_eq!(organisation.form, Some(OrganisationForm::Partner));
    assert_eq!(organisation.ogrn.as_deref(), Some("1077799001180"));
    assert!(client.draft.inn.is_none());
}

#[test]
fn accounting_exports_with_commas_and_lost_zeros_are_read() {
    let mapping = parse(shipped_named("1c-payments").unwrap().text);
    let names = columns(&["Номер", "НомерДоговора", "Дата", "Сумма"]);
    let bound = mapping.bind(&names, Vec::new(), today()).unwrap();
    let row = Row::of(2, &["П-1", "POS-1", "16.02.2026 12:30:00", "9\u{a0}455,96"]);
    let Ok(Outcome::Taken(Record::Payment(payment))) = bound.read(&row) else { panic!("taken") };
    assert_eq!((payment.source_key.as_str(), payment.amount.minor()), ("1c:П-1", 945_596));
    assert_eq!(payment.kind, PaymentKind::Payment);
    let back = Row::of(3, &["П-2", "POS-1", "17.02.2026", "-100"]);
    let Ok(Outcome::Taken(Record::Payment(refund))) = bound.read(&back) else { panic!("taken") };
    assert_eq!((refund.amount.minor(), refund.kind), (10_000, PaymentKind::Refund));
    let bad = Row::of(4, &["", "", "32.01.2026", "сто"]);
    let faults = bound.read(&bad).unwrap_err();
    let expected = [
        ("key", "required"),
        ("loan_key", "required"),
        ("on", "invalid_date"),
        ("amount", "invalid_amount"),
    ];
    assert_eq!(codes(&faults), expected);
}

#[test]
fn parts_of_an_instalment_must_add_up() {
    let mapping = parse(shipped_named("1c-schedules").unwrap().text);
    let names = columns(&[
        "НомерДоговора",
        "НомерПлатежа",
        "Дата",
        "ОсновнойДолг",
        "Проценты",
        "СуммаПлатежа",
        "Остаток",
    ]);
    let bound = mapping.bind(&names, Vec::new(), today()).unwrap();
    let good = ["POS-1", "1", "16.02.2026", "7351,85", "2104,11", "9455,96", "92648,15"];
    let Ok(Outcome::Taken(Record::Schedule(record))) = bound.read(&Row::of(2, &good)) else {
        panic!("taken")
    };
    let row = &record.instalments[0];
    assert_eq!((row.n, row.principal, row.interest, row.balance), (1, 735_185, 210_411, 9_264_815));
    let bad = ["POS-1", "0x", "16.02.2026", "7351,85", "2104,11", "9455,95", ""];
    let faults = bound.read(&Row::of(3, &bad)).unwrap_err();
    assert_eq!(codes(&faults), [("n", "invalid_number"), ("payment", "sum_differs")]);
}

#[test]
fn the_preview_shows_cleansed_texts() {
    let mut cells =
        ["7", "ИВАНОВ  ПЁТР", "", "", "", "1", "2", "", "", "", "", "", "", "", "", "2"];
    cells[6] = "NA";
    let shown = people().targets(&Row::of(2, &cells));
    let get = |name: &str| shown.iter().find(|(field, _)| *field == name).map(|(_, v)| v.as_str());
    assert_eq!(get("full_name"), Some("ИВАНОВ ПЁТР"));
    assert_eq!(get("phone"), Some("1"));
    assert_eq!(get("sex"), Some("female"));
    assert_eq!(get("inn"), None);
}

#[test]
fn every_key_and_field_is_explained_to_administrators() {
    let text = include_str!("../../../config/mappings/README.md");
    let mut words: Vec<&str> = mapping::KEYS.to_vec();
    for kind in ImportKind::ALL {
        words.extend(fields::targets(kind).iter().map(|target| target.name));
        words.extend(fields::targets(kind).iter().flat_map(|target| target.words));
    }
    words.extend(values::DateFormat::ALL.map(values::DateFormat::code));
    let missing: Vec<&str> = words.into_iter().filter(|word| !text.contains(word)).collect();
    assert!(missing.is_empty(), "config/mappings/README.md does not explain {missing:?}");
    // The example is one that works.
    let example = text.split("```").nth(1).unwrap().trim_start_matches("toml");
    assert_eq!(parse(example).kind, ImportKind::Clients);
}

/// A word that nobody has given a meaning must not make a closed loan a running one, or a
/// reversal a payment.
#[test]
fn the_mappings_of_1c_guess_no_status_and_no_kind_of_payment() {
    let read = |name: &str, cells: [&str; 5], word: &str| {
        let names: Vec<&str> = cells.iter().map(|cell| cell.split_once('=').unwrap().0).collect();
        let mapping = parse(shipped_named(name).unwrap().text);
        let bound = mapping.bind(&columns(&names), Vec::new(), today()).unwrap();
        let texts: Vec<&str> = cells.iter().map(|cell| cell.split_once('=').unwrap().1).collect();
        let texts: Vec<&str> = texts.into_iter().map(|t| if t == "?" { word } else { t }).collect();
        match bound.read(&Row::of(2, &texts)) {
            Ok(Outcome::Taken(Record::Loan(loan))) => loan.terms.status.code().to_owned(),
            Ok(Outcome::Taken(Record::Payment(payment))) => payment.kind.code().to_owned(),
            Ok(other) => panic!("{other:?}"),
            Err(faults) => faults[0].code.to_owned(),
        }
    };
    let loan = ["Номер=1", "КодКлиента=2", "Сумма=100,00", "Дата=01.02.2026", "Статус=?"];
    let status = |word| read("1c-loans", loan, word);
    assert_eq!(
        ["Закрыт", "Закрыт досрочно", "", "Аннулирован"].map(status),
        ["closed_paid", "closed_early", "active", "unknown_word"]
    );
    let payment = ["Номер=1", "НомерДоговора=2", "Сумма=100,00", "Дата=01.02.2026", "Вид=?"];
    let kind = |word| read("1c-payments", payment, word);
    assert_eq!(["Пени", "", "Сторно"].map(kind), ["penalty", "payment", "unknown_word"]);
}
