//! The real box on a simulated disk and clock: journal, committer, view. Its view lies in a real
//! folder, which is lost, cut and spoilt at restarts.

use crate::model::{Ask, Asked, Expected, Key, Model, Name};
use lenderbox::base::ids::{ClientId, PartId, SeededIds, splitmix};
use lenderbox::base::personal::Personal;
use lenderbox::base::time::{Clock, ManualClock, Timestamp, Zone};
use lenderbox::codec::frame::CommandKey;
use lenderbox::committer::{Committed, Engine, Proposal, Refusal, TypedChange};
use lenderbox::domain::access::Principal;
use lenderbox::domain::client::{
    AddNote, ChangeDetails, Client, ClientCommand, ClientDraft, PhoneDraft, RegisterClient,
};
use lenderbox::domain::{Aggregate, ClaimSpace, Context, StreamId, StreamKind};
use lenderbox::feed::Feed;
use lenderbox::journal::{Log, LogOptions, SimulatedDisk, examine};
use lenderbox::store::rebuild::{self, ReplayError};
use lenderbox::store::{Loaded, Store, StoreError, StoreSettings};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

const JOURNAL: &str = "/box/journal";
const SEGMENT_BYTES: u64 = 8 * 1024;
const CLIENTS: u64 = 24;
const PHONES: u64 = 40;
const LIVES: u64 = 5;

/// INNs of persons with valid check digits.
const INNS: [&str; 4] = ["500100732259", "772807592836", "526317984689", "366403962490"];

struct World {
    seed: u64,
    random: u64,
    clock: ManualClock,
    disk: SimulatedDisk,
    folder: tempfile::TempDir,
    /// Counts the view's folders: each life has its own.
    lives: u64,
    model: Model,
    /// Frames acknowledged: they must survive everything legal.
    acknowledged: u64,
    /// States as they were some time ago, for decisions that come too late.
    stale: BTreeMap<Name, Loaded<Client>>,
}

pub fn live(seed: u64) {
    let start = Timestamp::from_micros(1_795_000_000_000_000);
    let mut world = World {
        seed,
        random: seed.wrapping_mul(0x9E37_79B9).wrapping_add(1),
        clock: ManualClock::at(start),
        disk: SimulatedDisk::new(seed),
        folder: memory_folder(),
        lives: 0,
        model: Model::default(),
        acknowledged: 0,
        stale: BTreeMap::new(),
    };
    for _ in 0..LIVES {
        let mut engine = world.start();
        world.check_everything(&mut engine);
        world.work(&mut engine);
        world.stop(engine);
    }
    let mut engine = world.start();
    world.check_everything(&mut engine);
    // The view equals one that is built from nothing.
    let position = engine.position();
    let live = rows(&engine).ok();
    engine.rebuild_view().unwrap();
    assert_eq!(engine.position(), position, "seed {seed}: a rebuilt view differs");
    // A view that was spoilt where nothing had looked yet does not read.
    if let Some(live) = live {
        assert!(rows(&engine).unwrap() == live, "seed {seed}: the rows of a rebuilt view differ");
    }
    world.check_everything(&mut engine);
}

/// A folder in memory where there is one: the view need not be durable, and its syncs would take
/// most of the time.
fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Every row of the view.
fn rows(engine: &Engine) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
    let mut rows = Vec::new();
    let mut keep = |key: &[u8], value: &[u8]| {
        rows.push((key.to_vec(), value.to_vec()));
        true
    };
    engine.store().scan(b"", b"", &mut keep)?;
    Ok(rows)
}

fn stream(client: Name) -> StreamId {
    StreamId::new(StreamKind::Client, Uuid::from_u128(u128::from(client) + 1))
}

fn phone(number: u8) -> String {
    format!("+7916555{:04}", u32::from(number) * 7)
}

impl World {
    fn below(&mut self, bound: u64) -> u64 {
        splitmix(&mut self.random) % bound
    }

    fn small(&mut self, bound: u64) -> u8 {
        u8::try_from(self.below(bound)).unwrap()
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    fn view(&self) -> PathBuf {
        self.folder.path().join(format!("store-{}", self.lives))
    }

    /// Starts the box as the application does: journal, view, what the view misses.
    fn start(&mut self) -> Engine {
        let seed = self.seed;
        let settings = StoreSettings { folder: self.view(), cache_bytes: 1 << 20 };
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let mut options = LogOptions::kept(JOURNAL, "journal", clock);
        options.segment_bytes = SEGMENT_BYTES;
        options.prepare_ahead = false;
        let existing = Store::open(settings.clone())
            .and_then(|store| rebuild::is_current(&store).map(|_| store));
        let fresh = || {
            Store::quarantine(&settings.folder).unwrap();
            Store::open(settings.clone()).unwrap()
        };
        let mut store = existing.unwrap_or_else(|_| fresh());
        options.attested = store.position().map_or(0, |position| position.seq);
        let (log, report) = Log::open(Arc::new(self.disk.clone()), options)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(
            report.head >= self.acknowledged && report.head <= self.model.head(),
            "seed {seed}: the journal ends at {}, acknowledged {}, written at most {}",
            report.head,
            self.acknowledged,
            self.model.head()
        );
        self.model = self.model.at(report.head);
        self.acknowledged = report.head;
        match rebuild::catch_up(&store, &log.tail(), |_| {}) {
            Ok(_) => {}
            Err(ReplayError::Store(_)) => {
                drop(store);
                store = fresh();
                rebuild::catch_up(&store, &log.tail(), |_| {}).unwrap();
            }
            Err(error) => panic!("seed {seed}: {error}"),
        }
        let feed = Arc::new(Feed::new(report.head));
        let ids = Arc::new(SeededIds::new(self.random));
        Engine::new(log, Arc::new(store), feed, ids).unwrap()
    }

    fn work(&mut self, engine: &mut Engine) {
        if self.one_in(3) {
            self.disk.fail_sync_after(splitmix(&mut self.random) % 25);
        }
        for _ in 0..self.below(25) {
            let pause = i64::try_from(self.below(1_500_000_000)).unwrap();
            self.clock.advance_micros(pause);
            match self.below(12) {
                0 => {
                    if engine.log().mark_durable().is_err() {
                        return;
                    }
                }
                1 => drop(engine.store().flush().unwrap()),
                2 if self.one_in(3) => engine.store().recycle().unwrap(),
                3 if self.one_in(3) => {
                    engine.store().fail();
                    engine.rebuild_view().unwrap();
                }
                4 => {
                    let room = self.below(2 * SEGMENT_BYTES);
                    let full = self.one_in(2);
                    self.disk.set_capacity(full.then(|| self.disk.used_bytes() + room));
                }
                _ => {
                    if !self.group(engine) {
                        return;
                    }
                }
            }
        }
    }

    /// Commits a group and checks each answer; false when the journal failed.
    fn group(&mut self, engine: &mut Engine) -> bool {
        let seed = self.seed;
        let mut asked = Vec::new();
        let mut proposals = Vec::new();
        for _ in 0..=self.below(6) {
            let ask = self.ask();
            if let Some((one, proposal)) = self.decide(engine, ask) {
                asked.push(one);
                proposals.push(proposal);
            }
        }
        let Ok(answers) = engine.commit(proposals) else {
            // Nobody was answered. What the journal holds of the group shows at the next start.
            for one in asked {
                if matches!(self.model.expect(&one), Expected::Done { .. }) {
                    self.model.apply(one);
                }
            }
            return false;
        };
        assert_eq!(answers.len(), asked.len());
        for (answer, one) in answers.into_iter().zip(asked) {
            if matches!(answer, Err(Refusal::StorageLow)) {
                assert!(self.disk_may_be_full(), "seed {seed}: refused without need");
                continue;
            }
            let expected = self.model.expect(&one);
            check(seed, &one, &expected, &answer);
            if matches!(expected, Expected::Done { .. }) {
                self.model.apply(one);
            }
        }
        self.acknowledged = self.model.head();
        assert_eq!(engine.position().seq, self.acknowledged, "seed {seed}");
        true
    }

    fn disk_may_be_full(&self) -> bool {
        use lenderbox::journal::Disk;
        self.disk.free_bytes(Path::new(JOURNAL)).unwrap() < SEGMENT_BYTES
    }

    fn ask(&mut self) -> Ask {
        let client = self.small(CLIENTS);
        match self.below(5) {
            0 | 1 => {
                let inn = self.one_in(2).then(|| self.small(INNS.len() as u64));
                let phone = self.small(PHONES);
                Ask::Register { client, phone, inn, insists: self.one_in(3) }
            }
            2 => Ask::ChangePhone { client, phone: self.small(PHONES), insists: self.one_in(3) },
            _ => Ask::Note { client, text: self.small(100) },
        }
    }

    /// Decides as a lane does: on the state now, or on an old one.
    fn decide(&mut self, engine: &Engine, ask: Ask) -> Option<(Asked, Proposal)> {
        let now = self.clock.now();
        let context = Context { now, zone: Zone::Europe__Moscow, principal: Principal::System };
        let current = engine.store().load::<Client>(stream(ask.client())).unwrap();
        let loaded = match (ask, self.stale.get(&ask.client())) {
            (Ask::Register { .. }, _) => Loaded::default(),
            (_, Some(stale)) if splitmix(&mut self.random).is_multiple_of(4) => stale.clone(),
            _ => current.clone(),
        };
        if self.one_in(3) {
            self.stale.insert(ask.client(), current);
        }
        let decision = loaded.state.as_ref().clone().decide(self.command(ask), &context).ok()?;
        if decision.events.is_empty() {
            return None;
        }
        let body = match ask {
            Ask::Register { client, phone, .. } | Ask::ChangePhone { client, phone, .. } => {
                client ^ phone.rotate_left(3)
            }
            Ask::Note { client, text } => 128 | (client ^ text),
        };
        let hour = u32::try_from(now.micros() / 3_600_000_000).unwrap();
        let key: Option<Key> = self.one_in(2).then(|| (hour, self.small(200), body));
        let asked =
            Asked { ask, key, before: loaded.version, events: decision.events.len() as u64 };
        let insists = matches!(
            ask,
            Ask::Register { insists: true, .. } | Ask::ChangePhone { insists: true, .. }
        );
        let change =
            TypedChange::new(stream(ask.client()), loaded, decision.events, decision.draws);
        let proposal = Proposal {
            at: now,
            actor: Principal::System,
            cause: None,
            command: key.map(|(hour, id, body)| CommandKey {
                hour,
                id: [id; 16],
                body: [body; 16],
            }),
            bulk: self.one_in(4),
            essential: false,
            acknowledge_duplicates: insists,
            changes: vec![Box::new(change)],
        };
        Some((asked, proposal))
    }

    fn command(&mut self, ask: Ask) -> ClientCommand {
        let phones = |number| {
            let draft =
                PhoneDraft { number: Personal::new(phone(number)), ..PhoneDraft::default() };
            Some(vec![draft])
        };
        match ask {
            Ask::Register { client, phone, inn, insists } => {
                ClientCommand::Register(RegisterClient {
                    id: ClientId::from_uuid(stream(client).id),
                    draft: ClientDraft {
                        last_name: Some(Personal::new("Иванова".into())),
                        inn: inn.map(|inn| Personal::new(INNS[usize::from(inn)].into())),
                        phones: phones(phone),
                        ..ClientDraft::default()
                    },
                    acknowledge_duplicates: insists,
                })
            }
            Ask::ChangePhone { phone, insists, .. } => ClientCommand::Change(ChangeDetails {
                draft: ClientDraft { phones: phones(phone), ..ClientDraft::default() },
                acknowledge_duplicates: insists,
            }),
            Ask::Note { text, .. } => ClientCommand::AddNote(AddNote {
                id: PartId::from_uuid(Uuid::from_u128(u128::from(splitmix(&mut self.random)))),
                text: format!("note {text} {}", "x".repeat(usize::from(text) + 1)),
            }),
        }
    }

    /// Ends a life: cleanly, by a kill or by a power loss; then the view may be lost or spoilt.
    fn stop(&mut self, mut engine: Engine) {
        let clean = self.one_in(4);
        if clean && engine.log().mark_durable().is_ok() {
            engine.store().flush().unwrap();
        }
        // As another process would find it: what a closing handle still writes does not count.
        let from = self.view();
        self.lives += 1;
        copy(&from, &self.view());
        self.disk = if clean || self.one_in(3) { self.disk.kill() } else { self.disk.crash() };
        self.disk.set_capacity(None);
        drop(engine);
        fs::remove_dir_all(from).unwrap();
        match self.below(6) {
            0 => fs::remove_dir_all(self.view()).unwrap(),
            1 | 2 => self.spoil_view(),
            _ => {}
        }
        let report = examine(&self.disk, Path::new(JOURNAL), self.acknowledged);
        assert!(report.is_sound(), "seed {}: {report}", self.seed);
    }

    fn spoil_view(&mut self) {
        let mut files = Vec::new();
        walk(&self.view(), &mut files);
        files.sort();
        if files.is_empty() {
            return;
        }
        let pick = usize::try_from(self.below(files.len() as u64)).unwrap();
        let mut bytes = fs::read(&files[pick]).unwrap();
        if bytes.is_empty() {
            return;
        }
        let place = usize::try_from(self.below(bytes.len() as u64)).unwrap();
        if self.one_in(2) {
            bytes[place] ^= 1 << self.below(8);
        } else {
            bytes.truncate(place);
        }
        fs::write(&files[pick], bytes).unwrap();
    }

    /// Compares the whole view with the model. A view that turns out broken only when it is read is
    /// rebuilt, as the committer does.
    fn check_everything(&self, engine: &mut Engine) {
        if self.differs(engine).is_err() {
            engine.rebuild_view().unwrap();
            self.differs(engine).unwrap();
        }
    }

    fn differs(&self, engine: &Engine) -> Result<(), StoreError> {
        let (seed, store) = (self.seed, engine.store());
        assert_eq!(engine.position().seq, self.model.head(), "seed {seed}");
        for client in 0..u8::try_from(CLIENTS).unwrap() {
            let loaded = store.load::<Client>(stream(client))?;
            let Some(expected) = self.model.clients.get(&client) else {
                assert_eq!(loaded.version, 0, "seed {seed}: client {client} is from nowhere");
                continue;
            };
            let state = &loaded.state;
            assert_eq!(loaded.version, expected.version, "seed {seed}: client {client}");
            assert_eq!(state.number, expected.number, "seed {seed}: client {client}");
            assert_eq!(state.notes.len() as u64, expected.notes.min(50), "seed {seed}: {client}");
            let last = expected.last_note.map(|text| format!("note {text} "));
            let same = match (&last, state.notes.last()) {
                (None, None) => true,
                (Some(beginning), Some(note)) => note.text.reveal().starts_with(beginning.as_str()),
                _ => false,
            };
            assert!(same, "seed {seed}: client {client}'s last note");
        }
        for number in 0..u8::try_from(PHONES).unwrap() {
            let mut holders = store.holders(ClaimSpace::Phone, &phone(number))?;
            holders.sort_unstable();
            let expected: Vec<StreamId> =
                self.model.holders_of_phone(number).into_iter().map(stream).collect();
            assert_eq!(holders, expected, "seed {seed}: phone {number}");
        }
        let digest = rebuild::digest_of_heads(store)?;
        assert_eq!(digest, engine.position().digest, "seed {seed}: the digest is not the heads'");
        Ok(())
    }
}

fn check(seed: u64, one: &Asked, expected: &Expected, answer: &Result<Committed, Refusal>) {
    let client = stream(one.ask.client());
    let agrees = match (expected, answer) {
        (Expected::Done { seq, version }, Ok(committed)) => {
            let receipt = &committed.receipt;
            !receipt.repeated && receipt.seq == *seq && receipt.version_of(client) == Some(*version)
        }
        (Expected::Repeated { seq, version }, Ok(committed)) => {
            let receipt = &committed.receipt;
            let versions: Vec<u64> = receipt.streams.iter().map(|(_, version)| *version).collect();
            receipt.repeated && receipt.seq == *seq && versions == [*version]
        }
        (Expected::Conflict, Err(Refusal::Conflict(found))) => *found == client,
        (Expected::KeyReused, Err(Refusal::KeyReused)) => true,
        (Expected::Duplicate(taken), Err(Refusal::Duplicate { holders, hard, .. })) => {
            let mut holders = holders.clone();
            holders.sort_unstable();
            taken.iter().any(|taken| {
                taken.hard == *hard
                    && taken.holders.iter().map(|name| stream(*name)).eq(holders.iter().copied())
            })
        }
        _ => false,
    };
    let said = answer.as_ref().map(|committed| &committed.receipt);
    assert!(agrees, "seed {seed}: {one:?}: expected {expected:?}, the box said {said:?}");
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

fn copy(from: &Path, to: &Path) {
    let mut files = Vec::new();
    walk(from, &mut files);
    for file in files {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&file, target).unwrap();
    }
}
