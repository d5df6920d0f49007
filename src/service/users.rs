//! Users: signing in, passwords, second factors, rights.
//!
//! A person never changes the own role and never disables the own account, so that an administrator
//! always remains. Must never return a hash or a secret.

use super::credentials;
use super::{Caller, ServiceError, Services, expect_version};
use crate::actors::{Done, SingleLane};
use crate::base::ids::UserId;
use crate::base::personal::Personal;
use crate::domain::access::{Action, Role};
use crate::domain::sign_ins::{SignInKey, SignInLimits};
use crate::domain::user::{ChangeUser, NewSignIn, NewUser, User, UserCommand, normal_login};
use crate::domain::{ClaimSpace, FieldFault, Rejection, StreamId, StreamKind};
use serde::Serialize;
use std::sync::Arc;

/// Rows of one page while walking all users.
const PAGE_ROWS: usize = 500;
/// A hash of nothing anybody knows: checked for unknown log-ins, so that they take as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bGVuZGVyYm94LW5vYm9keQ$Uvq6z2nVBgJlhV5zZ3m6dF6QVJX1v7b3FvJt0lq7S4o";

/// A user as shown to administrators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UserView {
    /// Who.
    pub id: UserId,
    /// What the person types to sign in.
    pub login: String,
    /// How colleagues call the person.
    pub name: String,
    /// What the person is here for.
    pub role: Option<Role>,
    /// The person's phone on the PBX.
    pub extension: Option<String>,
    /// Kept out.
    pub disabled: bool,
    /// Whether a second factor is on.
    pub totp: bool,
    /// When the person last signed in.
    pub last_login_at: Option<String>,
    /// For `If-Match`.
    pub version: u64,
}

impl UserView {
    fn new(id: UserId, user: &User) -> Self {
        Self {
            id,
            login: user.login.clone(),
            name: user.name.reveal().clone(),
            role: user.role,
            extension: user.extension.clone(),
            disabled: user.disabled,
            totp: user.totp_secret.is_some(),
            last_login_at: user.last_login_at.map(|at| at.to_rfc3339()),
            version: user.revision,
        }
    }
}

/// A user to create, as typed.
#[derive(Debug, Clone)]
pub struct UserToCreate {
    /// What the person types to sign in.
    pub login: String,
    /// How colleagues call the person.
    pub name: String,
    /// What the person is here for.
    pub role: Role,
    /// The person's phone on the PBX.
    pub extension: Option<String>,
    /// The first password.
    pub password: Personal<String>,
}

impl From<&UserToCreate> for NewUser {
    /// Without the hash of the password.
    fn from(typed: &UserToCreate) -> Self {
        Self {
            login: normal_login(&typed.login),
            name: Personal::new(typed.name.clone()),
            role: typed.role,
            extension: typed.extension.clone(),
            password_hash: Personal::default(),
        }
    }
}

/// A person whose password was right.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// Who.
    pub id: UserId,
    /// The state at that moment.
    pub user: Arc<User>,
}

fn stream(id: UserId) -> StreamId {
    StreamId::new(StreamKind::User, id.uuid())
}

fn view(id: UserId, done: &Done<SingleLane<User>>) -> UserView {
    UserView::new(id, done.after.state())
}

impl Services {
    /// Everybody who works here, by name.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn users(&self, caller: &Caller) -> Result<Vec<UserView>, ServiceError> {
        caller.grant(Action::ReadUsers)?;
        let mut views = Vec::new();
        self.each_user(|id, _, user| views.push(UserView::new(id, user)))?;
        views.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        Ok(views)
    }

    /// Walks all users: who, at which version, as he is. For the edge.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn each_user(&self, mut look: impl FnMut(UserId, u64, &User)) -> Result<(), ServiceError> {
        let mut after = None;
        loop {
            let page = self.store.list::<User>(after, PAGE_ROWS)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for (stream, loaded) in &page {
                look(UserId::from_uuid(stream.id), loaded.version, &loaded.state);
            }
        }
    }

    /// One user.
    ///
    /// # Errors
    /// `Rejected` when there is no such user, `Unavailable`.
    pub fn user(&self, id: UserId) -> Result<Arc<User>, ServiceError> {
        let loaded = self.store.load::<User>(stream(id))?;
        if loaded.state.exists() {
            return Ok(loaded.state);
        }
        Err(ServiceError::Rejected(Rejection::not_found("user")))
    }

    /// Creates a user.
    ///
    /// # Errors
    /// `Rejected` names every field at fault; `Duplicate` when log-in or extension is taken.
    pub async fn create_user(
        &self,
        caller: &Caller,
        typed: UserToCreate,
    ) -> Result<UserView, ServiceError> {
        let faults = self.new_user_faults(caller, &typed)?;
        if !faults.is_empty() {
            return Err(ServiceError::Rejected(Rejection::invalid(faults)));
        }
        let new = NewUser::from(&typed);
        let hash = self.hash(typed.password).await?;
        let id = UserId::from_uuid(self.ids.next(self.clock.now()));
        let new = NewUser { password_hash: hash, ..new };
        self.change(caller, id, None, UserCommand::Create(new)).await
    }

    /// Every fault of a new user's fields, the password's among them.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn new_user_faults(
        &self,
        caller: &Caller,
        typed: &UserToCreate,
    ) -> Result<Vec<FieldFault>, ServiceError> {
        caller.grant(Action::ManageUsers)?;
        let new = NewUser::from(typed);
        let mut faults = new.faults();
        faults.extend(self.password_fault("password", typed.password.reveal(), &new.login));
        Ok(faults)
    }

    /// Every fault of the fields of a change.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn user_change_faults(
        &self,
        caller: &Caller,
        change: &ChangeUser,
    ) -> Result<Vec<FieldFault>, ServiceError> {
        caller.grant(Action::ManageUsers)?;
        Ok(change.faults())
    }

    /// Changes name, role or extension.
    ///
    /// # Errors
    /// `Stale`, `Rejected`, `Duplicate`, `Forbidden`.
    pub async fn change_user(
        &self,
        caller: &Caller,
        id: UserId,
        version: u64,
        change: ChangeUser,
    ) -> Result<UserView, ServiceError> {
        caller.grant(Action::ManageUsers)?;
        if change.role.is_some_and(|role| role != Role::Administrator) {
            self.refuse_own(caller, id)?;
        }
        self.change(caller, id, Some(version), UserCommand::Change(change)).await
    }

    /// Keeps a person out, or lets the person in again. An administrator always remains.
    ///
    /// # Errors
    /// `Rejected` (`own_account`, `last_administrator`), `Forbidden`.
    pub async fn set_user_disabled(
        &self,
        caller: &Caller,
        id: UserId,
        disabled: bool,
    ) -> Result<UserView, ServiceError> {
        caller.grant(Action::ManageUsers)?;
        self.refuse_own(caller, id)?;
        if disabled {
            self.refuse_last_administrator(id)?;
        }
        let command = if disabled { UserCommand::Disable } else { UserCommand::Enable };
        self.change(caller, id, None, command).await
    }

    /// Sets somebody's password; the person's sign-ins end. The own one is changed by
    /// [`Services::change_own_password`], which asks for the present one.
    ///
    /// # Errors
    /// `Rejected`, `Forbidden`.
    pub async fn set_user_password(
        &self,
        caller: &Caller,
        id: UserId,
        password: Personal<String>,
    ) -> Result<(), ServiceError> {
        caller.grant(Action::ManageUsers)?;
        self.refuse_own(caller, id)?;
        let login = self.user(id)?.login.clone();
        let hash = self.new_hash(&login, "password", password).await?;
        self.change(caller, id, None, UserCommand::SetPassword { hash, kept: None }).await.map(drop)
    }

    /// Replaces the caller's own password. Of the sign-ins only `kept` goes on.
    ///
    /// # Errors
    /// `Rejected` when the present one is wrong or the new one too easy.
    pub async fn change_own_password(
        &self,
        caller: &Caller,
        current: Personal<String>,
        new: Personal<String>,
        kept: SignInKey,
    ) -> Result<(), ServiceError> {
        let id = caller.user()?;
        let user = self.user(id)?;
        if !matches(current, user.password_hash.clone()).await? {
            let help = "this is not your present password";
            let fault = FieldFault::new("current", "wrong_password", help);
            return Err(ServiceError::Rejected(Rejection::invalid(vec![fault])));
        }
        let hash = self.new_hash(&user.login, "new", new).await?;
        let command = UserCommand::SetPassword { hash, kept: Some(kept) };
        self.change(caller, id, None, command).await.map(drop)
    }

    async fn new_hash(
        &self,
        login: &str,
        field: &str,
        password: Personal<String>,
    ) -> Result<Personal<String>, ServiceError> {
        if let Some(fault) = self.password_fault(field, password.reveal(), login) {
            return Err(ServiceError::Rejected(Rejection::invalid(vec![fault])));
        }
        self.hash(password).await
    }

    /// Turns the caller's second factor on, after a code has proved the secret. Of the sign-ins
    /// only `kept` goes on.
    ///
    /// # Errors
    /// `Forbidden` for machines, `Rejected` when there is one already.
    pub async fn enrol_totp(
        &self,
        caller: &Caller,
        secret: Personal<Vec<u8>>,
        kept: SignInKey,
    ) -> Result<(), ServiceError> {
        let id = caller.user()?;
        let command = UserCommand::EnrolTotp { secret, kept: Some(kept) };
        self.change(caller, id, None, command).await.map(drop)
    }

    /// Turns the caller's own second factor off. Of the sign-ins only `kept` goes on.
    ///
    /// # Errors
    /// `Forbidden` for machines.
    pub async fn remove_own_totp(
        &self,
        caller: &Caller,
        kept: SignInKey,
    ) -> Result<(), ServiceError> {
        let id = caller.user()?;
        let command = UserCommand::RemoveTotp { kept: Some(kept) };
        self.change(caller, id, None, command).await.map(drop)
    }

    /// Turns somebody's second factor off; the person's sign-ins end. The own one is removed by
    /// [`Services::remove_own_totp`], after a code.
    ///
    /// # Errors
    /// `Forbidden`, `Rejected`.
    pub async fn remove_totp(&self, caller: &Caller, id: UserId) -> Result<UserView, ServiceError> {
        caller.grant(Action::ManageUsers)?;
        self.refuse_own(caller, id)?;
        self.change(caller, id, None, UserCommand::RemoveTotp { kept: None }).await
    }

    /// Whose password it is; `None` when log-in or password is wrong or the person is kept out.
    /// Takes as long for an unknown log-in.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn recognise(
        &self,
        login: &str,
        password: Personal<String>,
    ) -> Result<Option<Recognised>, ServiceError> {
        let holders = self.store.holders(ClaimSpace::Login, &normal_login(login))?;
        let Some(holder) = holders.first().copied() else {
            matches(password, Personal::new(NOBODY.to_owned())).await?;
            return Ok(None);
        };
        let user = self.store.load::<User>(holder)?.state;
        if !matches(password, user.password_hash.clone()).await? || user.disabled {
            return Ok(None);
        }
        Ok(Some(Recognised { id: UserId::from_uuid(holder.id), user }))
    }

    /// Signs in whoever was recognised; durable when this returns.
    ///
    /// # Errors
    /// `Rejected` when the person is kept out, was changed since, or the code was used.
    pub async fn sign_in(
        &self,
        caller: &Caller,
        recognised: &Recognised,
        key: SignInKey,
        totp_step: Option<u64>,
    ) -> Result<(), ServiceError> {
        let (epoch, limits) = (recognised.user.session_epoch, self.sign_in_limits());
        let command = UserCommand::SignIn(NewSignIn { key, epoch, totp_step, limits });
        self.change(caller, recognised.id, None, command).await.map(drop)
    }

    /// How long sign-ins last.
    #[must_use]
    pub fn sign_in_limits(&self) -> SignInLimits {
        let security = &self.config.security;
        SignInLimits {
            idle_seconds: security.session_idle_seconds,
            absolute_seconds: security.session_absolute_seconds,
        }
    }

    /// Whether the person is signed in to the box somewhere.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn is_signed_in(&self, id: UserId) -> Result<bool, ServiceError> {
        let user = self.store.load::<User>(stream(id))?.state;
        let (limits, now) = (self.sign_in_limits(), self.clock.now());
        Ok(user.sign_ins.iter().any(|sign_in| sign_in.is_alive(limits, now)))
    }

    /// Ends one of the caller's sign-ins.
    ///
    /// # Errors
    /// `Forbidden` for machines, `Unavailable`.
    pub async fn sign_out(&self, caller: &Caller, key: SignInKey) -> Result<(), ServiceError> {
        self.change(caller, caller.user()?, None, UserCommand::SignOut { key }).await.map(drop)
    }

    /// Ends all of the caller's sign-ins.
    ///
    /// # Errors
    /// `Forbidden` for machines, `Unavailable`.
    pub async fn sign_out_everywhere(&self, caller: &Caller) -> Result<(), ServiceError> {
        self.change(caller, caller.user()?, None, UserCommand::SignOutEverywhere).await.map(drop)
    }

    /// Notes that somebody works in a sign-in. For the edge, now and then.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn note_seen(&self, id: UserId, key: SignInKey) -> Result<(), ServiceError> {
        self.change(&Caller::system(), id, None, UserCommand::NoteSeen { key }).await.map(drop)
    }

    async fn change(
        &self,
        caller: &Caller,
        id: UserId,
        version: Option<u64>,
        command: UserCommand,
    ) -> Result<UserView, ServiceError> {
        let essential = matches!(
            command,
            UserCommand::SignIn(_) | UserCommand::SignOut { .. } | UserCommand::SignOutEverywhere
        );
        let mut order = caller.order(move |lane: &SingleLane<User>, context| {
            expect_version(lane.state().revision, version)?;
            lane.command(command.clone(), context)
        });
        // Who is locked out of a full disk could not free it.
        order.essential = essential;
        let done = self.users.ask(id.uuid(), order).await?;
        let written = done.written(StreamKind::User).map_or(id, UserId::from_uuid);
        if written != id {
            // The person was created by the first of two equal requests.
            return Ok(UserView::new(written, &*self.user(written)?));
        }
        self.people.renew(stream(id), done.after.version(), done.after.state());
        Ok(view(id, &done))
    }

    fn refuse_own(&self, caller: &Caller, id: UserId) -> Result<(), ServiceError> {
        if caller.user().is_ok_and(|own| own == id) {
            let help = "change your own password and code in your profile; for anything else of your \
                        own account ask another administrator";
            return Err(ServiceError::Rejected(Rejection::rule("own_account", help)));
        }
        Ok(())
    }

    /// Nobody could let anybody in again.
    fn refuse_last_administrator(&self, id: UserId) -> Result<(), ServiceError> {
        let (mut is_one, mut others) = (false, false);
        self.each_user(|one, _, user| {
            let open = user.role == Some(Role::Administrator) && !user.disabled;
            is_one |= open && one == id;
            others |= open && one != id;
        })?;
        if is_one && !others {
            let help = "this is the last administrator; make another one first";
            return Err(ServiceError::Rejected(Rejection::rule("last_administrator", help)));
        }
        Ok(())
    }

    fn password_fault(&self, field: &str, password: &str, login: &str) -> Option<FieldFault> {
        let least = self.config.security.password_chars_min;
        let (code, message) = credentials::password_fault(password, login, least)?;
        Some(FieldFault::new(field, code, message))
    }

    async fn hash(&self, password: Personal<String>) -> Result<Personal<String>, ServiceError> {
        let ids = Arc::clone(&self.ids);
        let hashed =
            tokio::task::spawn_blocking(move || credentials::hash_password(&password, &*ids)).await;
        match hashed {
            Ok(Ok(hash)) => Ok(hash),
            _ => Err(ServiceError::Unavailable),
        }
    }
}

async fn matches(password: Personal<String>, hash: Personal<String>) -> Result<bool, ServiceError> {
    let check = move || credentials::password_matches(&password, &hash);
    tokio::task::spawn_blocking(check).await.map_err(|_| ServiceError::Unavailable)
}

#[cfg(test)]
mod tests {
    use super::NOBODY;

    #[test]
    fn the_hash_for_unknown_log_ins_costs_as_much_as_a_real_one() {
        let parsed = argon2::password_hash::PasswordHash::new(NOBODY).unwrap();
        assert_eq!(parsed.algorithm.as_str(), "argon2id");
        assert_eq!(parsed.params.get_decimal("m"), Some(19_456));
        assert!(parsed.hash.is_some());
    }
}
