//! What is left of a check that failed: on the page of the operator, on the card, in the record.

use super::stage::*;
use lenderbox::base::ids::CallId;
use lenderbox::domain::call::Disposition;
use lenderbox::domain::call::pbx_event::Direction;
use lenderbox::service::calls::{NotesInput, PromiseInput};
use lenderbox::service::{Caller, ServiceError};

async fn by_hand(stage: &Stage, caller: &Caller) -> CallId {
    let number = "8 (916) 123-45-67";
    let opened = stage.services.open_call_by_hand(caller, Direction::Inbound, number, None);
    opened.await.unwrap().call.id.parse().unwrap()
}

fn said(answers: &[(&str, &str)]) -> Vec<(String, String)> {
    answers.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn whoever_may_see_the_card_sees_that_the_check_is_closed_and_the_record_says_by_what() {
    with_stage(None, async |stage| {
        let Stage { services, anna, boris, elena, client, .. } = stage;
        let first = by_hand(stage, anna).await;
        let one = said(&[("birth_date", "01.01.1991"), ("full_name", "Иванова Мария")]);
        let after = services.identify(anna, first, one).await.unwrap();
        let identification = after.identification.unwrap();
        assert_eq!(
            (identification.wrong, identification.locked),
            (vec!["birth_date".into()], false)
        );
        assert_eq!(after.card.unwrap().check_closed_until, None);
        let two = said(&[
            ("code_word", "Тюльпан"),
            ("birth_date", "02.01.1991"),
            ("full_name", "Иванова Мария"),
        ]);
        let after = services.identify(anna, first, two).await.unwrap();
        let identification = after.identification.unwrap();
        assert!(identification.locked);
        assert_eq!(identification.wrong, ["code_word", "birth_date"], "still to be seen");
        let closed = after.card.unwrap().check_closed_until.unwrap();
        assert_eq!(Some(&closed), identification.locked_until.as_ref());

        // Everybody who may see the card, in a call of his own or in none.
        let seen = by_hand(stage, boris).await;
        let seen = services.call_card(boris, seen).await.unwrap();
        assert!(seen.identification.as_ref().unwrap().locked);
        assert!(seen.identification.unwrap().wrong.is_empty(), "not in this call");
        assert_eq!(seen.card.unwrap().check_closed_until, Some(closed.clone()));
        let (_, card) = services.client_card(elena, *client, None).await.unwrap();
        let card: serde_json::Value = serde_json::from_slice(&card).unwrap();
        assert_eq!(card["check_closed_until"], closed.as_str());

        // The record names fields, who asked and the level at the end; never an answer.
        services.finish_call(anna, first, stage.notes()).await.unwrap();
        let record = services.call_card(elena, first).await.unwrap().call;
        let fields: Vec<_> = record.failed_checks.iter().map(|check| &check.fields).collect();
        assert_eq!(
            fields,
            [&vec!["birth_date".to_owned()], &vec!["code_word".into(), "birth_date".into()]]
        );
        assert_eq!(
            record.failed_checks.iter().map(|check| check.locked).collect::<Vec<_>>(),
            [false, true]
        );
        assert_eq!((record.level, record.failed_checks[0].by.as_str()), (1, "Name of anna"));
        let text = serde_json::to_string(&record).unwrap();
        assert!(!text.contains("1991") && !text.contains("Тюльпан"));
    });
}

#[test]
fn a_promise_is_written_down_with_its_sum_and_its_day() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let id = by_hand(stage, anna).await;
        let due_on = services.today();
        let notes = |amount: &str| NotesInput {
            disposition: Some(Disposition::Ptp),
            promise: Some(PromiseInput { amount: amount.into(), due_on }),
            ..stage.notes()
        };
        let bare = NotesInput { promise: None, ..notes("") };
        for (input, field, code) in [
            (bare, "promise", "required"),
            (notes("много"), "promise.amount", "invalid_amount"),
            (notes("0"), "promise.amount", "out_of_range"),
        ] {
            let error = services.finish_call(anna, id, input).await.unwrap_err();
            let ServiceError::Rejected(rejection) = error else { panic!("{error}") };
            assert_eq!(
                (rejection.fields[0].field.as_str(), rejection.fields[0].code),
                (field, code)
            );
        }
        let done = services.finish_call(anna, id, notes("5 000,5")).await.unwrap();
        let promise = done.promise.unwrap();
        assert_eq!((promise.amount.amount.as_str(), promise.due_on), ("5000.50", due_on));
        assert_eq!(promise.amount.currency, "RUB");
    });
}
