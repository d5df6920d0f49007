//! The daily run: requests for early repayment whose day has come, loans in arrears by bucket with
//! what is past due of them (product D; domain.md 2.6, 2.8).
//!
//! Everything in it may be repeated: whatever moment it is cut off at, beginning again gives the
//! same books and one ended run of the day. Must never write anything per loan and day (design 5).

use super::arrears::{self, Late};
use super::{Caller, ServiceError, Services};
use crate::actors::{ClientLane, SingleLane};
use crate::base::ids::{ClientId, LoanId};
use crate::base::limits::{DAILY_RUNS_SHOWN, DAILY_UNDONE_NAMED_MAX};
use crate::base::time::Date;
use crate::domain::access::{Action, Role};
use crate::domain::daily_run::{
    DailyReport, DailyRun, DailyRunCommand, LateSum, RequestCounts, Undone, stream,
};
use crate::domain::loan::arrears::{BUCKETS, bucket_index};
use crate::domain::loan::own::{LedgerCommand, Own, RequestState};
use crate::domain::loan::{Loan, LoanCommand, standing};
use crate::domain::{StreamId, StreamKind};
use crate::feed::Audience;
use crate::service::cards::MoneyView;
use crate::service::jobs::JobProgress;
use crate::store::keys;
use crate::telemetry::points;
use chrono::Timelike;
use futures_util::StreamExt;
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use uuid::Uuid;

/// What the job is called.
const JOB: &str = "daily_run";
/// How often the hour of the run is looked at.
const LOOK_PAUSE: Duration = Duration::from_secs(60);
/// How often a day's run begins anew within a minute because it left loans undone; then each hour.
const BEGUN_SOON_MAX: u32 = 10;
/// Loans whose requests are run at once.
const REQUESTS_AT_ONCE: usize = 8;
/// Pauses before a loan that was busy is asked again, after all others were.
const BUSY_PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1_600),
];
/// Loans between two words on how far the run is.
const TELL_EVERY: usize = 1_000;

/// Held while a run is begun: two who ask at once get one run.
#[derive(Debug, Default)]
pub struct Starting(Mutex<()>);

/// Past-due loans of a bucket.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BucketView {
    /// `1-30`, `31-60`, `61-90`, `91-180`, `181-360`, `361+`.
    pub bucket: &'static str,
    /// How many.
    pub loans: u64,
    /// What is past due, a sum per currency.
    pub overdue: Vec<MoneyView>,
}

/// What became of the requests for early repayment whose day has come.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct RequestCountsView {
    /// Carried out.
    pub executed: u32,
    /// Ended: the money did not come in time.
    pub expired: u32,
    /// Left open: the money may still come.
    pub waiting: u32,
    /// Loans that refused; the log says why.
    pub failed: u32,
}

/// A loan that a run could not get at.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct UndoneLoan {
    /// The loan.
    pub loan_id: String,
    /// Number of the agreement.
    pub number: String,
}

/// What a run left undone.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct UndoneView {
    /// How many loans.
    pub loans: u32,
    /// The first of them.
    pub named: Vec<UndoneLoan>,
}

/// The run of a day.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DailyRunView {
    /// The day.
    pub day: Date,
    /// `running`, `ended`; `unfinished` (some loans were left) or `cut_off`: it begins again by
    /// itself.
    pub state: &'static str,
    /// How often it began.
    pub begun: u32,
    /// When it began last.
    pub started_at: String,
    /// Who began it last.
    pub by: String,
    /// When it ended.
    pub ended_at: Option<String>,
    /// How long it took.
    pub milliseconds: Option<i64>,
    /// Part of it: the search for past-due loans.
    pub scan_milliseconds: Option<u32>,
    /// Loans known. This and what follows are of the last time that it ended on this day.
    pub loans: Option<u64>,
    /// Past-due loans by bucket; none before the first end.
    pub buckets: Vec<BucketView>,
    /// Requests for early repayment.
    pub requests: Option<RequestCountsView>,
    /// Loans that were busy however often they were asked; of an unfinished run.
    pub undone: Option<UndoneView>,
}

/// The latest runs.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DailyRuns {
    /// Newest first.
    pub items: Vec<DailyRunView>,
    /// The job that is at work.
    pub job: Option<Uuid>,
    /// The hour of the lender's day at which it begins by itself; absent for never.
    pub hour: Option<u8>,
}

impl Services {
    /// The latest runs, newest first.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn daily_run_list(&self, caller: &Caller) -> Result<DailyRuns, ServiceError> {
        caller.grant(Action::ReadReports)?;
        let job = self.jobs.running(JOB);
        let runs = self.store.list::<DailyRun>(None, DAILY_RUNS_SHOWN)?;
        // Only the latest one can be at work.
        let views = runs.iter().enumerate().filter_map(|(n, (_, loaded))| {
            let run = &loaded.state;
            Some(self.daily_run_view(run, run.day?, n == 0 && job.is_some()))
        });
        let items = views.collect::<Result<_, _>>()?;
        Ok(DailyRuns { items, job, hour: self.config.lender.daily_run_hour })
    }

    fn daily_run_view(
        &self,
        run: &DailyRun,
        day: Date,
        at_work: bool,
    ) -> Result<DailyRunView, ServiceError> {
        let state = match run.ended_at {
            Some(_) => "ended",
            None if at_work => "running",
            None if run.undone.is_some() => "unfinished",
            None => "cut_off",
        };
        let took = run.ended_at.map(|end| (end.micros() - run.started_at.micros()) / 1_000);
        let report = run.report.as_ref();
        let buckets = report.into_iter().flat_map(|report| BUCKETS.iter().zip(&report.buckets));
        let bucket = |(bucket, late): (&&'static str, &LateSum)| BucketView {
            bucket,
            loans: late.loans,
            overdue: late.overdue.iter().map(|sum| MoneyView::from(*sum)).collect(),
        };
        Ok(DailyRunView {
            day,
            state,
            begun: run.begun,
            started_at: run.started_at.to_rfc3339(),
            by: run.by.map(|by| self.people.name_of(by)).unwrap_or_default(),
            ended_at: run.ended_at.map(crate::base::time::Timestamp::to_rfc3339),
            milliseconds: took,
            scan_milliseconds: report.map(|report| report.scan_milliseconds),
            loans: report.map(|report| report.loans),
            buckets: buckets.map(bucket).collect(),
            requests: report.map(|report| RequestCountsView {
                executed: report.requests.executed,
                expired: report.requests.expired,
                waiting: report.requests.waiting,
                failed: report.requests.failed,
            }),
            undone: run.undone.as_ref().map(|undone| self.undone_view(undone)).transpose()?,
        })
    }

    fn undone_view(&self, undone: &Undone) -> Result<UndoneView, ServiceError> {
        let mut named = Vec::with_capacity(undone.named.len());
        for loan in &undone.named {
            let Some(owner) = self.store.owner_of(StreamKind::Loan, loan.uuid())? else { continue };
            let stream = StreamId::owned(StreamKind::Loan, owner, loan.uuid());
            let number = self.store.load::<Loan>(stream)?.state.terms.number.clone();
            named.push(UndoneLoan { loan_id: loan.to_string(), number });
        }
        Ok(UndoneView { loans: undone.loans, named })
    }

    /// Starts today's run as a job, also when it has ended before; the job that is at work when
    /// there is one. Must be called within the runtime.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn start_daily_run(self: &Arc<Self>, caller: &Caller) -> Result<Uuid, ServiceError> {
        caller.grant(Action::RunDaily)?;
        let _starting = self.daily.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(job) = self.jobs.running(JOB) {
            return Ok(job);
        }
        let (services, runtime) = (Arc::clone(self), Handle::current());
        let caller = Caller { command: None, ..caller.clone() };
        Ok(self.start_job(JOB, move |progress| {
            let run = Run { services: &services, caller: &caller, runtime: &runtime };
            let ended = run.work(progress);
            services.tell_daily_run();
            ended.map_err(|error| error.to_string())
        }))
    }

    fn tell_daily_run(&self) {
        let roles = vec![Role::Supervisor, Role::Administrator, Role::Auditor];
        let day = self.today();
        let body = format!("\"day\":\"{day}\"");
        self.feed.publish(Audience::Roles(roles), "daily_run.changed", body, false, None);
    }

    /// Starts today's run when its hour has come and it has not ended yet: also after a start of the
    /// box, at once when it left loans undone, and an hour later after a failure. `tried` remembers
    /// the day and hour of the last try.
    ///
    /// # Errors
    /// `Unavailable` while the view cannot be read.
    pub fn start_daily_run_if_due(
        self: &Arc<Self>,
        tried: &mut Option<(Date, u32)>,
    ) -> Result<Option<Uuid>, ServiceError> {
        let local = self.clock.now().to_utc().with_timezone(&self.config.lender.zone);
        let (day, hour) = (local.date_naive(), local.hour());
        let has_come = self.config.lender.daily_run_hour.is_some_and(|due| hour >= u32::from(due));
        let is_due = has_come && *tried != Some((day, hour));
        let run = self.store.load::<DailyRun>(stream(day))?.state;
        let goes_on = run.undone.is_some() && run.begun < BEGUN_SOON_MAX;
        if run.ended_at.is_some() || !(is_due || goes_on) {
            return Ok(None);
        }
        *tried = Some((day, hour));
        self.start_daily_run(&Caller::system()).map(Some)
    }

    /// Looks at the hour every minute. Never ends.
    pub async fn daily_round(self: Arc<Self>) {
        let mut tried = None;
        loop {
            tokio::time::sleep(LOOK_PAUSE).await;
            if let Err(error) = self.start_daily_run_if_due(&mut tried) {
                tracing::warn!(%error, "the daily run did not begin; it is tried again");
            }
        }
    }
}

/// A run at work, on the thread of its job.
struct Run<'a> {
    services: &'a Arc<Services>,
    caller: &'a Caller,
    runtime: &'a Handle,
}

impl Run<'_> {
    fn work(&self, progress: &mut JobProgress) -> Result<String, ServiceError> {
        let services = self.services;
        let day = services.today();
        self.ask(day, DailyRunCommand::Begin { day })?;
        services.tell_daily_run();
        points::reached("daily_run_begun");
        let (requests, left) = self.requests(day)?;
        points::reached("daily_run_requests");
        let begun = Instant::now();
        let mut late = services.late_loans(day, &arrears::ALL, None, usize::MAX)?;
        let scan = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        late.sort_unstable_by_key(|late| (late.client, late.loan));
        let buckets = self.sums(day, &late, progress)?;
        let loans = services.store.position()?.streams.of(StreamKind::Loan);
        points::reached("daily_run_counted");
        let past_due: u64 = buckets.iter().map(|bucket| bucket.loans).sum();
        let report = Box::new(DailyReport { loans, buckets, requests, scan_milliseconds: scan });
        if left.is_empty() {
            self.ask(day, DailyRunCommand::End(report))?;
            return Ok(format!("{day}: {past_due} of {loans} loans are past due"));
        }
        let named = left.iter().take(DAILY_UNDONE_NAMED_MAX).map(|(_, loan)| *loan).collect();
        let count = u32::try_from(left.len()).unwrap_or(u32::MAX);
        tracing::warn!(loans = count, "the daily run left busy loans undone; it begins again");
        self.ask(day, DailyRunCommand::Leave(report, Undone { loans: count, named }))?;
        Ok(format!("{day}: {count} loans were busy; the run begins again"))
    }

    fn ask(&self, day: Date, command: DailyRunCommand) -> Result<(), ServiceError> {
        let order = self.caller.order(move |lane: &SingleLane<DailyRun>, context| {
            lane.command(command.clone(), context)
        });
        self.runtime.block_on(self.services.daily_runs.ask(stream(day).id, order))?;
        Ok(())
    }

    /// Loans with a request whose day has come.
    fn due(&self, day: Date) -> Result<Vec<(ClientId, LoanId)>, ServiceError> {
        let (prefix, mut due) = (keys::requests(), Vec::new());
        let end = day.succ_opt().map(keys::requests_from);
        self.services.scan_in_parts(&prefix, prefix.clone(), |key, _| {
            let is_due = end.as_ref().is_none_or(|end| key < end.as_slice());
            due.extend(keys::client_and_loan(key).filter(|_| is_due));
            is_due
        })?;
        due.sort_unstable();
        due.dedup();
        let typed = |(client, loan)| (ClientId::from_uuid(client), LoanId::from_uuid(loan));
        Ok(due.into_iter().map(typed).collect())
    }

    /// Runs the requests whose day has come; the loans that stayed busy are left. A loan that
    /// refuses is counted; a box that cannot write ends the run, which begins again.
    fn requests(
        &self,
        day: Date,
    ) -> Result<(RequestCounts, Vec<(ClientId, LoanId)>), ServiceError> {
        let mut counts = RequestCounts::default();
        let mut left = self.requests_once(self.due(day)?, day, &mut counts)?;
        for pause in BUSY_PAUSES {
            if left.is_empty() {
                break;
            }
            self.runtime.block_on(async { tokio::time::sleep(pause).await });
            left = self.requests_once(left, day, &mut counts)?;
        }
        Ok((counts, left))
    }

    /// Asks every loan of `due` once, a few at a time; gives those that were busy.
    fn requests_once(
        &self,
        due: Vec<(ClientId, LoanId)>,
        day: Date,
        counts: &mut RequestCounts,
    ) -> Result<Vec<(ClientId, LoanId)>, ServiceError> {
        let asked = futures_util::stream::iter(due)
            .map(|(client, loan)| async move {
                ((client, loan), self.requests_of(client, loan, day).await)
            })
            .buffer_unordered(REQUESTS_AT_ONCE);
        let mut busy = Vec::new();
        for (loan, outcome) in self.runtime.block_on(asked.collect::<Vec<_>>()) {
            match outcome {
                Ok(one) => {
                    counts.executed += one.executed;
                    counts.expired += one.expired;
                    counts.waiting += one.waiting;
                    counts.failed += one.failed;
                }
                Err(ServiceError::Busy | ServiceError::Stale | ServiceError::Unavailable) => {
                    busy.push(loan);
                }
                Err(error) => return Err(error),
            }
        }
        busy.sort_unstable();
        Ok(busy)
    }

    async fn requests_of(
        &self,
        client: ClientId,
        loan: LoanId,
        day: Date,
    ) -> Result<RequestCounts, ServiceError> {
        let services = self.services;
        let ids = services.early_ids();
        let order = self.caller.order(move |lane: &ClientLane, context| {
            let command = LedgerCommand::RunRequests { ids: ids.clone() };
            lane.loan_command(loan, LoanCommand::Ledger(command), context)
        });
        match services.clients.ask(client.uuid(), order).await.map_err(ServiceError::from) {
            Ok(done) => {
                points::reached("daily_run_request");
                services.tell_change(client, &done);
                let own = |lane: &ClientLane| lane.loans.get(&loan)?.state.own.clone();
                Ok(match own(&done.before).zip(own(&done.after)) {
                    Some((before, after)) => became(&before, &after, day),
                    None => RequestCounts::default(),
                })
            }
            Err(error @ ServiceError::Rejected(_)) => {
                tracing::error!(%loan, %error, "requests for early repayment were not run");
                Ok(RequestCounts { failed: 1, ..RequestCounts::default() })
            }
            Err(error) => Err(error),
        }
    }

    /// What is past due, from the heads of the loans, neighbours in the view one after another.
    fn sums(
        &self,
        day: Date,
        late: &[Late],
        progress: &mut JobProgress,
    ) -> Result<[LateSum; BUCKETS.len()], ServiceError> {
        let total = late.len() as u64;
        let mut buckets: [LateSum; BUCKETS.len()] = Default::default();
        for (done, late) in late.iter().enumerate() {
            if done % TELL_EVERY == 0 {
                progress.tell(done as u64, total);
            }
            let id = StreamId::owned(StreamKind::Loan, late.client, late.loan);
            let loan = self.services.store.load::<Loan>(id)?.state;
            let overdue = standing::on(&loan, day).overdue;
            if let Some(bucket) = bucket_index(late.days) {
                buckets[bucket].add(loan.money(overdue));
            }
        }
        Ok(buckets)
    }
}

/// What became of the requests of `before` whose day has come.
fn became(before: &Own, after: &Own, day: Date) -> RequestCounts {
    let mut counts = RequestCounts::default();
    for request in before.requests.iter().filter(|one| one.state.is_open() && one.on <= day) {
        let now = after.requests.iter().find(|one| one.id == request.id).map(|one| one.state);
        match now {
            Some(RequestState::Executed) => counts.executed += 1,
            Some(RequestState::Expired) => counts.expired += 1,
            Some(RequestState::Withdrawn) | None => {}
            Some(_) => counts.waiting += 1,
        }
    }
    counts
}
