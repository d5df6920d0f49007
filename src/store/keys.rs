//! Families of keys, each one byte, all listed here.
//!
//! Client-first keys for heads of client and loans: a cold card is one or two leaves. Small rows
//! that change with every call are a client-first family of their own. Descending lists store the
//! inverted instant, because the view is never walked backwards.

use super::Row;
use crate::base::time::{Date, Timestamp};
use crate::domain::loan::arrears::Clock;
use crate::domain::statement::payment::PaymentState;
use crate::domain::{ClaimSpace, Counter, StreamId, StreamKind};
use chrono::Datelike;
use uuid::Uuid;

/// How far the view is.
pub const POSITION: &[u8] = &[0];

/// Heads in the lane of a client: `C owner kind id`.
const LANE_HEADS: u8 = b'C';
/// Heads of streams that own themselves: `S kind id`.
const HEADS: u8 = b'S';
/// Contact history of a client: `A client inverted-instant call`.
const HISTORY: u8 = b'A';
/// Claims: `K space value 0` with the one holder as value, or `K space value 0 stream` where a
/// value may have several holders.
const CLAIMS: u8 = b'K';
/// Names: `N key 0 client`.
const NAMES: u8 = b'N';
/// Accounts of loans: `B account 0 client loan`.
const ACCOUNTS: u8 = b'B';
/// Card numbers: `I number client`.
const CARD_NUMBERS: u8 = b'I';
/// Owner of an owned stream: `O kind id`.
const OWNERS: u8 = b'O';
/// All calls, newest first: `T inverted-instant call`.
const CALLS: u8 = b'T';
/// Calls that are not finished: `L call`.
const LIVE_CALLS: u8 = b'L';
/// Loans in whose book money may wait: `V client loan`.
const ADVANCES: u8 = b'V';
/// Files of bank statements, newest first: `F inverted-instant file`.
const STATEMENTS: u8 = b'F';
/// Files of bank statements under way: `W file`.
const RUNNING_STATEMENTS: u8 = b'W';
/// Movements of bank statements, newest first, all (state 0) and by state: `P state inverted-day id`.
const PAYMENTS: u8 = b'P';
/// Movements of one file in its order: `E file place id`.
const ENTRIES: u8 = b'E';
/// Payments that came in and were not taken back, by sum, newest first: `Y amount inverted-day id`.
const RECEIVED_PAYMENTS: u8 = b'Y';
/// Cards opened by hand that no exchange has told of, newest first: `M inverted-instant call`.
const HAND_CARDS: u8 = b'M';
/// Loans by the day after which they are in arrears: `D day client loan`.
const ARREARS: u8 = b'D';
/// Loans whose days past due stand still, the most days first: `J inverted-days client loan`.
const STOPPED_ARREARS: u8 = b'J';
/// Loans by the day of an open request for early repayment: `Q day client loan`.
const REQUESTS: u8 = b'Q';
/// Loans of another system whose figures differ from our reckoning: `X client loan`.
const DIFFERENCES: u8 = b'X';
/// Papers of a loan, newest first: `Z loan inverted-instant paper`.
const PAPERS: u8 = b'Z';
/// Commands seen: `R day id`.
const COMMANDS: u8 = b'R';
/// Counters: `G counter`.
const COUNTERS: u8 = b'G';

const fn in_lane(kind: StreamKind) -> bool {
    matches!(kind, StreamKind::Client | StreamKind::Loan)
}

/// The head of a stream.
#[must_use]
pub fn head(stream: StreamId) -> Vec<u8> {
    if in_lane(stream.kind) {
        let mut key = heads_in_lane(stream.owner, stream.kind);
        key.extend_from_slice(stream.id.as_bytes());
        key
    } else {
        let mut key = heads_of(stream.kind);
        key.extend_from_slice(stream.id.as_bytes());
        key
    }
}

/// Start of all heads of a kind that owns itself.
#[must_use]
pub fn heads_of(kind: StreamKind) -> Vec<u8> {
    if in_lane(kind) { vec![LANE_HEADS] } else { vec![HEADS, kind as u8] }
}

/// Start of the heads of one kind in a lane.
#[must_use]
pub fn heads_in_lane(owner: Uuid, kind: StreamKind) -> Vec<u8> {
    let mut key = lane(owner);
    key.push(kind as u8);
    key
}

/// Start of all heads of a lane.
#[must_use]
pub fn lane(owner: Uuid) -> Vec<u8> {
    let mut key = Vec::with_capacity(34);
    key.push(LANE_HEADS);
    key.extend_from_slice(owner.as_bytes());
    key
}

/// Start of all heads of all lanes.
#[must_use]
pub fn lanes() -> Vec<u8> {
    vec![LANE_HEADS]
}

/// Reads the stream from a key of [`lane`] or [`heads_of`].
#[must_use]
pub fn stream_of_head(key: &[u8]) -> Option<StreamId> {
    let kind = |byte: u8| StreamKind::ALL.into_iter().find(|kind| *kind as u8 == byte);
    match key {
        [LANE_HEADS, rest @ ..] if rest.len() == 33 => Some(StreamId::owned(
            kind(rest[16])?,
            Uuid::from_slice(&rest[..16]).ok()?,
            Uuid::from_slice(&rest[17..]).ok()?,
        )),
        [HEADS, number, id @ ..] => Some(StreamId::new(kind(*number)?, Uuid::from_slice(id).ok()?)),
        _ => None,
    }
}

/// A stream as bytes: kind, owner, id.
#[must_use]
pub fn stream(stream: StreamId) -> [u8; 33] {
    let mut bytes = [0; 33];
    bytes[0] = stream.kind as u8;
    bytes[1..17].copy_from_slice(stream.owner.as_bytes());
    bytes[17..].copy_from_slice(stream.id.as_bytes());
    bytes
}

fn text(key: &mut Vec<u8>, text: &str) {
    key.extend(text.bytes().filter(|byte| *byte != 0));
    key.push(0);
}

/// All holders of a claimed value.
#[must_use]
pub fn claim_prefix(space: ClaimSpace, value: &str) -> Vec<u8> {
    let mut key = vec![CLAIMS, space as u8];
    text(&mut key, value);
    key
}

/// Start of claimed values that begin with `beginning`.
#[must_use]
pub fn claims_beginning(space: ClaimSpace, beginning: &str) -> Vec<u8> {
    let mut key = vec![CLAIMS, space as u8];
    key.extend(beginning.bytes().filter(|byte| *byte != 0));
    key
}

/// One holder of a claimed value: key and value of the row.
#[must_use]
pub fn claim(space: ClaimSpace, value: &str, holder: StreamId) -> Row {
    let mut key = claim_prefix(space, value);
    if space.is_unique() {
        return (key, stream(holder).to_vec());
    }
    key.extend_from_slice(&stream(holder));
    (key, Vec::new())
}

/// The holder that a claim's row names.
#[must_use]
pub fn holder(key: &[u8], value: &[u8]) -> Option<StreamId> {
    let named = if value.is_empty() { key } else { value };
    let bytes = named.get(named.len().checked_sub(33)?..)?;
    let kind = StreamKind::ALL.into_iter().find(|kind| *kind as u8 == bytes[0])?;
    let owner = Uuid::from_slice(&bytes[1..17]).ok()?;
    Some(StreamId::owned(kind, owner, Uuid::from_slice(&bytes[17..]).ok()?))
}

/// Start of names that begin with `beginning` (a comparison key).
#[must_use]
pub fn names_beginning(beginning: &str) -> Vec<u8> {
    let mut key = vec![NAMES];
    key.extend(beginning.bytes().filter(|byte| *byte != 0));
    key
}

/// A name (comparison key) of a client.
#[must_use]
pub fn name(name_key: &str, client: Uuid) -> Vec<u8> {
    let mut key = vec![NAMES];
    text(&mut key, name_key);
    key.extend_from_slice(client.as_bytes());
    key
}

/// Start of the rows of one whole name.
#[must_use]
pub fn name_prefix(name_key: &str) -> Vec<u8> {
    let mut key = vec![NAMES];
    text(&mut key, name_key);
    key
}

/// The identifier at the end of a key of [`name`], [`card_number`] and of other lists.
#[must_use]
pub fn trailing_id(key: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(key.get(key.len().checked_sub(16)?..)?).ok()
}

/// Start of accounts that begin with `beginning`.
#[must_use]
pub fn accounts_beginning(beginning: &str) -> Vec<u8> {
    let mut key = vec![ACCOUNTS];
    key.extend(beginning.bytes().filter(|byte| *byte != 0));
    key
}

/// Start of the rows of one whole account.
#[must_use]
pub fn account_prefix(account: &str) -> Vec<u8> {
    let mut key = vec![ACCOUNTS];
    text(&mut key, account);
    key
}

/// The account of a loan; several loans may share one.
#[must_use]
pub fn account(account: &str, client: Uuid, loan: Uuid) -> Vec<u8> {
    let mut key = account_prefix(account);
    key.extend_from_slice(client.as_bytes());
    key.extend_from_slice(loan.as_bytes());
    key
}

/// The client in a key of [`account`].
#[must_use]
pub fn client_of_account(key: &[u8]) -> Option<Uuid> {
    let start = key.len().checked_sub(32)?;
    Uuid::from_slice(key.get(start..start + 16)?).ok()
}

/// Start of a card number's rows.
#[must_use]
pub fn card_number_prefix(number: u64) -> Vec<u8> {
    let mut key = vec![CARD_NUMBERS];
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// A client's card number.
#[must_use]
pub fn card_number(number: u64, client: Uuid) -> Vec<u8> {
    let mut key = card_number_prefix(number);
    key.extend_from_slice(client.as_bytes());
    key
}

/// Owner of an owned stream.
#[must_use]
pub fn owner(kind: StreamKind, id: Uuid) -> Vec<u8> {
    let mut key = vec![OWNERS, kind as u8];
    key.extend_from_slice(id.as_bytes());
    key
}

fn inverted(at: Timestamp) -> [u8; 8] {
    (i64::MAX - at.micros().max(0)).to_be_bytes()
}

/// Start of a client's contact history, newest first.
#[must_use]
pub fn history_of(client: Uuid) -> Vec<u8> {
    let mut key = vec![HISTORY];
    key.extend_from_slice(client.as_bytes());
    key
}

/// One contact of a client.
#[must_use]
pub fn history(client: Uuid, at: Timestamp, contact: Uuid) -> Vec<u8> {
    let mut key = history_of(client);
    key.extend_from_slice(&inverted(at));
    key.extend_from_slice(contact.as_bytes());
    key
}

/// Start of all calls, newest first.
#[must_use]
pub fn calls() -> Vec<u8> {
    vec![CALLS]
}

/// One call.
#[must_use]
pub fn call(at: Timestamp, call: Uuid) -> Vec<u8> {
    let mut key = vec![CALLS];
    key.extend_from_slice(&inverted(at));
    key.extend_from_slice(call.as_bytes());
    key
}

/// Start of the cards opened by hand that no exchange has told of, newest first.
#[must_use]
pub fn hand_cards() -> Vec<u8> {
    vec![HAND_CARDS]
}

/// Where those begin that were not opened after `at`.
#[must_use]
pub fn hand_cards_from(at: Timestamp) -> Vec<u8> {
    let mut key = hand_cards();
    key.extend_from_slice(&inverted(at));
    key
}

/// A card opened by hand that no exchange has told of.
#[must_use]
pub fn hand_card(at: Timestamp, call: Uuid) -> Vec<u8> {
    let mut key = hand_cards_from(at);
    key.extend_from_slice(call.as_bytes());
    key
}

/// Start of the calls that are not finished.
#[must_use]
pub fn live_calls() -> Vec<u8> {
    vec![LIVE_CALLS]
}

/// A call that is not finished.
#[must_use]
pub fn live_call(call: Uuid) -> Vec<u8> {
    let mut key = vec![LIVE_CALLS];
    key.extend_from_slice(call.as_bytes());
    key
}

/// Start of the loans in whose book money may wait.
#[must_use]
pub fn advances() -> Vec<u8> {
    vec![ADVANCES]
}

/// A loan in whose book money may wait.
#[must_use]
pub fn advance(client: Uuid, loan: Uuid) -> Vec<u8> {
    let mut key = advances();
    key.extend_from_slice(client.as_bytes());
    key.extend_from_slice(loan.as_bytes());
    key
}

/// The client in a key of [`advance`].
#[must_use]
pub fn client_of_advance(key: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(key.get(1..17)?).ok()
}

/// Start of all files of bank statements, newest first.
#[must_use]
pub fn statements() -> Vec<u8> {
    vec![STATEMENTS]
}

/// One file of bank statements.
#[must_use]
pub fn statement(at: Timestamp, file: Uuid) -> Vec<u8> {
    let mut key = statements();
    key.extend_from_slice(&inverted(at));
    key.extend_from_slice(file.as_bytes());
    key
}

/// Start of the files of bank statements under way.
#[must_use]
pub fn running_statements() -> Vec<u8> {
    vec![RUNNING_STATEMENTS]
}

/// A file of bank statements under way.
#[must_use]
pub fn running_statement(file: Uuid) -> Vec<u8> {
    let mut key = running_statements();
    key.extend_from_slice(file.as_bytes());
    key
}

/// Start of the movements in `state`, or of all of them, newest first.
#[must_use]
pub fn payments(state: Option<PaymentState>) -> Vec<u8> {
    vec![PAYMENTS, state.map_or(0, |state| state as u8)]
}

/// A movement of a day.
#[must_use]
pub fn payment(state: Option<PaymentState>, on: Date, id: Uuid) -> Vec<u8> {
    let mut key = payments(state);
    key.extend_from_slice(&inverted_day(on));
    key.extend_from_slice(id.as_bytes());
    key
}

fn inverted_day(on: Date) -> [u8; 4] {
    (i32::MAX - on.num_days_from_ce().max(0)).to_be_bytes()
}

/// Start of the movements of a file.
#[must_use]
pub fn entries_of_statement(file: Uuid) -> Vec<u8> {
    let mut key = vec![ENTRIES];
    key.extend_from_slice(file.as_bytes());
    key
}

/// A movement of a file.
#[must_use]
pub fn entry_of_statement(file: Uuid, place: u32, id: Uuid) -> Vec<u8> {
    let mut key = entries_of_statement(file);
    key.extend_from_slice(&place.to_be_bytes());
    key.extend_from_slice(id.as_bytes());
    key
}

/// Start of the payments of a sum that came in, newest first.
#[must_use]
pub fn received_payments(amount: i64) -> Vec<u8> {
    let mut key = vec![RECEIVED_PAYMENTS];
    key.extend_from_slice(&amount.max(0).to_be_bytes());
    key
}

/// A payment that came in.
#[must_use]
pub fn received_payment(amount: i64, on: Date, id: Uuid) -> Vec<u8> {
    let mut key = received_payments(amount);
    key.extend_from_slice(&inverted_day(on));
    key.extend_from_slice(id.as_bytes());
    key
}

/// Days in order; those before the year one are one.
fn day(date: Date) -> [u8; 4] {
    u32::try_from(date.num_days_from_ce()).unwrap_or(0).to_be_bytes()
}

fn by_day(family: u8, on: Date, client: Uuid, loan: Uuid) -> Vec<u8> {
    let mut key = vec![family];
    key.extend_from_slice(&day(on));
    key.extend_from_slice(client.as_bytes());
    key.extend_from_slice(loan.as_bytes());
    key
}

fn from_day(family: u8, on: Date) -> Vec<u8> {
    let mut key = vec![family];
    key.extend_from_slice(&day(on));
    key
}

/// Start of the loans that are or will be in arrears, the longest first.
#[must_use]
pub fn arrears() -> Vec<u8> {
    vec![ARREARS]
}

/// Where the loans begin whose last day to pay is `due_on` or later.
#[must_use]
pub fn arrears_from(due_on: Date) -> Vec<u8> {
    from_day(ARREARS, due_on)
}

/// Start of the loans whose days past due stand still, the most days first.
#[must_use]
pub fn stopped_arrears() -> Vec<u8> {
    vec![STOPPED_ARREARS]
}

/// Where the loans begin whose days past due stand still at `days` or less.
#[must_use]
pub fn stopped_arrears_from(days: u32) -> Vec<u8> {
    let mut key = stopped_arrears();
    key.extend_from_slice(&(u32::MAX - days).to_be_bytes());
    key
}

/// A loan that is or will be in arrears, with days past due that go like `clock`.
#[must_use]
pub fn arrear(clock: Clock, client: Uuid, loan: Uuid) -> Vec<u8> {
    let mut key = match clock {
        Clock::Since(due_on) => return by_day(ARREARS, due_on, client, loan),
        Clock::Stopped(days) => stopped_arrears_from(days),
    };
    key.extend_from_slice(client.as_bytes());
    key.extend_from_slice(loan.as_bytes());
    key
}

/// How the days past due of a row of [`arrear`] go; `None` for another key.
#[must_use]
pub fn arrear_clock(key: &[u8]) -> Option<Clock> {
    let number: [u8; 4] = key.get(1..5)?.try_into().ok()?;
    let number = u32::from_be_bytes(number);
    match (key.len(), key[0]) {
        (37, ARREARS) => {
            Date::from_num_days_from_ce_opt(i32::try_from(number).ok()?).map(Clock::Since)
        }
        (37, STOPPED_ARREARS) => Some(Clock::Stopped(u32::MAX - number)),
        _ => None,
    }
}

/// Start of the loans with open requests for early repayment, by their day.
#[must_use]
pub fn requests() -> Vec<u8> {
    vec![REQUESTS]
}

/// Where the loans begin with requests for `on` or later.
#[must_use]
pub fn requests_from(on: Date) -> Vec<u8> {
    from_day(REQUESTS, on)
}

/// A loan with an open request for early repayment on a day.
#[must_use]
pub fn request(on: Date, client: Uuid, loan: Uuid) -> Vec<u8> {
    by_day(REQUESTS, on, client, loan)
}

/// Start of the loans whose figures differ.
#[must_use]
pub fn differences() -> Vec<u8> {
    vec![DIFFERENCES]
}

/// A loan whose figures differ.
#[must_use]
pub fn difference(client: Uuid, loan: Uuid) -> Vec<u8> {
    let mut key = differences();
    key.extend_from_slice(client.as_bytes());
    key.extend_from_slice(loan.as_bytes());
    key
}

/// Client and loan at the end of a key of [`arrear`], [`request`] or [`difference`].
#[must_use]
pub fn client_and_loan(key: &[u8]) -> Option<(Uuid, Uuid)> {
    let start = key.len().checked_sub(32)?;
    let client = Uuid::from_slice(key.get(start..start + 16)?).ok()?;
    Some((client, trailing_id(key)?))
}

/// Start of a loan's papers, newest first.
#[must_use]
pub fn papers_of(loan: Uuid) -> Vec<u8> {
    let mut key = vec![PAPERS];
    key.extend_from_slice(loan.as_bytes());
    key
}

/// One paper of a loan.
#[must_use]
pub fn paper(loan: Uuid, at: Timestamp, paper: Uuid) -> Vec<u8> {
    let mut key = papers_of(loan);
    key.extend_from_slice(&inverted(at));
    key.extend_from_slice(paper.as_bytes());
    key
}

/// Start of the commands of all hours.
#[must_use]
pub fn commands() -> Vec<u8> {
    vec![COMMANDS]
}

/// Commands of one day lie together, and expire together.
pub const HOURS_PER_DAY: u32 = 24;

/// Hours that a command is recognised when it is repeated.
pub const COMMAND_HOURS: u64 = 48;

/// Where the commands of the day of `hour` (since the epoch) begin.
#[must_use]
pub fn commands_before(hour: u64) -> Vec<u8> {
    let mut key = commands();
    let day = u32::try_from(hour).unwrap_or(u32::MAX) / HOURS_PER_DAY;
    key.extend_from_slice(&day.to_be_bytes());
    key
}

/// A command that was seen in `hour` (since the epoch).
#[must_use]
pub fn command(hour: u32, id: &[u8; 16]) -> Vec<u8> {
    let mut key = commands_before(u64::from(hour));
    key.extend_from_slice(id);
    key
}

/// A counter.
#[must_use]
pub fn counter(counter: Counter) -> Vec<u8> {
    let mut key = vec![COUNTERS];
    key.extend_from_slice(&crate::codec::encode(&counter));
    key
}
