//! Folding the events of many frames into states, stream by stream; windows of frames over a view.

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
use crate::domain::paper::Paper;
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
pub(super) trait Folded: Send {
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
pub(super) type Begun = (u64, Box<dyn Folded>);

/// Change of the digest of all heads, and the new streams.
pub(super) type Sums = (StateDigest, StreamCounts);

/// Folds the streams of one share.
pub(super) struct Folder<'a> {
    store: &'a Store,
    /// Its number, and how many there are.
    share: (usize, usize),
    runs: Sender<Arc<Run>>,
    /// The streams of the window with their versions.
    window: Window,
    sums: Sums,
    /// Runs that may not be in the view yet, the newest first.
    sent: VecDeque<Arc<Run>>,
}

impl<'a> Folder<'a> {
    pub fn new(store: &'a Store, share: (usize, usize), runs: Sender<Arc<Run>>) -> Self {
        let (window, sent) = (Window::new(), VecDeque::new());
        Self { store, share, runs, window, sums: Sums::default(), sent }
    }

    /// Folds whatever comes in; what it comes to.
    pub fn run(mut self, handed: &Receiver<Handed>) -> Result<Sums, ReplayError> {
        for handed in handed {
            match handed {
                Handed::Frames(works) => works.iter().try_for_each(|work| self.take(work))?,
                Handed::EndOfWindow => {
                    if !self.close_window()? {
                        break;
                    }
                }
            }
        }
        Ok(self.sums)
    }

    fn take(&mut self, work: &Work) -> Result<(), ReplayError> {
        let Self { store, share, window, sent, .. } = self;
        let head = |stream| {
            let key = keys::head(stream);
            // Nobody but this folder writes its streams.
            match sent.iter().find_map(|run| run.get(&key)) {
                Some(head) => Ok(head.map(<[u8]>::to_vec)),
                None => store.get(&key),
            }
        };
        take(window, work, |stream| is_in(stream, *share), head)
    }

    /// Projects every stream of the window and sends the rows; false when nobody takes them.
    fn close_window(&mut self) -> Result<bool, StoreError> {
        let run = project_all(&mut self.window, &mut self.sums);
        // Reads the places of the rows ahead: the one writer would wait for the disk at each.
        run.rows().iter().try_for_each(|(key, _)| self.store.get(key).map(drop))?;
        // What is in the view is let go here, so that the next window finds its memory.
        while self.sent.back().is_some_and(|run| run.is_written()) {
            self.sent.pop_back();
        }
        let run = Arc::new(run);
        self.sent.push_front(Arc::clone(&run));
        Ok(self.runs.send(run).is_ok())
    }
}

/// Whether a stream belongs to a share: its number, and how many there are. A client's streams stay
/// together.
pub(super) fn is_in(stream: StreamId, (number, of): (usize, usize)) -> bool {
    share_of(stream, of) == number
}

/// The share of `of` that a stream belongs to.
pub(super) fn share_of(stream: StreamId, of: usize) -> usize {
    // The last bytes of an identifier are random.
    let [.., high, low] = *stream.owner.as_bytes();
    usize::from(u16::from_be_bytes([high, low])) % of
}

/// Streams that are being folded.
pub(super) type Window = HashMap<StreamId, Begun>;

/// Folds the events of a frame that concern the wanted streams; `head` is asked for what a stream
/// was before, except at its first frame.
pub(super) fn take(
    window: &mut Window,
    work: &Work,
    is_wanted: impl Fn(StreamId) -> bool,
    head: impl Fn(StreamId) -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<(), ReplayError> {
    let undecoded = |source| ReplayError::Frame { seq: work.seq, source };
    let header = &work.header;
    let mut first_drawn = 0;
    for (index, row) in header.streams.iter().enumerate() {
        let drawn = first_drawn..first_drawn + usize::from(row.drawn);
        first_drawn = drawn.end;
        if !is_wanted(row.stream) {
            continue;
        }
        let meta = Meta {
            seq: work.seq,
            at: header.at,
            actor: header.actor,
            drawn: header.drawn[drawn].iter().map(|drawn| drawn.number).collect(),
        };
        let count = header.events.iter().filter(|event| usize::from(event.stream) == index);
        let count = count.count() as u64;
        let first = row.version == count;
        if first || !window.contains_key(&row.stream) {
            let before = if first { None } else { head(row.stream)? };
            window.insert(row.stream, begin(row.stream.kind, before)?);
        }
        let Some((version, folded)) = window.get_mut(&row.stream) else {
            continue;
        };
        if *version + count != row.version {
            // Events folded twice, or not at all, would spoil the state without a word.
            let why = format!("frame {} does not follow the head of its stream", work.seq);
            return Err(StoreError::Broken(io::Error::other(why)).into());
        }
        *version = row.version;
        for body in frame::bodies_of(header, index, &work.bodies) {
            let (event, body) = body.map_err(undecoded)?;
            folded.take(event, body, &meta).map_err(undecoded)?;
        }
    }
    Ok(())
}

/// Projects the streams into a run, and adds up what they come to.
pub(super) fn project_all(window: &mut Window, sums: &mut Sums) -> Run {
    let mut run = Run::default();
    for (stream, (version, folded)) in window.drain() {
        let projection = folded.project(stream, version);
        match &projection.head_before {
            Some(head) => sums.0.remove(stream, head),
            None => sums.1.add(stream.kind),
        }
        sums.0.add(stream, &projection.head_after);
        run.take(projection);
    }
    run.sort();
    run
}

/// A stream as its head says it was.
fn begin(kind: StreamKind, head: Option<Vec<u8>>) -> Result<Begun, StoreError> {
    match kind {
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
        StreamKind::Paper => folding::<Paper>(head),
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
