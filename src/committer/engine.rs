//! The synchronous heart of the committer: one group of proposals at a time.

use super::change::{Change, Committed, Proposal, Receipt, Refusal};
use crate::base::ids::IdSource;
use crate::base::limits;
use crate::codec;
use crate::codec::frame::{self, Drawn, FrameBytes, FrameHeader, StreamHeader};
use crate::domain::{ClaimStrength, Counter, Meta, StreamId};
use crate::feed::{Commit, Feed};
use crate::journal::{Log, LogError};
use crate::store::projection::{Overlay, Projection};
use crate::store::rebuild::{self, CommandRow};
use crate::store::{Position, Store, StoreError, keys};
use crate::telemetry::points;
use std::collections::HashMap;
use std::sync::Arc;

/// The journal could not be written or synced. After it nothing is known: the process must end.
#[derive(Debug, thiserror::Error)]
#[error("the journal cannot be written; stop, check the disk, start again")]
pub struct Fatal(#[from] LogError);

/// The answer to one proposal.
pub type Answer = Result<Committed, Refusal>;

/// The one writer of the journal and the view.
pub struct Engine {
    log: Log,
    store: Arc<Store>,
    feed: Arc<Feed>,
    ids: Arc<dyn IdSource>,
    position: Position,
    storage_low: bool,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine(at {})", self.position.seq)
    }
}

/// A proposal that was checked, with what it writes.
struct Checked {
    projections: Vec<Projection>,
    drawn: Vec<Drawn>,
    drawn_by_stream: Vec<u8>,
}

/// The answer to one proposal before its group is durable.
enum Pending {
    Refused(Refusal),
    Accepted(Committed, Option<Commit>),
}

impl Engine {
    /// A writer over a journal and a view that stands at the journal's head.
    ///
    /// # Errors
    /// When the view's position does not read.
    pub fn new(
        log: Log,
        store: Arc<Store>,
        feed: Arc<Feed>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, StoreError> {
        let position = store.position()?;
        Ok(Self { log, store, feed, ids, position, storage_low: false })
    }

    /// How far the view is.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The journal.
    pub const fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    /// The view.
    #[must_use]
    pub const fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Under the disk reserve only essential proposals are served.
    pub const fn set_storage_low(&mut self, low: bool) {
        self.storage_low = low;
    }

    /// Commits a group: checks each proposal in order, appends, syncs once, writes the view.
    /// Answers come in the order of the proposals, and only after the group is durable.
    ///
    /// # Errors
    /// [`Fatal`] when the journal fails: nobody may be answered and the process must end.
    pub fn commit(&mut self, group: Vec<Proposal>) -> Result<Vec<Answer>, Fatal> {
        let store = Arc::clone(&self.store);
        let mut overlay = Overlay::new(&store, self.position);
        let mut pending = Vec::with_capacity(group.len());
        for proposal in group {
            pending.push(match self.take(&mut overlay, proposal)? {
                Ok((committed, commit)) => Pending::Accepted(committed, commit),
                Err(refusal) => Pending::Refused(refusal),
            });
        }
        if overlay.position().seq > self.position.seq {
            points::reached("appended");
            self.log.sync()?;
            points::reached("synced");
            let position = overlay.position();
            // The frames are durable whether or not the view takes them: a failed view is rebuilt
            // from them, and readers are refused meanwhile.
            if overlay.apply().is_ok() {
                self.position = position;
            } else {
                self.store.fail();
            }
            points::reached("applied");
        }
        let answers = pending.into_iter().map(|pending| match pending {
            Pending::Refused(refusal) => Err(refusal),
            Pending::Accepted(committed, commit) => {
                if let Some(commit) = commit {
                    self.feed.commit(commit);
                }
                Ok(committed)
            }
        });
        Ok(answers.collect())
    }

    /// Rebuilds the view from the journal beside the present one and puts it in its place when it
    /// is whole. Until then the present one stays as it is: failed and closed, or in use.
    ///
    /// # Errors
    /// When the journal does not read or the new view fails too.
    pub fn rebuild_view(&mut self) -> Result<(), rebuild::ReplayError> {
        let beside = self.store.settings().beside().map_err(StoreError::Broken)?;
        let position = rebuild::build(beside.clone(), &self.log.tail(), |_| {})?;
        points::reached("view_built");
        self.store.replace(|settings| {
            Store::quarantine(&settings.folder)?;
            points::reached("view_set_aside");
            std::fs::rename(&beside.folder, &settings.folder)
        })?;
        self.position = position;
        Ok(())
    }

    #[allow(clippy::type_complexity, reason = "a refusal is not a fault of the engine")]
    fn take(
        &mut self,
        overlay: &mut Overlay<'_>,
        mut proposal: Proposal,
    ) -> Result<Result<(Committed, Option<Commit>), Refusal>, Fatal> {
        if self.storage_low && !proposal.essential {
            return Ok(Err(Refusal::StorageLow));
        }
        // A view that failed half-way through a group does not know all that the group appended.
        if self.store.is_failed() {
            return Ok(Err(Refusal::Unavailable));
        }
        let seq = overlay.position().seq + 1;
        let checked = match repeated(overlay, &proposal) {
            Ok(Some(committed)) => return Ok(Ok((committed, None))),
            Ok(None) => check(overlay, &mut proposal, seq),
            Err(refusal) => Err(refusal),
        };
        let checked = match checked {
            Ok(checked) => checked,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let streams: Vec<(StreamId, u64)> = proposal
            .changes
            .iter()
            .map(|change| (change.stream(), change.version_before() + change.count()))
            .collect();
        let (header, bytes) = self.frame(&proposal, &checked, &streams);
        if bytes.header.len() + bytes.bodies.len() + 64 > limits::FRAME_BYTES_MAX {
            return Ok(Err(Refusal::TooLarge));
        }
        match self.log.append(&bytes.header, &bytes.bodies) {
            // No room for the next segment: nothing was appended, and it goes on when there is.
            Err(LogError::NoSpace { .. }) => return Ok(Err(Refusal::StorageLow)),
            appended => appended?,
        };
        for drawn in &header.drawn {
            overlay.set_counter(drawn.counter, drawn.number);
        }
        if let Some(key) = &proposal.command {
            rebuild::write_command(overlay, key, seq, &header);
        }
        // The frame stands whatever the view says; a failed view is rebuilt from the frames.
        if overlay.write(checked.projections).is_err() {
            self.store.fail();
        }
        overlay.advance(seq);
        let commit = Commit {
            seq,
            at: proposal.at,
            actor: proposal.actor,
            bulk: proposal.bulk,
            streams: streams.clone(),
        };
        let receipt = Receipt { seq, streams, repeated: false };
        let changes = proposal.changes.into_iter().map(Change::into_any).collect();
        Ok(Ok((Committed { receipt, changes }, Some(commit))))
    }

    /// The frame of a checked proposal: its header without the events, and its bytes.
    fn frame(
        &self,
        proposal: &Proposal,
        checked: &Checked,
        streams: &[(StreamId, u64)],
    ) -> (FrameHeader, FrameBytes) {
        let written = streams.iter().zip(&checked.drawn_by_stream);
        let header = FrameHeader {
            at: proposal.at,
            actor: proposal.actor,
            cause: proposal.cause,
            command: proposal.command,
            drawn: checked.drawn.clone(),
            bulk: proposal.bulk,
            streams: written
                .map(|((stream, version), drawn)| StreamHeader {
                    stream: *stream,
                    version: *version,
                    drawn: *drawn,
                })
                .collect(),
            events: Vec::new(),
        };
        let numbered = proposal.changes.iter().zip(0_u16..);
        let events: Vec<_> = numbered
            .flat_map(|(change, index)| {
                change.encoded().into_iter().map(move |event| (index, event))
            })
            .collect();
        let mut salts = Vec::new();
        let bytes = frame::build(header.clone(), &events, || {
            if salts.is_empty() {
                // One question to the system gives the salts of four bodies.
                salts.extend(self.ids.salt().as_chunks::<8>().0);
            }
            salts.pop().unwrap_or_default()
        });
        (header, bytes)
    }
}

/// The first receipt of a command that was seen before.
fn repeated(overlay: &Overlay<'_>, proposal: &Proposal) -> Result<Option<Committed>, Refusal> {
    let Some(key) = &proposal.command else {
        return Ok(None);
    };
    // The day before too: the key may be repeated across midnight.
    for hour in [key.hour, key.hour.saturating_sub(keys::HOURS_PER_DAY)] {
        let found = overlay.get(&keys::command(hour, &key.id)).map_err(|_| Refusal::Unavailable)?;
        let Some(bytes) = found else { continue };
        let row: CommandRow =
            codec::decode("command row", &bytes).map_err(|_| Refusal::Unavailable)?;
        if row.body != key.body {
            return Err(Refusal::KeyReused);
        }
        let receipt = Receipt { seq: row.seq, streams: row.streams, repeated: true };
        return Ok(Some(Committed { receipt, changes: Vec::new() }));
    }
    Ok(None)
}

fn check(overlay: &Overlay<'_>, proposal: &mut Proposal, seq: u64) -> Result<Checked, Refusal> {
    for change in &proposal.changes {
        let version = overlay.version(change.stream()).map_err(|_| Refusal::Unavailable)?;
        if version != change.version_before() {
            return Err(Refusal::Conflict(change.stream()));
        }
    }
    let mut counters: HashMap<Counter, u64> = HashMap::new();
    let mut checked =
        Checked { projections: Vec::new(), drawn: Vec::new(), drawn_by_stream: Vec::new() };
    for change in &mut proposal.changes {
        let mut numbers = Vec::new();
        for counter in change.draws() {
            let last = match counters.get(counter) {
                Some(last) => *last,
                None => overlay.counter(*counter).map_err(|_| Refusal::Unavailable)?,
            };
            counters.insert(*counter, last + 1);
            checked.drawn.push(Drawn { counter: *counter, number: last + 1 });
            numbers.push(last + 1);
        }
        checked.drawn_by_stream.push(u8::try_from(numbers.len()).map_err(|_| Refusal::TooLarge)?);
        let meta = Meta { seq, at: proposal.at, actor: proposal.actor, drawn: numbers };
        checked.projections.push(change.project(&meta));
    }
    check_claims(overlay, &checked.projections, proposal.acknowledge_duplicates)?;
    Ok(checked)
}

fn check_claims(
    overlay: &Overlay<'_>,
    projections: &[Projection],
    acknowledged: bool,
) -> Result<(), Refusal> {
    for (index, projection) in projections.iter().enumerate() {
        for claim in &projection.taken {
            let hard = claim.strength == ClaimStrength::Hard;
            if !hard && acknowledged {
                continue;
            }
            let mut holders =
                overlay.holders(claim.space, &claim.value).map_err(|_| Refusal::Unavailable)?;
            // Streams of the same command count too: what they take, and what they give back.
            let same = |other: &&crate::domain::Claim| {
                other.space == claim.space && other.value == claim.value
            };
            for (other_index, other) in projections.iter().enumerate() {
                if other.released.iter().any(|released| same(&released)) {
                    holders.retain(|holder| *holder != other.stream);
                }
                if other_index < index && other.taken.iter().any(|taken| same(&taken)) {
                    holders.push(other.stream);
                }
            }
            holders.retain(|holder| *holder != projection.stream);
            if !holders.is_empty() {
                return Err(Refusal::Duplicate { space: claim.space, holders, hard });
            }
        }
    }
    Ok(())
}
