//! Golden bytes of every kind and version; decoders survive arbitrary input.

use super::frame::{self, FrameHeader, StreamHeader};
use super::*;
use crate::base::time::Timestamp;
use crate::domain::access::Principal;
use crate::domain::client::Client;
use crate::domain::loan::Loan;
use crate::domain::{StreamId, StreamKind};
use proptest::prelude::*;
use std::path::Path;

#[test]
fn kinds_are_numbered_once() {
    let mut seen: Vec<u16> = kinds().iter().map(|kind| kind.kind).collect();
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

/// Golden bytes lie in `schemas/events/KIND-vVERSION.hex`. A missing one is written and the test
/// still fails, so that a person looks at it.
#[test]
fn golden_bytes_of_every_kind() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/events");
    let mut missing = Vec::new();
    for (kind, sample) in samples::all() {
        let path = folder.join(format!("{:04x}-{}-v{}.hex", kind.kind, kind.name, kind.version));
        let hex = data_encoding::HEXLOWER.encode(&sample.body);
        match std::fs::read_to_string(&path) {
            Ok(golden) => assert_eq!(golden.trim(), hex, "bytes of {} changed", kind.name),
            Err(_) => {
                if std::env::var_os("UPDATE_SCHEMAS").is_some() {
                    std::fs::create_dir_all(&folder).unwrap();
                    std::fs::write(&path, format!("{hex}\n")).unwrap();
                }
                missing.push(kind.name);
            }
        }
    }
    assert!(
        missing.is_empty(),
        "no golden bytes of {missing:?}; run with UPDATE_SCHEMAS=1 and look at them"
    );
    assert_eq!(samples::all().len(), kinds().len(), "every kind has a sample in codec/tests.rs");
}

#[test]
fn every_golden_file_is_still_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/events");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let kind = u16::from_str_radix(&name[..4], 16).unwrap();
        let version: u8 = name.rsplit("-v").next().unwrap().parse().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let body = data_encoding::HEXLOWER.decode(text.trim().as_bytes()).unwrap();
        reads(kind, version, &body).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_frame_round_trips_and_a_flipped_body_is_seen() {
    let (_, sample) = samples::all().remove(0);
    let stream = StreamId::new(StreamKind::Client, uuid::Uuid::from_u128(5));
    let header = FrameHeader {
        at: Timestamp::from_micros(1),
        actor: Principal::System,
        cause: None,
        command: None,
        drawn: vec![],
        bulk: false,
        streams: vec![StreamHeader { stream, version: 1, drawn: 0 }],
        events: vec![],
    };
    let mut bytes = frame::build(header, &[(0, sample.clone())], || [7; 8]);
    let read = frame::read_header(&bytes.header).unwrap();
    let bodies = |bytes: &[u8]| -> Result<Vec<Vec<u8>>, DecodeError> {
        frame::bodies_of(&read, 0, bytes).map(|body| body.map(|(_, body)| body.to_vec())).collect()
    };
    assert_eq!(bodies(&bytes.bodies).unwrap(), [sample.body.as_slice()]);
    assert_eq!(frame::bodies_of(&read, 1, &bytes.bodies).count(), 0);
    assert!(bodies(&bytes.bodies[1..]).is_err());
    assert!(bodies(&[bytes.bodies.as_slice(), &[0]].concat()).is_err());
    let last = bytes.bodies.len() - 1;
    bytes.bodies[last] ^= 1;
    assert!(bodies(&bytes.bodies).is_err());
}

#[test]
fn the_fullest_book_of_a_loan_fits_into_a_stream() {
    let loan = loan_samples::fullest();
    let size = encode(&loan).len();
    assert!(size <= crate::base::limits::STREAM_STATE_BYTES_MAX, "{size} bytes");
    assert_eq!(decode::<Loan>("loan", &encode(&loan)), Ok(loan));
}

proptest! {
    #[test]
    fn decoders_survive_arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for kind in kinds() {
            let _ = reads(kind.kind, kind.version, &bytes);
        }
        let _ = decode::<Client>("client", &bytes);
        let _ = decode::<Loan>("loan", &bytes);
        if let Ok(header) = frame::read_header(&bytes) {
            let _ = frame::bodies_of(&header, 0, &bytes).count();
        }
    }
}

/// One sample of every kind of event.
mod samples {
    use super::super::*;
    use crate::base::ids::{CallId, ClientId, ImportId, LoanId, PartId};
    use crate::base::money::{Currency, Money};
    use crate::base::personal::Personal;
    use crate::domain::access::{Role, TokenScope};
    use crate::domain::call::Call;
    use crate::domain::client::*;
    use crate::domain::daily_run::RequestCounts;
    use crate::domain::daily_run::{self, Begun, DailyReport, DailyRun, DailyRunEvent, LateSum};
    use crate::domain::directory::*;
    use crate::domain::import::ImportKind;
    use crate::domain::import::run::*;
    use crate::domain::loan::*;
    use crate::domain::operator::Operator;
    use crate::domain::paper::*;
    use crate::domain::statement::file::StatementFile;
    use crate::domain::statement::payment::IncomingPayment;
    use crate::domain::token::*;
    use crate::domain::user::*;
    use uuid::Uuid;

    fn part() -> PartId {
        PartId::from_uuid(Uuid::from_u128(3))
    }

    fn details() -> ClientDetails {
        let text = |text: &str| Personal::new(text.to_owned());
        ClientDetails {
            kind: ClientKind::Person,
            name: PersonName {
                last: text("Ёлкин"),
                first: text("Пётр"),
                patronymic: text("Ильич"),
            },
            birth_date: Some(Personal::new("1990-02-28".parse().unwrap())),
            sex: Some(Sex::Male),
            birth_place: text("г. Тверь"),
            inn: Some(text("500100732259")),
            snils: Some(text("11223344595")),
            code_word: Some([9; 32]),
            phones: vec![PhonePoint {
                e164: text("+79161234567"),
                extension: None,
                kind: PhoneKind::Mobile,
                verified: true,
            }],
            emails: vec![EmailPoint { address: text("a@example.ru") }],
            addresses: vec![Address {
                kind: AddressKind::Residence,
                text: text("Тверь"),
                region: "Тверская".into(),
                city: "Тверь".into(),
                postcode: "170000".into(),
            }],
            documents: vec![Document {
                kind: DocumentKind::PassportRf,
                series: text("4514"),
                number: text("123456"),
                issued_on: None,
                issued_by: text("ОВД"),
                department_code: "770-045".into(),
            }],
            organisation: Some(Organisation::default()),
            language: "ru".into(),
            time_zone: "Europe/Moscow".into(),
        }
    }

    fn clients() -> Vec<ClientEvent> {
        vec![
            ClientEvent::Registered(Registered {
                id: ClientId::from_uuid(Uuid::from_u128(1)),
                since: "2026-11-21".parse().unwrap(),
                details: details(),
                source_key: Some("core:1".into()),
            }),
            ClientEvent::DetailsChanged(DetailsChanged { details: details() }),
            ClientEvent::SourceLinked(SourceLinked { source_key: "core:2".into() }),
            ClientEvent::NoteAdded(NoteAdded {
                id: part(), text: Personal::new("заметка".into())
            }),
            ClientEvent::ConsentGiven(ConsentGiven {
                id: part(),
                purpose: "calls".into(),
                evidence: Personal::new("call 5".into()),
                text_version: "1".into(),
            }),
            ClientEvent::ConsentWithdrawn(ConsentWithdrawn {
                id: part(),
                reason: Personal::new("asked".into()),
            }),
            ClientEvent::FileAdded(FileAdded {
                id: part(),
                blob: "ab".into(),
                name: Personal::new("договор.pdf".into()),
                kind: FileKind::Contract,
                loan: None,
                size: 10,
                mime: "application/pdf".into(),
            }),
            ClientEvent::IdentificationFailed(IdentificationFailed {
                call: CallId::from_uuid(Uuid::from_u128(4)),
                date: "2026-11-21".parse().unwrap(),
                wrong_answers: 1,
            }),
        ]
    }

    fn loans() -> Vec<LoanEvent> {
        let terms = LoanTerms {
            number: "POS-1".into(),
            product: "POS".into(),
            principal: Money::from_minor(100, Currency::Rub),
            rate_percent: "24.5".parse().unwrap(),
            term_months: 12,
            issued_on: "2026-01-15".parse().unwrap(),
            status: LoanStatus::Active,
            status_text: "A".into(),
        };
        let row = Instalment {
            n: 1,
            due_on: "2026-02-15".parse().unwrap(),
            principal: 90,
            interest: 9,
            fee: 1,
            balance: 10,
        };
        let payment = Payment {
            source_key: "p1".into(),
            on: "2026-02-15".parse().unwrap(),
            amount: 100,
            kind: PaymentKind::Payment,
        };
        let mut all = vec![
            LoanEvent::Opened(LoanOpened {
                id: LoanId::from_uuid(Uuid::from_u128(2)),
                client: ClientId::from_uuid(Uuid::from_u128(1)),
                source_key: "core:9".into(),
                terms: terms.clone(),
            }),
            LoanEvent::TermsChanged(TermsChanged { terms }),
            LoanEvent::InstalmentsSet(InstalmentsSet { instalments: vec![row] }),
            LoanEvent::PaymentReceived(PaymentReceived { payment }),
            LoanEvent::FiguresStated(FiguresStated {
                figures: Figures {
                    as_of: Some("2026-11-20".parse().unwrap()),
                    outstanding: Some(5),
                    overdue: None,
                    days_past_due: Some(0),
                    next_due_on: None,
                    next_payment: None,
                },
            }),
            LoanEvent::AccountStated(AccountStated {
                account: Personal::new("40817810500000000001".into()),
            }),
        ];
        all.extend(loan_samples::ledger());
        all
    }

    fn encoded<A: Stored>(events: &[A::Event]) -> Vec<(EventKind, EncodedEvent)> {
        A::EVENTS.iter().copied().zip(events.iter().map(A::encode_event)).collect()
    }

    fn users() -> Vec<UserEvent> {
        let name = Personal::new("Анна".to_owned());
        let hash = Personal::new("$argon2id$x".to_owned());
        let extension = Some("101".to_owned());
        vec![
            UserEvent::Created(UserCreated {
                login: "anna".into(),
                name: name.clone(),
                role: Role::Operator,
                extension: extension.clone(),
                password_hash: hash.clone(),
            }),
            UserEvent::Changed(UserChanged { name, role: Role::Supervisor, extension }),
            UserEvent::PasswordSet(PasswordSet { hash }),
            UserEvent::Disabled(UserDisabled {}),
            UserEvent::Enabled(UserEnabled {}),
            UserEvent::TotpEnrolled(TotpEnrolled { secret: Personal::new(vec![1, 2]) }),
            UserEvent::TotpRemoved(TotpRemoved {}),
            UserEvent::SignedIn(UserSignedIn {}),
            UserEvent::SignInOpened(SignInOpened { key: [5; 32], totp_step: Some(58_000_000) }),
            UserEvent::SignInClosed(SignInClosed { key: [5; 32] }),
            UserEvent::SignInsEnded(SignInsEnded { kept: Some([6; 32]) }),
            UserEvent::SignInSeen(SignInSeen { key: [6; 32] }),
        ]
    }

    fn tokens() -> Vec<TokenEvent> {
        vec![
            TokenEvent::Created(TokenCreated {
                name: "pbx1".into(),
                scope: TokenScope::Pbx,
                hash: "ab".into(),
                ip_list: vec!["127.0.0.1".into()],
                rate_per_second: Some(100),
            }),
            TokenEvent::Revoked(TokenRevoked {}),
        ]
    }

    fn entries() -> Vec<EntryEvent> {
        vec![
            EntryEvent::Put(EntryPut { kind: EntryKind::Topic, body: "{}".into() }),
            EntryEvent::Retired(EntryRetired {}),
            EntryEvent::Restored(EntryRestored {}),
        ]
    }

    fn imports() -> Vec<ImportEvent> {
        let id = ImportId::from_uuid(Uuid::from_u128(9));
        let plan = ImportPlan {
            kind: ImportKind::Payments,
            file_name: "платежи.csv".into(),
            source: FileSource::Blob("ab12".into()),
            mapping: "1c-payments".into(),
            mapping_text: "kind = \"payments\"".into(),
            dry_run: true,
        };
        let counts =
            Counts { rows: 300, created: 1, updated: 2, unchanged: 200, skipped: 90, rejected: 7 };
        let error = Some(("ragged_row".to_owned(), "line 2".to_owned()));
        vec![
            ImportEvent::Started(Started { id, plan }),
            ImportEvent::Advanced(Advanced { line: 301, counts }),
            ImportEvent::Ended(Ended { state: RunState::Failed, error }),
            ImportEvent::Resumed(Resumed {}),
            ImportEvent::LookupsGiven(LookupsGiven {
                lookups: vec![GivenLookup {
                    name: "owner".into(),
                    source: FileSource::Blob("ab".into()),
                }],
            }),
        ]
    }

    fn daily_runs() -> Vec<DailyRunEvent> {
        let late = LateSum { loans: 3, overdue: vec![Money::from_minor(945_596, Currency::Rub)] };
        let requests = RequestCounts { executed: 1, expired: 2, waiting: 3, failed: 0 };
        let buckets = std::array::from_fn(|_| late.clone());
        let report = Box::new(DailyReport { loans: 100, buckets, requests, scan_milliseconds: 12 });
        vec![
            DailyRunEvent::Begun(Begun { day: "2026-11-22".parse().unwrap() }),
            DailyRunEvent::Ended(daily_run::Ended { report: report.clone() }),
            DailyRunEvent::LeftUndone(daily_run::LeftUndone {
                report,
                undone: daily_run::Undone {
                    loans: 2,
                    named: vec![LoanId::from_uuid(Uuid::from_u128(2))],
                },
            }),
        ]
    }

    fn papers() -> Vec<PaperEvent> {
        vec![PaperEvent::Issued(PaperIssued {
            client: ClientId::from_uuid(Uuid::from_u128(1)),
            loan: LoanId::from_uuid(Uuid::from_u128(2)),
            kind: PaperKind::EarlyRepayment,
            language: PaperLanguage::En,
            year: 2026,
            number: 17,
            on: "2026-11-22".parse().unwrap(),
            blob: "ab12".into(),
            size: 20_000,
        })]
    }

    pub fn all() -> Vec<(EventKind, EncodedEvent)> {
        let mut all = encoded::<Client>(&clients());
        all.extend(encoded::<Loan>(&loans()));
        all.extend(encoded::<Call>(&call_samples::calls()));
        all.extend(encoded::<Operator>(&call_samples::operators()));
        all.extend(encoded::<User>(&users()));
        all.extend(encoded::<Token>(&tokens()));
        all.extend(encoded::<Entry>(&entries()));
        all.extend(encoded::<ImportRun>(&imports()));
        all.extend(encoded::<StatementFile>(&statement_samples::files()));
        all.extend(encoded::<IncomingPayment>(&statement_samples::payments()));
        all.extend(encoded::<DailyRun>(&daily_runs()));
        all.extend(encoded::<Paper>(&papers()));
        all
    }
}
