//! The command line: one file per command, each a struct of arguments with `run`.
//!
//! Prints for people on stdout, faults on stderr with what to do; must never hold a rule.

mod backup;
mod bench_data;
mod check_config;
mod demo;
mod doctor;
mod export;
mod import;
mod pbx;
mod rebuild;
mod serve;
mod tokens;
mod users;

use crate::app::{Core, ServeError, StartError, chain};
use crate::config::{Config, ConfigError};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Threads that serve requests.
const SERVER_THREADS: usize = 2;

/// One box for a small lender.
#[derive(Debug, Parser)]
#[command(name = "lenderbox", version, about)]
struct Arguments {
    /// The configuration file; without it defaults are used.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the box.
    Serve(serve::Serve),
    /// Serve a made-up lender, to try the box.
    Demo(demo::Demo),
    /// Write a large made-up base for measurements.
    BenchData(bench_data::BenchData),
    /// Take, list, verify and restore backups.
    Backup(backup::Backup),
    /// Examine a data folder, change nothing.
    Doctor(doctor::Doctor),
    /// Import clients, loans, schedules or payments from a CSV or XLSX file into a stopped box.
    Import(import::Import),
    /// Build the view anew from the journal.
    Rebuild(rebuild::Rebuild),
    /// Write clients, loans or payments as CSV.
    Export(export::Export),
    /// Add, list and disable people.
    User(users::Users),
    /// Add, list and revoke machines' tokens.
    Token(tokens::Tokens),
    /// Play made-up or recorded calls to a running box.
    Pbx(pbx::Pbx),
    /// Check a configuration file, or print the default one.
    CheckConfig(check_config::CheckConfig),
}

/// Why a command failed. Printed with everything behind it.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is at fault.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder does not open.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The box cannot serve.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Anything that the command says itself.
    #[error("{0}")]
    Said(String),
    /// Output could not be written.
    #[error("cannot write")]
    Output(#[from] std::io::Error),
    /// A file does not read, or cannot be made.
    #[error("cannot {what} {}", path.display())]
    File {
        /// `read` or `make`.
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl CliError {
    /// For `map_err`: `path` does not read.
    fn unread(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what: "read", path, source }
    }
}

/// Runs the command of `arguments`.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(error) = crate::telemetry::output::keep() {
        say_fault(&format!("stdout cannot be set up: {error}"));
        return ExitCode::FAILURE;
    }
    crate::telemetry::process::allow_open_files();
    let configuration = arguments.config.as_deref();
    let result = match arguments.command {
        Command::Serve(command) => command.run(configuration),
        Command::Demo(command) => command.run(configuration),
        Command::BenchData(command) => command.run(configuration),
        Command::Backup(command) => command.run(configuration),
        Command::Doctor(command) => command.run(configuration),
        Command::Import(command) => command.run(configuration),
        Command::Rebuild(command) => command.run(configuration),
        Command::Export(command) => command.run(configuration),
        Command::User(command) => command.run(configuration),
        Command::Token(command) => command.run(configuration),
        Command::Pbx(command) => command.run(),
        Command::CheckConfig(command) => command.run(configuration),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_fault(&chain(&error));
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stderr, reason = "the command line speaks to a person")]
fn say_fault(text: &str) {
    eprintln!("lenderbox: {text}");
}

/// Prints one line for the person.
///
/// # Errors
/// When stdout is closed.
pub fn say(text: impl std::fmt::Display) -> Result<(), CliError> {
    Ok(crate::telemetry::output::say(&text)?)
}

/// The configuration of a command, with the data folder of the command line if given.
///
/// # Errors
/// See [`ConfigError`].
pub fn configuration(path: Option<&Path>, data: Option<&Path>) -> Result<Config, CliError> {
    let mut config = match path {
        Some(path) => Config::load(path)?,
        None => Config::default_in(Path::new(".")),
    };
    if let Some(data) = data {
        config.storage.folder = data.to_owned();
    }
    Ok(config)
}

/// Opens the data folder, lets `work` use it, closes it. For commands beside a stopped box.
///
/// # Errors
/// When the folder is in use or does not open, or what `work` says.
pub fn with_core<T>(
    config: Config,
    work: impl AsyncFnOnce(&Core) -> Result<T, CliError>,
) -> Result<T, CliError> {
    crate::actors::Runtime::block_on(SERVER_THREADS, async {
        let core = Core::open(Arc::new(config))?;
        let result = work(&core).await;
        tokio::task::spawn_blocking(move || core.close())
            .await
            .map_err(|_| CliError::Said("the data folder did not close well".into()))?;
        result
    })
}
