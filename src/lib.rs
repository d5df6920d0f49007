//! Lenderbox.
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
pub mod gateways;
pub mod http;
pub mod intake;
pub mod journal;
pub mod samples;
pub mod service;
pub mod store;
pub mod telemetry;
