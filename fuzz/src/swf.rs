//! SWF files, and the cache file of their hashes.

use crate::Bytes;
use rtmp::swf::{Cache, Entry, Hasher, SwfHash};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// The largest file that is hashed here, inflated; small, so that bombs are cut off soon.
const LIMIT: u64 = 1024 * 1024;
/// The URL that is looked for.
const URL: &[u8] = b"http://example.com/player.swf";

/// The first byte chooses the pieces, the rest is the file.
pub fn swf(data: &[u8]) {
    let pieces = Bytes(data).pieces();
    let whole = hash(&[pieces.concat().as_slice()]);
    assert_eq!(whole, hash(&pieces), "pieces change the hash");
    if let Some(hash) = whole {
        assert!(u64::from(hash.size) <= LIMIT, "larger than the limit");
    }
}

fn hash(pieces: &[&[u8]]) -> Option<SwfHash> {
    let mut hasher = Hasher::new(LIMIT).expect("a hasher");
    for piece in pieces {
        hasher.update(piece).ok()?;
    }
    hasher.finish().ok()
}

/// Where files are in memory, if there is such a place.
fn memory_directory() -> PathBuf {
    let shared = PathBuf::from("/dev/shm");
    if shared.is_dir() { shared } else { std::env::temp_dir() }
}

/// The bytes are the cache file.
pub fn swf_cache(data: &[u8]) {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    let path = PATH.get_or_init(|| memory_directory().join(format!("swfinfo-{}", std::process::id())));
    std::fs::write(path, data).expect("the temporary directory can be written");
    let cache = Cache::at(path.clone());
    let before = (cache.find(URL), cache.find(b"http://other/"));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
    cache.refresh(URL, now);
    let refreshed = cache.find(URL);
    assert_eq!(refreshed, before.0.map(|entry| Entry { checked: Some(now), ..entry }), "refreshing");
    let entry =
        Entry { checked: Some(now), date: b"a date".to_vec(), swf: SwfHash { size: 7, hash: [9; 32] } };
    cache.store(URL, &entry);
    assert_eq!(cache.find(URL), Some(entry), "what is stored is found");
    assert_eq!(cache.find(b"http://other/"), before.1, "other entries stay");
    std::fs::remove_file(path).expect("the file is there");
}
