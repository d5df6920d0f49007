//! The edge: authenticates a request, finds its route, checks the right, runs the handler, and
//! turns every outcome into a response.
//!
//! Must never decide anything of the trade.

use crate::base::time::Timestamp;
use crate::codec::frame::CommandKey;
use crate::config::Totp;
use crate::domain::access::{self, Grant, Role};
use crate::http::assets::Assets;
use crate::http::error::ApiError;
use crate::http::lockout::Lockout;
use crate::http::replay::{Known, Replay, replay_key};
use crate::http::request::{Answer, BodyStream, Caller, Outcome, Request, drain, not_signed_in};
use crate::http::router::{Entrance, Found, Route, Router};
use crate::http::routes;
use crate::http::server::Peer;
use crate::http::session_store::{Session, SessionStore, csrf_matches};
use crate::http::token_book::{TokenBook, too_many_requests};
use crate::service::Services;
use bytes::Bytes;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::sync::Semaphore;
use warp::Reply;
use warp::http::{HeaderMap, HeaderValue, Method, Response, header};

/// Name of the session's cookie.
pub const COOKIE: &str = "lenderbox_session";
/// Bytes of the longest `Idempotency-Key`.
const KEY_BYTES_MAX: usize = 200;
/// Passwords hashed at the same time.
const HASHING_MAX: usize = 2;

/// What all requests share.
pub struct Shared {
    /// The use cases.
    pub services: Arc<Services>,
    /// Places for hashing passwords: each takes memory and a core for a while.
    pub hashing: Semaphore,
    /// Who is signed in.
    pub sessions: Arc<SessionStore>,
    /// Guards signing in.
    pub lockout: Lockout,
    /// The machines' tokens.
    pub tokens: TokenBook,
    /// Answers to repeat.
    pub replay: Replay,
    assets: Assets,
    router: Router,
    ready: AtomicBool,
    requests: AtomicU64,
    start: u64,
}

/// A handle on [`Shared`].
#[derive(Clone)]
pub struct Edge(Arc<Shared>);

impl Deref for Edge {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The head of a request as it came in.
pub struct Incoming {
    /// Method.
    pub method: Method,
    /// Path.
    pub path: String,
    /// What follows the question mark.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Where it comes from.
    pub peer: Peer,
}

/// Who has come in, and with which right.
#[derive(Debug)]
pub struct Admission {
    /// Who.
    pub caller: Caller,
    /// What the right reaches.
    pub grant: Grant,
}

impl Edge {
    /// An edge over the use cases; not ready until [`Edge::set_ready`].
    #[must_use]
    pub fn new(services: Arc<Services>) -> Self {
        let security = &services.config.security;
        let limits = &services.config.limits;
        let start = services.clock.now().micros().unsigned_abs();
        let sessions = Arc::new(SessionStore::new(services.sign_in_limits()));
        let watching = Arc::clone(&sessions);
        services.people.watch(move |id, version, user| watching.take_over(id, version, user));
        Self(Arc::new(Shared {
            sessions,
            lockout: Lockout::new(
                security.lockout_failures,
                security.lockout_seconds,
                limits.logins_per_minute,
            ),
            tokens: TokenBook::default(),
            replay: Replay::default(),
            assets: Assets::embedded(),
            router: Router::new(routes::table()),
            ready: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            hashing: Semaphore::new(HASHING_MAX),
            start,
            services,
        }))
    }

    /// Says whether requests are served (`/readyz`).
    pub fn set_ready(&self, ready: bool) {
        self.0.ready.store(ready, Ordering::Release);
    }

    /// Whether requests are served.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Acquire)
    }

    /// Names this run of the box: another one means that memory is gone.
    #[must_use]
    pub fn epoch(&self) -> String {
        format!("{:x}", self.0.start)
    }

    /// Seconds since the start.
    #[must_use]
    pub fn uptime_seconds(&self) -> i64 {
        let start = i64::try_from(self.0.start).unwrap_or(0);
        self.now().seconds_since(Timestamp::from_micros(start))
    }

    /// The route of a request.
    #[must_use]
    pub fn find(&self, incoming: &Incoming) -> Found {
        self.router.find(&incoming.method, &incoming.path)
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.services.clock.now()
    }

    /// A number for a request, unlike any other since the box was installed.
    pub fn next_request_id(&self) -> String {
        let n = self.0.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:x}-{n:x}", self.start)
    }

    /// Answers one request.
    pub async fn answer(self, incoming: Incoming, body: BodyStream) -> warp::reply::Response {
        let began = Instant::now();
        let id = self.next_request_id();
        let (template, outcome) = match self.router.find(&incoming.method, &incoming.path) {
            Found::Route(route, parameters) => {
                let outcome = self.run(route, parameters, incoming, body, id.clone()).await;
                (route.template, outcome)
            }
            Found::OtherMethod => {
                let help = "this address does not take this method";
                ("other", Err(ApiError::new("method_not_allowed", help)))
            }
            Found::Nothing if incoming.path.starts_with("/api/") => {
                ("other", Err(ApiError::not_found("address")))
            }
            Found::Nothing if incoming.method == Method::GET || incoming.method == Method::HEAD => {
                let page = self.assets.answer(&incoming.path, &incoming.headers);
                ("page", Ok(Answer::Whole(page)))
            }
            Found::Nothing => ("other", Err(ApiError::not_found("address"))),
        };
        let mut response = self.settle(outcome, &id).into_response();
        self.services.metrics.request(template, response.status().as_u16(), began.elapsed());
        guard(response.headers_mut(), &id);
        response
    }

    fn settle(&self, outcome: Outcome, id: &str) -> warp::reply::Response {
        match outcome {
            Ok(Answer::Whole(response)) => response.into_response(),
            Ok(Answer::Stream(response)) => response,
            Err(error) => {
                self.services.metrics.refused(error.code());
                if error.status().is_server_error() {
                    tracing::warn!(code = error.code(), request = id, "a request failed");
                }
                error.into_response(id).into_response()
            }
        }
    }

    async fn run(
        &self,
        route: &'static Route,
        parameters: Vec<String>,
        incoming: Incoming,
        body: BodyStream,
        id: String,
    ) -> Outcome {
        let admission = match self.admit(route.entrance, &incoming) {
            Ok(admission) => admission,
            Err(error) => {
                drain(body).await;
                return Err(error);
            }
        };
        let mut request = Request {
            caller: admission.caller,
            grant: admission.grant,
            parameters,
            query: incoming.query,
            headers: incoming.headers,
            peer: incoming.peer,
            id,
            body: Mutex::new(Some(body)),
            command: None,
        };
        let Some(key) = request.headers.get("idempotency-key") else {
            return (route.handler)(self.clone(), request).await;
        };
        let key = key.to_str().ok().filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
        let Some(key) = key.map(str::to_owned) else {
            let help = "an Idempotency-Key has 1 to 200 ASCII characters";
            return Err(ApiError::new("invalid_query", help));
        };
        if !route.is_repeatable() || matches!(request.caller, Caller::Nobody) {
            return (route.handler)(self.clone(), request).await;
        }
        let bytes = request.bytes(crate::base::limits::REQUEST_BODY_BYTES_MAX).await?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(route.method.as_bytes()).update(incoming.path.as_bytes()).update(&bytes);
        let replay = replay_key(request.principal()?, &key);
        let (hash, now) = (*hasher.finalize().as_bytes(), self.now());
        request.command = Some(command_key(&replay, &hash, now));
        match self.replay.begin(replay, hash, now) {
            Known::Fresh => {}
            Known::Answered(response) => return Ok(Answer::Whole(response)),
            Known::Running => {
                let help = "the first request with this Idempotency-Key is still being answered";
                return Err(ApiError::new("busy", help).retry_after(1));
            }
            Known::OtherRequest => {
                let help = "this Idempotency-Key was used for another request";
                return Err(ApiError::new("idempotency_reused", help));
            }
        }
        request.body = Mutex::new(Some(Box::pin(futures_util::stream::iter([Ok(bytes)]))));
        let running = Running { edge: self.clone(), key: replay, kept: false };
        let outcome = (route.handler)(self.clone(), request).await;
        running.keep(&outcome);
        outcome
    }

    /// Finds out who asks and whether he may.
    ///
    /// # Errors
    /// 401, 403 or 429.
    pub fn admit(&self, entrance: Entrance, incoming: &Incoming) -> Result<Admission, ApiError> {
        let unbounded = |caller| Ok(Admission { caller, grant: Request::UNBOUNDED });
        if matches!(entrance, Entrance::Open | Entrance::Hook) {
            // Signing in is a write by a browser: it must come from our own page.
            if entrance == Entrance::Open && incoming.method != Method::GET {
                self.check_origin(&incoming.headers)?;
            }
            return unbounded(self.caller(incoming).unwrap_or(Caller::Nobody));
        }
        if !self.is_ready() {
            let help = "the box is starting or stopping; try again in a moment";
            return Err(ApiError::new("starting", help).retry_after(1));
        }
        let caller = self.caller(incoming)?;
        let grant = match (&caller, entrance) {
            (Caller::Nobody, _) => return Err(not_signed_in()),
            (Caller::Person { session, person, cookie }, _) => {
                self.check_person(incoming, session, cookie)?;
                match entrance {
                    Entrance::Needs(action) => {
                        self.check_second_factor(person.role, person.totp_enrolled)?;
                        access::may(person.role, action)
                    }
                    _ => Some(Request::UNBOUNDED),
                }
            }
            (Caller::Machine { scope, .. }, Entrance::Needs(action)) => {
                access::machine_may(*scope, action)
            }
            (Caller::Machine { .. }, _) => None,
        };
        let grant = grant.ok_or_else(|| {
            ApiError::new("forbidden", "you have no right to this; ask the administrator")
        })?;
        Ok(Admission { caller, grant })
    }

    fn check_person(
        &self,
        incoming: &Incoming,
        session: &Session,
        cookie: &str,
    ) -> Result<(), ApiError> {
        if incoming.method != Method::GET && incoming.method != Method::HEAD {
            self.check_origin(&incoming.headers)?;
            let given = incoming.headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
            if !given.is_some_and(|given| csrf_matches(cookie, given)) {
                let help = "send X-CSRF-Token with the value of GET /api/v1/session";
                return Err(ApiError::new("csrf", help));
            }
        }
        if !session.allows(self.now(), self.services.config.limits.requests_per_second) {
            return Err(too_many_requests());
        }
        Ok(())
    }

    fn check_second_factor(&self, role: Role, enrolled: bool) -> Result<(), ApiError> {
        if self.demands_totp(role) && !enrolled {
            let help = "your role needs a second factor; enrol it in your profile first";
            return Err(ApiError::new("totp_enrolment_required", help));
        }
        Ok(())
    }

    /// Whether people of `role` must have a second factor.
    #[must_use]
    pub fn demands_totp(&self, role: Role) -> bool {
        let demanded = self.services.config.security.totp == Totp::RequiredForPrivileged;
        demanded && role.is_privileged()
    }

    /// Refuses a request that another site's page makes a browser send.
    ///
    /// # Errors
    /// 403 when `Origin` is not this box.
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return Ok(());
        };
        let origin = origin.to_str().unwrap_or_default();
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let bare = origin.split_once("://").map_or("", |(_, host)| host);
        let public_url = &self.services.config.listen.public_url;
        let own = (!public_url.is_empty() && origin == public_url) || host == Some(bare);
        if own && !bare.is_empty() {
            return Ok(());
        }
        let help = "this request comes from another site; open the page of this box";
        Err(ApiError::new("bad_origin", help))
    }

    /// Who asks: a machine by bearer token, a person by cookie, or nobody.
    ///
    /// # Errors
    /// 401, 403 or 429 for a machine's token.
    fn caller(&self, incoming: &Incoming) -> Result<Caller, ApiError> {
        let headers = &incoming.headers;
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = value.to_str().unwrap_or_default();
            let token = token.strip_prefix("Bearer ").unwrap_or_default().trim();
            let address = incoming.peer.address.ip();
            let admitted = self.tokens.admit(token, address, self.now())?;
            let (token, scope, name) = (admitted.id, admitted.scope, admitted.name);
            return Ok(Caller::Machine { token, scope, name });
        }
        let Some(cookie) = session_cookie(headers) else {
            return Ok(Caller::Nobody);
        };
        let Some(session) = self.sessions.find(cookie, self.now()) else {
            return Ok(Caller::Nobody);
        };
        Ok(Caller::Person { person: session.person(), session, cookie: cookie.to_owned() })
    }
}

/// The identity under which the committer knows a command.
fn command_key(replay: &[u8; 32], body: &[u8; 32], now: Timestamp) -> CommandKey {
    let short = |long: &[u8; 32]| {
        let mut half = [0_u8; 16];
        half.copy_from_slice(&long[..16]);
        half
    };
    let hour = u32::try_from(now.micros() / 3_600_000_000).unwrap_or(0);
    CommandKey { hour, id: short(replay), body: short(body) }
}

/// Forgets a key when its handler is dropped half way, for instance because the caller hung up.
struct Running {
    edge: Edge,
    key: [u8; 32],
    kept: bool,
}

impl Running {
    fn keep(mut self, outcome: &Outcome) {
        let answer = match outcome {
            Ok(Answer::Whole(response)) => Some(response),
            _ => None,
        };
        self.edge.replay.finish(self.key, answer);
        self.kept = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.kept {
            self.edge.replay.finish(self.key, None::<&Response<Bytes>>);
        }
    }
}

/// The value of the session's cookie.
fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}

/// Adds what every response carries.
fn guard(headers: &mut HeaderMap, id: &str) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let nothing =
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");
        headers.insert(header::CONTENT_SECURITY_POLICY, nothing);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
}
