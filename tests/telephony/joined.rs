//! A card opened by hand and the exchange's own word of the same talk are one call.

use super::stage::*;
use lenderbox::base::ids::CallId;
use lenderbox::domain::call::pbx_event::{Direction, PbxEventBody};
use lenderbox::service::Caller;
use lenderbox::service::calls::CallFilter;
use lenderbox::service::telephony::{LinkKind, LinkState};

const NUMBER: &str = "8 (916) 123-45-67";

async fn by_hand(stage: &Stage, caller: &Caller) -> CallId {
    let opened = stage.services.open_call_by_hand(caller, Direction::Inbound, NUMBER, None);
    opened.await.unwrap().call.id.parse().unwrap()
}

/// Tells of the conversation `call`, each event by itself: kind, agent, seconds from now.
async fn tell(stage: &Stage, call: &str, events: &[(&str, Option<&str>, i64)]) {
    for (kind, agent, seconds) in events {
        take(stage, "http", vec![told(stage, call, kind, *agent, *seconds)]).await;
    }
}

fn told(stage: &Stage, call: &str, kind: &str, agent: Option<&str>, at: i64) -> PbxEventBody {
    let at = stage.services.clock.now().plus_seconds(at).to_rfc3339();
    event(serde_json::json!({"event_id": format!("{call}{kind}"), "call_id": call,
        "type": kind, "at": at, "agent": agent, "direction": "inbound",
        "leg_id": agent.map(|_| "leg"), "from": "89161234567"}))
}

async fn take(stage: &Stage, source: &str, events: Vec<PbxEventBody>) {
    let count = events.len();
    let taken = stage.services.take_pbx_bodies(&Caller::system(), source, events).await.unwrap();
    assert_eq!((taken.accepted, taken.rejected.len()), (count, 0));
}

fn ids(stage: &Stage) -> Vec<String> {
    let listed = stage.services.list_calls(&stage.elena, &CallFilter::default()).unwrap();
    listed.items.into_iter().map(|call| call.id).collect()
}

#[test]
fn an_exchange_that_comes_back_tells_of_the_card_by_hand_and_not_of_a_second_call() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let id = by_hand(stage, anna).await;
        let mut page = Page::open(services, anna);
        tell(stage, "c1", &[("queue_entered", None, -90), ("ringing", Some("101"), -70)]).await;
        let joined = page.card("talking").await;
        assert_eq!(call_id(&joined), id);
        assert_eq!(joined["card"]["call"]["by_hand"], false, "the exchange has it now");
        tell(stage, "c1", &[("answered", Some("101"), -65), ("ended", None, 0)]).await;
        page.card("wrap_up").await;
        assert_eq!(ids(stage), [id.to_string()]);
        assert_eq!(stage.state_of(anna).await.0, "wrap_up");
        let done = services.finish_call(anna, id, stage.notes()).await.unwrap();
        assert_eq!((done.result, done.source.as_str()), (Some("answered"), "http"));
        assert!((60..=70).contains(&done.talk_seconds), "{}", done.talk_seconds);
        assert!((20..=30).contains(&done.wait_seconds), "{}", done.wait_seconds);
        assert_eq!(stage.state_of(anna).await.0, "not_ready");
        assert!(page.seen.iter().all(|frame| !frame.contains("ringing")), "{:?}", page.seen);
        // The same again changes nothing.
        tell(stage, "c1", &[("ended", None, 0)]).await;
        assert_eq!(ids(stage).len(), 1);
        let events = services.call_events(&stage.elena, id).unwrap();
        assert_eq!(events[0]["type"], "queue_entered", "the recorder finds them by the card");
    });
}

#[test]
fn a_talk_told_after_its_card_was_written_stays_one_record() {
    with_stage(None, async |stage| {
        let Stage { services, anna, boris, .. } = stage;
        let id = by_hand(stage, anna).await;
        services.hang_up(anna, id).await.unwrap();
        services.finish_call(anna, id, stage.notes()).await.unwrap();
        tell(stage, "c1", &[("ringing", Some("101"), -40), ("answered", Some("101"), -35)]).await;
        assert_eq!(stage.state_of(anna).await.0, "not_ready", "nobody is called back to it");
        tell(stage, "c1", &[("ended", None, -1)]).await;
        assert_eq!(ids(stage), [id.to_string()]);
        let record = state(services, id).await.progress(None);
        assert_eq!((record.talk_seconds(), record.end_is_estimated), (34, false));
        // The next call of the same client, and one at a colleague's phone, are calls of their own.
        tell(stage, "c2", &[("ringing", Some("101"), 400)]).await;
        by_hand(stage, boris).await;
        tell(stage, "c3", &[("ringing", Some("103"), -5)]).await;
        assert_eq!(ids(stage).len(), 4);
    });
}

#[test]
fn a_call_announced_before_the_link_went_down_is_the_one_opened_by_hand() {
    with_stage(None, async |stage| {
        let Stage { services, anna, boris, .. } = stage;
        tell(stage, "c1", &[("queue_entered", None, -30)]).await;
        let [announced] = ids(stage).try_into().unwrap();
        services.link_changed("http", LinkKind::Http, LinkState::Down, None);
        let id = by_hand(stage, anna).await;
        assert_eq!(id.to_string(), announced);
        assert_eq!(stage.state_of(anna).await.0, "on_call");
        assert_ne!(by_hand(stage, boris).await, id, "one talk has one operator");
        tell(stage, "c1", &[("answered", Some("101"), -20), ("ended", None, 0)]).await;
        assert_eq!(stage.state_of(anna).await.0, "wrap_up");
        services.finish_call(anna, id, stage.notes()).await.unwrap();
        let record = state(services, id).await.progress(None);
        assert_eq!(record.participants.len(), 1);
        assert_eq!((record.talk_seconds(), record.wait_seconds()), (20, 10));
        assert_eq!(ids(stage).len(), 2);
    });
}

#[test]
fn two_conversations_of_one_moment_are_not_both_the_card_by_hand() {
    with_stage(None, async |stage| {
        let Stage { services, anna, .. } = stage;
        let id = by_hand(stage, anna).await;
        let ringing = |call: &str| told(stage, call, "ringing", Some("101"), -5);
        // Two exchanges that tell at once, and one that tells of a third talk in the same breath.
        tokio::join!(
            take(stage, "http", vec![ringing("c1"), ringing("c3")]),
            take(stage, "other", vec![ringing("c2")]),
        );
        assert_eq!(ids(stage).len(), 3);
        let mut conversations = Vec::new();
        for id in ids(stage) {
            let call = state(services, id.parse().unwrap()).await;
            assert_eq!(call.facts.len(), 1, "{}", call.pbx_call);
            conversations.push((call.pbx_call.clone(), call.hand.is_some()));
        }
        conversations.sort();
        let names: Vec<&str> = conversations.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["c1", "c2", "c3"]);
        assert_eq!(conversations.iter().filter(|(_, by_hand)| *by_hand).count(), 1);
        // What follows finds its own call.
        take(stage, "other", vec![told(stage, "c2", "ended", None, 0)]).await;
        tell(stage, "c1", &[("ended", None, 0)]).await;
        tell(stage, "c3", &[("ended", None, 0)]).await;
        assert_eq!(ids(stage).len(), 3);
        for id in ids(stage) {
            let call = state(services, id.parse().unwrap()).await;
            assert_eq!((call.facts.len(), call.progress(None).stage.is_live()), (2, false));
        }
        assert!(state(services, id).await.hand.is_some());
    });
}

#[test]
fn two_operators_who_open_the_announced_call_at_once_get_a_card_each() {
    with_stage(None, async |stage| {
        let Stage { services, anna, boris, .. } = stage;
        tell(stage, "c1", &[("queue_entered", None, -30)]).await;
        services.link_changed("http", LinkKind::Http, LinkState::Down, None);
        let (one, other) = tokio::join!(by_hand(stage, anna), by_hand(stage, boris));
        assert_ne!(one, other);
        assert_eq!(ids(stage).len(), 2);
        assert_eq!(stage.state_of(anna).await.0, "on_call");
        assert_eq!(stage.state_of(boris).await.0, "on_call");
    });
}
