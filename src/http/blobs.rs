//! Files on their way in and out.

use crate::http::edge::Edge;
use crate::http::error::ApiError;
use crate::http::request::{Answer, Outcome, Request, json};
use crate::service::ServiceError;
use bytes::Bytes;
use futures_util::StreamExt;
use std::io::Read;
use std::time::Duration;
use tokio::sync::mpsc;
use warp::Reply;
use warp::http::StatusCode;

/// Pieces between the network and the disk.
const PIECES: usize = 8;
/// Time that the next piece may take to arrive.
const PIECE_PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of one piece on the way out.
const PIECE_BYTES: usize = 64 * 1024;

/// Bytes that are kept.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct StoredBlob {
    /// Their content hash.
    pub blob: String,
    /// How many.
    pub size: u64,
}

/// `PUT /blobs`: keeps the raw body.
///
/// # Errors
/// 413 when it is too large.
pub async fn put(edge: Edge, request: Request) -> Outcome {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(PIECES);
    let services = edge.services.clone();
    let keeping = tokio::task::spawn_blocking(move || {
        let mut writer = services.blob_writer()?;
        loop {
            match receiver.blocking_recv() {
                Some(piece) if piece.is_empty() => return services.finish_blob(writer),
                Some(piece) => services.write_blob(&mut writer, &piece)?,
                // The body broke off: what was written is dropped.
                None => return Err(ServiceError::Unavailable),
            }
        }
    });
    let body = request.body.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(mut body) = body {
        let gone = |_| ApiError::new("malformed_json", "the body broke off; send it again");
        while let Some(piece) =
            tokio::time::timeout(PIECE_PATIENCE, body.next()).await.map_err(gone)?
        {
            let broken = |_| ApiError::new("malformed_json", "the body broke off; send it again");
            let piece = piece.map_err(broken)?;
            if !piece.is_empty() && sender.send(piece).await.is_err() {
                break;
            }
        }
    }
    // An empty piece says that the body is whole.
    let _ = sender.send(Bytes::new()).await;
    let info = keeping.await.map_err(ApiError::internal)??;
    json(StatusCode::CREATED, &StoredBlob { blob: info.hash.to_string(), size: info.bytes })
}

/// The bytes of a blob as they are read.
///
/// # Errors
/// 404 when there is none.
pub fn download(edge: &Edge, blob: &str) -> Outcome {
    let (mut reader, size) = edge.services.blob_reader(blob)?;
    let (sender, receiver) = mpsc::channel::<Result<Bytes, std::io::Error>>(PIECES);
    tokio::task::spawn_blocking(move || {
        let mut piece = vec![0_u8; PIECE_BYTES];
        loop {
            let read = match reader.read(&mut piece) {
                Ok(0) => return,
                Ok(count) => Ok(Bytes::copy_from_slice(&piece[..count])),
                Err(error) => Err(error),
            };
            let failed = read.is_err();
            if sender.blocking_send(read).is_err() || failed {
                return;
            }
        }
    });
    let pieces = futures_util::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    let mut response = warp::reply::stream(pieces).into_response();
    let length = warp::http::HeaderValue::from(size);
    response.headers_mut().insert(warp::http::header::CONTENT_LENGTH, length);
    Ok(Answer::Stream(response))
}
