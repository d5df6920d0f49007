//! Incoming payments: the inbox, posting by hand, dismissing, reversing; money that waits.

use crate::base::ids::{IncomingPaymentId, LoanId};
use crate::base::personal::Personal;
use crate::domain::loan::own::ReversalReason;
use crate::domain::statement::payment::PaymentState;
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Outcome, Request, ok};
use crate::json_object;
use crate::service::Caller;
use serde_json::json;

json_object! {
    /// Body of `POST /incoming-payments/{id}/post`.
    #[derive(Debug)]
    pub struct PostBody {
        /// The loan.
        pub loan_id: LoanId,
    }
}

json_object! {
    /// Body of `POST /incoming-payments/{id}/dismiss`.
    #[derive(Debug)]
    pub struct DismissBody {
        /// Why.
        pub reason: Personal<String>,
    }
}

json_object! {
    /// Body of `POST /incoming-payments/{id}/reverse`.
    #[derive(Debug)]
    pub struct ReverseBody {
        /// Why.
        pub reason: ReversalReason,
        /// With `recalled_by_bank`: the movement by which the bank takes the money away.
        pub recall_id: Option<IncomingPaymentId>,
    }
}

fn id(request: &Request) -> Result<IncomingPaymentId, ApiError> {
    request.parameter(0, "payment")
}

/// `GET /incoming-payments`: `state` narrows it.
///
/// # Errors
/// 400 for an unknown state; 422 for a cursor that is none.
pub async fn list(edge: Edge, request: Request) -> Outcome {
    let query = request.query(&["state", "limit", "cursor"])?;
    let state = match query.text("state") {
        None => None,
        Some(word) => Some(PaymentState::parse(word).ok_or_else(|| {
            let words = PaymentState::ALL.map(PaymentState::code).join(", ");
            ApiError::new("invalid_query", format!("state is one of: {words}"))
        })?),
    };
    let (caller, limit) = (request.caller()?, query.limit()?);
    let cursor = query.text("cursor").map(str::to_owned);
    let services = edge.services.clone();
    let reading = tokio::task::spawn_blocking(move || {
        services.incoming_payments(&caller, state, cursor.as_deref(), limit)
    });
    let (items, next) = reading.await.map_err(ApiError::internal)??;
    ok(&json!({ "items": items, "next_cursor": next }))
}

/// `GET /incoming-payments/{id}`.
///
/// # Errors
/// 404.
pub async fn show(edge: Edge, request: Request) -> Outcome {
    shown(edge, request.caller()?, id(&request)?).await
}

async fn shown(edge: Edge, caller: Caller, id: IncomingPaymentId) -> Outcome {
    let services = edge.services.clone();
    let reading = tokio::task::spawn_blocking(move || services.incoming_payment(&caller, id));
    ok(&reading.await.map_err(ApiError::internal)??)
}

/// `POST /incoming-payments/{id}/post`.
///
/// # Errors
/// 404; 409 by the rules of the payment or the loan; 422.
pub async fn post(edge: Edge, mut request: Request) -> Outcome {
    let (caller, id) = (request.caller()?, id(&request)?);
    let PostBody { loan_id } = request.json().await?;
    edge.services.post_payment_to(&caller, id, loan_id).await?;
    shown(edge, caller, id).await
}

/// `POST /incoming-payments/{id}/dismiss`.
///
/// # Errors
/// 404; 409 when it was dealt with; 422.
pub async fn dismiss(edge: Edge, mut request: Request) -> Outcome {
    let (caller, id) = (request.caller()?, id(&request)?);
    let DismissBody { reason } = request.json().await?;
    edge.services.dismiss_payment(&caller, id, reason).await?;
    shown(edge, caller, id).await
}

/// `POST /incoming-payments/{id}/reverse`.
///
/// # Errors
/// 404; 409 by the rules of the payment or the loan; 422.
pub async fn reverse(edge: Edge, mut request: Request) -> Outcome {
    let (caller, id) = (request.caller()?, id(&request)?);
    let ReverseBody { reason, recall_id } = request.json().await?;
    edge.services.reverse_payment(&caller, id, reason, recall_id).await?;
    shown(edge, caller, id).await
}

/// `GET /reports/unallocated`; a page may be short and still have a next one.
///
/// # Errors
/// 422 for a cursor that is none.
pub async fn unallocated(edge: Edge, request: Request) -> Outcome {
    let query = request.query(&["limit", "cursor"])?;
    let (caller, limit) = (request.caller()?, query.limit()?);
    let cursor = query.text("cursor").map(str::to_owned);
    let services = edge.services.clone();
    let reading = tokio::task::spawn_blocking(move || {
        services.unallocated(&caller, cursor.as_deref(), limit)
    });
    let (items, next) = reading.await.map_err(ApiError::internal)??;
    ok(&json!({ "items": items, "next_cursor": next }))
}
