//! Long pieces of work that people follow: what, how far, how it ended.

use super::{Caller, ServiceError, Services};
use crate::base::time::Timestamp;
use crate::domain::Rejection;
use crate::domain::access::{Action, Role};
use crate::feed::Audience;
use crate::telemetry::process::{Niceness, let_others_go_first};
use serde::Serialize;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// Jobs that are remembered.
const JOBS_MAX: usize = 100;
/// What is said of a job that a fault of the program has ended.
const FAILED: &str = "a fault of the program has ended the job; nothing was lost by it. Start it again, and tell support what the log says at this time if it fails again";
/// Pause between two looks at a job that is waited for.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// At work.
    Running,
    /// Ended well.
    Done,
    /// Ended badly; the message says why and what to do.
    Failed,
}

/// One job, as the API shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Job {
    /// Its identifier.
    pub job: Uuid,
    /// What it does, for instance `backup`.
    pub kind: &'static str,
    /// How it stands.
    pub state: JobState,
    /// Work done, in the units of `total`.
    pub done: u64,
    /// All of the work; 0 while it is not known.
    pub total: u64,
    /// The outcome or the fault, in words.
    pub message: String,
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
}

/// The jobs of this process.
#[derive(Debug, Default)]
pub struct Jobs(Mutex<VecDeque<Job>>);

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, job: Uuid, kind: &'static str, now: Timestamp) {
        let mut jobs = self.lock();
        if jobs.len() >= JOBS_MAX {
            jobs.pop_front();
        }
        jobs.push_back(Job {
            job,
            kind,
            state: JobState::Running,
            done: 0,
            total: 0,
            message: String::new(),
            started_at: now.to_rfc3339(),
            finished_at: None,
        });
    }

    /// Whether it is remembered.
    pub(super) fn knows(&self, job: Uuid) -> bool {
        self.lock().iter().any(|known| known.job == job)
    }

    /// Remembers a job that an earlier run of the box has done.
    pub(super) fn recall(&self, job: Uuid, kind: &'static str, at: &str, message: &str) {
        self.begin(job, kind, Timestamp::default());
        self.change(job, |job| {
            job.state = JobState::Done;
            message.clone_into(&mut job.message);
            at.clone_into(&mut job.started_at);
            job.finished_at = Some(at.to_owned());
        });
    }

    /// The job of this kind that is at work.
    pub(super) fn running(&self, kind: &str) -> Option<Uuid> {
        let jobs = self.lock();
        let at_work = |job: &&Job| job.kind == kind && job.state == JobState::Running;
        jobs.iter().rev().find(at_work).map(|job| job.job)
    }

    fn change(&self, job: Uuid, change: impl FnOnce(&mut Job)) -> Option<Job> {
        let mut jobs = self.lock();
        let found = jobs.iter_mut().find(|known| known.job == job)?;
        change(found);
        Some(found.clone())
    }
}

/// Told by a job how far it is.
pub struct JobProgress {
    services: Arc<Services>,
    job: Uuid,
    percent: u64,
}

impl JobProgress {
    /// Says how far the job is; pages hear of each new percent.
    pub fn tell(&mut self, done: u64, total: u64) {
        let percent = done.saturating_mul(100) / total.max(1);
        let told = percent == self.percent;
        self.percent = percent;
        let job = self.services.jobs.change(self.job, |job| {
            job.done = done;
            job.total = total;
        });
        if let Some(job) = job.filter(|_| !told) {
            self.services.publish_job(&job);
        }
    }
}

impl Services {
    /// Runs `work` on a thread of its own; its text ends the job, well or badly.
    pub fn start_job(
        self: &Arc<Self>,
        kind: &'static str,
        work: impl FnOnce(&mut JobProgress) -> Result<String, String> + Send + 'static,
    ) -> Uuid {
        let job = self.ids.next(self.clock.now());
        self.start_job_as(job, kind, work);
        job
    }

    /// The same with a name that was given before, by the request that asks for it.
    pub(super) fn start_job_as(
        self: &Arc<Self>,
        job: Uuid,
        kind: &'static str,
        work: impl FnOnce(&mut JobProgress) -> Result<String, String> + Send + 'static,
    ) {
        self.jobs.begin(job, kind, self.clock.now());
        let mut progress = JobProgress { services: Arc::clone(self), job, percent: u64::MAX };
        let services = Arc::clone(self);
        let run = move || {
            let_others_go_first(Niceness::Job);
            let worked = catch_unwind(AssertUnwindSafe(|| work(&mut progress)));
            let outcome = worked.unwrap_or_else(|_| Err(FAILED.to_owned()));
            let services = Arc::clone(&progress.services);
            services.end_job(job, kind, outcome);
        };
        if let Err(error) = std::thread::Builder::new().name(kind.into()).spawn(run) {
            services.end_job(job, kind, Err(format!("no thread for the job: {error}")));
        }
    }

    fn end_job(&self, job: Uuid, kind: &'static str, outcome: Result<String, String>) {
        let now = self.clock.now().to_rfc3339();
        let ended = self.jobs.change(job, |job| {
            job.finished_at = Some(now);
            (job.state, job.message) = match outcome {
                Ok(message) => (JobState::Done, message),
                Err(message) => (JobState::Failed, message),
            };
            if job.state == JobState::Done {
                job.done = job.total;
            }
        });
        let Some(job) = ended else { return };
        if job.state == JobState::Failed {
            tracing::error!(kind, message = job.message, "a job failed");
        }
        self.publish_job(&job);
    }

    fn publish_job(&self, job: &Job) {
        let Ok(json) = serde_json::to_string(job) else {
            return;
        };
        let members = json.trim_start_matches('{').trim_end_matches('}').to_owned();
        let audience = Audience::Roles(vec![Role::Administrator, Role::Auditor]);
        self.feed.publish(audience, "job.progress", members, false, None);
    }

    /// Waits until a job has ended; its message, or its fault.
    ///
    /// # Errors
    /// The fault, in words.
    pub async fn job_ended(&self, job: Uuid) -> Result<String, String> {
        loop {
            let found = self.jobs.change(job, |_| {});
            match found {
                None => return Err("the job is not remembered".to_owned()),
                Some(job) if job.state == JobState::Done => return Ok(job.message),
                Some(job) if job.state == JobState::Failed => return Err(job.message),
                Some(_) => tokio::time::sleep(LOOK_PAUSE).await,
            }
        }
    }

    /// How a job stands.
    ///
    /// # Errors
    /// `Forbidden`; `Rejected` when it is not remembered.
    pub fn job(&self, caller: &Caller, job: Uuid) -> Result<Job, ServiceError> {
        caller.grant(Action::ReadJobs)?;
        let found = self.jobs.lock().iter().find(|known| known.job == job).cloned();
        found.ok_or_else(|| Rejection::not_found("job").into())
    }
}
