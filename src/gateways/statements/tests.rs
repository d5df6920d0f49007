//! The samples of domain.md 7 in every encoding, and files that are faulty in one way each.

use super::{StatementError, read};
use crate::base::ids::LoanId;
use crate::base::money::Currency;
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::domain::statement::{
    Candidate, Direction, Matched, MatchedBy, Statement, StatementEntry, StatementFault, faults,
    identifiers, import_id, is_recall, matched, matching_keys,
};
use encoding_rs::{IBM866, WINDOWS_1251};

const SAMPLE: &str = "1CClientBankExchange
ВерсияФормата=1.03
Кодировка=Windows
Отправитель=Банк
Получатель=1С
ДатаСоздания=17.02.2026
ВремяСоздания=08:15:00
ДатаНачала=16.02.2026
ДатаКонца=16.02.2026
РасчСчет=40702810200000000001
СекцияРасчСчет
ДатаНачала=16.02.2026
ДатаКонца=16.02.2026
РасчСчет=40702810200000000001
НачальныйОстаток=100000.00
ВсегоПоступило=9455.96
ВсегоСписано=41391.72
КонечныйОстаток=68064.24
КонецРасчСчет
СекцияДокумент=Платежное поручение
Номер=512
Дата=16.02.2026
Сумма=9455.96
ПлательщикСчет=40817810355000123456
ПлательщикИНН=500100732259
Плательщик1=Иванов Иван Иванович
ПлательщикБИК=044525225
ПолучательСчет=40702810200000000001
ДатаПоступило=16.02.2026
ПолучательИНН=7701000019
Получатель1=ООО \"Заём\"
ПолучательБИК=044525225
ВидОплаты=01
Очередность=5
НазначениеПлатежа=Погашение по договору № POS-2026-000123 = платёж 1, НДС не облагается
КонецДокумента
СекцияДокумент=Платежное поручение
Номер=77
Дата=16.02.2026
Сумма=41391.72
ПлательщикСчет=40702810200000000001
ДатаСписано=16.02.2026
ПлательщикИНН=7701000019
ПолучательСчет=40702810000000000777
ПолучательИНН=7723000020
Получатель1=ООО \"Магазин\"
НазначениеПлатежа=Оплата товара по договору POS-2026-000124 за вычетом скидки 8 %
КонецДокумента
КонецФайла
";
const OWN: &str = "40702810200000000001";

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn own() -> Vec<String> {
    vec![OWN.to_owned()]
}

/// The statements of a text, or what is wrong with the file, or with what it adds up to.
fn found(text: &str) -> Result<Vec<Statement>, String> {
    let statements = read(text.as_bytes()).map_err(|error| format!("{error:?}"))?;
    match faults(&statements, &own(), Currency::Rub).as_slice() {
        [] => Ok(statements),
        faults => Err(format!("{faults:?}")),
    }
}

#[test]
fn the_sample_reads_in_every_encoding() {
    let dos = SAMPLE.replace("Кодировка=Windows", "Кодировка=DOS").replace('№', "N");
    let windows = WINDOWS_1251.encode(SAMPLE).0.into_owned();
    let crlf = SAMPLE.replace('\n', "\r\n");
    let files: [Vec<u8>; 5] = [
        SAMPLE.into(),
        format!("\u{feff}{SAMPLE}").into(),
        crlf.into(),
        windows,
        IBM866.encode(&dos).0.into_owned(),
    ];
    for (index, file) in files.iter().enumerate() {
        let statements = read(file).unwrap();
        assert_eq!(faults(&statements, &own(), Currency::Rub), [], "{index}");
        let [statement] = statements.as_slice() else { panic!("one statement") };
        assert_eq!((statement.opening, statement.closing), (Some(10_000_000), Some(6_806_424)));
        let [first, second] = statement.entries.as_slice() else { panic!("two entries") };
        assert_eq!((first.direction, first.amount), (Direction::In, 945_596));
        assert_eq!((first.on, first.number.as_str()), (date("2026-02-16"), "512"));
        assert_eq!(first.account.reveal(), "40817810355000123456");
        assert_eq!(first.name.reveal(), "Иванов Иван Иванович");
        assert!(first.purpose.reveal().contains("POS-2026-000123 = платёж 1"), "{index}");
        assert_eq!((second.direction, second.amount), (Direction::Out, 4_139_172));
        assert_eq!(second.name.reveal(), "ООО \"Магазин\"");
    }
}

#[test]
fn faulty_files_are_held_whole_and_say_why() {
    let with = |from: &str, to: &str| {
        assert!(SAMPLE.contains(from));
        found(&SAMPLE.replacen(from, to, 1)).unwrap_err()
    };
    let rows = [
        ("КонечныйОстаток=68064.24", "КонечныйОстаток=68064.25", "BalancesDiffer(-1)"),
        ("ВсегоПоступило=9455.96", "ВсегоПоступило=9455.97", "ReceivedDiffers(1)"),
        ("ВсегоСписано=41391.72", "ВсегоСписано=41391.00", "SpentDiffers(-72)"),
        ("Сумма=9455.96", "Сумма=9455.95", "ReceivedDiffers(1)"),
        ("Сумма=9455.96", "Сумма=-9455.96", "Invalid { field: \"Сумма\""),
        ("Сумма=9455.96", "Сумма=9455.961", "Invalid { field: \"Сумма\""),
        ("Сумма=9455.96\n", "", "Missing { field: \"Сумма\""),
        ("НачальныйОстаток=100000.00\n", "", "Missing { field: \"НачальныйОстаток\""),
        (
            "ДатаПоступило=16.02.2026",
            "ДатаПоступило=31.02.2026",
            "Invalid { field: \"ДатаПоступило\"",
        ),
        ("ДатаПоступило=16.02.2026", "ДатаПоступило=17.02.2026", "ForeignDocument"),
        (
            "ПолучательСчет=40702810200000000001",
            "ПолучательСчет=40702810200000000002",
            "ForeignDocument",
        ),
        ("КонецФайла\n", "", "Truncated"),
        ("КонецДокумента\nКонецФайла\n", "", "Truncated"),
        ("КонецДокумента\n", "", "Truncated"),
        ("1CClientBankExchange", "1CBankExchange", "UnknownFormat"),
    ];
    for (from, to, expected) in rows {
        let reason = with(from, to);
        assert!(reason.contains(expected), "{from} → {to}: {reason}");
    }
    let other = ["40702810000000000777".to_owned()];
    let foreign = faults(&read(SAMPLE.as_bytes()).unwrap(), &other, Currency::Rub);
    assert_eq!(foreign, [StatementFault::ForeignAccount(OWN.to_owned())]);
    let said = foreign[0].to_string();
    assert!(said.contains("4070****0001") && !said.contains(OWN), "{said}");
    let in_euro = SAMPLE.replace(OWN, "40702978200000000001");
    let fault = faults(&read(in_euro.as_bytes()).unwrap(), &own(), Currency::Rub).remove(1);
    assert_eq!(fault, StatementFault::ForeignCurrency("EUR".into()));
    assert_eq!(faults(&[], &own(), Currency::Rub), [StatementFault::Empty]);
    let mut broken = WINDOWS_1251.encode(SAMPLE).0.into_owned();
    assert!(read(&broken).is_ok());
    // Windows bytes under a header that says DOS.
    broken = WINDOWS_1251.encode(&SAMPLE.replace("=Windows", "=DOS")).0.into_owned();
    assert_eq!(read(&broken), Err(StatementError::WrongEncoding));
    for length in 0..SAMPLE.len() {
        if SAMPLE.is_char_boundary(length) && length < SAMPLE.len() - 2 {
            assert!(found(&SAMPLE[..length]).is_err(), "cut at {length}");
        }
    }
}

#[test]
fn continued_values_and_spread_purposes_are_joined() {
    let text = SAMPLE
        .replace(
            "НазначениеПлатежа=Погашение по договору № POS-2026-000123 = платёж 1, НДС не облагается",
            "НазначениеПлатежа1=Погашение\nпо договору\nНазначениеПлатежа 2=№ POS-2026-000123",
        )
        .replace("Сумма=9455.96", "Сумма=9 455,96");
    let statements = found(&text).unwrap();
    let purpose = statements[0].entries[0].purpose.reveal();
    assert_eq!(purpose, "Погашение по договору № POS-2026-000123");
    assert_eq!(statements[0].entries[0].amount, 945_596);
}

#[test]
fn the_same_file_twice_has_the_same_keys_and_every_entry_its_own() {
    let ids = |text: &str| -> Vec<String> {
        let statements = found(text).unwrap();
        statements
            .iter()
            .flat_map(|s| s.entries.iter().map(|entry| import_id(&s.account, entry)))
            .collect()
    };
    let (first, again) = (ids(SAMPLE), ids(SAMPLE));
    assert_eq!(first, again);
    assert_ne!(first[0], first[1]);
    assert_eq!(first[0].len(), 32);
    let dos = SAMPLE.replace('№', "N").replace("платёж 1,", "платёж  1");
    assert_eq!(ids(&dos), first, "cp866 has other signs");
    let other = SAMPLE.replace("Номер=512", "Номер=513");
    assert_ne!(ids(&other)[0], first[0]);
}

#[test]
fn equal_entries_of_one_day_are_told_apart_and_known_again() {
    let document = &SAMPLE[SAMPLE.find("СекцияДокумент").unwrap()..];
    let document = &document[..document.find("КонецДокумента").unwrap()];
    let twice = SAMPLE
        .replacen("КонецФайла", &format!("{document}КонецДокумента\nКонецФайла"), 1)
        .replace("ВсегоПоступило=9455.96", "ВсегоПоступило=18911.92")
        .replace("КонечныйОстаток=68064.24", "КонечныйОстаток=77520.20");
    let (once, twice) = (found(SAMPLE).unwrap(), found(&twice).unwrap());
    let (once, twice) = (identifiers(&once[0]), identifiers(&twice[0]));
    assert_eq!(once, twice[..2]);
    assert!(!once.contains(&twice[2]));
}

#[test]
fn sums_beyond_every_number_are_held_and_break_nothing() {
    let one = "Сумма=9455.96";
    let document = &SAMPLE[SAMPLE.find("СекцияДокумент").unwrap()..];
    let document = &document[..document.find("КонецДокумента").unwrap()];
    let document = format!("{}КонецДокумента\n", document.replace(one, "Сумма=90000000000000"));
    let text = SAMPLE.replace("КонецФайла", &format!("{}КонецФайла", document.repeat(1_100)));
    assert!(found(&text).unwrap_err().contains("ReceivedDiffers(-"), "held");
}

#[test]
fn a_file_of_too_many_elements_is_not_held_in_memory() {
    let text = b"<Document><a/><b></b></Document>";
    assert!(super::camt::parsed(text, 3).is_ok());
    assert_eq!(super::camt::parsed(text, 2).unwrap_err(), StatementError::TooLarge);
}

/// Every movement that is stored is known again by this key: it must never change.
#[test]
fn the_key_of_a_movement_is_frozen() {
    let statement = &found(SAMPLE).unwrap()[0];
    let keys: Vec<String> =
        statement.entries.iter().map(|entry| import_id(&statement.account, entry)).collect();
    assert_eq!(keys, ["608d2c47e3b5c974c5bce2f816715257", "d6ab46361cbd8107277ad691adc5f831"]);
    let ids: Vec<String> = identifiers(statement).iter().map(ToString::to_string).collect();
    assert_eq!(
        ids,
        ["8973089c-550a-8504-b33f-65e3e5393779", "8ece830a-5748-8399-8be4-bfd55127716e"]
    );
}

#[test]
fn money_sent_back_is_a_recall_and_a_purchase_is_none() {
    let statements = found(SAMPLE).unwrap();
    let [came, went] = statements[0].entries.as_slice() else { panic!("two entries") };
    assert!(!is_recall(came) && !is_recall(went));
    let with = |purpose: &str, is_reversal| {
        let purpose = Personal::new(purpose.to_owned());
        StatementEntry { purpose, is_reversal, ..went.clone() }
    };
    assert!(is_recall(&with("ВОЗВРАТ ошибочного платежа", false)) && is_recall(&with("", true)));
    let back = StatementEntry { direction: Direction::In, ..with("Возврат", false) };
    assert!(!is_recall(&back));
}

fn camt(namespace: &str, status: &str, entries: &str, closing: &str) -> String {
    let entries = entries.replace("{BOOK}", status);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<d:Document xmlns:d=\"urn:iso:std:iso:20022:tech:xsd:{namespace}\"><d:BkToCstmrStmt>
<d:GrpHdr><d:MsgId>1</d:MsgId></d:GrpHdr><d:Stmt><d:Id>7</d:Id>
<d:FrToDt><d:FrDtTm>2026-02-16T00:00:00</d:FrDtTm><d:ToDtTm>2026-02-16T23:59:59</d:ToDtTm></d:FrToDt>
<d:Acct><d:Id><d:Othr><d:Id>{OWN}</d:Id></d:Othr></d:Id></d:Acct>
<d:Bal><d:Tp><d:CdOrPrtry><d:Cd>OPBD</d:Cd></d:CdOrPrtry></d:Tp><d:Amt Ccy=\"RUB\">100.00</d:Amt>
<d:CdtDbtInd>CRDT</d:CdtDbtInd></d:Bal>
<d:Bal><d:Tp><d:CdOrPrtry><d:Cd>CLBD</d:Cd></d:CdOrPrtry></d:Tp><d:Amt Ccy=\"RUB\">{closing}</d:Amt>
<d:CdtDbtInd>CRDT</d:CdtDbtInd></d:Bal>{entries}</d:Stmt></d:BkToCstmrStmt></d:Document>"
    )
    .replace("d:", if namespace.ends_with("02") { "" } else { "d:" })
    .replace("xmlns:=", "xmlns=")
}

const CREDIT: &str = "<d:Ntry><d:NtryRef>1</d:NtryRef><d:Amt Ccy=\"RUB\">50.00</d:Amt>
<d:CdtDbtInd>CRDT</d:CdtDbtInd><d:Sts>{BOOK}</d:Sts><d:BookgDt><d:Dt>2026-02-16</d:Dt></d:BookgDt>
<d:AcctSvcrRef>R1</d:AcctSvcrRef><d:NtryDtls><d:TxDtls><d:Refs><d:EndToEndId>E1</d:EndToEndId></d:Refs>
<d:RltdPties><d:Dbtr><d:Nm>Иванов &amp; Ко</d:Nm></d:Dbtr><d:DbtrAcct><d:Id><d:Othr><d:Id>408</d:Id></d:Othr></d:Id></d:DbtrAcct></d:RltdPties>
<d:RmtInf><d:Ustrd>Договор POS-2026-000123</d:Ustrd></d:RmtInf></d:TxDtls></d:NtryDtls></d:Ntry>";
const SHARED: &str = "<d:Ntry><d:Amt Ccy=\"RUB\">30.00</d:Amt><d:CdtDbtInd>CRDT</d:CdtDbtInd>
<d:Sts>{BOOK}</d:Sts><d:BookgDt><d:DtTm>2026-02-16T10:00:00Z</d:DtTm></d:BookgDt>
<d:AcctSvcrRef>R2</d:AcctSvcrRef><d:NtryDtls><d:TxDtls><d:Amt Ccy=\"RUB\">10.00</d:Amt></d:TxDtls>
<d:TxDtls><d:Amt Ccy=\"RUB\">20.00</d:Amt></d:TxDtls></d:NtryDtls></d:Ntry>";
const REVERSAL: &str = "<d:Ntry><d:Amt Ccy=\"RUB\">50.00</d:Amt><d:CdtDbtInd>DBIT</d:CdtDbtInd>
<d:RvslInd>true</d:RvslInd><d:Sts>{BOOK}</d:Sts><d:BookgDt><d:Dt>2026-02-16</d:Dt></d:BookgDt>
<d:AcctSvcrRef>R3</d:AcctSvcrRef></d:Ntry>";
const PENDING: &str = "<d:Ntry><d:Amt Ccy=\"RUB\">1.00</d:Amt><d:CdtDbtInd>CRDT</d:CdtDbtInd>
<d:Sts>PDNG</d:Sts></d:Ntry>";

#[test]
fn camt_reads_in_any_version_and_counts_booked_entries_only() {
    let entries = format!("{CREDIT}{SHARED}{REVERSAL}{PENDING}");
    for (namespace, status) in [
        ("camt.053.001.02", "BOOK"),
        ("camt.053.001.08", "<d:Cd>BOOK</d:Cd>"),
        ("camt.053.001.13", "<d:Cd>BOOK</d:Cd>"),
    ] {
        let statements = found(&camt(namespace, status, &entries, "130.00")).unwrap();
        let [statement] = statements.as_slice() else { panic!("one statement") };
        assert_eq!(
            (statement.from, statement.to),
            (Some(date("2026-02-16")), Some(date("2026-02-16")))
        );
        let told: Vec<(Direction, i64, bool, &str)> = statement
            .entries
            .iter()
            .map(|entry| (entry.direction, entry.amount, entry.is_reversal, entry.number.as_str()))
            .collect();
        use Direction::{In, Out};
        assert_eq!(
            told,
            [
                (In, 5_000, false, "R1"),
                (In, 1_000, false, "R2"),
                (In, 2_000, false, "R2#1"),
                (Out, 5_000, true, "R3"),
            ]
        );
        let first = &statement.entries[0];
        assert_eq!(first.name.reveal(), "Иванов & Ко");
        assert_eq!(
            (first.account.reveal().as_str(), first.purpose.reveal().as_str()),
            ("408", "Договор POS-2026-000123")
        );
    }
}

#[test]
fn faulty_camt_is_held_whole() {
    let good = camt("camt.053.001.08", "<d:Cd>BOOK</d:Cd>", &format!("{CREDIT}{SHARED}"), "180.00");
    assert!(found(&good).is_ok());
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        found(&good.replacen(from, to, 1)).unwrap_err()
    };
    let rows = [
        ("180.00", "180.01", "BalancesDiffer(-1)"),
        ("<d:Amt Ccy=\"RUB\">20.00", "<d:Amt Ccy=\"RUB\">20.01", "PartsDiffer"),
        ("<d:Dt>2026-02-16</d:Dt>", "<d:Dt>16.02.2026</d:Dt>", "Invalid { field: \"BookgDt\""),
        ("CRDT</d:CdtDbtInd><d:Sts>", "UP</d:CdtDbtInd><d:Sts>", "Invalid { field: \"CdtDbtInd\""),
        (OWN, "40702810000000000777", "ForeignAccount"),
        ("<d:Amt Ccy=\"RUB\">50", "<d:Amt Ccy=\"EUR\">50", "Invalid { field: \"Ccy\""),
        ("<d:BkToCstmrStmt>", "<d:BkToCstmrDbtCdtNtfctn>", "Xml"),
    ];
    for (from, to, expected) in rows {
        let reason = with(from, to);
        assert!(reason.contains(expected), "{from} → {to}: {reason}");
    }
    for length in (0..good.len()).filter(|length| good.is_char_boundary(*length)) {
        assert!(found(&good[..length]).is_err(), "cut at {length}");
    }
}

fn entry(name: &str, inn: &str, purpose: &str, amount: i64) -> StatementEntry {
    let text = |text: &str| Personal::new(text.to_owned());
    StatementEntry {
        direction: Direction::In,
        on: date("2026-02-16"),
        number: "1".into(),
        amount,
        is_reversal: false,
        account: text("408"),
        inn: text(inn),
        name: text(name),
        purpose: text(purpose),
    }
}

fn candidate(id: u128, number: &str, inn: &str, name: &str, next: i64) -> Candidate {
    Candidate {
        loan: LoanId::from_uuid(uuid::Uuid::from_u128(id)),
        number: number.into(),
        inn: Some(Personal::new(inn.into())),
        name: Personal::new(crate::base::names::key(name)),
        instalments: vec![next],
        phones: vec![Personal::new(format!("+7916123450{id}"))],
    }
}

#[test]
fn a_payment_finds_its_loan_or_a_person() {
    let loans = [
        candidate(1, "POS-2026-000123", "500100732259", "Иванов Иван Иванович", 945_596),
        candidate(2, "POS-2026-000124", "500100732259", "Иванов Иван Иванович", 100_000),
        candidate(3, "POS-2026-000125", "", "Петров Пётр Петрович", 500_000),
        candidate(4, "POS-2026-000126", "", "Петров Пётр Петрович", 500_000),
        candidate(5, "POS-2026-000127", "", "Сидорова Анна Юрьевна", 300_000),
    ];
    let one = |id: u128, by| Matched::One(LoanId::from_uuid(uuid::Uuid::from_u128(id)), by);
    let manual = |ids: &[u128]| {
        let id = |id: &u128| LoanId::from_uuid(uuid::Uuid::from_u128(*id));
        Matched::Manual(ids.iter().map(id).collect())
    };
    let rows = [
        (entry("ПАО Банк", "", "по договору № POS-2026-000123 = 1", 1), one(1, MatchedBy::Number)),
        (entry("", "", "дог.роs-2026-000124,", 1), one(2, MatchedBy::Number)),
        (entry("", "", "POS-2026-0001239", 1), manual(&[])),
        (entry("", "", "POS-2026-000123 и POS-2026-000124", 1), manual(&[1, 2])),
        (entry("ИНН 500100732259 Иванов Иван Иванович", "", "долг", 1), manual(&[1, 2])),
        (entry("Иванов Иван Иванович", "", "долг", 945_596), one(1, MatchedBy::NameAndAmount)),
        (
            entry("ПАО Банк", "", "перевод // Сидорова Анна Юрьевна // Тверь", 300_000),
            one(5, MatchedBy::NameAndAmount),
        ),
        (entry("Петров Петр Петрович", "", "долг", 500_000), manual(&[3, 4])),
        (entry("Сидорова Анна Юрьевна", "", "долг", 7), manual(&[5])),
        (entry("", "", "тел 8 (916) 123-45-05 спасибо", 7), one(5, MatchedBy::Phone)),
        (entry("Неизвестный Никто", "", "долг", 7), manual(&[])),
    ];
    let pattern = ["POS-####-######".to_owned()];
    for (entry, expected) in rows {
        let keys = matching_keys(&entry, &pattern);
        assert_eq!(matched(&entry, &keys, &loans), expected, "{}", entry.purpose.reveal());
    }
    let taken_back = StatementEntry { is_reversal: true, ..entry("", "", "POS-2026-000123", 1) };
    let keys = matching_keys(&taken_back, &pattern);
    assert_eq!(matched(&taken_back, &keys, &loans), manual(&[]));
}
