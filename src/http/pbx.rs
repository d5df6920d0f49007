//! Exchanges: their events, their questions, their state, the flight recorder.

use crate::base::ids::CallId;
use crate::base::limits::{PBX_EVENTS_PER_REQUEST_MAX, REQUEST_BODY_BYTES_MAX};
use crate::base::time::Timestamp;
use crate::config::WebhookSource;
use crate::domain::call::pbx_event::PbxEventBody;
use crate::gateways::pbx_simulator::Scenario;
use crate::gateways::webhook::{self, HookEvents, HookFault, HookRequest};
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Outcome, Request, json, ok};
use crate::json_object;
use crate::service::Caller;
use crate::service::pbx::Intake;
use crate::service::telephony::HTTP_SOURCE;
use serde_json::{Value, json};
use warp::http::StatusCode;

json_object! {
    /// Body of `POST /pbx/route`.
    #[derive(Debug)]
    pub struct RouteBody {
        /// The exchange's conversation.
        pub call_id: Option<String>,
        /// Who calls.
        pub from: Option<String>,
        /// Which line is called.
        pub to: Option<String>,
        /// What the IVR collected.
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

fn taken(intake: &Intake) -> Outcome {
    let rejected: Vec<Value> = intake
        .rejected
        .iter()
        .map(|(index, code)| json!({ "index": index, "code": code }))
        .collect();
    json(StatusCode::ACCEPTED, &json!({ "accepted": intake.accepted, "rejected": rejected }))
}

/// `POST /pbx/events`: one event or a list.
///
/// # Errors
/// 413 for more than 500 events.
pub async fn events(edge: Edge, mut request: Request) -> Outcome {
    let items = match request.json_value(REQUEST_BODY_BYTES_MAX).await? {
        Value::Array(items) => items,
        one => vec![one],
    };
    if items.len() > PBX_EVENTS_PER_REQUEST_MAX {
        let help = format!("send at most {PBX_EVENTS_PER_REQUEST_MAX} events at once");
        return Err(ApiError::new("too_large", help));
    }
    // What is not an event at all is refused like an event without a name.
    let bodies: Vec<PbxEventBody> =
        items.into_iter().map(|item| serde_json::from_value(item).unwrap_or_default()).collect();
    taken(&edge.services.take_pbx_bodies(&request.caller()?, HTTP_SOURCE, bodies).await?)
}

/// Checks where a webhook comes from and reads its events.
fn received(
    source: &WebhookSource,
    request: &Request,
    body: &[u8],
    now: Timestamp,
) -> Result<HookEvents, ApiError> {
    let header = |name: &str| Some(request.headers.get(name)?.to_str().ok()?.to_owned());
    let hook = HookRequest { header: &header, body, received: now };
    webhook::receive(source, &hook).map_err(|fault| {
        let code = match fault {
            HookFault::BadProof | HookFault::Stale => "bad_proof",
            HookFault::Malformed => "malformed_json",
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
    let received = received(source, &request, &body, edge.now())?;
    let events = received.events.into_iter().enumerate().collect();
    let mut intake = edge.services.take_pbx_events(&Caller::system(), &name, events).await?;
    intake.rejected.extend(received.rejected.iter().map(|(index, fault)| (*index, fault.code)));
    taken(&intake)
}

/// `POST /pbx/route`: advice.
///
/// # Errors
/// 422.
pub async fn route(edge: Edge, mut request: Request) -> Outcome {
    let _asked: RouteBody = request.json().await?;
    let extension = edge.services.advise_route(&request.caller()?)?;
    ok(&json!({ "extension": extension, "queue": null }))
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
    json(StatusCode::ACCEPTED, &json!({}))
}

/// `GET /pbx/status`.
///
/// # Errors
/// 401.
pub async fn status(edge: Edge, request: Request) -> Outcome {
    let status = edge.services.pbx_status(&request.caller()?)?;
    #[allow(clippy::cast_precision_loss, reason = "milliseconds for people, far below 2^52")]
    let millis = |micros: u64| micros as f64 / 1000.0;
    ok(&json!({
        "links": status.links,
        "pop": {
            "count": status.pops.count, "p50_ms": millis(status.pops.p50),
            "p95_ms": millis(status.pops.p95), "p99_ms": millis(status.pops.p99),
            "max_ms": millis(status.pops.max),
        },
        "live_calls": status.live_calls,
    }))
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
