//! Files kept by the hash of their contents.

use super::{ServiceError, Services};
use crate::blobs::{BlobError, BlobHash, BlobInfo, BlobWriter};
use crate::domain::{FieldFault, Rejection};
use crate::journal::DiskReader;

impl From<BlobError> for ServiceError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::TooLarge { .. } => Self::TooLarge,
            BlobError::NotAHash | BlobError::NotFound(_) => {
                Self::Rejected(Rejection::not_found("file"))
            }
            BlobError::Damaged(_) | BlobError::Io { .. } => {
                tracing::error!(%error, "a file cannot be read or written");
                Self::Unavailable
            }
        }
    }
}

impl Services {
    /// Begins to keep a file.
    ///
    /// # Errors
    /// `StorageLow`, `Unavailable`.
    pub fn blob_writer(&self) -> Result<BlobWriter, ServiceError> {
        if self.committer.is_storage_low() {
            return Err(ServiceError::StorageLow);
        }
        Ok(self.blobs.writer()?)
    }

    /// Keeps one piece more.
    ///
    /// # Errors
    /// `TooLarge`, `Unavailable`.
    pub fn write_blob(&self, writer: &mut BlobWriter, piece: &[u8]) -> Result<(), ServiceError> {
        Ok(writer.write(piece)?)
    }

    /// Makes a file durable and gives its name.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn finish_blob(&self, writer: BlobWriter) -> Result<BlobInfo, ServiceError> {
        Ok(writer.finish()?)
    }

    /// A file's bytes and how many there are.
    ///
    /// # Errors
    /// `Rejected` when there is none.
    pub fn blob_reader(&self, blob: &str) -> Result<(DiskReader, u64), ServiceError> {
        let hash: BlobHash = blob.parse()?;
        Ok(self.blobs.read(&hash)?)
    }

    /// Bytes of a file that a request names.
    ///
    /// # Errors
    /// `Rejected` names the field `blob` when there is no such file.
    pub fn blob_size(&self, blob: &str) -> Result<u64, ServiceError> {
        match self.blob_reader(blob) {
            Ok((_, size)) => Ok(size),
            Err(ServiceError::Rejected(_)) => {
                let help = "there is no such file; send it with PUT /blobs first";
                let fault = FieldFault::new("blob", "unknown_value", help);
                Err(Rejection::invalid(vec![fault]).into())
            }
            Err(error) => Err(error),
        }
    }
}
