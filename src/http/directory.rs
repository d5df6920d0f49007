//! Directories: topics, branches, products, snippets, wordings of papers.

use crate::base::ids::EntryId;
use crate::base::limits::REQUEST_BODY_BYTES_MAX;
use crate::domain::RejectionKind;
use crate::domain::directory::EntryKind;
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Outcome, Request, ok, versioned};
use crate::service::ServiceError;
use crate::service::directory::EntryView;
use serde_json::json;
use warp::http::StatusCode;

fn kind(request: &Request) -> Result<EntryKind, ApiError> {
    EntryKind::parse(request.text_parameter(0)).ok_or_else(|| ApiError::not_found("directory"))
}

fn one(view: &EntryView) -> Outcome {
    versioned(StatusCode::OK, view.version, view)
}

/// `GET /directory/{kind}`.
///
/// # Errors
/// 404 when there is no such directory.
pub async fn list(edge: Edge, request: Request) -> Outcome {
    let items = edge.services.entries(&request.caller()?, kind(&request)?)?;
    ok(&json!({ "items": items, "next_cursor": null }))
}

/// `PUT /directory/{kind}/{id}`; `If-Match: "0"` creates.
///
/// # Errors
/// 412, 428, 422.
pub async fn put(edge: Edge, request: Request) -> Outcome {
    let (kind, id): (EntryKind, EntryId) = (kind(&request)?, request.parameter(1, "entry")?);
    keep(&edge, request, kind, id).await
}

/// The body is read by the rules of its kind: what is wrong with its form answers like the form of
/// any other body.
async fn keep(edge: &Edge, mut request: Request, kind: EntryKind, id: EntryId) -> Outcome {
    let version = request.if_match()?;
    let body = request.json_value(REQUEST_BODY_BYTES_MAX).await?;
    let kept = edge.services.put_entry(&request.caller()?, kind, id, version, body).await;
    one(&kept.map_err(|error| match error {
        ServiceError::Rejected(why) if why.kind == RejectionKind::Invalid => {
            ApiError::fields(why.fields)
        }
        other => other.into(),
    })?)
}

/// `DELETE /directory/{kind}/{id}`: retires.
///
/// # Errors
/// 404, 412, 428.
pub async fn retire(edge: Edge, request: Request) -> Outcome {
    let (kind, id): (EntryKind, EntryId) = (kind(&request)?, request.parameter(1, "entry")?);
    let version = request.if_match()?;
    one(&edge.services.retire_entry(&request.caller()?, kind, id, version).await?)
}

/// `POST /directory/{kind}/{id}/restore`.
///
/// # Errors
/// 404, 412, 428.
pub async fn restore(edge: Edge, request: Request) -> Outcome {
    let (kind, id): (EntryKind, EntryId) = (kind(&request)?, request.parameter(1, "entry")?);
    let version = request.if_match()?;
    one(&edge.services.restore_entry(&request.caller()?, kind, id, version).await?)
}

/// `PUT /directory/snippet/{id}`; `If-Match: "0"` creates.
///
/// # Errors
/// 403 for a shared one without the right to, 404 for another's, 412, 428, 422.
pub async fn put_snippet(edge: Edge, request: Request) -> Outcome {
    let id = request.parameter(0, "entry")?;
    keep(&edge, request, EntryKind::Snippet, id).await
}

/// `DELETE /directory/snippet/{id}`: retires.
///
/// # Errors
/// 403, 404, 412, 428.
pub async fn retire_snippet(edge: Edge, request: Request) -> Outcome {
    let (id, version): (EntryId, u64) = (request.parameter(0, "entry")?, request.if_match()?);
    let kind = EntryKind::Snippet;
    one(&edge.services.retire_entry(&request.caller()?, kind, id, version).await?)
}

/// `POST /directory/snippet/{id}/restore`.
///
/// # Errors
/// 403, 404, 412, 428.
pub async fn restore_snippet(edge: Edge, request: Request) -> Outcome {
    let (id, version): (EntryId, u64) = (request.parameter(0, "entry")?, request.if_match()?);
    let kind = EntryKind::Snippet;
    one(&edge.services.restore_entry(&request.caller()?, kind, id, version).await?)
}

/// `PUT /directory/paper_template/{id}`; `If-Match: "0"` creates.
///
/// # Errors
/// 412, 428; 422 names the line of the wording that is at fault.
pub async fn put_paper_template(edge: Edge, request: Request) -> Outcome {
    let id = request.parameter(0, "entry")?;
    keep(&edge, request, EntryKind::PaperTemplate, id).await
}

/// `DELETE /directory/paper_template/{id}`: retires.
///
/// # Errors
/// 404, 412, 428.
pub async fn retire_paper_template(edge: Edge, request: Request) -> Outcome {
    let (id, version): (EntryId, u64) = (request.parameter(0, "entry")?, request.if_match()?);
    let kind = EntryKind::PaperTemplate;
    one(&edge.services.retire_entry(&request.caller()?, kind, id, version).await?)
}

/// `POST /directory/paper_template/{id}/restore`.
///
/// # Errors
/// 404, 412, 428.
pub async fn restore_paper_template(edge: Edge, request: Request) -> Outcome {
    let (id, version): (EntryId, u64) = (request.parameter(0, "entry")?, request.if_match()?);
    let kind = EntryKind::PaperTemplate;
    one(&edge.services.restore_entry(&request.caller()?, kind, id, version).await?)
}

/// `GET /directory/{kind}/{id}/history`.
///
/// # Errors
/// 404 when there is no such entry.
pub async fn history(edge: Edge, request: Request) -> Outcome {
    let (kind, id): (EntryKind, EntryId) = (kind(&request)?, request.parameter(1, "entry")?);
    let items = edge.services.entry_history(&request.caller()?, kind, id)?;
    ok(&json!({ "items": items, "next_cursor": null }))
}
