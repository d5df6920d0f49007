//! Papers of loans: issued, listed, downloaded; wordings tried.

use crate::base::ids::{CallId, LoanId, PaperId};
use crate::http::blobs;
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Answer, Outcome, Request, json, ok};
use crate::service::papers::{PaperAsk, PreviewAsk};
use bytes::Bytes;
use serde_json::{Value, json};
use warp::http::{HeaderValue, Response, StatusCode, header};

fn call(request: &Request, known: &[&str]) -> Result<Option<CallId>, ApiError> {
    request.query(known)?.read("call", "the identifier of a call")
}

/// `POST /loans/{id}/papers`.
///
/// # Errors
/// 403 below the level that sums need; 409 when the loan has no such paper; 422 names the fields.
pub async fn issue(edge: Edge, mut request: Request) -> Outcome {
    let (loan, call): (LoanId, _) = (request.parameter(0, "loan")?, call(&request, &["call"])?);
    let ask: PaperAsk = request.json().await?;
    let issued = edge.services.issue_paper(&request.caller()?, loan, call, ask).await?;
    json(StatusCode::CREATED, &issued)
}

/// `GET /loans/{id}/papers`.
///
/// # Errors
/// 403 below the level that sums need; 404.
pub async fn list(edge: Edge, request: Request) -> Outcome {
    let loan: LoanId = request.parameter(0, "loan")?;
    let query = request.query(&["call", "cursor", "limit"])?;
    let call = query.read("call", "the identifier of a call")?;
    let (cursor, limit) = (query.text("cursor"), query.limit()?);
    let caller = request.caller()?;
    let page = edge.services.papers_of_loan(&caller, loan, call, cursor, limit).await?;
    ok(&json!({ "items": page.items, "next_cursor": page.next_cursor }))
}

/// `GET /papers/{id}`: the PDF.
///
/// # Errors
/// 403 below the level that sums need; 404.
pub async fn show(edge: Edge, request: Request) -> Outcome {
    let (id, call): (PaperId, _) = (request.parameter(0, "paper")?, call(&request, &["call"])?);
    let paper = edge.services.paper(&request.caller()?, id, call).await?;
    let Answer::Stream(mut response) = blobs::download(&edge, &paper.blob)? else {
        return Err(ApiError::internal("a download is a stream"));
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    // A number is digits and a dash.
    let name = HeaderValue::from_str(&format!("inline; filename=\"{}.pdf\"", paper.number));
    headers.insert(header::CONTENT_DISPOSITION, name.map_err(ApiError::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(Answer::Stream(response))
}

/// `GET /papers/templates`.
///
/// # Errors
/// 403.
pub async fn templates(edge: Edge, request: Request) -> Outcome {
    let items = edge.services.paper_templates(&request.caller()?)?;
    ok(&json!({ "items": items, "next_cursor": Value::Null }))
}

/// `POST /papers/preview`: the PDF.
///
/// # Errors
/// 422 names the line of the wording that is at fault; 404 when there is no such loan.
pub async fn preview(edge: Edge, mut request: Request) -> Outcome {
    let ask: PreviewAsk = request.json().await?;
    let pdf = edge.services.preview_paper(&request.caller()?, ask).await?;
    let mut response = Response::new(Bytes::from(pdf));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(Answer::Whole(response))
}
