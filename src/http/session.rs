//! Signing in and out, the own password, the own second factor.

use crate::base::ids::UserId;
use crate::base::personal::Personal;
use crate::config::Totp;
use crate::domain::access::Role;
use crate::domain::fields::FromJson;
use crate::domain::user::normal_login;
use crate::http::edge::{COOKIE, Edge};
use crate::http::error::ApiError;
use crate::http::request::{Answer, Caller, Outcome, Request, no_content, not_signed_in, ok};
use crate::http::session_store::{Session, csrf_of, key_of, new_cookie};
use crate::http::token_book::too_many_requests;
use crate::json_object;
use crate::service::{self, credentials};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;
use warp::http::{HeaderValue, header};

/// A password or code as typed: never printed.
#[derive(Debug, Clone)]
pub struct Secret(pub Personal<String>);

impl FromJson for Secret {
    fn stand_in() -> Option<Self> {
        Some(Self(Personal::default()))
    }
    fn shape() -> crate::domain::fields::Shape {
        String::shape()
    }
    fn from_json(
        value: Option<Value>,
        path: &str,
        faults: &mut Vec<crate::domain::FieldFault>,
    ) -> Option<Self> {
        String::from_json(value, path, faults).map(|text| Self(Personal::new(text)))
    }
}

json_object! {
    /// Body of `POST /session`.
    #[derive(Debug)]
    pub struct SignIn {
        /// Log-in.
        pub login: String,
        /// Password.
        pub password: Secret,
        /// Code of the second factor.
        pub totp: Option<Secret>,
    }
}

json_object! {
    /// Body of `PUT` and `DELETE /session/totp`.
    #[derive(Debug)]
    pub struct Code {
        /// The six digits.
        pub code: Secret,
    }
}

json_object! {
    /// Body of `PUT /session/password`.
    #[derive(Debug)]
    pub struct NewPassword {
        /// The present one.
        pub current: Secret,
        /// The new one.
        pub new: Secret,
    }
}

/// Between two looks at which sessions are in use.
const NOTE_PAUSE: Duration = Duration::from_secs(15);

impl Edge {
    /// Reads who is signed in; at the start.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn read_sign_ins(&self) -> Result<(), service::ServiceError> {
        self.services.each_user(|id, version, user| self.sessions.take_over(id, version, user))
    }

    /// Lets the journal know which sessions are in use, now and then, so that a restart ends
    /// nobody's work. Runs until dropped.
    pub async fn note_sessions(self) {
        loop {
            tokio::time::sleep(NOTE_PAUSE).await;
            for (user, key) in self.sessions.to_note(self.now()) {
                if let Err(error) = self.services.note_seen(user, key).await {
                    tracing::warn!(%error, "the use of a session could not be noted");
                }
            }
        }
    }
}

fn bad_credentials() -> ApiError {
    ApiError::new("bad_credentials", "log-in or password is wrong; try again")
}

fn locked_out(seconds: i64) -> ApiError {
    let help = format!(
        "too many wrong passwords; wait {} minutes or ask the administrator",
        (seconds + 59) / 60
    );
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    ApiError::new("locked_out", help).retry_after(seconds)
}

/// `POST /session`.
///
/// # Errors
/// 401 `bad_credentials` or `totp_required`, 429 `locked_out`.
pub async fn sign_in(edge: Edge, mut request: Request) -> Outcome {
    let typed: SignIn = request.json().await?;
    let (login, now) = (normal_login(&typed.login), edge.now());
    if !edge.is_ready() {
        return Err(ApiError::new("starting", "the box is starting").retry_after(1));
    }
    if !edge.lockout.address_may_try(request.address(), now) {
        return Err(too_many_requests());
    }
    let recognised = {
        let _place = edge.hashing.acquire().await.map_err(ApiError::internal)?;
        // Guesses side by side would all have been let in before the first one was counted.
        if let Some(seconds) = edge.lockout.locked_seconds(&login, now) {
            return Err(locked_out(seconds));
        }
        edge.services.recognise(&login, typed.password.0).await?
    };
    let failed = |error| {
        tracing::info!(request = %request.id, "a log-in failed");
        let locked = edge.lockout.failed(&login, now);
        Err(if locked { locked_out(edge.services.config.security.lockout_seconds) } else { error })
    };
    let Some(recognised) = recognised else {
        return failed(bad_credentials());
    };
    let required = edge.services.config.security.totp != Totp::Off;
    let mut totp_step = None;
    if let Some(secret) = recognised.user.totp_secret.as_ref().filter(|_| required) {
        let Some(code) = &typed.totp else {
            let help = "enter the code of your second factor";
            return Err(ApiError::new("totp_required", help));
        };
        totp_step = credentials::totp_step(secret.reveal(), code.0.reveal(), now);
        if totp_step.is_none() {
            let help = "the code is wrong or was used; enter the next one";
            return failed(ApiError::new("totp_required", help));
        }
    }
    let opened = open(&edge, &request, &recognised, totp_step).await;
    match opened {
        Err(error) if error.code() == "totp_required" => failed(error),
        opened => {
            if opened.is_ok() {
                edge.lockout.succeeded(&login);
            }
            opened
        }
    }
}

async fn open(
    edge: &Edge,
    request: &Request,
    recognised: &service::users::Recognised,
    totp_step: Option<u64>,
) -> Outcome {
    let user = &recognised.user;
    let role = user.role.ok_or_else(bad_credentials)?;
    let caller = service::Caller {
        principal: crate::domain::access::Principal::User(recognised.id),
        role: Some(role),
        scope: None,
        address: request.address().to_string(),
        command: None,
    };
    let cookie = new_cookie(&*edge.services.ids);
    edge.services.sign_in(&caller, recognised, key_of(&cookie), totp_step).await?;
    // Gone again only when the person was kept out in the same moment.
    let session = edge.sessions.find(&cookie, edge.now()).ok_or_else(not_signed_in)?;
    let mut answer = shown(edge, &session, &cookie)?;
    let lifetime = edge.services.config.security.session_absolute_seconds;
    set_cookie(&mut answer, request, &cookie, lifetime);
    Ok(answer)
}

fn set_cookie(answer: &mut Answer, request: &Request, value: &str, seconds: i64) {
    let secure = if request.peer.encrypted { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    if let (Answer::Whole(response), Ok(cookie)) = (answer, HeaderValue::from_str(&cookie)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// Who is signed in, as the page sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SignedInUser {
    /// Who.
    pub id: UserId,
    /// What the person types to sign in.
    pub login: String,
    /// How colleagues call the person.
    pub name: String,
    /// What the person is here for.
    pub role: Role,
    /// The person's phone on the PBX.
    pub extension: Option<String>,
}

/// How it stands with the second factor.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TotpState {
    /// It is on.
    pub enrolled: bool,
    /// The role must have it.
    pub required: bool,
    /// It can be turned on at all.
    pub offered: bool,
}

/// The lender, as the page needs it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LenderView {
    /// The whole name.
    pub name: String,
    /// The short one.
    pub short_name: String,
    /// Of legal dates, for instance `Europe/Moscow`.
    pub time_zone: String,
    /// Of all sums.
    pub currency: &'static str,
    /// Spoken with clients.
    pub languages: Vec<&'static str>,
}

/// What of the page makes sense here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Features {
    /// There is a link to an exchange.
    pub pbx_configured: bool,
}

/// What the page needs to know about the session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SessionView {
    /// What writes must carry in `X-CSRF-Token`.
    pub csrf: String,
    /// Who is signed in.
    pub user: SignedInUser,
    /// The second factor.
    pub totp: TotpState,
    /// The language the person has chosen.
    pub language: Option<String>,
    /// The lender.
    pub lender: LenderView,
    /// What of the page makes sense here.
    pub features: Features,
}

/// A secret to enrol; the only time that it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TotpOffer {
    /// To be typed into an authenticator.
    pub secret: String,
    /// To be shown as a QR code.
    pub otpauth_url: String,
}

fn shown(edge: &Edge, session: &Session, cookie: &str) -> Outcome {
    let person = session.person();
    let (config, lender) = (&edge.services.config, &edge.services.config.lender);
    let name = edge.services.people.get(person.user).map(|known| known.name.clone());
    ok(&SessionView {
        csrf: csrf_of(cookie),
        totp: TotpState {
            enrolled: person.totp_enrolled,
            required: edge.demands_totp(person.role),
            offered: config.security.totp != Totp::Off,
        },
        user: SignedInUser {
            id: person.user,
            login: person.login,
            name: name.unwrap_or_default(),
            role: person.role,
            extension: person.extension,
        },
        language: None,
        lender: LenderView {
            name: lender.name.clone(),
            short_name: lender.short_name.clone(),
            time_zone: lender.zone.name().to_owned(),
            currency: lender.currency.code(),
            languages: lender.languages.iter().map(|language| language.code()).collect(),
        },
        features: Features { pbx_configured: config.pbx.is_configured() },
    })
}

/// `GET /session`.
///
/// # Errors
/// 401 when nobody is signed in.
pub async fn show(edge: Edge, request: Request) -> Outcome {
    let Caller::Person { session, cookie, .. } = &request.caller else {
        return Err(not_signed_in());
    };
    shown(&edge, session, cookie)
}

/// `DELETE /session`.
///
/// # Errors
/// 401 when nobody is signed in.
pub async fn sign_out(edge: Edge, request: Request) -> Outcome {
    let (_, session) = request.person()?;
    edge.services.sign_out(&request.caller()?, session.key()).await?;
    let mut answer = no_content()?;
    set_cookie(&mut answer, &request, "", 0);
    Ok(answer)
}

/// `POST /session/totp`: a secret to enrol.
///
/// # Errors
/// 409 when the second factor is switched off.
pub async fn offer_totp(edge: Edge, request: Request) -> Outcome {
    let (person, session) = request.person()?;
    if edge.services.config.security.totp == Totp::Off {
        let help = "the second factor is switched off; ask the administrator";
        return Err(ApiError::new("totp_off", help));
    }
    if person.totp_enrolled {
        // Or whoever finds an open browser could put an own factor in the place of the real one.
        let help = "a second factor is enrolled already; remove it first";
        return Err(ApiError::new("totp_enrolled", help));
    }
    let secret = credentials::new_totp_secret(&*edge.services.ids);
    let lender = &edge.services.config.lender.name;
    let otpauth_url = credentials::totp_url(&secret, lender, &person.login);
    let text = credentials::totp_secret_text(&secret);
    session.offer_totp(secret);
    ok(&TotpOffer { secret: text, otpauth_url })
}

fn wrong_code() -> ApiError {
    ApiError::field("code", "wrong_code", "this code is not right now; enter the next one")
}

/// `PUT /session/totp`: the first code proves the secret.
///
/// # Errors
/// 409 when no secret was asked for, 422 when the code is wrong.
pub async fn enrol_totp(edge: Edge, mut request: Request) -> Outcome {
    let typed: Code = request.json().await?;
    let (_, session) = request.person()?;
    let Some(secret) = session.offered_totp() else {
        return Err(ApiError::new("totp_not_started", "ask for a secret first"));
    };
    if credentials::totp_step(&secret, typed.code.0.reveal(), edge.now()).is_none() {
        return Err(wrong_code());
    }
    let secret = Personal::new(secret);
    edge.services.enrol_totp(&request.caller()?, secret, session.key()).await?;
    no_content()
}

/// `DELETE /session/totp`.
///
/// # Errors
/// 422 when the code is wrong.
pub async fn remove_totp(edge: Edge, mut request: Request) -> Outcome {
    let typed: Code = request.json().await?;
    let (person, session) = request.person()?;
    let user = edge.services.user(person.user)?;
    if let Some(secret) = &user.totp_secret {
        let now = edge.now();
        if credentials::totp_step(secret.reveal(), typed.code.0.reveal(), now).is_none() {
            if edge.lockout.failed(&person.login, now) {
                edge.services.sign_out_everywhere(&request.caller()?).await?;
            }
            return Err(wrong_code());
        }
        edge.services.remove_own_totp(&request.caller()?, session.key()).await?;
    }
    no_content()
}

/// `PUT /session/password`. Other sessions of the person end.
///
/// # Errors
/// 422 when the present password is wrong or the new one too easy.
pub async fn change_password(edge: Edge, mut request: Request) -> Outcome {
    let typed: NewPassword = request.json().await?;
    let (person, session) = request.person()?;
    let caller = request.caller()?;
    let _place = edge.hashing.acquire().await.map_err(ApiError::internal)?;
    let (current, new) = (typed.current.0, typed.new.0);
    let outcome = edge.services.change_own_password(&caller, current, new, session.key()).await;
    if let Err(error) = outcome {
        let error = ApiError::from(error);
        // Whoever found an open browser must not try passwords there for ever.
        let wrong = error.names_field("current");
        if wrong && edge.lockout.failed(&person.login, edge.now()) {
            edge.services.sign_out_everywhere(&caller).await?;
        }
        return Err(error);
    }
    no_content()
}
