//! Starting, driving and stopping the real binary.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take before a test fails.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A running box with a demo lender.
pub struct Lenderbox {
    child: Child,
    pub address: String,
    pub start: Value,
    _temporary: Option<tempfile::TempDir>,
}

/// An answer of the box.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
    pub headers: Vec<(String, String)>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
    /// The body of a successful answer.
    pub fn ok(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self.body
    }
    /// The code of a refusal.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
    /// Fields at fault of a refusal.
    pub fn fields(&self) -> Vec<&str> {
        let fields = self.body["error"]["fields"].as_array();
        fields.into_iter().flatten().filter_map(|fault| fault["field"].as_str()).collect()
    }
}

/// A signed-in person, or a machine with its token.
#[derive(Debug, Clone)]
pub struct Client {
    pub address: String,
    cookie: Option<String>,
    csrf: Option<String>,
    bearer: Option<String>,
    pub user: Value,
}

pub fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_lenderbox")
}

impl Lenderbox {
    /// A demo lender with few clients in a new folder.
    pub fn demo() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("data");
        let mut started = Self::start(&folder, &["--clients", "60"]);
        started._temporary = Some(temporary);
        started
    }

    /// A demo lender in a folder that outlives the process.
    pub fn start(folder: &Path, extra: &[&str]) -> Self {
        Self::start_by(Command::new(binary()), folder, extra)
    }

    /// As [`Lenderbox::start`], by a command that was prepared: settings, environment.
    pub fn start_by(command: Command, folder: &Path, extra: &[&str]) -> Self {
        Self::try_start_by(command, folder, extra)
            .unwrap_or_else(|ended| panic!("the box said no line of JSON: {ended}"))
    }

    /// As [`Lenderbox::start_by`], or how a box ended that died before it could be spoken to.
    pub fn try_start_by(
        mut command: Command,
        folder: &Path,
        extra: &[&str],
    ) -> Result<Self, ExitStatus> {
        let mut child = command
            .args(["demo", "--listen", "127.0.0.1:0", "--json", "--data-dir"])
            .arg(folder)
            .args(extra)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        // sled writes lines of its own to stdout when it meets damage: they are passed over.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let start: Option<Value> =
            lines.map_while(Result::ok).find_map(|line| serde_json::from_str(&line).ok());
        let Some(start) = start else {
            // It may still be about to end: its output closes first.
            let deadline = Instant::now() + DEADLINE;
            return Err(loop {
                if let Some(ended) = child.try_wait().unwrap() {
                    break ended;
                }
                if Instant::now() > deadline {
                    let _ = child.kill();
                    panic!("the box said no line of JSON and lives on");
                }
                std::thread::sleep(Duration::from_millis(10));
            });
        };
        let address = start["address"].as_str().unwrap().trim_end_matches('/').to_owned();
        Ok(Self { child, address, start, _temporary: None })
    }

    /// A box of one's own in a folder, with the settings that come with the product.
    pub fn serve(data: &Path) -> Self {
        let folder = data.parent().unwrap();
        std::fs::write(folder.join("serve.toml"), "[listen]\ntls = \"off\"\n").unwrap();
        let mut child = Command::new(binary())
            .args(["--config", "serve.toml", "serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| Some(line.strip_prefix("Lenderbox at ")?.to_owned()));
        let address = address.unwrap_or_else(|| {
            let _ = child.kill();
            panic!("the box did not start")
        });
        // What it says later must find a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, start: Value::Null, _temporary: None }
    }

    /// Log-in and password of the n-th person with a role.
    pub fn login(&self, role: &str, n: usize) -> (String, String) {
        let logins = self.start["logins"].as_array().unwrap();
        let of_role: Vec<&Value> = logins.iter().filter(|login| login["role"] == role).collect();
        let text = |key: &str| of_role[n][key].as_str().unwrap().to_owned();
        (text("login"), text("password"))
    }

    /// Signs the n-th person with a role in.
    pub fn sign_in(&self, role: &str, n: usize) -> Client {
        let (login, password) = self.login(role, n);
        let mut client = self.nobody();
        let body = json!({"login": login, "password": password});
        // While a view is built anew every sign-in is refused, and soon for being tried too often.
        let answer = eventually("the box is ready", || {
            let answer = client.post("/session", &body);
            (!matches!(answer.status, 429 | 503)).then_some(answer)
        });
        let cookie = answer.header("set-cookie").map(str::to_owned);
        let session = answer.ok();
        let cookie = cookie.expect("a cookie");
        client.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        client.csrf = session["csrf"].as_str().map(str::to_owned);
        client.user = session["user"].clone();
        client
    }

    /// The machine whose token the demo gave.
    pub fn machine(&self, name: &str) -> Client {
        let mut client = self.nobody();
        client.bearer = self.start["tokens"][name].as_str().map(str::to_owned);
        client
    }

    /// A machine with a token.
    pub fn with_token(&self, token: &str) -> Client {
        let mut client = self.nobody();
        client.bearer = Some(token.to_owned());
        client
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Client {
        Client {
            address: self.address.clone(),
            cookie: None,
            csrf: None,
            bearer: None,
            user: Value::Null,
        }
    }

    pub fn sample_phone(&self) -> String {
        self.start["sample_phone"].as_str().unwrap().to_owned()
    }

    /// The phone of a client with a loan that is kept here and goes on.
    pub fn sample_own_phone(&self) -> String {
        self.start["sample_own_phone"].as_str().unwrap().to_owned()
    }

    /// Ends the process without warning, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until the process has killed itself at `point`.
    pub fn wait_for_death(&mut self, point: &str) {
        // What kills it may take a few thousand writes.
        let deadline = Instant::now() + 4 * DEADLINE;
        let ended = loop {
            if let Some(ended) = self.child.try_wait().unwrap() {
                break ended;
            }
            assert!(Instant::now() < deadline, "{point}: the box lives on");
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_killed(ended, point);
    }

    /// Asks the process to end and waits until it has.
    pub fn stop(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.unwrap().success());
        let ended = eventually("the box has stopped", || self.child.try_wait().unwrap());
        assert!(ended.success(), "{ended}");
    }
}

/// A box that was told to die at `point` dies by the signal it sends itself, and by nothing else.
pub fn assert_killed(ended: ExitStatus, point: &str) {
    const KILLED: i32 = 9;
    assert_eq!(ended.signal(), Some(KILLED), "{point}: {ended}");
}

impl Drop for Lenderbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Client {
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, &[])
    }
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body.to_string().into_bytes()), &[])
    }
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some(body.to_string().into_bytes()), &[])
    }
    /// The same session without the proof against forged requests.
    pub fn without_csrf(&self) -> Self {
        let mut client = self.clone();
        client.csrf = None;
        client
    }
    /// The same person at the box that was started again.
    pub fn at(&self, lenderbox: &Lenderbox) -> Self {
        Self { address: lenderbox.address.clone(), ..self.clone() }
    }
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None, &[])
    }

    /// The headers that prove who asks, for WebSockets.
    pub fn proof(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        headers.extend(self.cookie.clone().map(|cookie| ("Cookie", cookie)));
        headers.extend(self.csrf.clone().map(|csrf| ("X-CSRF-Token", csrf)));
        headers
            .extend(self.bearer.clone().map(|token| ("Authorization", format!("Bearer {token}"))));
        headers
    }

    /// Sends a request below `/api/v1` (or a path from the root that begins with `//`).
    pub fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Answer {
        self.exchange(method, path, body, headers).unwrap()
    }

    /// As [`Client::send`], but without an answer when the box is gone.
    pub fn try_send(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Answer> {
        let body = body.map(|body| body.to_string().into_bytes());
        self.exchange(method, path, body, &[]).ok()
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, ureq::Error> {
        let url = match path.strip_prefix("//") {
            Some(root) => format!("{}/{root}", self.address),
            None => format!("{}/api/v1{path}", self.address),
        };
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        if body.is_some()
            && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            request = request.header("Content-Type", "application/json");
        }
        for (name, value) in self.proof() {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(DEADLINE))
            .build()
            .into();
        let mut response = match body {
            Some(body) => agent.run(request.body(body).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        }?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let bytes = response.body_mut().read_to_vec()?;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        let answer = Answer { status: response.status().as_u16(), body, bytes, headers };
        super::described::check(method, path, &answer);
        Ok(answer)
    }
}

/// Waits until `look` finds something.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "in vain: {what}");
        // Between two looks, not for luck: the deadline decides.
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A WebSocket that hands over its JSON messages.
pub struct Socket {
    stream: tungstenite::WebSocket<std::net::TcpStream>,
}

impl Socket {
    /// Opens `path` below `/api/v1` as `client`.
    pub fn open(client: &Client, path: &str) -> Self {
        use tungstenite::client::IntoClientRequest;
        let host = client.address.trim_start_matches("http://").to_owned();
        let mut request = format!("ws://{host}/api/v1{path}").into_client_request().unwrap();
        for (name, value) in client.proof() {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request.headers_mut().insert("Origin", client.address.parse().unwrap());
        let tcp = std::net::TcpStream::connect(&host).unwrap();
        tcp.set_read_timeout(Some(DEADLINE)).unwrap();
        let (stream, _) = tungstenite::client(request, tcp).unwrap();
        Self { stream }
    }

    /// The next message.
    pub fn next(&mut self) -> Value {
        loop {
            match self.stream.read().unwrap() {
                tungstenite::Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                tungstenite::Message::Close(_) => panic!("the socket was closed"),
                _ => {}
            }
        }
    }

    /// The next message that `wanted` accepts; others are passed over.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        while begun.elapsed() < DEADLINE {
            let message = self.next();
            if wanted(&message) {
                return message;
            }
        }
        panic!("in vain: {what}");
    }

    /// Reads on until the box closes the socket; gives the code of the close.
    pub fn closed(&mut self) -> u16 {
        loop {
            if let tungstenite::Message::Close(frame) = self.stream.read().unwrap() {
                return frame.unwrap().code.into();
            }
        }
    }

    pub fn send(&mut self, message: &Value) {
        self.stream.send(tungstenite::Message::text(message.to_string())).unwrap();
    }
}
