//! The error body of the API, and the way from every refusal to a status.
//!
//! Must never carry personal data or the text of an inner failure: those go to the log with the
//! request's id.

use crate::domain::{ClaimSpace, FieldFault, Rejection, RejectionKind};
use crate::http::codes;
use crate::service::ServiceError;
use bytes::Bytes;
use serde_json::{Value, json};
use warp::http::{Response, StatusCode, header};

/// A refusal on its way to the caller. Boxed, because most requests are not refused.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Refused>);

#[derive(Debug, Clone)]
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
    fields: Vec<FieldFault>,
    retry_after_seconds: Option<u32>,
    extra: Option<(&'static str, Value)>,
}

impl ApiError {
    /// The refusal `code`; its status stands in [`codes::ERRORS`].
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let status = codes::status_of(code).unwrap_or_else(|| {
            tracing::error!(code, "this code is missing in the closed list");
            500
        });
        Self(Box::new(Refused {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            message: message.into(),
            fields: Vec::new(),
            retry_after_seconds: None,
            extra: None,
        }))
    }
    /// Something inside failed: `what` goes to the log, the caller gets a number to quote.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        tracing::error!(%what, "a request failed inside");
        let help = "something failed inside; try again, then tell the administrator this request's \
                    number";
        Self::new("internal", help)
    }
    /// There is no such thing.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new("not_found", format!("there is no such {what}"))
    }
    /// Fields at fault. Unknown fields make it a malformed request (400).
    #[must_use]
    pub fn fields(fields: Vec<FieldFault>) -> Self {
        let unknown = fields.iter().any(|fault| fault.code == "unknown_field");
        let code = if unknown { "unknown_field" } else { "invalid_fields" };
        Self::new(code, "some fields are not valid; see each of them").naming(fields)
    }
    fn naming(mut self, fields: Vec<FieldFault>) -> Self {
        self.0.fields = fields;
        self
    }
    /// One field at fault.
    pub fn field(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldFault::new(field, code, message)])
    }
    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }
    /// Adds one more member to the error, for instance `duplicates`.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: Value) -> Self {
        self.0.extra = Some((key, value));
        self
    }
    /// Whether a field is at fault.
    #[must_use]
    pub fn names_field(&self, field: &str) -> bool {
        self.0.fields.iter().any(|fault| fault.field == field)
    }
    /// Its code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.0.code
    }
    /// Its status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.0.status
    }
    /// The response, which names the request.
    #[must_use]
    pub fn into_response(self, request_id: &str) -> Response<Bytes> {
        let refused = *self.0;
        let mut error = json!({
            "code": refused.code, "message": refused.message, "fields": refused.fields,
            "request_id": request_id,
        });
        if let (Some((key, value)), Some(map)) = (refused.extra, error.as_object_mut()) {
            map.insert(key.to_owned(), value);
        }
        let body = json!({ "error": error }).to_string();
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = refused.status;
        let headers = response.headers_mut();
        let json_type = header::HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json_type);
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        if let Some(seconds) = refused.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        let fallback = match rejection.kind {
            RejectionKind::Invalid => "invalid_fields",
            RejectionKind::Rule => "conflict",
            RejectionKind::NotFound => "not_found",
            RejectionKind::Forbidden => "forbidden",
        };
        let code = if codes::status_of(rejection.code).is_some() {
            rejection.code
        } else {
            tracing::error!(code = rejection.code, "this code is missing in the closed list");
            fallback
        };
        Self::new(code, rejection.message).naming(rejection.fields)
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        let message = error.to_string();
        match error {
            ServiceError::Rejected(rejection) => rejection.into(),
            ServiceError::Forbidden => Self::new("forbidden", message),
            ServiceError::Duplicate { space: ClaimSpace::Login, .. } => {
                let help = "another user has this log-in; choose another one";
                Self::new("login_taken", help)
            }
            ServiceError::Duplicate { space: ClaimSpace::Extension, .. } => {
                let help = "another user has this extension; take it away there first";
                Self::new("extension_taken", help)
            }
            ServiceError::Duplicate { hard: true, .. } => Self::new("duplicate", message),
            ServiceError::Duplicate { .. } => Self::new("possible_duplicate", message),
            ServiceError::Stale => Self::new("stale_version", message),
            ServiceError::KeyReused => Self::new("idempotency_reused", message),
            ServiceError::TooLarge => Self::new("too_large", message),
            ServiceError::Busy => Self::new("busy", message).retry_after(1),
            ServiceError::StorageLow => Self::new("storage_low", message).retry_after(60),
            ServiceError::Unavailable => Self::new("starting", message).retry_after(1),
            ServiceError::PbxDown => Self::new("pbx_down", message).retry_after(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_body_has_the_agreed_shape() {
        let faults = vec![FieldFault::new("login", "required", "choose a log-in")];
        let response = ApiError::fields(faults).into_response("r-1");
        assert_eq!(response.status(), 422);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        let expected = json!({"error": {
            "code": "invalid_fields", "message": "some fields are not valid; see each of them",
            "fields": [{"field": "login", "code": "required", "message": "choose a log-in",
                "detail": null}],
            "request_id": "r-1",
        }});
        assert_eq!(body, expected);
    }

    #[test]
    fn refusals_keep_their_status() {
        let unknown = vec![FieldFault::new("x", "unknown_field", "?")];
        let rows = [
            (ApiError::fields(unknown), 400),
            (ApiError::from(Rejection::not_found("user")), 404),
            (ApiError::from(Rejection::forbidden("no")), 403),
            (ApiError::from(Rejection::invalid(vec![])), 422),
            (ApiError::from(Rejection::rule("user_exists", "x")), 409),
            (ApiError::from(Rejection::rule("a_code_nobody_listed", "x")), 409),
            (ApiError::new("busy", "x"), 503),
        ];
        for (error, status) in rows {
            assert_eq!(error.status().as_u16(), status, "{error:?}");
        }
        let busy = ApiError::new("busy", "x").retry_after(1).into_response("r");
        assert_eq!(busy.headers()["retry-after"], "1");
    }
}
