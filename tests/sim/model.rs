//! The plain model: what the box must answer, without a disk, a view or a crash.

use std::collections::BTreeMap;

/// A client by a small number.
pub type Name = u8;

/// What is asked of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Register { client: Name, phone: u8, inn: Option<u8>, insists: bool },
    ChangePhone { client: Name, phone: u8, insists: bool },
    Note { client: Name, text: u8 },
}

impl Ask {
    pub const fn client(self) -> Name {
        match self {
            Self::Register { client, .. }
            | Self::ChangePhone { client, .. }
            | Self::Note { client, .. } => client,
        }
    }
    const fn insists(self) -> bool {
        match self {
            Self::Register { insists, .. } | Self::ChangePhone { insists, .. } => insists,
            Self::Note { .. } => false,
        }
    }
}

/// The identity of a command: hour, id, hash of the body.
pub type Key = (u32, u8, u8);

/// One proposal.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub ask: Ask,
    pub key: Option<Key>,
    /// The version it was decided on.
    pub before: u64,
    /// How many events it was decided to be.
    pub events: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    pub version: u64,
    pub number: u64,
    pub phone: u8,
    pub inn: Option<u8>,
    pub notes: u64,
    pub last_note: Option<u8>,
}

/// What the box must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Done {
        seq: u64,
        version: u64,
    },
    Repeated {
        seq: u64,
        version: u64,
    },
    Conflict,
    KeyReused,
    /// Any one of these.
    Duplicate(Vec<Taken>),
}

/// A value that others hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub hard: bool,
    pub holders: Vec<Name>,
}

/// State after a number of frames.
#[derive(Debug, Clone, Default)]
pub struct Model {
    frames: Vec<Asked>,
    pub clients: BTreeMap<Name, Client>,
    commands: BTreeMap<(u32, u8), (u8, u64, u64)>,
}

impl Model {
    pub fn head(&self) -> u64 {
        self.frames.len() as u64
    }

    pub fn version(&self, client: Name) -> u64 {
        self.clients.get(&client).map_or(0, |client| client.version)
    }

    pub fn holders_of_phone(&self, phone: u8) -> Vec<Name> {
        let holds = |(name, client): (&Name, &Client)| (client.phone == phone).then_some(*name);
        self.clients.iter().filter_map(holds).collect()
    }

    /// What the box must answer, in the order in which it looks.
    pub fn expect(&self, asked: &Asked) -> Expected {
        if let Some((hour, id, body)) = asked.key {
            for day in [hour / 24, hour / 24 - 1] {
                match self.commands.get(&(day, id)) {
                    Some((first, seq, version)) if *first == body => {
                        return Expected::Repeated { seq: *seq, version: *version };
                    }
                    Some(_) => return Expected::KeyReused,
                    None => {}
                }
            }
        }
        if self.version(asked.ask.client()) != asked.before {
            return Expected::Conflict;
        }
        let taken = self.taken(asked.ask);
        if !taken.is_empty() {
            return Expected::Duplicate(taken);
        }
        Expected::Done { seq: self.head() + 1, version: asked.before + asked.events }
    }

    /// What others hold of what is asked for.
    fn taken(&self, ask: Ask) -> Vec<Taken> {
        let others = |holds: &dyn Fn(&Client) -> bool| -> Vec<Name> {
            let other = self
                .clients
                .iter()
                .filter(|(name, client)| **name != ask.client() && holds(client));
            other.map(|(name, _)| *name).collect()
        };
        let (phone, inn) = match ask {
            Ask::Register { phone, inn, .. } => (Some(phone), inn),
            Ask::ChangePhone { phone, .. } => (Some(phone), None),
            Ask::Note { .. } => (None, None),
        };
        let mut taken = Vec::new();
        if let Some(phone) = phone.filter(|_| !ask.insists()) {
            taken.push(Taken { hard: false, holders: others(&|client| client.phone == phone) });
        }
        if let Some(inn) = inn {
            taken.push(Taken { hard: true, holders: others(&|client| client.inn == Some(inn)) });
        }
        taken.retain(|taken| !taken.holders.is_empty());
        taken
    }

    /// Takes a frame over.
    pub fn apply(&mut self, asked: Asked) {
        self.frames.push(asked);
        let version = asked.before + asked.events;
        if let Some((hour, id, body)) = asked.key {
            self.commands.insert((hour / 24, id), (body, self.head(), version));
        }
        let number = self.clients.len() as u64 + 1;
        match asked.ask {
            Ask::Register { client, phone, inn, .. } => {
                let opened = Client { version, number, phone, inn, notes: 0, last_note: None };
                self.clients.insert(client, opened);
            }
            Ask::ChangePhone { client, phone, .. } => {
                let client = self.clients.get_mut(&client).unwrap();
                client.phone = phone;
                client.version = version;
            }
            Ask::Note { client, text } => {
                let client = self.clients.get_mut(&client).unwrap();
                client.notes += 1;
                client.last_note = Some(text);
                client.version = version;
            }
        }
    }

    /// The model as it was after `head` frames.
    pub fn at(&self, head: u64) -> Self {
        let mut earlier = Self::default();
        for frame in &self.frames[..usize::try_from(head).unwrap()] {
            earlier.apply(*frame);
        }
        earlier
    }
}
