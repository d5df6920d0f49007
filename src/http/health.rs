//! Whether the box lives, serves, and what it has measured.

use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Answer, Outcome, Request, ok};
use crate::store::Delay;
use bytes::Bytes;
use warp::http::{HeaderValue, Response, header};

/// That something is so.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct StatusView {
    /// `ok`.
    pub status: &'static str,
}

/// That requests are served.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct ReadyView {
    /// `ready`.
    pub status: &'static str,
    /// What somebody should look after although requests are served: `view_flush_hangs`,
    /// `view_call_hangs` (the disk of the view has not answered for two minutes).
    pub warnings: Vec<&'static str>,
}

/// `GET /healthz`: the process answers.
///
/// # Errors
/// None.
pub async fn alive(_edge: Edge, _request: Request) -> Outcome {
    ok(&StatusView { status: "ok" })
}

/// `GET /readyz`: requests are served.
///
/// # Errors
/// 503 while the box starts or stops.
pub async fn ready(edge: Edge, _request: Request) -> Outcome {
    if edge.is_ready() {
        let warning = edge.services.store.watch().delayed().map(|delay| match delay {
            Delay::Flush => "view_flush_hangs",
            Delay::Call => "view_call_hangs",
        });
        return ok(&ReadyView { status: "ready", warnings: warning.into_iter().collect() });
    }
    Err(ApiError::new("starting", "the box is starting or stopping").retry_after(1))
}

/// `GET /metrics`.
///
/// # Errors
/// None.
pub async fn metrics(edge: Edge, _request: Request) -> Outcome {
    let mut response = Response::new(Bytes::from(edge.services.metrics.text()));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(Answer::Whole(response))
}

/// `GET /health/summary`.
///
/// # Errors
/// 403.
pub async fn summary(edge: Edge, request: Request) -> Outcome {
    let (caller, uptime) = (request.caller()?, edge.uptime_seconds());
    let read = move || edge.services.health_summary(&caller, uptime);
    ok(&tokio::task::spawn_blocking(read).await.map_err(ApiError::internal)??)
}
