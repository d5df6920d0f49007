//! The loans in arrears in order of days past due, the most first, from any place on.
//!
//! Two runs of rows hold them: those whose days go on, by the day they are counted from, and those
//! whose days stand still. A page seeks its place in both and reads no more than it shows, wherever
//! it begins and however many loans other buckets hold. Must never walk from the beginning to find
//! a place.

use super::{ServiceError, Services};
use crate::base::time::Date;
use crate::codec;
use crate::domain::loan::arrears::{Behind, Clock};
use crate::store::{StoreError, keys};
use chrono::Days;
use std::cmp::Reverse;
use std::ops::RangeInclusive;
use uuid::Uuid;

/// A loan in arrears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Late {
    /// Its row.
    pub key: Vec<u8>,
    /// Its client.
    pub client: Uuid,
    /// The loan.
    pub loan: Uuid,
    /// Days past due.
    pub days: u32,
    /// Since when.
    pub behind: Behind,
}

/// Any days past due.
pub(super) const ALL: RangeInclusive<u32> = 1..=u32::MAX;

/// A run of rows in one family: from `start` on, before `end`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    prefix: Vec<u8>,
    start: Vec<u8>,
    end: Option<Vec<u8>>,
}

/// The day that was `days` before `today`; `None` before all days.
fn before(today: Date, days: u32) -> Option<Date> {
    today.checked_sub_days(Days::new(days.into()))
}

/// Where the loans lie that are `days` past due on `today`, behind the row `after`. Of equal days
/// those come first whose days go on.
fn spans(today: Date, days: &RangeInclusive<u32>, after: Option<&[u8]>) -> [Span; 2] {
    let (first, last) = (*days.start(), *days.end());
    let going = Span {
        prefix: keys::arrears(),
        start: before(today, last).map_or_else(keys::arrears, keys::arrears_from),
        end: before(today, first).and_then(|day| day.succ_opt()).map(keys::arrears_from),
    };
    let stopped = Span {
        prefix: keys::stopped_arrears(),
        start: keys::stopped_arrears_from(last),
        end: first.checked_sub(1).map(keys::stopped_arrears_from),
    };
    let Some(after) = after else { return [going, stopped] };
    let behind_row = || [after, &[0]].concat();
    let (going_on, stopped_on) = match keys::arrear_clock(after) {
        Some(Clock::Since(since)) => {
            let days = u32::try_from((today - since).num_days()).unwrap_or(0);
            (behind_row(), keys::stopped_arrears_from(days))
        }
        Some(Clock::Stopped(days)) => {
            let fewer = before(today, days).and_then(|day| day.succ_opt());
            (fewer.map_or_else(keys::arrears, keys::arrears_from), behind_row())
        }
        None => return [going, stopped],
    };
    let from = |span: Span, place: Vec<u8>| Span { start: span.start.max(place), ..span };
    [from(going, going_on), from(stopped, stopped_on)]
}

/// Visits rows with keys in order from a place on, while it answers `true`.
type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> bool;

/// The rows of one span that hold on `today`, at most `limit`. A row of a holiday that is over, or
/// is to come, is passed over: a loan has few of them.
fn rows(
    span: &Span,
    today: Date,
    limit: usize,
    scan: &mut impl FnMut(&[u8], Vec<u8>, Visit<'_>) -> Result<(), StoreError>,
) -> Result<Vec<Late>, StoreError> {
    let (mut found, mut fault) = (Vec::new(), None);
    scan(&span.prefix, span.start.clone(), &mut |key, value| {
        if span.end.as_deref().is_some_and(|end| key >= end) {
            return false;
        }
        match (codec::decode::<Behind>("arrears row", value), keys::client_and_loan(key)) {
            (Ok(behind), Some((client, loan))) => {
                let days = behind.days_past_due(today);
                if behind.clock(today).is_some_and(|now| keys::arrear_clock(key) == Some(now)) {
                    found.push(Late { key: key.to_vec(), client, loan, days, behind });
                }
            }
            (Err(error), _) => fault = Some(StoreError::from(error)),
            (Ok(_), None) => {}
        }
        fault.is_none() && found.len() < limit
    })?;
    fault.map_or(Ok(found), Err)
}

/// The loans that are `days` past due on `today` behind the row `after`, at most `limit`.
fn page(
    today: Date,
    days: &RangeInclusive<u32>,
    after: Option<&[u8]>,
    limit: usize,
    mut scan: impl FnMut(&[u8], Vec<u8>, Visit<'_>) -> Result<(), StoreError>,
) -> Result<Vec<Late>, StoreError> {
    let [going, stopped] = spans(today, days, after);
    let mut found = rows(&going, today, limit, &mut scan)?;
    found.extend(rows(&stopped, today, limit, &mut scan)?);
    // The keys of those whose days go on are the smaller ones.
    found.sort_by(|one, other| {
        (Reverse(one.days), &one.key).cmp(&(Reverse(other.days), &other.key))
    });
    found.truncate(limit);
    Ok(found)
}

impl Services {
    /// The loans that are `days` past due on `today`, the most first, behind the row `after`, at
    /// most `limit`.
    ///
    /// # Errors
    /// `Unavailable` while the view cannot be read.
    pub(super) fn late_loans(
        &self,
        today: Date,
        days: &RangeInclusive<u32>,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Late>, ServiceError> {
        let found = page(today, days, after, limit, |prefix, start, visit| {
            self.scan_in_parts(prefix, start, visit)
        });
        Ok(found?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::splitmix;
    use crate::domain::loan::arrears::{BUCKET_DAYS, bucket_index};
    use std::collections::BTreeMap;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn dice(seed: &mut u64, sides: u64) -> u64 {
        splitmix(seed) % sides
    }

    /// The index of many loans: most count on, some had a holiday, some are as another system says.
    fn index(loans: u32) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let (mut rows, mut seed) = (BTreeMap::new(), 11);
        for loan in 1..=loans {
            let due_on = date("2025-01-01") + Days::new(dice(&mut seed, 700));
            let from = due_on + Days::new(dice(&mut seed, 90));
            let pauses = if loan % 100 == 0 { vec![(from, from + Days::new(61))] } else { vec![] };
            let as_of = (loan % 7 == 0 && pauses.is_empty())
                .then(|| due_on + Days::new(1 + dice(&mut seed, 30)));
            let as_of = as_of.filter(|day| *day <= date("2026-06-01"));
            let behind = Behind { due_on, pauses, as_of };
            let (client, loan) = (Uuid::from_u128(7), Uuid::from_u128(loan.into()));
            for clock in behind.clocks() {
                rows.insert(keys::arrear(clock, client, loan), codec::encode(&behind));
            }
        }
        rows
    }

    /// A page, and how many rows were read for it.
    fn read(
        index: &BTreeMap<Vec<u8>, Vec<u8>>,
        today: Date,
        days: &RangeInclusive<u32>,
        after: Option<&[u8]>,
        limit: usize,
    ) -> (Vec<Late>, usize) {
        let mut seen = 0;
        let found = page(today, days, after, limit, |prefix, start, visit| {
            for (key, value) in index.range(start..) {
                seen += 1;
                if !key.starts_with(prefix) || !visit(key, value) {
                    break;
                }
            }
            Ok(())
        });
        (found.unwrap(), seen)
    }

    #[test]
    fn a_bucket_page_walked_its_index_from_the_beginning() {
        let index = index(4_000);
        for today in ["2026-06-01", "2026-07-15", "2026-12-01"].map(date) {
            let all = read(&index, today, &ALL, None, usize::MAX).0;
            assert!(all.is_sorted_by_key(|late| Reverse(late.days)));
            let mut ids: Vec<Uuid> = all.iter().map(|late| late.loan).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), all.len(), "each loan once");
            for (bucket, days) in BUCKET_DAYS.iter().enumerate() {
                let expected: Vec<&Late> =
                    all.iter().filter(|late| bucket_index(late.days) == Some(bucket)).collect();
                let (mut paged, mut after) = (Vec::new(), None::<Vec<u8>>);
                loop {
                    let (page, seen) = read(&index, today, days, after.as_deref(), 25);
                    assert!(seen <= 2 * 25 + 60, "{seen} rows read for 25 of {days:?}");
                    let Some(last) = page.last() else { break };
                    after = Some(last.key.clone());
                    paged.extend(page);
                }
                assert_eq!(paged.iter().collect::<Vec<_>>(), expected, "{today} {days:?}");
            }
        }
        let all = read(&index, date("2026-06-01"), &ALL, None, usize::MAX).0;
        let stopped = all.iter().filter(|late| late.key[0] == keys::stopped_arrears()[0]).count();
        assert!(stopped > 200 && all.len() - stopped > 1_000, "{stopped} of {}", all.len());
    }

    #[test]
    fn a_loan_is_found_on_every_day_of_its_holiday_and_after_it() {
        let behind = Behind {
            due_on: date("2026-01-10"),
            pauses: vec![(date("2026-01-20"), date("2026-02-20"))],
            as_of: None,
        };
        let clocks = [
            Clock::Since(date("2026-01-10")),
            Clock::Since(date("2026-02-10")),
            Clock::Stopped(10),
        ];
        assert_eq!(behind.clocks(), clocks);
        let rows: BTreeMap<Vec<u8>, Vec<u8>> = clocks
            .into_iter()
            .map(|clock| (keys::arrear(clock, Uuid::nil(), Uuid::nil()), codec::encode(&behind)))
            .collect();
        let mut day = date("2026-01-01");
        while day < date("2026-04-01") {
            let found = read(&rows, day, &ALL, None, 10).0;
            let days: Vec<u32> = found.iter().map(|late| late.days).collect();
            let expected = Some(behind.days_past_due(day)).filter(|days| *days > 0);
            assert_eq!(days, expected.into_iter().collect::<Vec<_>>(), "{day}");
            day = day.succ_opt().unwrap();
        }
    }
}
