//! `lenderbox token`: machines' tokens, from the command line of a stopped box.

use super::users::said;
use super::{CliError, configuration, say, with_core};
use crate::base::ids::TokenId;
use crate::domain::access::TokenScope;
use crate::service::Caller;
use crate::service::tokens::TokenToCreate;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// Tokens of machines. The box must be stopped; a running one has a page for it.
#[derive(Debug, Args)]
pub struct Tokens {
    /// The data folder, instead of the configured one.
    #[arg(long, global = true)]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Add a token and print it; it is shown this once.
    Add {
        /// What people call the machine.
        name: String,
        /// pbx, ivr, cabinet, core or metrics.
        #[arg(long)]
        scope: String,
        /// Addresses it may come from, for instance 10.0.0.0/8; anywhere when left out.
        #[arg(long)]
        from: Vec<String>,
        /// Requests a second.
        #[arg(long)]
        rate: Option<u32>,
    },
    /// List all tokens, without the secrets.
    List,
    /// Refuse a token from now on.
    Revoke {
        /// Its identifier, from the list.
        id: TokenId,
    },
}

impl Tokens {
    /// Carries the command out.
    ///
    /// # Errors
    /// When the folder is in use, or the command is refused.
    pub fn run(self, path: Option<&Path>) -> Result<(), CliError> {
        let config = configuration(path, self.data_dir.as_deref())?;
        with_core(config, async |core| {
            let (services, caller) = (&*core.services, Caller::system());
            match &self.command {
                TokenCommand::Add { name, scope, from, rate } => {
                    let scope = TokenScope::parse(scope).ok_or_else(|| {
                        let known = TokenScope::ALL.map(TokenScope::code).join(", ");
                        CliError::Said(format!("there is no such scope; there are {known}"))
                    })?;
                    let typed = TokenToCreate {
                        name: name.clone(),
                        scope,
                        ip_list: from.clone(),
                        rate_per_second: *rate,
                    };
                    let (_, secret) = services.create_token(&caller, typed).await.map_err(said)?;
                    say(secret.reveal())
                }
                TokenCommand::List => {
                    for (id, token) in services.all_tokens().map_err(said)? {
                        let scope = token.scope.map_or("", TokenScope::code);
                        let state = if token.revoked { "revoked" } else { "" };
                        say(format!("{id}  {scope:<8} {:<24} {state}", token.name))?;
                    }
                    Ok(())
                }
                TokenCommand::Revoke { id } => {
                    services.revoke_token(&caller, *id).await.map_err(said)?;
                    say("revoked")
                }
            }
        })
    }
}
