//! Lenderbox: one box in a small lender's server room. One binary, one data folder, a web page for
//! everybody. It answers the phone together with the operator, keeps every client's card and loan,
//! and never loses a record.
//!
//! # In one picture
//! ```text
//! PBX ─ HTTP, AMI ─┐                                                  ┌► store (sled): heads and indexes, disposable
//! browser ─ HTTP ──┼► http ► service ► lane (actor) ► decide ► COMMITTER ─┼► feed ► WebSocket
//! 1C, IVR ─ HTTP ──┘          (access)                (pure)  (one writer) └► followers (people, PBX link)
//!                                ▲                                │
//!                                └────────── receipt ─────────────┤
//!                                                              JOURNAL (append-only files, synced: the truth)
//! ```
//! A command is decided by one lane on pure rules, becomes durable in the journal, then visible
//! everywhere. Everything right of the committer can be deleted and is rebuilt.
//!
//! # Rooms, in order of dependency (a room uses only rooms above it; `tests/tidy.rs` enforces it)
//! | room | what lives there | owns |
//! |---|---|---|
//! | [`base`] | vocabulary without I/O: ids, money, time and `Clock`, phones, names, documents, limits | |
//! | [`telemetry`], [`config`] | logs and metrics; settings as typed → checked | |
//! | [`domain`] | pure rules: the arithmetic of credit and the production calendar; `Aggregate { decide, evolve, claims }` for client, loan, call, operator, user, token, directory, import, bank statements and their movements, papers | |
//! | [`samples`] | a believable lender made of a seed | |
//! | [`codec`] | bytes that last: event kinds and versions, frames, golden bytes | bincode |
//! | [`journal`] | segments, frames, hash chain, tail with cursors, real and simulated disk | |
//! | [`blobs`] | files by content hash | |
//! | [`store`] | the view: families of keys, rows from states, claims, rebuild | sled |
//! | [`feed`], [`committer`] | live messages; the one writer | |
//! | [`actors`] | lanes: one actor per client, call, operator … | actix |
//! | [`gateways`] | adapters: AMI, webhooks, tables, bank statements; know no service | |
//! | [`backup`] | snapshot, verify, restore | |
//! | [`forms`] | papers: templates, lines and pages, PDF | krilla, minijinja |
//! | [`service`] | use cases, one file per resource; know no HTTP | |
//! | [`intake`] | PBX sessions → service | |
//! | [`http`] | routes, sessions, sockets, the page | warp |
//! | [`app`], [`cli`] | opening and closing in order; the command line | |
//!
//! # Architecture invariants: what is deliberately absent
//! * `domain` has no clock, no randomness, no I/O: whatever a rule needs arrives in its command.
//! * No actor awaits another actor. `service` orchestrates, in the order call → operator → client.
//! * Nobody but the committer's thread writes the journal or the view, and nobody is answered
//!   before the frame is durable. After a failed sync the process ends: nothing is known then.
//! * Claims (unique values) are a function of the state, never listed in events, so a rebuild finds
//!   the same ones.
//! * Nobody outside `store::pool` holds a sled handle, or walks the tree otherwise than by
//!   `Store::scan`.
//! * What a caller may not see is not in the answer: the card is redacted before it is serialised.
//!
//! # Life of a command
//! `http` parses strictly and calls one `service` function; `service` asks the grant of the caller
//! (`domain::access`), then the lane ([`actors::Lanes::ask`]). The lane decides on its state and
//! proposes new events; the committer checks versions and claims, draws gapless numbers, appends
//! one frame, syncs once per group, writes the view, answers with a receipt. On a conflict the lane
//! loads and decides again, three times at most.
//!
//! # To add …
//! * **a command**: command, event and rule in `domain/x`, a row in `codec/registry.rs`, golden
//!   bytes (`UPDATE_SCHEMAS=1`), a function in `service/x.rs`, a row in `http/routes.rs`.
//! * **a setting**: one entry in `config/raw.rs` (key, type, default, words), its check, its use.
//! * **an index**: a family in `store/keys.rs`, rows in `store/nouns.rs`, `VIEWS_VERSION` + 1.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod actors;
pub mod app;
pub mod backup;
pub mod base;
pub mod blobs;
pub mod cli;
pub mod codec;
pub mod committer;
pub mod config;
pub mod domain;
pub mod feed;
pub mod forms;
pub mod gateways;
pub mod http;
pub mod intake;
pub mod journal;
pub mod samples;
pub mod service;
pub mod store;
pub mod telemetry;
