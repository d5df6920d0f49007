//! A user: log-in, role, extension, password hash, second factor.
//!
//! The log-in and the extension are claims, so two people can never share either. Must never see a
//! password, only its hash; and must never hold what changes with every request.

use crate::base::limits::LINE_CHARS_MAX;
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use crate::domain::access::Role;
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
    /// Grows when open sessions must end: password, role, second factor, disabling.
    pub session_epoch: u32,
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
    },
    /// Keep the person out; the extension is given back.
    Disable,
    /// Let the person in again.
    Enable,
    /// Turn the second factor on.
    EnrolTotp {
        /// The secret.
        secret: Personal<Vec<u8>>,
    },
    /// Turn the second factor off.
    RemoveTotp,
    /// Note that the person has signed in.
    NoteLogin,
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
    /// The person has signed in.
    SignedIn(UserSignedIn),
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
        let mut faults = Vec::new();
        check_login(&login, &mut faults);
        check_name(new.name.reveal(), &mut faults);
        check_extension(new.extension.as_ref(), &mut faults);
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
        let next = UserChanged {
            name: change.name.as_ref().map_or_else(|| self.name.clone(), trimmed),
            role: change.role.unwrap_or(role),
            extension: change.extension.unwrap_or_else(|| self.extension.clone()),
        };
        let mut faults = Vec::new();
        check_name(next.name.reveal(), &mut faults);
        check_extension(next.extension.as_ref(), &mut faults);
        if !faults.is_empty() {
            return Err(Rejection::invalid(faults));
        }
        if self.disabled && next.extension.is_some() {
            let help = "enable the user before giving an extension";
            return Err(Rejection::rule("user_disabled", help));
        }
        if next.name == self.name && next.role == role && next.extension == self.extension {
            return Ok(Decision::nothing());
        }
        Ok(Decision::events(vec![UserEvent::Changed(next)]))
    }
}

impl Aggregate for User {
    type Command = UserCommand;
    type Event = UserEvent;

    fn decide(
        &self,
        command: UserCommand,
        _context: &Context,
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
            UserCommand::SetPassword { hash } => UserEvent::PasswordSet(PasswordSet { hash }),
            UserCommand::Disable if self.disabled => return Ok(Decision::nothing()),
            UserCommand::Disable => UserEvent::Disabled(UserDisabled {}),
            UserCommand::Enable if !self.disabled => return Ok(Decision::nothing()),
            UserCommand::Enable => UserEvent::Enabled(UserEnabled {}),
            UserCommand::EnrolTotp { secret } => UserEvent::TotpEnrolled(TotpEnrolled { secret }),
            UserCommand::RemoveTotp if self.totp_secret.is_none() => {
                return Ok(Decision::nothing());
            }
            UserCommand::RemoveTotp => UserEvent::TotpRemoved(TotpRemoved {}),
            UserCommand::NoteLogin if self.disabled => {
                return Err(Rejection::rule("user_disabled", "this user is disabled"));
            }
            UserCommand::NoteLogin => UserEvent::SignedIn(UserSignedIn {}),
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
            UserEvent::TotpEnrolled(enrolled) => self.totp_secret = Some(enrolled.secret.clone()),
            UserEvent::TotpRemoved(_) => {
                self.totp_secret = None;
                self.session_epoch += 1;
            }
            UserEvent::SignedIn(_) => self.last_login_at = Some(meta.at),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let login = (!self.login.is_empty()).then(|| login_claim(&self.login));
        login.into_iter().chain(self.extension.as_deref().map(extension_claim)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::Principal;

    fn context() -> Context {
        Context {
            now: Timestamp::from_micros(1_795_000_000_000_000),
            zone: chrono_tz::Europe::Moscow,
            principal: Principal::System,
        }
    }

    fn applied(user: &User, decision: &Decision<UserEvent>) -> User {
        let meta = Meta { seq: 1, at: context().now, actor: Principal::System, drawn: Vec::new() };
        let mut next = user.clone();
        decision.events.iter().for_each(|event| next.evolve(event, &meta));
        next
    }

    fn new_user() -> NewUser {
        NewUser {
            login: " Anna.P ".into(),
            name: Personal::new("Анна П.".into()),
            role: Role::Operator,
            extension: Some("101".into()),
            password_hash: Personal::new("$argon2id$x".into()),
        }
    }

    fn anna() -> User {
        let created = User::default().decide(UserCommand::Create(new_user()), &context()).unwrap();
        applied(&User::default(), &created)
    }

    #[test]
    fn creating_claims_the_log_in_and_the_extension() {
        let decision = User::default().decide(UserCommand::Create(new_user()), &context()).unwrap();
        let user = applied(&User::default(), &decision);
        assert_eq!(user.claims(), vec![login_claim("anna.p"), extension_claim("101")]);
        assert_eq!((user.login.as_str(), user.role), ("anna.p", Some(Role::Operator)));
        let again = user.decide(UserCommand::Create(new_user()), &context()).unwrap_err();
        assert_eq!(again.code, "user_exists");
    }

    #[test]
    fn every_fault_of_a_new_user_is_named_at_once() {
        let faulty = NewUser {
            login: "a b".into(),
            name: Personal::new("  ".into()),
            extension: Some(String::new()),
            ..new_user()
        };
        let rejection =
            User::default().decide(UserCommand::Create(faulty), &context()).unwrap_err();
        let fields: Vec<&str> = rejection.fields.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["login", "name", "extension"]);
    }

    #[test]
    fn a_new_extension_replaces_the_claim_and_a_role_ends_sessions() {
        let user = anna();
        let change = ChangeUser { extension: Some(Some("102".into())), ..ChangeUser::default() };
        let decision = user.decide(UserCommand::Change(change), &context()).unwrap();
        let moved = applied(&user, &decision);
        assert_eq!(moved.claims(), vec![login_claim("anna.p"), extension_claim("102")]);
        assert_eq!(moved.session_epoch, 0);
        let role = ChangeUser { role: Some(Role::Supervisor), ..ChangeUser::default() };
        let promoted = user.decide(UserCommand::Change(role), &context()).unwrap();
        assert_eq!(applied(&user, &promoted).session_epoch, 1);
        let same = user.decide(UserCommand::Change(ChangeUser::default()), &context()).unwrap();
        assert!(same.events.is_empty());
    }

    #[test]
    fn disabling_gives_the_extension_back_and_keeps_the_person_out() {
        let user = anna();
        let decision = user.decide(UserCommand::Disable, &context()).unwrap();
        let disabled = applied(&user, &decision);
        assert_eq!(disabled.claims(), vec![login_claim("anna.p")]);
        assert_eq!((disabled.disabled, disabled.extension.clone()), (true, None));
        let rejection = disabled.decide(UserCommand::NoteLogin, &context()).unwrap_err();
        assert_eq!(rejection.code, "user_disabled");
        let extension = ChangeUser { extension: Some(Some("103".into())), ..ChangeUser::default() };
        let rejection = disabled.decide(UserCommand::Change(extension), &context()).unwrap_err();
        assert_eq!(rejection.code, "user_disabled");
        let enabled =
            applied(&disabled, &disabled.decide(UserCommand::Enable, &context()).unwrap());
        let signed =
            applied(&enabled, &enabled.decide(UserCommand::NoteLogin, &context()).unwrap());
        assert_eq!(signed.last_login_at, Some(context().now));
    }

    #[test]
    fn nobody_changes_a_user_that_does_not_exist() {
        for command in [UserCommand::Disable, UserCommand::NoteLogin, UserCommand::RemoveTotp] {
            let rejection = User::default().decide(command, &context()).unwrap_err();
            assert_eq!(rejection.code, "not_found");
        }
    }
}
