use super::*;
use crate::base::ids::ClientId;
use crate::base::{documents, phone};
use crate::domain::client::ClientDetails;
use crate::domain::directory::{EntryKind, check_body};
use crate::domain::loan::LoanStatus;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

const CLIENTS: u64 = 2_000;

fn today() -> Date {
    "2026-11-21".parse().unwrap()
}

fn lender() -> Lender {
    Lender::new(7, today())
}

fn checked(draft: &ClientDraft) -> ClientDetails {
    let nobody = ClientId::from_uuid(Uuid::nil());
    draft.check(nobody, &ClientDetails::default(), today()).unwrap()
}

#[test]
fn a_seed_gives_the_same_clients_and_another_seed_others() {
    let print = |lender: Lender, index| {
        let client = lender.client(index);
        let details = checked(&client.draft);
        format!("{} {:?} {}", details.name.full(), client.loans, client.contacts.len())
    };
    assert_eq!(print(lender(), 5), print(lender(), 5));
    assert_ne!(print(lender(), 5), print(lender(), 6));
    assert_ne!(print(lender(), 5), print(Lender::new(8, today()), 5));
}

#[test]
fn every_client_passes_the_checks_of_the_product_and_no_number_repeats() {
    let (mut phones, mut inns, mut passports) = (HashMap::new(), HashSet::new(), HashSet::new());
    for index in 0..CLIENTS {
        let client = lender().client(index);
        let details = checked(&client.draft);
        assert!(!details.name.full().is_empty());
        *phones.entry(details.phones[0].e164.reveal().clone()).or_insert(0) += 1;
        assert_eq!(*details.phones[0].e164.reveal(), lender().main_phone(index));
        if let Some(inn) = &details.inn {
            assert!(inns.insert(inn.reveal().clone()));
        }
        let passport = &details.documents[0];
        assert!(passports.insert(passport.key()));
        let issued = passport.issued_on.unwrap();
        let birth = details.birth_date.map(|date| *date.reveal());
        assert_eq!(documents::passport_issue_date(birth, issued, today()), Ok(()));
    }
    assert_eq!(phones.len() as u64, CLIENTS);
}

#[test]
fn families_share_a_number_now_and_then() {
    let shared = lender().client(47);
    let second = phone::parse(shared.draft.phones.as_ref().unwrap()[1].number.reveal()).unwrap();
    assert_eq!(second.e164, lender().main_phone(46));
}

#[test]
fn names_agree_in_gender() {
    for index in 0..CLIENTS {
        let draft = lender().client(index).draft;
        let patronymic = draft.patronymic.unwrap().into_inner();
        let last = draft.last_name.unwrap().into_inner();
        match draft.sex.unwrap() {
            Sex::Female => {
                assert!(patronymic.is_empty() || patronymic.ends_with("на"), "{patronymic}");
                assert!(!last.ends_with("ов") && !last.ends_with("ий"), "{last}");
            }
            Sex::Male => {
                assert!(patronymic.is_empty() || patronymic.ends_with("ич"), "{patronymic}");
                assert!(!last.ends_with("ова"), "{last}");
            }
        }
    }
}

#[test]
fn annuities_are_those_of_the_rule_book() {
    // domain.md 2.2, E1: 100 000.00 at 24 % for 12 months from 2026-01-15.
    let rows = loans::schedule(10_000_000, 2400, 12, "2026-01-15".parse().unwrap());
    assert_eq!(
        (rows[0].interest, rows[0].principal, rows[0].balance),
        (203_836, 741_760, 9_258_240)
    );
    assert_eq!((rows[10].interest, rows[10].balance), (36_093, 920_219));
    assert_eq!((rows[11].interest, rows[11].payment(), rows[11].balance), (18_757, 938_976, 0));
    assert_eq!(rows.iter().map(|row| row.interest).sum::<i64>(), 1_340_532);
    // E3: leap year and month ends.
    let rows = loans::schedule(12_000_000, 1800, 12, "2027-08-31".parse().unwrap());
    assert_eq!((rows[5].due_on.to_string(), rows[5].interest), ("2028-02-29".to_owned(), 103_578));
    assert_eq!(rows[11].payment(), 1_099_308);
    // E5: instalments without interest.
    let rows = loans::schedule(4_499_000, 0, 6, "2026-09-01".parse().unwrap());
    let payments: Vec<i64> = rows.iter().map(|row| row.payment()).collect();
    assert_eq!(payments, [749_833, 749_833, 749_833, 749_833, 749_833, 749_835]);
}

#[test]
fn loans_are_believable() {
    let (mut all, mut overdue, mut closed, mut numbers) = (0, 0, 0, HashSet::new());
    for index in 0..CLIENTS {
        for made in lender().client(index).loans {
            all += 1;
            assert!(numbers.insert(made.terms.number.clone()), "{}", made.terms.number);
            let principal: i64 = made.schedule.iter().map(|row| row.principal).sum();
            assert_eq!(principal, made.terms.principal.minor());
            assert!(made.terms.issued_on <= today());
            assert!(
                made.payments
                    .iter()
                    .all(|payment| { payment.on <= today() && payment.on >= made.terms.issued_on })
            );
            let keys: HashSet<&str> = made.payments.iter().map(|p| p.source_key.as_str()).collect();
            assert_eq!(keys.len(), made.payments.len());
            match made.terms.status {
                LoanStatus::Active => {
                    let paid: i64 =
                        made.payments.iter().map(|payment| payment.amount.minor()).sum();
                    let due: i64 = made
                        .schedule
                        .iter()
                        .filter(|row| row.due_on < today())
                        .map(|row| row.payment())
                        .sum();
                    overdue += u32::from(paid < due);
                }
                _ => closed += 1,
            }
            if let Some(figures) = &made.figures {
                assert_eq!(figures.as_of, today().pred_opt());
                assert!(figures.outstanding.unwrap() > 0);
            }
        }
    }
    assert!((1_900..2_400).contains(&all), "{all}");
    assert!((all / 20..all / 6).contains(&overdue), "{overdue} of {all} are overdue");
    assert!(closed > all / 20, "{closed}");
}

#[test]
fn partners_hang_together() {
    let all = lender().organisations(20);
    assert_eq!(all.len(), 20 * (1 + 4 * 3));
    let mut keys = HashSet::new();
    let mut pairs = HashSet::new();
    for made in &all {
        if let Some(parent) = &made.parent_key {
            assert!(keys.contains(parent), "a parent comes first");
        }
        assert!(keys.insert(made.source_key.clone()));
        let details = checked(&made.draft);
        let organisation = details.organisation.unwrap();
        if let Some(inn) = &details.inn {
            assert!(pairs.insert((inn.reveal().clone(), organisation.kpp.clone())));
        }
    }
}

#[test]
fn directories_pass_the_checks_of_the_product() {
    let kinds = [
        (EntryKind::Topic, topics()),
        (EntryKind::Branch, branches()),
        (EntryKind::Product, products()),
        (EntryKind::Snippet, snippets()),
    ];
    let mut keys = HashSet::new();
    for (kind, entries) in kinds {
        for entry in entries {
            assert!(entry.parent.is_none_or(|parent| keys.contains(parent)), "{}", entry.key);
            assert!(keys.insert(entry.key), "{} stands twice", entry.key);
            check_body(kind, entry.body.clone()).unwrap_or_else(|f| panic!("{}: {f:?}", entry.key));
        }
    }
    for (topic, _, _) in directory::CONTACTS {
        assert!(keys.contains(topic), "{topic}");
    }
}
