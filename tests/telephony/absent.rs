//! Calls at the phone of somebody who is not signed in.

use super::stage::*;
use lenderbox::base::ids::UserId;
use lenderbox::base::personal::Personal;
use lenderbox::domain::access::Role;
use lenderbox::service::users::UserToCreate;
use lenderbox::service::{Caller, ServiceError};

/// An operator at 103 who has never signed in.
async fn clara(stage: &Stage) -> Caller {
    let typed = UserToCreate {
        login: "clara".into(),
        name: "Name of clara".into(),
        role: Role::Operator,
        extension: Some("103".into()),
        password: Personal::new("лодка-под-дождём".into()),
    };
    let user = stage.services.create_user(&Caller::system(), typed).await.unwrap();
    let id: UserId = user.id;
    until("the name", || stage.services.people.at_extension("103").is_some()).await;
    person(id, Role::Operator)
}

async fn at_103(stage: &Stage, kind: &str, second: u32) {
    let told = event(serde_json::json!({"event_id": kind, "call_id": "one", "type": kind,
        "at": format!("2026-11-21T12:00:{second:02}Z"), "agent": "103", "leg_id": "a",
        "direction": "inbound", "from": "89161234567"}));
    stage.services.take_pbx_bodies(&Caller::system(), "http", vec![told]).await.unwrap();
}

#[test]
fn a_call_at_the_phone_of_who_never_signed_in_is_recorded_and_leaves_him_offline() {
    with_stage(None, async |stage| {
        let services = &stage.services;
        let clara = clara(stage).await;
        let mut floor = Page::open(services, &stage.elena);
        for (kind, second) in [("ringing", 0), ("answered", 3), ("ended", 20)] {
            at_103(stage, kind, second).await;
            assert_eq!(stage.state_of(&clara).await, ("offline".into(), None), "after {kind}");
        }
        let rows = services.operator_rows(&stage.elena).unwrap();
        let row = rows.iter().find(|row| row.extension.as_deref() == Some("103")).unwrap();
        assert_eq!(row.state, "offline");
        assert_eq!(services.reconcile_operators().await.unwrap(), 0, "nothing is to be put right");
        assert_eq!(services.sweep_wrap_ups().await.unwrap(), 0);
        let told = floor.until(|frame| frame["type"] == "operator.state").await;
        assert_eq!(told["state"], "offline");

        let listed = services.list_calls(&stage.elena, &Default::default()).unwrap().items;
        let [call] = listed.as_slice() else { panic!("one call") };
        assert_eq!((call.state, call.result), ("wrap_up", Some("answered")));
        assert_eq!((call.wait_seconds, call.talk_seconds), (3, 17));
        assert_eq!(call.operator.as_ref().unwrap().name, "Name of clara");

        // The result waits until the person comes.
        sign_in(services, &clara, [3; 32]).await;
        assert_eq!(stage.state_of(&clara).await.0, "offline", "signing in is not taking calls");
        let own = services.own_state(&clara).await.unwrap();
        assert_eq!(own.call.unwrap().call.id, call.id);
        let refused = services.set_own_state(&clara, "ready", None).await.unwrap_err();
        assert!(matches!(refused, ServiceError::Rejected(r) if r.code == "wrap_up_open"));
        let id = call.id.parse().unwrap();
        services.finish_call(&clara, id, stage.notes()).await.unwrap();
        services.set_own_state(&clara, "ready", None).await.unwrap();
        assert_eq!(stage.state_of(&clara).await.0, "ready");
    });
}
