//! Imports: mappings, preview, runs, rejected rows.

use crate::base::ids::ImportId;
use crate::domain::FieldFault;
use crate::domain::import::ImportKind;
use crate::http::clients::percent_encoded;
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Answer, Outcome, Request, json, no_content, ok};
use crate::json_object;
use crate::service::imports::{FileToImport, LookupNeeded, Preview, PreviewRow};
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use warp::http::{Response, StatusCode};

crate::json_words! {
    ImportKind = "clients, loans, schedules, payments",
}

json_object! {
    /// Body of `POST /imports`.
    #[derive(Debug)]
    pub struct StartBody {
        /// What the file brings.
        pub kind: ImportKind,
        /// The stored file (`PUT /blobs`).
        pub blob: String,
        /// Its name, as people know it.
        pub file_name: String,
        /// A mapping that comes with the product.
        pub mapping: Option<String>,
        /// Or the text of one.
        pub mapping_text: Option<String>,
        /// Stored files for the lookups of the mapping.
        pub lookups: Option<Vec<LookupBody>>,
        /// Only count.
        pub dry_run: Option<bool>,
    }
}

json_object! {
    /// A stored file for a lookup of a mapping.
    #[derive(Debug)]
    pub struct LookupBody {
        /// The lookup's name in the mapping.
        pub name: String,
        /// The stored file.
        pub blob: String,
    }
}

json_object! {
    /// Body of `POST /imports/preview`.
    #[derive(Debug)]
    pub struct PreviewBody {
        /// What the file brings.
        pub kind: ImportKind,
        /// The stored file.
        pub blob: String,
        /// A mapping that comes with the product.
        pub mapping: Option<String>,
        /// Or the text of one.
        pub mapping_text: Option<String>,
        /// Stored files for the lookups of the mapping.
        pub lookups: Option<Vec<LookupBody>>,
    }
}

fn pairs(lookups: Option<Vec<LookupBody>>) -> Vec<(String, String)> {
    lookups.unwrap_or_default().into_iter().map(|lookup| (lookup.name, lookup.blob)).collect()
}

fn id(request: &Request) -> Result<ImportId, ApiError> {
    request.parameter(0, "import")
}

/// `GET /imports`.
///
/// # Errors
/// 403.
pub async fn list(edge: Edge, request: Request) -> Outcome {
    let items = edge.services.import_list(&request.caller()?)?;
    ok(&json!({ "items": items, "next_cursor": null }))
}

/// `GET /imports/{id}`.
///
/// # Errors
/// 404.
pub async fn show(edge: Edge, request: Request) -> Outcome {
    ok(&edge.services.import_run(&request.caller()?, id(&request)?)?)
}

/// `GET /imports/mappings`.
///
/// # Errors
/// 403.
pub async fn mappings(edge: Edge, request: Request) -> Outcome {
    let items = edge.services.import_mappings(&request.caller()?)?;
    ok(&json!({ "items": items, "next_cursor": null }))
}

/// `POST /imports`; while another one works it waits in line (`waiting`).
///
/// # Errors
/// 409 when too many wait; 422 names every fault of the mapping or the file.
pub async fn start(edge: Edge, mut request: Request) -> Outcome {
    let caller = request.caller()?;
    let StartBody { kind, blob, file_name, mapping, mapping_text, lookups, dry_run } =
        request.json().await?;
    let (lookups, dry_run) = (pairs(lookups), dry_run.unwrap_or(false));
    let file = FileToImport { kind, blob, file_name, mapping, mapping_text, lookups, dry_run };
    let services = edge.services.clone();
    let starting = tokio::task::spawn_blocking(move || services.start_import(&caller, &file));
    let import_id = starting.await.map_err(ApiError::internal)??;
    json(StatusCode::ACCEPTED, &ImportStarted { import_id })
}

/// `POST /imports/preview`; no rows until every lookup is given.
///
/// # Errors
/// 422 names every fault of the mapping or the file.
pub async fn preview(edge: Edge, mut request: Request) -> Outcome {
    let caller = request.caller()?;
    let PreviewBody { kind, blob, mapping, mapping_text, lookups } = request.json().await?;
    let (file_name, lookups) = (String::new(), pairs(lookups));
    let file =
        FileToImport { kind, blob, file_name, mapping, mapping_text, lookups, dry_run: true };
    let services = edge.services.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let lookups = services.lookups_needed(&caller, &file)?;
        services.preview_import(&caller, &file).map(|preview| (preview, lookups))
    });
    let (shown, lookups) = reading.await.map_err(ApiError::internal)??;
    ok(&shown_preview(shown, lookups))
}

/// One row of a file as a mapping understands it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PreviewRowView {
    /// Its line.
    pub line: u64,
    /// Its cells as written.
    pub cells: Vec<String>,
    /// Fields and the texts they would get.
    pub target: BTreeMap<&'static str, String>,
    /// All its faults.
    pub faults: Vec<FieldFault>,
}

/// The first rows of a file as a mapping understands them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PreviewView {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Between cells; empty for a workbook.
    pub delimiter: String,
    /// Of the text, or `xlsx`.
    pub encoding: &'static str,
    /// Second files that the mapping asks for.
    pub lookups: Vec<LookupView>,
    /// The first rows; none until every second file is given.
    pub rows: Vec<PreviewRowView>,
}

/// A second file that a mapping asks for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LookupView {
    /// Its name in the mapping.
    pub name: String,
    /// What the file is called where it comes from.
    pub file: String,
    /// Whether it was sent along.
    pub given: bool,
}

/// An import under way.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ImportStarted {
    /// Which.
    pub import_id: ImportId,
}

fn shown_preview(preview: Preview, lookups: Vec<(LookupNeeded, bool)>) -> PreviewView {
    let row = |row: PreviewRow| PreviewRowView {
        line: row.line,
        cells: row.cells,
        target: row.target.into_iter().collect(),
        faults: row.faults,
    };
    let lookup = |(LookupNeeded { name, file }, given)| LookupView { name, file, given };
    PreviewView {
        columns: preview.columns,
        delimiter: preview.delimiter,
        encoding: preview.encoding,
        lookups: lookups.into_iter().map(lookup).collect(),
        rows: preview.rows.into_iter().map(row).collect(),
    }
}

/// `POST /imports/{id}/resume`.
///
/// # Errors
/// 404; 409 when it has finished or is in line already.
pub async fn resume(edge: Edge, request: Request) -> Outcome {
    let (caller, id) = (request.caller()?, id(&request)?);
    let services = edge.services.clone();
    let resuming = tokio::task::spawn_blocking(move || services.resume_import(&caller, id));
    resuming.await.map_err(ApiError::internal)??;
    json(StatusCode::ACCEPTED, &ImportStarted { import_id: id })
}

/// `POST /imports/{id}/cancel`.
///
/// # Errors
/// 404; 409 when it does not run.
pub async fn cancel(edge: Edge, request: Request) -> Outcome {
    edge.services.cancel_import(&request.caller()?, id(&request)?)?;
    no_content()
}

/// `GET /imports/{id}/rejects`: line, field, code, reason; never a cell. Named after the file.
///
/// # Errors
/// 404.
pub async fn rejects(edge: Edge, request: Request) -> Outcome {
    let (caller, id) = (request.caller()?, id(&request)?);
    let services = edge.services.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let name = services.import_run(&caller, id)?.file_name;
        services.import_rejects(&caller, id).map(|text| (name, text))
    });
    let (name, text) = reading.await.map_err(ApiError::internal)??;
    let answer = Response::builder()
        .header("Content-Type", "text/csv; charset=utf-8")
        .header("Content-Disposition", disposition(id, &name))
        .body(Bytes::from(text))
        .map_err(ApiError::internal)?;
    Ok(Answer::Whole(answer))
}

/// The name to save a list of rejected rows by: that of its file, and for old programs a plain one.
fn disposition(id: ImportId, file_name: &str) -> String {
    let plain = format!("attachment; filename=\"{id}-rejects.csv\"");
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    if stem.is_empty() {
        return plain;
    }
    format!("{plain}; filename*=UTF-8''{}", percent_encoded(&format!("{stem}-rejects.csv")))
}
