//! Passwords, second factors and bearer tokens: making, hashing, checking.
//!
//! Hashing a password takes tens of milliseconds on purpose: callers run it off the async threads.
//! Must never log or return what it hashes.

use crate::base::ids::IdSource;
use crate::base::personal::Personal;
use crate::base::time::Timestamp;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use subtle::ConstantTimeEq;
use totp_rs::TOTP;

/// Kibibytes of memory, passes and lanes of argon2id (OWASP's first choice).
const ARGON2_KIBIBYTES: u32 = 19_456;
const ARGON2_PASSES: u32 = 2;
/// Digits and seconds of the second factor, as authenticator apps expect.
const TOTP_DIGITS: usize = 6;
const TOTP_STEP_SECONDS: u64 = 30;
/// Characters of the longest password: more only costs time.
pub const PASSWORD_CHARS_MAX: usize = 256;
/// What a bearer token begins with, so that a leaked one can be found.
const TOKEN_PREFIX: &str = "lbx_";

fn hasher() -> Argon2<'static> {
    let params = Params::new(ARGON2_KIBIBYTES, ARGON2_PASSES, 1, None)
        .expect("the constants are within the bounds of argon2");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password; PHC form.
///
/// # Errors
/// When the password is too long for the hash.
pub fn hash_password(
    password: &Personal<String>,
    ids: &dyn IdSource,
) -> Result<Personal<String>, argon2::password_hash::Error> {
    let salt = SaltString::encode_b64(&ids.salt())?;
    let hash = hasher().hash_password(password.reveal().as_bytes(), &salt)?;
    Ok(Personal::new(hash.to_string()))
}

/// Whether `password` is the one of `hash`. A hash that cannot be read matches nothing.
#[must_use]
pub fn password_matches(password: &Personal<String>, hash: &Personal<String>) -> bool {
    PasswordHash::new(hash.reveal())
        .is_ok_and(|parsed| hasher().verify_password(password.reveal().as_bytes(), &parsed).is_ok())
}

/// Why a password is not accepted; `None` when it is.
#[must_use]
pub fn password_fault(
    password: &str,
    login: &str,
    chars_min: usize,
) -> Option<(&'static str, String)> {
    let chars = password.chars().count();
    if chars < chars_min {
        return Some(("too_short", format!("use at least {chars_min} characters")));
    }
    if chars > PASSWORD_CHARS_MAX {
        return Some(("too_long", format!("use at most {PASSWORD_CHARS_MAX} characters")));
    }
    let lower = password.to_lowercase();
    let mut kinds: Vec<char> = lower.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let easy = ["password", "пароль", "qwerty", "12345678", "йцукен"];
    let guessable = easy.iter().any(|word| lower.starts_with(word));
    if kinds.len() < 5 || guessable || (!login.is_empty() && lower.contains(login)) {
        return Some(("weak_password", "choose something that is harder to guess".into()));
    }
    None
}

/// A fresh secret for the second factor.
#[must_use]
pub fn new_totp_secret(ids: &dyn IdSource) -> Vec<u8> {
    [ids.salt(), ids.salt()].concat()[..20].to_vec()
}

/// The secret as a person types it into an authenticator.
#[must_use]
pub fn totp_secret_text(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

fn totp(secret: &[u8], issuer: &str, login: &str) -> TOTP {
    // A colon separates issuer and account in the address, so neither may hold one.
    let plain = |text: &str| text.replace(':', " ");
    TOTP::new_unchecked(
        totp_rs::Algorithm::SHA1,
        TOTP_DIGITS,
        1,
        TOTP_STEP_SECONDS,
        secret.to_vec(),
        Some(plain(issuer)),
        plain(login),
    )
}

/// The address that an authenticator reads from a QR code.
#[must_use]
pub fn totp_url(secret: &[u8], issuer: &str, login: &str) -> String {
    totp(secret, issuer, login).get_url()
}

/// Whether `code` is right now, or was or will be within half a minute. Gives the step it belongs
/// to, so that a code can be used once only.
#[must_use]
pub fn totp_step(secret: &[u8], code: &str, now: Timestamp) -> Option<u64> {
    let code = code.replace(' ', "");
    let step = u64::try_from(now.micros() / 1_000_000).ok()? / TOTP_STEP_SECONDS;
    let totp = totp(secret, "", "");
    [step.saturating_sub(1), step, step + 1].into_iter().find(|candidate| {
        let expected = totp.generate(candidate * TOTP_STEP_SECONDS);
        bool::from(expected.as_bytes().ct_eq(code.as_bytes()))
    })
}

/// A fresh bearer token. Shown once; only [`token_hash`] is kept.
#[must_use]
pub fn new_token(ids: &dyn IdSource) -> Personal<String> {
    let random = BASE64URL_NOPAD.encode(&[ids.salt(), ids.salt()].concat());
    Personal::new(format!("{TOKEN_PREFIX}{random}"))
}

/// What is kept of a bearer token.
#[must_use]
pub fn token_hash(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::SeededIds;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let ids = SeededIds::new(1);
        let right = Personal::new("correct horse".to_owned());
        let hash = hash_password(&right, &ids).unwrap();
        assert!(hash.reveal().starts_with("$argon2id$"));
        assert!(password_matches(&right, &hash));
        assert!(!password_matches(&Personal::new("correct hors".into()), &hash));
        assert!(!password_matches(&right, &Personal::new("not a hash".into())));
        assert_ne!(hash, hash_password(&right, &ids).unwrap(), "every hash has its own salt");
    }

    #[test]
    fn easy_passwords_are_refused() {
        let rows = [
            ("short", Some("too_short")),
            ("aaaaaaaaaaaa", Some("weak_password")),
            ("Password12345", Some("weak_password")),
            ("my anna.p 2026", Some("weak_password")),
            ("лодка-под-дождём", None),
        ];
        for (password, expected) in rows {
            let fault = password_fault(password, "anna.p", 10).map(|(code, _)| code);
            assert_eq!(fault, expected, "{password}");
        }
        let long = "x1y2z3".repeat(50);
        assert_eq!(password_fault(&long, "", 10).map(|(code, _)| code), Some("too_long"));
    }

    #[test]
    fn codes_follow_the_published_vectors() {
        // RFC 6238, appendix B, SHA-1, the last six digits.
        let secret = b"12345678901234567890";
        let rows = [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")];
        for (seconds, code) in rows {
            let now = Timestamp::from_micros(seconds * 1_000_000);
            assert_eq!(totp_step(secret, code, now), Some((seconds / 30).unsigned_abs()));
            assert!(totp_step(secret, code, now.plus_seconds(29)).is_some());
            assert_eq!(totp_step(secret, code, now.plus_seconds(90)), None);
            assert_eq!(totp_step(secret, "000000", now), None);
        }
    }

    #[test]
    fn an_authenticator_can_read_the_address() {
        let url = totp_url(b"12345678901234567890", "Мой: заём", "anna");
        assert!(url.starts_with("otpauth://totp/"), "{url}");
        assert!(url.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{url}");
    }

    #[test]
    fn tokens_are_told_apart_by_their_hash() {
        let ids = SeededIds::new(1);
        let (a, b) = (new_token(&ids), new_token(&ids));
        assert_ne!(token_hash(a.reveal()), token_hash(b.reveal()));
        assert!(a.reveal().starts_with("lbx_") && a.reveal().len() > 40);
    }
}
