//! Requests that become WebSockets: `/feed` for people, `/pbx/feed` for exchanges.

use crate::http::edge::{Edge, Incoming};
use crate::http::error::ApiError;
use crate::http::pbx::check_feed;
use crate::http::request::Caller;
use crate::http::router::Found;
use crate::http::{feed, pbx_feed};
use crate::service::telephony::Abilities;
use warp::Reply;
use warp::reply::Response;
use warp::ws::Ws;

/// Bytes of the longest message that is read.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// Answers a request to become a WebSocket.
pub async fn upgrade(edge: Edge, ws: Ws, incoming: Incoming) -> Response {
    let id = edge.next_request_id();
    match accepted(&edge, ws, &incoming) {
        Ok(response) => response,
        Err(error) => {
            edge.services.metrics.refused(error.code());
            error.into_response(&id).into_response()
        }
    }
}

fn accepted(edge: &Edge, ws: Ws, incoming: &Incoming) -> Result<Response, ApiError> {
    let Found::Route(route, _) = edge.find(incoming) else {
        return Err(ApiError::not_found("address"));
    };
    let admission = edge.admit(route.entrance, incoming)?;
    let ws = ws.max_message_size(MESSAGE_BYTES_MAX);
    match (route.template, admission.caller) {
        ("/api/v1/feed", caller @ Caller::Person { .. }) => {
            // A browser sends the cookie from any page: only our own may listen.
            edge.check_origin(&incoming.headers)?;
            let since = since(&incoming.query);
            let edge = edge.clone();
            Ok(ws
                .on_upgrade(move |socket| feed::serve(edge, caller, since, socket))
                .into_response())
        }
        ("/api/v1/pbx/feed", Caller::Machine { name, token, .. }) => {
            check_feed(edge)?;
            let can = abilities(&incoming.query)?;
            let edge = edge.clone();
            let serve = move |socket| pbx_feed::serve(edge, token, name, can, socket);
            Ok(ws.on_upgrade(serve).into_response())
        }
        _ => Err(ApiError::not_found("WebSocket")),
    }
}

/// The last frame that a page has seen, from `?since=`.
fn since(query: &str) -> Option<u64> {
    query.split('&').find_map(|pair| pair.strip_prefix("since=")?.parse().ok())
}

/// What an exchange says that it can do, from `?can=hold,attended_transfer`.
fn abilities(query: &str) -> Result<Abilities, ApiError> {
    let names = query.split('&').find_map(|pair| pair.strip_prefix("can=")).unwrap_or_default();
    Abilities::parse(&names.replace("%2C", ",")).map_err(|_| {
        ApiError::new("invalid_query", "can names hold and attended_transfer, joined by a comma")
    })
}

#[cfg(test)]
mod tests {
    use super::{abilities, since};
    use crate::service::telephony::Abilities;

    #[test]
    fn an_exchange_names_what_it_can() {
        assert_eq!(abilities("").ok(), Some(Abilities::default()));
        let both = Abilities { hold: true, attended_transfer: true };
        assert_eq!(abilities("a=1&can=hold%2Cattended_transfer").ok(), Some(both));
        assert!(abilities("can=everything").is_err());
    }

    #[test]
    fn since_is_a_number_or_nothing() {
        let rows = [("since=7", Some(7)), ("a=1&since=0", Some(0)), ("since=x", None), ("", None)];
        for (query, expected) in rows {
            assert_eq!(since(query), expected, "{query}");
        }
    }
}
