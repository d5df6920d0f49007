//! People at the phones.

use crate::http::edge::Edge;
use crate::http::request::{Outcome, Request, ok};
use crate::json_object;
use crate::service::Caller;
use serde_json::{Value, json};

json_object! {
    /// Body of `PUT /operators/me/state`.
    #[derive(Debug)]
    pub struct StateBody {
        /// `ready`, `not_ready` or `offline`.
        pub state: String,
        /// Why not ready.
        pub reason: Option<String>,
    }
}

/// What the caller is doing, for hello; `null` when it cannot be said now.
pub async fn own_state(edge: &Edge, caller: &Caller) -> Value {
    match edge.services.own_state(caller).await {
        Ok(state) => json!(state),
        Err(error) => {
            tracing::warn!(%error, "hello goes out without the person's state");
            Value::Null
        }
    }
}

/// `GET /operators`.
///
/// # Errors
/// 403.
pub async fn list(edge: Edge, request: Request) -> Outcome {
    let items = edge.services.operator_rows(&request.caller()?)?;
    ok(&json!({ "items": items, "next_cursor": null }))
}

/// `GET /operators/me`.
///
/// # Errors
/// 401.
pub async fn show_own(edge: Edge, request: Request) -> Outcome {
    ok(&edge.services.own_state(&request.caller()?).await?)
}

/// `PUT /operators/me/state`.
///
/// # Errors
/// 409 `wrap_up_open` or `call_open`, 422.
pub async fn set_own(edge: Edge, mut request: Request) -> Outcome {
    let body: StateBody = request.json().await?;
    let caller = request.caller()?;
    let reason = body.reason.as_deref();
    ok(&edge.services.set_own_state(&caller, &body.state, reason).await?)
}
