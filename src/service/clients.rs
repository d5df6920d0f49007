//! Clients: open, read, change, notes, consents, files, unmasking.

use super::access_log::AccessKind;
use super::call_views::{level_for, works_now};
use super::cards::{self, Card, LoanRow, MoneyView, Sight};
use super::{Caller, ServiceError, Services, expect_version};
use crate::actors::{ClientLane, Done};
use crate::base::ids::{CallId, ClientId, LoanId, PartId};
use crate::base::masking;
use crate::domain::access::{Action, Filter, Grant, Mask, Principal};
use crate::domain::client::{
    AddFile, AddNote, ChangeDetails, ClientCommand, ClientDetails, ClientDraft, ClientKind,
    FileKind, GiveConsent, RegisterClient, WithdrawConsent,
};
use crate::domain::loan::standing::{self, Standing};
use crate::domain::{FieldFault, Rejection, StreamKind};
use bytes::Bytes;
use chrono::Datelike;
use serde::Serialize;
use uuid::Uuid;

/// What tells one candidate from another, masked.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Candidate {
    /// The client.
    pub client_id: String,
    /// What sort.
    pub kind: ClientKind,
    /// Short name of a person, name of an organisation.
    pub name: String,
    /// City.
    pub city: String,
    /// Year of birth.
    pub birth_year: Option<i32>,
    /// Open loans.
    pub loans: usize,
    /// Something is past due; only for those who may see sums.
    pub overdue: Option<bool>,
    /// First phone, masked.
    pub phone_masked: Option<String>,
}

/// A row of a schedule.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct InstalmentView {
    /// Number.
    pub n: u16,
    /// When due.
    pub due_on: crate::base::time::Date,
    /// Principal part.
    pub principal: MoneyView,
    /// Interest part.
    pub interest: MoneyView,
    /// Fees.
    pub fee: MoneyView,
    /// The whole sum.
    pub payment: MoneyView,
    /// Principal left after it.
    pub balance: MoneyView,
    /// What of it is unpaid.
    pub unpaid: MoneyView,
    /// `paid`, `partial`, `due`, `overdue`, `future`.
    pub state: &'static str,
}

/// A payment.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PaymentView {
    /// Booking date.
    pub on: crate::base::time::Date,
    /// Sum.
    pub amount: MoneyView,
    /// What it is.
    pub kind: crate::domain::loan::PaymentKind,
    /// Key in the source system.
    pub source: String,
}

/// A loan with its schedule and payments.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LoanView {
    /// The row of the list.
    pub loan: LoanRow,
    /// Empty while locked.
    pub schedule: Vec<InstalmentView>,
    /// Newest first; empty while locked.
    pub payments: Vec<PaymentView>,
    /// Where the figures come from.
    pub source: String,
}

/// A file's place among the stored bytes.
#[derive(Debug, Clone)]
pub struct FileContent {
    /// Content hash.
    pub blob: String,
    /// Name.
    pub name: String,
    /// Media type.
    pub mime: String,
}

impl Services {
    /// How much of the client the caller sees by the call that he works on; without one, as at
    /// level 0.
    pub(super) async fn sight_in_call(
        &self,
        caller: &Caller,
        grant: Grant,
        call: Option<CallId>,
        client: ClientId,
    ) -> Result<Sight, ServiceError> {
        let (Some(call), Principal::User(user)) = (call, caller.principal) else {
            return Ok(Sight::of(grant, 0));
        };
        let sight = self.calls.look(call.uuid(), move |lane| {
            let state = lane.state();
            if state.choice.client() != Some(client) {
                return Sight::of(grant, 0);
            }
            Sight { in_call: works_now(state, user), ..Sight::of(grant, level_for(state, user)) }
        });
        Ok(sight.await?)
    }

    pub(super) fn check_scope(grant: Grant, lane: &ClientLane) -> Result<(), ServiceError> {
        if !lane.exists() {
            return Err(Rejection::not_found("client").into());
        }
        let organisation = lane.client.state.details.kind == ClientKind::Organisation;
        // A row outside the caller's scope does not exist for the caller.
        match grant.scope {
            Filter::Organisations if !organisation => Err(Rejection::not_found("client").into()),
            _ => Ok(()),
        }
    }

    /// The card of a client as JSON with its version, redacted for the caller.
    ///
    /// # Errors
    /// `Forbidden`, not found, `Busy`.
    pub async fn client_card(
        &self,
        caller: &Caller,
        client: ClientId,
        call: Option<CallId>,
    ) -> Result<(u64, Bytes), ServiceError> {
        let grant = caller.grant(Action::ReadClients)?;
        let make = self.card_maker(self.sight_in_call(caller, grant, call, client).await?);
        let shown = self.clients.look(client.uuid(), move |lane| {
            Self::check_scope(grant, lane).map(|()| (lane.client.version, make(lane)))
        });
        let shown = shown.await??;
        self.record_access(caller, AccessKind::Card, Some(client), "")?;
        Ok(shown)
    }

    /// The card with personal data in clear, with the reason on record.
    ///
    /// # Errors
    /// `Forbidden`, not found, or the reason is missing.
    pub async fn unmask_client(
        &self,
        caller: &Caller,
        client: ClientId,
        reason: &str,
    ) -> Result<Card, ServiceError> {
        let grant = caller.grant(Action::UnmaskClients)?;
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > crate::base::limits::LINE_CHARS_MAX {
            let fault = FieldFault::new("reason", "required", "say why, in at most 250 characters");
            return Err(Rejection::invalid(vec![fault]).into());
        }
        let lane = self.clients.look(client.uuid(), ClientLane::clone).await?;
        Self::check_scope(grant, &lane)?;
        self.record_access(caller, AccessKind::Unmask, Some(client), reason)?;
        Ok(self.card(&lane, Sight::of(grant, 0)))
    }

    /// A loan with its schedule and payments.
    ///
    /// # Errors
    /// `Forbidden`, not found.
    pub async fn client_loan(
        &self,
        caller: &Caller,
        client: ClientId,
        loan: LoanId,
        call: Option<CallId>,
    ) -> Result<LoanView, ServiceError> {
        let grant = caller.grant(Action::ReadClients)?;
        let sight = self.sight_in_call(caller, grant, call, client).await?;
        let lane = self.clients.look(client.uuid(), ClientLane::clone).await?;
        Self::check_scope(grant, &lane)?;
        let found = lane.loans.get(&loan).ok_or_else(|| Rejection::not_found("loan"))?;
        self.record_access(caller, AccessKind::Loan, Some(client), "")?;
        let (state, today) = (&*found.state, self.today());
        let money = |minor| MoneyView::from(state.money(minor));
        let instalments = match &state.own {
            Some(own) => standing::instalments_in_book(own, today),
            None => standing::instalments(state, today)
                .map(|(row, unpaid, at)| (row.clone(), unpaid, at))
                .collect(),
        };
        let schedule = instalments.into_iter().map(|(row, unpaid, at)| InstalmentView {
            n: row.n,
            due_on: row.due_on,
            principal: money(row.principal),
            interest: money(row.interest),
            fee: money(row.fee),
            payment: money(row.payment()),
            balance: money(row.balance),
            unpaid: money(unpaid),
            state: at.code(),
        });
        let payments = state.money_moved().into_iter().rev().map(|payment| PaymentView {
            on: payment.on,
            amount: money(payment.amount),
            kind: payment.kind,
            source: payment.source_key,
        });
        Ok(LoanView {
            loan: cards::loan_row(state, &standing::on(state, today), sight),
            schedule: if sight.money { schedule.collect() } else { Vec::new() },
            payments: if sight.money { payments.collect() } else { Vec::new() },
            source: state.source_key.split(':').next().unwrap_or_default().to_owned(),
        })
    }

    /// What tells a client from others.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn candidate(
        &self,
        client: ClientId,
        show_money: bool,
    ) -> Result<Option<Candidate>, ServiceError> {
        let today = self.today();
        let built = self.clients.look(client.uuid(), move |lane| {
            if !lane.exists() {
                return None;
            }
            let details = &lane.client.state.details;
            let loans = lane.loans.values().map(|loan| standing::on(&loan.state, today));
            let open: Vec<Standing> = loans.filter(|stands| stands.status.is_open()).collect();
            let overdue = open.iter().any(|stands| stands.overdue > 0);
            Some(Candidate {
                client_id: client.to_string(),
                kind: details.kind,
                name: cards::shown_name(details, false),
                city: details.main_address().map(|a| a.city.clone()).unwrap_or_default(),
                birth_year: details.birth_date.as_ref().map(|date| date.reveal().year()),
                loans: open.len(),
                overdue: show_money.then_some(overdue),
                phone_masked: details.phones.first().map(|p| masking::phone(p.e164.reveal())),
            })
        });
        Ok(built.await?)
    }

    /// Opens a card.
    ///
    /// # Errors
    /// Every fault of the input; `Duplicate` with the holders.
    pub async fn register_client(
        &self,
        caller: &Caller,
        draft: ClientDraft,
        acknowledge_duplicates: bool,
    ) -> Result<Card, ServiceError> {
        let grant = caller.grant(Action::EditClients)?;
        if grant.scope == Filter::Organisations && draft.kind != Some(ClientKind::Organisation) {
            return Err(ServiceError::Forbidden);
        }
        let id = ClientId::from_uuid(self.ids.next(self.clock.now()));
        let register = RegisterClient { id, draft, acknowledge_duplicates };
        let order = caller.order(move |lane: &ClientLane, context| {
            lane.command(ClientCommand::Register(register.clone()), context)
        });
        let asked = self.clients.ask(id.uuid(), order).await.map_err(ServiceError::from);
        let done = self.record_duplicates(caller, asked)?;
        // A repeated command has opened the card under the identifier of the first time.
        let opened = done.written(StreamKind::Client).map_or(id, ClientId::from_uuid);
        let lane = self.clients.look(opened.uuid(), ClientLane::clone).await?;
        // Whoever typed the card may see it.
        Ok(self.card(&lane, Sight { level: 0, unmasked: true, money: true, in_call: false }))
    }

    /// The faults of a draft by the rules, over what is known of `client`; nothing is changed.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn client_faults(
        &self,
        caller: &Caller,
        client: Option<ClientId>,
        draft: &ClientDraft,
    ) -> Result<Vec<FieldFault>, ServiceError> {
        let grant = caller.grant(Action::EditClients)?;
        let (id, before) = match client {
            None => (ClientId::from_uuid(Uuid::nil()), ClientDetails::default()),
            Some(id) => {
                let lane = self.clients.look(id.uuid(), ClientLane::clone).await?;
                Self::check_scope(grant, &lane)?;
                (id, lane.client.state.details.clone())
            }
        };
        let today = self.context(caller).today();
        Ok(draft.check(id, &before, today).err().unwrap_or_default())
    }

    /// A refusal that names other holders of a value has shown them: that is on record.
    fn record_duplicates<T>(
        &self,
        caller: &Caller,
        result: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        if matches!(result, Err(ServiceError::Duplicate { .. })) {
            self.record_access(caller, AccessKind::Search, None, "")?;
        }
        result
    }

    async fn change_lane(
        &self,
        caller: &Caller,
        action: Action,
        client: ClientId,
        expected: Option<u64>,
        command: ClientCommand,
    ) -> Result<Done<ClientLane>, ServiceError> {
        let grant = caller.grant(action)?;
        let lane = self.clients.look(client.uuid(), ClientLane::clone).await?;
        Self::check_scope(grant, &lane)?;
        let order = caller.order(move |lane: &ClientLane, context| {
            expect_version(lane.client.version, expected)?;
            lane.command(command.clone(), context)
        });
        let done = self.clients.ask(client.uuid(), order).await?;
        self.tell_change(client, &done);
        Ok(done)
    }

    /// Tells everybody that a client's card is another one now, if it is.
    pub(super) fn tell_change(&self, client: ClientId, done: &Done<ClientLane>) {
        if done.receipt.is_some() {
            let version = done.after.client.version;
            self.feed.publish(
                crate::feed::Audience::Everybody,
                "client.changed",
                format!("\"client_id\":\"{client}\",\"version\":{version}"),
                true,
                None,
            );
        }
    }

    /// Changes details; `expected` is the version that the caller has seen.
    ///
    /// # Errors
    /// Every fault of the input; `Stale`; `Duplicate`.
    pub async fn change_client(
        &self,
        caller: &Caller,
        client: ClientId,
        expected: Option<u64>,
        draft: ClientDraft,
        acknowledge_duplicates: bool,
        call: Option<CallId>,
    ) -> Result<Card, ServiceError> {
        let grant = caller.grant(Action::EditClients)?;
        // A repeat may come when the call, and with it the level, is over.
        if grant.fields == Mask::ByLevel && !self.was_done(caller)? {
            let lane = self.clients.look(client.uuid(), ClientLane::clone).await?;
            let sight = self.sight_in_call(caller, grant, call, client).await?;
            check_level_to_change(&lane, sight.level)?;
        }
        let command = ClientCommand::Change(ChangeDetails { draft, acknowledge_duplicates });
        let changed =
            self.change_lane(caller, Action::EditClients, client, expected, command).await;
        let done = self.record_duplicates(caller, changed)?;
        let grant = caller.grant(Action::ReadClients)?;
        let sight = self.sight_in_call(caller, grant, call, client).await?;
        Ok(self.card(&done.after, sight))
    }

    /// Adds a note.
    ///
    /// # Errors
    /// Every fault of the input; not found.
    pub async fn add_note(
        &self,
        caller: &Caller,
        client: ClientId,
        text: String,
    ) -> Result<PartId, ServiceError> {
        let id = self.part_id(caller);
        let command = ClientCommand::AddNote(AddNote { id, text });
        self.change_lane(caller, Action::NoteClients, client, None, command).await?;
        Ok(id)
    }

    /// Records a consent.
    ///
    /// # Errors
    /// Every fault of the input; not found.
    pub async fn give_consent(
        &self,
        caller: &Caller,
        client: ClientId,
        purpose: String,
        evidence: String,
        text_version: String,
    ) -> Result<PartId, ServiceError> {
        let id = self.part_id(caller);
        let command =
            ClientCommand::GiveConsent(GiveConsent { id, purpose, evidence, text_version });
        self.change_lane(caller, Action::NoteClients, client, None, command).await?;
        Ok(id)
    }

    /// Records that a consent was withdrawn.
    ///
    /// # Errors
    /// Every fault of the input; not found.
    pub async fn withdraw_consent(
        &self,
        caller: &Caller,
        client: ClientId,
        consent: PartId,
        reason: String,
    ) -> Result<(), ServiceError> {
        let command = ClientCommand::WithdrawConsent(WithdrawConsent { id: consent, reason });
        self.change_lane(caller, Action::NoteClients, client, None, command).await?;
        Ok(())
    }

    /// Attaches a stored file.
    ///
    /// # Errors
    /// Every fault of the input; not found.
    #[allow(clippy::too_many_arguments, reason = "one per field of the request")]
    pub async fn add_file(
        &self,
        caller: &Caller,
        client: ClientId,
        blob: String,
        name: String,
        kind: FileKind,
        loan: Option<LoanId>,
        size: u64,
        mime: String,
    ) -> Result<PartId, ServiceError> {
        let id = self.part_id(caller);
        let command = ClientCommand::AddFile(AddFile { id, blob, name, kind, loan, size, mime });
        self.change_lane(caller, Action::NoteClients, client, None, command).await?;
        Ok(id)
    }

    /// Where a file's bytes are; the level of the call is checked.
    ///
    /// # Errors
    /// `Forbidden` below the level; not found.
    pub async fn client_file(
        &self,
        caller: &Caller,
        client: ClientId,
        file: PartId,
        call: Option<CallId>,
    ) -> Result<FileContent, ServiceError> {
        let grant = caller.grant(Action::ReadFiles)?;
        let sight = self.sight_in_call(caller, grant, call, client).await?;
        let lane = self.clients.look(client.uuid(), ClientLane::clone).await?;
        Self::check_scope(grant, &lane)?;
        let files = &lane.client.state.files;
        let found =
            files.iter().find(|one| one.id == file).ok_or_else(|| Rejection::not_found("file"))?;
        if !sight.money {
            return Err(Rejection::forbidden("identify the client first").into());
        }
        self.record_access(caller, AccessKind::File, Some(client), "")?;
        Ok(FileContent {
            blob: found.blob.clone(),
            name: found.name.reveal().clone(),
            mime: found.mime.clone(),
        })
    }
}

/// The level at which the client asks for a change himself: L3, or L2 while no code word was agreed
/// (domain.md 4.3). Who has no loan here has nothing to protect yet.
fn check_level_to_change(lane: &ClientLane, level: u8) -> Result<(), ServiceError> {
    let needed = match (lane.loans.is_empty(), lane.client.state.details.code_word) {
        (true, _) => 0,
        (false, None) => 2,
        (false, Some(_)) => 3,
    };
    if level >= needed {
        return Ok(());
    }
    let help = format!("identify the client to level {needed} in this call first");
    Err(Rejection::forbidden(help).into())
}
