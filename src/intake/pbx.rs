//! Manager links from the settings, each with its reports carried to the service in order.

use crate::config::AmiSource;
use crate::gateways::ami::client::{self, Report};
use crate::service::Services;
use crate::service::telephony::Abilities;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// Commands that may wait for a link.
const COMMANDS_MAX: usize = 256;
/// Reports that may wait for the service, for instance while the view is made anew; a link that is
/// faster for longer waits, and TCP with it.
const REPORTS_MAX: usize = 4_096;
/// How often calls whose end was lost are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(15);

/// How often unanswered commands and phones are looked for.
const ANSWERS_EVERY: Duration = Duration::from_secs(1);

/// Everything that runs for the exchanges. Dropping it ends it.
#[derive(Debug)]
pub struct PbxIntake {
    tasks: JoinSet<()>,
}

impl PbxIntake {
    /// Starts the links of the settings and the sweep. Needs a runtime around it.
    #[must_use]
    pub fn start(services: &Arc<Services>) -> Self {
        let mut tasks = JoinSet::new();
        for source in &services.config.pbx.ami {
            start_link(&mut tasks, services, source.clone());
        }
        tasks.spawn(sweep(Arc::clone(services)));
        tasks.spawn(await_answers(Arc::clone(services)));
        Self { tasks }
    }

    /// Ends the links and waits for them.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

fn start_link(tasks: &mut JoinSet<()>, services: &Arc<Services>, source: AmiSource) {
    let (commands, waiting_commands) = mpsc::channel(COMMANDS_MAX);
    let (reports, waiting_reports) = mpsc::channel(REPORTS_MAX);
    let name = source.name.clone();
    services.telephony.attach(&name, commands, Abilities::MANAGER);
    tasks.spawn(client::run(source, Arc::clone(&services.clock), waiting_commands, reports));
    tasks.spawn(carry(Arc::clone(services), name, waiting_reports));
}

async fn carry(services: Arc<Services>, source: String, mut reports: mpsc::Receiver<Report>) {
    while let Some(report) = reports.recv().await {
        services.take_report(&source, report).await;
    }
}

/// Looks for commands that no exchange answers, and for phones that nobody answers.
async fn await_answers(services: Arc<Services>) {
    let mut ticks = tokio::time::interval(ANSWERS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        services.sweep_commands().await;
        if let Err(error) = services.sweep_rings().await {
            tracing::warn!(%error, "rings were not swept");
        }
    }
}

async fn sweep(services: Arc<Services>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match services.sweep_calls().await {
            Ok(0) => {}
            Ok(closed) => tracing::info!(closed, "calls whose end was lost were closed"),
            Err(error) => tracing::warn!(%error, "calls were not swept"),
        }
        match services.reconcile_operators().await {
            Ok(0) => {}
            Ok(count) => tracing::warn!(count, "operators' states were put right"),
            Err(error) => tracing::warn!(%error, "operators' states were not compared"),
        }
        if let Err(error) = services.sweep_wrap_ups().await {
            tracing::warn!(%error, "wrap-ups were not swept");
        }
    }
}
