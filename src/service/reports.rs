//! Reports on all loans: who is in arrears, whose figures differ from our reckoning (domain.md 2.6,
//! 7.3). By page, or as a file that is on record in the access log.
//!
//! Rows come from the view's index in its order; sums and names from the heads of the rows shown.
//! Must never show a name otherwise than a list does: short.

use super::access_log::AccessKind;
use super::arrears::{self, Late};
use super::cards::{self, MoneyView};
use super::loans::views::DifferenceView;
use super::{Caller, ServiceError, Services};
use crate::base::limits::{EXPORT_ROWS_MAX, PAGE_ROWS_MAX};
use crate::base::time::Date;
use crate::domain::access::Action;
use crate::domain::client::Client;
use crate::domain::loan::arrears::{BUCKET_DAYS, BUCKETS};
use crate::domain::loan::{Loan, reconcile, standing};
use crate::domain::{FieldFault, Rejection, StreamId, StreamKind};
use crate::store::{StoreError, keys};
use serde::Serialize;
use std::ops::RangeInclusive;
use uuid::Uuid;

/// Rows of the index walked in one go; between two of them the view may give memory back.
const ROWS_IN_ONE_GO: usize = 20_000;

/// A loan in arrears.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ArrearsRow {
    /// The loan.
    pub loan_id: String,
    /// Its client.
    pub client_id: String,
    /// Short.
    pub client_name: String,
    /// Number of the agreement.
    pub number: String,
    /// Name of the product.
    pub product: String,
    /// `own`: kept here; `external`: another system's.
    pub book: &'static str,
    /// The last day to pay of the oldest instalment that is not covered.
    pub since: Date,
    /// Days past due; of another system's figures on their day.
    pub days_past_due: u32,
    /// `1-30`, `31-60`, `61-90`, `91-180`, `181-360`, `361+`.
    pub bucket: &'static str,
    /// What is past due.
    pub overdue: MoneyView,
    /// The day that another system's figures are true on.
    pub as_of: Option<Date>,
}

/// A loan of another system whose figures differ from our reckoning.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ReconciliationRow {
    /// The loan.
    pub loan_id: String,
    /// Its client.
    pub client_id: String,
    /// Short.
    pub client_name: String,
    /// Number of the agreement.
    pub number: String,
    /// Name of the product.
    pub product: String,
    /// ISO 4217, of all sums.
    pub currency: &'static str,
    /// The day of the figures.
    pub as_of: Option<Date>,
    /// What differs.
    pub differences: Vec<DifferenceView>,
}

/// A page of a report.
#[derive(Debug, Clone)]
pub struct ReportPage<R> {
    /// The rows.
    pub items: Vec<R>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// A place in the index: key, client, loan.
type Place = (Vec<u8>, Uuid, Uuid);

impl Services {
    /// Walks rows of the view in parts, so that a long walk holds nobody up.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(super) fn scan_in_parts(
        &self,
        prefix: &[u8],
        mut start: Vec<u8>,
        mut visit: impl FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StoreError> {
        loop {
            let (mut seen, mut goes_on) = (0, true);
            let mut last = Vec::new();
            self.store.scan(prefix, &start, |key, value| {
                seen += 1;
                goes_on = visit(key, value);
                if seen == ROWS_IN_ONE_GO {
                    last = key.to_vec();
                }
                goes_on && seen < ROWS_IN_ONE_GO
            })?;
            if !goes_on || seen < ROWS_IN_ONE_GO {
                return Ok(());
            }
            last.push(0);
            start = last;
        }
    }

    /// Loans in arrears today, the longest first: one page. Blocks.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`; `Rejected` for a bucket or cursor that is none.
    pub fn arrears_report(
        &self,
        caller: &Caller,
        bucket: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<ReportPage<ArrearsRow>, ServiceError> {
        caller.grant(Action::ReadReports)?;
        let bucket = checked_bucket(bucket)?;
        let after = cursor.map(|cursor| place(cursor, |key| keys::arrear_clock(key).is_some()));
        let after = after.transpose()?;
        self.record_access(caller, AccessKind::Search, None, "arrears")?;
        let limit = limit.clamp(1, PAGE_ROWS_MAX);
        let today = self.today();
        let mut found = self.late_loans(today, &bucket, after.as_deref(), limit + 1)?;
        let next_cursor = next_cursor(&mut found, limit, |late| &late.key);
        let row = |late: &Late| self.arrears_row(late, today);
        Ok(ReportPage { items: found.iter().map(row).collect::<Result<_, _>>()?, next_cursor })
    }

    /// The same as CSV, all of it. Blocks.
    ///
    /// # Errors
    /// As [`Self::arrears_report`]; `Rejected` when there are too many rows for one file.
    pub fn arrears_file(
        &self,
        caller: &Caller,
        bucket: Option<&str>,
    ) -> Result<Vec<u8>, ServiceError> {
        caller.grant(Action::ReadReports)?;
        let bucket = checked_bucket(bucket)?;
        self.record_access(caller, AccessKind::Export, None, "arrears")?;
        let today = self.today();
        let found = self.late_loans(today, &bucket, None, EXPORT_ROWS_MAX + 1)?;
        check_rows(found.len())?;
        let mut file = Sheet::new(&[
            "loan_id",
            "client_id",
            "client",
            "number",
            "product",
            "book",
            "since",
            "days_past_due",
            "bucket",
            "overdue",
            "currency",
            "as_of",
        ])?;
        for late in &found {
            let row = self.arrears_row(late, today)?;
            file.row(&[
                &row.loan_id,
                &row.client_id,
                &row.client_name,
                &row.number,
                &row.product,
                row.book,
                &row.since.to_string(),
                &row.days_past_due.to_string(),
                row.bucket,
                &row.overdue.amount,
                row.overdue.currency,
                &day_or_nothing(row.as_of),
            ])?;
        }
        file.done()
    }

    fn arrears_row(&self, late: &Late, today: Date) -> Result<ArrearsRow, ServiceError> {
        let (name, loan) = self.named_loan(late.client, late.loan)?;
        Ok(ArrearsRow {
            loan_id: loan.id.map(|id| id.to_string()).unwrap_or_default(),
            client_id: late.client.to_string(),
            client_name: name,
            number: loan.terms.number.clone(),
            product: loan.terms.product.clone(),
            book: if loan.own.is_some() { "own" } else { "external" },
            since: late.behind.due_on,
            days_past_due: late.days,
            bucket: standing::bucket(late.days),
            overdue: MoneyView::from(loan.money(standing::on(&loan, today).overdue)),
            as_of: late.behind.as_of,
        })
    }

    /// Short name of the client, and the loan.
    fn named_loan(
        &self,
        client: Uuid,
        loan: Uuid,
    ) -> Result<(String, std::sync::Arc<Loan>), ServiceError> {
        let known = self.store.load::<Client>(StreamId::new(StreamKind::Client, client))?;
        let stream = StreamId::owned(StreamKind::Loan, client, loan);
        let name = cards::shown_name(&known.state.details, false);
        Ok((name, self.store.load::<Loan>(stream)?.state))
    }

    /// Loans of other systems whose figures differ, the clients known longest first: one page.
    /// Blocks.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`; `Rejected` for a cursor that is none.
    pub fn reconciliation_report(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<ReportPage<ReconciliationRow>, ServiceError> {
        caller.grant(Action::ReadReports)?;
        let prefix = keys::differences();
        let after = cursor.map(|cursor| place(cursor, |key| key.starts_with(&prefix)));
        let after = after.transpose()?;
        self.record_access(caller, AccessKind::Search, None, "reconciliation")?;
        let limit = limit.clamp(1, PAGE_ROWS_MAX);
        let mut found = self.differing(after, limit + 1)?;
        let next_cursor = next_cursor(&mut found, limit, |(key, ..)| key);
        let row = |place: &Place| self.reconciliation_row(place);
        Ok(ReportPage { items: found.iter().map(row).collect::<Result<_, _>>()?, next_cursor })
    }

    /// The same as CSV, all of it: a line for each difference. Blocks.
    ///
    /// # Errors
    /// As [`Self::reconciliation_report`]; `Rejected` when there are too many rows for one file.
    pub fn reconciliation_file(&self, caller: &Caller) -> Result<Vec<u8>, ServiceError> {
        caller.grant(Action::ReadReports)?;
        self.record_access(caller, AccessKind::Export, None, "reconciliation")?;
        let found = self.differing(None, EXPORT_ROWS_MAX + 1)?;
        check_rows(found.len())?;
        let mut file = Sheet::new(&[
            "loan_id",
            "client_id",
            "client",
            "number",
            "product",
            "currency",
            "as_of",
            "figure",
            "stated",
            "reckoned",
        ])?;
        for place in &found {
            let row = self.reconciliation_row(place)?;
            for difference in &row.differences {
                file.row(&[
                    &row.loan_id,
                    &row.client_id,
                    &row.client_name,
                    &row.number,
                    &row.product,
                    row.currency,
                    &day_or_nothing(row.as_of),
                    difference.figure,
                    &difference.stated,
                    difference.reckoned.as_deref().unwrap_or_default(),
                ])?;
            }
        }
        file.done()
    }

    fn differing(&self, after: Option<Vec<u8>>, limit: usize) -> Result<Vec<Place>, ServiceError> {
        let (prefix, mut found) = (keys::differences(), Vec::new());
        let start = after.map_or_else(|| prefix.clone(), |after| [&after[..], &[0]].concat());
        self.scan_in_parts(&prefix, start, |key, _| {
            let named = keys::client_and_loan(key);
            found.extend(named.map(|(client, loan)| (key.to_vec(), client, loan)));
            found.len() < limit
        })?;
        Ok(found)
    }

    fn reconciliation_row(
        &self,
        (_, client, loan): &Place,
    ) -> Result<ReconciliationRow, ServiceError> {
        let (client_name, loan) = self.named_loan(*client, *loan)?;
        let differences = reconcile::differences(&loan, reconcile::TOLERANCE);
        Ok(ReconciliationRow {
            loan_id: loan.id.map(|id| id.to_string()).unwrap_or_default(),
            client_id: client.to_string(),
            client_name,
            number: loan.terms.number.clone(),
            product: loan.terms.product.clone(),
            currency: loan.currency().code(),
            as_of: loan.figures.as_of,
            differences: differences.iter().map(DifferenceView::from).collect(),
        })
    }
}

/// The days past due that are asked for.
fn checked_bucket(bucket: Option<&str>) -> Result<RangeInclusive<u32>, Rejection> {
    let Some(bucket) = bucket else { return Ok(arrears::ALL) };
    let found = BUCKETS.iter().position(|known| *known == bucket);
    found.map(|index| BUCKET_DAYS[index].clone()).ok_or_else(|| {
        let help = format!("choose one of: {}", BUCKETS.join(", "));
        Rejection::invalid(vec![FieldFault::new("bucket", "unknown_value", help)])
    })
}

fn check_rows(rows: usize) -> Result<(), Rejection> {
    if rows <= EXPORT_ROWS_MAX {
        return Ok(());
    }
    let help = "the report has more than 100 000 loans; take one bucket, or look at it by page";
    Err(Rejection::rule("report_too_long", help))
}

/// The key of the last row of the page before.
fn place(cursor: &str, is_key: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>, Rejection> {
    let key = data_encoding::BASE64URL_NOPAD.decode(cursor.as_bytes()).ok();
    key.filter(|key| is_key(key)).ok_or_else(|| {
        let help = "begin with the first page";
        Rejection::invalid(vec![FieldFault::new("cursor", "unknown_value", help)])
    })
}

/// Keeps `limit` rows; where the next page begins, if there is one.
fn next_cursor<T>(found: &mut Vec<T>, limit: usize, key: impl Fn(&T) -> &[u8]) -> Option<String> {
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last()?;
    more.then(|| data_encoding::BASE64URL_NOPAD.encode(key(last)))
}

fn day_or_nothing(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// A CSV file as spreadsheets take it: UTF-8 with its mark, semicolons.
struct Sheet(csv::Writer<Vec<u8>>);

impl Sheet {
    fn new(columns: &[&str]) -> Result<Self, ServiceError> {
        let text = "\u{feff}".as_bytes().to_vec();
        let mut sheet = Self(csv::WriterBuilder::new().delimiter(b';').from_writer(text));
        sheet.row(columns)?;
        Ok(sheet)
    }

    fn row(&mut self, cells: &[&str]) -> Result<(), ServiceError> {
        let written = self.0.write_record(cells.iter().map(|cell| plain(cell)));
        written.map_err(|_| ServiceError::Unavailable)
    }

    fn done(self) -> Result<Vec<u8>, ServiceError> {
        self.0.into_inner().map_err(|_| ServiceError::Unavailable)
    }
}

/// A cell that no spreadsheet takes for a formula. Numbers stay as they are.
fn plain(cell: &str) -> String {
    let is_number = cell.parse::<rust_decimal::Decimal>().is_ok();
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        let cells = ["=1+1", "@SUM(A1)", "-2.50", "+7", "POS-1", "-x", ""];
        let shown = ["'=1+1", "'@SUM(A1)", "-2.50", "+7", "POS-1", "'-x", ""];
        assert_eq!(cells.map(plain), shown);
    }

    #[test]
    fn a_page_names_the_next_one_only_when_there_is_one() {
        let row = |n: u8| vec![b'X', n];
        let mut found = vec![row(1), row(2), row(3)];
        let cursor = next_cursor(&mut found, 2, Vec::as_slice).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(place(&cursor, |key| key[0] == b'X').unwrap(), row(2));
        assert_eq!(place(&cursor, |_| false).unwrap_err().fields[0].field, "cursor");
        assert_eq!(next_cursor(&mut found, 2, Vec::as_slice), None);
        assert_eq!(next_cursor(&mut Vec::<Vec<u8>>::new(), 2, Vec::as_slice), None);
    }
}
