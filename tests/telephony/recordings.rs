//! Every recorded and hand-made manager stream, message by message over a wire: the exact record
//! of the call, and exactly what the pages of the people concerned are told.

use super::stage::*;
use lenderbox::base::ids::CallId;
use lenderbox::base::time::Timestamp;
use lenderbox::domain::call::Call;
use lenderbox::domain::call::progress::{Participant, Progress};
use lenderbox::domain::{ClaimSpace, StreamId, StreamKind};
use lenderbox::gateways::ami::adapter::{Adapter, Output};
use lenderbox::gateways::ami::parser::Parser;
use lenderbox::service::Services;
use std::collections::{BTreeMap, BTreeSet};

/// A conversation that comes after everything else: what a page sees before it is all there is.
const LAST: &str = "Event: Newchannel\r\nChannel: PJSIP/trunk-0000ffff\r\nUniqueid: last\r\nLinkedid: last\r\n\
    CallerIDNum: 79160000000\r\nExten: 74950000000\r\n\r\n\
    Event: DialBegin\r\nChannel: PJSIP/trunk-0000ffff\r\nUniqueid: last\r\nLinkedid: last\r\n\
    DestChannel: PJSIP/EXT-0000fffe\r\nDestUniqueid: last.EXT\r\nDestLinkedid: last\r\n\r\n";

fn call_of(services: &Services, pbx_call: &str) -> Option<CallId> {
    let holders = services.store.holders(ClaimSpace::PbxCall, &format!("pbx1:{pbx_call}")).unwrap();
    let found = holders.iter().find(|stream| stream.kind == StreamKind::Call);
    found.map(|stream| CallId::from_uuid(stream.id))
}

/// Plays a recording, each message when the one before has had its effect. Gives the first
/// conversation's name.
async fn play(services: &Services, exchange: &mut Exchange, text: &str) -> String {
    let mut adapter = Adapter::new("PJSIP/{extension}", &["PJSIP/trunk".to_owned()], "");
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut first = None;
    for message in Parser::default().push(text.as_bytes()) {
        let outputs = adapter.push(&message, Timestamp::default());
        exchange.say(&String::from_utf8(message.to_bytes()).unwrap()).await;
        for output in outputs {
            if let Output::Event(event) = output {
                first.get_or_insert_with(|| event.call_id.clone());
                told.entry(event.call_id).or_default().insert(event.event_id);
            }
        }
        for (call, events) in &told {
            until("the events", || {
                let Some(id) = call_of(services, call) else { return false };
                let stream = StreamId::new(StreamKind::Call, id.uuid());
                services.store.load::<Call>(stream).unwrap().state.facts.len() == events.len()
            })
            .await;
        }
    }
    first.unwrap()
}

/// What a page was told until the last conversation began.
async fn told(page: &mut Page) -> Vec<String> {
    page.until(|frame| frame["card"]["call"]["to"] == "74950000000").await;
    let mut seen: Vec<String> = page.seen.drain(..).collect();
    seen.retain(|line| !line.starts_with("pbx.link"));
    seen.truncate(seen.len() - 1);
    seen.iter()
        .map(|line| line.replace("call.", "").replace("operator.", "").trim().to_owned())
        .collect()
}

fn record(progress: &Progress) -> String {
    let part = |part: &Participant| {
        let answered = if part.answered_at.is_some() { "+" } else { "-" };
        let cause = part.cause.map_or("open", |cause| cause.code());
        format!("{}{answered}{cause}", part.extension)
    };
    let parts: Vec<String> = progress.participants.iter().map(part).collect();
    format!(
        "{} {} {} owner {} talk {} hold {} wait {} queue {} parts {}",
        progress.direction.code(),
        progress.stage.code(),
        progress.result.map_or("open", |result| result.code()),
        progress.owner.as_deref().unwrap_or("-"),
        progress.talk_seconds(),
        progress.hold_seconds(),
        progress.wait_seconds(),
        progress.queue.as_deref().unwrap_or("-"),
        parts.join(" "),
    )
}

/// Recording, the record, the frames of 101 and of 102 (both ready at the start).
type Row = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("01", "inbound wrap_up answered owner 101 talk 4 hold 0 wait 2 queue - parts 101+normal",
        &["card ringing", "state ringing", "card talking", "state on_call", "card wrap_up", "state wrap_up", "card wrap_up"],
        &[]),
    ("02", "inbound wrap_up answered owner 101 talk 4 hold 0 wait 2 queue - parts 101+normal",
        &["card ringing", "state ringing", "card talking", "state on_call", "card wrap_up", "state wrap_up", "card wrap_up"],
        &[]),
    ("03", "inbound wrap_up answered owner 101 talk 4 hold 0 wait 2 queue sales parts 101+normal",
        &["card ringing", "state ringing", "card talking", "state on_call", "card talking", "card wrap_up", "state wrap_up", "card wrap_up"],
        &[]),
    ("04", "inbound finished abandoned owner - talk 0 hold 0 wait 3 queue sales parts 101-cancelled",
        &["card ringing", "state ringing", "gone", "state ready"],
        &[]),
    ("05", "inbound finished no_answer owner - talk 0 hold 0 wait 6 queue - parts 101-no_answer",
        &["card ringing", "state ringing", "gone", "state not_ready"],
        &[]),
    ("06", "inbound finished busy owner - talk 0 hold 0 wait 0 queue - parts 101-busy",
        &["card ringing", "state ringing", "gone", "state not_ready"],
        &[]),
    ("07", "inbound wrap_up answered owner 102 talk 7 hold 2 wait 2 queue - parts 101+normal 102+normal",
        &["card ringing", "state ringing", "card talking", "state on_call", "card wrap_up", "state wrap_up", "gone", "state not_ready"],
        &["card ringing", "state ringing", "card ringing", "card talking", "state on_call", "card wrap_up", "state wrap_up", "card wrap_up"]),
    ("08", "inbound wrap_up answered owner 102 talk 7 hold 2 wait 2 queue - parts 101+normal 102+normal",
        &["card ringing", "state ringing", "card talking", "state on_call", "gone", "state not_ready"],
        &["card ringing", "state ringing", "card ringing", "card ringing", "card talking", "state on_call", "card wrap_up", "state wrap_up", "card wrap_up"]),
    ("09", "inbound wrap_up answered owner 102 talk 8 hold 4 wait 2 queue - parts 101+normal 102+normal",
        &["card ringing", "state ringing", "card talking", "state on_call", "card held", "card held", "card held", "gone", "state not_ready"],
        &["card held", "state ringing", "card held", "state on_call", "card talking", "card talking", "card wrap_up", "state wrap_up", "card wrap_up"]),
    ("10", "outbound wrap_up answered owner 101 talk 3 hold 0 wait 4 queue - parts 101+normal",
        &["card ringing", "state ringing", "card talking", "state on_call", "card ringing", "card talking", "card wrap_up", "state wrap_up", "card wrap_up"],
        &[]),
    ("11", "outbound wrap_up busy owner 101 talk 0 hold 0 wait 4 queue - parts 101+normal",
        &["card ringing", "state ringing", "card talking", "state on_call", "card ringing", "card wrap_up", "state wrap_up", "card wrap_up"],
        &[]),
    ("12", "outbound finished failed owner - talk 0 hold 0 wait 4 queue - parts 101-no_answer",
        &["card ringing", "state ringing", "gone", "state not_ready"],
        &[]),
    ("16", "inbound finished queue_timeout owner - talk 0 hold 0 wait 3 queue sales parts 101-no_answer",
        &["card ringing", "state ringing", "gone", "state not_ready"],
        &[]),
    ("18", "inbound wrap_up answered owner 102 talk 17 hold 10 wait 2 queue - parts 101+normal 102+normal",
        &["card ringing", "state ringing", "card talking", "state on_call", "card held", "card talking", "state on_call", "card talking", "gone", "state on_call", "gone", "state not_ready"],
        &["card talking", "state on_call", "card talking", "state on_call", "gone", "state on_call", "card talking", "card wrap_up", "state wrap_up", "card wrap_up"]),
    ("19", "outbound wrap_up answered owner 102 talk 20 hold 0 wait 5 queue - parts 102+normal",
        &[],
        &["card ringing", "state on_call", "card talking", "card wrap_up", "state wrap_up", "card wrap_up"]),
    ("20", "inbound wrap_up answered owner 102 talk 20 hold 0 wait 5 queue sales parts 101-rejected 102+normal",
        &["card ringing", "state ringing", "card ringing", "gone", "state not_ready"],
        &["card ringing", "state ringing", "card ringing", "card talking", "state on_call", "card talking", "card wrap_up", "state wrap_up", "card wrap_up"]),
];

#[test]
fn every_stream_gives_its_record_and_its_frames() {
    let mut wrong = Vec::new();
    for (name, expected, anna_sees, boris_sees) in ROWS {
        with_exchange(async |stage, exchange| {
            let services = &stage.services;
            services.set_own_state(&stage.anna, "ready", None).await.unwrap();
            services.set_own_state(&stage.boris, "ready", None).await.unwrap();
            let mut pages = [Page::open(services, &stage.anna), Page::open(services, &stage.boris)];
            // The people of the recordings who are not ours sit at 101.
            let text = recording(name)
                .replace("PJSIP/103-", "PJSIP/101-")
                .replace("PJSIP/104-", "PJSIP/101-");
            let call = play(services, exchange, &text).await;
            let id = call_of(services, &call).unwrap();
            // The lane may still be taking over what the view shows already.
            let stream = StreamId::new(StreamKind::Call, id.uuid());
            let call = services.store.load::<Call>(stream).unwrap().state;
            let record = record(&call.progress(None));
            exchange.say(&LAST.replace("EXT", "101")).await;
            let anna = told(&mut pages[0]).await;
            exchange.say(&LAST.replace("EXT", "102").replace("last", "last2")).await;
            let boris = told(&mut pages[1]).await;
            if record != *expected || anna != *anna_sees || boris != *boris_sees {
                wrong.push(format!(
                    "    (\"{name}\", \"{record}\",\n        &{anna:?},\n        &{boris:?}),"
                ));
            }
        });
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
