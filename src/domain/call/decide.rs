//! Which commands a call accepts.

use super::command::{
    CallCommand, ChooseClient, CloseStale, Consult, Correct, DialFailed, Finish, MatchCandidates,
    Observe, OpenByHand, RecordIdentification, RequestDial, SetNotes,
};
use super::event::{
    CandidatesMatched, CheckFailed, ClientChosen, ClosedStale, Consulted, Corrected, DialRequested,
    Joined, Observed, Opened, Promised,
};
use super::pbx_event::Direction;
use super::progress::{CallResult, Stage};
use super::{
    Call, CallEvent, CallIdentification, ClientChoice, DialFailure, DialRequest, Disposition,
    FinishMark, HandCard, Notes, OpeningWord, Promise, TopicChoice, joining,
};
use crate::base::ids::{ClientId, EntryId};
use crate::base::limits::{
    CALL_CANDIDATES_MAX, CALL_CORRECTIONS_MAX, CALL_TOPICS_MAX, COMMENT_CHARS_MAX,
    IDENTIFICATION_FAILURES_MAX, LINE_CHARS_MAX, PBX_TEXT_CHARS_MAX,
};
use crate::domain::{Context, Counter, Decision, FieldFault, Rejection};
use chrono::Datelike;

type Decided = Result<Decision<CallEvent>, Rejection>;

/// Decides `command`.
///
/// # Errors
/// A [`Rejection`] that names the rule or every field at fault.
pub fn decide(call: &Call, command: CallCommand, context: &Context) -> Decided {
    if call.exists() && matches!(command, CallCommand::RequestDial(_)) {
        return Err(call_exists());
    }
    let opens = matches!(
        command,
        CallCommand::Observe(_) | CallCommand::OpenByHand(_) | CallCommand::RequestDial(_)
    );
    if !call.exists() && !opens {
        return Err(Rejection::not_found("call"));
    }
    match command {
        CallCommand::Observe(observe) => observed(call, observe, context),
        CallCommand::OpenByHand(open) => open_by_hand(call, open, context),
        CallCommand::RequestDial(request) => request_dial(request, context),
        CallCommand::DialFailed(failed) => dial_failed(call, failed, context),
        CallCommand::MatchCandidates(matched) => candidates(call, matched),
        CallCommand::ChooseClient(choice) => choose(call, choice),
        CallCommand::RecordIdentification(answers) => identification(call, answers),
        CallCommand::SetNotes(notes) => set_notes(call, notes, context),
        CallCommand::Consult(consult) => consulted(consult),
        CallCommand::Finish(finish) => finished(call, finish, context),
        CallCommand::Correct(correct) => corrected(call, correct, context),
        CallCommand::CloseStale(close) => close_stale(call, close),
    }
}

fn call_exists() -> Rejection {
    Rejection::rule("call_exists", "this call is open already")
}

/// The gapless number of a call belongs to the lender's year.
fn number(context: &Context) -> Vec<Counter> {
    vec![Counter::Calls(context.today().year())]
}

fn observed(call: &Call, observe: Observe, context: &Context) -> Decided {
    if !joining::may_tell_of(call, &observe) {
        let message = "this call has another conversation of an exchange";
        return Err(Rejection::rule(joining::ANOTHER_CONVERSATION, message));
    }
    let mut decision = Decision::nothing();
    let mut seen = call.clone();
    for event in observe.events {
        if seen.has_seen(&event) {
            continue;
        }
        if call.pbx_call.is_empty() && decision.events.is_empty() {
            let (source, pbx_call) = (observe.source.clone(), event.call_id.clone());
            if call.exists() {
                decision.events.push(CallEvent::Joined(Joined { source, pbx_call }));
            } else {
                decision.draws = number(context);
                decision.events.push(CallEvent::Opened(Opened { source, pbx_call }));
            }
        }
        let named = [&event.agent, &event.from_agent, &event.to_agent];
        let users = observe
            .users
            .iter()
            .filter(|(extension, _)| named.iter().any(|name| name.as_ref() == Some(extension)))
            .map(|(extension, user)| (extension.clone(), *user))
            .collect();
        let fact = super::Fact::from(&event);
        let before = seen.facts.len();
        super::fact::insert(&mut seen.facts, fact.clone());
        // A fact that the full set does not keep is not worth a frame; the recorder has it.
        let kept = seen.facts.len() > before || seen.facts.iter().any(|known| known.id == fact.id);
        if kept {
            decision.events.push(CallEvent::Observed(Observed { event, users }));
        }
    }
    if !decision.events.is_empty() {
        let number = seen.progress(None).client_number;
        let known = seen.matched_number.as_ref() == Some(&number);
        let found = observe.matches.into_iter().find(|(one, _)| *one == number);
        if let Some((number, clients)) = found.filter(|_| !known) {
            decision.events.extend(
                candidates(call, MatchCandidates { number, clients, named: Vec::new() })?.events,
            );
        }
    }
    Ok(decision)
}

/// A new card, or the card of a call that the exchange announced before it fell silent.
fn open_by_hand(call: &Call, open: OpenByHand, context: &Context) -> Decided {
    check_number(open.client_number.reveal(), "client_number", false)?;
    if call.exists() && !joining::can_be_taken(call, &open.extension, open.direction) {
        return Err(call_exists());
    }
    let card = HandCard {
        direction: open.direction,
        client_number: open.client_number,
        user: open.user,
        extension: open.extension,
        at: context.now,
    };
    let (opened, draws) = if call.exists() {
        (CallEvent::TakenByHand(card), Vec::new())
    } else {
        (CallEvent::OpenedByHand(card), number(context))
    };
    let mut events = vec![opened];
    if let Some(client) = open.client {
        let choice = ClientChoice::Chosen(client);
        events.push(CallEvent::ClientChosen(ClientChosen { choice, level: 0 }));
    }
    Ok(Decision { draws, ..Decision::events(events) })
}

fn request_dial(request: RequestDial, context: &Context) -> Decided {
    check_number(request.number.reveal(), "number", true)?;
    if request.extension.is_empty() {
        return Err(Rejection::rule(
            "no_extension",
            "you have no extension; ask the administrator to enter it in your account",
        ));
    }
    let mut events = vec![CallEvent::DialRequested(DialRequested {
        source: request.source,
        pbx_call: request.pbx_call,
        dial: DialRequest {
            command_id: request.command_id,
            number: request.number,
            user: request.user,
            extension: request.extension,
            at: context.now,
            failed: None,
        },
    })];
    if let Some(client) = request.client {
        let choice = ClientChoice::Chosen(client);
        events.push(CallEvent::ClientChosen(ClientChosen { choice, level: 1 }));
    }
    Ok(Decision { draws: number(context), ..Decision::events(events) })
}

fn check_number(number: &str, field: &str, required: bool) -> Result<(), Rejection> {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let long = number.chars().count() > PBX_TEXT_CHARS_MAX;
    if long || (digits < 2 && (required || !number.trim().is_empty())) {
        return Err(Rejection::invalid(vec![FieldFault::new(
            field,
            "invalid_phone",
            "write a phone number such as +7 916 123-45-67",
        )]));
    }
    Ok(())
}

fn dial_failed(call: &Call, failed: DialFailed, context: &Context) -> Decided {
    let Some(dial) = &call.dial else {
        return Err(Rejection::rule("not_dialled", "this call was not dialled from the card"));
    };
    if dial.command_id != failed.command_id || dial.failed.is_some() {
        return Ok(Decision::nothing());
    }
    let reason = failed.reason.chars().take(LINE_CHARS_MAX).collect();
    let failure = DialFailure { reason, at: context.now };
    Ok(Decision::events(vec![CallEvent::DialFailed(failure)]))
}

/// What was typed into the IVR narrows the clients of a number. Where the number is nobody's, it
/// names the client, and proves nothing: anybody may know a contract's number (domain.md 5.3).
fn candidates(call: &Call, matched: MatchCandidates) -> Decided {
    let both: Vec<ClientId> =
        matched.clients.iter().filter(|client| matched.named.contains(client)).copied().collect();
    let mut clients = Vec::new();
    for client in if both.is_empty() { matched.clients } else { both } {
        if !clients.contains(&client) && clients.len() < CALL_CANDIDATES_MAX {
            clients.push(client);
        }
    }
    let nobody = clients.is_empty();
    let known = call.matched_number.as_ref() == Some(&matched.number)
        || (matched.number.reveal().is_empty() && nobody);
    let mut events = Vec::new();
    if !known || call.candidates != clients {
        let event = CandidatesMatched { number: matched.number, clients };
        events.push(CallEvent::CandidatesMatched(event));
    }
    let open = match call.choice {
        ClientChoice::Open => true,
        ClientChoice::Matched(_) => !events.is_empty(),
        ClientChoice::Chosen(_) | ClientChoice::Anonymous => false,
    };
    if let ([only], true, true) = (matched.named.as_slice(), nobody, open) {
        let choice = ClientChoice::Matched(*only);
        events.push(CallEvent::ClientChosen(ClientChosen { choice, level: 0 }));
    }
    Ok(Decision::events(events))
}

fn choose(call: &Call, command: ChooseClient) -> Decided {
    let choice = command.client.map_or(ClientChoice::Anonymous, ClientChoice::Chosen);
    if call.choice == choice {
        return Ok(Decision::nothing());
    }
    let by_phone = command.client.is_some_and(|client| call.candidates.contains(&client));
    let level = u8::from(by_phone);
    Ok(Decision::events(vec![CallEvent::ClientChosen(ClientChosen { choice, level })]))
}

/// Whether answers compared with `client`'s card may count for this call.
pub(super) fn may_identify(call: &Call, client: ClientId) -> Result<(), Rejection> {
    if call.finished.is_some() {
        return Err(Rejection::rule("call_finished", "this call is finished"));
    }
    match call.choice.client() {
        None => return Err(Rejection::rule("no_client", "choose the client first")),
        Some(chosen) if chosen != client => {
            let message = "the call is about another client now; ask again";
            return Err(Rejection::rule("stale_version", message));
        }
        Some(_) => {}
    }
    if call.identification.failed >= IDENTIFICATION_FAILURES_MAX {
        return Err(Rejection::rule(
            "identification_locked",
            "three wrong answers: identification is locked for today; give general information only",
        ));
    }
    Ok(())
}

fn identification(call: &Call, answers: RecordIdentification) -> Decided {
    may_identify(call, answers.client)?;
    let known = &call.identification;
    let wrong = u8::try_from(answers.wrong.len()).unwrap_or(u8::MAX);
    let failed = known.failed.saturating_add(wrong);
    let locked = answers.locks || failed >= IDENTIFICATION_FAILURES_MAX;
    let mut next = CallIdentification { failed, ..known.clone() };
    // The answer that locks takes the right ones of its request with it.
    if !locked && !answers.confirmed.is_empty() {
        next.level = answers.level.min(3);
        for field in answers.confirmed {
            if !next.confirmed.contains(&field) && next.confirmed.len() < CALL_TOPICS_MAX {
                next.confirmed.push(field);
            }
        }
    }
    if next == *known {
        return Ok(Decision::nothing());
    }
    let mut events = vec![CallEvent::IdentificationRecorded(next)];
    if wrong > 0 {
        let (client, fields) = (answers.client, answers.wrong);
        events.push(CallEvent::CheckFailed(CheckFailed { client, fields, locked }));
    }
    Ok(Decision::events(events))
}

/// Checks and completes notes; topics chosen before keep their time.
fn compose(call: &Call, notes: SetNotes, context: &Context) -> Result<Notes, Vec<FieldFault>> {
    let mut faults = Vec::new();
    if notes.comment.reveal().chars().count() > COMMENT_CHARS_MAX {
        let message = format!("the comment may have {COMMENT_CHARS_MAX} characters");
        faults.push(FieldFault::new("comment", "too_long", message));
    }
    let topics = compose_topics(call, notes.topics, context, &mut faults);
    let mut opening_words = notes.opening_words;
    opening_words.sort_unstable();
    opening_words.dedup();
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Notes { topics, comment: notes.comment, opening_words, disposition: notes.disposition })
}

fn compose_topics(
    call: &Call,
    chosen: Vec<(EntryId, String)>,
    context: &Context,
    faults: &mut Vec<FieldFault>,
) -> Vec<TopicChoice> {
    let mut topics: Vec<TopicChoice> = Vec::new();
    for (entry, title) in chosen {
        if topics.iter().any(|topic| topic.entry == entry) {
            continue;
        }
        let earlier = call.notes.topics.iter().find(|topic| topic.entry == entry);
        topics.push(earlier.cloned().unwrap_or(TopicChoice { entry, title, at: context.now }));
    }
    if topics.len() > CALL_TOPICS_MAX {
        let message = format!("choose at most {CALL_TOPICS_MAX} topics");
        faults.push(FieldFault::new("topics", "too_many", message));
    }
    topics
}

fn set_notes(call: &Call, notes: SetNotes, context: &Context) -> Decided {
    if call.finished.is_some() {
        return Err(Rejection::rule(
            "call_finished",
            "this call is finished; correct its result with a reason",
        ));
    }
    let promise = notes.promise;
    let notes = compose(call, notes, context).map_err(Rejection::invalid)?;
    let mut events = Vec::new();
    promised(call, &notes, promise, &mut events);
    if notes != call.notes {
        events.insert(0, CallEvent::NotesSet(notes));
    }
    Ok(Decision::events(events))
}

/// A promise stands and falls with the result that says so.
fn promised(call: &Call, notes: &Notes, promise: Option<Promise>, events: &mut Vec<CallEvent>) {
    let promise = promise.filter(|_| notes.disposition == Some(Disposition::Ptp));
    if promise != call.promise {
        events.push(CallEvent::Promised(Promised { promise }));
    }
}

/// Names what is missing of a promise that the result tells of.
fn check_promise(
    notes: &Notes,
    promise: Option<Promise>,
    context: &Context,
    faults: &mut Vec<FieldFault>,
) {
    if notes.disposition != Some(Disposition::Ptp) {
        return;
    }
    match promise {
        Some(promise) => faults.extend(promise.faults(context.today())),
        None => {
            let message = "write how much the client promised to pay and by which day";
            faults.push(FieldFault::new("promise", "required", message));
        }
    }
}

fn consulted(consult: Consult) -> Decided {
    if consult.link.chars().count() > LINE_CHARS_MAX * 4 {
        return Err(Rejection::invalid(vec![FieldFault::new(
            "link",
            "too_long",
            "the link is too long",
        )]));
    }
    let event = Consulted { entry: consult.entry, link: consult.link };
    Ok(Decision::events(vec![CallEvent::Consulted(event)]))
}

fn finished(call: &Call, finish: Finish, context: &Context) -> Decided {
    if call.finished.is_some() {
        return Err(Rejection::rule(
            "call_finished",
            "this call is finished; correct its result with a reason",
        ));
    }
    let progress = call.progress(Some(context.now));
    if matches!(progress.stage, Stage::Queued | Stage::Ringing) && call.hand.is_none() {
        return Err(Rejection::rule("call_not_answered", "nobody has answered this call yet"));
    }
    let promise = finish.notes.promise;
    let (mut notes, mut faults) = match compose(call, finish.notes, context) {
        Ok(notes) => (notes, Vec::new()),
        Err(faults) => (call.notes.clone(), faults),
    };
    // Nobody was spoken to: the line's own result is the result.
    let unreached = matches!(progress.result, Some(result) if result != CallResult::Answered);
    if unreached && notes.disposition.is_none() {
        notes.disposition = Some(match progress.result {
            Some(CallResult::Busy) => Disposition::Busy,
            Some(CallResult::Failed) => Disposition::Dropped,
            _ => Disposition::NoAnswer,
        });
    }
    let called = progress.direction == Direction::Outbound && !unreached;
    let required = if called { finish.required_words.as_slice() } else { &[] };
    let comment_chars_min = if unreached { 0 } else { finish.comment_chars_min };
    missing(&notes, unreached, required, comment_chars_min, &mut faults);
    check_promise(&notes, promise, context, &mut faults);
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    let mut events = Vec::new();
    promised(call, &notes, promise, &mut events);
    if notes != call.notes {
        events.push(CallEvent::NotesSet(notes));
    }
    if call.choice == ClientChoice::Open {
        // A result belongs to a client or to nobody known (F21), never to "not said yet".
        let choice = ClientChoice::Anonymous;
        events.push(CallEvent::ClientChosen(ClientChosen { choice, level: 0 }));
    }
    let mark = FinishMark { at: context.now, by: context.principal };
    events.push(CallEvent::Finished(mark));
    Ok(Decision::events(events))
}

/// Names everything that is missing at once.
fn missing(
    notes: &Notes,
    unreached: bool,
    required_words: &[OpeningWord],
    comment_chars_min: usize,
    faults: &mut Vec<FieldFault>,
) {
    let named = |faults: &[FieldFault], field: &str| faults.iter().any(|f| f.field == field);
    if notes.topics.is_empty() && !unreached && !named(faults, "topics") {
        faults.push(FieldFault::new("topics", "required", "choose at least one topic"));
    }
    if notes.disposition.is_none() {
        faults.push(FieldFault::new("disposition", "required", "choose the result of the call"));
    }
    if required_words.iter().any(|word| !notes.opening_words.contains(word)) {
        let message = "say and tick all opening words";
        faults.push(FieldFault::new("opening_words", "required", message));
    }
    let chars = notes.comment.reveal().trim().chars().count();
    if chars < comment_chars_min && !named(faults, "comment") {
        let message = format!("write at least {comment_chars_min} characters");
        faults.push(FieldFault::new("comment", "required", message));
    }
}

fn corrected(call: &Call, correct: Correct, context: &Context) -> Decided {
    if call.finished.is_none() {
        return Err(Rejection::rule(
            "call_not_finished",
            "this call is not finished: change its notes instead",
        ));
    }
    if call.corrections.len() >= CALL_CORRECTIONS_MAX {
        return Err(Rejection::rule("too_many_corrections", "this call was corrected too often"));
    }
    let mut faults = Vec::new();
    let reason = correct.reason.reveal().trim();
    if reason.is_empty() || reason.chars().count() > LINE_CHARS_MAX {
        faults.push(FieldFault::new("reason", "required", "say in a line why it was wrong"));
    }
    let mut notes = call.notes.clone();
    if let Some(topics) = correct.topics {
        notes.topics = compose_topics(call, topics, context, &mut faults);
        if notes.topics.is_empty() {
            faults.push(FieldFault::new("topics", "required", "choose at least one topic"));
        }
    }
    if let Some(comment) = correct.comment {
        if comment.reveal().chars().count() > COMMENT_CHARS_MAX {
            let message = format!("the comment may have {COMMENT_CHARS_MAX} characters");
            faults.push(FieldFault::new("comment", "too_long", message));
        }
        notes.comment = comment;
    }
    notes.disposition = correct.disposition.or(notes.disposition);
    let promise = correct.promise.or(call.promise);
    // Of an older record nobody wrote down what was promised.
    if correct.promise.is_some() || notes.disposition != call.notes.disposition {
        check_promise(&notes, promise, context, &mut faults);
    }
    let mut changed = Vec::new();
    promised(call, &notes, promise, &mut changed);
    if notes == call.notes && changed.is_empty() && faults.is_empty() {
        faults.push(FieldFault::new("disposition", "unchanged", "change something"));
    }
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    changed.insert(0, CallEvent::Corrected(Corrected { notes, reason: correct.reason }));
    Ok(Decision::events(changed))
}

fn close_stale(call: &Call, close: CloseStale) -> Decided {
    if !call.progress(None).stage.is_live() {
        return Ok(Decision::nothing());
    }
    // An end before the last thing seen, or before the opening of a card by hand, would be a lie,
    // whatever the clocks say.
    let at = close.at.max(call.last_at());
    Ok(Decision::events(vec![CallEvent::ClosedStale(ClosedStale { at })]))
}
