//! TLS: the lender's certificate, or an own authority and leaf made at the first start.
//!
//! Private keys are written readable by the owner only. The leaf is made anew when its names change
//! or its time runs out; the authority stays, so that a browser trusts it once. Must never send a
//! key anywhere.

use crate::base::time::Timestamp;
use crate::config::Tls;
use chrono::{Datelike, Days};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Days a leaf is valid; browsers refuse much more.
const LEAF_DAYS: u64 = 397;
/// Days before its end at which a leaf is made anew.
const RENEW_DAYS: i64 = 30;
/// Days the authority is valid.
const AUTHORITY_DAYS: u64 = 3650;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot use the file {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is not the PEM that it should be.
    #[error("{} is not valid PEM", path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not fit together.
    #[error("certificate and key cannot be used")]
    Unfit(#[source] rustls::Error),
    /// The own certificate cannot be made.
    #[error("cannot make a certificate; check listen.names")]
    Make(#[source] rcgen::Error),
}

/// The TLS settings of the server; `None` serves plain HTTP. Own certificates lie in `folder`.
///
/// # Errors
/// When files cannot be read or written, or do not fit together.
pub fn server_config(
    tls: &Tls,
    names: &[String],
    folder: &Path,
    now: Timestamp,
) -> Result<Option<Arc<ServerConfig>>, TlsError> {
    let (certificate, key) = match tls {
        Tls::Off => return Ok(None),
        Tls::Files { certificate, key } => (certificate.clone(), key.clone()),
        Tls::Auto => own_leaf(names, &folder.join("tls"), now)?,
    };
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|source| TlsError::Pem { path: certificate.clone(), source })?;
    let key = PrivateKeyDer::from_pem_file(&key)
        .map_err(|source| TlsError::Pem { path: key.clone(), source })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unfit)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unfit)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Arc::new(config)))
}

fn read(path: &Path) -> Result<String, TlsError> {
    std::fs::read_to_string(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// Writes a file that only the owner can read.
fn write_private(path: &Path, text: &str) -> Result<(), TlsError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// Paths of the own leaf's chain and key; makes them first when need be.
fn own_leaf(
    names: &[String],
    folder: &Path,
    now: Timestamp,
) -> Result<(PathBuf, PathBuf), TlsError> {
    std::fs::create_dir_all(folder)
        .map_err(|source| TlsError::File { path: folder.to_owned(), source })?;
    let at = |name: &str| folder.join(name);
    let (chain, key, made_for) = (at("leaf.pem"), at("leaf.key"), at("leaf.names"));
    let today = now.to_utc().date_naive();
    if chain.exists() && key.exists() && made_for.exists() {
        let text = read(&made_for)?;
        let mut lines = text.lines();
        let end: Option<chrono::NaiveDate> = lines.next().and_then(|line| line.parse().ok());
        let lasts = end.is_some_and(|end| (end - today).num_days() > RENEW_DAYS);
        if lasts && lines.eq(names.iter().map(String::as_str)) {
            return Ok((chain, key));
        }
    }
    let ends = today + Days::new(LEAF_DAYS);
    let authority = own_authority(folder, now)?;
    let mut params = CertificateParams::new(names.to_vec()).map_err(TlsError::Make)?;
    params.distinguished_name = named("Lenderbox");
    params.not_before = midnight(today - Days::new(1));
    params.not_after = midnight(ends);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let leaf_key = KeyPair::generate().map_err(TlsError::Make)?;
    let leaf = params.signed_by(&leaf_key, &authority).map_err(TlsError::Make)?;
    let authority_pem = read(&at("authority.pem"))?;
    write_private(&key, &leaf_key.serialize_pem())?;
    write_private(&chain, &format!("{}{authority_pem}", leaf.pem()))?;
    write_private(&made_for, &format!("{ends}\n{}\n", names.join("\n")))?;
    tracing::info!(folder = %folder.display(), "made a certificate; give authority.pem to browsers");
    Ok((chain, key))
}

/// What the authority's certificate says; the same at every start.
fn authority_params() -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(TlsError::Make)?;
    params.distinguished_name = named("Lenderbox authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    Ok(params)
}

fn own_authority(folder: &Path, now: Timestamp) -> Result<Issuer<'static, KeyPair>, TlsError> {
    let (certificate, key) = (folder.join("authority.pem"), folder.join("authority.key"));
    if !certificate.exists() || !key.exists() {
        let today = now.to_utc().date_naive();
        let mut params = authority_params()?;
        params.not_before = midnight(today - Days::new(1));
        params.not_after = midnight(today + Days::new(AUTHORITY_DAYS));
        let pair = KeyPair::generate().map_err(TlsError::Make)?;
        let made = params.self_signed(&pair).map_err(TlsError::Make)?;
        write_private(&key, &pair.serialize_pem())?;
        write_private(&certificate, &made.pem())?;
    }
    let pair = KeyPair::from_pem(&read(&key)?).map_err(TlsError::Make)?;
    Ok(Issuer::new(authority_params()?, pair))
}

fn named(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

fn midnight(date: chrono::NaiveDate) -> time::OffsetDateTime {
    let part = |number: u32| u8::try_from(number).unwrap_or(1);
    rcgen::date_time_ymd(date.year(), part(date.month()), part(date.day()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn at(days: i64) -> Timestamp {
        Timestamp::from_micros(1_795_000_000_000_000).plus_seconds(days * 86_400)
    }

    #[test]
    fn a_leaf_is_made_once_and_anew_when_names_or_time_change() {
        let folder = tempfile::tempdir().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let tls = |names: &[String], days| {
            server_config(&Tls::Auto, names, folder.path(), at(days)).unwrap().expect("TLS");
            let read = |name: &str| std::fs::read(folder.path().join("tls").join(name)).unwrap();
            (read("leaf.pem"), read("authority.pem"))
        };
        let first = tls(&names, 0);
        assert_eq!(tls(&names, 300), first, "it is still good");
        let renewed = tls(&names, 380);
        assert_ne!(renewed.0, first.0);
        assert_eq!(renewed.1, first.1, "the authority stays");
        assert_ne!(tls(&["box.local".to_owned()], 380).0, renewed.0);
        for name in ["leaf.key", "authority.key"] {
            let path = folder.path().join("tls").join(name);
            let mode = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_missing_certificate_is_named() {
        let tls = Tls::Files { certificate: "/nowhere/a.pem".into(), key: "/nowhere/a.key".into() };
        let error = server_config(&tls, &[], Path::new("/nowhere"), at(0)).unwrap_err();
        assert!(error.to_string().contains("/nowhere/a.pem"), "{error}");
        assert!(server_config(&Tls::Off, &[], Path::new("/nowhere"), at(0)).unwrap().is_none());
    }
}
