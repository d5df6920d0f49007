//! The link to a manager interface when the other end, or the wire, misbehaves.

use super::stage::*;
use lenderbox::actors::Runtime;
use lenderbox::app::Core;
use lenderbox::intake::pbx::PbxIntake;
use lenderbox::service::Services;
use lenderbox::service::telephony::LinkState;
use std::time::Instant;
use tokio::io::AsyncWriteExt;

fn link(services: &Services) -> (Option<LinkState>, Option<String>) {
    let links = services.telephony.links();
    let link = links.get("pbx1");
    (link.map(|link| link.state), link.and_then(|link| link.error.clone()))
}

fn tell(text: &str) -> (&str, &str, &str) {
    let (ringing, rest) = until_mark(text, "DialStatus: ANSWER");
    let (talking, end) = until_mark(rest, "Event: HangupRequest");
    (ringing, talking, end)
}

#[test]
fn garbage_half_lines_and_gigantic_lines_cost_no_event() {
    with_exchange(async |stage, exchange| {
        let mut page = Page::open(&stage.services, &stage.anna);
        let text = recording("01");
        let (ringing, talking, end) = tell(&text);
        let stream = exchange.stream.as_mut().unwrap();
        stream.write_all(b"\xff\xfe\0: x\r\n:::\r\n\r\nnot a header\r\n\r\n").await.unwrap();
        stream.write_all(&vec![b'x'; 300_000]).await.unwrap();
        stream.write_all(b"\r\nEvent: ").await.unwrap();
        stream.write_all(&vec![b'y'; 300_000]).await.unwrap();
        stream.write_all(b"\r\n\r\nResponse: Error\r\nActionID: \xc3\x28\r\n\r\n").await.unwrap();
        // Half lines: a pause wherever the wire likes.
        for part in ringing.as_bytes().chunks(97) {
            stream.write_all(part).await.unwrap();
            stream.flush().await.unwrap();
            tokio::task::yield_now().await;
        }
        let id = call_id(&page.card("ringing").await);
        exchange.say(talking).await;
        page.card("talking").await;
        exchange.say("\r\n\r\n\r\n").await;
        exchange.say(end).await;
        assert_eq!(call_id(&page.card("wrap_up").await), id);
        let record = state(&stage.services, id).await.progress(None);
        assert_eq!((record.talk_seconds(), record.wait_seconds()), (4, 2));
        assert_eq!(link(&stage.services).0, Some(LinkState::Up));
    });
}

#[test]
fn a_refused_log_in_is_named_without_the_secret_and_tried_again_with_pauses() {
    let folder = tempfile::tempdir().unwrap();
    Runtime::block_on(2, async {
        let mut exchange = Exchange::open().await;
        let core = Core::open(config(folder.path(), Some(exchange.port()))).unwrap();
        let stage = Stage::set(std::sync::Arc::clone(&core.services)).await;
        let intake = PbxIntake::start(&core.services);
        let mut tried = Vec::new();
        for _ in 0..3 {
            exchange.take_up().await;
            tried.push(Instant::now());
            exchange.action("Login").await;
            exchange
                .say("Response: Error\r\nActionID: login\r\nMessage: Authentication failed\r\n\r\n")
                .await;
            until("the refusal", || link(&stage.services).0 == Some(LinkState::Down)).await;
            let why = link(&stage.services).1.unwrap();
            assert!(why.contains("manager.conf") && !why.contains("s3cret"), "{why}");
        }
        let pauses: Vec<_> = tried.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(pauses[0].as_millis() >= 450 && pauses[1].as_millis() >= 950, "{pauses:?}");
        // Once it is let in, everything works.
        exchange.accept().await;
        exchange.inventory().await;
        until("the link", || link(&stage.services).0 == Some(LinkState::Up)).await;
        intake.stop().await;
        drop(stage);
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
    });
}

#[test]
fn a_call_that_outlives_the_link_goes_on_when_it_is_back() {
    with_exchange(async |stage, exchange| {
        let services = &stage.services;
        let mut page = Page::open(services, &stage.anna);
        let text = recording("01");
        let (ringing, talking, end) = tell(&text);
        exchange.say(ringing).await;
        exchange.say(talking).await;
        let id = call_id(&page.card("talking").await);
        // The wire breaks in the middle of a message; its half never joins the next one.
        let half = &end[..end.find("Cause").unwrap()];
        exchange.say(half).await;
        drop(exchange.stream.take());
        page.until(|frame| frame["type"] == "pbx.link" && frame["state"] == "down").await;
        exchange.accept().await;
        exchange.inventory_of(&text).await;
        page.until(|frame| frame["type"] == "pbx.link" && frame["state"] == "up").await;
        until("the inventory", || {
            let log = services.pbx_records(&stage.elena, None, None, 200).unwrap().0;
            log.iter().any(|row| row.text.contains("CoreShowChannelsComplete"))
        })
        .await;
        assert_eq!(services.pbx_status(&stage.anna).unwrap().live_calls, 1);
        exchange.say(end).await;
        assert_eq!(call_id(&page.card("wrap_up").await), id);
        let record = state(services, id).await.progress(None);
        assert_eq!((record.talk_seconds(), record.end_is_estimated), (4, false));
        let all = services.list_calls(&stage.elena, &Default::default()).unwrap();
        assert_eq!(all.items.len(), 1, "no second call of the same conversation");
    });
}

#[test]
fn events_that_come_while_the_view_is_made_anew_are_not_lost() {
    with_exchange(async |stage, exchange| {
        let mut page = Page::open(&stage.services, &stage.anna);
        let text = recording("01");
        let (ringing, talking, end) = tell(&text);
        stage.services.store.fail();
        exchange.say(ringing).await;
        let id = call_id(&page.card("ringing").await);
        stage.services.store.fail();
        exchange.say(talking).await;
        exchange.say(end).await;
        page.card("wrap_up").await;
        let record = state(&stage.services, id).await.progress(None);
        assert_eq!((record.talk_seconds(), record.wait_seconds()), (4, 2));
    });
}
