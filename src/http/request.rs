//! A request as handlers see it: who asks, with which right, for what; and strict reading.
//!
//! Must never hand on a value that has not been checked against its type and limit.

use crate::base::ids::TokenId;
use crate::base::limits::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, REQUEST_BODY_BYTES_MAX};
use crate::base::time::Date;
use crate::codec::frame::CommandKey;
use crate::domain::FieldFault;
use crate::domain::access::{Filter, Grant, Mask, Principal, TokenScope};
use crate::domain::fields::{self, FromJson};
use crate::http::error::ApiError;
use crate::http::server::Peer;
use crate::http::session_store::{Person, Session};
use crate::service;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::Stream;
use futures_util::StreamExt;
use std::net::IpAddr;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use warp::http::{HeaderMap, Response, StatusCode, header};

/// Bytes of a body that is too large which are read and thrown away.
const DRAIN_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Time that a whole body may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(60);
/// Time for which a refused body is read and thrown away.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);

/// The bytes of a body as they arrive.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, warp::Error>> + Send>>;

/// Makes one stream type out of warp's.
pub fn body_stream<S, B>(stream: S) -> BodyStream
where
    S: Stream<Item = Result<B, warp::Error>> + Send + 'static,
    B: Buf,
{
    Box::pin(stream.map(|part| part.map(|mut part| part.copy_to_bytes(part.remaining()))))
}

/// Who asks.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody has signed in.
    Nobody,
    /// A signed-in person.
    Person {
        /// What the session knows.
        person: Person,
        /// The session.
        session: Arc<Session>,
        /// Value of its cookie.
        cookie: String,
    },
    /// A machine with a token.
    Machine {
        /// The token.
        token: TokenId,
        /// What it is for.
        scope: TokenScope,
        /// What people call it.
        name: String,
    },
}

/// A request on its way to a handler.
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// What the caller's right reaches.
    pub grant: Grant,
    /// Parts of the path that stand where the template has `{…}`.
    pub parameters: Vec<String>,
    /// What follows the question mark.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Where it comes from.
    pub peer: Peer,
    /// Number to quote.
    pub id: String,
    /// The body, until it is read. The lock is never contended: it lets handlers hold a request
    /// across an await.
    pub body: Mutex<Option<BodyStream>>,
    /// Identity of the command, when the caller has given an `Idempotency-Key`.
    pub command: Option<CommandKey>,
}

impl Request {
    /// The grant of callers whose right needs no bounds.
    pub const UNBOUNDED: Grant = Grant { scope: Filter::Own, fields: Mask::ByLevel };

    /// Who stands behind a command.
    ///
    /// # Errors
    /// When nobody has signed in.
    pub fn principal(&self) -> Result<Principal, ApiError> {
        match &self.caller {
            Caller::Nobody => Err(not_signed_in()),
            Caller::Person { person, .. } => Ok(Principal::User(person.user)),
            Caller::Machine { token, .. } => Ok(Principal::Token(*token)),
        }
    }

    /// Who asks, for the use cases.
    ///
    /// # Errors
    /// When nobody has signed in.
    pub fn caller(&self) -> Result<service::Caller, ApiError> {
        let (role, scope) = match &self.caller {
            Caller::Nobody => (None, None),
            Caller::Person { person, .. } => (Some(person.role), None),
            Caller::Machine { scope, .. } => (None, Some(*scope)),
        };
        let principal = self.principal()?;
        let address = self.address().to_string();
        Ok(service::Caller { principal, role, scope, address, command: self.command })
    }

    /// The signed-in person and the session.
    ///
    /// # Errors
    /// When the caller is not a person.
    pub fn person(&self) -> Result<(&Person, &Arc<Session>), ApiError> {
        match &self.caller {
            Caller::Person { person, session, .. } => Ok((person, session)),
            Caller::Nobody | Caller::Machine { .. } => Err(not_signed_in()),
        }
    }

    /// Address of the caller.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.peer.address.ip()
    }

    /// Parameter number `index` of the path, read as `T`. What cannot be read cannot exist.
    ///
    /// # Errors
    /// 404 when it is not a `T`.
    pub fn parameter<T: FromStr>(&self, index: usize, what: &str) -> Result<T, ApiError> {
        let text = self.parameters.get(index).map_or("", String::as_str);
        text.parse().map_err(|_| ApiError::not_found(what))
    }

    /// Parameter number `index` of the path, as text.
    #[must_use]
    pub fn text_parameter(&self, index: usize) -> &str {
        self.parameters.get(index).map_or("", String::as_str)
    }

    /// The parameters of the query; every one must be in `known`.
    ///
    /// # Errors
    /// 400 that names an unknown or undecodable parameter.
    pub fn query(&self, known: &[&str]) -> Result<Query, ApiError> {
        let mut pairs = Vec::new();
        for part in self.query.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let (Some(key), Some(value)) = (decoded(key), decoded(value)) else {
                return Err(bad_query("?", "is not valid percent-encoding"));
            };
            if !known.contains(&key.as_str()) {
                let list = known.join(", ");
                return Err(bad_query("?", &format!("is not known here; known are: {list}")));
            }
            if !value.is_empty() {
                pairs.push((key, value));
            }
        }
        Ok(Query(pairs))
    }

    /// The whole body, at most `limit` bytes.
    ///
    /// # Errors
    /// 413 when it is larger, 400 when it breaks off.
    pub async fn bytes(&mut self, limit: u64) -> Result<Bytes, ApiError> {
        self.bytes_within(limit, BODY_PATIENCE).await
    }

    async fn bytes_within(&mut self, limit: u64, patience: Duration) -> Result<Bytes, ApiError> {
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(mut stream) = body.take() else {
            return Ok(Bytes::new());
        };
        let announced = self.headers.get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit) {
            drain(stream).await;
            return Err(too_large(limit));
        }
        let mut whole = BytesMut::new();
        let until = Instant::now() + patience;
        loop {
            // Whoever sends a byte now and then would otherwise hold a connection for ever.
            let next = timeout_at(until, stream.next()).await.map_err(|_| broken_off())?;
            let Some(part) = next else { break };
            let part = part.map_err(|_| broken_off())?;
            if (whole.len() + part.len()) as u64 > limit {
                drain(stream).await;
                return Err(too_large(limit));
            }
            whole.extend_from_slice(&part);
        }
        Ok(whole.freeze())
    }

    /// The body as JSON of type `T`: strict, with every fault named.
    ///
    /// # Errors
    /// 415, 413, 400 or 422.
    pub async fn json<T: FromJson>(&mut self) -> Result<T, ApiError> {
        let value = self.json_value(REQUEST_BODY_BYTES_MAX).await?;
        fields::read(value).map_err(ApiError::fields)
    }

    /// What can be read of the body as a JSON object, and the faults of the rest, so that the rules
    /// can name theirs in the same answer.
    ///
    /// # Errors
    /// 415, 413 or 400.
    pub async fn json_with_faults<T: FromJson>(
        &mut self,
    ) -> Result<(Option<T>, Vec<FieldFault>), ApiError> {
        Ok(fields::read_what_is_good(self.json_value(REQUEST_BODY_BYTES_MAX).await?))
    }

    /// The body as any JSON of at most `limit` bytes.
    ///
    /// # Errors
    /// 415, 413 or 400.
    pub async fn json_value(&mut self, limit: u64) -> Result<serde_json::Value, ApiError> {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let essence = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
        if !essence.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
            let help = "send the body as application/json";
            return Err(ApiError::new("unsupported_media_type", help));
        }
        let bytes = self.bytes(limit).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            // Line and column only: the text may be personal data.
            let (line, column) = (error.line(), error.column());
            let help = format!("the body is not valid JSON near line {line}, column {column}");
            ApiError::new("malformed_json", help)
        })
    }

    /// The version that the caller has read, from `If-Match: "n"`.
    ///
    /// # Errors
    /// 428 when it is missing, 412 when it is not a version.
    pub fn if_match(&self) -> Result<u64, ApiError> {
        let Some(value) = self.headers.get(header::IF_MATCH) else {
            let help = "send If-Match with the version that was read, for instance \"3\"";
            return Err(ApiError::new("version_required", help));
        };
        let digits = value.to_str().unwrap_or_default().trim().trim_matches('"');
        digits.parse().map_err(|_| stale())
    }
}

/// Reads on for a while: a caller who is still sending would otherwise see a broken line instead
/// of the refusal.
pub async fn drain(mut stream: BodyStream) {
    let mut left = DRAIN_BYTES_MAX;
    let until = Instant::now() + DRAIN_PATIENCE;
    while let Ok(Some(Ok(part))) = timeout_at(until, stream.next()).await {
        match left.checked_sub(part.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// 412: somebody has changed it meanwhile.
#[must_use]
pub fn stale() -> ApiError {
    let help = "somebody has changed it meanwhile; read it again and repeat the change";
    ApiError::new("stale_version", help)
}

/// 401: sign in first.
#[must_use]
pub fn not_signed_in() -> ApiError {
    ApiError::new("not_signed_in", "sign in first")
}

fn too_large(limit: u64) -> ApiError {
    ApiError::new("too_large", format!("send at most {limit} bytes"))
}

fn broken_off() -> ApiError {
    ApiError::new("malformed_json", "the body broke off; send it again")
}

fn bad_query(name: &str, fault: &str) -> ApiError {
    ApiError::new("invalid_query", format!("the parameter {name} of the address {fault}"))
}

/// Undoes percent-encoding and `+`; `None` when it is not valid UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |b: Option<u8>| char::from(b?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// Decodes one part of a path.
#[must_use]
pub fn decoded_segment(text: &str) -> Option<String> {
    if text.contains('%') { decoded(&text.replace('+', "%2B")) } else { Some(text.to_owned()) }
}

/// The parameters of a query.
#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The value of `name`, when given and not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of `name` read as `T`.
    ///
    /// # Errors
    /// 400 that says what is wanted.
    pub fn read<T: FromStr>(&self, name: &str, wanted: &str) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let read = text.parse().map_err(|_| bad_query(name, &format!("must be {wanted}")))?;
        Ok(Some(read))
    }

    /// A date.
    ///
    /// # Errors
    /// 400 when it is not one.
    pub fn date(&self, name: &str) -> Result<Option<Date>, ApiError> {
        self.read(name, "a date such as 2026-11-21")
    }

    /// How many rows to give, from `limit`.
    ///
    /// # Errors
    /// 400 when it is not from 1 to 200.
    pub fn limit(&self) -> Result<usize, ApiError> {
        let limit: Option<usize> = self.read("limit", "a number from 1 to 200")?;
        match limit {
            None => Ok(PAGE_ROWS_DEFAULT),
            Some(limit) if (1..=PAGE_ROWS_MAX).contains(&limit) => Ok(limit),
            Some(_) => Err(bad_query("limit", "must be a number from 1 to 200")),
        }
    }
}

/// A response to send.
pub enum Answer {
    /// All of it is here.
    Whole(Response<Bytes>),
    /// Its body is still being read.
    Stream(warp::reply::Response),
}

/// What a handler gives.
pub type Outcome = Result<Answer, ApiError>;

/// 200 with a JSON body.
///
/// # Errors
/// When the value cannot be written as JSON.
pub fn ok(value: &impl serde::Serialize) -> Outcome {
    json(StatusCode::OK, value)
}

/// A JSON body with a status.
///
/// # Errors
/// When the value cannot be written as JSON.
pub fn json(status: StatusCode, value: &impl serde::Serialize) -> Outcome {
    let body = serde_json::to_vec(value).map_err(ApiError::internal)?;
    Ok(Answer::Whole(json_bytes(status, Bytes::from(body))))
}

/// A JSON body with a status and the version as its entity tag.
///
/// # Errors
/// When the value cannot be written as JSON.
pub fn versioned(status: StatusCode, version: u64, value: &impl serde::Serialize) -> Outcome {
    let body = serde_json::to_vec(value).map_err(ApiError::internal)?;
    Ok(Answer::Whole(versioned_bytes(status, version, Bytes::from(body))))
}

/// JSON that is already written, with the version as its entity tag.
pub fn versioned_bytes(status: StatusCode, version: u64, body: Bytes) -> Response<Bytes> {
    let mut response = json_bytes(status, body);
    let tag = header::HeaderValue::from_str(&format!("\"{version}\""))
        .expect("digits in quotes are a header's value");
    response.headers_mut().insert(header::ETAG, tag);
    response
}

/// A response of ready JSON bytes.
#[must_use]
pub fn json_bytes(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = header::HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// The answer to a command that somebody else carries out: what follows is told by the feed.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Accepted {}

/// The name of what was made.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Created {
    /// Its identifier.
    pub id: crate::base::ids::PartId,
}

/// 204.
///
/// # Errors
/// None; the type fits handlers.
pub fn no_content() -> Outcome {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(Answer::Whole(response))
}

#[cfg(test)]
/// Requests for tests.
pub mod tests {
    use super::*;
    use crate::domain::fields::Change;
    use crate::json_object;
    use std::net::SocketAddr;

    json_object! {
        #[derive(Debug)]
        struct Body { name: String, extension: Change<String> }
    }

    /// A request with a JSON body, for tests of handlers and reading.
    pub fn request(body: &[u8], headers: &[(&'static str, &str)]) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, header::HeaderValue::from_str(value).unwrap());
        }
        let parts: Vec<Result<Bytes, warp::Error>> =
            body.chunks(7).map(|part| Ok(Bytes::copy_from_slice(part))).collect();
        Request {
            caller: Caller::Nobody,
            grant: Request::UNBOUNDED,
            parameters: Vec::new(),
            query: String::new(),
            headers: map,
            peer: Peer { address: SocketAddr::from(([127, 0, 0, 1], 5)), encrypted: false },
            id: "r-1".into(),
            body: Mutex::new(Some(Box::pin(futures_util::stream::iter(parts)))),
            command: None,
        }
    }

    const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

    #[tokio::test]
    async fn bodies_are_read_strictly() {
        type Row = (&'static [u8], &'static [(&'static str, &'static str)], &'static str);
        let rows: [Row; 6] = [
            (b"{\"name\":\"a\"}", &[], "unsupported_media_type"),
            (b"{\"name\":\"a\"", &[JSON], "malformed_json"),
            (b"{\"name\":\"a\",\"x\":1}", &[JSON], "unknown_field"),
            (b"{\"name\":1}", &[JSON], "invalid_fields"),
            (b"[]", &[JSON], "invalid_fields"),
            (b"{}", &[JSON, ("content-length", "99999999")], "too_large"),
        ];
        for (body, headers, code) in rows {
            let error = request(body, headers).json::<Body>().await.unwrap_err();
            assert_eq!(error.code(), code, "{}", String::from_utf8_lossy(body));
        }
        let mut good = request(b"{\"name\":\"a\",\"extension\":null}", &[JSON]);
        let read: Body = good.json().await.unwrap();
        assert_eq!((read.name.as_str(), read.extension), ("a", Change::Clear));
    }

    #[tokio::test]
    async fn a_body_that_was_not_announced_is_still_limited() {
        let long = vec![b'x'; 100];
        let error = request(&long, &[]).bytes(99).await.unwrap_err();
        assert_eq!(error.code(), "too_large");
        assert_eq!(request(&long, &[]).bytes(100).await.unwrap().len(), 100);
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_given_up() {
        let mut request = request(b"", &[]);
        request.body = Mutex::new(Some(Box::pin(futures_util::stream::pending())));
        let outcome = request.bytes_within(1000, Duration::from_millis(5)).await;
        assert_eq!(outcome.unwrap_err().code(), "malformed_json");
    }

    #[test]
    fn queries_are_decoded_and_checked() {
        let mut request = request(b"", &[]);
        request.query = "q=%D0%98%D0%B2%D0%B0%D0%BD+%D0%9F&limit=5&from=".into();
        let query = request.query(&["q", "limit", "from"]).unwrap();
        assert_eq!(query.text("q"), Some("Иван П"));
        assert_eq!((query.limit().unwrap(), query.date("from").unwrap()), (5, None));
        assert_eq!(request.query(&["q"]).unwrap_err().code(), "invalid_query");
        for bad in ["limit=0", "limit=201", "limit=x", "q=%FF", "q=%2"] {
            request.query = bad.into();
            let outcome = request.query(&["q", "limit"]).and_then(|query| query.limit());
            assert_eq!(outcome.unwrap_err().code(), "invalid_query", "{bad}");
        }
    }

    #[test]
    fn versions_come_from_if_match() {
        assert_eq!(request(b"", &[("if-match", "\"7\"")]).if_match().unwrap(), 7);
        let missing = request(b"", &[]).if_match().unwrap_err();
        assert_eq!(missing.status(), 428);
        let bad = request(b"", &[("if-match", "abc")]).if_match().unwrap_err();
        assert_eq!(bad.status(), 412);
    }
}
