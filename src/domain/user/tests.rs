//! Rules of users and their sign-ins.

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
    let rejection = User::default().decide(UserCommand::Create(faulty), &context()).unwrap_err();
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
    let rejection = disabled.decide(sign_in(1), &context()).unwrap_err();
    assert_eq!(rejection.code, "user_disabled");
    let extension = ChangeUser { extension: Some(Some("103".into())), ..ChangeUser::default() };
    let rejection = disabled.decide(UserCommand::Change(extension), &context()).unwrap_err();
    assert_eq!(rejection.code, "user_disabled");
    let enabled = applied(&disabled, &disabled.decide(UserCommand::Enable, &context()).unwrap());
    let signed = applied(&enabled, &enabled.decide(sign_in_at(1, 1, None), &context()).unwrap());
    assert_eq!(signed.last_login_at, Some(context().now));
}

#[test]
fn nobody_changes_a_user_that_does_not_exist() {
    for command in [UserCommand::Disable, sign_in(1), UserCommand::RemoveTotp { kept: None }] {
        let rejection = User::default().decide(command, &context()).unwrap_err();
        assert_eq!(rejection.code, "not_found");
    }
}

const LIMITS: SignInLimits = SignInLimits { idle_seconds: 60, absolute_seconds: 600 };

fn sign_in_at(key: u8, epoch: u32, totp_step: Option<u64>) -> UserCommand {
    UserCommand::SignIn(NewSignIn { key: [key; 32], epoch, totp_step, limits: LIMITS })
}

fn sign_in(key: u8) -> UserCommand {
    sign_in_at(key, 0, None)
}

/// Anna, signed in twice.
fn twice_signed_in() -> User {
    let once = applied(&anna(), &anna().decide(sign_in(1), &context()).unwrap());
    applied(&once, &once.decide(sign_in(2), &context()).unwrap())
}

fn keys(user: &User) -> Vec<u8> {
    user.sign_ins.iter().map(|sign_in| sign_in.key[0]).collect()
}

#[test]
fn what_ends_sign_ins_ends_them() {
    let user = twice_signed_in();
    assert_eq!(keys(&user), [1, 2]);
    let kept = Some([2; 32]);
    let hash = || Personal::new("$argon2id$y".into());
    let secret = || Personal::new(vec![1]);
    let role = ChangeUser { role: Some(Role::Supervisor), ..ChangeUser::default() };
    let name = ChangeUser { name: Some(Personal::new("Анна".into())), ..ChangeUser::default() };
    let rows: [(UserCommand, &[u8], u32); 9] = [
        (UserCommand::SetPassword { hash: hash(), kept: None }, &[], 1),
        (UserCommand::SetPassword { hash: hash(), kept }, &[2], 1),
        (UserCommand::EnrolTotp { secret: secret(), kept }, &[2], 1),
        (UserCommand::Disable, &[], 1),
        (UserCommand::Change(role), &[], 1),
        (UserCommand::Change(name), &[1, 2], 0),
        (UserCommand::SignOut { key: [1; 32] }, &[2], 0),
        (UserCommand::SignOutEverywhere, &[], 0),
        (UserCommand::NoteSeen { key: [1; 32] }, &[1, 2], 0),
    ];
    for (command, left, epoch) in rows {
        let what = format!("{command:?}");
        let after = applied(&user, &user.decide(command, &context()).unwrap());
        assert_eq!((keys(&after).as_slice(), after.session_epoch), (left, epoch), "{what}");
    }
    let enrol = UserCommand::EnrolTotp { secret: secret(), kept };
    let enrolled = applied(&user, &user.decide(enrol.clone(), &context()).unwrap());
    assert_eq!(enrolled.decide(enrol, &context()).unwrap_err().code, "totp_enrolled");
    let removed = enrolled.decide(UserCommand::RemoveTotp { kept: None }, &context()).unwrap();
    assert_eq!(keys(&applied(&enrolled, &removed)), [0_u8; 0]);
    for command in [UserCommand::SignOut { key: [9; 32] }, UserCommand::NoteSeen { key: [9; 32] }] {
        assert!(user.decide(command, &context()).unwrap().events.is_empty());
    }
}

#[test]
fn whoever_was_recognised_before_a_change_does_not_come_in() {
    let user = anna();
    let set = UserCommand::SetPassword { hash: Personal::new("$argon2id$y".into()), kept: None };
    let changed = applied(&user, &user.decide(set, &context()).unwrap());
    assert_eq!(changed.decide(sign_in(1), &context()).unwrap_err().code, "conflict");
    assert!(changed.decide(sign_in_at(1, 1, None), &context()).is_ok());
}

#[test]
fn a_code_signs_in_once() {
    let user = anna();
    let first = user.decide(sign_in_at(1, 0, Some(77)), &context()).unwrap();
    let user = applied(&user, &first);
    for step in [76, 77] {
        let again = user.decide(sign_in_at(2, 0, Some(step)), &context()).unwrap_err();
        assert_eq!(again.code, "totp_required");
    }
    assert!(user.decide(sign_in_at(2, 0, Some(78)), &context()).is_ok());
}

#[test]
fn signing_in_forgets_what_has_run_out_and_keeps_the_revision() {
    let user = twice_signed_in();
    let later = Context { now: context().now.plus_seconds(61), ..context() };
    let after = applied(&user, &user.decide(sign_in(3), &later).unwrap());
    assert_eq!((keys(&after), after.revision), (vec![3], user.revision));
    let change = ChangeUser { extension: Some(None), ..ChangeUser::default() };
    let changed = applied(&user, &user.decide(UserCommand::Change(change), &context()).unwrap());
    assert_eq!(changed.revision, user.revision + 1);
}
