//! Loans: what stands in them, changes to those that are kept here, and the calculator.

use crate::base::ids::{CallId, ClientId, LoanId, PartId};
use crate::base::time::Date;
use crate::domain::FieldFault;
use crate::domain::credit::calculator::{self, LoanAsk, QuoteAsk, decimal};
use crate::domain::credit::early::NewTerms;
use crate::domain::credit::interest::Rate;
use crate::domain::credit::ledger::Closing;
use crate::domain::credit::terms::{SignedRow, TermsAsk};
use crate::domain::credit::typed::{Faults, Sum};
use crate::domain::fields::FromJson;
use crate::domain::loan::own::request::RequestStep;
use crate::domain::loan::own::{
    BookOperation, ChangeSchedule, GrantHoliday, LedgerCommand, Payer, PaymentSource, PostPayment,
    RequestEarly, RequestState, ReturnGoods, ReversalReason,
};
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Outcome, Request, json, no_content, ok};
use crate::service::Caller;
use crate::service::loans::commands::{LoanToOpen, PaymentToPost};
use crate::{json_object, json_words};
use serde::Serialize;
use warp::http::StatusCode;

json_words! {
    ReversalReason = "mistake, recalled_by_bank, repeated, other_loan",
}

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
    /// Body of `POST /loans/{id}/payments`.
    #[derive(Debug)]
    pub struct PaymentBody {
        /// Booking day.
        pub on: Date,
        /// The sum.
        pub amount: Sum,
        /// Who paid: `client` (when left out), `shop`.
        pub payer: Option<String>,
        /// Its key in the caller's books; the same key again books nothing.
        pub key: Option<String>,
    }
}

json_object! {
    /// Why an operation does not count.
    #[derive(Debug)]
    pub struct ReversalBody {
        /// `mistake`, `recalled_by_bank`, `repeated`, `other_loan`.
        pub reason: ReversalReason,
    }
}

json_object! {
    /// An operation with a sum.
    #[derive(Debug)]
    pub struct OperationBody {
        /// Its day.
        pub on: Date,
        /// The sum.
        pub amount: Sum,
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

json_object! {
    /// Body of `POST /loans/{id}/holidays`.
    #[derive(Debug)]
    pub struct HolidayBody {
        /// It begins after this day.
        pub from: Date,
        /// Its last day.
        pub to: Date,
        /// Its yearly rate in percent; the contract's when lower.
        pub rate_percent: String,
        /// Paid of its interest at each due date within it; nothing when left out.
        pub payment: Option<String>,
    }
}

json_object! {
    /// Body of `POST /loans/{id}/restructurings`.
    #[derive(Debug)]
    pub struct RestructuringBody {
        /// Its day.
        pub on: Date,
        /// The rate from then on in percent.
        pub rate_percent: String,
        /// What the rate is of: `year` (when left out), `day`.
        pub rate_period: Option<String>,
        /// Payments from then on.
        pub instalments: u16,
        /// Penalty that is forgiven with it.
        pub forgiven_penalty: Option<String>,
    }
}

json_object! {
    /// Body of `POST /loans/{id}/goods-returns`.
    #[derive(Debug)]
    pub struct GoodsReturnBody {
        /// The day the shop's money came.
        pub on: Date,
        /// The sum.
        pub amount: Sum,
        /// Keeps payments and takes from their number; smaller payments when left out.
        pub is_shorter: Option<bool>,
        /// Its key in the caller's books; the same key again books nothing.
        pub key: Option<String>,
    }
}

json_object! {
    /// Body of `POST /loans/{id}/closings`.
    #[derive(Debug)]
    pub struct ClosingBody {
        /// Its day.
        pub on: Date,
        /// `written_off`, `ceded`.
        pub closing: String,
    }
}

/// The loan that was opened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LoanOpenedView {
    /// The loan.
    pub loan_id: LoanId,
}

/// The operation that was booked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OperationBooked {
    /// The operation.
    pub operation_id: PartId,
}

/// The payment that is in the book now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PaymentPostedView {
    /// The operation.
    pub operation_id: PartId,
    /// Booked by this request; otherwise its key was known.
    pub is_new: bool,
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

/// Characters of a key of a payment in its caller's books.
const KEY_CHARS_MAX: usize = 200;

fn loan(request: &Request) -> Result<LoanId, ApiError> {
    request.parameter(0, "loan")
}

/// What of the body can be read, and the faults of the rest.
async fn typed<T: FromJson>(request: &mut Request) -> Result<(T, Faults), ApiError> {
    match request.json_with_faults::<T>().await? {
        (Some(body), faults) if !faults.iter().any(|fault| fault.code == "unknown_field") => {
            Ok((body, Faults(faults)))
        }
        (_, faults) => Err(ApiError::fields(faults)),
    }
}

fn checked_key(key: Option<String>, faults: &mut Faults) -> String {
    let key = key.unwrap_or_default();
    if key.chars().count() > KEY_CHARS_MAX {
        faults.add("key", "too_long", "a key has at most 200 characters");
    }
    key
}

/// A machine's payments come from another system; a person types them.
const fn source_of(caller: &Caller) -> PaymentSource {
    if caller.scope.is_some() { PaymentSource::Import } else { PaymentSource::Hand }
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
    let query = request.query(&["figure", "on", "call"])?;
    let (on, call) = (query.date("on")?, query.read("call", "a call's identifier")?);
    let figure = query.text("figure").unwrap_or_default();
    ok(&edge.services.explain_loan(&request.caller()?, id, call, figure, on).await?)
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

/// `POST /loans/{id}/payments`.
///
/// # Errors
/// 404, 409 when the loan has ended or is another system's, 422 names every field at fault.
pub async fn pay(edge: Edge, mut request: Request) -> Outcome {
    let id = loan(&request)?;
    let (body, mut faults) = typed::<PaymentBody>(&mut request).await?;
    let payer = match body.payer.as_deref() {
        None | Some("client") => Some(Payer::Client),
        Some("shop") => Some(Payer::Shop),
        Some(_) => None,
    };
    let payer = faults.word("payer", payer, "choose client or shop").unwrap_or(Payer::Client);
    let key = checked_key(body.key, &mut faults);
    let caller = request.caller()?;
    let (source, amount) = (source_of(&caller), body.amount.0);
    let payment = PaymentToPost { source, key, on: body.on, amount, payer };
    let posted = edge.services.post_payment(&caller, id, payment, faults.0).await?;
    let view = PaymentPostedView { operation_id: posted.operation, is_new: posted.is_new };
    json(StatusCode::CREATED, &view)
}

/// `POST /loans/{id}/operations/{operation_id}/reverse`.
///
/// # Errors
/// 404, 409 when what came of the operation was used, 422.
pub async fn reverse(edge: Edge, mut request: Request) -> Outcome {
    let (loan, id) = (loan(&request)?, request.parameter(1, "operation")?);
    let ReversalBody { reason } = request.json().await?;
    let command = LedgerCommand::Reverse { id, reason };
    let caller = request.caller()?;
    edge.services.change_loan(&caller, loan, None, command, Vec::new()).await?;
    no_content()
}

/// Books what `command` makes of the operation's identifier.
async fn book(
    edge: &Edge,
    request: &Request,
    faults: Vec<FieldFault>,
    command: impl FnOnce(PartId) -> LedgerCommand,
) -> Outcome {
    let (loan, caller) = (loan(request)?, request.caller()?);
    let operation_id = edge.services.part_id(&caller);
    edge.services.change_loan(&caller, loan, None, command(operation_id), faults).await?;
    json(StatusCode::CREATED, &OperationBooked { operation_id })
}

async fn book_sum(
    edge: &Edge,
    request: &mut Request,
    command: fn(BookOperation) -> LedgerCommand,
) -> Outcome {
    let (body, faults) = typed::<OperationBody>(request).await?;
    let (on, amount) = (body.on, body.amount.0);
    book(edge, request, faults.0, |id| command(BookOperation { id, on, amount })).await
}

/// `POST /loans/{id}/fees`.
///
/// # Errors
/// 404, 409 when the loan has ended, 422 names every field at fault.
pub async fn charge_fee(edge: Edge, mut request: Request) -> Outcome {
    book_sum(&edge, &mut request, LedgerCommand::ChargeFee).await
}

/// `POST /loans/{id}/penalty-forgiveness`.
///
/// # Errors
/// 404, 409 when the loan has ended, 422 names every field at fault.
pub async fn forgive_penalty(edge: Edge, mut request: Request) -> Outcome {
    book_sum(&edge, &mut request, LedgerCommand::ForgivePenalty).await
}

/// `POST /loans/{id}/refunds`.
///
/// # Errors
/// 404, 422 names every field at fault.
pub async fn refund(edge: Edge, mut request: Request) -> Outcome {
    book_sum(&edge, &mut request, LedgerCommand::PayRefund).await
}

/// `POST /loans/{id}/holidays`.
///
/// # Errors
/// 404, 409, 422 names every field at fault.
pub async fn grant_holiday(edge: Edge, mut request: Request) -> Outcome {
    let (body, mut faults) = typed::<HolidayBody>(&mut request).await?;
    let rate = faults.rate("rate_percent", &body.rate_percent, "", None).unwrap_or(Rate::ZERO);
    let payment = body.payment.and_then(|text| faults.sum("payment", &text, 0)).unwrap_or(0);
    let (from, to) = (body.from, body.to);
    let command = |id| LedgerCommand::GrantHoliday(GrantHoliday { id, from, to, rate, payment });
    book(&edge, &request, faults.0, command).await
}

/// `POST /loans/{id}/restructurings`.
///
/// # Errors
/// 404, 409, 422 names every field at fault.
pub async fn restructure(edge: Edge, mut request: Request) -> Outcome {
    let (body, mut faults) = typed::<RestructuringBody>(&mut request).await?;
    let period = body.rate_period.as_deref();
    let rate = faults.rate("rate_percent", &body.rate_percent, "rate_period", period);
    let forgiven = body.forgiven_penalty.and_then(|text| faults.sum("forgiven_penalty", &text, 0));
    let to = NewTerms {
        count: body.instalments,
        rate: rate.unwrap_or(Rate::ZERO),
        forgiven_penalty: forgiven.unwrap_or(0),
    };
    let on = body.on;
    let command = |id| LedgerCommand::Restructure(ChangeSchedule { id, on, to });
    book(&edge, &request, faults.0, command).await
}

/// `POST /loans/{id}/goods-returns`.
///
/// # Errors
/// 404, 409, 422 names every field at fault.
pub async fn return_goods(edge: Edge, mut request: Request) -> Outcome {
    let (body, mut faults) = typed::<GoodsReturnBody>(&mut request).await?;
    let key = checked_key(body.key, &mut faults);
    let source = source_of(&request.caller()?);
    let (on, amount, payer) = (body.on, body.amount.0, Payer::Shop);
    let is_shorter = body.is_shorter.unwrap_or(false);
    let (loan, caller) = (loan(&request)?, request.caller()?);
    let id = edge.services.part_id(&caller);
    let paid = derived(id, "payment");
    let hashed = source.hashed(&key);
    let payment = PostPayment { id: paid, source, key, on, amount, payer };
    let command = LedgerCommand::ReturnGoods(ReturnGoods { payment, id, is_shorter });
    let after = edge.services.change_loan(&caller, loan, None, command, faults.0).await?;
    // The payment stands for the return: a known key names that of the first time.
    let known = after.own.as_ref().and_then(|own| own.operation_with_key(hashed));
    json(StatusCode::CREATED, &OperationBooked { operation_id: known.unwrap_or(paid) })
}

/// Another identifier that the same request leads to.
fn derived(id: PartId, what: &str) -> PartId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(id.uuid().as_bytes()).update(what.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    PartId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// `POST /loans/{id}/closings`.
///
/// # Errors
/// 404, 409, 422 names every field at fault.
pub async fn close(edge: Edge, mut request: Request) -> Outcome {
    let (body, mut faults) = typed::<ClosingBody>(&mut request).await?;
    let to = match body.closing.as_str() {
        "written_off" => Some(Closing::WrittenOff),
        "ceded" => Some(Closing::Ceded),
        _ => None,
    };
    let to = faults.word("closing", to, "choose written_off or ceded").unwrap_or(Closing::Ceded);
    let on = body.on;
    let command = |id| LedgerCommand::GiveUp(ChangeSchedule { id, on, to });
    book(&edge, &request, faults.0, command).await
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
