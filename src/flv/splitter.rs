//! FLV bytes into messages, for `RTMP_Write`: finds the tags in a byte stream that comes in pieces of any size.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::tag::TagHeader;
use super::{FILE_HEADER_LEN, PREVIOUS_TAG_SIZE_LEN, TAG_HEADER_LEN};
use crate::message::MessageType;
use crate::{Error, Result};

/// What a server must find before metadata to keep it: [`command::SET_DATA_FRAME`](crate::message::command) as an AMF0
/// string.
pub const SET_DATA_FRAME: &[u8] = b"\x02\x00\x0d@setDataFrame";
/// How the body of a script tag with metadata begins: [`command::ON_META_DATA`](crate::message::command) as an AMF0 string.
const ON_META_DATA: &[u8] = b"\x02\x00\x0aonMetaData";
/// How a file header begins. No tag does: there is no tag type 'F'.
const SIGNATURE: &[u8] = b"FLV";
/// The longest file header that is believed; all that were ever written have 9 bytes.
const MAX_DATA_OFFSET: u32 = 64 * 1024;
/// Memory reserved for the body of a tag before its bytes arrive.
const AHEAD: usize = 64 * 1024;
/// Memory kept from tag to tag.
const KEPT: usize = 8 * 1024;

/// A complete tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// What the body is.
    pub kind: MessageType,
    /// Milliseconds.
    pub timestamp: u32,
    /// The body.
    pub body: &'a [u8],
    /// Whether [`SET_DATA_FRAME`] must be sent before the body, as part of the same message.
    pub prefix_set_data_frame: bool,
    /// Whether the piece it was found in ends with it: no other tag is there yet.
    pub is_last: bool,
}

impl<'a> Tag<'a> {
    /// `later` is what follows the body in the piece.
    #[inline(always)]
    fn new(header: TagHeader, body: &'a [u8], later: &[u8]) -> Self {
        let TagHeader { kind, timestamp, .. } = header;
        let prefix_set_data_frame = kind == MessageType::DATA && body.starts_with(ON_META_DATA);
        let is_last = later.len() <= PREVIOUS_TAG_SIZE_LEN;
        Self { kind, timestamp, body, prefix_set_data_frame, is_last }
    }
}

/// Where in the byte stream the next byte belongs.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// In a tag header or a file header; what has arrived of it is in `head`.
    #[default]
    Head,
    /// In what nobody needs: the rest of a file header, a previous-tag-size.
    Skip(usize),
    /// In the body of a tag; what has arrived of it is in `body`.
    Body(TagHeader),
}

/// Finds tags in an FLV byte stream. A tag that lies whole in a piece is handed out as a slice of it; what is split
/// is put together in memory of the splitter's, which grows only as bytes arrive.
#[derive(Debug, Default)]
pub struct Splitter {
    state: State,
    head: Head,
    body: Vec<u8>,
    consumed: usize,
}

impl Splitter {
    /// Takes the next piece of the stream and hands each tag that it completes to `send`. Returns the length of the
    /// piece: everything is taken.
    ///
    /// When `send` fails its error is returned, and the tag is handed out again by the next call, which must go on
    /// with the bytes behind [`Self::consumed`]. Fails with [`Error::Usage`] for what cannot be a tag; the tags before
    /// it have been handed out, and the next piece is taken to begin with a tag or a file header.
    pub fn feed(&mut self, bytes: &[u8], mut send: impl FnMut(Tag<'_>) -> Result<()>) -> Result<usize> {
        let mut rest = bytes;
        loop {
            self.consumed = bytes.len().saturating_sub(rest.len());
            rest = match self.state {
                State::Head | State::Skip(_) if rest.is_empty() => return Ok(bytes.len()),
                State::Head => match whole_tag(rest).filter(|_| self.head.len == 0) {
                    Some((tag, later)) => {
                        send(tag)?;
                        later
                    }
                    None => self.header(rest)?,
                },
                State::Skip(wanted) => self.skip(rest, wanted),
                State::Body(header) => match self.body(header, rest, &mut send)? {
                    Some(later) => later,
                    None => return Ok(bytes.len()),
                },
            };
        }
    }

    /// Takes bytes of a tag header or file header; what follows them.
    fn header<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8]> {
        let (state, rest) = self.head.take(bytes)?;
        self.state = state;
        Ok(rest)
    }

    /// Passes over what nobody needs; what follows it.
    fn skip<'a>(&mut self, bytes: &'a [u8], wanted: usize) -> &'a [u8] {
        let (skipped, rest) = split(bytes, wanted);
        self.state = match wanted.saturating_sub(skipped.len()) {
            0 => State::Head,
            left => State::Skip(left),
        };
        rest
    }

    /// Takes bytes of a tag's body; what follows it, or `None` when it is not complete yet.
    #[inline(always)]
    fn body<'a>(
        &mut self,
        header: TagHeader,
        bytes: &'a [u8],
        send: &mut impl FnMut(Tag<'_>) -> Result<()>,
    ) -> Result<Option<&'a [u8]>> {
        let (part, later) = split(bytes, header.len.saturating_sub(self.body.len()));
        if part.len() == header.len {
            send(Tag::new(header, part, later))?;
        } else {
            self.keep(part, header.len)?;
            // Kept bytes are not to be handed in again, should `send` fail.
            self.consumed = self.consumed.saturating_add(part.len());
            if self.body.len() < header.len {
                return Ok(None);
            }
            send(Tag::new(header, &self.body, later))?;
        }
        self.tag_done();
        Ok(Some(later))
    }

    /// How many bytes of the last piece were taken: all, unless [`Self::feed`] failed.
    pub fn consumed(&self) -> usize {
        self.consumed
    }

    /// Keeps a part of a body.
    fn keep(&mut self, part: &[u8], len: usize) -> Result<()> {
        if part.is_empty() {
            return Ok(());
        }
        let ahead = if self.body.is_empty() { len.min(AHEAD.max(part.len())) } else { part.len() };
        self.body.try_reserve(ahead).map_err(|_| Error::out_of_memory("keep a part of a tag"))?;
        self.body.extend_from_slice(part);
        Ok(())
    }

    /// Goes on behind the body of a tag.
    fn tag_done(&mut self) {
        self.body.clear();
        self.body.shrink_to(KEPT);
        self.state = State::Skip(PREVIOUS_TAG_SIZE_LEN);
    }
}

/// A tag header or file header that is coming in.
#[derive(Debug, Default)]
struct Head {
    bytes: [u8; TAG_HEADER_LEN],
    len: usize,
}

impl Head {
    /// Takes bytes of a header, and says where the stream goes on and with what bytes.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> Result<(State, &'a [u8])> {
        let mut rest = bytes;
        loop {
            let wanted = self.wanted();
            let (more, later) = split(rest, wanted.saturating_sub(self.len));
            for (to, from) in self.bytes.iter_mut().skip(self.len).zip(more) {
                *to = *from;
            }
            self.len = self.len.saturating_add(more.len());
            rest = later;
            if self.len < wanted {
                return Ok((State::Head, rest));
            }
            match self.meaning() {
                Ok(None) => {}
                Ok(Some(state)) => {
                    self.len = 0;
                    return Ok((state, rest));
                }
                Err(error) => {
                    self.len = 0;
                    return Err(error);
                }
            }
        }
    }

    /// How many bytes are needed to go on: first those that tell a file header from a tag.
    fn wanted(&self) -> usize {
        if self.len < SIGNATURE.len() {
            SIGNATURE.len()
        } else if self.bytes.starts_with(SIGNATURE) {
            FILE_HEADER_LEN
        } else {
            TAG_HEADER_LEN
        }
    }

    /// What the header says, once it is all there.
    fn meaning(&self) -> Result<Option<State>> {
        if self.bytes.starts_with(SIGNATURE) {
            let &[_, _, _, _, _, o0, o1, o2, o3, ..] = &self.bytes;
            let offset = u32::from_be_bytes([o0, o1, o2, o3]);
            return if self.len < FILE_HEADER_LEN { Ok(None) } else { file_body(offset).map(Some) };
        }
        let body = tag_body(&self.bytes)?;
        Ok((self.len == TAG_HEADER_LEN).then_some(body))
    }
}

/// The tag that `bytes` begin with, and what follows it, when all of it is there: a program that hands over whole tags
/// needs no more than this.
#[inline(always)]
fn whole_tag(bytes: &[u8]) -> Option<(Tag<'_>, &[u8])> {
    let (header, rest) = bytes.split_first_chunk()?;
    let header = TagHeader::read(header);
    let (body, later) = rest.split_at_checked(header.len).filter(|_| is_tag_type(header.kind))?;
    let (_, behind) = later.split_at_checked(PREVIOUS_TAG_SIZE_LEN)?;
    Some((Tag::new(header, body, later), behind))
}

/// Goes on to the body of a tag. Its type, the first byte, is checked.
fn tag_body(header: &[u8; TAG_HEADER_LEN]) -> Result<State> {
    let header = TagHeader::read(header);
    if !is_tag_type(header.kind) {
        return Err(Error::Usage(format!(
            "the FLV bytes to send have {} where a tag's type (8, 9, 15 or 18) is expected; \
             the stream must consist of whole tags, each followed by its size",
            header.kind.0
        )));
    }
    Ok(State::Body(header))
}

/// Skips to the first tag, given the length of the file header.
fn file_body(offset: u32) -> Result<State> {
    let header = FILE_HEADER_LEN as u32;
    match offset.checked_sub(header) {
        Some(more) if offset <= MAX_DATA_OFFSET => {
            Ok(State::Skip((more as usize).saturating_add(PREVIOUS_TAG_SIZE_LEN)))
        }
        _ => Err(Error::Usage(format!(
            "the FLV file header claims to be {offset} bytes long; {header} is usual"
        ))),
    }
}

/// Whether a message of this kind can be written as a tag.
fn is_tag_type(kind: MessageType) -> bool {
    matches!(kind, MessageType::AUDIO | MessageType::VIDEO | MessageType::DATA | MessageType::DATA_AMF3)
}

/// The first `n` bytes, or all, and what follows.
fn split(bytes: &[u8], n: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(n).unwrap_or((bytes, &[]))
}
