//! `lenderbox pbx`: made-up calls and recordings, played to a running box by HTTP.

use super::{CliError, say};
use crate::base::ids::{IdSource, SystemIds};
use crate::base::personal::Personal;
use crate::base::time::{Clock, SystemClock, Timestamp};
use crate::gateways::pbx_poster::{PbxPoster, Posted, as_if_now, read_recording};
use crate::gateways::pbx_simulator::{Cast, Cue, Scenario, script};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Play calls to a running box.
#[derive(Debug, Args)]
pub struct Pbx {
    #[command(subcommand)]
    command: PbxCommand,
}

#[derive(Debug, Subcommand)]
enum PbxCommand {
    /// Play a made-up call: inbound, queue, transfer, `lost_hangup`, storm or storm:N.
    Simulate(Simulate),
    /// Play a recording: a manager stream, or canonical events as JSON lines.
    Replay(Replay),
}

#[derive(Debug, Args)]
struct Target {
    /// Address of the box.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// With https: the authority that signed the box's certificate (tls/authority.pem of its data folder).
    #[arg(long)]
    ca: Option<PathBuf>,
    /// A token of scope pbx.
    #[arg(long, env = "LENDERBOX_PBX_TOKEN", hide_env_values = true)]
    token: String,
    /// How many times faster than in life; 0 plays everything at once.
    #[arg(long, default_value = "1", value_parser = speed)]
    speed: f64,
}

#[derive(Debug, Args)]
struct Simulate {
    /// What to play.
    scenario: String,
    /// The client's number.
    #[arg(long, default_value = "+79161234567")]
    from: String,
    /// The operator's extension.
    #[arg(long, default_value = "101")]
    agent: String,
    /// Who receives a transfer.
    #[arg(long, default_value = "102")]
    second: String,
    /// The lender's own line.
    #[arg(long, default_value = "+74951230001")]
    to: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
struct Replay {
    /// The recording.
    file: PathBuf,
    /// Keep names and instants as recorded; a box that knows them takes them for repeats.
    #[arg(long)]
    as_recorded: bool,
    /// Channel of an operator's phone in a manager stream.
    #[arg(long, default_value = "PJSIP/{extension}")]
    operator_channel: String,
    /// Channels whose name begins so are lines to the outside.
    #[arg(long, default_value = "PJSIP/trunk")]
    trunk_prefix: Vec<String>,
    #[command(flatten)]
    target: Target,
}

/// How many times faster, as typed; 0 and up.
fn speed(text: &str) -> Result<f64, String> {
    let typed = text.replace(',', ".").parse::<f64>().ok();
    typed
        .filter(|speed| speed.is_finite() && *speed >= 0.0)
        .ok_or_else(|| "write a number from 0, for instance 2 or 0.5".to_owned())
}

/// When a cue is due, at `speed` times the pace of life; at once when it is 0.
fn due(after_ms: u32, speed: f64) -> Duration {
    if speed == 0.0 {
        return Duration::ZERO;
    }
    // A pace too slow to be counted is as good as never.
    Duration::try_from_secs_f64(f64::from(after_ms) / 1_000.0 / speed).unwrap_or(Duration::MAX)
}

impl Target {
    fn poster(&self) -> Result<PbxPoster, CliError> {
        let token = Personal::new(self.token.clone());
        PbxPoster::new(&self.url, self.ca.as_deref(), token)
            .map_err(|error| CliError::Said(crate::app::chain(&error)))
    }
}

impl Pbx {
    /// Plays.
    ///
    /// # Errors
    /// When the scenario is not known, the file cannot be read, or the box does not take it.
    pub fn run(self) -> Result<(), CliError> {
        match self.command {
            PbxCommand::Simulate(command) => command.run(),
            PbxCommand::Replay(command) => command.run(),
        }
    }
}

fn now() -> Timestamp {
    SystemClock.now()
}

impl Simulate {
    fn run(self) -> Result<(), CliError> {
        let scenario = Scenario::parse(&self.scenario).ok_or_else(|| {
            let known = "inbound, queue, transfer, lost_hangup, storm, storm:N";
            CliError::Said(format!("no such scenario; choose one of {known}"))
        })?;
        let cast = Cast {
            run: SystemIds.next(now()).to_string(),
            number: Personal::new(self.from),
            extension: self.agent,
            second_extension: self.second,
            line: self.to,
        };
        play(script(scenario, &cast, now()), &self.target)
    }
}

impl Replay {
    fn run(self) -> Result<(), CliError> {
        let bytes = std::fs::read(&self.file).map_err(CliError::unread(&self.file))?;
        let events = read_recording(&bytes, &self.operator_channel, &self.trunk_prefix)
            .map_err(|fault| CliError::Said(fault.to_string()))?;
        if self.as_recorded {
            let poster = self.target.poster()?;
            let posted = poster.post(&events).map_err(|error| CliError::Said(error.to_string()))?;
            return report(&posted);
        }
        let run = SystemIds.next(now()).simple().to_string();
        play(as_if_now(events, &run[20..], now()), &self.target)
    }
}

/// Posts each cue when its time has come.
fn play(mut cues: Vec<Cue>, target: &Target) -> Result<(), CliError> {
    let poster = target.poster()?;
    cues.sort_by_key(|cue| cue.after_ms);
    let begun = Instant::now();
    let mut all = Posted::default();
    let mut next = 0;
    while next < cues.len() {
        let instant = due(cues[next].after_ms, target.speed);
        let left = instant.saturating_sub(begun.elapsed());
        if !left.is_zero() {
            // Nobody sends: this only waits.
            let _ = crossbeam_channel::never::<()>().recv_timeout(left);
        }
        let together =
            cues[next..].iter().take_while(|cue| due(cue.after_ms, target.speed) <= instant);
        let events: Vec<_> = together.map(|cue| cue.event.clone()).collect();
        next += events.len();
        let posted = poster.post(&events).map_err(|error| CliError::Said(error.to_string()))?;
        all.accepted += posted.accepted;
        all.rejected.extend(posted.rejected);
    }
    report(&all)
}

fn report(posted: &Posted) -> Result<(), CliError> {
    for fault in &posted.rejected {
        say(format!("event {} was refused: {}", fault.index, fault.code))?;
    }
    say(format!("{} events taken, {} refused", posted.accepted, posted.rejected.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_played_at_any_pace() {
        let at = |text: &str| due(3_000, speed(text).unwrap());
        assert_eq!(at("1"), Duration::from_secs(3));
        assert_eq!(at("0.5"), Duration::from_secs(6));
        assert_eq!(at("1,5"), Duration::from_secs(2));
        assert_eq!(at("0"), Duration::ZERO);
        assert_eq!(at("1e-300"), Duration::MAX);
        for wrong in ["-1", "fast", "inf", "NaN", ""] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }
}
