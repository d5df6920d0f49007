//! Folding the events of many frames into states, stream by stream.

use super::ReplayError;
use super::write::Run;
use crate::codec::DecodeError;
use crate::codec::frame::{self, EventHeader, FrameHeader};
use crate::domain::call::Call;
use crate::domain::client::Client;
use crate::domain::daily_run::DailyRun;
use crate::domain::directory::Entry;
use crate::domain::import::run::ImportRun;
use crate::domain::loan::Loan;
use crate::domain::operator::Operator;
use crate::domain::statement::file::StatementFile;
use crate::domain::statement::payment::IncomingPayment;
use crate::domain::token::Token;
use crate::domain::user::User;
use crate::domain::{Meta, StreamId, StreamKind};
use crate::store::projection::{Projection, project};
use crate::store::{Head, Loaded, Noun, StateDigest, Store, StoreError, StreamCounts, keys};
use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;

/// One frame to fold.
pub(super) struct Work {
    pub seq: u64,
    pub header: FrameHeader,
    pub bodies: Bytes,
}

/// What a folder is handed.
#[derive(Clone)]
pub(super) enum Handed {
    Frames(Arc<Vec<Work>>),
    /// All folders end a window between the same two frames: a value that one stream gave back and
    /// another took has one holder there.
    EndOfWindow,
}

/// A stream whose events are being folded.
trait Folded: Send {
    fn take(&mut self, event: &EventHeader, body: &[u8], meta: &Meta) -> Result<(), DecodeError>;
    fn project(self: Box<Self>, stream: StreamId, version: u64) -> Projection;
}

struct Folding<A: Noun> {
    before: Loaded<A>,
    state: A,
}

impl<A: Noun> Folded for Folding<A> {
    fn take(&mut self, event: &EventHeader, body: &[u8], meta: &Meta) -> Result<(), DecodeError> {
        let event = A::decode_event(event.kind, event.version, body)?;
        self.state.evolve(&event, meta);
        Ok(())
    }
    fn project(self: Box<Self>, stream: StreamId, version: u64) -> Projection {
        project(stream, &self.before, &self.state, version)
    }
}

/// A stream with the version that was folded last.
type Begun = (u64, Box<dyn Folded>);

/// Change of the digest of all heads, and the new streams.
pub(super) type Sums = (StateDigest, StreamCounts);

/// Folds the streams of one share.
pub(super) struct Folder<'a> {
    store: &'a Store,
    /// Its number, and how many there are.
    share: (usize, usize),
    runs: Sender<Arc<Run>>,
    /// The streams of the window with their versions.
    window: HashMap<StreamId, Begun>,
    sums: Sums,
    /// Runs that may not be in the view yet, the newest first.
    sent: VecDeque<Arc<Run>>,
}

impl<'a> Folder<'a> {
    pub fn new(store: &'a Store, share: (usize, usize), runs: Sender<Arc<Run>>) -> Self {
        let (window, sent) = (HashMap::new(), VecDeque::new());
        Self { store, share, runs, window, sums: Sums::default(), sent }
    }

    /// Folds whatever comes in; what it comes to.
    pub fn run(mut self, handed: &Receiver<Handed>) -> Result<Sums, ReplayError> {
        for handed in handed {
            match handed {
                Handed::Frames(works) => works.iter().try_for_each(|work| self.take(work))?,
                Handed::EndOfWindow => {
                    if !self.close_window() {
                        break;
                    }
                }
            }
        }
        Ok(self.sums)
    }

    fn is_mine(&self, stream: StreamId) -> bool {
        // The last bytes of an identifier are random.
        usize::from(stream.owner.as_bytes()[15]) % self.share.1 == self.share.0
    }

    fn take(&mut self, work: &Work) -> Result<(), ReplayError> {
        let undecoded = |source| ReplayError::Frame { seq: work.seq, source };
        let header = &work.header;
        if !header.streams.iter().any(|row| self.is_mine(row.stream)) {
            return Ok(());
        }
        let mut first_drawn = 0;
        for (index, row) in header.streams.iter().enumerate() {
            let drawn = first_drawn..first_drawn + usize::from(row.drawn);
            first_drawn = drawn.end;
            if !self.is_mine(row.stream) {
                continue;
            }
            let meta = Meta {
                seq: work.seq,
                at: header.at,
                actor: header.actor,
                drawn: header.drawn[drawn].iter().map(|drawn| drawn.number).collect(),
            };
            let bodies = frame::bodies_of(header, index, &work.bodies);
            let count = header.events.iter().filter(|event| usize::from(event.stream) == index);
            let count = count.count() as u64;
            let first = row.version == count;
            if first || !self.window.contains_key(&row.stream) {
                let folded = self.begin(row.stream, first)?;
                self.window.insert(row.stream, folded);
            }
            let Some((version, folded)) = self.window.get_mut(&row.stream) else {
                continue;
            };
            if *version + count != row.version {
                // Events folded twice, or not at all, would spoil the state without a word.
                let why = format!("frame {} does not follow the head of its stream", work.seq);
                return Err(StoreError::Broken(io::Error::other(why)).into());
            }
            *version = row.version;
            for body in bodies {
                let (event, body) = body.map_err(undecoded)?;
                folded.take(event, body, &meta).map_err(undecoded)?;
            }
        }
        Ok(())
    }

    /// A stream as it was before the window; nothing is looked up for its first frame.
    fn begin(&mut self, stream: StreamId, first: bool) -> Result<Begun, StoreError> {
        let head = if first { None } else { self.head(stream)? };
        match stream.kind {
            StreamKind::Client => folding::<Client>(head),
            StreamKind::Loan => folding::<Loan>(head),
            StreamKind::Call => folding::<Call>(head),
            StreamKind::Operator => folding::<Operator>(head),
            StreamKind::User => folding::<User>(head),
            StreamKind::Token => folding::<Token>(head),
            StreamKind::Entry => folding::<Entry>(head),
            StreamKind::Import => folding::<ImportRun>(head),
            StreamKind::Statement => folding::<StatementFile>(head),
            StreamKind::IncomingPayment => folding::<IncomingPayment>(head),
            StreamKind::DailyRun => folding::<DailyRun>(head),
        }
    }

    fn head(&mut self, stream: StreamId) -> Result<Option<Vec<u8>>, StoreError> {
        let key = keys::head(stream);
        // Nobody but this folder writes its streams.
        match self.sent.iter().find_map(|run| run.get(&key)) {
            Some(head) => Ok(head.map(<[u8]>::to_vec)),
            None => self.store.get(&key),
        }
    }

    /// Projects every stream of the window and sends the rows; false when nobody takes them.
    fn close_window(&mut self) -> bool {
        let mut run = Run::default();
        for (stream, (version, folded)) in self.window.drain() {
            let projection = folded.project(stream, version);
            match &projection.head_before {
                Some(head) => self.sums.0.remove(stream, head),
                None => self.sums.1.add(stream.kind),
            }
            self.sums.0.add(stream, &projection.head_after);
            run.take(projection);
        }
        run.sort();
        // What is in the view is let go here, so that the next window finds its memory.
        while self.sent.back().is_some_and(|run| run.is_written()) {
            self.sent.pop_back();
        }
        let run = Arc::new(run);
        self.sent.push_front(Arc::clone(&run));
        self.runs.send(run).is_ok()
    }
}

fn folding<A: Noun>(head: Option<Vec<u8>>) -> Result<Begun, StoreError> {
    let before: Loaded<A> = match head {
        Some(bytes) => Head::decode(&bytes)?,
        None => Loaded::default(),
    };
    let state = A::clone(&before.state);
    Ok((before.version, Box::new(Folding { before, state })))
}
