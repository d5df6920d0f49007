//! Reports on all loans, by page and as a file; the daily run.

use crate::http::backups::JobStarted;
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Answer, Outcome, Request, json, ok};
use bytes::Bytes;
use serde_json::json;
use warp::http::{Response, StatusCode};

/// `GET /reports/arrears`: the longest in arrears first.
///
/// # Errors
/// 422 for a bucket or cursor that is none.
pub async fn arrears(edge: Edge, request: Request) -> Outcome {
    let query = request.query(&["bucket", "cursor", "limit"])?;
    let (caller, limit) = (request.caller()?, query.limit()?);
    let text = |name: &str| query.text(name).map(str::to_owned);
    let (bucket, cursor) = (text("bucket"), text("cursor"));
    let services = edge.services.clone();
    let reading = tokio::task::spawn_blocking(move || {
        services.arrears_report(&caller, bucket.as_deref(), cursor.as_deref(), limit)
    });
    let page = reading.await.map_err(ApiError::internal)??;
    ok(&json!({ "items": page.items, "next_cursor": page.next_cursor }))
}

/// `GET /reports/arrears/export`: all of it as CSV.
///
/// # Errors
/// 409 when there are too many rows; 422 for a bucket that is none.
pub async fn arrears_file(edge: Edge, request: Request) -> Outcome {
    let query = request.query(&["bucket"])?;
    let (caller, bucket) = (request.caller()?, query.text("bucket").map(str::to_owned));
    let services = edge.services.clone();
    let reading =
        tokio::task::spawn_blocking(move || services.arrears_file(&caller, bucket.as_deref()));
    file(&edge, "arrears", reading.await.map_err(ApiError::internal)??)
}

/// `GET /reports/reconciliation`: loans of other systems whose figures differ from our reckoning.
///
/// # Errors
/// 422 for a cursor that is none.
pub async fn reconciliation(edge: Edge, request: Request) -> Outcome {
    let query = request.query(&["cursor", "limit"])?;
    let (caller, limit) = (request.caller()?, query.limit()?);
    let cursor = query.text("cursor").map(str::to_owned);
    let services = edge.services.clone();
    let reading = tokio::task::spawn_blocking(move || {
        services.reconciliation_report(&caller, cursor.as_deref(), limit)
    });
    let page = reading.await.map_err(ApiError::internal)??;
    ok(&json!({ "items": page.items, "next_cursor": page.next_cursor }))
}

/// `GET /reports/reconciliation/export`: all of it as CSV, a line for each difference.
///
/// # Errors
/// 409 when there are too many rows.
pub async fn reconciliation_file(edge: Edge, request: Request) -> Outcome {
    let caller = request.caller()?;
    let services = edge.services.clone();
    let reading = tokio::task::spawn_blocking(move || services.reconciliation_file(&caller));
    file(&edge, "reconciliation", reading.await.map_err(ApiError::internal)??)
}

fn file(edge: &Edge, name: &str, text: Vec<u8>) -> Outcome {
    let name = format!("attachment; filename=\"{name}-{}.csv\"", edge.services.today());
    let answer = Response::builder()
        .header("Content-Type", "text/csv; charset=utf-8")
        .header("Content-Disposition", name)
        .body(Bytes::from(text))
        .map_err(ApiError::internal)?;
    Ok(Answer::Whole(answer))
}

/// `GET /daily-run`: the latest runs.
///
/// # Errors
/// 403.
pub async fn daily_runs(edge: Edge, request: Request) -> Outcome {
    ok(&edge.services.daily_run_list(&request.caller()?)?)
}

/// `POST /daily-run`: runs today's as a job, also when it has ended before; the job that is at work
/// when there is one.
///
/// # Errors
/// 403.
pub async fn start_daily_run(edge: Edge, request: Request) -> Outcome {
    let job = edge.services.start_daily_run(&request.caller()?)?;
    json(StatusCode::ACCEPTED, &JobStarted { job })
}
