//! The live feed for people: what changed, filtered by rights, over a WebSocket.
//!
//! A page that comes back says which frame it saw last; what it missed is sent again, or it is
//! told to fetch everything anew. Calls are state and are never replayed: hello carries the call
//! on the desk. Must never wait for a slow page: it falls behind and is told to resync.

use crate::base::ids::UserId;
use crate::domain::access::Role;
use crate::feed::{Follower, Message, Received};
use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Caller, Outcome, Request};
use crate::http::session_store::Session;
use crate::service;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use warp::ws::{Message as Frame, WebSocket};

/// Between two heartbeats; a page takes silence for a broken line.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Time that one message may take to leave.
const SEND_PATIENCE: Duration = Duration::from_secs(10);
/// Code of a close: signed out.
const SIGNED_OUT: u16 = 4401;
/// Code of a close: the box is stopping.
const STOPPING: u16 = 1001;

/// `GET /feed` without an upgrade.
///
/// # Errors
/// Always 426: open it as a WebSocket.
pub async fn not_a_socket(_edge: Edge, _request: Request) -> Outcome {
    Err(ApiError::new("upgrade_required", "open this address as a WebSocket"))
}

/// One page that follows.
struct Page {
    edge: Edge,
    session: Arc<Session>,
    caller: service::Caller,
    user: UserId,
    role: Role,
    out: SplitSink<WebSocket, Frame>,
}

/// The page is gone.
struct Gone;

impl Page {
    async fn send(&mut self, text: String) -> Result<(), Gone> {
        let sending = self.out.send(Frame::text(text));
        match tokio::time::timeout(SEND_PATIENCE, sending).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }

    async fn close(&mut self, code: u16, reason: &'static str) -> Gone {
        // The page may be gone already, or not read.
        let closing = self.out.send(Frame::close_with(code, reason));
        let _ = tokio::time::timeout(SEND_PATIENCE, closing).await;
        Gone
    }

    /// Head, epoch, and what the person is doing.
    async fn hello(&mut self) -> Result<(), Gone> {
        let me = super::operators::own_state(&self.edge, &self.caller).await;
        let hello = json!({
            "type": "hello", "head": self.edge.services.feed.head(), "epoch": self.edge.epoch(),
            "me": me,
        });
        self.send(hello.to_string()).await
    }

    async fn message(&mut self, message: &Message) -> Result<(), Gone> {
        if !message.audience.admits(self.user, self.role) {
            return Ok(());
        }
        self.send(message.to_json()).await?;
        if let Some(caused_at) = message.caused_at.filter(|_| message.kind == "call.card") {
            self.edge.services.metrics.pop(caused_at.elapsed());
        }
        Ok(())
    }

    async fn heartbeat(&mut self) -> Result<(), Gone> {
        if !self.edge.sessions.is_alive(&self.session, self.edge.now()) {
            return Err(self.close(SIGNED_OUT, "signed out").await);
        }
        self.role = self.session.person().role;
        let head = self.edge.services.feed.head();
        self.send(json!({ "type": "heartbeat", "head": head }).to_string()).await
    }

    /// Follows until the page goes.
    async fn follow(&mut self, mut follower: Follower, mut input: SplitStream<WebSocket>) -> Gone {
        let mut beats =
            tokio::time::interval_at(tokio::time::Instant::now() + HEARTBEAT, HEARTBEAT);
        beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let session = Arc::clone(&self.session);
        loop {
            let sent = tokio::select! {
                () = session.ended() => Err(self.close(SIGNED_OUT, "signed out").await),
                received = follower.next() => match received {
                    Received::Message(message) => self.message(&message).await,
                    Received::Resync => self.send(json!({ "type": "resync" }).to_string()).await,
                    Received::Closed => Err(self.close(STOPPING, "stopping").await),
                },
                _ = beats.tick() => self.heartbeat().await,
                // Pages say nothing; reading answers pings and sees the end.
                heard = input.next() => match heard {
                    Some(Ok(frame)) if !frame.is_close() => Ok(()),
                    _ => Err(Gone),
                },
            };
            if let Err(gone) = sent {
                return gone;
            }
        }
    }
}

/// Serves one page; `since` is the last frame that it has seen.
pub async fn serve(edge: Edge, caller: Caller, since: Option<u64>, socket: WebSocket) {
    let Caller::Person { person, session, .. } = caller else {
        return;
    };
    let (out, input) = socket.split();
    let service_caller = service::Caller {
        principal: crate::domain::access::Principal::User(person.user),
        role: Some(person.role),
        scope: None,
        address: "feed".into(),
        command: None,
    };
    let (user, role) = (person.user, person.role);
    let mut page = Page { edge, session, caller: service_caller, user, role, out };
    page.edge.services.metrics.socket_opened();
    // Following begins before hello is made, so that nothing falls between the two.
    let feed = Arc::clone(&page.edge.services.feed);
    let (follower, too_old) = match since.map(|seq| feed.follow_after(seq)) {
        Some(Some(follower)) => (Some(follower), false),
        Some(None) => (feed.follow(None), true),
        None => (feed.follow(None), false),
    };
    if let Some(follower) = follower
        && page.hello().await.is_ok()
        && (!too_old || page.send(json!({ "type": "resync" }).to_string()).await.is_ok())
    {
        page.follow(follower, input).await;
    }
    page.edge.services.metrics.socket_closed();
}
