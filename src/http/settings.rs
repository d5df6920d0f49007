//! The settings that the page needs.

use crate::http::edge::Edge;
use crate::http::request::{Outcome, Request, ok};
use serde_json::json;

/// `GET /settings/public`.
///
/// # Errors
/// None.
pub async fn public(edge: Edge, _request: Request) -> Outcome {
    let config = &edge.services.config;
    ok(&json!({
        "identification_fields": config.identification.fields,
        "search_fields": config.search.codes(),
        "opening_words": { "creditor": config.calls.creditor },
        "min_comment": config.calls.comment_chars_min,
        "wrap_up_seconds": config.calls.wrap_up_seconds,
        "missed_seconds": config.calls.missed_seconds,
        "country": config.calls.country,
        "password_length": config.security.password_chars_min,
    }))
}

/// `GET /search/fields`.
///
/// # Errors
/// None.
pub async fn search_fields(edge: Edge, _request: Request) -> Outcome {
    ok(&json!({ "fields": edge.services.config.search.codes() }))
}
