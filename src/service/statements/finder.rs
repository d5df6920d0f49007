//! Which loans a movement may mean: looked up by number, INN, name, phone; decided by
//! [`crate::domain::statement::matched`].
//!
//! Must never look further than the bounds below: a name of many people says nothing.

use crate::base::ids::LoanId;
use crate::base::names;
use crate::base::personal::Personal;
use crate::base::time::Date;
use crate::domain::loan::Loan;
use crate::domain::statement::payment::{IncomingPayment, Movement, PaymentState};
use crate::domain::statement::{
    Candidate, Direction, Matched, MatchingKeys, StatementEntry, matched, matching_keys, named_by,
};
use crate::domain::{ClaimSpace, StreamId, StreamKind};
use crate::store::{Loaded, Store, StoreError, keys};
use std::collections::HashMap;
use uuid::Uuid;

/// Clients with one name or phone that are looked at; more of them say nothing.
const NAMESAKES_MAX: usize = 50;
/// Payments of one sum that a recall is compared with.
const SAME_SUM_MAX: usize = 200;
/// Payments that a recall suggests.
const RECALLED_MAX: usize = 10;

/// Loans as they are looked at: some with changes that are not written yet.
pub type Pending = HashMap<LoanId, Loan>;

/// What a movement leads to.
pub struct Found {
    /// The decision.
    pub matched: Matched,
    /// The loans that were looked at, with their streams.
    pub loans: HashMap<LoanId, (StreamId, Loaded<Loan>)>,
    /// What leads to each loan.
    pub by: HashMap<LoanId, &'static str>,
}

/// Looks loans up.
pub struct Finder<'a> {
    /// The view.
    pub store: &'a Store,
    /// How agreements are numbered.
    pub patterns: &'a [String],
    /// Today in the lender's zone.
    pub today: Date,
    /// Loans that are changed and not written.
    pub pending: &'a Pending,
}

/// What leads to the loans of a client.
#[derive(Default)]
struct Leads {
    name: Option<Personal<String>>,
    phones: Vec<Personal<String>>,
}

#[derive(Default)]
struct Candidates {
    all: Vec<Candidate>,
    loans: HashMap<LoanId, (StreamId, Loaded<Loan>)>,
}

impl Finder<'_> {
    /// The loans that `entry` may mean.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn find(&self, entry: &StatementEntry) -> Result<Found, StoreError> {
        let mut keys = matching_keys(entry, self.patterns);
        let mut candidates = Candidates::default();
        self.by_number(&keys, &mut candidates)?;
        if candidates.all.is_empty() {
            self.by_inn(&keys, &mut candidates)?;
        }
        if candidates.all.is_empty() {
            self.by_name_and_phone(entry, &mut keys, &mut candidates)?;
        }
        let Candidates { all, loans } = candidates;
        let by = all.iter().map(|one| (one.loan, named_by(entry, &keys, one))).collect();
        Ok(Found { matched: matched(entry, &keys, &all), loans, by })
    }

    fn by_number(&self, keys: &MatchingKeys, into: &mut Candidates) -> Result<(), StoreError> {
        for number in &keys.numbers {
            for stream in self.store.holders(ClaimSpace::LoanNumber, number)? {
                let loaded = self.store.load::<Loan>(stream)?;
                self.add(into, stream, loaded, &Leads::default(), None);
            }
        }
        Ok(())
    }

    fn by_inn(&self, keys: &MatchingKeys, into: &mut Candidates) -> Result<(), StoreError> {
        let Some(inn) = &keys.inn else { return Ok(()) };
        let mut holders = self.store.holders(ClaimSpace::Inn, inn.reveal())?;
        // An organisation's claim carries its KPP behind a slash.
        let prefix = keys::claims_beginning(ClaimSpace::Inn, &format!("{}/", inn.reveal()));
        self.store.scan(&prefix, &prefix, |key, value| {
            holders.extend(keys::holder(key, value));
            holders.len() < NAMESAKES_MAX
        })?;
        for client in holders {
            self.open_loans(client.owner, &Leads::default(), Some(inn), into)?;
        }
        Ok(())
    }

    fn by_name_and_phone(
        &self,
        entry: &StatementEntry,
        keys: &mut MatchingKeys,
        into: &mut Candidates,
    ) -> Result<(), StoreError> {
        if entry.direction == Direction::Out {
            return Ok(());
        }
        let mut clients: Vec<(Uuid, Leads)> = Vec::new();
        let mut crowded = false;
        for name in &keys.names {
            let prefix = keys::name_prefix(name.reveal());
            let mut found = Vec::new();
            self.store.scan(&prefix, &prefix, |key, _| {
                found.extend(keys::trailing_id(key));
                found.len() <= NAMESAKES_MAX
            })?;
            crowded |= found.len() > NAMESAKES_MAX;
            for client in found {
                lead(&mut clients, client).name = Some(name.clone());
            }
        }
        if crowded {
            clients.clear();
            keys.names.clear();
        }
        for phone in &keys.phones {
            for holder in self.store.holders(ClaimSpace::Phone, phone.reveal())? {
                lead(&mut clients, holder.owner).phones.push(phone.clone());
            }
        }
        clients.truncate(2 * NAMESAKES_MAX);
        for (client, leads) in &clients {
            self.open_loans(*client, leads, None, into)?;
        }
        Ok(())
    }

    /// Adds the loans of a client that can still take money.
    fn open_loans(
        &self,
        client: Uuid,
        leads: &Leads,
        inn: Option<&Personal<String>>,
        into: &mut Candidates,
    ) -> Result<(), StoreError> {
        for (stream, loaded) in self.store.owned::<Loan>(client)? {
            let id = LoanId::from_uuid(stream.id);
            let state = self.pending.get(&id).unwrap_or(&loaded.state);
            let open = match &state.own {
                Some(own) => own.position(self.today).closed.is_none(),
                None => state.terms.status.is_open(),
            };
            if open {
                self.add(into, stream, loaded, leads, inn);
            }
        }
        Ok(())
    }

    fn add(
        &self,
        into: &mut Candidates,
        stream: StreamId,
        loaded: Loaded<Loan>,
        leads: &Leads,
        inn: Option<&Personal<String>>,
    ) {
        let id = LoanId::from_uuid(stream.id);
        let is_new = into.loans.insert(id, (stream, loaded.clone())).is_none();
        if !is_new || !loaded.state.exists() {
            return;
        }
        let state = self.pending.get(&id).unwrap_or(&loaded.state);
        into.all.push(Candidate {
            loan: id,
            number: state.terms.number.clone(),
            inn: inn.cloned(),
            name: leads.name.clone().unwrap_or_default(),
            instalments: instalments(state),
            phones: leads.phones.clone(),
        });
    }
}

fn lead(clients: &mut Vec<(Uuid, Leads)>, client: Uuid) -> &mut Leads {
    let place = clients.iter().position(|(known, _)| *known == client).unwrap_or_else(|| {
        clients.push((client, Leads::default()));
        clients.len() - 1
    });
    &mut clients[place].1
}

/// Sums of the loan's instalments by contract: what was paid before must not change what a payment
/// is compared with, or the order of files would matter.
fn instalments(loan: &Loan) -> Vec<i64> {
    let mut sums = match &loan.own {
        Some(own) => own.instalments(),
        None => loan.schedule.iter().map(crate::domain::loan::Instalment::payment).collect(),
    };
    sums.extend(loan.figures.next_payment);
    sums.sort_unstable();
    sums.dedup();
    sums
}

/// Payments that money sent back may take away.
pub struct Alike {
    /// Those that were found, newest first.
    pub found: Vec<(Uuid, Loaded<IncomingPayment>)>,
    /// There are older payments of the sum that were not looked at.
    pub more: bool,
}

/// Payments that came in and that `back`, money sent back, may take away: of the same sum, not
/// later, and from the same account, number or name; of a reversal by the bank's mark that names
/// none of these, of the same sum on the same account.
///
/// # Errors
/// See [`StoreError`].
pub fn received_alike(
    store: &Store,
    back: &StatementEntry,
    own_account: &str,
) -> Result<Alike, StoreError> {
    let prefix = keys::received_payments(back.amount);
    // The newest stand first.
    let start = keys::received_payment(back.amount, back.on, Uuid::nil());
    let mut ids = Vec::new();
    store.scan(&prefix, &start, |key, _| {
        ids.extend(keys::trailing_id(key));
        ids.len() < SAME_SUM_MAX
    })?;
    let (mut alike, mut others) = (Vec::new(), Vec::new());
    let more = ids.len() >= SAME_SUM_MAX;
    for id in ids {
        let stream = StreamId::new(StreamKind::IncomingPayment, id);
        let loaded = store.load::<IncomingPayment>(stream)?;
        let Some(movement) = loaded.state.movement.clone() else { continue };
        if movement.on > back.on || loaded.state.state == PaymentState::Reversed {
            continue;
        }
        if is_alike(&movement, back) {
            alike.push((id, loaded));
        } else if back.is_reversal && movement.own_account == own_account {
            others.push((id, loaded));
        }
    }
    let mut found = if alike.is_empty() { others } else { alike };
    found.truncate(RECALLED_MAX);
    Ok(Alike { found, more })
}

fn is_alike(came: &Movement, back: &StatementEntry) -> bool {
    let same = |one: &str, other: &str| !one.is_empty() && one == other;
    same(came.account.reveal(), back.account.reveal())
        || (back.is_reversal && same(came.number.reveal(), &back.number))
        || same(&names::key(came.name.reveal()), &names::key(back.name.reveal()))
}
