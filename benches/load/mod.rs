//! The load client: keep-alive connections on plain threads, no HTTP library.

use serde_json::{Value, json};
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The real binary, serving.
pub struct Box_ {
    child: Child,
    pub address: String,
    start: Value,
}

/// A signed-in person's headers.
#[derive(Clone)]
pub struct Session {
    pub headers: String,
}

impl Box_ {
    pub fn start(data: &Path, config: &Path) -> (Self, Duration) {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_lenderbox"))
            .arg("--config")
            .arg(config)
            .args(["demo", "--json", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let took = begun.elapsed();
        let start: Value = serde_json::from_str(&line).unwrap();
        let address = start["address"].as_str().unwrap().trim_start_matches("http://").to_owned();
        (Self { child, address, start }, took)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    pub fn session(&self, role: &str, n: usize) -> Session {
        let logins = self.start["logins"].as_array().unwrap();
        let login = logins.iter().filter(|login| login["role"] == role).nth(n).unwrap();
        let body = json!({"login": login["login"], "password": login["password"]}).to_string();
        let nobody = Session { headers: String::new() };
        let (status, text) = exchange_raw(
            &mut self.connect(),
            &http("POST", "/api/v1/session", &nobody, Some(&body)),
        );
        assert_eq!(status, 200, "{text}");
        let cookie = text.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        let cookie = cookie.split(';').next().unwrap();
        let session: Value = serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let csrf = session["csrf"].as_str().unwrap();
        Session { headers: format!("Cookie: {cookie}\r\nX-CSRF-Token: {csrf}\r\n") }
    }

    fn machine(&self, name: &str) -> Session {
        let token = self.start["tokens"][name].as_str().unwrap();
        Session { headers: format!("Authorization: Bearer {token}\r\n") }
    }

    pub fn memory(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let kib: u64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .unwrap();
        format!("{:.2} GB", kib as f64 / 1e6)
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn stop(mut self) {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap();
    }
}

/// The bytes of a request.
pub fn http(method: &str, path: &str, session: &Session, body: Option<&str>) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: box\r\n{}", session.headers);
    if let Some(body) = body {
        text.push_str(&format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    } else {
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn exchange_raw(stream: &mut TcpStream, request: &[u8]) -> (u16, String) {
    stream.write_all(request).unwrap();
    let mut buffer = Vec::with_capacity(16 * 1024);
    let mut chunk = [0_u8; 16 * 1024];
    loop {
        let read = stream.read(&mut chunk).unwrap();
        assert!(read > 0, "the box closed the connection");
        buffer.extend_from_slice(&chunk[..read]);
        let Some(head_end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&buffer[..head_end]).unwrap();
        let length: usize = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned)
            })
            .map_or(0, |length| length.trim().parse().unwrap());
        if buffer.len() >= head_end + 4 + length {
            let status = head[9..12].parse().unwrap();
            return (status, String::from_utf8_lossy(&buffer).into_owned());
        }
    }
}

/// Sends a request and gives status and body.
pub fn exchange(stream: &mut TcpStream, request: &[u8]) -> (u16, String) {
    let (status, text) = exchange_raw(stream, request);
    let body = text.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned());
    (status, body)
}

/// Requests sent over and over.
pub struct Load {
    pub connections: usize,
    pub requests: Vec<Vec<u8>>,
    /// A second over all connections; `None` is as fast as it goes.
    pub rate: Option<u64>,
    /// Each request this often; `None` until the time is over.
    pub rounds: Option<usize>,
    pub seconds: u64,
}

/// What a load has found.
pub struct Latencies {
    pub taken: Vec<Duration>,
    pub refused: u64,
    pub elapsed: Duration,
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut taken = self.taken.clone();
        let rate = taken.len() as f64 / self.elapsed.as_secs_f64();
        let (p50, p99, p999) = (
            percentile(&mut taken, 50.0),
            percentile(&mut taken, 99.0),
            percentile(&mut taken, 99.9),
        );
        let most = taken.iter().max().copied().unwrap_or_default();
        write!(f, "{rate:.0} /s, p50 {p50}, p99 {p99}, p99.9 {p999}, max {most:.1?}")?;
        if self.refused > 0 {
            write!(f, ", refused {}", self.refused)?;
        }
        Ok(())
    }
}

pub fn percentile(taken: &mut [Duration], percent: f64) -> String {
    if taken.is_empty() {
        return "nothing".into();
    }
    taken.sort_unstable();
    let place = ((taken.len() as f64 * percent / 100.0) as usize).min(taken.len() - 1);
    format!("{:.2} ms", taken[place].as_secs_f64() * 1e3)
}

/// A keep-alive connection that copies and parses as little as it can.
struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    sent: Instant,
}

impl Wire {
    fn open(lenderbox: &Box_) -> Self {
        let stream = lenderbox.connect();
        Self { stream, buffer: vec![0; 64 * 1024], sent: Instant::now() }
    }

    fn send(&mut self, request: &[u8]) {
        self.sent = Instant::now();
        self.stream.write_all(request).unwrap();
    }

    /// Reads one answer; whether it is one of success.
    fn receive(&mut self) -> bool {
        let (mut filled, mut whole) = (0, usize::MAX);
        while filled < whole {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).unwrap();
            assert!(read > 0, "the box closed the connection");
            filled += read;
            if whole == usize::MAX
                && let Some(end) = find(&self.buffer[..filled], b"\r\n\r\n")
            {
                whole = end + 4 + content_length(&self.buffer[..end]);
            }
        }
        self.buffer[9] == b'2'
    }
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    let digits = find(head, NAME).map_or(&[][..], |at| &head[at + NAME.len()..]);
    digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |n, d| n * 10 + usize::from(d - b'0'))
}

impl Load {
    /// Sends the requests and takes the time of each.
    pub fn run(&self, lenderbox: &Box_) -> Latencies {
        let (next, refused) = (AtomicUsize::new(0), AtomicU64::new(0));
        let begun = Instant::now();
        let all = Mutex::new(Vec::new());
        // A paced load waits on each connection by itself; an unpaced one leaves no thread idle.
        let threads = if self.rate.is_some() { self.connections } else { 2 };
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut taken = Vec::new();
                    match self.rate {
                        Some(rate) => {
                            self.paced(lenderbox, rate, begun, &next, &refused, &mut taken)
                        }
                        None => {
                            let connections = self.connections.div_ceil(threads);
                            self.unpaced(
                                lenderbox,
                                connections,
                                begun,
                                &next,
                                &refused,
                                &mut taken,
                            );
                        }
                    }
                    all.lock().unwrap().extend(taken);
                });
            }
        });
        Latencies {
            taken: all.into_inner().unwrap(),
            refused: refused.into_inner(),
            elapsed: begun.elapsed(),
        }
    }

    /// The number of the next request; none when the load is over.
    fn next(&self, begun: Instant, next: &AtomicUsize) -> Option<usize> {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let total = self.rounds.map(|rounds| rounds * self.requests.len());
        let over =
            begun.elapsed().as_secs() >= self.seconds || total.is_some_and(|total| n >= total);
        (!over).then_some(n)
    }

    /// Open loop: a late answer counts from when its request was due.
    fn paced(
        &self,
        lenderbox: &Box_,
        rate: u64,
        begun: Instant,
        next: &AtomicUsize,
        refused: &AtomicU64,
        taken: &mut Vec<Duration>,
    ) {
        let mut wire = Wire::open(lenderbox);
        while let Some(n) = self.next(begun, next) {
            let due = begun + Duration::from_secs_f64(n as f64 / rate as f64);
            if let Some(wait) = due.checked_duration_since(Instant::now()) {
                std::thread::sleep(wait);
            }
            wire.send(&self.requests[n % self.requests.len()]);
            if !wire.receive() {
                refused.fetch_add(1, Ordering::Relaxed);
            }
            taken.push(due.elapsed());
        }
    }

    /// Closed loop over many connections: each has one request under way at any time.
    fn unpaced(
        &self,
        lenderbox: &Box_,
        connections: usize,
        begun: Instant,
        next: &AtomicUsize,
        refused: &AtomicU64,
        taken: &mut Vec<Duration>,
    ) {
        let mut wires: Vec<Wire> = Vec::new();
        for _ in 0..connections {
            let Some(n) = self.next(begun, next) else { break };
            let mut wire = Wire::open(lenderbox);
            wire.send(&self.requests[n % self.requests.len()]);
            wires.push(wire);
        }
        while !wires.is_empty() {
            wires.retain_mut(|wire| {
                if !wire.receive() {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
                taken.push(wire.sent.elapsed());
                let n = self.next(begun, next);
                if let Some(n) = n {
                    wire.send(&self.requests[n % self.requests.len()]);
                }
                n.is_some()
            });
        }
    }
}

const CALLS_PER_SECOND: u64 = 200;
/// Connections over which the exchange posts its events.
const PBX_CONNECTIONS: u64 = 8;

/// Calls that ring at operators: from the PBX's request to the card at the operator's page, while
/// cards are read.
pub fn pops(lenderbox: &Box_, phones: &[String], reads: &[Vec<u8>], seconds: u64) -> Latencies {
    let sent: Arc<Mutex<std::collections::HashMap<String, Instant>>> = Arc::default();
    let (stop, arrived) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let read =
        Load { connections: 8, requests: reads.to_vec(), rate: Some(2_000), rounds: None, seconds };
    std::thread::scope(|scope| {
        for n in 0..4 {
            let session = lenderbox.session("operator", n);
            let ready =
                http("PUT", "/api/v1/operators/me/state", &session, Some(r#"{"state":"ready"}"#));
            exchange(&mut lenderbox.connect(), &ready);
            let (sent, stop, arrived) =
                (Arc::clone(&sent), Arc::clone(&stop), Arc::clone(&arrived));
            scope.spawn(move || follow(lenderbox, &session, &sent, &stop, &arrived));
        }
        scope.spawn(|| read.run(lenderbox));
        let machine = lenderbox.machine("pbx");
        // Signing in takes its time; the calls begin after it.
        let begun = Instant::now();
        // Calls do not wait for one another: a busy exchange posts over several connections.
        std::thread::scope(|scope| {
            for first in 0..PBX_CONNECTIONS {
                let numbers = (first..CALLS_PER_SECOND * seconds).step_by(PBX_CONNECTIONS as usize);
                let (machine, sent) = (&machine, &sent);
                scope.spawn(move || post(lenderbox, machine, phones, begun, numbers, sent));
            }
        });
        std::thread::sleep(Duration::from_millis(500));
        stop.store(true, Ordering::Relaxed);
    });
    let lost = sent.lock().unwrap().len() as u64;
    let taken = std::mem::take(&mut *arrived.lock().unwrap());
    Latencies { taken, refused: lost, elapsed: Duration::from_secs(seconds) }
}

/// Posts the calls of `numbers`, each when it is due, over one connection.
fn post(
    lenderbox: &Box_,
    machine: &Session,
    phones: &[String],
    begun: Instant,
    numbers: impl Iterator<Item = u64>,
    sent: &Mutex<std::collections::HashMap<String, Instant>>,
) {
    let mut stream = lenderbox.connect();
    for n in numbers {
        let due = begun + Duration::from_secs_f64(n as f64 / CALLS_PER_SECOND as f64);
        if let Some(wait) = due.checked_duration_since(Instant::now()) {
            std::thread::sleep(wait);
        }
        // The own line names the call in the frame: the page is not told the exchange's name.
        let line = format!("+7495{n:07}");
        sent.lock().unwrap().insert(line.clone(), due);
        for kind in ["ringing", "ended"] {
            let (call, phone) =
                (format!("bench-{begun:?}-{n}"), &phones[n as usize % phones.len()]);
            let body = ring(&call, phone, &line, 101 + n % 4, kind);
            let event = http("POST", "/api/v1/pbx/events", machine, Some(&body));
            let (status, text) = exchange(&mut stream, &event);
            assert_eq!(status, 202, "{text}");
        }
    }
}

fn ring(call: &str, phone: &str, line: &str, agent: u64, kind: &str) -> String {
    use lenderbox::base::time::{Clock, SystemClock};
    let at = SystemClock.now().to_rfc3339();
    json!({"event_id": format!("{call}-{kind}"), "call_id": call, "leg_id": "1", "type": kind, "at": at,
        "direction": "inbound", "from": phone, "to": line, "agent": agent.to_string()})
    .to_string()
}

fn follow(
    lenderbox: &Box_,
    session: &Session,
    sent: &Mutex<std::collections::HashMap<String, Instant>>,
    stop: &AtomicBool,
    arrived: &Mutex<Vec<Duration>>,
) {
    use tungstenite::client::IntoClientRequest;
    let mut request =
        format!("ws://{}/api/v1/feed", lenderbox.address).into_client_request().unwrap();
    for line in session.headers.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        let name: tungstenite::http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
        .headers_mut()
        .insert("Origin", format!("http://{}", lenderbox.address).parse().unwrap());
    let stream = lenderbox.connect();
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let (mut socket, _) = tungstenite::client(request, stream).unwrap();
    while !stop.load(Ordering::Relaxed) {
        let Ok(message) = socket.read() else { continue };
        let now = Instant::now();
        let Ok(text) = message.into_text() else {
            continue;
        };
        if !text.contains("\"call.card\"") {
            continue;
        }
        let frame: Value = serde_json::from_str(&text).unwrap();
        let call = frame["card"]["call"]["to"].as_str().unwrap_or_default();
        if let Some(begun) = sent.lock().unwrap().remove(call) {
            arrived.lock().unwrap().push(now - begun);
        }
    }
}
