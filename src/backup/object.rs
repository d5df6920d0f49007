//! One file of the archive: bytes, compressed, and encrypted where a key is configured.

use super::{BackupError, io_error};
use crate::journal::{Disk, DiskReader, DiskWriter};
use std::io::{self, Read, Write};
use std::path::Path;

const CHUNK_BYTES: usize = 256 * 1024;
const COMPRESSION_LEVEL: i32 = 3;

/// Counts and hashes what passes.
struct Hashing<T> {
    inner: T,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self { inner, hasher: blake3::Hasher::new(), bytes: 0 }
    }
    fn pass(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }
    fn hex(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.pass(&bytes[..count]);
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

/// What was written.
pub(super) struct Stored {
    pub bytes: u64,
    pub blake3: String,
    pub object_bytes: u64,
    pub object_blake3: String,
}

/// Writes the first `bytes` bytes of the file `source` to the archive's file `target`, durably.
pub(super) fn store(
    disk: &dyn Disk,
    source: &Path,
    bytes: u64,
    target: &Path,
    recipient: Option<&age::x25519::Recipient>,
    progress: &mut dyn FnMut(u64),
) -> Result<Stored, BackupError> {
    let file = disk.open(source, false).map_err(|error| io_error(source, error))?;
    let mut reader = Hashing::new(DiskReader::new(file, bytes));
    let file = disk.create(target).map_err(|error| io_error(target, error))?;
    let mut writer = Hashing::new(DiskWriter::new(file));
    let to_target = |error| io_error(target, error);
    match recipient {
        None => compress(&mut reader, &mut writer, progress).map_err(to_target)?,
        Some(recipient) => {
            let recipients = std::iter::once(recipient as &dyn age::Recipient);
            let encryptor = age::Encryptor::with_recipients(recipients)
                .map_err(|error| BackupError::Key(error.to_string()))?;
            let mut sealed = encryptor.wrap_output(&mut writer).map_err(to_target)?;
            compress(&mut reader, &mut sealed, progress).map_err(to_target)?;
            sealed.finish().map_err(to_target)?;
        }
    }
    if reader.bytes != bytes {
        let reason = format!("it has only {} of {bytes} bytes", reader.bytes);
        return Err(io_error(source, io::Error::other(reason)));
    }
    let (object_bytes, object_blake3) = (writer.bytes, writer.hex());
    writer.inner.finish().map_err(to_target)?;
    Ok(Stored { bytes: reader.bytes, blake3: reader.hex(), object_bytes, object_blake3 })
}

fn compress(
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let mut encoder = zstd::Encoder::new(writer, COMPRESSION_LEVEL)?;
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    loop {
        let count = reader.read(&mut chunk)?;
        if count == 0 {
            encoder.finish()?;
            return Ok(());
        }
        encoder.write_all(&chunk[..count])?;
        progress(count as u64);
    }
}

/// blake3 of a whole file of the archive, hexadecimal.
pub(super) fn hash(disk: &dyn Disk, path: &Path) -> io::Result<String> {
    let file = disk.open(path, false)?;
    let size = file.size()?;
    let mut reader = Hashing::new(DiskReader::new(file, size));
    io::copy(&mut reader, &mut io::sink())?;
    Ok(reader.hex())
}

/// Reads the archive's file `source` back into the new file `target` of `file_bytes` bytes, durably;
/// returns the kept bytes and their hash. The caller compares both with the manifest.
pub(super) fn fetch(
    disk: &dyn Disk,
    source: &Path,
    target: &Path,
    file_bytes: u64,
    identity: Option<&age::x25519::Identity>,
    progress: &mut dyn FnMut(u64),
) -> Result<(u64, String), BackupError> {
    let from_source = |error| io_error(source, error);
    let file = disk.open(source, false).map_err(from_source)?;
    let size = file.size().map_err(from_source)?;
    let reader = DiskReader::new(file, size);
    let plain: Box<dyn Read + '_> = match identity {
        None => Box::new(reader),
        Some(identity) => {
            let key_error = |error: age::DecryptError| match error {
                age::DecryptError::NoMatchingKeys => BackupError::Key(error.to_string()),
                other => from_source(io::Error::other(other)),
            };
            let decryptor = age::Decryptor::new(reader).map_err(key_error)?;
            let identities = std::iter::once(identity as &dyn age::Identity);
            Box::new(decryptor.decrypt(identities).map_err(key_error)?)
        }
    };
    let mut decoder = zstd::Decoder::new(plain).map_err(from_source)?;
    let file = disk.create(target).map_err(|error| io_error(target, error))?;
    let mut writer = Hashing::new(DiskWriter::new(file));
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    loop {
        let count = decoder.read(&mut chunk).map_err(from_source)?;
        if count == 0 {
            break;
        }
        if writer.bytes + count as u64 > file_bytes {
            return Err(from_source(io::Error::other("it holds more than its manifest says")));
        }
        writer.write_all(&chunk[..count]).map_err(|error| io_error(target, error))?;
        progress(count as u64);
    }
    let (bytes, hash) = (writer.bytes, writer.hex());
    // The zeros are written, not left out, so that the file never grows when it is used.
    let zeros = vec![0_u8; CHUNK_BYTES];
    let mut written = bytes;
    while written < file_bytes {
        let count = usize::try_from(file_bytes - written).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        writer.inner.write_all(&zeros[..count]).map_err(|error| io_error(target, error))?;
        written += count as u64;
    }
    writer.inner.finish().map_err(|error| io_error(target, error))?;
    Ok((bytes, hash))
}
