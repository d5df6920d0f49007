//! A real TLS connection: the own authority, made at the first start, verifies the box; plain HTTP
//! is refused everywhere but on this machine.

use super::harness::{DEADLINE, binary};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use tungstenite::client::IntoClientRequest;

const PASSWORD: &str = "лодка-под-дождём";

type Line = StreamOwned<ClientConnection, TcpStream>;

/// A box with TLS, and its folder.
struct Secure {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
    /// Of scopes core and pbx.
    tokens: [String; 2],
}

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_config(folder: &Path, listen: &str) -> PathBuf {
    let path = folder.join("lenderbox.toml");
    std::fs::write(&path, format!("[listen]\n{listen}\n")).unwrap();
    path
}

fn lenderbox(config: &Path) -> Command {
    let mut command = Command::new(binary());
    command.arg("--config").arg(config).stdin(Stdio::piped()).stderr(Stdio::piped());
    command.stdout(Stdio::piped());
    command
}

fn run(mut command: Command, typed: &str) -> Output {
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn secure() -> Secure {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), "address = \"127.0.0.1:0\"\ntls = \"auto\"");
    let mut add = lenderbox(&config);
    add.args(["user", "add", "anna", "--name", "Анна", "--role", "operator"]);
    let added = run(add, PASSWORD);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let token = |scope: &str| {
        let mut add = lenderbox(&config);
        add.args(["token", "add", scope, "--scope", scope]);
        String::from_utf8(run(add, "").stdout).unwrap().trim().to_owned()
    };
    let tokens = ["core", "pbx"].map(token);
    let mut serve = lenderbox(&config);
    let mut child = serve.arg("serve").stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).find(|line| line.starts_with("Lenderbox at "));
    let said = said.expect("the box says where it is");
    assert!(said.contains("https://127.0.0.1:"), "{said}");
    let port = said.rsplit(':').next().unwrap().trim().parse().unwrap();
    Secure { child, port, folder, tokens }
}

impl Secure {
    fn tcp(&self) -> TcpStream {
        let tcp = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        tcp.set_read_timeout(Some(DEADLINE)).unwrap();
        tcp
    }

    /// A connection of who trusts `roots` only.
    fn connect(&self, roots: RootCertStore, name: &str) -> Line {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), self.tcp())
    }

    /// The authority that a browser would be given.
    fn authority(&self) -> RootCertStore {
        let path = self.folder.path().join("data/tls/authority.pem");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(path).unwrap()).unwrap();
        roots
    }

    /// Head and body of the answer to one request.
    fn exchange(&self, head: &str, body: &str) -> (String, String) {
        let mut line = self.connect(self.authority(), "localhost");
        let port = self.port;
        let length = body.len();
        let text = format!(
            "{head} HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: https://localhost:{port}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        );
        line.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // Some peers close without the farewell of TLS: what was read counts.
        let _ = line.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        (head.to_owned(), body.to_owned())
    }
}

/// What a command said, and whether it succeeded.
fn said(arguments: &[&str]) -> (bool, String) {
    let done = Command::new(binary()).args(arguments).output().unwrap();
    let text = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn the_command_line_reaches_a_box_whose_authority_it_is_given() {
    let (secure, other) = (secure(), secure());
    let file = secure.folder.path().join("люди.csv");
    std::fs::write(&file, "Код;ФИО;ДатаРождения\n1;Иванов Пётр;05.03.1980\n").unwrap();
    let mapping = secure.folder.path().join("own.toml");
    let text =
        "kind = \"clients\"\nsource = \"s\"\nkey = \"{Код}\"\n[columns]\nfull_name = \"ФИО\"\n";
    std::fs::write(&mapping, text).unwrap();
    let (file, mapping) = (file.to_str().unwrap(), mapping.to_str().unwrap());
    let authority = |of: &Secure| of.folder.path().join("data/tls/authority.pem");
    let (own, foreign) = (authority(&secure), authority(&other));
    let (own, foreign) = (own.to_str().unwrap(), foreign.to_str().unwrap());
    let [core, pbx] = &secure.tokens;
    let url = format!("https://localhost:{}", secure.port);
    let import = ["import", "clients", file, "--mapping", mapping, "--url", &url, "--token", core];
    let simulate = ["pbx", "simulate", "inbound", "--speed", "0", "--url", &url, "--token", pbx];

    for (command, done) in
        [(&import[..], "done: 1 rows: 1 created"), (&simulate[..], "events taken, 0 refused")]
    {
        let with = |ca: &[&str]| said(&[command, ca].concat());
        let (succeeded, told) = with(&[]);
        assert!(!succeeded && told.contains("tls/authority.pem"), "{told}");
        let (succeeded, told) = with(&["--ca", foreign]);
        assert!(!succeeded && told.contains("has not signed this name's certificate"), "{told}");
        let (succeeded, told) = with(&["--ca", mapping]);
        assert!(!succeeded && told.contains("holds no certificate"), "{told}");
        let (succeeded, told) = with(&["--ca", own]);
        assert!(succeeded && told.contains(done), "{told}");
    }
}

#[test]
fn a_person_signs_in_and_follows_the_feed_over_tls() {
    let secure = secure();
    let typed = json!({"login": "anna", "password": PASSWORD}).to_string();
    let (head, body) = secure.exchange("POST /api/v1/session", &typed);
    assert!(head.starts_with("HTTP/1.1 200"), "{head} {body}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    for word in ["HttpOnly", "SameSite=Strict", "Secure"] {
        assert!(cookie.contains(word), "the cookie is not {word}");
    }
    let session: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(session["user"]["login"], "anna");
    let url = format!("wss://localhost:{}/api/v1/feed", secure.port);
    let mut request = url.into_client_request().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let origin = format!("https://localhost:{}", secure.port);
    request.headers_mut().insert("Cookie", cookie.parse().unwrap());
    request.headers_mut().insert("Origin", origin.parse().unwrap());
    let line = secure.connect(secure.authority(), "localhost");
    let (mut socket, _) = tungstenite::client(request, line).unwrap();
    let hello: Value = serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap();
    assert_eq!(hello["type"], "hello");
}

#[test]
fn only_the_own_authority_and_the_right_name_are_good() {
    let secure = secure();
    let shakes = |roots, name| {
        let mut line = secure.connect(roots, name);
        line.conn.complete_io(&mut line.sock)
    };
    assert!(shakes(secure.authority(), "localhost").is_ok());
    let other = shakes(secure.authority(), "elsewhere.example").unwrap_err();
    assert!(other.to_string().contains("not valid for name"), "{other}");
    let stranger = shakes(RootCertStore::empty(), "localhost").unwrap_err();
    assert!(stranger.to_string().contains("UnknownIssuer"), "{stranger}");
    // Who speaks plain HTTP gets no word of HTTP.
    let mut plain = secure.tcp();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn plain_http_is_refused_off_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let off = write_config(folder.path(), "address = \"0.0.0.0:0\"\ntls = \"off\"");
    let mut check = lenderbox(&off);
    check.arg("check-config");
    let checked = run(check, "");
    let said = String::from_utf8_lossy(&checked.stderr).into_owned()
        + &String::from_utf8_lossy(&checked.stdout);
    assert!(!checked.status.success() && said.contains("listen.tls"), "{said}");
    // Nor by naming another address on the command line.
    let here = write_config(folder.path(), "address = \"127.0.0.1:0\"\ntls = \"off\"");
    let commands: [&[&str]; 2] =
        [&["serve", "--listen", "0.0.0.0:0"], &["demo", "--listen", "0.0.0.0:0", "--clients", "5"]];
    for command in commands {
        let mut serve = lenderbox(&here);
        serve.args(command).args(["--data-dir"]).arg(folder.path().join(command[0]));
        let ended = run(serve, "");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success(), "{command:?}");
        assert!(said.contains("listen.tls is off"), "{command:?}: {said}");
    }
}
