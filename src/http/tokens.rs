//! The machines' tokens.

use crate::base::ids::TokenId;
use crate::domain::FieldFault;
use crate::domain::access::TokenScope;
use crate::domain::fields::{FromJson, Shape};
use crate::http::edge::Edge;
use crate::http::request::{Outcome, Request, json, no_content, ok};
use crate::json_object;
use crate::service::ServiceError;
use crate::service::tokens::{TokenToCreate, TokenView};
use serde::Serialize;
use serde_json::{Value, json};
use warp::http::StatusCode;

impl FromJson for TokenScope {
    fn shape() -> Shape {
        Shape::Text
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        let code = String::from_json(value, path, faults)?;
        let scope = Self::parse(&code);
        if scope.is_none() {
            let known: Vec<&str> = Self::ALL.into_iter().map(Self::code).collect();
            let help = format!("choose one of: {}", known.join(", "));
            faults.push(FieldFault::new(path, "unknown_value", help));
        }
        scope
    }
}

json_object! {
    /// Body of `POST /tokens`.
    #[derive(Debug)]
    pub struct NewTokenBody {
        /// What people call the machine.
        pub name: String,
        /// What it may do.
        pub scope: TokenScope,
        /// Addresses or networks; left out or empty means anywhere.
        pub ip_list: Option<Vec<String>>,
        /// Requests a second; left out means no limit.
        pub rate_per_second: Option<u32>,
    }
}

/// A token that was just made.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NewTokenView {
    /// What is kept of it.
    #[serde(flatten)]
    pub view: TokenView,
    /// The token itself, for the only time.
    pub token: String,
}

impl Edge {
    /// Reads the tokens anew; at the start and after each change.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn read_tokens(&self) -> Result<(), ServiceError> {
        self.tokens.fill(|| self.services.all_tokens())
    }
}

/// `GET /tokens`.
///
/// # Errors
/// See the codes of the API.
pub async fn list(edge: Edge, request: Request) -> Outcome {
    let items = edge.services.token_list(&request.caller()?)?;
    ok(&json!({ "items": items, "next_cursor": null }))
}

/// `POST /tokens`. The answer holds the token for the only time.
///
/// # Errors
/// 422 names the fields at fault.
pub async fn create(edge: Edge, mut request: Request) -> Outcome {
    let body: NewTokenBody = request.json().await?;
    let typed = TokenToCreate {
        name: body.name,
        scope: body.scope,
        ip_list: body.ip_list.unwrap_or_default(),
        rate_per_second: body.rate_per_second,
    };
    let (view, secret) = edge.services.create_token(&request.caller()?, typed).await?;
    edge.read_tokens()?;
    json(StatusCode::CREATED, &NewTokenView { view, token: secret.into_inner() })
}

/// `DELETE /tokens/{id}`.
///
/// # Errors
/// 404 when there is no such token.
pub async fn revoke(edge: Edge, request: Request) -> Outcome {
    let id: TokenId = request.parameter(0, "token")?;
    edge.services.revoke_token(&request.caller()?, id).await?;
    edge.read_tokens()?;
    no_content()
}
