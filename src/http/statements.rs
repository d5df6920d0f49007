//! Bank statements: files sent in, and their entries.

use crate::base::ids::StatementId;
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Outcome, Request, json, ok};
use crate::json_object;
use crate::service::payments::IncomingPaymentView;
use crate::service::statements::StatementView;
use serde::Serialize;
use serde_json::json;
use warp::http::StatusCode;

json_object! {
    /// Body of `POST /statements`.
    #[derive(Debug)]
    pub struct StatementBody {
        /// The stored file (`PUT /blobs`).
        pub file: String,
        /// Its name, as people know it.
        pub name: String,
    }
}

/// A file with a page of its entries.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StatementPage {
    /// The file.
    pub statement: StatementView,
    /// Its entries in their order; those of an earlier file stand there.
    pub entries: Vec<IncomingPaymentView>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// `GET /statements`.
///
/// # Errors
/// 403; 422 for a cursor that is none.
pub async fn list(edge: Edge, request: Request) -> Outcome {
    let query = request.query(&["limit", "cursor"])?;
    let (caller, limit) = (request.caller()?, query.limit()?);
    let cursor = query.text("cursor").map(str::to_owned);
    let services = edge.services.clone();
    let reading = tokio::task::spawn_blocking(move || {
        services.statement_list(&caller, cursor.as_deref(), limit)
    });
    let (items, next) = reading.await.map_err(ApiError::internal)??;
    ok(&json!({ "items": items, "next_cursor": next }))
}

/// `POST /statements`: held with its faults, posted, or running when it is large.
///
/// # Errors
/// 422 when there is no such file or its name is at fault.
pub async fn take(edge: Edge, mut request: Request) -> Outcome {
    let caller = request.caller()?;
    let StatementBody { file, name } = request.json().await?;
    let services = edge.services.clone();
    let taking =
        tokio::task::spawn_blocking(move || services.take_statement(&caller, &file, &name));
    json(StatusCode::CREATED, &taking.await.map_err(ApiError::internal)??)
}

/// `GET /statements/{id}` with a page of its entries.
///
/// # Errors
/// 404; 422 for a cursor that is none.
pub async fn show(edge: Edge, request: Request) -> Outcome {
    let id: StatementId = request.parameter(0, "statement")?;
    let query = request.query(&["limit", "cursor"])?;
    let (caller, limit) = (request.caller()?, query.limit()?);
    let cursor = query.text("cursor").map(str::to_owned);
    let services = edge.services.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let statement = services.statement(&caller, id)?;
        let (entries, next_cursor) =
            services.entries_of_statement(&caller, id, cursor.as_deref(), limit)?;
        Ok::<_, crate::service::ServiceError>(StatementPage { statement, entries, next_cursor })
    });
    ok(&reading.await.map_err(ApiError::internal)??)
}
