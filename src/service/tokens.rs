//! The machines' tokens: shown once, kept as a hash.

use super::credentials;
use super::{Caller, ServiceError, Services};
use crate::actors::SingleLane;
use crate::base::ids::TokenId;
use crate::base::personal::Personal;
use crate::domain::Rejection;
use crate::domain::access::{Action, TokenScope};
use crate::domain::token::{NewToken, Token, TokenCommand};
use serde::Serialize;
use std::sync::Arc;

/// Tokens that are read at most.
const TOKENS_MAX: usize = 10_000;

/// A token as shown to administrators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TokenView {
    /// Which.
    pub id: TokenId,
    /// What people call the machine.
    pub name: String,
    /// What it may do.
    pub scope: Option<TokenScope>,
    /// From where.
    pub ip_list: Vec<String>,
    /// Requests a second.
    pub rate_per_second: Option<u32>,
    /// Worthless.
    pub revoked: bool,
}

impl TokenView {
    fn new(id: TokenId, token: &Token) -> Self {
        Self {
            id,
            name: token.name.clone(),
            scope: token.scope,
            ip_list: token.ip_list.clone(),
            rate_per_second: token.rate_per_second,
            revoked: token.revoked,
        }
    }
}

/// A token to create, as typed.
#[derive(Debug, Clone)]
pub struct TokenToCreate {
    /// What people call the machine.
    pub name: String,
    /// What it may do.
    pub scope: TokenScope,
    /// From where; empty means anywhere.
    pub ip_list: Vec<String>,
    /// Requests a second; `None` is no limit.
    pub rate_per_second: Option<u32>,
}

impl Services {
    /// All tokens as they are, for the edge.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn all_tokens(&self) -> Result<Vec<(TokenId, Arc<Token>)>, ServiceError> {
        let listed = self.store.list::<Token>(None, TOKENS_MAX)?;
        let ids = listed.into_iter();
        Ok(ids.map(|(stream, loaded)| (TokenId::from_uuid(stream.id), loaded.state)).collect())
    }

    /// All tokens, without their secret.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn token_list(&self, caller: &Caller) -> Result<Vec<TokenView>, ServiceError> {
        caller.grant(Action::ReadTokens)?;
        Ok(self.all_tokens()?.iter().map(|(id, token)| TokenView::new(*id, token)).collect())
    }

    /// Creates a token and gives it, for the only time.
    ///
    /// # Errors
    /// `Forbidden`; `Rejected` names every field at fault; 409 `token_shown` for a repeat after
    /// which the secret is known to nobody but the first caller.
    pub async fn create_token(
        &self,
        caller: &Caller,
        typed: TokenToCreate,
    ) -> Result<(TokenView, Personal<String>), ServiceError> {
        caller.grant(Action::ManageTokens)?;
        let secret = credentials::new_token(&*self.ids);
        let new = NewToken {
            name: typed.name,
            scope: typed.scope,
            hash: credentials::token_hash(secret.reveal()),
            ip_list: typed.ip_list,
            rate_per_second: typed.rate_per_second,
        };
        if self.was_done(caller)? {
            let help = "this request has made a token before, and its secret was shown then; \
                        revoke that token and make another one";
            return Err(Rejection::rule("token_shown", help).into());
        }
        let id = TokenId::from_uuid(self.ids.next(self.clock.now()));
        let view = self.command_token(caller, id, TokenCommand::Create(new)).await?;
        Ok((view, secret))
    }

    /// Makes a token worthless.
    ///
    /// # Errors
    /// `Forbidden`; `Rejected` when there is none.
    pub async fn revoke_token(&self, caller: &Caller, id: TokenId) -> Result<(), ServiceError> {
        caller.grant(Action::ManageTokens)?;
        self.command_token(caller, id, TokenCommand::Revoke).await.map(drop)
    }

    async fn command_token(
        &self,
        caller: &Caller,
        id: TokenId,
        command: TokenCommand,
    ) -> Result<TokenView, ServiceError> {
        let order = caller
            .order(move |lane: &SingleLane<Token>, context| lane.command(command.clone(), context));
        let done = self.tokens.ask(id.uuid(), order).await?;
        Ok(TokenView::new(id, done.after.state()))
    }
}
