//! Papers of loans: issued under a number of the year, kept as files, found again; their wordings
//! tried and changed.
//!
//! Figures come from where the page has them ([`super::loans::shown`]). Must never give out a paper
//! that says more than its reader may see on the card of the client, but for the client's name.

mod facts;
pub(super) mod templates;

pub use templates::TemplateView;

use super::access_log::AccessKind;
use super::cards::Sight;
use super::loans::shown;
use super::{Caller, ServiceError, Services};
use crate::actors::SingleLane;
use crate::base::ids::{CallId, ClientId, LoanId, PaperId};
use crate::base::time::Date;
use crate::domain::access::{Action, Grant};
use crate::domain::loan::Loan;
use crate::domain::paper::{
    Paper, PaperCommand, PaperIssued, PaperKind, PaperLanguage, full_number,
};
use crate::domain::{Counter, FieldFault, Rejection, StreamId, StreamKind};
use crate::forms::{self, FormFault, PaperData};
use crate::json_object;
use crate::store::{Loaded, keys};
use chrono::Datelike;
use serde::Serialize;
use std::sync::Arc;

json_object! {
    /// The early repayment that a paper is about.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct EarlyAsk {
        /// Its day.
        pub on: Date,
        /// `full`, `smaller_payment`, `shorter_term`, `withdrawal`.
        pub kind: String,
        /// How much is repaid early; not with `full`.
        pub amount: Option<String>,
    }
}

json_object! {
    /// A paper to issue.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PaperAsk {
        /// What it says.
        pub kind: PaperKind,
        /// In which language.
        pub language: PaperLanguage,
        /// The day of its figures; today when left out.
        pub on: Option<Date>,
        /// Of a calculation of early repayment: which one.
        pub early: Option<EarlyAsk>,
    }
}

json_object! {
    /// A wording to try.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PreviewAsk {
        /// Of which paper.
        pub kind: PaperKind,
        /// In which language.
        pub language: PaperLanguage,
        /// The wording; the one in force when left out.
        pub body: Option<String>,
        /// With the figures of this loan; made-up ones when left out.
        pub loan_id: Option<LoanId>,
    }
}

/// An issued paper as shown.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PaperView {
    /// The paper.
    pub paper_id: PaperId,
    /// The loan.
    pub loan_id: LoanId,
    /// Its number within the year, `2026-17`.
    pub number: String,
    /// What it says.
    pub kind: &'static str,
    /// In which language.
    pub language: &'static str,
    /// The day of its figures.
    pub on: Date,
    /// When it was issued.
    pub issued_at: String,
    /// By whom.
    pub issued_by: String,
    /// Bytes of its PDF.
    pub size: u64,
}

/// A page of a loan's papers.
#[derive(Debug, Clone)]
pub struct PaperPage {
    /// Newest first.
    pub items: Vec<PaperView>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// A paper's place among the stored bytes.
#[derive(Debug, Clone)]
pub struct PaperContent {
    /// Content hash.
    pub blob: String,
    /// Its number.
    pub number: String,
}

fn stream(id: PaperId) -> StreamId {
    StreamId::new(StreamKind::Paper, id.uuid())
}

fn no_such_paper() -> ServiceError {
    Rejection::not_found("paper").into()
}

/// What a paper is made of, ready to be printed.
struct Ready {
    template: String,
    data: PaperData,
}

impl Services {
    /// Issues a paper of a loan: prints it under the next number of the year and keeps it.
    ///
    /// # Errors
    /// `Forbidden`, also below the level that sums need; `Rejected` names every field at fault, or
    /// why the loan has no such paper. A refused paper takes no number.
    pub async fn issue_paper(
        &self,
        caller: &Caller,
        loan: LoanId,
        call: Option<CallId>,
        ask: PaperAsk,
    ) -> Result<PaperView, ServiceError> {
        let grant = caller.grant(Action::IssuePapers)?;
        if let Some(first) = self.written_before(caller, StreamKind::Paper)? {
            return self.paper_view(PaperId::from_uuid(first));
        }
        let (found, sight) = self.loan_in_call(caller, grant, loan, call).await?;
        super::loans::check_sums(sight)?;
        let client = found.client.ok_or_else(no_such_paper)?;
        let (today, ready) = (self.today(), self.ready(caller, &found, call, &ask).await?);
        // A number is printed before it is drawn: one paper at a time.
        let _turn = self.paper_numbers.lock().await;
        let year = today.year();
        let number = self.last_paper_number(year)? + 1;
        let Ready { template, mut data } = ready;
        data.paper.number = full_number(year, number);
        let on = data.paper.on;
        let pdf = printed(template, data).await?.map_err(|fault| template_fails(&fault))?;
        let size = pdf.len() as u64;
        let blob = self.keep(pdf).await?;
        let (kind, language) = (ask.kind, ask.language);
        let issued = PaperIssued { client, loan, kind, language, year, number, on, blob, size };
        let id = PaperId::from_uuid(self.ids.next(self.clock.now()));
        let order = caller.order(move |lane: &SingleLane<Paper>, context| {
            lane.command(PaperCommand::Issue(issued.clone()), context)
        });
        let done = self.papers.ask(id.uuid(), order).await?;
        self.record_access(caller, AccessKind::Paper, Some(client), "")?;
        self.paper_view(done.written(StreamKind::Paper).map_or(id, PaperId::from_uuid))
    }

    /// The papers of a loan, newest first, from `cursor` on.
    ///
    /// # Errors
    /// `Forbidden`, also below the level that sums need; not found; the cursor is not ours.
    pub async fn papers_of_loan(
        &self,
        caller: &Caller,
        loan: LoanId,
        call: Option<CallId>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<PaperPage, ServiceError> {
        let grant = caller.grant(Action::ReadPapers)?;
        let (found, _) = self.loan_with_sums(caller, grant, loan, call).await?;
        self.record_access(caller, AccessKind::Loan, found.client, "")?;
        let prefix = keys::papers_of(loan.uuid());
        let start = match cursor {
            None => prefix.clone(),
            Some(text) => after_cursor(&prefix, text)?,
        };
        let (mut ids, mut last, mut more) = (Vec::new(), Vec::new(), false);
        self.store.scan(&prefix, &start, |key, _| {
            if ids.len() == limit {
                more = true;
                return false;
            }
            ids.extend(keys::trailing_id(key).map(PaperId::from_uuid));
            last = key[prefix.len()..].to_vec();
            true
        })?;
        let next = more.then(|| data_encoding::BASE64URL_NOPAD.encode(&last));
        let items = ids.into_iter().map(|id| self.paper_view(id)).collect::<Result<_, _>>()?;
        Ok(PaperPage { items, next_cursor: next })
    }

    /// Where the bytes of a paper are.
    ///
    /// # Errors
    /// `Forbidden`, also below the level that sums need; not found.
    pub async fn paper(
        &self,
        caller: &Caller,
        id: PaperId,
        call: Option<CallId>,
    ) -> Result<PaperContent, ServiceError> {
        let grant = caller.grant(Action::ReadPapers)?;
        let loaded = self.store.load::<Paper>(stream(id))?;
        let issued = loaded.state.issued.clone().ok_or_else(no_such_paper)?;
        self.loan_with_sums(caller, grant, issued.loan, call).await?;
        self.record_access(caller, AccessKind::Paper, Some(issued.client), "")?;
        Ok(PaperContent { number: issued.full_number(), blob: issued.blob })
    }

    /// A loan whose sums the caller sees.
    async fn loan_with_sums(
        &self,
        caller: &Caller,
        grant: Grant,
        loan: LoanId,
        call: Option<CallId>,
    ) -> Result<(Arc<Loan>, Sight), ServiceError> {
        let (found, sight) = self.loan_in_call(caller, grant, loan, call).await?;
        super::loans::check_sums(sight)?;
        Ok((found, sight))
    }

    fn paper_view(&self, id: PaperId) -> Result<PaperView, ServiceError> {
        let loaded: Loaded<Paper> = self.store.load(stream(id))?;
        let issued = loaded.state.issued.as_ref().ok_or_else(no_such_paper)?;
        Ok(PaperView {
            paper_id: id,
            loan_id: issued.loan,
            number: issued.full_number(),
            kind: issued.kind.code(),
            language: issued.language.code(),
            on: issued.on,
            issued_at: loaded.state.at.to_rfc3339(),
            issued_by: loaded.state.by.map(|by| self.people.name_of(by)).unwrap_or_default(),
            size: issued.size,
        })
    }

    fn last_paper_number(&self, year: i32) -> Result<u64, ServiceError> {
        let value = self.store.get(&keys::counter(Counter::Papers(year)))?;
        Ok(value.as_deref().and_then(<[u8]>::first_chunk).map_or(0, |b| u64::from_le_bytes(*b)))
    }

    /// Keeps the bytes of a paper; durable when it returns.
    async fn keep(&self, pdf: Vec<u8>) -> Result<String, ServiceError> {
        let mut writer = self.blob_writer()?;
        let keeping = tokio::task::spawn_blocking(move || {
            writer.write(&pdf)?;
            writer.finish()
        });
        let kept = keeping.await.map_err(|_| ServiceError::Unavailable)?;
        Ok(kept?.hash.to_string())
    }

    /// The name that a paper for the caller carries.
    async fn name_on_paper(
        &self,
        client: ClientId,
        unmasked: bool,
    ) -> Result<(String, bool), ServiceError> {
        let named = self.clients.look(client.uuid(), move |lane| {
            let details = &lane.client.state.details;
            (super::cards::shown_name(details, unmasked), details.organisation.is_some())
        });
        Ok(named.await?)
    }

    /// Everything that a paper is made of; refuses what cannot be said of the loan.
    async fn ready(
        &self,
        caller: &Caller,
        loan: &Loan,
        call: Option<CallId>,
        ask: &PaperAsk,
    ) -> Result<Ready, ServiceError> {
        let today = self.today();
        let on = ask.on.unwrap_or(today);
        let mut faults = facts::day_faults(loan, on, today);
        match (ask.kind, &ask.early) {
            (PaperKind::EarlyRepayment, None) => {
                let help = "say which early repayment: day, kind and sum";
                faults.push(FieldFault::new("early", "required", help));
            }
            (PaperKind::EarlyRepayment, Some(_)) | (_, None) => {}
            (_, Some(_)) => {
                let help = "only a calculation of early repayment is about one; leave it out";
                faults.push(FieldFault::new("early", "not_needed", help));
            }
        }
        if !faults.is_empty() {
            return Err(Rejection::invalid(faults).into());
        }
        let detail = shown::detail(loan, facts::open_sight(), on, today);
        facts::check(ask.kind, loan, &detail)?;
        let early = match &ask.early {
            None => None,
            Some(early) => {
                let id = loan.id.ok_or_else(no_such_paper)?;
                let (kind, amount) = (early.kind.as_str(), early.amount.as_deref());
                let quoted = self.early_quote(caller, id, call, early.on, kind, amount).await;
                Some(quoted.map_err(facts::in_early)?)
            }
        };
        let (name, is_organisation) =
            self.name_on_paper(loan.client.ok_or_else(no_such_paper)?, true).await?;
        let data = facts::Facts {
            kind: ask.kind,
            language: ask.language,
            lender: &self.config.lender,
            loan,
            detail: &detail,
            early: early.as_ref(),
            today,
        };
        let template = self.template(ask.kind, ask.language)?;
        Ok(Ready { template, data: data.put_together(name, is_organisation) })
    }
}

/// Prints on a thread of its own: a long schedule takes a while.
async fn printed(
    template: String,
    data: PaperData,
) -> Result<Result<Vec<u8>, FormFault>, ServiceError> {
    let printing = tokio::task::spawn_blocking(move || forms::render(&template, &data));
    printing.await.map_err(|_| ServiceError::Unavailable)
}

/// Two specimens were printed when the wording was kept, but a loan can hold what they do not.
fn template_fails(fault: &FormFault) -> Rejection {
    let message = format!("the wording of this paper fails: {fault}; ask an administrator");
    Rejection::rule("template_fails", message)
}

/// The key behind the one that a cursor names.
fn after_cursor(prefix: &[u8], cursor: &str) -> Result<Vec<u8>, ServiceError> {
    let tail = data_encoding::BASE64URL_NOPAD.decode(cursor.as_bytes()).ok();
    let Some(tail) = tail.filter(|tail| tail.len() == 24) else {
        let fault = FieldFault::new("cursor", "unknown_value", "begin with the first page");
        return Err(Rejection::invalid(vec![fault]).into());
    };
    Ok([prefix, &tail, &[0]].concat())
}
