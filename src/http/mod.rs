//! The edge of the box: HTTP, WebSocket, sessions, tokens, the page.
//!
//! Handlers parse strictly, call one use case of `service`, and shape the answer. Must never hold
//! a rule of the trade, and must never let personal data into an error or a log line.

pub mod answers;
pub mod assets;
pub mod backups;
pub mod blobs;
pub mod calls;
pub mod certificate;
pub mod client_body;
pub mod clients;
pub mod codes;
pub mod directory;
pub mod edge;
pub mod error;
pub mod feed;
pub mod health;
pub mod imports;
pub mod loan_bookings;
pub mod loans;
pub mod lockout;
pub mod openapi;
pub mod operators;
pub mod papers;
pub mod payments;
pub mod pbx;
pub mod pbx_feed;
pub mod replay;
pub mod reports;
pub mod request;
pub mod router;
pub mod routes;
pub mod server;
pub mod session;
pub mod session_store;
pub mod settings;
pub mod sockets;
pub mod statements;
pub mod token_book;
pub mod tokens;
pub mod users;

use edge::{Edge, Incoming};
use request::body_stream;
use server::{Answers, Peer};
use std::convert::Infallible;
use std::net::SocketAddr;
use warp::Filter;
use warp::http::{HeaderMap, Method};

/// Where a request comes from when no server has said so: only in tests.
const NOWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);

/// The head of a request, taken apart.
fn incoming() -> impl Filter<Extract = (Incoming,), Error = warp::Rejection> + Clone {
    let query = warp::query::raw()
        .or_else(|_| async { Ok::<(String,), warp::Rejection>((String::new(),)) });
    let peer = warp::ext::optional::<Peer>();
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(peer)
        .map(
            |method: Method,
             path: warp::path::FullPath,
             query,
             headers: HeaderMap,
             peer: Option<Peer>| {
                let nowhere = Peer { address: NOWHERE, encrypted: false };
                let (path, peer) = (path.as_str().to_owned(), peer.unwrap_or(nowhere));
                Incoming { method, path, query, headers, peer }
            },
        )
}

/// Everything the box serves, as a service for [`server::serve`].
#[must_use]
pub fn service(edge: Edge) -> impl Answers {
    let sockets = {
        let edge = edge.clone();
        warp::ws()
            .and(incoming())
            .then(move |ws, incoming| sockets::upgrade(edge.clone(), ws, incoming))
    };
    let requests = incoming().and(warp::body::stream()).then(move |incoming, body| {
        let edge = edge.clone();
        async move { edge.answer(incoming, body_stream(body)).await }
    });
    let all = sockets.or(requests).unify();
    warp::service(all.recover(refused).unify())
}

/// What warp itself refuses: nothing that a client can cause, since every filter above takes all.
async fn refused(rejection: warp::Rejection) -> Result<warp::reply::Response, Infallible> {
    use warp::Reply;
    let error = error::ApiError::internal(format!("{rejection:?}"));
    Ok(error.into_response("none").into_response())
}
