//! Clients: card, loans, changes, notes, consents, files, unmasking, who looked.

use crate::base::ids::{CallId, ClientId, LoanId, PartId};
use crate::base::time::Date;
use crate::domain::client::{ClientDraft, FileKind};
use crate::http::blobs;
use crate::http::client_body::ClientBody;
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{
    Answer, Created, Outcome, Request, json, no_content, ok, versioned, versioned_bytes,
};
use crate::json_object;
use crate::service::clients::LoanView;
use crate::service::{Caller, ServiceError, cards::Card};
use serde_json::{Value, json};
use warp::http::{HeaderValue, StatusCode, header};

json_object! {
    /// Body of `POST /clients/{id}/notes`.
    #[derive(Debug)]
    pub struct NoteBody {
        /// The note.
        pub text: String,
    }
}

json_object! {
    /// Body of `POST /clients/{id}/consents`.
    #[derive(Debug)]
    pub struct ConsentBody {
        /// For what.
        pub purpose: String,
        /// What proves it.
        pub evidence: String,
        /// Which text was agreed to.
        pub text_version: String,
    }
}

json_object! {
    /// A reason.
    #[derive(Debug)]
    pub struct ReasonBody {
        /// Why.
        pub reason: String,
    }
}

json_object! {
    /// Body of `POST /clients/{id}/files`.
    #[derive(Debug)]
    pub struct FileBody {
        /// The stored bytes, from `PUT /blobs`.
        pub blob: String,
        /// Name of the file.
        pub name: String,
        /// What it is.
        pub kind: FileKind,
        /// The loan that it belongs to.
        pub loan_id: Option<LoanId>,
        /// Media type; guessed from the name when left out.
        pub mime: Option<String>,
    }
}

fn client(request: &Request) -> Result<ClientId, ApiError> {
    request.parameter(0, "client")
}

/// The call at hand, from `?call=`.
fn call(request: &Request) -> Result<Option<CallId>, ApiError> {
    request.query(&["call"])?.read("call", "a call's identifier")
}

fn one(status: StatusCode, card: &Card) -> Outcome {
    versioned(status, card.version, card)
}

/// Says who else holds the value.
async fn with_duplicates(edge: &Edge, error: ServiceError) -> ApiError {
    let ServiceError::Duplicate { holders, .. } = &error else {
        return error.into();
    };
    let mut candidates = Vec::new();
    for holder in holders.iter().take(10) {
        let id = ClientId::from_uuid(holder.owner);
        if let Ok(Some(candidate)) = edge.services.candidate(id, false).await {
            candidates.push(candidate);
        }
    }
    ApiError::from(error).with("duplicates", json!(candidates))
}

/// `GET /clients/{id}`.
///
/// # Errors
/// 404 when there is no such client.
pub async fn card(edge: Edge, request: Request) -> Outcome {
    let (id, call) = (client(&request)?, call(&request)?);
    let (version, bytes) = edge.services.client_card(&request.caller()?, id, call).await?;
    Ok(Answer::Whole(versioned_bytes(StatusCode::OK, version, bytes)))
}

/// Where the figures of a loan come from.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct FiguresView {
    /// The source.
    pub source: String,
    /// The day they are of.
    pub as_of: Option<Date>,
}

/// A loan as the page opens it.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct LoanAnswer {
    /// The loan.
    #[serde(flatten)]
    pub view: LoanView,
    /// Where its figures come from.
    pub figures: FiguresView,
}

/// `GET /clients/{id}/loans/{loan_id}`.
///
/// # Errors
/// 404 when there is no such loan.
pub async fn loan(edge: Edge, request: Request) -> Outcome {
    let (id, call) = (client(&request)?, call(&request)?);
    let loan: LoanId = request.parameter(1, "loan")?;
    let view = edge.services.client_loan(&request.caller()?, id, loan, call).await?;
    let (source, as_of) = (view.source.clone(), view.loan.as_of);
    ok(&LoanAnswer { view, figures: FiguresView { source, as_of } })
}

/// `GET /clients/{id}/history`.
///
/// # Errors
/// 404 when there is no such client.
pub async fn history(edge: Edge, request: Request) -> Outcome {
    let id = client(&request)?;
    let query = request.query(&["call", "cursor", "limit"])?;
    let call = query.read("call", "a call's identifier")?;
    let before = query.read("cursor", "a cursor of the page before")?;
    let (caller, limit) = (request.caller()?, query.limit()?);
    ok(&edge.services.client_history(&caller, id, call, before, limit).await?)
}

/// The body, or the faults of its form and of its rules in one answer.
async fn typed(
    edge: &Edge,
    request: &mut Request,
    client: Option<ClientId>,
) -> Result<ClientBody, ApiError> {
    let (body, mut faults) = request.json_with_faults::<ClientBody>().await?;
    match body {
        Some(body) if faults.is_empty() => Ok(body),
        body => {
            if let Some(body) = body {
                let caller = request.caller()?;
                let found = edge.services.client_faults(&caller, client, &body.into()).await?;
                let named: Vec<String> = faults.iter().map(|fault| fault.field.clone()).collect();
                // What could not be read is not missing as well.
                faults.extend(found.into_iter().filter(|fault| !named.contains(&fault.field)));
            }
            Err(ApiError::fields(faults))
        }
    }
}

/// `POST /clients`.
///
/// # Errors
/// 409 with the others who look the same, 422 names the fields at fault.
pub async fn create(edge: Edge, mut request: Request) -> Outcome {
    let body = typed(&edge, &mut request, None).await?;
    let acknowledged = body.acknowledge_duplicates.unwrap_or(false);
    let caller = request.caller()?;
    match edge.services.register_client(&caller, body.into(), acknowledged).await {
        Ok(card) => one(StatusCode::CREATED, &card),
        Err(error) => Err(with_duplicates(&edge, error).await),
    }
}

/// `PATCH /clients/{id}`.
///
/// # Errors
/// 412, 428, 409, 422.
pub async fn change(edge: Edge, mut request: Request) -> Outcome {
    let id = client(&request)?;
    let call = call(&request)?;
    let version = request.if_match()?;
    let body = typed(&edge, &mut request, Some(id)).await?;
    let acknowledged = body.acknowledge_duplicates.unwrap_or(false);
    let caller = request.caller()?;
    let draft = ClientDraft::from(body);
    let changed =
        edge.services.change_client(&caller, id, Some(version), draft, acknowledged, call).await;
    match changed {
        Ok(card) => one(StatusCode::OK, &card),
        Err(error) => Err(with_duplicates(&edge, error).await),
    }
}

/// `POST /clients/check-duplicates`.
///
/// # Errors
/// 400 for unknown fields.
pub async fn check_duplicates(edge: Edge, mut request: Request) -> Outcome {
    let body: ClientBody = request.json().await?;
    ok(&edge.services.check_duplicates(&request.caller()?, body.into()).await?)
}

/// `POST /clients/{id}/notes`.
///
/// # Errors
/// 422 when it is empty or too long.
pub async fn add_note(edge: Edge, mut request: Request) -> Outcome {
    let id = client(&request)?;
    let body: NoteBody = request.json().await?;
    let note = edge.services.add_note(&request.caller()?, id, body.text).await?;
    json(StatusCode::CREATED, &Created { id: note })
}

/// `POST /clients/{id}/consents`.
///
/// # Errors
/// 422 names the fields at fault.
pub async fn give_consent(edge: Edge, mut request: Request) -> Outcome {
    let id = client(&request)?;
    let body: ConsentBody = request.json().await?;
    let caller = request.caller()?;
    let consent = edge
        .services
        .give_consent(&caller, id, body.purpose, body.evidence, body.text_version)
        .await?;
    json(StatusCode::CREATED, &Created { id: consent })
}

/// `DELETE /clients/{id}/consents/{cid}`.
///
/// # Errors
/// 404 when there is none.
pub async fn withdraw_consent(edge: Edge, mut request: Request) -> Outcome {
    let id = client(&request)?;
    let consent: PartId = request.parameter(1, "consent")?;
    let body: ReasonBody = request.json().await?;
    edge.services.withdraw_consent(&request.caller()?, id, consent, body.reason).await?;
    no_content()
}

/// `POST /clients/{id}/unmask`.
///
/// # Errors
/// 422 without a reason.
pub async fn unmask(edge: Edge, mut request: Request) -> Outcome {
    let id = client(&request)?;
    let body: ReasonBody = request.json().await?;
    let card = edge.services.unmask_client(&request.caller()?, id, &body.reason).await?;
    one(StatusCode::OK, &card)
}

/// `POST /clients/{id}/files`.
///
/// # Errors
/// 422 when the blob is not there.
pub async fn add_file(edge: Edge, mut request: Request) -> Outcome {
    let id = client(&request)?;
    let body: FileBody = request.json().await?;
    let caller: Caller = request.caller()?;
    let size = edge.services.blob_size(&body.blob)?;
    let mime = body.mime.unwrap_or_else(|| {
        mime_guess::from_path(&body.name).first_or_octet_stream().essence_str().to_owned()
    });
    let file = edge
        .services
        .add_file(&caller, id, body.blob, body.name, body.kind, body.loan_id, size, mime)
        .await?;
    json(StatusCode::CREATED, &Created { id: file })
}

/// `GET /clients/{id}/files/{file_id}`: the bytes.
///
/// # Errors
/// 403 below the level that the call has reached, 404.
pub async fn file(edge: Edge, request: Request) -> Outcome {
    let (id, call) = (client(&request)?, call(&request)?);
    let file: PartId = request.parameter(1, "file")?;
    let found = edge.services.client_file(&request.caller()?, id, file, call).await?;
    let Answer::Stream(mut response) = blobs::download(&edge, &found.blob)? else {
        return Err(ApiError::internal("a download is a stream"));
    };
    let headers = response.headers_mut();
    // Only what a browser shows without running it is named as such.
    let shown = ["application/pdf", "image/png", "image/jpeg", "image/webp", "text/plain"];
    let kind = shown.into_iter().find(|kind| *kind == found.mime);
    let kind = HeaderValue::from_static(kind.unwrap_or("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, kind);
    let disposition = format!("attachment; filename*=UTF-8''{}", percent_encoded(&found.name));
    let disposition = HeaderValue::from_str(&disposition).map_err(ApiError::internal)?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(Answer::Stream(response))
}

/// A file name for `filename*` of a header (RFC 5987).
pub(super) fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// `GET /clients/{id}/access`.
///
/// # Errors
/// 403.
pub async fn accesses(edge: Edge, request: Request) -> Outcome {
    let (id, caller) = (client(&request)?, request.caller()?);
    let read = move || edge.services.accesses_to(&caller, id);
    let items = tokio::task::spawn_blocking(read).await.map_err(ApiError::internal)??;
    ok(&json!({ "items": items, "next_cursor": null }))
}

/// `GET /search`; `field` looks into one of the fields of the settings only.
///
/// # Errors
/// 400 for a bad query, 422 for a field that is not offered.
pub async fn search(edge: Edge, request: Request) -> Outcome {
    let query = request.query(&["q", "field", "limit"])?;
    let limit = query.limit()?;
    let text = query.text("q").unwrap_or_default();
    let items =
        edge.services.search_clients(&request.caller()?, text, query.text("field"), limit).await?;
    ok(&json!({ "items": items, "next_cursor": Value::Null }))
}
