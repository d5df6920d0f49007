//! `lenderbox export`: a lender's own data as CSV, from the command line of a stopped box.

use super::users::said;
use super::{CliError, configuration, say, with_core};
use crate::base::ids::ClientId;
use crate::domain::client::Client;
use crate::domain::loan::{Loan, standing};
use crate::service::access_log::AccessKind;
use crate::service::{Caller, Services};
use crate::store::{Head, keys};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Write clients, loans or payments as CSV. Personal data in clear: guard the file.
#[derive(Debug, Args)]
pub struct Export {
    /// What to write.
    what: What,
    /// The file; it must not exist.
    #[arg(long)]
    out: PathBuf,
    /// The data folder, instead of the configured one.
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    Clients,
    Loans,
    Payments,
}

impl Export {
    /// Writes the file and records the export in the access log.
    ///
    /// # Errors
    /// When the folder is in use, the file exists or cannot be written.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        let config = configuration(path, self.data_dir.as_deref())?;
        with_core(config, async |core| {
            use std::os::unix::fs::OpenOptionsExt;
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&self.out)
                .map_err(|source| {
                    let path = self.out.clone();
                    CliError::File { what: "make", path, source }
                })?;
            // Spreadsheets take UTF-8 for what it is only with this mark.
            file.write_all("\u{feff}".as_bytes())?;
            let writer = csv::WriterBuilder::new().delimiter(b';').from_writer(file);
            let what = format!("{:?}", self.what).to_lowercase();
            let services = &*core.services;
            services
                .record_access(&Caller::system(), AccessKind::Export, None, &what)
                .map_err(said)?;
            let rows = write(services, self.what, writer)?;
            say(format!("{rows} {what} in {}", self.out.display()))
        })
    }
}

fn failed(error: impl std::fmt::Display) -> CliError {
    CliError::Said(error.to_string())
}

const fn columns(what: What) -> &'static [&'static str] {
    match what {
        What::Clients => &[
            "client_id",
            "number",
            "kind",
            "name",
            "birth_date",
            "inn",
            "snils",
            "phones",
            "emails",
            "source_keys",
        ],
        What::Loans => &[
            "loan_id",
            "client_id",
            "number",
            "product",
            "currency",
            "principal",
            "rate_percent",
            "issued_on",
            "term_months",
            "status",
            "outstanding",
            "overdue",
            "days_past_due",
            "as_of",
            "account",
        ],
        What::Payments => {
            &["loan_id", "loan_number", "source_key", "on", "amount", "currency", "kind"]
        }
    }
}

fn write(
    services: &Services,
    what: What,
    mut out: csv::Writer<std::fs::File>,
) -> Result<u64, CliError> {
    out.write_record(columns(what)).map_err(failed)?;
    let (prefix, today) = (keys::lanes(), services.today());
    let (mut rows, mut fault) = (0, None);
    services
        .store
        .scan(&prefix, &prefix, |key, value| {
            let written = match (keys::stream_of_head(key).map(|stream| stream.kind), what) {
                (Some(crate::domain::StreamKind::Client), What::Clients) => {
                    Head::decode::<Client>(value)
                        .map_err(failed)
                        .and_then(|client| client_row(&mut out, &client.state))
                }
                (Some(crate::domain::StreamKind::Loan), What::Loans) => Head::decode::<Loan>(value)
                    .map_err(failed)
                    .and_then(|loan| loan_row(&mut out, &loan.state, today)),
                (Some(crate::domain::StreamKind::Loan), What::Payments) => {
                    Head::decode::<Loan>(value)
                        .map_err(failed)
                        .and_then(|loan| payment_rows(&mut out, &loan.state))
                }
                _ => Ok(0),
            };
            match written {
                Ok(more) => rows += more,
                Err(error) => fault = Some(error),
            }
            fault.is_none()
        })
        .map_err(failed)?;
    out.flush()?;
    fault.map_or(Ok(rows), Err)
}

/// A text that people wrote, so that no spreadsheet takes it for a formula. Numbers, dates, phones
/// and our own words stay as they are: they are checked when they come in.
fn text(written: &str) -> String {
    let is_formula = written.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{written}") } else { written.to_owned() }
}

fn id(client: Option<ClientId>) -> String {
    client.map(|id| id.to_string()).unwrap_or_default()
}

fn client_row(out: &mut csv::Writer<std::fs::File>, client: &Client) -> Result<u64, CliError> {
    let details = &client.details;
    let joined = |parts: Vec<String>| parts.join(", ");
    let row = [
        id(client.id),
        client.number.to_string(),
        format!("{:?}", details.kind).to_lowercase(),
        text(&details.display_name()),
        details.birth_date.as_ref().map(|date| date.reveal().to_string()).unwrap_or_default(),
        details.inn.as_ref().map(|inn| inn.reveal().clone()).unwrap_or_default(),
        details.snils.as_ref().map(|snils| snils.reveal().clone()).unwrap_or_default(),
        joined(details.phones.iter().map(|phone| phone.e164.reveal().clone()).collect()),
        text(&joined(details.emails.iter().map(|email| email.address.reveal().clone()).collect())),
        text(&joined(client.source_keys.clone())),
    ];
    out.write_record(row).map_err(failed)?;
    Ok(1)
}

fn loan_row(
    out: &mut csv::Writer<std::fs::File>,
    loan: &Loan,
    today: crate::base::time::Date,
) -> Result<u64, CliError> {
    let (terms, stands) = (&loan.terms, standing::on(loan, today));
    let sum = |minor: i64| loan.money(minor).to_decimal();
    let row = [
        loan.id.map(|id| id.to_string()).unwrap_or_default(),
        id(loan.client),
        text(&terms.number),
        text(&terms.product),
        loan.currency().code().to_owned(),
        sum(terms.principal.minor()),
        terms.rate_percent.to_string(),
        terms.issued_on.to_string(),
        terms.term_months.to_string(),
        stands.status.code().to_owned(),
        stands.outstanding.map(sum).unwrap_or_default(),
        sum(stands.overdue),
        stands.days_past_due.to_string(),
        stands.as_of.map(|date| date.to_string()).unwrap_or_default(),
        loan.account.as_ref().map(|account| account.reveal().clone()).unwrap_or_default(),
    ];
    out.write_record(row).map_err(failed)?;
    Ok(1)
}

fn payment_rows(out: &mut csv::Writer<std::fs::File>, loan: &Loan) -> Result<u64, CliError> {
    let payments = loan.money_moved();
    for payment in &payments {
        let row = [
            loan.id.map(|id| id.to_string()).unwrap_or_default(),
            text(&loan.terms.number),
            text(&payment.source_key),
            payment.on.to_string(),
            loan.money(payment.amount).to_decimal(),
            loan.currency().code().to_owned(),
            payment.kind.code().to_owned(),
        ];
        out.write_record(row).map_err(failed)?;
    }
    Ok(payments.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::personal::Personal;
    use crate::base::time::Date;
    use crate::domain::client::{ClientDraft, EmailDraft, PhoneDraft};
    use crate::domain::loan::{Payment, PaymentKind};

    fn cells(
        write: impl FnOnce(&mut csv::Writer<std::fs::File>) -> Result<u64, CliError>,
    ) -> Vec<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut out = csv::WriterBuilder::new().delimiter(b';').from_writer(file.reopen().unwrap());
        assert_eq!(write(&mut out).unwrap(), 1);
        out.flush().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        text.trim_end().split(';').map(str::to_owned).collect()
    }

    #[test]
    fn no_text_of_a_cell_is_a_formula_and_phones_stay_as_they_are_read() {
        let draft = ClientDraft {
            last_name: Some(Personal::new("-Иванова".into())),
            phones: Some(vec![PhoneDraft {
                number: Personal::new("8 916 123-45-67".into()),
                ..PhoneDraft::default()
            }]),
            emails: Some(vec![EmailDraft { email: Personal::new("+a@example.ru".into()) }]),
            ..ClientDraft::default()
        };
        let nobody = ClientId::from_uuid(uuid::Uuid::nil());
        let today: Date = "2026-11-21".parse().unwrap();
        let details = draft.check(nobody, &Default::default(), today).unwrap();
        let client = Client { details, source_keys: vec!["=s:1".into()], ..Client::default() };
        let row = cells(|out| client_row(out, &client));
        assert_eq!(row[3], "'-Иванова");
        assert_eq!(row[7], "+79161234567");
        assert_eq!(row[8], "'+a@example.ru");
        assert_eq!(row[9], "'=s:1");

        let mut loan = Loan::default();
        loan.terms.number = "@SUM(1)".into();
        loan.terms.product = "+7 дней".into();
        loan.payments = vec![Payment {
            source_key: "-1".into(),
            on: today,
            amount: 100,
            kind: PaymentKind::Payment,
        }];
        let row = cells(|out| loan_row(out, &loan, today));
        assert_eq!(row[2..4], ["'@SUM(1)", "'+7 дней"]);
        let row = cells(|out| payment_rows(out, &loan));
        assert_eq!(row[1..3], ["'@SUM(1)", "'-1"]);
    }
}
