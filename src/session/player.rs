//! `RTMP_Read`: a play as the bytes of an FLV file.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod kept;

use super::reading::incoming;
use super::resume::Resume;
use super::{Conversation, Event, Host, Incoming, Media, Reading, link_flag, read_flag, read_status};
use crate::chunk::{Body, MessageHeader};
use crate::flv::{self, Aggregate, PREVIOUS_TAG_SIZE_LEN, TAG_HEADER_LEN};
use crate::message::MessageType;
use crate::transport::Input;
use crate::{Error, Result};
use kept::Kept;

/// How much is collected before the first byte is returned, at most: until then it is not known what the file
/// header must say.
const MAX_COLLECTED: usize = 128 * 1024;

/// What a stream with sound and picture has in the file header's flags.
const BOTH: u8 = flv::DATA_AUDIO | flv::DATA_VIDEO;

/// The file header with the first previous-tag-size.
const FILE_HEADER_LEN: usize = flv::FILE_HEADER_LEN + PREVIOUS_TAG_SIZE_LEN;

/// What `RTMP_Read` ended with.
#[derive(Debug)]
pub enum ReadOutcome {
    /// This many bytes; 0 once there are no more.
    Bytes(usize),
    /// The play ended: no more bytes; the connection is still there.
    Ended(Event),
    /// It failed; `m_read.status` says how.
    Failed(Error),
}

/// What is left over from one read for the next.
#[derive(Debug, Default)]
pub struct Player<B> {
    kept: Option<Kept<B>>,
    resume: Resume,
    /// How the stream ended while bytes were collected that are to be returned first.
    end: Option<End>,
}

/// Why there will be no more bytes.
#[derive(Debug)]
enum End {
    Over(Event),
    Error(Error),
}

impl<B: Body> Player<B> {
    /// Copies kept bytes out.
    fn take_kept(&mut self, out: &mut [u8]) -> Option<usize> {
        let (copied, left) = self.kept.as_mut()?.copy_to(out);
        if !left {
            self.kept = None;
        }
        Some(copied)
    }

    /// Whether there is something to give before more is received.
    pub fn has_more(&self) -> bool {
        self.kept.is_some() || self.end.is_some()
    }

    /// Forgets what is kept, after a seek.
    fn drop_kept(&mut self) {
        self.kept = None;
    }
}

/// What became of a media message.
enum Step {
    /// Bytes were put into the caller's memory.
    Bytes(usize),
    /// Nothing was: it is not for the caller, or is kept.
    Skipped,
}

impl<B: Body> Reading<B> {
    /// Fills `out` with FLV bytes: what was kept, else at most one tag.
    pub fn read_flv<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        input: &mut impl Input,
        out: &mut [u8],
    ) -> ReadOutcome {
        if talk.host.read_flags() & read_flag::SEEKING != 0 {
            self.player.drop_kept();
        }
        let read = match self.read_some(talk, input, out) {
            Ok(n) => return ReadOutcome::Bytes(n),
            Err(end) => end,
        };
        match read {
            End::Over(event) => {
                talk.host.set_read_status(read_status::COMPLETE);
                ReadOutcome::Ended(event)
            }
            End::Error(error) => {
                let corrupt = matches!(error, Error::Protocol(_) | Error::Usage(_));
                talk.host.set_read_status(if corrupt { read_status::ERROR } else { read_status::EOF });
                ReadOutcome::Failed(error)
            }
        }
    }

    /// Returns kept bytes, else those of the next tag; an error says how the stream ended.
    fn read_some<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        input: &mut impl Input,
        out: &mut [u8],
    ) -> std::result::Result<usize, End> {
        if talk.host.read_flags() & read_flag::HEADER == 0 {
            self.begin(talk, input)?;
        }
        loop {
            if let Some(n) = self.player.take_kept(out) {
                return Ok(n);
            }
            if let Some(end) = self.player.end.take() {
                return Err(end);
            }
            match self.next_tag(talk, input, out)? {
                Step::Bytes(n) => return Ok(n),
                Step::Skipped => {}
            }
        }
    }

    /// The first bytes: a file header that says what the stream holds, and the tags that were read to learn it.
    fn begin<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        input: &mut impl Input,
    ) -> std::result::Result<(), End> {
        let resuming = talk.host.read_flags() & read_flag::RESUME != 0;
        if resuming {
            self.player.resume.begin(talk.host).map_err(End::Error)?;
            talk.host.set_read_flags(talk.host.read_flags() | read_flag::HEADER);
            return Ok(());
        }
        let mut data = match self.player.kept.take() {
            Some(Kept::Bytes { data, .. }) => data,
            _ => vec![0; FILE_HEADER_LEN],
        };
        let end = self.collect(talk, input, &mut data);
        if matches!(end, Some(End::Error(Error::TimedOut))) {
            self.player.kept = Some(Kept::Bytes { data, at: 0 });
            return Err(End::Error(Error::TimedOut));
        }
        if let Some(end) = end {
            if data.len() <= FILE_HEADER_LEN {
                return Err(end);
            }
            self.player.end = Some(end);
        }
        let header = flv::file_header(talk.host.read_data_type());
        if let Some(place) = data.first_chunk_mut::<FILE_HEADER_LEN>() {
            *place = header;
        }
        talk.host.set_read_flags(talk.host.read_flags() | read_flag::HEADER);
        self.player.kept = Some(Kept::Bytes { data, at: 0 });
        Ok(())
    }

    /// Appends tags until a time is not zero, both kinds of media were seen, enough is there, or the stream ends.
    fn collect<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        input: &mut impl Input,
        data: &mut Vec<u8>,
    ) -> Option<End> {
        while data.len() < MAX_COLLECTED {
            if let Err(end) = self.next_tag(talk, input, &mut []) {
                return Some(end);
            }
            let Some(kept) = self.player.kept.take() else { continue };
            if let Err(error) = kept.append_to(data) {
                return Some(End::Error(error));
            }
            if let Some(end) = self.player.end.take() {
                return Some(end);
            }
            if talk.host.read_timestamp() != 0 || talk.host.read_data_type() & BOTH == BOTH {
                return None;
            }
        }
        None
    }

    /// Reads one media message and turns it into a tag: in `out` when it fits there, kept otherwise.
    fn next_tag<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        input: &mut impl Input,
        out: &mut [u8],
    ) -> std::result::Result<Step, End> {
        let room = out.len().saturating_sub(PREVIOUS_TAG_SIZE_LEN);
        let lent = out.get_mut(TAG_HEADER_LEN..room).unwrap_or_default();
        let message = match self.next_media(talk, input, lent) {
            Ok(Media::Message(message)) => message,
            Ok(Media::Over(event)) => return Err(End::Over(event)),
            Err(error) => return Err(End::Error(error)),
        };
        let view = incoming(&message, lent);
        if !self.player.wants(talk, &view).map_err(End::Error)? {
            return Ok(Step::Skipped);
        }
        let MessageHeader { kind, timestamp, length, .. } = view.header;
        if kind == MessageType::AGGREGATE {
            return self.unpack_aggregate(talk, timestamp, view.body).map_err(End::Error);
        }
        let time = note_tag(talk.host, kind, timestamp, timestamp);
        match message.body {
            Some(body) => {
                let (head, tail) = (flv::tag_header(kind, length, time), flv::previous_tag_size(length));
                let mut kept = Kept::Tag { head, body, tail, at: 0 };
                let (copied, left) = kept.copy_to(out);
                self.player.kept = left.then_some(kept);
                Ok(if copied == 0 { Step::Skipped } else { Step::Bytes(copied) })
            }
            None => Ok(Step::Bytes(frame_in_place(out, kind, length, time))),
        }
    }

    /// Keeps those tags of an aggregate that are for the program.
    fn unpack_aggregate<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        time: u32,
        body: &[u8],
    ) -> Result<Step> {
        let mut data = Vec::new();
        data.try_reserve_exact(body.len().saturating_add(PREVIOUS_TAG_SIZE_LEN))
            .map_err(|_| Error::out_of_memory("take an aggregate message apart"))?;
        let mut end = None;
        for tag in Aggregate::new(body, time) {
            let tag = match tag {
                Ok(tag) => tag,
                Err(error) => {
                    end = Some(End::Error(error));
                    break;
                }
            };
            if !self.player.resume.wants_aggregated(talk.host, &tag)? {
                continue;
            }
            let in_file = note_tag(talk.host, tag.kind, tag.timestamp, time);
            let length = tag.body.len() as u32;
            data.extend_from_slice(&flv::tag_header(tag.kind, length, in_file));
            data.extend_from_slice(tag.body);
            data.extend_from_slice(&flv::previous_tag_size(length));
        }
        self.player.end = end;
        if !data.is_empty() {
            self.player.kept = Some(Kept::Bytes { data, at: 0 });
        }
        Ok(Step::Skipped)
    }
}

impl<B: Body> Player<B> {
    /// Whether a message is for the program at all.
    fn wants<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        message: &Incoming<'_>,
    ) -> Result<bool> {
        let (kind, time) = (message.header.kind, message.header.timestamp);
        // Also what is dropped says what the stream holds.
        talk.host.set_read_data_type(talk.host.read_data_type() | flv::data_type_of(kind));
        if talk.host.read_flags() & read_flag::SEEKING != 0 {
            return Ok(false);
        }
        if flv::is_too_short(kind, message.body) {
            crate::debug!("ignored a packet of type {} with {} bytes", kind.0, message.body.len());
            return Ok(false);
        }
        if kind == MessageType::AGGREGATE {
            return Ok(true);
        }
        self.resume.wants(talk.host, kind, time, message.body)
    }
}

/// Notes a tag's kind and time where programs look: of a live stream, its message's. Returns the time it carries in the
/// file.
fn note_tag<H: Host + ?Sized>(host: &mut H, kind: MessageType, time: u32, message_time: u32) -> u32 {
    let is_live = host.link_flags() & link_flag::LIVE != 0;
    host.set_read_data_type(host.read_data_type() | flv::data_type_of(kind));
    let time = time.wrapping_add(host.read_resume_ts());
    host.set_read_timestamp(if is_live { message_time } else { time });
    time
}

/// Puts header and trailer around a body that was received in place; the tag's length.
fn frame_in_place(out: &mut [u8], kind: MessageType, length: u32, time: u32) -> usize {
    if let Some(place) = out.first_chunk_mut::<TAG_HEADER_LEN>() {
        *place = flv::tag_header(kind, length, time);
    }
    let end = TAG_HEADER_LEN.saturating_add(length as usize);
    if let Some(place) = out.get_mut(end..).and_then(<[u8]>::first_chunk_mut::<PREVIOUS_TAG_SIZE_LEN>) {
        *place = flv::previous_tag_size(length);
    }
    end.saturating_add(PREVIOUS_TAG_SIZE_LEN)
}
