//! The HTTP client of the command line to a running box.
//!
//! Over TLS it trusts the authority that it is given and nobody else: a box makes its own. Must
//! never send anything to a peer that it cannot verify.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Why there is no line to a box.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Nobody says whom to trust.
    #[error(
        "an https address needs --ca: the authority of a box is tls/authority.pem in its data \
         folder; for a certificate of a public authority give /etc/ssl/certs/ca-certificates.crt"
    )]
    NoAuthority,
    /// The file of the authority does not read.
    #[error("{} is not a certificate in PEM that can be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// The file of the authority holds no certificate.
    #[error("{} holds no certificate", .0.display())]
    Empty(PathBuf),
}

/// A client for the box at `address` that trusts the certificates in `authority` (PEM) and waits at
/// most `within` for an answer. An answer that is an error is an answer.
///
/// # Errors
/// See [`LineError`].
pub fn agent(
    address: &str,
    authority: Option<&Path>,
    within: Duration,
) -> Result<ureq::Agent, LineError> {
    let mut tls = TlsConfig::builder();
    if address.starts_with("https:") {
        let path = authority.ok_or(LineError::NoAuthority)?;
        tls = tls
            .root_certs(RootCerts::new_with_certs(&certificates(path)?))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
    }
    let settings = ureq::Agent::config_builder()
        .timeout_global(Some(within))
        .http_status_as_error(false)
        .tls_config(tls.build())
        // The authority is asked for by the address: nothing may lead from there to another one.
        .max_redirects(0)
        .build();
    Ok(settings.into())
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, LineError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|source| LineError::Unreadable { path: path.to_owned(), source })?;
    if read.is_empty() {
        return Err(LineError::Empty(path.to_owned()));
    }
    Ok(read.iter().map(|one| Certificate::from_der(one).to_owned()).collect())
}

/// Why a request did not come through, in words for a person.
pub(super) fn reason(error: &ureq::Error) -> String {
    let of_tls = match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref()),
        _ => None,
    };
    match of_tls {
        Some(rustls::Error::InvalidCertificate(_)) => {
            format!("{error}: the authority of --ca has not signed this name's certificate")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_to_trust_must_be_said_and_must_read() {
        let within = Duration::from_secs(1);
        let refused = |authority: Option<&Path>| {
            agent("https://localhost", authority, within).map(drop).unwrap_err().to_string()
        };
        assert!(refused(None).contains("tls/authority.pem"));
        assert!(refused(Some(Path::new("/nowhere.pem"))).contains("/nowhere.pem"));
        let empty = tempfile::NamedTempFile::new().unwrap();
        assert!(refused(Some(empty.path())).ends_with("holds no certificate"));
        assert!(agent("http://127.0.0.1:1", None, within).is_ok());
    }
}
