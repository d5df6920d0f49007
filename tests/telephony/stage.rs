//! A box with people and a client, an exchange at the other end of a wire, and pages that listen.

use lenderbox::actors::{Runtime, SingleLane};
use lenderbox::app::Core;
use lenderbox::base::ids::{CallId, ClientId, EntryId, UserId};
use lenderbox::base::personal::Personal;
use lenderbox::config::Config;
use lenderbox::domain::access::{Principal, Role};
use lenderbox::domain::call::pbx_event::PbxEventBody;
use lenderbox::domain::call::{Call, Disposition, OpeningWord};
use lenderbox::domain::client::{ClientDraft, PhoneDraft};
use lenderbox::domain::directory::EntryKind;
use lenderbox::feed::{Follower, Received};
use lenderbox::gateways::ami::parser::{Message, Parser};
use lenderbox::intake::pbx::PbxIntake;
use lenderbox::service::calls::NotesInput;
use lenderbox::service::users::{Recognised, UserToCreate};
use lenderbox::service::{Caller, Services};
use serde_json::Value;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const DEADLINE: Duration = Duration::from_secs(20);

/// A box with two operators, a supervisor and one client, and an exchange at `port`.
pub struct Stage {
    pub services: Arc<Services>,
    pub anna: Caller,
    pub boris: Caller,
    pub elena: Caller,
    pub client: ClientId,
    pub topic: EntryId,
}

pub fn person(id: UserId, role: Role) -> Caller {
    Caller {
        principal: Principal::User(id),
        role: Some(role),
        scope: None,
        address: "test".into(),
        command: None,
    }
}

/// Signs a person in to the box, as by a browser.
pub async fn sign_in(services: &Services, caller: &Caller, key: [u8; 32]) {
    let id = caller.user().unwrap();
    let recognised = Recognised { id, user: services.user(id).unwrap() };
    services.sign_in(caller, &recognised, key, None).await.unwrap();
}

impl Stage {
    pub async fn set(services: Arc<Services>) -> Self {
        let admin = Caller::system();
        let mut people = Vec::new();
        for (login, role, extension) in [
            ("anna", Role::Operator, Some("101")),
            ("boris", Role::Operator, Some("102")),
            ("elena", Role::Supervisor, None),
        ] {
            let user = services.create_user(
                &admin,
                UserToCreate {
                    login: login.into(),
                    name: format!("Name of {login}"),
                    role,
                    extension: extension.map(str::to_owned),
                    password: Personal::new("лодка-под-дождём".into()),
                },
            );
            let id: UserId = user.await.unwrap().id.to_string().parse().unwrap();
            people.push(person(id, role));
        }
        let elena = people.pop().unwrap();
        let boris = people.pop().unwrap();
        let anna = people.pop().unwrap();
        let draft = ClientDraft {
            last_name: Some(Personal::new("Иванова".into())),
            first_name: Some(Personal::new("Мария".into())),
            birth_date: Some(Personal::new("1990-02-28".parse().unwrap())),
            code_word: Some(Personal::new("Ромашка".into())),
            phones: Some(vec![PhoneDraft {
                number: Personal::new("+7 916 123-45-67".into()),
                ..PhoneDraft::default()
            }]),
            ..ClientDraft::default()
        };
        let card = services.register_client(&elena, draft, true).await.unwrap();
        let topic = EntryId::from_uuid(uuid::Uuid::from_u128(5));
        let body =
            serde_json::json!({"title": {"ru": "Платёж", "en": "Payment"}, "required_level": 2});
        services.put_entry(&elena, EntryKind::Topic, topic, 0, body).await.unwrap();
        for (n, caller) in [(1, &anna), (2, &boris)] {
            sign_in(&services, caller, [n; 32]).await;
        }
        until("the names", || services.people.at_extension("101").is_some()).await;
        Self { services, anna, boris, elena, client: card.client_id.parse().unwrap(), topic }
    }

    pub fn notes(&self) -> NotesInput {
        NotesInput {
            topics: vec![self.topic],
            comment: "said when".into(),
            opening_words: OpeningWord::ALL.to_vec(),
            disposition: Some(Disposition::InfoGiven),
            promise: None,
        }
    }

    pub async fn state_of(&self, caller: &Caller) -> (String, Option<String>) {
        let own = self.services.own_state(caller).await.unwrap();
        (own.state.to_owned(), own.reason.map(str::to_owned))
    }
}

pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    let waited = tokio::time::timeout(DEADLINE, async {
        while !holds() {
            ticks.tick().await;
        }
    });
    assert!(waited.await.is_ok(), "waited in vain for {what}");
}

/// The frames of one person, read until one fits.
pub struct Page {
    pub follower: Follower,
    pub user: UserId,
    pub role: Role,
    pub seen: VecDeque<String>,
}

impl Page {
    pub fn open(services: &Services, caller: &Caller) -> Self {
        let Principal::User(user) = caller.principal else { panic!("a person") };
        let follower = services.feed.follow(None).unwrap();
        Self { follower, user, role: caller.role.unwrap(), seen: VecDeque::new() }
    }

    pub async fn next(&mut self) -> Value {
        loop {
            let received = tokio::time::timeout(DEADLINE, self.follower.next()).await;
            let Ok(Received::Message(message)) = received else {
                panic!("no frame; seen {:?}", self.seen)
            };
            if message.audience.admits(self.user, self.role) {
                let frame: Value = serde_json::from_str(&message.to_json()).unwrap();
                let state = frame["card"]["call"]["state"].as_str().or(frame["state"].as_str());
                self.seen.push_back(format!("{} {}", message.kind, state.unwrap_or("")));
                return frame;
            }
        }
    }

    pub async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.next().await;
            if fits(&frame) {
                return frame;
            }
        }
    }

    pub async fn card(&mut self, state: &str) -> Value {
        self.until(|frame| frame["type"] == "call.card" && frame["card"]["call"]["state"] == state)
            .await
    }

    pub async fn own(&mut self, state: &str) -> Value {
        let user = self.user.to_string();
        self.until(|f| {
            f["type"] == "operator.state" && f["state"] == state && f["user_id"] == user.as_str()
        })
        .await
    }
}

/// The exchange: accepts one link at a time, answers the log-in, plays what it is told.
pub struct Exchange {
    pub listener: TcpListener,
    pub stream: Option<TcpStream>,
    pub parser: Parser,
    pub waiting: VecDeque<Message>,
}

impl Exchange {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener, stream: None, parser: Parser::default(), waiting: VecDeque::new() }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// Takes a connection up and greets it.
    pub async fn take_up(&mut self) {
        let (mut stream, _) =
            tokio::time::timeout(DEADLINE, self.listener.accept()).await.unwrap().unwrap();
        stream.write_all(b"Asterisk Call Manager/10.0.0\r\n").await.unwrap();
        self.stream = Some(stream);
        self.waiting.clear();
        self.parser = Parser::default();
    }

    pub async fn accept(&mut self) {
        self.take_up().await;
        let login = self.action("Login").await;
        assert_eq!(
            (login.get("Username"), login.get("Secret")),
            (Some("lenderbox"), Some("s3cret"))
        );
        self.say(
            "Response: Success\r\nActionID: login\r\nMessage: Authentication accepted\r\n\r\n",
        )
        .await;
        let inventory = self.action("CoreShowChannels").await;
        assert_eq!(inventory.get("ActionID"), Some("inventory"));
    }

    pub async fn inventory(&mut self) {
        self.say("Response: Success\r\nActionID: inventory\r\n\r\nEvent: CoreShowChannelsComplete\r\nActionID: inventory\r\n\r\n").await;
    }

    /// Tells that every channel that a recording creates is up.
    pub async fn inventory_of(&mut self, recording: &str) {
        let mut rows = String::from("Response: Success\r\nActionID: inventory\r\n\r\n");
        for message in Parser::default().push(recording.as_bytes()) {
            if message.event() == "Newchannel" {
                rows.push_str("Event: CoreShowChannel\r\nChannelStateDesc: Up\r\n");
                for key in ["Channel", "Uniqueid", "Linkedid"] {
                    rows.push_str(&format!("{key}: {}\r\n", message.get(key).unwrap()));
                }
                rows.push_str("\r\n");
            }
        }
        rows.push_str("Event: CoreShowChannelsComplete\r\nActionID: inventory\r\n\r\n");
        self.say(&rows).await;
    }

    /// The next action with that name.
    pub async fn action(&mut self, name: &str) -> Message {
        let reading = async {
            loop {
                if let Some(message) = self.waiting.pop_front() {
                    if message.get("Action") == Some(name) {
                        return message;
                    }
                    continue;
                }
                let mut buffer = [0_u8; 4096];
                let count = self.stream.as_mut().unwrap().read(&mut buffer).await.unwrap();
                assert!(count > 0, "the box hung up while {name} was awaited");
                self.waiting.extend(self.parser.push(&buffer[..count]));
            }
        };
        tokio::time::timeout(DEADLINE, reading).await.unwrap_or_else(|_| panic!("no {name}"))
    }

    pub async fn say(&mut self, text: &str) {
        self.stream.as_mut().unwrap().write_all(text.as_bytes()).await.unwrap();
    }
}

pub fn recording(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ami");
    let found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let path = found
        .into_iter()
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(name));
    std::fs::read_to_string(path.unwrap()).unwrap()
}

/// The part of a recording up to (and without) the message that contains `mark`.
pub fn until_mark<'a>(text: &'a str, mark: &str) -> (&'a str, &'a str) {
    let place = text.find(mark).unwrap();
    let start = text[..place].rfind("\r\n\r\n").map_or(0, |end| end + 4);
    text.split_at(start)
}

pub fn config(folder: &Path, port: Option<u16>) -> Arc<Config> {
    let ami = port.map_or_else(String::new, |port| {
        format!(
            "[[pbx.ami]]\nname = \"pbx1\"\nport = {port}\nsecret = \"s3cret\"\nsecret_file = \"\"\n"
        )
    });
    let mut config = Config::from_text(&ami, folder).unwrap_or_else(|error| panic!("{error}"));
    config.storage.folder = folder.join("data");
    Arc::new(config)
}

pub fn with_stage(port: Option<u16>, test: impl AsyncFnOnce(&Stage)) {
    with_settings(port, |_| (), test);
}

pub fn with_settings(
    port: Option<u16>,
    change: impl FnOnce(&mut Config),
    test: impl AsyncFnOnce(&Stage),
) {
    let folder = tempfile::tempdir().unwrap();
    Runtime::block_on(2, async {
        let mut config = Config::clone(&config(folder.path(), port));
        change(&mut config);
        let core = Core::open(Arc::new(config)).unwrap();
        let stage = Stage::set(Arc::clone(&core.services)).await;
        test(&stage).await;
        drop(stage);
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
    });
}

pub fn with_exchange(test: impl AsyncFnOnce(&Stage, &mut Exchange)) {
    let folder = tempfile::tempdir().unwrap();
    Runtime::block_on(2, async {
        let mut exchange = Exchange::open().await;
        let core = Core::open(config(folder.path(), Some(exchange.port()))).unwrap();
        let stage = Stage::set(Arc::clone(&core.services)).await;
        let intake = PbxIntake::start(&core.services);
        exchange.accept().await;
        exchange.inventory().await;
        test(&stage, &mut exchange).await;
        intake.stop().await;
        drop(stage);
        tokio::task::spawn_blocking(move || core.close()).await.unwrap();
    });
}

pub fn call_id(frame: &Value) -> CallId {
    frame["call_id"].as_str().unwrap().parse().unwrap()
}

pub async fn state(services: &Services, id: CallId) -> Call {
    services.calls.look(id.uuid(), |lane: &SingleLane<Call>| lane.state().clone()).await.unwrap()
}

pub fn event(json: Value) -> PbxEventBody {
    serde_json::from_value(json).unwrap()
}
