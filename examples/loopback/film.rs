//! FLV files: where they are, and their tags.

use rtmp::flv::{Splitter, Tag};
use rtmp::{Error, Result};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// How much of a file is read at once.
const PIECE: usize = 64 * 1024;
/// What ends the name of every film.
const EXTENSION: &[u8] = b".flv";

/// The file of the stream `name` below `directory`; `None` for a name that would lead elsewhere.
pub(crate) fn path(directory: &Path, name: &[u8]) -> Option<PathBuf> {
    let name = name.strip_prefix(b"flv:").unwrap_or(name);
    let name = name.strip_suffix(EXTENSION).unwrap_or(name);
    if name.is_empty() || name.ends_with(b"/") || name.contains(&0) {
        return None;
    }
    let file = [name, EXTENSION].concat();
    let relative = Path::new(OsStr::from_bytes(&file));
    let stays = relative.components().all(|part| matches!(part, Component::Normal(_)));
    stays.then(|| directory.join(relative))
}

/// Hands out every tag of a file, one after the other; the first error of `tag` ends it.
pub(crate) fn tags(path: &Path, mut tag: impl FnMut(Tag<'_>) -> Result<()>) -> Result<()> {
    let failed = |error| Error::Io("read a film", error);
    let mut file = File::open(path).map_err(failed)?;
    let mut splitter = Splitter::default();
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece).map_err(failed)? {
            0 => return Ok(()),
            n => splitter.feed(piece.get(..n).unwrap_or_default(), &mut tag)?,
        };
    }
}
