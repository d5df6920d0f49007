//! The page, embedded in the binary: entity tags, compression, `index.html` for its own addresses.
//!
//! Everything is prepared once at the start. A binary built without the page serves a plain one
//! that says so. Must never serve anything but the page.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;
use std::collections::HashMap;
use std::io::Write;
use warp::http::{HeaderMap, HeaderValue, Response, StatusCode, header};

/// The built page; the folder may be missing.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/ui/dist"]
#[allow_missing = true]
struct Dist;

const INDEX: &str = "index.html";
/// Files smaller than this are not worth compressing, in bytes.
const COMPRESS_FROM: usize = 512;

const FALLBACK: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<title>Lenderbox</title><h1>Lenderbox</h1><p>This binary was built without the page. Run \
<code>make page</code> and build it again; the API is at <code>/api/v1</code>.</p></html>";

/// What a browser may load while it shows the page: only what this box serves. Styles may stand in
/// the page because the component library sets them from code; a frame shows a paper that came as
/// an answer (`blob:`).
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; \
style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; \
connect-src 'self'; frame-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
form-action 'self'";

#[derive(Debug)]
struct Asset {
    plain: Bytes,
    gzip: Option<Bytes>,
    tag: HeaderValue,
    content_type: HeaderValue,
    immutable: bool,
}

/// All files of the page.
#[derive(Debug)]
pub struct Assets(HashMap<String, Asset>);

fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 2), Compression::best());
    encoder.write_all(plain).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < plain.len()).then(|| Bytes::from(packed))
}

fn asset(path: &str, plain: Bytes) -> Option<Asset> {
    let guessed = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = guessed.type_() == "text"
        || ["javascript", "json", "svg", "xml", "manifest"]
            .iter()
            .any(|word| guessed.essence_str().contains(word));
    let content_type =
        if is_text { format!("{guessed}; charset=utf-8") } else { guessed.to_string() };
    let hash = blake3::hash(&plain).to_hex();
    let compress = is_text && plain.len() >= COMPRESS_FROM;
    Some(Asset {
        gzip: if compress { gzip(&plain) } else { None },
        tag: HeaderValue::from_str(&format!("\"{}\"", &hash[..16])).ok()?,
        content_type: HeaderValue::from_str(&content_type).ok()?,
        // The build puts a hash of the content into every name under assets/.
        immutable: path.starts_with("assets/"),
        plain,
    })
}

impl Assets {
    /// Prepares the embedded page.
    #[must_use]
    pub fn embedded() -> Self {
        let files = Dist::iter().filter_map(|path| {
            let file = Dist::get(&path)?;
            Some((path.to_string(), Bytes::from(file.data.into_owned())))
        });
        Self::of(files)
    }

    fn of(files: impl Iterator<Item = (String, Bytes)>) -> Self {
        let mut all: HashMap<String, Asset> = files
            .filter_map(|(path, bytes)| asset(&path, bytes).map(|asset| (path, asset)))
            .collect();
        if !all.contains_key(INDEX)
            && let Some(fallback) = asset(INDEX, Bytes::from_static(FALLBACK.as_bytes()))
        {
            all.insert(INDEX.to_owned(), fallback);
        }
        Self(all)
    }

    /// Answers a GET of `path`. Addresses without a file belong to the page's own router.
    #[must_use]
    pub fn answer(&self, path: &str, headers: &HeaderMap) -> Response<Bytes> {
        let wanted = path.trim_start_matches('/');
        let found = self.0.get(wanted).or_else(|| {
            // A missing script or picture must not be answered with a page.
            let is_file = wanted.rsplit('/').next().is_some_and(|name| name.contains('.'));
            if is_file { None } else { self.0.get(INDEX) }
        });
        let Some(asset) = found else {
            let mut missing = Response::new(Bytes::from_static(b"not found"));
            *missing.status_mut() = StatusCode::NOT_FOUND;
            return missing;
        };
        let mut response = Response::new(Bytes::new());
        let tag = asset.tag.to_str().unwrap_or_default();
        if lists(headers, &header::IF_NONE_MATCH, tag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else if let Some(packed) =
            asset.gzip.as_ref().filter(|_| lists(headers, &header::ACCEPT_ENCODING, "gzip"))
        {
            *response.body_mut() = packed.clone();
            let name = HeaderValue::from_static("gzip");
            response.headers_mut().insert(header::CONTENT_ENCODING, name);
        } else {
            *response.body_mut() = asset.plain.clone();
        }
        let cache =
            if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        let out = response.headers_mut();
        out.insert(header::ETAG, asset.tag.clone());
        out.insert(header::CONTENT_TYPE, asset.content_type.clone());
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
        out.insert(header::CONTENT_SECURITY_POLICY, policy);
        response
    }
}

/// Whether a header's list names `word`.
fn lists(headers: &HeaderMap, name: &header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| {
        let part = part.trim().trim_start_matches("W/");
        part.split(';').next() == Some(word) || part == "*"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn assets() -> Assets {
        let script = "let x = 1;\n".repeat(200);
        let files = [
            ("index.html".to_owned(), Bytes::from_static(b"<html>page</html>")),
            ("assets/app-1a2b.js".to_owned(), Bytes::from(script)),
        ];
        Assets::of(files.into_iter())
    }

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn unknown_addresses_get_the_page_and_missing_files_do_not() {
        let assets = assets();
        for (path, status) in [("/", 200), ("/clients/5", 200), ("/assets/old.js", 404)] {
            assert_eq!(assets.answer(path, &HeaderMap::new()).status(), status, "{path}");
        }
        let page = assets.answer("/calls", &HeaderMap::new());
        assert_eq!(page.body().as_ref(), b"<html>page</html>");
        assert_eq!(page.headers()["cache-control"], "no-cache");
        assert!(page.headers().contains_key("content-security-policy"));
    }

    #[test]
    fn scripts_are_compressed_and_kept_by_the_browser() {
        let assets = assets();
        let accept = headers(header::ACCEPT_ENCODING, "br, gzip;q=0.8");
        let packed = assets.answer("/assets/app-1a2b.js", &accept);
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed.body().as_ref()).read_to_string(&mut text).unwrap();
        assert!(text.starts_with("let x = 1;"));
        let tag = packed.headers()["etag"].to_str().unwrap().to_owned();
        let again = assets.answer("/assets/app-1a2b.js", &headers(header::IF_NONE_MATCH, &tag));
        assert_eq!((again.status().as_u16(), again.body().len()), (304, 0));
        let plain = assets.answer("/assets/app-1a2b.js", &HeaderMap::new());
        assert!(!plain.headers().contains_key("content-encoding"));
    }

    #[test]
    fn a_binary_without_the_page_says_so() {
        let page = Assets::of(std::iter::empty()).answer("/", &HeaderMap::new());
        assert!(String::from_utf8_lossy(page.body()).contains("built without the page"));
    }
}
