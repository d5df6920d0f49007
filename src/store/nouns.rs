//! Index rows of each noun, computed from its state alone: the difference between the rows before
//! and after a command is what the view writes, and a rebuild finds the same rows.

use super::{Row, keys};
use crate::base::names;
use crate::codec::{self, Stored};
use crate::domain::StreamId;
use crate::domain::call::Call;
use crate::domain::call::progress::Stage;
use crate::domain::client::{Client, ClientKind};
use crate::domain::daily_run::DailyRun;
use crate::domain::directory::Entry;
use crate::domain::import::run::ImportRun;
use crate::domain::loan::{Loan, arrears, reconcile};
use crate::domain::operator::Operator;
use crate::domain::paper::Paper;
use crate::domain::statement::Direction;
use crate::domain::statement::file::{FileState, StatementFile};
use crate::domain::statement::payment::{IncomingPayment, PaymentState};
use crate::domain::token::Token;
use crate::domain::user::User;

/// An aggregate that the view can hold.
pub trait Noun: Stored {
    /// Index rows that follow from the state.
    fn rows(&self, stream: StreamId, rows: &mut Vec<Row>) {
        let _ = (stream, rows);
    }
}

/// Words of an organisation's name that a search may begin with.
const NAME_WORDS_MAX: usize = 8;

impl Noun for Client {
    fn rows(&self, stream: StreamId, rows: &mut Vec<Row>) {
        if !self.exists() {
            return;
        }
        let client = stream.id;
        let mut name = |key: &str| {
            if !key.is_empty() {
                rows.push((keys::name(key, client), Vec::new()));
            }
        };
        let details = &self.details;
        if let Some(organisation) = &details.organisation {
            for text in [&organisation.short_name, &organisation.full_name] {
                let key = names::key(&text.replace(['"', '«', '»'], " "));
                let words: Vec<&str> = key.split_whitespace().collect();
                for start in 0..words.len().min(NAME_WORDS_MAX) {
                    name(&words[start..].join(" "));
                }
            }
        } else if details.kind != ClientKind::Anonymous {
            name(&names::key(&details.name.full()));
            // People also give the first name first.
            let (first, last) = (details.name.first.reveal(), details.name.last.reveal());
            if !first.is_empty() && !last.is_empty() {
                let patronymic = details.name.patronymic.reveal();
                name(&names::key(&format!("{first} {last}")));
                if !patronymic.is_empty() {
                    name(&names::key(&format!("{first} {patronymic} {last}")));
                }
            }
        }
        rows.push((keys::card_number(self.number, client), Vec::new()));
    }
}

/// All calls newest first, the live ones and the cards by hand apart, and the client's contact
/// history. The values are
/// empty: a list reads the heads of the calls it shows.
impl Noun for Call {
    fn rows(&self, stream: StreamId, rows: &mut Vec<Row>) {
        if !self.exists() {
            return;
        }
        rows.push((keys::call(self.opened_at, stream.id), Vec::new()));
        if self.progress(None).stage != Stage::Finished {
            rows.push((keys::live_call(stream.id), Vec::new()));
        }
        if let Some(hand) = self.hand.as_ref().filter(|_| self.pbx_call.is_empty()) {
            rows.push((keys::hand_card(hand.at, stream.id), Vec::new()));
        }
        if let Some(client) = self.choice.client() {
            rows.push((keys::history(client.uuid(), self.opened_at, stream.id), Vec::new()));
        }
    }
}

/// Since when it is or will be in arrears, the days of its open requests, whether its figures
/// differ: all of them change only when something is booked or told, never with the day.
impl Noun for Loan {
    fn rows(&self, stream: StreamId, rows: &mut Vec<Row>) {
        if !self.exists() {
            return;
        }
        let StreamId { kind, owner: client, id } = stream;
        rows.push((keys::owner(kind, id), client.as_bytes().to_vec()));
        if let Some(account) = &self.account {
            rows.push((keys::account(account.reveal(), client, id), Vec::new()));
        }
        if self.own.as_ref().is_some_and(|own| own.may_hold_advance()) {
            rows.push((keys::advance(client, id), Vec::new()));
        }
        if let Some(behind) = arrears::behind(self) {
            let value = codec::encode(&behind);
            let clocks = behind.clocks().into_iter();
            rows.extend(clocks.map(|clock| (keys::arrear(clock, client, id), value.clone())));
        }
        let requests = self.own.iter().flat_map(|own| &own.requests);
        for request in requests.filter(|request| request.state.is_open()) {
            rows.push((keys::request(request.on, client, id), Vec::new()));
        }
        if !reconcile::differences(self, reconcile::TOLERANCE).is_empty() {
            rows.push((keys::difference(client, id), Vec::new()));
        }
    }
}

/// All files newest first, and those that are not dealt with to their end.
impl Noun for StatementFile {
    fn rows(&self, stream: StreamId, rows: &mut Vec<Row>) {
        if self.exists() {
            rows.push((keys::statement(self.at, stream.id), Vec::new()));
            if self.state == FileState::Running {
                rows.push((keys::running_statement(stream.id), Vec::new()));
            }
        }
    }
}

/// All payments newest first, those of each state apart, those of a file in its order, and those
/// whom the bank may take back by their sum.
impl Noun for IncomingPayment {
    fn rows(&self, stream: StreamId, rows: &mut Vec<Row>) {
        let Some(movement) = &self.movement else {
            return;
        };
        let (on, id) = (movement.on, stream.id);
        rows.push((keys::payment(None, on, id), Vec::new()));
        rows.push((keys::payment(Some(self.state), on, id), Vec::new()));
        let file = movement.statement.uuid();
        rows.push((keys::entry_of_statement(file, movement.place, id), Vec::new()));
        if self.state != PaymentState::Reversed && movement.direction == Direction::In {
            rows.push((keys::received_payment(movement.amount, on, id), Vec::new()));
        }
    }
}

/// The papers of a loan, newest first.
impl Noun for Paper {
    fn rows(&self, stream: StreamId, rows: &mut Vec<Row>) {
        if let Some(issued) = &self.issued {
            rows.push((keys::paper(issued.loan.uuid(), self.at, stream.id), Vec::new()));
        }
    }
}

// Few of each: lists walk the heads themselves, log-ins and tokens are found by their claims.
impl Noun for User {}
impl Noun for Token {}
impl Noun for Entry {}
impl Noun for ImportRun {}
impl Noun for Operator {}
impl Noun for DailyRun {}
