//! Users and their rights.

use crate::base::ids::UserId;
use crate::domain::FieldFault;
use crate::domain::access::Role;
use crate::domain::fields::{Change, FromJson, Shape, with_rule_faults};
use crate::domain::user::ChangeUser;
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Outcome, Request, no_content, ok, versioned};
use crate::http::session::Secret;
use crate::json_object;
use crate::service::users::{UserToCreate, UserView};
use serde_json::{Value, json};
use warp::http::StatusCode;

impl FromJson for Role {
    fn stand_in() -> Option<Self> {
        Some(Self::Operator)
    }
    fn shape() -> Shape {
        Shape::Text
    }
    fn from_json(value: Option<Value>, path: &str, faults: &mut Vec<FieldFault>) -> Option<Self> {
        let code = String::from_json(value, path, faults)?;
        let role = Self::parse(&code);
        if role.is_none() {
            let known: Vec<&str> = Self::ALL.into_iter().map(Self::code).collect();
            let help = format!("choose one of: {}", known.join(", "));
            faults.push(FieldFault::new(path, "unknown_value", help));
        }
        role
    }
}

json_object! {
    /// Body of `POST /users`.
    #[derive(Debug)]
    pub struct NewUserBody {
        /// What the person types to sign in.
        pub login: String,
        /// How colleagues call the person.
        pub name: String,
        /// What the person is here for.
        pub role: Role,
        /// The person's phone on the PBX.
        pub extension: Option<String>,
        /// The first password.
        pub password: Secret,
    }
}

json_object! {
    /// Body of `PATCH /users/{id}`.
    #[derive(Debug)]
    pub struct ChangeUserBody {
        /// How colleagues call the person.
        pub name: Option<String>,
        /// What the person is here for.
        pub role: Option<Role>,
        /// The person's phone on the PBX; `null` takes it away.
        pub extension: Change<String>,
    }
}

json_object! {
    /// Body of `PUT /users/{id}/password`.
    #[derive(Debug)]
    pub struct PasswordBody {
        /// The new password.
        pub password: Secret,
    }
}

fn one(status: StatusCode, view: &UserView) -> Outcome {
    versioned(status, view.version, view)
}

/// An empty extension means none.
fn extension(typed: Option<String>) -> Option<String> {
    typed.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// `GET /users`.
///
/// # Errors
/// See the codes of the API.
pub async fn list(edge: Edge, request: Request) -> Outcome {
    let items = edge.services.users(&request.caller()?)?;
    ok(&json!({ "items": items, "next_cursor": null }))
}

/// `POST /users`.
///
/// # Errors
/// 409 when log-in or extension is taken, 422 names the fields at fault.
pub async fn create(edge: Edge, mut request: Request) -> Outcome {
    let (body, faults) = request.json_with_faults::<NewUserBody>().await?;
    let Some(body) = body else { return Err(ApiError::fields(faults)) };
    let typed = UserToCreate {
        login: body.login,
        name: body.name,
        role: body.role,
        extension: extension(body.extension),
        password: body.password.0,
    };
    if !faults.is_empty() {
        let found = edge.services.new_user_faults(&request.caller()?, &typed)?;
        return Err(ApiError::fields(with_rule_faults(faults, found)));
    }
    let _place = edge.hashing.acquire().await.map_err(ApiError::internal)?;
    let view = edge.services.create_user(&request.caller()?, typed).await?;
    one(StatusCode::CREATED, &view)
}

/// `PATCH /users/{id}`.
///
/// # Errors
/// 412, 428, 409, 422.
pub async fn change(edge: Edge, mut request: Request) -> Outcome {
    let id: UserId = request.parameter(0, "user")?;
    let version = request.if_match()?;
    let (body, faults) = request.json_with_faults::<ChangeUserBody>().await?;
    let Some(body) = body else { return Err(ApiError::fields(faults)) };
    let change = ChangeUser {
        name: body.name.map(Into::into),
        role: body.role,
        extension: body.extension.into_option().map(extension),
    };
    if !faults.is_empty() {
        let found = edge.services.user_change_faults(&request.caller()?, &change)?;
        return Err(ApiError::fields(with_rule_faults(faults, found)));
    }
    let role = change.role;
    let view = edge.services.change_user(&request.caller()?, id, version, change).await?;
    if role.is_some() {
        tracing::info!(user = %id, "the role of a user was set");
    }
    one(StatusCode::OK, &view)
}

/// `PUT /users/{id}/password`. Sessions of the person end.
///
/// # Errors
/// 422 when the password is too easy.
pub async fn set_password(edge: Edge, mut request: Request) -> Outcome {
    let id: UserId = request.parameter(0, "user")?;
    let body: PasswordBody = request.json().await?;
    let caller = request.caller()?;
    {
        let _place = edge.hashing.acquire().await.map_err(ApiError::internal)?;
        edge.services.set_user_password(&caller, id, body.password.0).await?;
    }
    edge.lockout.succeeded(&edge.services.user(id)?.login);
    no_content()
}

/// `POST /users/{id}/disable`. Sessions of the person end.
///
/// # Errors
/// 409 for the own account.
pub async fn disable(edge: Edge, request: Request) -> Outcome {
    let id: UserId = request.parameter(0, "user")?;
    let view = edge.services.set_user_disabled(&request.caller()?, id, true).await?;
    one(StatusCode::OK, &view)
}

/// `POST /users/{id}/enable`.
///
/// # Errors
/// 409 for the own account.
pub async fn enable(edge: Edge, request: Request) -> Outcome {
    let id: UserId = request.parameter(0, "user")?;
    let view = edge.services.set_user_disabled(&request.caller()?, id, false).await?;
    one(StatusCode::OK, &view)
}

/// `DELETE /users/{id}/totp`. Sessions of the person end.
///
/// # Errors
/// 404 when there is no such user.
pub async fn remove_totp(edge: Edge, request: Request) -> Outcome {
    let id: UserId = request.parameter(0, "user")?;
    edge.services.remove_totp(&request.caller()?, id).await?;
    no_content()
}
