//! Working a call: card by hand, choose the client, identify, write, finish, correct; and lists of
//! calls.

use super::call_lane::CallDone;
use super::call_views::{CallCard, CallView, works_on};
use super::{Caller, ServiceError, Services, cards};
use crate::actors::{ClientLane, SingleLane};
use crate::base::ids::{CallId, ClientId, EntryId, UserId};
use crate::base::limits::{LINE_CHARS_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};
use crate::base::money::Money;
use crate::base::personal::Personal;
use crate::base::phone;
use crate::base::time::{Date, Timestamp};
use crate::domain::access::{Action, Filter, Principal};
use crate::domain::call::pbx_event::Direction;
use crate::domain::call::{
    Call, CallCommand, ChooseClient, Consult, Correct, Disposition, Finish, MatchCandidates,
    OpenByHand, OpeningWord, Promise, RecordIdentification, SetNotes,
};
use crate::domain::client::identification::{self, AnswerFault, IdentificationField};
use crate::domain::client::{Client, ClientCommand, ClientKind, RecordIdentificationFailure};
use crate::domain::directory::{Entry, EntryKind};
use crate::domain::{FieldFault, Rejection, StreamId, StreamKind};
use crate::store::{Loaded, keys};

/// Notes as they come from the page.
#[derive(Debug, Clone, Default)]
pub struct NotesInput {
    /// Topics.
    pub topics: Vec<EntryId>,
    /// Free words.
    pub comment: String,
    /// Opening words said.
    pub opening_words: Vec<OpeningWord>,
    /// The result.
    pub disposition: Option<Disposition>,
    /// What the client promised to pay.
    pub promise: Option<PromiseInput>,
}

/// A promise as it comes from the page.
#[derive(Debug, Clone)]
pub struct PromiseInput {
    /// A decimal, in the lender's currency.
    pub amount: String,
    /// By which day.
    pub due_on: Date,
}

/// A correction as it comes from the page.
#[derive(Debug, Clone, Default)]
pub struct CorrectionInput {
    /// The right topics.
    pub topics: Option<Vec<EntryId>>,
    /// The right words.
    pub comment: Option<String>,
    /// The right result.
    pub disposition: Option<Disposition>,
    /// The right promise.
    pub promise: Option<PromiseInput>,
    /// Why it was wrong.
    pub reason: String,
}

/// Which calls to list.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Only those that are not finished.
    pub live: bool,
    /// Only this operator's.
    pub operator: Option<UserId>,
    /// Only this client's.
    pub client: Option<ClientId>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Rows of the page.
    pub limit: usize,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// A page of calls.
#[derive(Debug, Clone)]
pub struct CallPage {
    /// Newest first.
    pub items: Vec<CallView>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// Index rows that one page looks at: a narrow filter must not walk for ever.
const ROWS_LOOKED_AT_MAX: usize = 20_000;

pub(super) fn invalid(field: &str, code: &'static str, message: &str) -> ServiceError {
    Rejection::invalid(vec![FieldFault::new(field, code, message)]).into()
}

impl Services {
    /// The call when the caller may do `action` with it; not found otherwise.
    pub(super) async fn call_for(
        &self,
        caller: &Caller,
        action: Action,
        id: CallId,
    ) -> Result<SingleLane<Call>, ServiceError> {
        let grant = caller.grant(action)?;
        let lane = self.calls.look(id.uuid(), SingleLane::clone).await?;
        let own = match caller.principal {
            Principal::User(user) => works_on(lane.state(), user),
            Principal::System | Principal::Token(_) => true,
        };
        if !lane.state().exists() || (grant.scope != Filter::All && !own) {
            return Err(Rejection::not_found("call").into());
        }
        Ok(lane)
    }

    async fn work_on_call(
        &self,
        caller: &Caller,
        action: Action,
        id: CallId,
        command: CallCommand,
    ) -> Result<CallDone, ServiceError> {
        self.call_for(caller, action, id).await?;
        self.command_call(caller, id, command, None).await
    }

    /// A call with whom it may be about.
    ///
    /// # Errors
    /// `Forbidden`, not found, `Busy`.
    pub async fn call_card(&self, caller: &Caller, id: CallId) -> Result<CallCard, ServiceError> {
        let lane = self.call_for(caller, Action::ReadCalls, id).await?;
        self.card_of_call(caller, id, &lane).await
    }

    /// Opens a card without an exchange (O1).
    ///
    /// # Errors
    /// `Forbidden`; the number is not one; `Busy`.
    pub async fn open_call_by_hand(
        &self,
        caller: &Caller,
        direction: Direction,
        number: &str,
        client: Option<ClientId>,
    ) -> Result<CallCard, ServiceError> {
        caller.grant(Action::WorkCalls)?;
        let user = caller.user()?;
        if let Some(first) = self.written_before(caller, StreamKind::Call)? {
            return self.call_card(caller, CallId::from_uuid(first)).await;
        }
        if let Some(client) = client {
            self.must_exist(client).await?;
        }
        let number = number_by_hand(direction, number)?;
        let person = self.people.get(user);
        let extension = person.and_then(|person| person.extension.clone()).unwrap_or_default();
        let announced = self.silent_call(&number, &extension, direction)?;
        let command = CallCommand::OpenByHand(OpenByHand {
            direction,
            client_number: Personal::new(number),
            user,
            extension,
            client,
        });
        let fresh = || CallId::from_uuid(self.ids.next(self.clock.now()));
        let mut id = announced.unwrap_or_else(fresh);
        let mut done = self.command_call(caller, id, command.clone(), None).await;
        if announced.is_some() && done.as_ref().is_err_and(is_taken) {
            // A colleague has opened it meanwhile; one talk has one operator.
            id = fresh();
            done = self.command_call(caller, id, command, None).await;
        }
        let done = done?;
        let id = first_call(&done).unwrap_or(id);
        self.call_card(caller, id).await
    }

    pub(super) async fn must_exist(&self, client: ClientId) -> Result<(), ServiceError> {
        let exists = self.clients.look(client.uuid(), ClientLane::exists).await?;
        if exists { Ok(()) } else { Err(Rejection::not_found("client").into()) }
    }

    /// Says whom the call is about; `None`: nobody known (F6, F21).
    ///
    /// # Errors
    /// `Forbidden`, not found, `Busy`.
    pub async fn choose_client(
        &self,
        caller: &Caller,
        id: CallId,
        client: Option<ClientId>,
    ) -> Result<CallCard, ServiceError> {
        if let Some(client) = client {
            self.must_exist(client).await?;
            self.match_again(caller, id, client).await?;
        }
        let command = CallCommand::ChooseClient(ChooseClient { client });
        let done = self.work_on_call(caller, Action::WorkCalls, id, command).await?;
        self.card_of_call(caller, id, &done.after).await
    }

    /// A client written down in the call, with the number that calls, is known by the phone like
    /// one who was there before.
    async fn match_again(
        &self,
        caller: &Caller,
        id: CallId,
        client: ClientId,
    ) -> Result<(), ServiceError> {
        let lane = self.call_for(caller, Action::WorkCalls, id).await?;
        let call = lane.state();
        let number = call.progress(None).client_number;
        if call.finished.is_some() || call.candidates.contains(&client) {
            return Ok(());
        }
        let clients = self.candidates_for(number.reveal())?;
        if clients.contains(&client) {
            let matched = MatchCandidates { number, clients, named: Vec::new() };
            let command = CallCommand::MatchCandidates(matched);
            self.command_call(&Caller::system(), id, command, None).await?;
        }
        Ok(())
    }

    /// Compares answers of the caller; the page never holds what is right (domain.md 4.3).
    ///
    /// # Errors
    /// `Forbidden`, not found; 409 `no_client`, `call_finished`, `identification_locked`; 412 when
    /// another client was chosen meanwhile; a field is not known or repeated, too many answers.
    pub async fn identify(
        &self,
        caller: &Caller,
        id: CallId,
        answers: Vec<(String, String)>,
    ) -> Result<CallCard, ServiceError> {
        let lane = self.call_for(caller, Action::WorkCalls, id).await?;
        let answers = self.read_answers(answers)?;
        let client = lane.state().choice.client();
        let client =
            client.ok_or_else(|| Rejection::rule("no_client", "choose the client first"))?;
        // Guesses side by side would all be compared before the first wrong one is counted.
        let turn = self.telephony.identifying.of(client.uuid()).await;
        let lane = self.call_for(caller, Action::WorkCalls, id).await?;
        if self.was_done(caller)? {
            drop(turn);
            return self.card_of_call(caller, id, &lane).await;
        }
        let call = lane.state();
        call.may_identify(client)?;
        let policy = self.identification_policy();
        let card = self.clients.look(client.uuid(), ClientLane::clone).await?;
        if identification::is_closed(&policy, &card.client.state, self.today()) {
            let message = "too many wrong answers today; give general information only";
            return Err(Rejection::rule("identification_locked", message).into());
        }
        let contracts: Vec<String> =
            card.loans.values().map(|loan| loan.state.terms.number.clone()).collect();
        check_answers(&card, &answers)?;
        let right = |field: IdentificationField, said: &str| {
            identification::is_right(&card.client.state, &contracts, field, said)
        };
        let (mut confirmed, wrong): (Vec<_>, Vec<_>) =
            answers.iter().partition(|(field, said)| right(*field, said));
        let failed = u8::try_from(wrong.len()).unwrap_or(u8::MAX);
        let locks = failed > 0
            && self.count_failure(caller, client, id, failed).await? >= policy.failures_max;
        if locks {
            confirmed.clear();
        }
        let mut known: Vec<IdentificationField> = call
            .identification
            .confirmed
            .iter()
            .filter_map(|name| IdentificationField::parse(name))
            .collect();
        known.extend(confirmed.iter().map(|(field, _)| *field));
        let by_phone = call.candidates.contains(&client);
        // Where nothing is confirmed, the call keeps its level.
        let command = CallCommand::RecordIdentification(RecordIdentification {
            client,
            confirmed: confirmed.iter().map(|(field, _)| field.code().to_owned()).collect(),
            wrong: wrong.iter().map(|(field, _)| field.code().to_owned()).collect(),
            locks,
            level: identification::level(&policy, true, by_phone, &known),
        });
        let done = self.command_call(caller, id, command, None).await?;
        drop(turn);
        self.card_of_call(caller, id, &done.after).await
    }

    fn read_answers(
        &self,
        answers: Vec<(String, String)>,
    ) -> Result<Vec<(IdentificationField, String)>, ServiceError> {
        if answers.len() > IdentificationField::ALL.len() {
            return Err(invalid("answers", "too_many", "answer each field once"));
        }
        let mut read: Vec<(IdentificationField, String)> = Vec::new();
        let mut faults = Vec::new();
        for (index, (name, value)) in answers.into_iter().enumerate() {
            let offered = self.config.identification.fields.contains(&name);
            let place = |part: &str| format!("answers[{index}].{part}");
            match IdentificationField::parse(&name).filter(|_| offered) {
                None => faults.push(FieldFault::new(
                    place("field"),
                    "unknown_value",
                    "this field is not asked for here",
                )),
                Some(field) if read.iter().any(|(known, _)| *known == field) => faults
                    .push(FieldFault::new(place("field"), "repeated", "answer each field once")),
                Some(_) if value.trim().is_empty() => faults.push(FieldFault::new(
                    place("value"),
                    "required",
                    "write what the caller says",
                )),
                Some(_) if value.chars().count() > LINE_CHARS_MAX => {
                    faults.push(FieldFault::new(place("value"), "too_long", "too long"));
                }
                Some(field) => read.push((field, value)),
            }
        }
        if read.is_empty() && faults.is_empty() {
            faults.push(FieldFault::new("answers", "required", "give at least one answer"));
        }
        if faults.is_empty() { Ok(read) } else { Err(Rejection::invalid(faults).into()) }
    }

    /// Wrong answers lock the client for the day, whichever call they were given in. Returns how
    /// many there are now.
    async fn count_failure(
        &self,
        caller: &Caller,
        client: ClientId,
        call: CallId,
        wrong_answers: u8,
    ) -> Result<u8, ServiceError> {
        let command = RecordIdentificationFailure { call, wrong_answers };
        let mut order = caller.order(move |lane: &ClientLane, context| {
            lane.command(ClientCommand::RecordIdentificationFailure(command.clone()), context)
        });
        // The key of the request belongs to the call's own command, which comes second: a repeat
        // after a stop between the two must not count again.
        order.command = caller.command.map(|key| key.derived("identification failure"));
        let done = self.clients.ask(client.uuid(), order).await?;
        // The day is that of the failure just counted, even if midnight has passed since.
        let failures = done.after.client.state.identification_failures;
        Ok(failures.map_or(u8::MAX, |failures| failures.count))
    }

    /// Topics with their present titles.
    fn titled(&self, topics: &[EntryId]) -> Result<Vec<(EntryId, String)>, ServiceError> {
        let mut titled = Vec::new();
        let mut faults = Vec::new();
        for (index, id) in topics.iter().enumerate() {
            let stream = StreamId::new(StreamKind::Entry, id.uuid());
            let entry: Loaded<Entry> = self.store.load(stream)?;
            let topic = entry
                .state
                .as_topic()
                .filter(|_| entry.state.kind == Some(EntryKind::Topic) && !entry.state.retired);
            match topic {
                Some(topic) => {
                    let title = topic.title.ru.or(topic.title.en).unwrap_or_default();
                    titled.push((*id, title));
                }
                None => faults.push(FieldFault::new(
                    format!("topics[{index}]"),
                    "unknown_value",
                    "there is no such topic any more; choose another",
                )),
            }
        }
        if faults.is_empty() { Ok(titled) } else { Err(Rejection::invalid(faults).into()) }
    }

    fn notes_of(&self, input: NotesInput) -> Result<SetNotes, ServiceError> {
        Ok(SetNotes {
            topics: self.titled(&input.topics)?,
            comment: Personal::new(input.comment),
            opening_words: input.opening_words,
            disposition: input.disposition,
            promise: self.promise_of(input.promise)?,
        })
    }

    fn promise_of(&self, input: Option<PromiseInput>) -> Result<Option<Promise>, ServiceError> {
        let Some(input) = input else { return Ok(None) };
        let amount = Money::parse(&input.amount, self.config.lender.currency)
            .map_err(|fault| invalid("promise.amount", "invalid_amount", &fault.to_string()))?;
        Ok(Some(Promise { amount, due_on: input.due_on }))
    }

    /// Keeps what is written so far; the last write wins.
    ///
    /// # Errors
    /// `Forbidden`, not found; 409 `call_finished`; fields at fault.
    pub async fn set_call_notes(
        &self,
        caller: &Caller,
        id: CallId,
        input: NotesInput,
    ) -> Result<CallView, ServiceError> {
        let command = CallCommand::SetNotes(self.notes_of(input)?);
        let done = self.work_on_call(caller, Action::WorkCalls, id, command).await?;
        Ok(self.call_view(caller, id, &done.after))
    }

    /// Records that a knowledge item was opened (F12).
    ///
    /// # Errors
    /// `Forbidden`, not found; fields at fault.
    pub async fn consult(
        &self,
        caller: &Caller,
        id: CallId,
        entry: EntryId,
        link: String,
    ) -> Result<CallView, ServiceError> {
        let command = CallCommand::Consult(Consult { entry, link });
        let done = self.work_on_call(caller, Action::WorkCalls, id, command).await?;
        Ok(self.call_view(caller, id, &done.after))
    }

    /// The final word.
    ///
    /// # Errors
    /// `Forbidden`, not found; 409 `call_finished`, `call_not_answered`; every missing field.
    pub async fn finish_call(
        &self,
        caller: &Caller,
        id: CallId,
        input: NotesInput,
    ) -> Result<CallView, ServiceError> {
        let finish = Finish {
            notes: self.notes_of(input)?,
            required_words: OpeningWord::ALL.to_vec(),
            comment_chars_min: self.config.calls.comment_chars_min,
        };
        let command = CallCommand::Finish(finish);
        let done = self.work_on_call(caller, Action::WorkCalls, id, command).await?;
        Ok(self.call_view(caller, id, &done.after))
    }

    /// Replaces a wrong result (O4).
    ///
    /// # Errors
    /// `Forbidden`, not found; 409 `call_not_finished`; fields at fault.
    pub async fn correct_call(
        &self,
        caller: &Caller,
        id: CallId,
        input: CorrectionInput,
    ) -> Result<CallView, ServiceError> {
        let correct = Correct {
            topics: input.topics.map(|topics| self.titled(&topics)).transpose()?,
            comment: input.comment.map(Personal::new),
            disposition: input.disposition,
            promise: self.promise_of(input.promise)?,
            reason: Personal::new(input.reason),
        };
        let command = CallCommand::Correct(correct);
        let done = self.work_on_call(caller, Action::CorrectCalls, id, command).await?;
        Ok(self.call_view(caller, id, &done.after))
    }

    /// Calls, newest first.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`; the cursor is not ours.
    pub fn list_calls(
        &self,
        caller: &Caller,
        filter: &CallFilter,
    ) -> Result<CallPage, ServiceError> {
        let grant = caller.grant(Action::ReadCalls)?;
        let own = match (grant.scope, caller.principal) {
            (Filter::All, _) => None,
            (_, Principal::User(user)) => Some(user),
            _ => return Err(ServiceError::Forbidden),
        };
        let limit = match filter.limit {
            0 => PAGE_ROWS_DEFAULT,
            limit => limit.min(PAGE_ROWS_MAX),
        };
        let prefix = match filter.client {
            _ if filter.live => keys::live_calls(),
            Some(client) => keys::history_of(client.uuid()),
            None => keys::calls(),
        };
        let start = start_of(&prefix, filter)?;
        let mut page = CallPage { items: Vec::new(), next_cursor: None };
        let mut fault = None;
        let (mut looked_at, mut last) = (0_usize, Vec::new());
        self.store.scan(&prefix, &start, |key, _| {
            if page.items.len() >= limit || looked_at >= ROWS_LOOKED_AT_MAX {
                page.next_cursor = Some(data_encoding::BASE64URL_NOPAD.encode(&last));
                return false;
            }
            looked_at += 1;
            last = key.to_vec();
            let Some(id) = keys::trailing_id(key) else {
                return true;
            };
            match self.calls_row(caller, CallId::from_uuid(id), filter, own) {
                Ok(row) => page.items.extend(row),
                Err(error) => fault = Some(error),
            }
            fault.is_none()
        })?;
        match fault {
            Some(error) => Err(error),
            None => Ok(page),
        }
    }

    fn calls_row(
        &self,
        caller: &Caller,
        id: CallId,
        filter: &CallFilter,
        own: Option<UserId>,
    ) -> Result<Option<CallView>, ServiceError> {
        let lane = self.load_call(id)?;
        let call = lane.state();
        let by = |user: Option<UserId>| user.is_none_or(|user| works_on(call, user));
        let fits = by(own)
            && by(filter.operator)
            && filter.client.is_none_or(|client| call.choice.client() == Some(client))
            && filter.from.is_none_or(|from| call.opened_at >= from)
            && filter.to.is_none_or(|to| call.opened_at < to);
        if !fits {
            return Ok(None);
        }
        let mut row = self.call_view(caller, id, &lane);
        row.client_name = self.client_in_list(caller, call)?;
        Ok(Some(row))
    }

    /// The short name of the client of a call, for whoever may see the client.
    fn client_in_list(&self, caller: &Caller, call: &Call) -> Result<Option<String>, ServiceError> {
        let Some((client, grant)) =
            call.choice.client().zip(caller.grant(Action::ReadClients).ok())
        else {
            return Ok(None);
        };
        let stream = StreamId::new(StreamKind::Client, client.uuid());
        let details = self.store.load::<Client>(stream)?.state.details.clone();
        let hidden =
            grant.scope == Filter::Organisations && details.kind != ClientKind::Organisation;
        Ok((!hidden).then(|| cards::shown_name(&details, false)))
    }

    /// A call as the view has it, without waking its actor.
    pub(super) fn load_call(&self, id: CallId) -> Result<SingleLane<Call>, ServiceError> {
        Ok(crate::actors::Lane::load(&self.store, id.uuid())?)
    }
}

fn start_of(prefix: &[u8], filter: &CallFilter) -> Result<Vec<u8>, ServiceError> {
    let Some(cursor) = &filter.cursor else {
        return Ok(prefix.to_vec());
    };
    let mut start = data_encoding::BASE64URL_NOPAD
        .decode(cursor.as_bytes())
        .ok()
        .filter(|key| key.starts_with(prefix))
        .ok_or_else(|| invalid("cursor", "unknown_value", "begin with the first page"))?;
    start.push(0);
    Ok(start)
}

/// The number of a card by hand in E.164; empty when nobody knows it. Colleagues go by extension.
fn number_by_hand(direction: Direction, typed: &str) -> Result<String, ServiceError> {
    if typed.trim().is_empty() || direction == Direction::Internal {
        return Ok(typed.trim().to_owned());
    }
    typed_number("client_number", typed)
}

/// What a person typed as a phone number, in E.164. A text that merely holds digits is none.
pub(super) fn typed_number(field: &str, typed: &str) -> Result<String, ServiceError> {
    let phone = phone::parse(typed).map_err(|e| invalid(field, e.code(), &e.to_string()))?;
    let of_number = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+＋()-‐‑–—.".contains(c);
    if phone.extension.is_none() && !typed.chars().all(of_number) {
        let words = "write nothing but a phone number, for instance +7 916 123-45-67";
        return Err(invalid(field, "invalid_phone", words));
    }
    Ok(phone.e164)
}

fn is_taken(error: &ServiceError) -> bool {
    matches!(error, ServiceError::Rejected(why) if why.code == "call_exists")
}

/// The call that a command wrote; another one than asked for when the command is a repeat.
pub(super) fn first_call(done: &CallDone) -> Option<CallId> {
    done.written(StreamKind::Call).map(CallId::from_uuid)
}

/// Refuses answers that cannot be compared with the card, before any is counted.
fn check_answers(
    card: &ClientLane,
    answers: &[(IdentificationField, String)],
) -> Result<(), ServiceError> {
    let (client, has_loans) = (&*card.client.state, !card.loans.is_empty());
    let mut faults = Vec::new();
    for (index, (field, said)) in answers.iter().enumerate() {
        match identification::check_form(client, has_loans, *field, said) {
            Ok(()) => {}
            Err(AnswerFault::NotHeld) => faults.push(FieldFault::new(
                format!("answers[{index}].field"),
                "unknown_value",
                "the card does not hold this field; ask for another",
            )),
            Err(AnswerFault::Incomplete) => faults.push(FieldFault::new(
                format!("answers[{index}].value"),
                "too_short",
                "the answer is not complete; nothing was compared and no attempt is lost",
            )),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Rejection::invalid(faults).into()) }
}
