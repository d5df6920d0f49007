//! The wordings of papers: the lender's own where there is one, else the shipped one.

use super::{PreviewAsk, Ready, facts, printed};
use crate::base::ids::EntryId;
use crate::domain::access::Action;
use crate::domain::directory::Entry;
use crate::domain::directory::bodies::PaperTemplateBody;
use crate::domain::fields;
use crate::domain::paper::{PaperKind, PaperLanguage, template_entry};
use crate::domain::{FieldFault, Rejection, StreamId, StreamKind};
use crate::forms::{self, FormFault, shipped};
use crate::service::access_log::AccessKind;
use crate::service::loans::shown;
use crate::service::{Caller, ServiceError, Services};
use serde::Serialize;
use serde_json::Value;

/// The wording of one kind of paper in one language.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TemplateView {
    /// Which paper.
    pub kind: &'static str,
    /// In which language.
    pub language: &'static str,
    /// The directory entry `paper_template` that holds the lender's own wording.
    pub entry_id: EntryId,
    /// The version of that entry, for `If-Match`; 0 when there is none yet.
    pub version: u64,
    /// The shipped wording is in force.
    pub is_shipped: bool,
    /// The wording in force.
    pub text: String,
    /// The shipped wording.
    pub shipped: &'static str,
    /// Everything that a wording may name, with made-up values; lists have one row.
    pub values: Value,
}

/// A fault of a template as a fault of the field that holds it.
pub fn fault_of(field: &str, fault: &FormFault) -> FieldFault {
    FieldFault::new(field, "invalid_template", fault.to_string())
}

/// Checks a wording that is to be kept: it is filled in and laid out with made-up values, also
/// such as another system's loan has, which tells less.
///
/// # Errors
/// The fault of the template with its line, or a wrong entry.
pub fn check_template(entry: EntryId, body: &Value) -> Result<(), Rejection> {
    // What does not read is refused by the directory itself, with every fault.
    let Ok(read) = fields::read::<PaperTemplateBody>(body.clone()) else { return Ok(()) };
    let wanted = template_entry(read.kind, read.language);
    if entry != wanted {
        let help = format!("the wording of this paper in this language is kept in entry {wanted}");
        return Err(Rejection::invalid(vec![FieldFault::new("kind", "not_allowed", help)]));
    }
    for data in forms::specimens(read.kind, read.language) {
        if let Err(fault) = forms::render(&read.text, &data) {
            return Err(Rejection::invalid(vec![fault_of("text", &fault)]));
        }
    }
    Ok(())
}

impl Services {
    /// The wording in force.
    pub(super) fn template(
        &self,
        kind: PaperKind,
        language: PaperLanguage,
    ) -> Result<String, ServiceError> {
        let view = self.template_view(kind, language)?;
        Ok(view.text)
    }

    fn template_view(
        &self,
        kind: PaperKind,
        language: PaperLanguage,
    ) -> Result<TemplateView, ServiceError> {
        let entry_id = template_entry(kind, language);
        let stream = StreamId::new(StreamKind::Entry, entry_id.uuid());
        let loaded = self.store.load::<Entry>(stream)?;
        let own = (!loaded.state.retired)
            .then(|| fields::read::<PaperTemplateBody>(loaded.state.body_json()).ok())
            .flatten();
        let shipped = shipped::template(kind, language);
        Ok(TemplateView {
            kind: kind.code(),
            language: language.code(),
            entry_id,
            version: loaded.version,
            is_shipped: own.is_none(),
            text: own.map_or_else(|| shipped.to_owned(), |own| own.text),
            shipped,
            values: forms::names(kind, language),
        })
    }

    /// The wordings of all papers in all languages.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn paper_templates(&self, caller: &Caller) -> Result<Vec<TemplateView>, ServiceError> {
        caller.grant(Action::EditPaperTemplates)?;
        let all = PaperKind::ALL
            .into_iter()
            .flat_map(|kind| PaperLanguage::ALL.into_iter().map(move |language| (kind, language)));
        all.map(|(kind, language)| self.template_view(kind, language)).collect()
    }

    /// A wording as PDF, with made-up values or those of a loan; nothing is kept.
    ///
    /// # Errors
    /// `Forbidden`; `Rejected` names the fault of the template with its line, or that there is no
    /// such loan.
    pub async fn preview_paper(
        &self,
        caller: &Caller,
        ask: PreviewAsk,
    ) -> Result<Vec<u8>, ServiceError> {
        caller.grant(Action::EditPaperTemplates)?;
        let Ready { template, data } = self.to_preview(caller, ask).await?;
        let made = printed(template, data).await?;
        Ok(made.map_err(|fault| Rejection::invalid(vec![fault_of("body", &fault)]))?)
    }

    async fn to_preview(&self, caller: &Caller, ask: PreviewAsk) -> Result<Ready, ServiceError> {
        let (kind, language) = (ask.kind, ask.language);
        let template = match ask.body {
            Some(body) if body.chars().count() > crate::base::limits::PAPER_TEMPLATE_CHARS_MAX => {
                let help = "use at most 8000 characters";
                let fault = FieldFault::new("body", "too_long", help);
                return Err(Rejection::invalid(vec![fault]).into());
            }
            Some(body) => body,
            None => self.template(kind, language)?,
        };
        let Some(loan) = ask.loan_id else {
            return Ok(Ready { template, data: forms::specimen(kind, language) });
        };
        let grant = caller.grant(Action::ReadClients)?;
        let (found, sight) = self.loan_with_sums(caller, grant, loan, None).await?;
        self.record_access(caller, AccessKind::Loan, found.client, "")?;
        let today = self.today();
        let detail = shown::detail(&found, facts::open_sight(), today, today);
        let early = match kind {
            PaperKind::EarlyRepayment => {
                Some(self.early_quote(caller, loan, None, today, "full", None).await?)
            }
            _ => None,
        };
        let client = found.client.ok_or_else(super::no_such_paper)?;
        let (name, is_organisation) = self.name_on_paper(client, sight.unmasked).await?;
        let facts = facts::Facts {
            kind,
            language,
            lender: &self.config.lender,
            loan: &found,
            detail: &detail,
            early: early.as_ref(),
            today,
        };
        Ok(Ready { template, data: facts.put_together(name, is_organisation) })
    }
}
