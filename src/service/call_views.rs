//! Calls as shown: the call, whom it may be about, the card of one client redacted to the level
//! reached, and what is still to be asked.

use super::access_log::AccessKind;
use super::cards::{Card, MoneyView, Sight};
use super::clients::Candidate;
use super::people::Person;
use super::telephony::Abilities;
use super::{Caller, ServiceError, Services};
use crate::actors::{ClientLane, SingleLane};
use crate::base::ids::{CallId, ClientId, UserId};
use crate::base::masking;
use crate::base::time::{Date, Timestamp};
use crate::domain::access::{Action, Filter, Principal};
use crate::domain::call::pbx_event::Direction;
use crate::domain::call::progress::{Participant, Progress, Role as Part, Stage};
use crate::domain::call::{Call, Disposition, Notes, OpeningWord, Promise};
use crate::domain::client::ClientKind;
use crate::domain::client::identification::{self, IdentificationField, IdentificationPolicy};
use crate::domain::directory::Entry;
use crate::domain::{StreamId, StreamKind};
use chrono::{Days, NaiveTime, TimeZone};
use serde::Serialize;
use std::collections::BTreeMap;

/// Somebody at the phones, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OperatorName {
    /// Who; `None` when nobody known sits at the extension.
    pub user_id: Option<String>,
    /// Name.
    pub name: String,
    /// Extension.
    pub extension: String,
}

/// One operator's part in a call.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ParticipantView {
    /// Name of the operator; the extension when nobody known sits there.
    pub operator: String,
    /// Extension.
    pub extension: String,
    /// Since when connected; since when the phone rang, if it was not answered.
    pub from: String,
    /// Until when.
    pub to: Option<String>,
    /// Whether the operator answered.
    pub answered: bool,
    /// `first` or `transfer`.
    pub role: &'static str,
    /// Why the part was over.
    pub cause: Option<&'static str>,
}

/// A topic of a call.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TopicView {
    /// The entry.
    pub entry_id: String,
    /// Its title then.
    pub title: String,
    /// When chosen.
    pub at: String,
}

/// A knowledge item opened.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ConsultedView {
    /// The entry.
    pub entry_id: String,
    /// The link.
    pub link: String,
    /// When.
    pub at: String,
}

/// A result that was replaced: what stood before, who replaced it and why.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CorrectionView {
    /// When replaced.
    pub at: String,
    /// Who replaced it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What stood before.
    pub disposition: Option<Disposition>,
    /// What stood before.
    pub promise: Option<PromiseView>,
    /// What stood before.
    pub comment: String,
    /// What stood before.
    pub topics: Vec<TopicView>,
}

/// A promise to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PromiseView {
    /// How much.
    pub amount: MoneyView,
    /// By which day.
    pub due_on: Date,
}

impl From<Promise> for PromiseView {
    fn from(promise: Promise) -> Self {
        Self { amount: promise.amount.into(), due_on: promise.due_on }
    }
}

/// Answers of the caller that were wrong: which, never what was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FailedCheckView {
    /// When.
    pub at: String,
    /// Who asked.
    pub by: String,
    /// Fields whose answers were wrong.
    pub fields: Vec<String>,
    /// The check was closed for the day by it.
    pub locked: bool,
}

/// A call.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CallView {
    /// The call.
    pub id: String,
    /// Gapless within its year.
    pub number: u64,
    /// `inbound`, `outbound`, `internal`.
    pub direction: &'static str,
    /// `queued`, `ringing`, `talking`, `held`, `wrap_up`, `finished`.
    pub state: &'static str,
    /// The caller's number.
    pub from: String,
    /// The called number.
    pub to: String,
    /// The last queue.
    pub queue: Option<String>,
    /// What the IVR collected.
    pub ivr: BTreeMap<String, String>,
    /// The client's number, masked for those who do not work on the call.
    pub client_number: String,
    /// Who has the call, or had it last.
    pub operator: Option<OperatorName>,
    /// Whom it is about.
    pub client_id: Option<String>,
    /// The short name of whom it is about, in lists only: elsewhere the card says it.
    pub client_name: Option<String>,
    /// The caller is known to nobody and the operator said so.
    pub anonymous: bool,
    /// Clients with the number.
    pub candidates_count: usize,
    /// When it began.
    pub started_at: String,
    /// When client and operator first talked.
    pub answered_at: Option<String>,
    /// When it was over.
    pub ended_at: Option<String>,
    /// The end is an estimate.
    pub end_is_estimated: bool,
    /// The technical result.
    pub result: Option<&'static str>,
    /// Whether the exchange of this call holds and resumes when asked (`/hold`, `/resume`).
    pub can_hold: bool,
    /// Whether its exchange lets the operator talk with the receiver before handing over.
    pub can_consult: bool,
    /// The extension of the colleague who is being asked before the client is handed over.
    pub consulting: Option<String>,
    /// Why a call asked for with a click did not come about.
    pub failure: Option<String>,
    /// Operators in the order in which they were asked.
    pub participants: Vec<ParticipantView>,
    /// Seconds of talk.
    pub talk_seconds: i64,
    /// Seconds on hold or between operators.
    pub hold_seconds: i64,
    /// Seconds until the first answer.
    pub wait_seconds: i64,
    /// Topics.
    pub topics: Vec<TopicView>,
    /// Knowledge items opened.
    pub consulted: Vec<ConsultedView>,
    /// Free words.
    pub comment: String,
    /// The result.
    pub disposition: Option<Disposition>,
    /// Opening words said.
    pub opening_words: Vec<OpeningWord>,
    /// What the client promised to pay.
    pub promise: Option<PromiseView>,
    /// Level reached.
    pub level: u8,
    /// Checks of the caller that failed, oldest first.
    pub failed_checks: Vec<FailedCheckView>,
    /// Known by a card opened by hand alone: no exchange has told of it.
    pub by_hand: bool,
    /// Where the recording lies.
    pub recording_url: Option<String>,
    /// Results that were replaced, oldest first.
    pub corrections: Vec<CorrectionView>,
    /// Which exchange; `hand` without one.
    pub source: String,
    /// Version.
    pub version: u64,
}

/// What is asked of the caller.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct IdentificationView {
    /// Level reached.
    pub level: u8,
    /// Level that the chosen topics need.
    pub required_level: u8,
    /// What is still to be asked for that.
    pub missing: Vec<MissingField>,
    /// What the card does not hold, so that the level cannot be reached in this call.
    pub lacking: Vec<MissingField>,
    /// What was confirmed.
    pub confirmed: Vec<String>,
    /// Fields whose answers were wrong when this client was checked last in this call.
    pub wrong: Vec<String>,
    /// Wrong answers left today.
    pub attempts_left: u8,
    /// No more answers are taken today.
    pub locked: bool,
    /// Until when.
    pub locked_until: Option<String>,
}

/// A field to ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MissingField {
    /// The field.
    pub field: &'static str,
    /// Key of its name on the page.
    pub label_key: String,
}

impl MissingField {
    fn of(field: IdentificationField) -> Self {
        let label_key = format!("identification.{}", field.code());
        Self { field: field.code(), label_key }
    }
}

/// A call with whom it may be about.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CallCard {
    /// The call.
    pub call: CallView,
    /// Clients with the number, masked.
    pub candidates: Vec<Candidate>,
    /// The client's card, once it is one client.
    pub card: Option<Card>,
    /// What is asked of the caller, once it is one client.
    pub identification: Option<IdentificationView>,
}

/// The level that any talk of a client's affairs needs when no topic says otherwise.
const LEVEL_DEFAULT: u8 = 2;

/// The name of an opening word's or participant's role in the API.
const fn part(role: Part) -> &'static str {
    match role {
        Part::First => "first",
        Part::Transfer => "transfer",
    }
}

/// The level that the caller of a live call has reached, for an operator who talks to him now or
/// writes its result. Nobody else has it: an unanswered offer, an earlier part of the call and a
/// finished call unlock nothing (domain.md 4.3).
#[must_use]
pub fn level_for(call: &Call, user: UserId) -> u8 {
    if call.progress(None).stage == Stage::Finished {
        return 0;
    }
    let level = call.identification.level;
    // The number alone unlocks nothing but a greeting.
    if works_now(call, user) { level } else { level.min(1) }
}

/// Whether `user` talks on the live call now or writes its result.
#[must_use]
pub fn works_now(call: &Call, user: UserId) -> bool {
    let progress = call.progress(None);
    if progress.stage == Stage::Finished {
        return false;
    }
    let sits_at = |extension: &str| call.users.get(extension) == Some(&user);
    let talks = progress.participants.iter().any(|part| {
        sits_at(&part.extension) && part.answered_at.is_some() && part.left_at.is_none()
    });
    talks
        || call.hand.as_ref().is_some_and(|hand| hand.user == user)
        || call.dial.as_ref().is_some_and(|dial| dial.user == user)
        || progress.owner.as_deref().is_some_and(sits_at)
}

/// Whether `user` works or worked on the call.
#[must_use]
pub fn works_on(call: &Call, user: UserId) -> bool {
    call.users.values().any(|one| *one == user)
}

fn topics(notes: &Notes) -> Vec<TopicView> {
    let view = |topic: &crate::domain::call::TopicChoice| TopicView {
        entry_id: topic.entry.to_string(),
        title: topic.title.clone(),
        at: topic.at.to_rfc3339(),
    };
    notes.topics.iter().map(view).collect()
}

fn consulted(call: &Call) -> Vec<ConsultedView> {
    let view = |one: &crate::domain::call::Consultation| ConsultedView {
        entry_id: one.entry.to_string(),
        link: one.link.clone(),
        at: one.at.to_rfc3339(),
    };
    call.consulted.iter().map(view).collect()
}

impl Caller {
    /// A person as the feed serves it.
    #[must_use]
    pub fn person(person: &Person) -> Self {
        Self {
            principal: Principal::User(person.id),
            role: Some(person.role),
            scope: None,
            address: "feed".into(),
            command: None,
        }
    }
}

impl Services {
    /// What an identification consists of, from the settings.
    #[must_use]
    pub fn identification_policy(&self) -> IdentificationPolicy {
        let settings = &self.config.identification;
        let read = |names: &[String]| {
            names.iter().filter_map(|name| IdentificationField::parse(name)).collect()
        };
        IdentificationPolicy {
            required: read(&settings.level_2_all),
            one_of: read(&settings.level_2_one_of),
            failures_max: settings.failures,
        }
    }

    fn operator_name(&self, call: &Call, extension: &str) -> OperatorName {
        let user = call.users.get(extension).copied();
        let person = user.and_then(|user| self.people.get(user));
        OperatorName {
            user_id: user.map(|user| user.to_string()),
            name: person.map_or_else(|| extension.to_owned(), |person| person.name.clone()),
            extension: extension.to_owned(),
        }
    }

    fn participant(&self, call: &Call, one: &Participant) -> ParticipantView {
        ParticipantView {
            operator: self.operator_name(call, &one.extension).name,
            extension: one.extension.clone(),
            from: one.answered_at.unwrap_or(one.offered_at).to_rfc3339(),
            to: one.left_at.map(Timestamp::to_rfc3339),
            answered: one.answered_at.is_some(),
            role: part(one.role),
            cause: one.cause.map(crate::domain::call::pbx_event::Cause::code),
        }
    }

    /// The call as `caller` sees it. Numbers are masked for those who do not work on it.
    #[must_use]
    pub fn call_view(&self, caller: &Caller, id: CallId, lane: &SingleLane<Call>) -> CallView {
        let call = lane.state();
        let progress = call.progress(Some(self.clock.now()));
        let open = match caller.principal {
            Principal::User(user) => works_on(call, user),
            Principal::System => true,
            Principal::Token(_) => false,
        };
        let number = |text: &str| match crate::base::phone::parse(text) {
            Ok(phone) if open => phone.e164,
            Ok(phone) => masking::phone(&phone.e164),
            Err(_) => text.to_owned(),
        };
        let (from, to) = (progress.from.reveal(), progress.to.reveal());
        let (from, to) = match progress.direction {
            Direction::Inbound => (number(from), to.clone()),
            Direction::Outbound => (from.clone(), number(to)),
            Direction::Internal => (from.clone(), to.clone()),
        };
        let operator = progress.operator().map(|one| self.operator_name(call, &one.extension));
        let notes = &call.notes;
        let able = self.abilities_for(call, &progress);
        CallView {
            id: id.to_string(),
            number: call.number,
            direction: progress.direction.code(),
            state: progress.stage.code(),
            from,
            to,
            queue: progress.queue.clone(),
            ivr: self.ivr_view(&progress, open),
            client_number: number(progress.client_number.reveal()),
            operator,
            client_id: call.choice.client().map(|client| client.to_string()),
            client_name: None,
            anonymous: call.choice == crate::domain::call::ClientChoice::Anonymous,
            candidates_count: call.candidates.len(),
            started_at: progress.started_at.to_rfc3339(),
            answered_at: progress.answered_at.map(Timestamp::to_rfc3339),
            ended_at: progress.ended_at.map(Timestamp::to_rfc3339),
            end_is_estimated: progress.end_is_estimated,
            result: progress.result.map(crate::domain::call::progress::CallResult::code),
            can_hold: able.hold,
            can_consult: able.attended_transfer,
            consulting: progress.consulted().map(|part| part.extension.clone()),
            failure: call.dial.as_ref().and_then(|d| d.failed.as_ref()).map(|f| f.reason.clone()),
            participants: progress.participants.iter().map(|p| self.participant(call, p)).collect(),
            talk_seconds: progress.talk_seconds(),
            hold_seconds: progress.hold_seconds(),
            wait_seconds: progress.wait_seconds(),
            topics: topics(notes),
            consulted: consulted(call),
            comment: notes.comment.reveal().clone(),
            disposition: notes.disposition,
            opening_words: notes.opening_words.clone(),
            promise: call.promise.map(PromiseView::from),
            level: call.identification.level,
            failed_checks: self.failed_checks(call),
            by_hand: call.is_by_hand(),
            recording_url: progress.recording_url.clone().filter(|_| open),
            corrections: self.corrections(call),
            source: if call.source.is_empty() { "hand".into() } else { call.source.clone() },
            version: lane.version(),
        }
    }

    /// What the exchange of a call can do with it; nothing once it is over, or by hand.
    fn abilities_for(&self, call: &Call, progress: &Progress) -> Abilities {
        if call.is_by_hand() || !progress.stage.is_live() {
            return Abilities::default();
        }
        self.telephony.abilities(&call.source)
    }

    /// What the caller typed into the IVR may be a contract or card number.
    #[allow(clippy::unused_self, reason = "a view like the others")]
    fn ivr_view(&self, progress: &Progress, open: bool) -> BTreeMap<String, String> {
        let shown = |value: &String| {
            if open { value.clone() } else { masking::ending(value, 2) }
        };
        progress.ivr.iter().map(|(key, value)| (key.clone(), shown(value.reveal()))).collect()
    }

    fn corrections(&self, call: &Call) -> Vec<CorrectionView> {
        let view = |one: &crate::domain::call::Correction| CorrectionView {
            at: one.at.to_rfc3339(),
            by: self.people.name_of(one.by),
            reason: one.reason.reveal().clone(),
            disposition: one.before.disposition,
            promise: one.promise.map(PromiseView::from),
            comment: one.before.comment.reveal().clone(),
            topics: topics(&one.before),
        };
        call.corrections.iter().map(view).collect()
    }

    fn failed_checks(&self, call: &Call) -> Vec<FailedCheckView> {
        let view = |one: &crate::domain::call::FailedCheck| FailedCheckView {
            at: one.at.to_rfc3339(),
            by: self.people.name_of(one.by),
            fields: one.fields.clone(),
            locked: one.locked,
        };
        call.failed_checks.iter().map(view).collect()
    }

    /// The level that the chosen topics need.
    fn required_level(&self, call: &Call) -> u8 {
        let levels = call.notes.topics.iter().filter_map(|topic| {
            let stream = StreamId::new(StreamKind::Entry, topic.entry.uuid());
            self.store.load::<Entry>(stream).ok()?.state.as_topic()?.required_level
        });
        levels.max().unwrap_or(LEVEL_DEFAULT)
    }

    fn identification_view(&self, call: &Call, lane: &ClientLane) -> IdentificationView {
        let policy = self.identification_policy();
        let known = &call.identification;
        let today = self.today();
        let failed = lane.client.state.failures_on(today).max(known.failed);
        let locked = failed >= policy.failures_max;
        let confirmed: Vec<IdentificationField> =
            known.confirmed.iter().filter_map(|name| IdentificationField::parse(name)).collect();
        let wrong =
            call.failed_checks.iter().rfind(|check| Some(check.client) == lane.client.state.id);
        let required_level = self.required_level(call);
        let wanted = if known.level >= required_level { 0 } else { required_level.max(2) };
        let (client, has_loans) = (&*lane.client.state, !lane.loans.is_empty());
        let missing = identification::missing(&policy, client, has_loans, &confirmed, wanted);
        let lacking = identification::lacking(&policy, client, has_loans, &confirmed, wanted);
        IdentificationView {
            level: known.level,
            required_level,
            missing: missing.into_iter().map(MissingField::of).collect(),
            lacking: lacking.into_iter().map(MissingField::of).collect(),
            confirmed: known.confirmed.clone(),
            wrong: wrong.map(|check| check.fields.clone()).unwrap_or_default(),
            attempts_left: policy.failures_max.saturating_sub(failed),
            locked,
            locked_until: locked.then(|| self.start_of_day_after(today).to_rfc3339()),
        }
    }

    pub(super) fn start_of_day_after(&self, today: Date) -> Timestamp {
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        let midnight = tomorrow.and_time(NaiveTime::MIN);
        let zoned = self.config.lender.zone.from_local_datetime(&midnight).earliest();
        zoned.map_or_else(|| self.clock.now(), |at| Timestamp::from_utc(at.to_utc()))
    }

    /// A call with whom it may be about, as `caller` sees it, with the look on record.
    ///
    /// # Errors
    /// `Forbidden`, `Busy`, `Unavailable`.
    pub async fn card_of_call(
        &self,
        caller: &Caller,
        id: CallId,
        lane: &SingleLane<Call>,
    ) -> Result<CallCard, ServiceError> {
        let card = self.frame_of_call(caller, id, lane).await?;
        if card.card.is_some() {
            self.record_access(caller, AccessKind::Card, lane.state().choice.client(), "")?;
        }
        Ok(card)
    }

    /// The same for the frames of a page that has the call already: its arrival is on record.
    ///
    /// # Errors
    /// `Forbidden`, `Busy`, `Unavailable`.
    pub async fn frame_of_call(
        &self,
        caller: &Caller,
        id: CallId,
        lane: &SingleLane<Call>,
    ) -> Result<CallCard, ServiceError> {
        let grant = caller.grant(Action::ReadClients).ok();
        let call = lane.state();
        let mut candidates = Vec::new();
        let chosen = call.choice.client();
        // A single match is the card itself; a list is for choosing from.
        if call.candidates.len() > 1 || chosen.is_none() {
            for client in &call.candidates {
                candidates.extend(self.candidate(*client, false).await?);
            }
            let partners_only = grant.is_some_and(|grant| grant.scope == Filter::Organisations);
            candidates.retain(|one| !partners_only || one.kind == ClientKind::Organisation);
        }
        let shown = chosen.zip(grant);
        let (card, identification) = match shown {
            Some((client, grant)) => {
                let lane = self.clients.look(client.uuid(), ClientLane::clone).await?;
                let (level, in_call) = match caller.principal {
                    Principal::User(user) => (level_for(call, user), works_now(call, user)),
                    Principal::System | Principal::Token(_) => (0, false),
                };
                // A client outside the caller's rows does not exist for the caller.
                if Self::check_scope(grant, &lane).is_ok() {
                    let card = self.card(&lane, Sight { in_call, ..Sight::of(grant, level) });
                    (Some(card), Some(self.identification_view(call, &lane)))
                } else {
                    (None, None)
                }
            }
            None => (None, None),
        };
        let call = self.call_view(caller, id, lane);
        Ok(CallCard { call, candidates, card, identification })
    }

    /// Clients with `number`, as it was sent; none when it is not a telephone number.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn candidates_for(&self, number: &str) -> Result<Vec<ClientId>, ServiceError> {
        match crate::base::phone::parse(number) {
            Ok(phone) => Ok(self.clients_with_phone(&phone.e164)?),
            Err(_) => Ok(Vec::new()),
        }
    }
}

/// Whether the operator has something to do with a call in this state.
#[must_use]
pub const fn is_open(stage: Stage) -> bool {
    !matches!(stage, Stage::Finished)
}
