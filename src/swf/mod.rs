//! The hash of a SWF file, which SWF verification proves to a server that the player has, and its cache.
//!
//! The hash is HMAC-SHA256 over the uncompressed file. Files are fetched over HTTP, and what they hashed to is kept in
//! `$HOME/.swfinfo`, in the reference's format.
#![forbid(unsafe_code)]

mod cache;
mod entries;
mod hasher;

pub use cache::Cache;
pub use entries::Entry;
pub use hasher::Hasher;

use crate::bytes::without_query;
use crate::crypto::DIGEST_SIZE;
use crate::http::{self, Limits, Request};
use crate::transport::TlsSettings;
use crate::{Error, Result};
use std::time::{Duration, SystemTime};

/// The largest SWF file that is hashed, in bytes, inflated or not; players would not load a larger one.
pub const MAX_SWF: u64 = 256 * 1024 * 1024;

/// The longest date that is kept and sent back, in bytes.
const MAX_DATE: usize = 63;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a server asks of a SWF file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwfHash {
    /// The size of the uncompressed file, in bytes.
    pub size: u32,
    /// HMAC-SHA256 of the uncompressed file.
    pub hash: [u8; DIGEST_SIZE],
}

/// How the file is looked for.
#[derive(Clone, Debug)]
pub struct Lookup<'a> {
    /// Where the SWF file is.
    pub url: &'a [u8],
    /// A cached hash that was checked less than so many days ago is taken without asking; 0 or less always asks.
    pub age_days: i32,
    /// The cache; `None` works without.
    pub cache: Option<&'a Cache>,
    /// The time of day.
    pub now: SystemTime,
    /// How the certificate of an https server is treated.
    pub tls: &'a TlsSettings,
    /// How long the server may take.
    pub limits: Limits,
}

/// The hash of the SWF file at a URL, from the cache where it is fresh enough.
///
/// A cache that cannot be read or written costs a line in the log, never the hash.
///
/// # Errors
/// Those of [`http::get`]; [`Error::Refused`] with the status when the server does not give the file;
/// [`Error::Protocol`] for a file that cannot be hashed.
pub fn hash_url(lookup: &Lookup<'_>) -> Result<SwfHash> {
    let key = cache_key(lookup.url)?;
    let cached = lookup.cache.and_then(|cache| cache.find(key));
    if let Some(entry) = &cached
        && is_fresh(entry, lookup.age_days, lookup.now)
    {
        return Ok(entry.swf);
    }
    let since = cached.as_ref().map(|entry| entry.date.clone()).unwrap_or_default();
    let Lookup { url, tls, limits, .. } = *lookup;
    let response = http::get(&Request { url, modified_since: &since, tls, limits })?;
    let entry = match (response.head().status, cached) {
        (304, Some(entry)) if !since.is_empty() => {
            if let Some(cache) = lookup.cache {
                cache.refresh(key, lookup.now);
            }
            return Ok(entry.swf);
        }
        (200, _) => download(response, lookup.now)?,
        (404, _) => return Err(Error::Refused("it was not found (HTTP status 404)".into())),
        (status, _) => return Err(Error::Refused(format!("the server answers with HTTP status {status}"))),
    };
    if let Some(cache) = lookup.cache {
        cache.store(key, &entry);
    }
    Ok(entry.swf)
}

/// What the cache has of the SWF file at a URL, however old: it may do where the file cannot be had.
pub fn cached_hash(lookup: &Lookup<'_>) -> Option<SwfHash> {
    let key = cache_key(lookup.url).ok()?;
    Some(lookup.cache?.find(key)?.swf)
}

/// Hashes the file while it arrives.
fn download(response: http::Response, now: SystemTime) -> Result<Entry> {
    let date = response.head().last_modified.clone().unwrap_or_default();
    let date = if date.len() <= MAX_DATE { date } else { Vec::new() };
    let mut hasher = Hasher::new(MAX_SWF)?;
    response.read_body(MAX_SWF, |piece| hasher.update(piece))?;
    Ok(Entry { checked: Some(now), date, swf: hasher.finish()? })
}

/// Under which name the cache keeps a URL: without its query, as in the reference.
fn cache_key(url: &[u8]) -> Result<&[u8]> {
    if url.iter().any(u8::is_ascii_control) {
        return Err(Error::Usage("the URL has control characters".into()));
    }
    Ok(without_query(url))
}

/// Whether an entry was checked less than so many days ago. A date in the future counts as fresh, as in the reference.
fn is_fresh(entry: &Entry, age_days: i32, now: SystemTime) -> bool {
    let days = u32::try_from(age_days).unwrap_or_default();
    let Some(checked) = entry.checked.filter(|_| days > 0) else { return false };
    now.duration_since(checked).is_ok_and(|age| age < DAY.saturating_mul(days)) || checked > now
}
