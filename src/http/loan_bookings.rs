//! What is booked to a loan that is kept here, and what it would do, told before it is done.

use super::loans::{loan, typed};
use crate::base::ids::PartId;
use crate::base::time::Date;
use crate::domain::FieldFault;
use crate::domain::credit::early::NewTerms;
use crate::domain::credit::interest::Rate;
use crate::domain::credit::ledger::Closing;
use crate::domain::credit::typed::{Faults, Sum};
use crate::domain::loan::own::{
    BookOperation, ChangeSchedule, GrantHoliday, LedgerCommand, Payer, PaymentSource, PostPayment,
    ReturnGoods, ReversalReason,
};
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Outcome, Request, json, no_content, ok};
use crate::service::Caller;
use crate::service::loans::commands::PaymentToPost;
use crate::{json_object, json_words};
use serde::Serialize;
use warp::http::StatusCode;

json_words! {
    ReversalReason = "mistake, recalled_by_bank, repeated, other_loan",
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
    /// What a reversal would do, asked before it is done.
    #[derive(Debug)]
    pub struct ReversalPreviewBody {
        /// The operation.
        pub operation_id: PartId,
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

/// Characters of a key of a payment in its caller's books.
const KEY_CHARS_MAX: usize = 200;

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

/// What can be booked by hand, by the words of the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Booking {
    Payment,
    Fee,
    Forgiveness,
    Refund,
    Holiday,
    Restructuring,
    GoodsReturn,
    Closing,
    Reversal,
}

impl Booking {
    const ALL: [(&'static str, Self); 9] = [
        ("payments", Self::Payment),
        ("fees", Self::Fee),
        ("penalty-forgiveness", Self::Forgiveness),
        ("refunds", Self::Refund),
        ("holidays", Self::Holiday),
        ("restructurings", Self::Restructuring),
        ("goods-returns", Self::GoodsReturn),
        ("closings", Self::Closing),
        ("reversals", Self::Reversal),
    ];
}

/// What is asked, the day from which it counts, and the faults of what could not be read.
struct Asked {
    command: LedgerCommand,
    on: Date,
    faults: Vec<FieldFault>,
}

fn payment(body: PaymentBody, source: PaymentSource, faults: &mut Faults) -> PaymentToPost {
    let payer = match body.payer.as_deref() {
        None | Some("client") => Some(Payer::Client),
        Some("shop") => Some(Payer::Shop),
        Some(_) => None,
    };
    let payer = faults.word("payer", payer, "choose client or shop").unwrap_or(Payer::Client);
    let key = checked_key(body.key, faults);
    PaymentToPost { source, key, on: body.on, amount: body.amount.0, payer }
}

/// Reads what is to be booked as operation `id`.
async fn read(
    booking: Booking,
    id: PartId,
    edge: &Edge,
    request: &mut Request,
) -> Result<Asked, ApiError> {
    match booking {
        Booking::Payment => {
            let source = source_of(&request.caller()?);
            let (body, mut faults) = typed::<PaymentBody>(request).await?;
            let PaymentToPost { source, key, on, amount, payer } =
                payment(body, source, &mut faults);
            let command = LedgerCommand::Post(PostPayment { id, source, key, on, amount, payer });
            Ok(Asked { command, on, faults: faults.0 })
        }
        Booking::Fee => read_sum(id, request, LedgerCommand::ChargeFee).await,
        Booking::Forgiveness => read_sum(id, request, LedgerCommand::ForgivePenalty).await,
        Booking::Refund => read_sum(id, request, LedgerCommand::PayRefund).await,
        Booking::Holiday => read_holiday(id, request).await,
        Booking::Restructuring => read_restructuring(id, request).await,
        Booking::GoodsReturn => read_goods_return(id, request).await,
        Booking::Closing => read_closing(id, request).await,
        Booking::Reversal => {
            let ReversalPreviewBody { operation_id, reason } = request.json().await?;
            let ids = edge.services.early_ids();
            let command = LedgerCommand::Reverse { id: operation_id, reason, ids };
            Ok(Asked { command, on: edge.services.today(), faults: Vec::new() })
        }
    }
}

async fn read_sum(
    id: PartId,
    request: &mut Request,
    command: fn(BookOperation) -> LedgerCommand,
) -> Result<Asked, ApiError> {
    let (body, faults) = typed::<OperationBody>(request).await?;
    let (on, amount) = (body.on, body.amount.0);
    Ok(Asked { command: command(BookOperation { id, on, amount }), on, faults: faults.0 })
}

async fn read_holiday(id: PartId, request: &mut Request) -> Result<Asked, ApiError> {
    let (body, mut faults) = typed::<HolidayBody>(request).await?;
    let rate = faults.rate("rate_percent", &body.rate_percent, "", None).unwrap_or(Rate::ZERO);
    let payment = body.payment.and_then(|text| faults.sum("payment", &text, 0)).unwrap_or(0);
    let (from, to) = (body.from, body.to);
    let command = LedgerCommand::GrantHoliday(GrantHoliday { id, from, to, rate, payment });
    Ok(Asked { command, on: from, faults: faults.0 })
}

async fn read_restructuring(id: PartId, request: &mut Request) -> Result<Asked, ApiError> {
    let (body, mut faults) = typed::<RestructuringBody>(request).await?;
    let period = body.rate_period.as_deref();
    let rate = faults.rate("rate_percent", &body.rate_percent, "rate_period", period);
    let forgiven = body.forgiven_penalty.and_then(|text| faults.sum("forgiven_penalty", &text, 0));
    let to = NewTerms {
        count: body.instalments,
        rate: rate.unwrap_or(Rate::ZERO),
        forgiven_penalty: forgiven.unwrap_or(0),
    };
    let on = body.on;
    let command = LedgerCommand::Restructure(ChangeSchedule { id, on, to });
    Ok(Asked { command, on, faults: faults.0 })
}

async fn read_goods_return(id: PartId, request: &mut Request) -> Result<Asked, ApiError> {
    let source = source_of(&request.caller()?);
    let (body, mut faults) = typed::<GoodsReturnBody>(request).await?;
    let key = checked_key(body.key, &mut faults);
    let (on, amount, payer) = (body.on, body.amount.0, Payer::Shop);
    let is_shorter = body.is_shorter.unwrap_or(false);
    let paid = derived(id, "payment");
    let payment = PostPayment { id: paid, source, key, on, amount, payer };
    let command = LedgerCommand::ReturnGoods(ReturnGoods { payment, id, is_shorter });
    Ok(Asked { command, on, faults: faults.0 })
}

async fn read_closing(id: PartId, request: &mut Request) -> Result<Asked, ApiError> {
    let (body, mut faults) = typed::<ClosingBody>(request).await?;
    let to = match body.closing.as_str() {
        "written_off" => Some(Closing::WrittenOff),
        "ceded" => Some(Closing::Ceded),
        _ => None,
    };
    let to = faults.word("closing", to, "choose written_off or ceded").unwrap_or(Closing::Ceded);
    let on = body.on;
    let command = LedgerCommand::GiveUp(ChangeSchedule { id, on, to });
    Ok(Asked { command, on, faults: faults.0 })
}

/// Another identifier that the same request leads to.
fn derived(id: PartId, what: &str) -> PartId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(id.uuid().as_bytes()).update(what.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    PartId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// `POST /loans/{id}/previews/{booking}`: nothing is booked.
///
/// # Errors
/// As for booking it; 404 when nothing of that name can be booked.
pub async fn preview(edge: Edge, mut request: Request) -> Outcome {
    let (loan, caller) = (loan(&request)?, request.caller()?);
    let word: String = request.parameter(1, "booking")?;
    let found = Booking::ALL.into_iter().find(|(name, _)| *name == word);
    let Some((_, booking)) = found else {
        let words = Booking::ALL.map(|(name, _)| name).join(", ");
        return Err(ApiError::new("not_found", format!("what can be booked: {words}")));
    };
    let operation_id = edge.services.part_id(&caller);
    let Asked { command, on, faults } = read(booking, operation_id, &edge, &mut request).await?;
    ok(&edge.services.preview_loan(&caller, loan, command, on, faults).await?)
}

/// `POST /loans/{id}/payments`.
///
/// # Errors
/// 404, 409 when the loan has ended or is another system's, 422 names every field at fault.
pub async fn pay(edge: Edge, mut request: Request) -> Outcome {
    let (id, caller) = (loan(&request)?, request.caller()?);
    let (body, mut faults) = typed::<PaymentBody>(&mut request).await?;
    let payment = payment(body, source_of(&caller), &mut faults);
    let posted = edge.services.post_payment(&caller, id, payment, faults.0).await?;
    let view = PaymentPostedView { operation_id: posted.operation, is_new: posted.is_new };
    json(StatusCode::CREATED, &view)
}

/// `POST /loans/{id}/operations/{operation_id}/reverse`.
///
/// # Errors
/// 404, 409 when what came of the operation was used or the loan ended for good, 422.
pub async fn reverse(edge: Edge, mut request: Request) -> Outcome {
    let (loan, id) = (loan(&request)?, request.parameter(1, "operation")?);
    let ReversalBody { reason } = request.json().await?;
    let caller = request.caller()?;
    let command = LedgerCommand::Reverse { id, reason, ids: edge.services.early_ids() };
    edge.services.change_loan(&caller, loan, None, command, Vec::new()).await?;
    no_content()
}

async fn book(edge: Edge, mut request: Request, booking: Booking) -> Outcome {
    let (loan, caller) = (loan(&request)?, request.caller()?);
    let operation_id = edge.services.part_id(&caller);
    let Asked { command, faults, .. } = read(booking, operation_id, &edge, &mut request).await?;
    edge.services.change_loan(&caller, loan, None, command, faults).await?;
    json(StatusCode::CREATED, &OperationBooked { operation_id })
}

/// `POST /loans/{id}/fees`.
///
/// # Errors
/// 404, 409 when the loan has ended, 422 names every field at fault.
pub async fn charge_fee(edge: Edge, request: Request) -> Outcome {
    book(edge, request, Booking::Fee).await
}

/// `POST /loans/{id}/penalty-forgiveness`.
///
/// # Errors
/// 404, 409 when the loan has ended, 422 names every field at fault.
pub async fn forgive_penalty(edge: Edge, request: Request) -> Outcome {
    book(edge, request, Booking::Forgiveness).await
}

/// `POST /loans/{id}/refunds`.
///
/// # Errors
/// 404, 422 names every field at fault.
pub async fn refund(edge: Edge, request: Request) -> Outcome {
    book(edge, request, Booking::Refund).await
}

/// `POST /loans/{id}/holidays`.
///
/// # Errors
/// 404, 409, 422 names every field at fault.
pub async fn grant_holiday(edge: Edge, request: Request) -> Outcome {
    book(edge, request, Booking::Holiday).await
}

/// `POST /loans/{id}/restructurings`.
///
/// # Errors
/// 404, 409, 422 names every field at fault.
pub async fn restructure(edge: Edge, request: Request) -> Outcome {
    book(edge, request, Booking::Restructuring).await
}

/// `POST /loans/{id}/goods-returns`.
///
/// # Errors
/// 404, 409, 422 names every field at fault.
pub async fn return_goods(edge: Edge, mut request: Request) -> Outcome {
    let (loan, caller) = (loan(&request)?, request.caller()?);
    let id = edge.services.part_id(&caller);
    let Asked { command, faults, .. } = read(Booking::GoodsReturn, id, &edge, &mut request).await?;
    let hashed = match &command {
        LedgerCommand::ReturnGoods(goods) => goods.payment.source.hashed(&goods.payment.key),
        _ => None,
    };
    let after = edge.services.change_loan(&caller, loan, None, command, faults).await?;
    // The payment stands for the return: a known key names that of the first time.
    let known = after.own.as_ref().and_then(|own| own.operation_with_key(hashed));
    let operation_id = known.unwrap_or_else(|| derived(id, "payment"));
    json(StatusCode::CREATED, &OperationBooked { operation_id })
}

/// `POST /loans/{id}/closings`.
///
/// # Errors
/// 404, 409, 422 names every field at fault.
pub async fn close(edge: Edge, request: Request) -> Outcome {
    book(edge, request, Booking::Closing).await
}
