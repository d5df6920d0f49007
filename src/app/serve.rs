//! Serving: the edge over an open data folder, until told to stop.

use super::open::Core;
use crate::http::certificate::{self, TlsError};
use crate::http::edge::Edge;
use crate::http::{self, server};
use crate::intake::pbx::PbxIntake;
use crate::service::ServiceError;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Why the box cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}; is another program using it?")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Passwords and clients' data would go over the wire for everybody to read.
    #[error(
        "{0} is not on this machine and listen.tls is off; choose auto or files, or listen on \
         127.0.0.1"
    )]
    Plain(SocketAddr),
    /// The tokens and sign-ins cannot be read.
    #[error(transparent)]
    View(#[from] ServiceError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A box that answers.
#[derive(Debug, Clone)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    /// `http` or `https`.
    pub scheme: &'static str,
}

/// Listens over an open data folder, calls `ready` once everything answers, serves until `stop`
/// becomes true or the process is told to end, and closes in reverse.
///
/// # Errors
/// See [`ServeError`].
pub async fn serve(
    core: Core,
    stop: watch::Receiver<bool>,
    ready: impl AsyncFnOnce(&Core, &Listening),
) -> Result<(), ServeError> {
    let config = Arc::clone(&core.services.config);
    let address = config.listen.address;
    let now = core.services.clock.now();
    let tls = certificate::server_config(
        &config.listen.tls,
        &config.listen.names,
        &config.storage.folder,
        now,
    )?;
    // Checked here too: the command line may have named another address than the settings.
    if tls.is_none() && !address.ip().is_loopback() {
        return Err(ServeError::Plain(address));
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen { address, source })?;
    let address = listener.local_addr().map_err(|source| ServeError::Listen { address, source })?;
    let edge = Edge::new(Arc::clone(&core.services));
    let store = &core.services.store;
    store.read_at_start(|| edge.read_tokens())?;
    store.read_at_start(|| edge.read_sign_ins())?;
    let report = &core.report;
    tracing::info!(
        %address,
        scheme,
        head = report.journal.head,
        replayed = report.replayed,
        milliseconds = report.took.as_millis(),
        "open"
    );
    let serving = tokio::spawn(server::serve(
        listener,
        tls,
        config.limits.connections,
        http::service(edge.clone()),
        stop.clone(),
    ));
    edge.set_ready(true);
    let noting = tokio::spawn(edge.clone().note_sessions());
    let intake = PbxIntake::start(&core.services);
    let resuming = tokio::spawn(Arc::clone(&core.services).statement_round());
    ready(&core, &Listening { address, scheme }).await;
    if serving.await.is_err() {
        tracing::error!("the server ended with a fault");
    }
    edge.set_ready(false);
    noting.abort();
    resuming.abort();
    intake.stop().await;
    let closed = tokio::task::spawn_blocking(move || core.close()).await;
    if closed.is_err() {
        tracing::error!("the data folder did not close well; the next start repairs the view");
    }
    tracing::info!("closed");
    Ok(())
}
