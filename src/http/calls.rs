//! Calls: cards, work, commands to the exchange.

use crate::base::ids::{CallId, ClientId, EntryId, UserId};
use crate::base::personal::Personal;
use crate::base::time::{Date, Timestamp, Zone};
use crate::domain::call::pbx_event::Direction;
use crate::domain::call::{Disposition, OpeningWord};
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Accepted, Outcome, Query, Request, json, ok};
use crate::service::call_control::{DialInput, TransferInput};
use crate::service::calls::{CallFilter, CorrectionInput, NotesInput, PromiseInput};
use crate::{json_object, json_words};
use chrono::TimeZone;
use serde_json::json;
use warp::http::StatusCode;

json_words! {
    Disposition = "info_given, right_party, third_party, wrong_number, language, call_back, ptp, \
        refuses, disputes, paid_already, hardship, deceased, bankrupt, complaint, \
        refused_identification, no_answer, busy, dropped",
    OpeningWord = "name, creditor, recorded",
    Direction = "inbound, outbound, internal",
}

json_object! {
    /// Body of `POST /calls`.
    #[derive(Debug)]
    pub struct NewCallBody {
        /// Who called whom.
        pub direction: Direction,
        /// The client's number.
        pub client_number: Personal<String>,
        /// Whom it is about.
        pub client_id: Option<ClientId>,
    }
}

json_object! {
    /// Body of `POST /calls/dial`: a number, or a client's phone.
    #[derive(Debug)]
    pub struct DialBody {
        /// The number.
        pub number: Option<Personal<String>>,
        /// The client.
        pub client_id: Option<ClientId>,
        /// Which of the client's phones, from 0.
        pub phone_index: Option<usize>,
    }
}

json_object! {
    /// Body of `POST /calls/{id}/transfer`: one receiver.
    #[derive(Debug)]
    pub struct TransferBody {
        /// A colleague.
        pub to_user_id: Option<UserId>,
        /// An extension.
        pub to_extension: Option<String>,
        /// A queue.
        pub to_queue: Option<String>,
        /// Talk with the receiver first, where the exchange can (`can_consult`).
        pub attended: Option<bool>,
    }
}

json_object! {
    /// Body of `PUT /calls/{id}/client`; `null` means nobody known.
    #[derive(Debug)]
    pub struct ClientChoiceBody {
        /// Whom the call is about.
        pub client_id: Option<ClientId>,
    }
}

json_object! {
    /// One answer of the caller.
    #[derive(Debug)]
    pub struct AnswerBody {
        /// What was asked.
        pub field: String,
        /// What was said.
        pub value: Personal<String>,
    }
}

json_object! {
    /// Body of `POST /calls/{id}/identify`.
    #[derive(Debug)]
    pub struct IdentifyBody {
        /// The answers.
        pub answers: Vec<AnswerBody>,
    }
}

json_object! {
    /// What the client promised to pay.
    #[derive(Debug)]
    pub struct PromiseBody {
        /// A decimal, in the lender's currency.
        pub amount: String,
        /// By which day, at most 14 days ahead.
        pub due_on: Date,
    }
}

json_object! {
    /// Body of `PUT /calls/{id}/notes` and `POST /calls/{id}/finish`.
    #[derive(Debug)]
    pub struct NotesBody {
        /// Topics.
        pub topics: Option<Vec<EntryId>>,
        /// Free words.
        pub comment: Option<String>,
        /// Opening words said.
        pub opening_words: Option<Vec<OpeningWord>>,
        /// The result.
        pub disposition: Option<Disposition>,
        /// What the client promised; needed with the result `ptp`, and kept with it only.
        pub promise: Option<PromiseBody>,
    }
}

json_object! {
    /// Body of `POST /calls/{id}/consult`.
    #[derive(Debug)]
    pub struct ConsultBody {
        /// The entry.
        pub entry_id: EntryId,
        /// The link that was opened.
        pub link: String,
    }
}

json_object! {
    /// Body of `POST /calls/{id}/correct`.
    #[derive(Debug)]
    pub struct CorrectBody {
        /// The right result.
        pub disposition: Option<Disposition>,
        /// The right words.
        pub comment: Option<String>,
        /// The right topics.
        pub topics: Option<Vec<EntryId>>,
        /// The right promise.
        pub promise: Option<PromiseBody>,
        /// Why it was wrong.
        pub reason: String,
    }
}

impl From<NotesBody> for NotesInput {
    fn from(body: NotesBody) -> Self {
        Self {
            topics: body.topics.unwrap_or_default(),
            comment: body.comment.unwrap_or_default(),
            opening_words: body.opening_words.unwrap_or_default(),
            disposition: body.disposition,
            promise: body.promise.map(PromiseInput::from),
        }
    }
}

impl From<PromiseBody> for PromiseInput {
    fn from(body: PromiseBody) -> Self {
        Self { amount: body.amount, due_on: body.due_on }
    }
}

fn call(request: &Request) -> Result<CallId, ApiError> {
    request.parameter(0, "call")
}

/// The beginning of a day in the lender's zone.
fn midnight(date: Date, zone: Zone) -> Timestamp {
    let local = date.and_time(chrono::NaiveTime::MIN);
    let instant = zone.from_local_datetime(&local).earliest();
    Timestamp::from_utc(instant.map_or_else(|| local.and_utc(), |at| at.to_utc()))
}

/// An instant, or a day: its beginning, or its end.
fn moment(
    query: &Query,
    name: &str,
    zone: Zone,
    end_of_day: bool,
) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = query.text(name) else {
        return Ok(None);
    };
    if let Ok(at) = Timestamp::parse_rfc3339(text) {
        return Ok(Some(at));
    }
    let date = query.date(name)?;
    let day = date.and_then(|date| if end_of_day { date.succ_opt() } else { Some(date) });
    Ok(day.map(|day| midnight(day, zone)))
}

/// `GET /calls`.
///
/// # Errors
/// 400 for a bad query.
pub async fn list(edge: Edge, request: Request) -> Outcome {
    let known = ["state", "operator", "client", "from", "to", "limit", "cursor"];
    let query = request.query(&known)?;
    let zone = edge.services.config.lender.zone;
    let live = match query.text("state") {
        None | Some("all") => false,
        Some("live") => true,
        Some(_) => return Err(ApiError::new("invalid_query", "state is live or all")),
    };
    let filter = CallFilter {
        live,
        operator: query.read("operator", "a user's identifier")?,
        client: query.read("client", "a client's identifier")?,
        from: moment(&query, "from", zone, false)?,
        to: moment(&query, "to", zone, true)?,
        limit: query.limit()?,
        cursor: query.text("cursor").map(str::to_owned),
    };
    let caller = request.caller()?;
    let page = edge.services.list_calls(&caller, &filter)?;
    ok(&json!({ "items": page.items, "next_cursor": page.next_cursor }))
}

/// `GET /calls/{id}`.
///
/// # Errors
/// 404.
pub async fn show(edge: Edge, request: Request) -> Outcome {
    ok(&edge.services.call_card(&request.caller()?, call(&request)?).await?)
}

/// `GET /calls/{id}/events`.
///
/// # Errors
/// 404.
pub async fn events(edge: Edge, request: Request) -> Outcome {
    let (id, caller) = (call(&request)?, request.caller()?);
    let read = move || edge.services.call_events(&caller, id);
    let items = tokio::task::spawn_blocking(read).await.map_err(ApiError::internal)??;
    ok(&json!({ "items": items, "next_cursor": null }))
}

/// `POST /calls`: a card by hand.
///
/// # Errors
/// 422 when the number is not one.
pub async fn open_by_hand(edge: Edge, mut request: Request) -> Outcome {
    let body: NewCallBody = request.json().await?;
    let (caller, number) = (request.caller()?, body.client_number.reveal());
    let card =
        edge.services.open_call_by_hand(&caller, body.direction, number, body.client_id).await?;
    json(StatusCode::CREATED, &card)
}

/// A number that the exchange dials.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct DialledView {
    /// The call.
    pub call_id: CallId,
    /// The command to the exchange.
    pub command_id: uuid::Uuid,
}

/// `POST /calls/dial`.
///
/// # Errors
/// 503 `pbx_down`, 409, 422.
pub async fn dial(edge: Edge, mut request: Request) -> Outcome {
    let body: DialBody = request.json().await?;
    let input = DialInput {
        number: body.number.map(Personal::into_inner),
        client: body.client_id,
        phone_index: body.phone_index.unwrap_or(0),
    };
    let dialled = edge.services.dial(&request.caller()?, input).await?;
    json(StatusCode::ACCEPTED, &DialledView { call_id: dialled.call, command_id: dialled.command })
}

/// `POST /calls/{id}/hangup`.
///
/// # Errors
/// 404.
pub async fn hang_up(edge: Edge, request: Request) -> Outcome {
    edge.services.hang_up(&request.caller()?, call(&request)?).await?;
    json(StatusCode::ACCEPTED, &Accepted {})
}

/// `POST /calls/{id}/transfer`.
///
/// # Errors
/// 503 `pbx_down`, 409, 422.
pub async fn transfer(edge: Edge, mut request: Request) -> Outcome {
    let id = call(&request)?;
    let body: TransferBody = request.json().await?;
    let input = TransferInput {
        to_user: body.to_user_id,
        to_extension: body.to_extension,
        to_queue: body.to_queue,
        attended: body.attended.unwrap_or(false),
    };
    edge.services.transfer(&request.caller()?, id, input).await?;
    json(StatusCode::ACCEPTED, &Accepted {})
}

/// `POST /calls/{id}/transfer/complete`.
///
/// # Errors
/// 503 `pbx_down`, 409.
pub async fn complete_transfer(edge: Edge, request: Request) -> Outcome {
    edge.services.end_transfer(&request.caller()?, call(&request)?, true).await?;
    json(StatusCode::ACCEPTED, &Accepted {})
}

/// `POST /calls/{id}/transfer/cancel`.
///
/// # Errors
/// 503 `pbx_down`, 409.
pub async fn cancel_transfer(edge: Edge, request: Request) -> Outcome {
    edge.services.end_transfer(&request.caller()?, call(&request)?, false).await?;
    json(StatusCode::ACCEPTED, &Accepted {})
}

/// `POST /calls/{id}/hold`.
///
/// # Errors
/// 503 `pbx_down`, 409.
pub async fn hold(edge: Edge, request: Request) -> Outcome {
    edge.services.hold(&request.caller()?, call(&request)?, true).await?;
    json(StatusCode::ACCEPTED, &Accepted {})
}

/// `POST /calls/{id}/resume`.
///
/// # Errors
/// 503 `pbx_down`, 409.
pub async fn resume(edge: Edge, request: Request) -> Outcome {
    edge.services.hold(&request.caller()?, call(&request)?, false).await?;
    json(StatusCode::ACCEPTED, &Accepted {})
}

/// `PUT /calls/{id}/client`.
///
/// # Errors
/// 404.
pub async fn choose_client(edge: Edge, mut request: Request) -> Outcome {
    let id = call(&request)?;
    let body: ClientChoiceBody = request.json().await?;
    ok(&edge.services.choose_client(&request.caller()?, id, body.client_id).await?)
}

/// `POST /calls/{id}/identify`.
///
/// # Errors
/// 409 `identification_locked` or `no_client`, 422.
pub async fn identify(edge: Edge, mut request: Request) -> Outcome {
    let id = call(&request)?;
    let body: IdentifyBody = request.json().await?;
    let answers = body.answers.into_iter().map(|a| (a.field, a.value.into_inner())).collect();
    ok(&edge.services.identify(&request.caller()?, id, answers).await?)
}

/// `PUT /calls/{id}/notes`.
///
/// # Errors
/// 409 `call_finished`, 422.
pub async fn set_notes(edge: Edge, mut request: Request) -> Outcome {
    let id = call(&request)?;
    let body: NotesBody = request.json().await?;
    ok(&edge.services.set_call_notes(&request.caller()?, id, body.into()).await?)
}

/// `POST /calls/{id}/consult`.
///
/// # Errors
/// 404, 422.
pub async fn consult(edge: Edge, mut request: Request) -> Outcome {
    let id = call(&request)?;
    let body: ConsultBody = request.json().await?;
    ok(&edge.services.consult(&request.caller()?, id, body.entry_id, body.link).await?)
}

/// `POST /calls/{id}/finish`.
///
/// # Errors
/// 409, 422 names every missing field.
pub async fn finish(edge: Edge, mut request: Request) -> Outcome {
    let id = call(&request)?;
    let body: NotesBody = request.json().await?;
    ok(&edge.services.finish_call(&request.caller()?, id, body.into()).await?)
}

/// `POST /calls/{id}/correct`.
///
/// # Errors
/// 409, 422.
pub async fn correct(edge: Edge, mut request: Request) -> Outcome {
    let id = call(&request)?;
    let body: CorrectBody = request.json().await?;
    let input = CorrectionInput {
        topics: body.topics,
        comment: body.comment,
        disposition: body.disposition,
        promise: body.promise.map(PromiseInput::from),
        reason: body.reason,
    };
    ok(&edge.services.correct_call(&request.caller()?, id, input).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_the_lenders_midnight() {
        let date: Date = "2026-11-21".parse().unwrap();
        let at = midnight(date, chrono_tz::Europe::Moscow);
        assert_eq!(at.to_rfc3339(), "2026-11-20T21:00:00.000Z");
    }
}
