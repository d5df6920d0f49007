//! Style and architecture as tests: order of rooms, owners of crates, banned calls, sizes.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rooms in order of dependency: a room uses only rooms above it, or beside it in one line.
const ROOMS: &[&[&str]] = &[
    &["base"],
    &["telemetry", "config"],
    &["domain"],
    &["samples"],
    &["codec"],
    &["journal"],
    &["blobs"],
    &["store"],
    &["feed", "committer"],
    &["actors"],
    &["gateways"],
    &["backup", "forms"],
    &["service"],
    &["intake"],
    &["http"],
    &["app"],
    &["cli"],
];

/// Crates that only some rooms may know.
const OWNERS: &[(&str, &[&str])] = &[
    ("sled", &["store"]),
    ("warp", &["http"]),
    ("actix", &["actors"]),
    ("bincode", &["codec"]),
    ("hyper", &["http"]),
    ("rustls", &["http", "gateways"]),
    ("calamine", &["gateways"]),
    ("age", &["backup"]),
    ("quick_xml", &["gateways"]),
    ("krilla", &["forms"]),
    ("minijinja", &["forms"]),
    ("pulldown_cmark", &["forms"]),
    ("rustybuzz", &["forms"]),
];

/// Calls with a better way, and where they are allowed all the same.
const BANNED: &[(&str, &str, &[&str])] = &[
    ("scan_prefix", "it reads on to the end of the tree: use Store::scan", &[]),
    (".do_send(", "it ignores the bound of the mailbox: use Lanes::ask", &[]),
    ("Utc::now()", "time comes from Clock", &["src/base/time.rs"]),
    ("SystemTime::now()", "time comes from Clock", &[]),
    ("todo!(", "finish it", &[]),
    ("unimplemented!(", "finish it", &[]),
    ("anyhow", "errors are typed", &[]),
    (
        "thread::sleep",
        "wait for a state, with a deadline",
        // sled holds its lock for a moment after its last handle is gone, the system that of a killed
        // process; tried with a deadline.
        &["src/app/open.rs", "src/gateways/pbx_poster.rs", "src/store/pool.rs"],
    ),
];

/// Lines of the longest file.
const FILE_LINES_MAX: usize = 800;
/// Lines of the longest function.
const FUNCTION_LINES_MAX: usize = 70;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn all() -> Vec<(String, String)> {
    let mut found = Vec::new();
    sources(&root().join("src"), &mut found);
    found.sort();
    found
}

/// The room of a file: the folder or file right below `src`.
fn room(name: &str) -> &str {
    name.trim_start_matches("src/").split(['/', '.']).next().unwrap()
}

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|rooms| rooms.contains(&room))
}

fn is_test(name: &str) -> bool {
    name.contains("tests") || name.contains("samples.rs") || name.contains("properties")
}

/// The part of a file that is not tests.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod ").map_or(text, |place| &text[..place])
}

fn complain(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn rooms_use_only_rooms_above_them() {
    let mut faults = Vec::new();
    for (name, text) in all() {
        let here = room(&name);
        if ["lib", "main"].contains(&here) || is_test(&name) {
            continue;
        }
        let Some(own) = rank(here) else {
            faults.push(format!("{name}: the room {here} is not in the order"));
            continue;
        };
        for (number, line) in without_tests(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for piece in code.split("crate::").skip(1) {
                let used = piece.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                if let Some(other) = rank(used)
                    && other > own
                {
                    faults.push(format!("{name}:{}: {here} must not use {used}", number + 1));
                }
            }
        }
    }
    complain(&faults);
}

#[test]
fn crates_have_owners() {
    let mut faults = Vec::new();
    for (name, text) in all() {
        for (library, owners) in OWNERS {
            let uses = without_tests(&text).lines().any(|line| {
                let code = line.split("//").next().unwrap();
                code.contains(&format!("use {library}::"))
                    || code.contains(&format!(" {library}::"))
            });
            if uses && !owners.contains(&room(&name)) && !is_test(&name) {
                faults.push(format!("{name}: {library} belongs to {owners:?}"));
            }
        }
    }
    complain(&faults);
}

#[test]
fn banned_calls_have_better_ways() {
    let mut faults = Vec::new();
    for (name, text) in all() {
        if is_test(&name) {
            continue;
        }
        for (number, line) in without_tests(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for (call, better, allowed) in BANNED {
                if code.contains(call) && !allowed.contains(&name.as_str()) {
                    faults.push(format!("{name}:{}: {call}: {better}", number + 1));
                }
            }
        }
    }
    complain(&faults);
}

#[test]
fn every_module_says_what_lives_in_it() {
    let silent: Vec<String> = all()
        .into_iter()
        .filter(|(name, text)| !is_test(name) && !text.starts_with("//!"))
        .map(|(name, _)| {
            format!("{name}: begin with //! what lives here and what it must never do")
        })
        .collect();
    complain(&silent);
}

#[test]
fn files_and_functions_stay_short() {
    let mut faults = Vec::new();
    for (name, text) in all() {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{name}: {lines} lines, {FILE_LINES_MAX} at most"));
        }
        if is_test(&name) {
            continue;
        }
        for (function, first, length) in functions(&text) {
            if length > FUNCTION_LINES_MAX {
                faults.push(format!(
                    "{name}:{first}: {function} has {length} lines, {FUNCTION_LINES_MAX} at most"
                ));
            }
        }
    }
    complain(&faults);
}

/// Name, first line and length of each function, by the indentation of rustfmt.
fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let is_function = [
            "fn ",
            "pub fn ",
            "pub(super) fn ",
            "pub(crate) fn ",
            "async fn ",
            "pub async fn ",
            "const fn ",
            "pub const fn ",
        ]
        .iter()
        .any(|begin| code.starts_with(begin));
        if !is_function || line.trim_end().ends_with(';') {
            continue;
        }
        let indentation = line.len() - code.len();
        let end = (start..lines.len()).find(|place| {
            lines[*place] == format!("{}}}", " ".repeat(indentation))
                || (*place > start
                    && lines[*place].trim_end() == format!("{});", " ".repeat(indentation)))
        });
        if let Some(end) = end {
            let name = code.split('(').next().unwrap().rsplit(' ').next().unwrap();
            found.push((name.to_owned(), start + 1, end - start + 1));
        }
    }
    found
}

#[test]
fn main_only_starts() {
    let text = std::fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(text.lines().count() < 40);
}

#[test]
fn the_readme_names_commands_that_exist() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    for target in ["run", "test"] {
        assert!(readme.contains(&format!("make {target}")), "the README's promise: make {target}");
        assert!(makefile.contains(&format!("\n{target}:")), "make {target} is missing");
    }
    let help = command(&["--help"]);
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    for line in readme.lines() {
        for piece in line.split("lenderbox ").skip(1) {
            let words: Vec<&str> =
                piece.split([' ', '`', '\\', '…', '|']).filter(|word| !word.is_empty()).collect();
            let Some(name) = words.iter().find(|word| {
                word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with("--")
            }) else {
                continue;
            };
            if piece.starts_with("--config")
                || !words[0].starts_with(|c: char| c.is_ascii_lowercase())
            {
                continue;
            }
            assert!(
                help.contains(&format!("  {name}")),
                "the README names `lenderbox {name}`, which does not exist\n{help}"
            );
            known.entry(name).or_insert_with(|| command(&[name, "--help"]));
        }
    }
    assert!(known.len() >= 5, "the README names commands: {:?}", known.keys());
}

fn command(arguments: &[&str]) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_lenderbox"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
