//! The cache file of SWF hashes. It is replaced as a whole by renaming, so that no reader ever sees half of it.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::entries::{Entry, find, refreshed, stored};
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

/// The name of the file in the home directory.
const FILE_NAME: &str = ".swfinfo";
/// The largest file that is read, in bytes: tens of thousands of entries.
const MAX_FILE: u64 = 4 * 1024 * 1024;
/// Nobody but the user reads which SWF files he plays.
const MODE: u32 = 0o600;
/// How many links are followed, as many as the system follows.
const MAX_LINKS: u32 = 40;
/// How many names for the temporary file are tried.
const NAME_TRIES: u32 = 16;

/// The cache file.
#[derive(Clone, Debug)]
pub struct Cache {
    path: PathBuf,
}

impl Cache {
    /// The user's own, `$HOME/.swfinfo`; `None` without a home.
    pub fn in_home() -> Option<Self> {
        let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
        Some(Self::at(Path::new(&home).join(FILE_NAME)))
    }

    /// A cache in any file, which need not exist.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The entry for a URL; `None` when there is none, or none that is whole.
    pub fn find(&self, url: &[u8]) -> Option<Entry> {
        match self.read() {
            Ok(text) => find(&text, url),
            Err(error) => {
                crate::warning!("the SWF cache {} cannot be read: {error}", self.path.display());
                None
            }
        }
    }

    /// Notes that the server was asked just now and had nothing newer.
    pub fn refresh(&self, url: &[u8], now: SystemTime) {
        self.edit(|text| refreshed(text, url, now));
    }

    /// Adds the entry for a URL, or puts it in the place of an older one.
    pub fn store(&self, url: &[u8], entry: &Entry) {
        self.edit(|text| stored(text, url, entry));
    }

    /// Reads the file anew, so that what another program has just added is kept, and replaces it.
    fn edit(&self, change: impl FnOnce(&[u8]) -> io::Result<Vec<u8>>) {
        if let Err(error) = self.read().and_then(|text| self.write(&change(&text)?)) {
            crate::warning!(
                "the SWF cache {} cannot be written, so the file will be fetched again next time: {error}",
                self.path.display()
            );
        }
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
            Ok(metadata) if !metadata.is_file() => return Err(io::Error::other("it is not a file")),
            Ok(_) => {}
        }
        let mut text = Vec::new();
        fs::File::open(&self.path)?.take(MAX_FILE.saturating_add(1)).read_to_end(&mut text)?;
        if text.len() as u64 > MAX_FILE {
            return Err(io::Error::other(format!("it is larger than {} MiB; delete it", MAX_FILE >> 20)));
        }
        Ok(text)
    }

    /// Writes a temporary file beside the cache and renames it over the cache, or over what a link there points to.
    fn write(&self, text: &[u8]) -> io::Result<()> {
        let path = followed(&self.path);
        let (temporary, mut file) = create_beside(&path)?;
        let result = file.write_all(text).and_then(|()| fs::rename(&temporary, &path));
        if result.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        result
    }
}

/// Where links lead, also one whose file does not exist yet.
fn followed(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(link) = fs::read_link(&path) else { break };
        path = path.parent().map_or_else(|| link.clone(), |directory| directory.join(&link));
    }
    path
}

/// A new file in the same directory, under a name that no other process and no other thread uses.
fn create_beside(path: &Path) -> io::Result<(PathBuf, fs::File)> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let mut failure = io::Error::from(ErrorKind::AlreadyExists);
    for _ in 0..NAME_TRIES {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}.{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
        match OpenOptions::new().write(true).create_new(true).mode(MODE).open(&name) {
            Ok(file) => return Ok((name.into(), file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => failure = error,
            Err(error) => return Err(error),
        }
    }
    Err(failure)
}
