//! Building a view anew, with memory that does not grow with the journal: frames are dealt out to
//! parts by stream and laid aside, each part is folded whole and its rows laid aside in order of
//! their keys, and all rows are written into the view in one go, in order.
//!
//! Works in an empty folder that nobody takes for a view until it is whole, with a scratch folder
//! beside it. Must never look a stream up: each is folded from its first frame on.

use super::fold::{self, Sums, Window, Work};
use super::write::ROWS_PER_BATCH;
use super::{Loose, ReplayError, joined};
use crate::codec;
use crate::codec::frame;
use crate::journal::Tail;
use crate::store::{Position, Store, StoreError, StoreSettings, VIEWS_VERSION, Write, keys};
use bytes::Bytes;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Scope, ScopedJoinHandle};

/// Parts at most: each is an open file with a buffer.
const PARTS_MAX: u64 = 256;
/// Bytes that wait for one file.
const BUFFER_BYTES: usize = 128 * 1024;
/// What stands behind the last piece of a file, in place of a length.
const END: u32 = u32::MAX;
/// Threads that fold parts.
const FOLDERS: usize = 2;
/// How much is held in memory.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    /// Frames of one part: its states are held in memory.
    pub frames_per_part: u64,
    /// Bytes of the journal for one part: a frame of an import brings many rows.
    pub bytes_per_part: u64,
    /// Bytes of rows after which a flush begins beside the writing.
    pub flush_bytes: usize,
    /// Bytes of rows after which the view is closed and opened: leaves that were written stay in
    /// memory.
    pub reopen_bytes: usize,
}

const SIZES: Sizes = Sizes {
    frames_per_part: 64 * 1024,
    bytes_per_part: 64 << 20,
    flush_bytes: 64 << 20,
    reopen_bytes: 256 << 20,
};

/// Builds a view in an empty folder, and closes it.
///
/// # Errors
/// See [`ReplayError`]; what is in the folder then is of no use.
pub fn build(
    settings: StoreSettings,
    tail: &Tail,
    progress: impl FnMut(u64),
) -> Result<Position, ReplayError> {
    build_by(settings, tail, progress, SIZES)
}

/// [`build`] with other sizes.
pub(crate) fn build_by(
    settings: StoreSettings,
    tail: &Tail,
    progress: impl FnMut(u64),
    sizes: Sizes,
) -> Result<Position, ReplayError> {
    let by_bytes = tail.bytes()? / sizes.bytes_per_part;
    let parts =
        (tail.head() / sizes.frames_per_part).max(by_bytes).saturating_add(1).min(PARTS_MAX);
    let parts = usize::try_from(parts).unwrap_or(usize::MAX);
    let scratch = Scratch::new(&settings, parts).map_err(ReplayError::Scratch)?;
    let store = Store::open(settings)?;
    let mut position = store.position()?;
    if tail.head() > position.seq {
        let mut loose = Loose::default();
        position.seq = deal_out(tail, &scratch, &mut loose, progress)?;
        (position.digest, position.streams) = fold_parts(&scratch)?;
        position.views = VIEWS_VERSION;
        merge(&store, &scratch, sizes)?;
        let mut rows = loose.rows();
        rows.push((keys::POSITION.to_vec(), codec::encode(&position)));
        store.apply(rows, [])?;
    }
    store.flush()?;
    Ok(position)
}

/// A folder for what is laid aside; it is gone when the building ends.
struct Scratch {
    folder: PathBuf,
    parts: usize,
}

impl Scratch {
    fn new(settings: &StoreSettings, parts: usize) -> io::Result<Self> {
        let folder = settings.parts();
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, parts })
    }
    fn frames(&self, part: usize) -> PathBuf {
        self.folder.join(format!("frames-{part}"))
    }
    fn rows(&self, part: usize) -> PathBuf {
        self.folder.join(format!("rows-{part}"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "what a rebuild laid aside could not be removed");
        }
    }
}

/// A file of pieces, each behind its length.
struct Pieces<F>(F);

impl Pieces<BufWriter<File>> {
    fn create(path: &Path) -> Result<Self, ReplayError> {
        let file = File::create(path).map_err(ReplayError::Scratch)?;
        Ok(Self(BufWriter::with_capacity(BUFFER_BYTES, file)))
    }
    fn put(&mut self, piece: &[u8]) -> Result<(), ReplayError> {
        let length = u32::try_from(piece.len()).map_err(io::Error::other);
        let put = length.and_then(|length| {
            self.0.write_all(&length.to_le_bytes())?;
            self.0.write_all(piece)
        });
        put.map_err(ReplayError::Scratch)
    }
    /// Without its end mark a file is taken for cut off.
    fn finish(mut self) -> Result<(), ReplayError> {
        let marked = self.0.write_all(&END.to_le_bytes());
        marked.and_then(|()| self.0.flush()).map_err(ReplayError::Scratch)
    }
}

impl Pieces<BufReader<File>> {
    fn open(path: &Path) -> Result<Self, ReplayError> {
        let file = File::open(path).map_err(ReplayError::Scratch)?;
        Ok(Self(BufReader::with_capacity(BUFFER_BYTES, file)))
    }
    /// The next piece; none at the end mark.
    fn next(&mut self) -> Result<Option<Vec<u8>>, ReplayError> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).map_err(ReplayError::Scratch)?;
        let length = u32::from_le_bytes(length);
        if length == END {
            return Ok(None);
        }
        let mut piece = vec![0; length as usize];
        self.0.read_exact(&mut piece).map_err(ReplayError::Scratch)?;
        Ok(Some(piece))
    }
    /// The next piece of something that was laid aside whole.
    fn must(&mut self) -> Result<Vec<u8>, ReplayError> {
        let cut_off = || ReplayError::Scratch(ErrorKind::UnexpectedEof.into());
        self.next()?.ok_or_else(cut_off)
    }
}

/// Reads the journal and lays each frame aside for the parts that its streams belong to; the number
/// of the last one.
fn deal_out(
    tail: &Tail,
    scratch: &Scratch,
    loose: &mut Loose,
    mut progress: impl FnMut(u64),
) -> Result<u64, ReplayError> {
    let parts = scratch.parts;
    let files = (0..parts).map(|part| Pieces::create(&scratch.frames(part)));
    let mut files = files.collect::<Result<Vec<_>, ReplayError>>()?;
    let mut reader = tail.read_from(1)?;
    let mut last = 0;
    let mut wanted = Vec::new();
    while let Some(read) = reader.next_frame()? {
        last = read.seq;
        let undecoded = |source| ReplayError::Frame { seq: last, source };
        let header = frame::read_header(&read.header).map_err(undecoded)?;
        loose.take(last, &header);
        wanted.clear();
        wanted.extend(header.streams.iter().map(|row| fold::share_of(row.stream, parts)));
        wanted.sort_unstable();
        wanted.dedup();
        for part in &wanted {
            let file = &mut files[*part];
            file.put(&last.to_le_bytes())?;
            if wanted.len() == 1 {
                file.put(&read.header)?;
                file.put(&read.body)?;
                continue;
            }
            // A frame of an import has streams of many parts: each gets its own and no more.
            let is_wanted = |stream| fold::share_of(stream, parts) == *part;
            let own = frame::only(&header, &read.body, is_wanted).map_err(undecoded)?;
            file.put(&codec::encode(&own.0))?;
            file.put(&own.1)?;
        }
        progress(last);
    }
    files.into_iter().try_for_each(Pieces::finish)?;
    Ok(last)
}

/// Folds all parts and lays their rows aside; what the heads come to.
fn fold_parts(scratch: &Scratch) -> Result<Sums, ReplayError> {
    let next = AtomicUsize::new(0);
    let fold = || {
        let mut sums = Sums::default();
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= scratch.parts {
                return Ok::<_, ReplayError>(sums);
            }
            fold_part(scratch, part, &mut sums)?;
        }
    };
    std::thread::scope(|scope| {
        let folders = [(); FOLDERS].map(|()| scope.spawn(fold));
        let mut sums = Sums::default();
        for folder in folders {
            let (digest, streams) = joined(folder.join())?;
            sums.0.combine(digest);
            sums.1.combine(streams);
        }
        Ok(sums)
    })
}

fn fold_part(scratch: &Scratch, part: usize, sums: &mut Sums) -> Result<(), ReplayError> {
    let path = scratch.frames(part);
    let mut file = Pieces::open(&path)?;
    let mut window = Window::new();
    let share = (part, scratch.parts);
    while let Some(seq) = file.next()? {
        let (header, bodies) = (file.must()?, file.must()?);
        let seq = seq.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let header =
            frame::read_header(&header).map_err(|source| ReplayError::Frame { seq, source })?;
        let work = Work { seq, header, bodies: Bytes::from(bodies) };
        fold::take(&mut window, &work, |stream| fold::is_in(stream, share), |_| Ok(None))?;
    }
    drop(file);
    std::fs::remove_file(&path).map_err(ReplayError::Scratch)?;
    let run = fold::project_all(&mut window, sums);
    let mut rows = Pieces::create(&scratch.rows(part))?;
    for (key, value) in run.rows() {
        // A stream folded from its first frame on removes nothing.
        if let Some(value) = value {
            rows.put(key)?;
            rows.put(value)?;
        }
    }
    rows.finish()
}

/// The row that comes next in one of the files, and which file.
type Next = Reverse<(Vec<u8>, Vec<u8>, usize)>;

fn next_row(
    files: &mut [Pieces<BufReader<File>>],
    part: usize,
) -> Result<Option<Next>, ReplayError> {
    let Some(key) = files[part].next()? else {
        return Ok(None);
    };
    Ok(Some(Reverse((key, files[part].must()?, part))))
}

/// Writes the rows of all parts into the view in order of their keys.
fn merge(store: &Store, scratch: &Scratch, sizes: Sizes) -> Result<(), ReplayError> {
    let files = (0..scratch.parts).map(|part| Pieces::open(&scratch.rows(part)));
    let mut files = files.collect::<Result<Vec<_>, ReplayError>>()?;
    let mut next = BinaryHeap::new();
    for part in 0..scratch.parts {
        next.extend(next_row(&mut files, part)?);
    }
    let mut writing = Writing { store, sizes, batch: Vec::new(), unflushed: 0, unclosed: 0 };
    std::thread::scope(|scope| {
        let mut flushing = None;
        while let Some(Reverse((key, value, part))) = next.pop() {
            next.extend(next_row(&mut files, part)?);
            writing.take((key, Some(value)))?;
            writing.keep_small(scope, &mut flushing)?;
        }
        writing.write()?;
        ended(flushing)
    })
}

/// A flush beside the writing.
type Flush<'scope> = ScopedJoinHandle<'scope, Result<(), StoreError>>;

fn ended(flushing: Option<Flush<'_>>) -> Result<(), ReplayError> {
    flushing.map_or(Ok(()), |flush| Ok(joined(flush.join())?))
}

/// Writes rows in batches.
struct Writing<'a> {
    store: &'a Store,
    sizes: Sizes,
    batch: Vec<Write>,
    /// Bytes written since the last flush began.
    unflushed: usize,
    /// Bytes written since the view was opened.
    unclosed: usize,
}

impl<'a> Writing<'a> {
    fn take(&mut self, row: Write) -> Result<(), StoreError> {
        let bytes = row.0.len() + row.1.as_ref().map_or(0, Vec::len);
        self.unflushed += bytes;
        self.unclosed += bytes;
        self.batch.push(row);
        if self.batch.len() == ROWS_PER_BATCH { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let batch: Vec<&Write> = self.batch.iter().collect();
        self.store.write(&batch)?;
        self.batch.clear();
        Ok(())
    }

    /// Flushes beside the writing, and gives back the memory of what is behind.
    fn keep_small<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, '_>,
        flushing: &mut Option<Flush<'scope>>,
    ) -> Result<(), ReplayError>
    where
        'a: 'scope,
    {
        if self.unflushed < self.sizes.flush_bytes {
            return Ok(());
        }
        ended(flushing.take())?;
        self.unflushed = 0;
        if self.unclosed < self.sizes.reopen_bytes {
            let store = self.store;
            *flushing = Some(scope.spawn(move || store.flush().map(drop)));
        } else {
            self.store.recycle()?;
            self.unclosed = 0;
        }
        Ok(())
    }
}
