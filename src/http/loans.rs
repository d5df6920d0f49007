//! The calculator: any terms, no client needed.

use crate::domain::credit::calculator::{LoanAsk, QuoteAsk};
use crate::http::edge::Edge;
use crate::http::request::{Outcome, Request, ok};

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
