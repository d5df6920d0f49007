//! The feed for exchanges: commands out, acknowledgements in.

use crate::http::edge::Edge;
use warp::ws::WebSocket;

/// Serves one exchange.
pub async fn serve(_edge: Edge, name: String, socket: WebSocket) {
    tracing::info!(exchange = name, "an exchange follows commands");
    drop(socket);
}
