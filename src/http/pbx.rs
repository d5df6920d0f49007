//! Exchanges: their events, their questions, their state, the flight recorder.

use crate::base::ids::CallId;
use crate::base::limits::{PBX_EVENTS_PER_REQUEST_MAX, REQUEST_BODY_BYTES_MAX};
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::config::WebhookSource;
use crate::domain::call::pbx_event::{PbxEventBody, PbxEventFault};
use crate::gateways::pbx_simulator::Scenario;
use crate::gateways::webhook::{self, HookEvents, HookFault, HookRequest};
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Accepted, Outcome, Request, json, ok};
use crate::json_object;
use crate::service::pbx::{Intake, LinkView};
use crate::service::routing::RouteQuestion;
use crate::service::telephony::HTTP_SOURCE;
use crate::service::{Caller, Services};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use warp::http::StatusCode;

/// Characters of a body at fault that the flight recorder keeps.
const SAID_CHARS_MAX: usize = 4_000;

json_object! {
    /// Body of `POST /pbx/route`.
    #[derive(Debug)]
    pub struct RouteBody {
        /// The exchange's conversation.
        pub call_id: Option<String>,
        /// Who calls.
        pub from: Option<Personal<String>>,
        /// Which line is called.
        pub to: Option<String>,
        /// The queue that the caller waits in, or would.
        pub queue: Option<String>,
        /// What the IVR collected: a contract's number finds the client as well.
        pub ivr: Option<Value>,
    }
}

json_object! {
    /// Body of `POST /pbx/simulate`.
    #[derive(Debug)]
    pub struct SimulateBody {
        /// `inbound`, `queue`, `transfer`, `lost_hangup`, `storm`, `storm:500`.
        pub scenario: String,
        /// The client's number.
        pub number: Option<String>,
        /// The operator's phone.
        pub extension: Option<String>,
    }
}

/// An event that was not taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RejectedEvent {
    /// Its place in the list.
    pub index: usize,
    /// Why.
    pub code: &'static str,
}

/// What became of events.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EventsTaken {
    /// How many were taken.
    pub accepted: usize,
    /// Those that were not.
    pub rejected: Vec<RejectedEvent>,
}

/// Milliseconds from an event of the exchange to the card at the page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PopTimes {
    /// How many were measured.
    pub count: u64,
    /// Half of them took at most this.
    pub p50_ms: f64,
    /// 95 of a hundred.
    pub p95_ms: f64,
    /// 99 of a hundred.
    pub p99_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

/// The exchanges at this moment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PbxStatusView {
    /// Links by source.
    pub links: Vec<LinkView>,
    /// How fast cards appear.
    pub pop: PopTimes,
    /// Calls that are not finished.
    pub live_calls: usize,
}

fn taken(intake: &Intake) -> Outcome {
    let rejected = intake.rejected.iter();
    let rejected = rejected.map(|(index, code)| RejectedEvent { index: *index, code }).collect();
    json(StatusCode::ACCEPTED, &EventsTaken { accepted: intake.accepted, rejected })
}

/// `POST /pbx/events`: one event or a list.
///
/// # Errors
/// 413 for more than 500 events.
pub async fn events(edge: Edge, mut request: Request) -> Outcome {
    check_feed(&edge)?;
    let items = match request.json_value(REQUEST_BODY_BYTES_MAX).await? {
        Value::Array(items) => items,
        one => vec![one],
    };
    if items.len() > PBX_EVENTS_PER_REQUEST_MAX {
        let help = format!("send at most {PBX_EVENTS_PER_REQUEST_MAX} events at once");
        return Err(ApiError::new("too_large", help));
    }
    let read = |item: Value| serde_json::from_value::<PbxEventBody>(item.clone()).map_err(|_| item);
    let items = items.into_iter().map(read).collect();
    taken(&edge.services.take_pbx_items(&request.caller()?, HTTP_SOURCE, items).await?)
}

/// Refuses what the settings switch off.
///
/// # Errors
/// 403.
pub fn check_feed(edge: &Edge) -> Result<(), ApiError> {
    if edge.services.config.pbx.feed {
        return Ok(());
    }
    Err(ApiError::new("forbidden", "exchanges by HTTP are off: set feed = true under [pbx]"))
}

/// Checks where a webhook comes from and reads its events.
fn received(
    services: &Services,
    source: &WebhookSource,
    request: &Request,
    body: &[u8],
    now: Timestamp,
) -> Result<HookEvents, ApiError> {
    let header = |name: &str| Some(request.headers.get(name)?.to_str().ok()?.to_owned());
    let hook = HookRequest { header: &header, body, received: now };
    webhook::receive(source, &hook).map_err(|fault| {
        if fault == HookFault::BadPayload {
            // The source is who it says: its integrator finds here what does not fit.
            let said =
                Value::String(String::from_utf8_lossy(body).chars().take(SAID_CHARS_MAX).collect());
            let fault = PbxEventFault { code: "malformed_json", field: "body" };
            services.record_refused(&source.name, &said, &fault);
        }
        let code = match fault {
            HookFault::BadProof | HookFault::Stale => "bad_proof",
            HookFault::Malformed | HookFault::BadPayload => "malformed_json",
            HookFault::TooMany => "too_large",
        };
        ApiError::new(code, fault.to_string())
    })
}

/// `POST /pbx/hooks/{source}`.
///
/// # Errors
/// 404 for an unknown source, 401 without proof, 400.
pub async fn hook(edge: Edge, mut request: Request) -> Outcome {
    let name = request.text_parameter(0).to_owned();
    let config = edge.services.config.clone();
    let Some(source) = config.pbx.webhooks.iter().find(|source| source.name == name) else {
        return Err(ApiError::not_found("source"));
    };
    let body = request.bytes(REQUEST_BODY_BYTES_MAX).await?;
    let received = received(&edge.services, source, &request, &body, edge.now())?;
    for one in &received.rejected {
        edge.services.record_refused(&name, &one.said, &one.fault);
    }
    for said in &received.ignored {
        edge.services.record_unnamed(&name, said);
    }
    let events = received.events.into_iter().enumerate().collect();
    let mut intake = edge.services.take_pbx_events(&Caller::system(), &name, events).await?;
    intake.rejected.extend(received.rejected.iter().map(|one| (one.index, one.fault.code)));
    taken(&intake)
}

/// `POST /pbx/route`: advice.
///
/// # Errors
/// 422.
pub async fn route(edge: Edge, mut request: Request) -> Outcome {
    let body: RouteBody = request.json().await?;
    let text = |(key, value): (String, Value)| match value {
        Value::String(text) => Some((key, text)),
        Value::Number(number) => Some((key, number.to_string())),
        _ => None,
    };
    let ivr = match body.ivr {
        Some(Value::Object(collected)) => collected.into_iter().filter_map(text).collect(),
        _ => BTreeMap::new(),
    };
    let question = RouteQuestion {
        pbx_call: body.call_id,
        from: body.from.map(Personal::into_inner),
        queue: body.queue,
        ivr,
    };
    let advice = edge.services.advise_route(&request.caller()?, &question)?;
    ok(&advice)
}

/// `POST /pbx/simulate`.
///
/// # Errors
/// 422 for an unknown scenario.
pub async fn simulate(edge: Edge, mut request: Request) -> Outcome {
    let body: SimulateBody = request.json().await?;
    let Some(scenario) = Scenario::parse(&body.scenario) else {
        let help = "choose inbound, queue, transfer, lost_hangup or storm";
        return Err(ApiError::field("scenario", "unknown_value", help));
    };
    edge.services.simulate_calls(&request.caller()?, scenario, body.number, body.extension)?;
    json(StatusCode::ACCEPTED, &Accepted {})
}

/// `GET /pbx/status`.
///
/// # Errors
/// 401.
pub async fn status(edge: Edge, request: Request) -> Outcome {
    let status = edge.services.pbx_status(&request.caller()?)?;
    #[allow(clippy::cast_precision_loss, reason = "milliseconds for people, far below 2^52")]
    let millis = |micros: u64| micros as f64 / 1000.0;
    ok(&PbxStatusView {
        links: status.links,
        pop: PopTimes {
            count: status.pops.count,
            p50_ms: millis(status.pops.p50),
            p95_ms: millis(status.pops.p95),
            p99_ms: millis(status.pops.p99),
            max_ms: millis(status.pops.max),
        },
        live_calls: status.live_calls,
    })
}

/// `GET /pbx/recorder`.
///
/// # Errors
/// 400 for a bad query.
pub async fn recorder(edge: Edge, request: Request) -> Outcome {
    let query = request.query(&["cursor", "call", "limit"])?;
    let cursor = query.read("cursor", "a number")?;
    let call: Option<CallId> = query.read("call", "a call's identifier")?;
    let (limit, caller) = (query.limit()?, request.caller()?);
    let read = move || edge.services.pbx_records(&caller, cursor, call, limit);
    let (items, next) = tokio::task::spawn_blocking(read).await.map_err(ApiError::internal)??;
    ok(&json!({ "items": items, "next_cursor": next.map(|next| next.to_string()) }))
}
