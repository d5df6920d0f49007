//! Backups and long jobs.

use crate::http::edge::Edge;
use crate::http::request::{Outcome, Request, json, ok};
use serde_json::json;
use uuid::Uuid;
use warp::http::StatusCode;

/// `GET /backups`.
///
/// # Errors
/// See the codes of the API.
pub async fn list(edge: Edge, request: Request) -> Outcome {
    let items = edge.services.backup_list(&request.caller()?)?;
    ok(&json!({ "items": items, "next_cursor": null }))
}

/// A long piece of work under way.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct JobStarted {
    /// Which.
    pub job: Uuid,
}

/// `POST /backups`: takes one as a job.
///
/// # Errors
/// See the codes of the API.
pub async fn create(edge: Edge, request: Request) -> Outcome {
    let job = edge.services.take_backup(&request.caller()?).await?;
    json(StatusCode::ACCEPTED, &JobStarted { job })
}

/// `POST /backups/{name}/verify`: restores it into a scratch folder and compares, as a job.
///
/// # Errors
/// 404 when there is no such backup.
pub async fn verify(edge: Edge, request: Request) -> Outcome {
    let name: String = request.parameter(0, "backup")?;
    let job = edge.services.verify_backup(&request.caller()?, &name)?;
    json(StatusCode::ACCEPTED, &JobStarted { job })
}

/// `GET /jobs/{id}`.
///
/// # Errors
/// 404 when it is not remembered.
pub async fn job(edge: Edge, request: Request) -> Outcome {
    let id: Uuid = request.parameter(0, "job")?;
    ok(&edge.services.job(&request.caller()?, id)?)
}
