//! `lenderbox user`: people, from the command line of a stopped box.

use super::{CliError, configuration, say, with_core};
use crate::app::chain;
use crate::base::ids::UserId;
use crate::base::personal::Personal;
use crate::domain::ClaimSpace;
use crate::domain::access::Role;
use crate::service::users::UserToCreate;
use crate::service::{Caller, Services};
use clap::{Args, Subcommand};
use std::io::BufRead;
use std::path::{Path, PathBuf};

/// People who may sign in. The box must be stopped; a running one has a page for it.
#[derive(Debug, Args)]
pub struct Users {
    /// The data folder, instead of the configured one.
    #[arg(long, global = true)]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a person. The password is read from the first line of the input.
    Add {
        /// What the person types to sign in.
        login: String,
        /// How colleagues call the person.
        #[arg(long)]
        name: String,
        /// operator, collector, supervisor, partner_manager, administrator or auditor.
        #[arg(long)]
        role: String,
        /// The person's phone on the PBX.
        #[arg(long)]
        extension: Option<String>,
    },
    /// Set a person's password, read from the first line of the input.
    Passwd {
        /// The person.
        login: String,
    },
    /// List everybody.
    List,
    /// Keep a person out; the last administrator stays.
    Disable {
        /// The person.
        login: String,
    },
    /// Let a person in again.
    Enable {
        /// The person.
        login: String,
    },
}

impl Users {
    /// Carries the command out.
    ///
    /// # Errors
    /// When the folder is in use, or the command is refused.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        let config = configuration(path, self.data_dir.as_deref())?;
        with_core(config, async |core| {
            let (services, caller) = (&*core.services, Caller::system());
            match &self.command {
                UserCommand::Add { login, name, role, extension } => {
                    let role = Role::parse(role).ok_or_else(|| {
                        let known = Role::ALL.map(Role::code).join(", ");
                        CliError::Said(format!("there is no such role; there are {known}"))
                    })?;
                    let typed = UserToCreate {
                        login: login.clone(),
                        name: name.clone(),
                        role,
                        extension: extension.clone(),
                        password: password()?,
                    };
                    services.create_user(&caller, typed).await.map_err(said)?;
                    say(format!("{login} may sign in"))
                }
                UserCommand::Passwd { login } => {
                    let id = find(services, &caller, login)?;
                    services.set_user_password(&caller, id, password()?).await.map_err(said)?;
                    say(format!("{login} has a new password"))
                }
                UserCommand::Disable { login } => {
                    let id = find(services, &caller, login)?;
                    services.set_user_disabled(&caller, id, true).await.map_err(said)?;
                    say(format!("{login} is kept out"))
                }
                UserCommand::Enable { login } => {
                    let id = find(services, &caller, login)?;
                    services.set_user_disabled(&caller, id, false).await.map_err(said)?;
                    say(format!("{login} may sign in again"))
                }
                UserCommand::List => {
                    for user in services.users(&caller).map_err(said)? {
                        let extension = user.extension.unwrap_or_default();
                        let state = if user.disabled { "disabled" } else { "" };
                        say(format!(
                            "{:<20} {:<17} {extension:<8} {state}",
                            user.login,
                            user.role.map_or("", Role::code)
                        ))?;
                    }
                    Ok(())
                }
            }
        })
    }
}

/// What a use case says, with every field at fault.
pub(super) fn said(error: crate::service::ServiceError) -> CliError {
    let mut text = match &error {
        crate::service::ServiceError::Duplicate { space: ClaimSpace::Login, .. } => {
            "another person has this log-in; choose another one".to_owned()
        }
        crate::service::ServiceError::Duplicate { space: ClaimSpace::Extension, .. } => {
            "another person has this extension; choose another one".to_owned()
        }
        _ => chain(&error),
    };
    if let crate::service::ServiceError::Rejected(rejection) = &error {
        for fault in &rejection.fields {
            text.push_str(&format!("\n  {}: {}", fault.field, fault.message));
        }
    }
    CliError::Said(text)
}

fn find(services: &Services, caller: &Caller, login: &str) -> Result<UserId, CliError> {
    let users = services.users(caller).map_err(said)?;
    let found = users.into_iter().find(|user| user.login == login.trim().to_lowercase());
    found.map(|user| user.id).ok_or_else(|| CliError::Said("there is no such person".into()))
}

fn password() -> Result<Personal<String>, CliError> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let line = line.trim_end_matches(['\r', '\n']).to_owned();
    if line.is_empty() {
        return Err(CliError::Said("write the password on the first line of the input".into()));
    }
    Ok(Personal::new(line))
}
