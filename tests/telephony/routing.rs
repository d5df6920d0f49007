//! Whom an exchange is advised to ring, and what becomes of who does not answer.

use super::stage::*;
use lenderbox::base::ids::CallId;
use lenderbox::config::Config;
use lenderbox::service::Caller;
use lenderbox::service::routing::{RouteAdvice, RouteQuestion};
use serde_json::json;
use std::time::Duration;

fn asked(stage: &Stage, question: RouteQuestion) -> RouteAdvice {
    stage.services.advise_route(&Caller::system(), &question).unwrap()
}

fn to(extension: &str, reason: &'static str) -> RouteAdvice {
    RouteAdvice { extension: Some(extension.into()), queue: None, reason: Some(reason) }
}

fn from(number: &str) -> RouteQuestion {
    RouteQuestion { from: Some(number.into()), ..RouteQuestion::default() }
}

async fn tell(stage: &Stage, call: &str, kind: &str, agent: &str, second: u32) {
    // Conversations of today: an old one says nothing about whom the client expects.
    let at = stage.services.clock.now().plus_seconds(-600 + i64::from(second));
    let body = event(json!({"event_id": format!("{call}{kind}{agent}"), "call_id": call,
        "type": kind, "at": at.to_rfc3339(), "agent": agent, "leg_id": agent,
        "direction": "inbound", "from": "89161234567", "to_agent": "102", "from_agent": "101"}));
    let taken = stage.services.take_pbx_bodies(&Caller::system(), "http", vec![body]).await;
    assert_eq!(taken.unwrap().rejected, []);
}

/// `anna` talks with the client and writes the result.
async fn a_talk(stage: &Stage) {
    let mut page = Page::open(&stage.services, &stage.anna);
    for (kind, second) in [("ringing", 0), ("answered", 2), ("ended", 30)] {
        tell(stage, "talk", kind, "101", second).await;
    }
    let id: CallId = call_id(&page.card("wrap_up").await);
    stage.services.finish_call(&stage.anna, id, stage.notes()).await.unwrap();
}

#[test]
fn a_caller_goes_to_who_spoke_with_him_last_and_else_to_who_waits_longest() {
    let members = |config: &mut Config| {
        config.pbx.queues.insert("night".into(), vec!["101".into()]);
    };
    with_settings(None, members, async |stage| {
        let Stage { services, anna, boris, .. } = stage;
        let number = "8 916 123-45-67";
        assert_eq!(asked(stage, from(number)), RouteAdvice::default(), "nobody is ready");
        services.set_own_state(boris, "ready", None).await.unwrap();
        assert_eq!(asked(stage, from(number)), to("102", "longest_ready"));
        let night = RouteQuestion { queue: Some("night".into()), ..RouteQuestion::default() };
        let wait = RouteAdvice { queue: Some("night".into()), ..RouteAdvice::default() };
        assert_eq!(asked(stage, night.clone()), wait, "boris does not serve the night");
        a_talk(stage).await;
        assert_eq!(asked(stage, from(number)), to("102", "longest_ready"), "anna is not ready");
        services.set_own_state(anna, "ready", None).await.unwrap();
        assert_eq!(asked(stage, from(number)), to("101", "last_operator"));
        assert_eq!(asked(stage, from("+7 916 000-00-00")), to("102", "longest_ready"));
        assert_eq!(asked(stage, night).extension.as_deref(), Some("101"));
        let evening = RouteQuestion { queue: Some("evening".into()), ..from(number) };
        assert_eq!(asked(stage, evening).queue.as_deref(), Some("evening"));
        // A call on its way to a colleague goes there, whoever spoke last.
        for (kind, second) in [("ringing", 100), ("answered", 102)] {
            tell(stage, "moving", kind, "101", second).await;
        }
        tell(stage, "moving", "transferred", "101", 110).await;
        let moving = RouteQuestion { pbx_call: Some("moving".into()), ..from(number) };
        assert_eq!(asked(stage, moving.clone()), to("102", "transfer"));
        tell(stage, "moving", "ended", "102", 115).await;
        assert_eq!(asked(stage, moving), to("102", "longest_ready"));
    });
}

#[test]
fn a_phone_that_rings_too_long_makes_not_ready_once() {
    let hasty = |config: &mut Config| config.calls.missed_seconds = 1;
    with_settings(None, hasty, async |stage| {
        let Stage { services, anna, .. } = stage;
        services.set_own_state(anna, "ready", None).await.unwrap();
        let mut page = Page::open(services, anna);
        tell(stage, "long", "ringing", "101", 0).await;
        let id = call_id(&page.card("ringing").await);
        assert_eq!(services.sweep_rings().await.unwrap(), 0, "not yet");
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        let swept = tokio::time::timeout(DEADLINE, async {
            while services.sweep_rings().await.unwrap() == 0 {
                ticks.tick().await;
            }
        });
        swept.await.unwrap();
        assert_eq!(page.own("not_ready").await["reason"], "missed");
        assert_eq!(services.sweep_rings().await.unwrap(), 0, "once");
        let own = services.own_state(anna).await.unwrap();
        assert_eq!(own.call.unwrap().call.id, id.to_string(), "it still rings");
        tell(stage, "long", "answered", "101", 20).await;
        page.own("on_call").await;
        tell(stage, "long", "ended", "101", 30).await;
        page.own("wrap_up").await;
        let rows = services.operator_rows(anna).unwrap();
        assert_eq!(rows.iter().map(|row| row.missed_today).sum::<u32>(), 1);
    });
}
