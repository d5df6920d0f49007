//! The settings that the page needs.

use crate::http::edge::Edge;
use crate::http::request::{Outcome, Request, ok};
use serde::Serialize;

/// What must be said at the beginning of a call.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OpeningWords {
    /// Who calls.
    pub creditor: String,
}

/// The settings that the page needs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicSettings {
    /// What a caller can be asked, in order.
    pub identification_fields: Vec<String>,
    /// What clients can be found by.
    pub search_fields: Vec<&'static str>,
    /// What must be said first.
    pub opening_words: OpeningWords,
    /// Characters of the shortest comment.
    pub min_comment: usize,
    /// Seconds after a talk before the next call.
    pub wrap_up_seconds: i64,
    /// Seconds of ringing after which an offer is missed.
    pub missed_seconds: i64,
    /// Of numbers without a country code, for instance `RU`.
    pub country: String,
    /// Characters of the shortest password.
    pub password_length: usize,
}

/// What clients can be found by.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SearchFields {
    /// Words of `search.fields`.
    pub fields: Vec<&'static str>,
}

/// `GET /settings/public`.
///
/// # Errors
/// None.
pub async fn public(edge: Edge, _request: Request) -> Outcome {
    let config = &edge.services.config;
    ok(&PublicSettings {
        identification_fields: config.identification.fields.clone(),
        search_fields: config.search.codes(),
        opening_words: OpeningWords { creditor: config.calls.creditor.clone() },
        min_comment: config.calls.comment_chars_min,
        wrap_up_seconds: config.calls.wrap_up_seconds,
        missed_seconds: config.calls.missed_seconds,
        country: config.calls.country.clone(),
        password_length: config.security.password_chars_min,
    })
}

/// `GET /search/fields`.
///
/// # Errors
/// None.
pub async fn search_fields(edge: Edge, _request: Request) -> Outcome {
    ok(&SearchFields { fields: edge.services.config.search.codes() })
}
