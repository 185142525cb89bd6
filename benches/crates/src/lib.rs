//! What the clients have in common: their command line, and the tags of a film.
#![forbid(unsafe_code)]

use bytes::Bytes;

/// The file header with the first previous-tag-size, a tag's header, and what follows its body.
const FILE_HEADER: usize = 13;
const TAG_HEADER: usize = 11;
const TRAILER: usize = 4;

/// What a program fails with.
pub type Failure = Box<dyn std::error::Error>;

/// What a client is to do.
#[derive(Debug)]
pub enum Job {
    /// Play to the end of the stream.
    Play {
        /// Where.
        url: String,
    },
    /// Publish a film as fast as the server takes it.
    Publish {
        /// The path of an FLV file.
        film: String,
        /// Where.
        url: String,
    },
}

impl Job {
    /// Reads the command line: `play URL` or `publish FILM URL`.
    pub fn from_arguments() -> Result<Self, Failure> {
        let words: Vec<String> = std::env::args().skip(1).collect();
        match &words[..] {
            [play, url] if play == "play" => Ok(Self::Play { url: url.clone() }),
            [publish, film, url] if publish == "publish" => {
                Ok(Self::Publish { film: film.clone(), url: url.clone() })
            }
            _ => Err("usage: play URL | publish FILM URL".into()),
        }
    }
}

/// A tag of a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// 8 sound, 9 picture, 18 script.
    pub kind: u8,
    /// Milliseconds.
    pub time: u32,
    /// A part of the film, not a copy.
    pub body: Bytes,
}

/// The tags of an FLV file.
pub fn tags(film: &Bytes) -> impl Iterator<Item = Tag> {
    let mut rest = film.slice(FILE_HEADER.min(film.len())..);
    std::iter::from_fn(move || {
        let &[kind, l0, l1, l2, t0, t1, t2, high, ..] = rest.get(..TAG_HEADER)? else { return None };
        let end = TAG_HEADER + u32::from_be_bytes([0, l0, l1, l2]) as usize;
        rest.get(..end)?;
        let body = rest.slice(TAG_HEADER..end);
        rest = rest.slice((end + TRAILER).min(rest.len())..);
        Some(Tag { kind, time: u32::from_be_bytes([high, t0, t1, t2]), body })
    })
}
