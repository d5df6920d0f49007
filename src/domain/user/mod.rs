//! A user: log-in, role, extension, password hash, second factor, sign-ins.
//!
//! The log-in and the extension are claims, so two people can never share either. Sign-ins stand
//! here, so that they outlive a restart and end with whatever ends them. Must never see a password
//! or a cookie, only its hash; and must never hold what changes with every request.

use crate::base::limits::LINE_CHARS_MAX;
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::domain::access::Role;
use crate::domain::sign_ins::{SignInKey, SignInLimits, SignIns};
use crate::domain::{
    Aggregate, Claim, ClaimSpace, ClaimStrength, Context, Decision, FieldFault, Meta, Rejection,
};
use serde::{Deserialize, Serialize};

/// Digits of a PBX extension.
const EXTENSION_CHARS_MAX: usize = 16;
/// Characters of a log-in.
const LOGIN_CHARS_MAX: usize = 64;

/// A person who works for the lender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// What the person types to sign in, lower case; empty before the user exists.
    pub login: String,
    /// How colleagues call the person.
    pub name: Personal<String>,
    /// What the person is here for.
    pub role: Option<Role>,
    /// The person's phone on the PBX.
    pub extension: Option<String>,
    /// Argon2id hash in PHC form.
    pub password_hash: Personal<String>,
    /// Signed out for good, until enabled again.
    pub disabled: bool,
    /// The secret of the second factor, once enrolled.
    pub totp_secret: Option<Personal<Vec<u8>>>,
    /// When the person last signed in.
    pub last_login_at: Option<Timestamp>,
    /// Grows when sign-ins must end: password, role, second factor, disabling. Who was recognised
    /// in an earlier epoch does not come in any more.
    pub session_epoch: u32,
    /// Where the person is signed in.
    pub sign_ins: SignIns,
    /// The last step of the second factor that was used: a code works once.
    pub totp_step: u64,
    /// Grows with what an administrator sees and changes, not with signing in: for `If-Match`.
    pub revision: u64,
}

/// What may be asked of a user.
#[derive(Clone, Debug)]
pub enum UserCommand {
    /// Create the user.
    Create(NewUser),
    /// Change name, role, extension.
    Change(ChangeUser),
    /// Replace the password's hash.
    SetPassword {
        /// Argon2id hash in PHC form.
        hash: Personal<String>,
        /// The sign-in that goes on; all others end.
        kept: Option<SignInKey>,
    },
    /// Keep the person out; the extension is given back.
    Disable,
    /// Let the person in again.
    Enable,
    /// Turn the second factor on.
    EnrolTotp {
        /// The secret.
        secret: Personal<Vec<u8>>,
        /// The sign-in that goes on; all others end.
        kept: Option<SignInKey>,
    },
    /// Turn the second factor off.
    RemoveTotp {
        /// The sign-in that goes on; all others end.
        kept: Option<SignInKey>,
    },
    /// Sign in.
    SignIn(NewSignIn),
    /// Sign out.
    SignOut {
        /// Which sign-in.
        key: SignInKey,
    },
    /// End all sign-ins.
    SignOutEverywhere,
    /// Note that somebody works in a sign-in.
    NoteSeen {
        /// Which sign-in.
        key: SignInKey,
    },
}

/// A person whose password, and code if need be, were right.
#[derive(Clone, Copy, Debug)]
pub struct NewSignIn {
    /// Names the sign-in.
    pub key: SignInKey,
    /// The epoch in which the password was found right.
    pub epoch: u32,
    /// The step of the second factor's code.
    pub totp_step: Option<u64>,
    /// How long sign-ins last.
    pub limits: SignInLimits,
}

/// A user to create.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Letters, digits, `.`, `-`, `_`, `@`.
    pub login: String,
    /// How colleagues call the person.
    pub name: Personal<String>,
    /// What the person is here for.
    pub role: Role,
    /// The person's phone on the PBX.
    pub extension: Option<String>,
    /// Argon2id hash in PHC form.
    pub password_hash: Personal<String>,
}

/// What changes; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct ChangeUser {
    /// New name.
    pub name: Option<Personal<String>>,
    /// New role.
    pub role: Option<Role>,
    /// New extension; `Some(None)` takes it away.
    pub extension: Option<Option<String>>,
}

/// What happened to a user. Stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserEvent {
    /// The user exists.
    Created(UserCreated),
    /// Name, role or extension have changed.
    Changed(UserChanged),
    /// The password has changed.
    PasswordSet(PasswordSet),
    /// The user is kept out.
    Disabled(UserDisabled),
    /// The user may sign in again.
    Enabled(UserEnabled),
    /// The second factor is on.
    TotpEnrolled(TotpEnrolled),
    /// The second factor is off.
    TotpRemoved(TotpRemoved),
    /// The person has signed in, as written before sign-ins outlived a restart.
    SignedIn(UserSignedIn),
    /// A sign-in has begun.
    SignInOpened(SignInOpened),
    /// A sign-in has ended.
    SignInClosed(SignInClosed),
    /// All sign-ins but one have ended.
    SignInsEnded(SignInsEnded),
    /// Somebody works in a sign-in; written now and then.
    SignInSeen(SignInSeen),
}

impl UserEvent {
    /// Whether it only says that the person comes, goes or is there.
    #[must_use]
    pub const fn is_about_signing_in(&self) -> bool {
        matches!(
            self,
            Self::SignedIn(_)
                | Self::SignInOpened(_)
                | Self::SignInClosed(_)
                | Self::SignInsEnded(_)
                | Self::SignInSeen(_)
        )
    }
}

/// Payload of [`UserEvent::Created`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserCreated {
    /// Lower case.
    pub login: String,
    /// How colleagues call the person.
    pub name: Personal<String>,
    /// What the person is here for.
    pub role: Role,
    /// The person's phone on the PBX.
    pub extension: Option<String>,
    /// Argon2id hash in PHC form.
    pub password_hash: Personal<String>,
}

/// Payload of [`UserEvent::Changed`]: the values from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserChanged {
    /// Name.
    pub name: Personal<String>,
    /// Role.
    pub role: Role,
    /// Extension.
    pub extension: Option<String>,
}

/// Payload of [`UserEvent::PasswordSet`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordSet {
    /// Argon2id hash in PHC form.
    pub hash: Personal<String>,
}

/// Payload of [`UserEvent::Disabled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDisabled {}

/// Payload of [`UserEvent::Enabled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserEnabled {}

/// Payload of [`UserEvent::TotpEnrolled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotpEnrolled {
    /// The secret.
    pub secret: Personal<Vec<u8>>,
}

/// Payload of [`UserEvent::TotpRemoved`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotpRemoved {}

/// Payload of [`UserEvent::SignedIn`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSignedIn {}

/// Payload of [`UserEvent::SignInOpened`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInOpened {
    /// Names the sign-in.
    pub key: SignInKey,
    /// The step of the second factor's code.
    pub totp_step: Option<u64>,
}

/// Payload of [`UserEvent::SignInClosed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInClosed {
    /// Names the sign-in.
    pub key: SignInKey,
}

/// Payload of [`UserEvent::SignInsEnded`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInsEnded {
    /// The one that goes on.
    pub kept: Option<SignInKey>,
}

/// Payload of [`UserEvent::SignInSeen`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInSeen {
    /// Names the sign-in.
    pub key: SignInKey,
}

/// The form in which a log-in is stored and compared.
#[must_use]
pub fn normal_login(login: &str) -> String {
    login.trim().to_lowercase()
}

/// The claim that makes a log-in unique.
#[must_use]
pub fn login_claim(login: &str) -> Claim {
    hard(ClaimSpace::Login, normal_login(login))
}

/// The claim that makes an extension belong to one person.
#[must_use]
pub fn extension_claim(extension: &str) -> Claim {
    hard(ClaimSpace::Extension, extension.to_owned())
}

const fn hard(space: ClaimSpace, value: String) -> Claim {
    Claim { space, value, strength: ClaimStrength::Hard }
}

fn check_login(login: &str, faults: &mut Vec<FieldFault>) {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if login.is_empty() {
        faults.push(FieldFault::new("login", "required", "choose a log-in"));
    } else if login.chars().count() > LOGIN_CHARS_MAX || !login.chars().all(allowed) {
        let help = "use up to 64 letters, digits and . - _ @";
        faults.push(FieldFault::new("login", "invalid_login", help));
    }
}

fn check_name(name: &str, faults: &mut Vec<FieldFault>) {
    if name.trim().is_empty() {
        faults.push(FieldFault::new("name", "required", "enter the person's name"));
    } else if name.chars().count() > LINE_CHARS_MAX {
        faults.push(FieldFault::new("name", "too_long", "use at most 250 characters"));
    }
}

fn check_extension(extension: Option<&String>, faults: &mut Vec<FieldFault>) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '#' | '-' | '_');
    let fits = |text: &String| {
        !text.is_empty() && text.len() <= EXTENSION_CHARS_MAX && text.chars().all(allowed)
    };
    if extension.is_some_and(|text| !fits(text)) {
        let help = "use up to 16 digits or Latin letters, as on the PBX";
        faults.push(FieldFault::new("extension", "invalid_extension", help));
    }
}

impl NewUser {
    /// Every fault of the fields; the password is checked before it is hashed.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        check_login(&normal_login(&self.login), &mut faults);
        check_name(self.name.reveal(), &mut faults);
        check_extension(self.extension.as_ref(), &mut faults);
        faults
    }
}

impl ChangeUser {
    /// Every fault of the fields.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if let Some(name) = &self.name {
            check_name(name.reveal(), &mut faults);
        }
        if let Some(extension) = &self.extension {
            check_extension(extension.as_ref(), &mut faults);
        }
        faults
    }
}

fn trimmed(name: &Personal<String>) -> Personal<String> {
    Personal::new(name.reveal().trim().to_owned())
}

impl User {
    /// Whether the user has been created.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.role.is_some()
    }

    fn create(&self, new: NewUser) -> Result<Decision<UserEvent>, Rejection> {
        if self.exists() {
            return Err(Rejection::rule("user_exists", "this user already exists"));
        }
        let login = normal_login(&new.login);
        let faults = new.faults();
        if !faults.is_empty() {
            return Err(Rejection::invalid(faults));
        }
        let created = UserCreated {
            login,
            name: trimmed(&new.name),
            role: new.role,
            extension: new.extension,
            password_hash: new.password_hash,
        };
        Ok(Decision::events(vec![UserEvent::Created(created)]))
    }

    fn change(&self, change: ChangeUser, role: Role) -> Result<Decision<UserEvent>, Rejection> {
        let faults = change.faults();
        if !faults.is_empty() {
            return Err(Rejection::invalid(faults));
        }
        let next = UserChanged {
            name: change.name.as_ref().map_or_else(|| self.name.clone(), trimmed),
            role: change.role.unwrap_or(role),
            extension: change.extension.unwrap_or_else(|| self.extension.clone()),
        };
        if self.disabled && next.extension.is_some() {
            let help = "enable the user before giving an extension";
            return Err(Rejection::rule("user_disabled", help));
        }
        if next.name == self.name && next.role == role && next.extension == self.extension {
            return Ok(Decision::nothing());
        }
        if next.role == role {
            return Ok(Decision::events(vec![UserEvent::Changed(next)]));
        }
        Ok(self.ending(UserEvent::Changed(next), None))
    }

    /// `event`, and with it the end of all sign-ins but `kept`.
    fn ending(&self, event: UserEvent, kept: Option<SignInKey>) -> Decision<UserEvent> {
        let mut events = vec![event];
        if self.sign_ins.has_others(kept.as_ref()) {
            events.push(UserEvent::SignInsEnded(SignInsEnded { kept }));
        }
        Decision::events(events)
    }

    fn sign_in(&self, new: NewSignIn, now: Timestamp) -> Result<Decision<UserEvent>, Rejection> {
        if self.disabled {
            return Err(Rejection::rule("user_disabled", "this user is disabled"));
        }
        if new.epoch != self.session_epoch {
            let help = "your account was changed this very moment; sign in again";
            return Err(Rejection::rule("conflict", help));
        }
        if new.totp_step.is_some_and(|step| step <= self.totp_step) {
            let help = "the code is wrong or was used; enter the next one";
            return Err(Rejection::rule("totp_required", help));
        }
        let over = self.sign_ins.run_out(new.limits, now).into_iter();
        let mut events: Vec<UserEvent> =
            over.map(|key| UserEvent::SignInClosed(SignInClosed { key })).collect();
        let opened = SignInOpened { key: new.key, totp_step: new.totp_step };
        events.push(UserEvent::SignInOpened(opened));
        Ok(Decision::events(events))
    }
}

impl Aggregate for User {
    type Command = UserCommand;
    type Event = UserEvent;

    fn decide(
        &self,
        command: UserCommand,
        context: &Context,
    ) -> Result<Decision<UserEvent>, Rejection> {
        if let UserCommand::Create(new) = command {
            return self.create(new);
        }
        let Some(role) = self.role else {
            return Err(Rejection::not_found("user"));
        };
        let event = match command {
            UserCommand::Create(new) => return self.create(new),
            UserCommand::Change(change) => return self.change(change, role),
            UserCommand::SetPassword { hash, kept } => {
                return Ok(self.ending(UserEvent::PasswordSet(PasswordSet { hash }), kept));
            }
            UserCommand::Disable if self.disabled => return Ok(Decision::nothing()),
            UserCommand::Disable => {
                return Ok(self.ending(UserEvent::Disabled(UserDisabled {}), None));
            }
            UserCommand::Enable if !self.disabled => return Ok(Decision::nothing()),
            UserCommand::Enable => UserEvent::Enabled(UserEnabled {}),
            UserCommand::EnrolTotp { .. } if self.totp_secret.is_some() => {
                let help = "a second factor is enrolled already; remove it first";
                return Err(Rejection::rule("totp_enrolled", help));
            }
            UserCommand::EnrolTotp { secret, kept } => {
                return Ok(self.ending(UserEvent::TotpEnrolled(TotpEnrolled { secret }), kept));
            }
            UserCommand::RemoveTotp { .. } if self.totp_secret.is_none() => {
                return Ok(Decision::nothing());
            }
            UserCommand::RemoveTotp { kept } => {
                return Ok(self.ending(UserEvent::TotpRemoved(TotpRemoved {}), kept));
            }
            UserCommand::SignIn(new) => return self.sign_in(new, context.now),
            UserCommand::SignOutEverywhere if self.sign_ins.has_others(None) => {
                UserEvent::SignInsEnded(SignInsEnded { kept: None })
            }
            UserCommand::SignOut { key } if self.sign_ins.get(&key).is_some() => {
                UserEvent::SignInClosed(SignInClosed { key })
            }
            UserCommand::NoteSeen { key } if self.sign_ins.get(&key).is_some() => {
                UserEvent::SignInSeen(SignInSeen { key })
            }
            UserCommand::SignOutEverywhere
            | UserCommand::SignOut { .. }
            | UserCommand::NoteSeen { .. } => return Ok(Decision::nothing()),
        };
        Ok(Decision::events(vec![event]))
    }

    fn evolve(&mut self, event: &UserEvent, meta: &Meta) {
        match event {
            UserEvent::Created(created) => {
                self.login.clone_from(&created.login);
                self.name = created.name.clone();
                self.role = Some(created.role);
                self.extension.clone_from(&created.extension);
                self.password_hash = created.password_hash.clone();
            }
            UserEvent::Changed(changed) => {
                if self.role != Some(changed.role) {
                    self.session_epoch += 1;
                }
                self.name = changed.name.clone();
                self.role = Some(changed.role);
                self.extension.clone_from(&changed.extension);
            }
            UserEvent::PasswordSet(set) => {
                self.password_hash = set.hash.clone();
                self.session_epoch += 1;
            }
            UserEvent::Disabled(_) => {
                self.disabled = true;
                self.extension = None;
                self.session_epoch += 1;
            }
            UserEvent::Enabled(_) => self.disabled = false,
            UserEvent::TotpEnrolled(enrolled) => {
                self.totp_secret = Some(enrolled.secret.clone());
                self.session_epoch += 1;
            }
            UserEvent::TotpRemoved(_) => {
                self.totp_secret = None;
                self.session_epoch += 1;
            }
            UserEvent::SignedIn(_) => self.last_login_at = Some(meta.at),
            UserEvent::SignInOpened(opened) => {
                self.last_login_at = Some(meta.at);
                self.totp_step = self.totp_step.max(opened.totp_step.unwrap_or(0));
                self.sign_ins.open(opened.key, meta.at);
            }
            UserEvent::SignInClosed(closed) => self.sign_ins.close(&closed.key),
            UserEvent::SignInsEnded(ended) => self.sign_ins.close_all(ended.kept.as_ref()),
            UserEvent::SignInSeen(seen) => self.sign_ins.seen(&seen.key, meta.at),
        }
        if !event.is_about_signing_in() {
            self.revision += 1;
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let login = (!self.login.is_empty()).then(|| login_claim(&self.login));
        login.into_iter().chain(self.extension.as_deref().map(extension_claim)).collect()
    }
}

#[cfg(test)]
mod tests;
