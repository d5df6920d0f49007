//! The second computation: one day after another, every sum an exact fraction over one common
//! denominator, nothing shared with the engine but the words for terms. Plain and slow on purpose.

use super::super::interest::{DayBasis, Rate, Rounding};
use super::super::ledger::{Agreement, CurrentInterest, PenaltyBase};
use super::super::schedule::ScheduleKind;
use crate::base::time::Date;
use chrono::{Datelike, Days};
use num_bigint::BigInt;

/// 360, 365 and 366 divide it.
const YEAR: i128 = 1_603_080;
/// All fractions of a kopeck are over this.
const UNDER: i128 = 100_000_000 * YEAR;

fn kopecks(over: i128) -> i64 {
    let half_up = (over.abs() + UNDER / 2) / UNDER;
    i64::try_from(if over < 0 { -half_up } else { half_up }).unwrap()
}

pub fn next(day: Date) -> Date {
    day.checked_add_days(Days::new(1)).unwrap()
}

/// What one day costs.
fn of_day(loan: &Agreement, base: i64, rate: Rate, day: Date) -> i128 {
    let leap = Date::from_ymd_opt(day.year(), 2, 29).is_some();
    let (days, year) = match loan.interest.basis {
        DayBasis::ActAct => (1, if leap { 366 } else { 365 }),
        DayBasis::Act365 => (1, 365),
        DayBasis::Thirty360 => {
            let yesterday = day.pred_opt().unwrap();
            let crosses_month = if day.day() == 1 { 30 } else { 0 };
            let gone =
                crosses_month + i128::from(day.day().min(30)) - i128::from(yesterday.day().min(30));
            (gone, 360)
        }
    };
    let exact = match rate {
        Rate::Year(micro) => i128::from(base) * i128::from(micro) * (YEAR / year),
        Rate::Day(micro) => i128::from(base) * i128::from(micro) * YEAR,
    };
    match loan.interest.rounding {
        Rounding::Segment => exact * days,
        Rounding::Day => i128::from(kopecks(exact)) * UNDER * days,
    }
}

fn of_days(loan: &Agreement, base: i64, rate: Rate, after: Date, to: Date) -> i64 {
    let (mut day, mut sum) = (after, 0);
    while day < to {
        day = next(day);
        sum += of_day(loan, base, rate, day);
    }
    kopecks(sum)
}

/// The annuity by brute fractions: P / Σ (1+r)^−k, half-up.
pub fn annuity(principal: i64, micro_percent_a_year: u64, count: u32) -> i64 {
    let (over, under) = (BigInt::from(micro_percent_a_year), BigInt::from(1_200_000_000_u64));
    let grown = &over + &under;
    // Σ_{k=1..n} (under/grown)^k = Σ under^k·grown^(n−k) / grown^n
    let mut sum = BigInt::from(0);
    for k in 1..=count {
        sum += under.pow(k) * grown.pow(count - k);
    }
    let top = BigInt::from(principal) * grown.pow(count) * 2 + &sum;
    i64::try_from(top / (sum * 2)).unwrap()
}

/// An instalment.
#[derive(Clone, Debug)]
pub struct Bill {
    pub due: Date,
    pub till: Date,
    pub since: Date,
    pub base: i64,
    pub interest: i64,
    pub principal: i64,
    pub later: i64,
    pub brought: i64,
    pub extra: i64,
    pub got_interest: i64,
    pub got_principal: i64,
    run: i128,
    stopped: Option<i64>,
}

impl Bill {
    fn all_interest(&self) -> i64 {
        self.stopped.unwrap_or(self.interest) + self.later + self.extra
    }
    fn open(&self) -> i64 {
        self.all_interest() - self.got_interest + self.principal - self.got_principal
    }
    fn so_far(&self, today: Date) -> i64 {
        match self.stopped {
            Some(sum) => sum,
            None if today >= self.till => self.interest,
            None => self.interest.min(self.brought + kopecks(self.run)),
        }
    }
}

/// Bills of a schedule.
pub fn bills(
    loan: &Agreement,
    rate: Rate,
    principal: i64,
    after: Date,
    brought: i64,
    dates: &[(Date, Date)],
    part: i64,
) -> Vec<Bill> {
    let (mut rest, mut since, mut bills) = (principal, after, Vec::new());
    for (place, (till, due)) in dates.iter().enumerate() {
        let brought = if place == 0 { brought } else { 0 };
        let interest = brought + of_days(loan, rest, rate, since, *till);
        let wanted = match loan.kind {
            ScheduleKind::Annuity => part - interest,
            ScheduleKind::Single => 0,
            _ => part,
        };
        let repaid = if place + 1 == dates.len() { rest } else { wanted.max(0).min(rest) };
        bills.push(Bill {
            due: *due,
            till: *till,
            since,
            base: rest,
            interest,
            principal: repaid,
            later: 0,
            brought,
            extra: 0,
            got_interest: 0,
            got_principal: 0,
            run: 0,
            stopped: None,
        });
        rest -= repaid;
        since = since.max(*till);
        if rest == 0 {
            break;
        }
    }
    bills
}

/// The equal part of a schedule.
pub fn part(loan: &Agreement, principal: i64, count: usize) -> i64 {
    let n = i64::try_from(count).unwrap();
    let Rate::Year(micro) = loan.interest.rate else { return principal };
    match loan.kind {
        ScheduleKind::Annuity if micro > 0 => {
            annuity(principal, micro, u32::try_from(count).unwrap())
        }
        ScheduleKind::Annuity | ScheduleKind::EqualPrincipal => (principal * 2 + n) / (n * 2),
        ScheduleKind::Instalment => principal / n,
        ScheduleKind::Single => principal,
    }
}

/// What happens on a day.
#[derive(Clone, Debug)]
pub enum Event {
    Pay(i64),
    Fee(i64),
    EarlyPart(i64, bool),
    EarlyFull,
    Holiday(Date, Rate),
}

/// A running sum: on what, at what rate, how much so far.
#[derive(Clone, Copy, PartialEq)]
struct Meter {
    base: i64,
    rate: Rate,
    run: i128,
}

const IDLE: Meter = Meter { base: 0, rate: Rate::ZERO, run: 0 };

/// The loan, day by day.
pub struct Second<'a> {
    loan: &'a Agreement,
    /// Days of the schedule, of interest and of payment, as far as anybody may need.
    dates: &'a [(Date, Date, Date)],
    pub today: Date,
    pub past: Vec<Bill>,
    pub ahead: Vec<Bill>,
    part: i64,
    pub purse: i64,
    extra: Meter,
    fine: Meter,
    extra_closed: i64,
    pending: i64,
    tail_got: i64,
    pub fines: i64,
    pub fines_got: i64,
    pub fees: i64,
    pub fees_got: i64,
    earned: i64,
    pub interest_got: i64,
    rest: Option<(Date, Date, Rate, i64, i128)>,
    rest_stopped: Option<i64>,
    later_brought: i64,
    later_past: i64,
    rests: Vec<(Date, Date)>,
    cap: Option<i64>,
    pub capped: Option<Date>,
    pub ended: Option<Date>,
}

impl<'a> Second<'a> {
    pub fn new(loan: &'a Agreement, dates: &'a [(Date, Date, Date)], cap: Option<i64>) -> Self {
        let count = usize::from(loan.count);
        let part = part(loan, loan.granted, count);
        let (rate, issued) = (loan.interest.rate, loan.issued_on);
        let first: Vec<(Date, Date)> =
            dates[..count].iter().map(|(_, till, due)| (*till, *due)).collect();
        let ahead = bills(loan, rate, loan.granted, issued, 0, &first, part);
        Self {
            loan,
            dates,
            today: issued,
            past: Vec::new(),
            ahead,
            part,
            purse: 0,
            extra: IDLE,
            fine: IDLE,
            extra_closed: 0,
            pending: 0,
            tail_got: 0,
            fines: 0,
            fines_got: 0,
            fees: 0,
            fees_got: 0,
            earned: 0,
            interest_got: 0,
            rest: None,
            rest_stopped: None,
            later_brought: 0,
            later_past: 0,
            rests: Vec::new(),
            cap,
            capped: None,
            ended: None,
        }
    }

    pub fn live_through(&mut self, until: Date, events: &[(Date, Event)]) {
        while self.today < until {
            self.today = next(self.today);
            let today = self.today;
            self.accrue();
            self.fall_due();
            for (_, event) in events.iter().filter(|(on, _)| *on == today) {
                self.happen(event);
            }
            self.evening();
        }
    }

    fn rested(&self) -> i64 {
        self.rest_stopped.unwrap_or_else(|| self.rest.map_or(0, |rest| kopecks(rest.4)))
    }

    pub fn interest_so_far(&self) -> i64 {
        let ahead: i64 = self.ahead.iter().map(|b| b.so_far(self.today) - b.brought).sum();
        self.earned + ahead + self.extra_closed + kopecks(self.extra.run) + self.rested()
    }

    fn charged(&self) -> i64 {
        self.interest_so_far() + self.fines + kopecks(self.fine.run) + self.fees
    }

    fn accrue(&mut self) {
        if self.ended.is_some() || self.capped.is_some() {
            return;
        }
        let (loan, today) = (self.loan, self.today);
        let yesterday = today.pred_opt().unwrap();
        let had: Vec<i64> = self.ahead.iter().map(|b| b.so_far(yesterday)).collect();
        let (had_rest, had_extra) = (self.rested(), kopecks(self.extra.run));
        let had_fine = kopecks(self.fine.run);
        let brought: i64 = self.ahead.iter().map(|b| b.brought).sum();
        let before = self.earned + had.iter().sum::<i64>() - brought
            + self.extra_closed
            + had_extra
            + had_rest
            + self.fines
            + had_fine
            + self.fees;
        for bill in &mut self.ahead {
            if bill.since < today && today <= bill.till {
                bill.run += of_day(loan, bill.base, loan.interest.rate, today);
            }
        }
        if let Some((from, to, rate, base, run)) = &mut self.rest
            && *from < today
            && today <= *to
        {
            *run += of_day(loan, *base, *rate, today);
        }
        for meter in [&mut self.extra, &mut self.fine] {
            meter.run += of_day(loan, meter.base, meter.rate, today);
        }
        let Some(cap) = self.cap.filter(|cap| self.charged() >= *cap) else {
            return;
        };
        let mut room = (cap - before).max(0);
        let mut allowed = |grown: i64| {
            let part = grown.min(room);
            room -= part;
            part
        };
        for (bill, had) in self.ahead.iter_mut().zip(had) {
            bill.stopped = Some(had + allowed(bill.so_far(today) - had));
        }
        let rested = self.rest.map(|rest| had_rest + allowed(kopecks(rest.4) - had_rest));
        let extra = had_extra + allowed(kopecks(self.extra.run) - had_extra);
        let fine = had_fine + allowed(kopecks(self.fine.run) - had_fine);
        self.rest_stopped = rested;
        self.extra_closed += extra;
        self.pending += extra;
        self.fines += fine;
        (self.extra, self.fine) = (IDLE, IDLE);
        self.capped = Some(today);
        let asked = self.later_past + self.ahead.iter().map(|b| b.later).sum::<i64>();
        let mut surplus = (asked - self.later_brought - self.rested()).max(0);
        for bill in self.ahead.iter_mut().rev() {
            let cut = surplus.min(bill.later);
            bill.later -= cut;
            surplus -= cut;
        }
    }

    fn round_extra(&mut self) {
        let sum = kopecks(self.extra.run);
        self.extra_closed += sum;
        self.pending += sum;
        self.extra.run = 0;
    }

    fn round_fine(&mut self) {
        self.fines += kopecks(self.fine.run);
        self.fine.run = 0;
    }

    fn fall_due(&mut self) {
        if self.ended.is_some() {
            return;
        }
        let mut fell = false;
        while self.ahead.first().is_some_and(|bill| bill.due <= self.today) {
            self.round_extra();
            let mut bill = self.ahead.remove(0);
            self.earned += bill.so_far(self.today) - bill.brought;
            bill.extra = self.pending;
            self.pending = 0;
            let surplus = (bill.got_interest - bill.all_interest()).max(0);
            bill.got_interest -= surplus;
            self.interest_got -= surplus;
            self.purse += surplus;
            self.later_past += bill.later;
            self.past.push(bill);
            fell = true;
        }
        if fell && self.purse > 0 {
            self.share_out_purse(0);
        }
    }

    fn share_out_purse(&mut self, more: i64) {
        let money = self.purse + more;
        self.purse = 0;
        self.pay(money);
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Pay(sum) => self.pay(*sum),
            Event::Fee(sum) if self.ended.is_none() => {
                self.fees += sum;
                self.share_out_purse(0);
            }
            Event::Fee(sum) => self.fees += sum,
            Event::EarlyPart(sum, shorter) => self.repay_part(*sum, *shorter),
            Event::EarlyFull => {
                if self.ended.is_none() && self.payoff() <= 0 {
                    self.purse = -self.payoff();
                    self.ended = Some(self.today);
                }
            }
            Event::Holiday(to, rate) => self.rest_until(*to, *rate),
        }
    }

    fn pay(&mut self, sum: i64) {
        if sum <= 0 || self.ended.is_some() {
            self.purse += sum.max(0);
            return;
        }
        self.round_extra();
        self.round_fine();
        let changed = Date::from_ymd_opt(2024, 7, 1).unwrap();
        let order = if !self.loan.is_consumer {
            ["other", "late %", "now %", "late", "now", "fine"]
        } else if self.today < changed {
            ["late %", "late", "fine", "now %", "now", "other"]
        } else {
            ["late %", "late", "now %", "now", "fine", "other"]
        };
        let mut money = sum;
        for claim in order {
            self.pay_claim(claim, &mut money);
        }
        self.purse += money;
    }

    fn pay_claim(&mut self, claim: &str, money: &mut i64) {
        let today = self.today;
        let mut take = |owed: i64| {
            let part = owed.max(0).min(*money);
            *money -= part;
            part
        };
        match claim {
            "late %" => {
                for bill in self.past.iter_mut().filter(|bill| bill.due < today) {
                    let part = take(bill.all_interest() - bill.got_interest);
                    bill.got_interest += part;
                    self.interest_got += part;
                }
                if self.ahead.is_empty() {
                    let part = take(self.pending - self.tail_got);
                    self.tail_got += part;
                    self.interest_got += part;
                }
            }
            "late" => {
                for bill in self.past.iter_mut().filter(|bill| bill.due < today) {
                    bill.got_principal += take(bill.principal - bill.got_principal);
                }
            }
            "fine" => self.fines_got += take(self.fines - self.fines_got),
            "other" => self.fees_got += take(self.fees - self.fees_got),
            _ => {
                let is_today = self.past.last().is_some_and(|bill| bill.due == today);
                let pending = if is_today { 0 } else { self.pending };
                let bill = if is_today { self.past.last_mut() } else { self.ahead.first_mut() };
                let Some(bill) = bill else { return };
                if claim == "now" {
                    bill.got_principal += take(bill.principal - bill.got_principal);
                    return;
                }
                let by_accrual = self.loan.current_interest == CurrentInterest::Accrued;
                let own = if by_accrual && !is_today {
                    bill.so_far(today) + bill.later + bill.extra
                } else {
                    bill.all_interest()
                };
                let part = take(own + pending - bill.got_interest);
                bill.got_interest += part;
                self.interest_got += part;
            }
        }
    }

    pub fn principal(&self) -> i64 {
        if self.ended.is_some() {
            return 0;
        }
        self.past.iter().chain(&self.ahead).map(|b| b.principal - b.got_principal).sum()
    }

    pub fn interest(&self) -> i64 {
        if self.ended.is_some() { 0 } else { self.interest_so_far() - self.interest_got }
    }

    pub fn fine(&self) -> i64 {
        if self.ended.is_some() { 0 } else { self.fines + kopecks(self.fine.run) - self.fines_got }
    }

    /// Negative when more is at hand than is owed.
    pub fn payoff(&self) -> i64 {
        if self.ended.is_some() {
            return -self.purse;
        }
        self.principal() + self.interest() + self.fine() + self.fees - self.fees_got - self.purse
    }

    fn tail(&self) -> i64 {
        if !self.ahead.is_empty() || self.ended.is_some() {
            return 0;
        }
        self.pending + kopecks(self.extra.run) - self.tail_got
    }

    pub fn overdue(&self) -> i64 {
        if self.ended.is_some() {
            return 0;
        }
        let late = self.past.iter().filter(|bill| bill.due < self.today);
        late.map(Bill::open).sum::<i64>() + self.tail()
    }

    pub fn due_now(&self) -> i64 {
        if self.ended.is_some() {
            return 0;
        }
        let open: i64 = self.past.iter().map(Bill::open).sum();
        (open + self.tail() + self.fine() + self.fees - self.fees_got - self.purse).max(0)
    }

    pub fn days_late(&self) -> i64 {
        if self.ended.is_some() {
            return 0;
        }
        let late = self
            .past
            .iter()
            .find(|bill| bill.due < self.today && bill.open() > self.loan.dpd_tolerance);
        let Some(bill) = late else { return 0 };
        let (mut day, mut count) = (bill.due, 0);
        while day < self.today {
            day = next(day);
            let rests = self.rests.iter().any(|(from, to)| *from < day && day <= *to);
            count += i64::from(!rests);
        }
        count
    }

    fn at_hand(&self) -> i64 {
        self.purse + self.ahead.iter().map(|b| b.got_interest + b.got_principal).sum::<i64>()
    }

    /// Takes back what was paid ahead.
    fn take_back(&mut self) {
        for bill in &mut self.ahead {
            self.purse += bill.got_interest + bill.got_principal;
            self.interest_got -= bill.got_interest;
            (bill.got_interest, bill.got_principal) = (0, 0);
        }
    }

    /// Interest and principal of the schedule that is about to be replaced; put-off interest apart.
    fn tear_up(&mut self) -> (i64, i64, Vec<(Date, Date)>) {
        self.take_back();
        let later = self.later_brought + self.rested() - self.later_past;
        let late: i64 = self.past.iter().map(|b| b.all_interest() - b.got_interest).sum();
        let running = self.interest() - later - late;
        self.round_extra();
        let today = self.today;
        self.earned += self.ahead.iter().map(|b| b.so_far(today) - b.brought).sum::<i64>();
        self.earned += self.rested();
        self.pending = 0;
        self.tail_got = 0;
        let dates = self
            .ahead
            .iter()
            .filter(|b| b.principal > 0 || b.interest > 0)
            .map(|b| (b.till, b.due))
            .collect();
        self.ahead.clear();
        (running, later, dates)
    }

    fn repay_part(&mut self, sum: i64, shorter: bool) {
        let principal: i64 = self.ahead.iter().map(|b| b.principal).sum();
        if self.ended.is_some() || self.due_now() > 0 || self.at_hand() < sum {
            return;
        }
        let later = self.later_brought + self.rested() - self.later_past;
        let ahead: i64 = self.ahead.iter().map(|b| b.got_interest).sum();
        let running = self.interest() + ahead - later;
        let first = self.loan.early_order == super::super::ledger::EarlyOrder::InterestFirst;
        let interest = if first { running.max(0).min(sum) } else { 0 };
        if sum - interest <= 0 || sum - interest >= principal {
            return;
        }
        let (running, later, dates) = self.tear_up();
        self.purse -= sum;
        self.interest_got += interest;
        let left = principal - (sum - interest);
        let (from, to) = match self.rest {
            Some((_, to, ..)) if to > self.today => (self.today, to),
            _ => (self.today, self.today),
        };
        if !shorter {
            self.part = part(self.loan, left, dates.len());
        }
        let rate = self.rest.map_or(Rate::ZERO, |rest| rest.2);
        self.begin(left, running - interest, later, &dates, (from, to, rate));
    }

    fn rest_until(&mut self, to: Date, rate: Rate) {
        let principal: i64 = self.ahead.iter().map(|b| b.principal).sum();
        // Holidays of this kind exist since 2024.
        if self.ended.is_some() || principal == 0 || self.today.year() < 2024 {
            return;
        }
        let rate = match (rate, self.loan.interest.rate) {
            (Rate::Year(asked), Rate::Year(own)) => Rate::Year(asked.min(own)),
            _ => panic!("yearly rates only"),
        };
        let (running, later, dates) = self.tear_up();
        let wanted = dates.len();
        let dates: Vec<(Date, Date)> = self.dates_after(to).take(wanted).collect();
        self.begin(principal, running, later, &dates, (self.today, to, rate));
    }

    fn dates_after(&self, day: Date) -> impl Iterator<Item = (Date, Date)> {
        self.dates.iter().filter(move |(own, ..)| *own > day).map(|(_, till, due)| (*till, *due))
    }

    /// A new schedule: perhaps a rest, then bills, then put-off interest.
    fn begin(
        &mut self,
        principal: i64,
        brought: i64,
        later: i64,
        dates: &[(Date, Date)],
        (from, to, rate): (Date, Date, Rate),
    ) {
        if let Some(last) = self.rests.last_mut() {
            last.1 = last.1.min(self.today);
        }
        let (loan, own) = (self.loan, self.loan.interest.rate);
        self.ahead = bills(loan, own, principal, to, brought, dates, self.part);
        self.rest = (to > from).then_some((from, to, rate, principal, 0));
        self.rest_stopped = self.capped.map(|_| 0);
        if to > from {
            self.rests.push((from, to));
        }
        (self.later_brought, self.later_past) = (later, 0);
        let mut left = later + of_days(loan, principal, rate, from, to);
        let last = self.ahead.last().unwrap().clone();
        let after: Vec<(Date, Date)> = self.dates_after(last.till).collect();
        for (till, due) in after {
            if left <= 0 {
                break;
            }
            let whole = loan.kind != ScheduleKind::Annuity || self.part <= 0;
            let sum = if whole { left } else { left.min(self.part) };
            left -= sum;
            let blank =
                Bill { interest: 0, principal: 0, base: 0, brought: 0, run: 0, ..last.clone() };
            self.ahead.push(Bill { till, due, since: till, later: sum, ..blank });
        }
        if self.capped.is_some() {
            for bill in &mut self.ahead {
                bill.stopped = Some(bill.brought);
            }
        }
    }

    /// Sets the meters for tomorrow.
    fn evening(&mut self) {
        if self.ended.is_some() {
            return;
        }
        let settled = self.ahead.is_empty() && self.past.iter().all(|bill| bill.open() == 0);
        if settled && self.due_now() == 0 {
            self.ended = Some(self.today);
            (self.extra, self.fine) = (IDLE, IDLE);
            return;
        }
        let loan = self.loan;
        let resting = self.rests.iter().any(|(from, to)| *from <= self.today && self.today < *to);
        let late: i64 = self.past.iter().map(|b| b.principal - b.got_principal).sum();
        let late_interest: i64 = self.past.iter().map(|b| b.all_interest() - b.got_interest).sum();
        let early: i64 = self.ahead.iter().map(|b| b.got_principal).sum();
        let mut base = if loan.interest_on_overdue { late } else { 0 };
        if loan.current_interest == CurrentInterest::Accrued {
            base -= early;
        }
        let mut rate = loan.interest.rate;
        if let (true, Some(rest)) = (resting, self.rest) {
            rate = rest.2;
        }
        if base == 0 || self.capped.is_some() {
            (base, rate) = (0, Rate::ZERO);
        }
        if (self.extra.base, self.extra.rate) != (base, rate) {
            self.round_extra();
            self.extra = Meter { base, rate, run: 0 };
        }
        let mut base = late;
        if loan.penalty_base == PenaltyBase::PrincipalAndInterest {
            base += late_interest;
        }
        let Rate::Year(asked) = loan.penalty else { panic!("yearly penalties only") };
        let mut rate = Rate::Year(asked);
        if loan.is_consumer {
            let goes_on = loan.interest_on_overdue && loan.interest.rate != Rate::ZERO;
            if goes_on && asked > 20_000_000 {
                rate = Rate::Year(20_000_000);
            } else if !goes_on && asked > 36_500_000 {
                rate = Rate::Day(100_000);
            }
        }
        if base <= 0 || asked == 0 || resting || self.capped.is_some() {
            (base, rate) = (0, Rate::ZERO);
        }
        if (self.fine.base, self.fine.rate) != (base, rate) {
            self.round_fine();
            self.fine = Meter { base, rate, run: 0 };
        }
    }
}
