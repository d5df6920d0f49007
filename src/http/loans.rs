//! Loans: what stands in them, opening, requests for early repayment, and the calculator.

use crate::base::ids::{CallId, ClientId, LoanId, PartId};
use crate::base::time::Date;
use crate::domain::credit::calculator::{self, LoanAsk, QuoteAsk, decimal};
use crate::domain::credit::terms::{SignedRow, TermsAsk};
use crate::domain::credit::typed::Faults;
use crate::domain::fields::FromJson;
use crate::domain::loan::own::request::RequestStep;
use crate::domain::loan::own::{LedgerCommand, RequestEarly, RequestState};
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Outcome, Request, json, ok};
use crate::json_object;
use crate::service::loans::commands::LoanToOpen;
use serde::Serialize;
use warp::http::StatusCode;

json_object! {
    /// Body of `POST /loans`.
    #[derive(Debug)]
    pub struct OpenBody {
        /// The client.
        pub client_id: ClientId,
        /// Number of the agreement.
        pub number: String,
        /// Identifier or name of the product.
        pub product: String,
        /// What the parties agreed; what is left out comes from the product.
        pub agreement: TermsAsk,
        /// The schedule as signed; calculated when left out.
        pub signed: Option<Vec<SignedRow>>,
    }
}

json_object! {
    /// Body of `POST /loans/{id}/early-requests`.
    #[derive(Debug)]
    pub struct EarlyBody {
        /// The day of the early repayment.
        pub on: Date,
        /// `full`, `smaller_payment`, `shorter_term`, `withdrawal`.
        pub kind: String,
        /// How much is repaid early; not with `full`.
        pub amount: Option<String>,
    }
}

json_object! {
    /// Body of `POST /loans/{id}/early-requests/{request_id}/steps`.
    #[derive(Debug)]
    pub struct StepBody {
        /// `calculate`, `await_funds`, `withdraw`.
        pub step: String,
    }
}

/// The loan that was opened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LoanOpenedView {
    /// The loan.
    pub loan_id: LoanId,
}

/// The request that was taken down.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RequestTaken {
    /// The request.
    pub request_id: PartId,
    /// Where it stands.
    pub state: RequestState,
    /// What to bring on the day.
    pub quoted: String,
}

/// The loan that the address names.
pub(super) fn loan(request: &Request) -> Result<LoanId, ApiError> {
    request.parameter(0, "loan")
}

/// What of the body can be read, and the faults of the rest.
pub(super) async fn typed<T: FromJson>(request: &mut Request) -> Result<(T, Faults), ApiError> {
    match request.json_with_faults::<T>().await? {
        (Some(body), faults) if !faults.iter().any(|fault| fault.code == "unknown_field") => {
            Ok((body, Faults(faults)))
        }
        (_, faults) => Err(ApiError::fields(faults)),
    }
}

/// `POST /loans/calculate`.
///
/// # Errors
/// 422 names every field at fault.
pub async fn calculate(edge: Edge, mut request: Request) -> Outcome {
    let ask: LoanAsk = request.json().await?;
    ok(&edge.services.calculate_loan(&request.caller()?, &ask)?)
}

/// `POST /loans/quote`.
///
/// # Errors
/// 409 when the loan has ended by then; 422 names every field at fault.
pub async fn quote(edge: Edge, mut request: Request) -> Outcome {
    let ask: QuoteAsk = request.json().await?;
    ok(&edge.services.quote_loan(&request.caller()?, &ask)?)
}

/// `GET /loans/{id}`.
///
/// # Errors
/// 404 when there is no such loan, 422 for a day before its issue.
pub async fn show(edge: Edge, request: Request) -> Outcome {
    let id = loan(&request)?;
    let query = request.query(&["on", "call"])?;
    let (on, call) = (query.date("on")?, query.read("call", "a call's identifier")?);
    ok(&edge.services.loan_detail(&request.caller()?, id, call, on).await?)
}

/// `GET /loans/{id}/explain`.
///
/// # Errors
/// 403 below the level of the call that sums need, 404, 422.
pub async fn explain(edge: Edge, request: Request) -> Outcome {
    let id = loan(&request)?;
    let query = request.query(&["figure", "n", "on", "call"])?;
    let (on, call) = (query.date("on")?, query.read("call", "a call's identifier")?);
    let (figure, n) = (query.text("figure").unwrap_or_default(), query.read("n", "a number")?);
    ok(&edge.services.explain_loan(&request.caller()?, id, call, figure, n, on).await?)
}

/// `GET /loans/{id}/early-quote`.
///
/// # Errors
/// 403 below the level of the call that sums need, 404, 409, 422.
pub async fn early_quote(edge: Edge, request: Request) -> Outcome {
    let id = loan(&request)?;
    let query = request.query(&["on", "kind", "amount", "call"])?;
    let call: Option<CallId> = query.read("call", "a call's identifier")?;
    let Some(on) = query.date("on")? else {
        return Err(ApiError::field("on", "required", "say on which day"));
    };
    let kind = query.text("kind").unwrap_or("full");
    let (caller, amount) = (request.caller()?, query.text("amount"));
    ok(&edge.services.early_quote(&caller, id, call, on, kind, amount).await?)
}

/// `POST /loans`.
///
/// # Errors
/// 409 when the number is taken, 422 names every field at fault.
pub async fn open(edge: Edge, mut request: Request) -> Outcome {
    let OpenBody { client_id, number, product, agreement, signed } = request.json().await?;
    let asked = LoanToOpen { client: client_id, number, product, agreement, signed };
    let loan_id = edge.services.open_loan(&request.caller()?, asked).await?;
    json(StatusCode::CREATED, &LoanOpenedView { loan_id })
}

/// `POST /loans/{id}/early-requests`.
///
/// # Errors
/// 403 below the level of the call that sums need, 404, 409, 422 names every field at fault.
pub async fn request_early(edge: Edge, mut request: Request) -> Outcome {
    let (loan, caller) = (loan(&request)?, request.caller()?);
    let call = request.query(&["call"])?.read("call", "a call's identifier")?;
    let (body, mut faults) = typed::<EarlyBody>(&mut request).await?;
    let read = calculator::early(&body.kind, body.amount.as_deref());
    let (early, is_withdrawal) = read.unwrap_or_else(|found| {
        faults.0.extend(found);
        (crate::domain::credit::early::Early::Full, false)
    });
    let id = edge.services.part_id(&caller);
    let command =
        LedgerCommand::RequestEarly(RequestEarly { id, on: body.on, early, is_withdrawal });
    let after = edge.services.change_loan(&caller, loan, call, command, faults.0).await?;
    let taken = after.own.as_ref().and_then(|own| own.requests.iter().find(|one| one.id == id));
    let Some(taken) = taken else {
        return Err(ApiError::internal("a request that was taken down is in the book"));
    };
    let (state, quoted) = (taken.state, decimal(taken.quoted));
    json(StatusCode::CREATED, &RequestTaken { request_id: id, state, quoted })
}

/// `POST /loans/{id}/early-requests/{request_id}/steps`.
///
/// # Errors
/// 403 below the level of the call that sums need, 404, 409, 422.
pub async fn advance_request(edge: Edge, mut request: Request) -> Outcome {
    let (loan, id) = (loan(&request)?, request.parameter(1, "request")?);
    let call = request.query(&["call"])?.read("call", "a call's identifier")?;
    let StepBody { step } = request.json().await?;
    let step = match step.as_str() {
        "calculate" => RequestStep::Calculate,
        "await_funds" => RequestStep::AwaitFunds,
        "withdraw" => RequestStep::Withdraw,
        _ => {
            let help = "choose calculate, await_funds or withdraw";
            return Err(ApiError::field("step", "unknown_value", help));
        }
    };
    let (caller, command) = (request.caller()?, LedgerCommand::AdvanceRequest { id, step });
    let after = edge.services.change_loan(&caller, loan, call, command, Vec::new()).await?;
    let now = after.own.as_ref().and_then(|own| own.requests.iter().find(|one| one.id == id));
    let Some(now) = now else {
        return Err(ApiError::internal("a request that went on is in the book"));
    };
    ok(&RequestTaken { request_id: id, state: now.state, quoted: decimal(now.quoted) })
}
