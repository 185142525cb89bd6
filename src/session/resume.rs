//! Resuming a download: what the program already has is recognised and skipped.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Host, read_flag};
use crate::message::MessageType;
use crate::{Error, Result};

/// How many frames may pass before the one to resume at is met.
const MAX_IGNORED: u32 = 50;

/// What is to become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The program gets it.
    Use,
    /// The program has it already.
    Ignore,
}

/// What the program has: its metadata and its last key frame.
#[derive(Debug, Default)]
pub(super) struct Resume {
    metadata: Vec<u8>,
    frame: Vec<u8>,
}

impl Resume {
    pub(super) fn new<H: Host + ?Sized>(host: &H) -> Self {
        let (metadata, frame) = host.resume();
        Self { metadata, frame }
    }

    /// Judges a message on its own.
    pub(super) fn wants<H: Host + ?Sized>(
        &self,
        host: &mut H,
        kind: MessageType,
        time: u32,
        body: &[u8],
    ) -> Result<Found> {
        let flags = host.read_flags();
        if flags & read_flag::RESUME == 0 {
            return Ok(Found::Use);
        }
        if flags & (read_flag::GOT_KF | read_flag::GOT_FLV_K) == 0 {
            self.search(host, kind, time, body)?;
            return Ok(Found::Ignore);
        }
        if flags & read_flag::NO_IGNORE == 0 {
            if time == 0 {
                return Ok(Found::Ignore);
            }
            host.set_read_flags(host.read_flags() | read_flag::NO_IGNORE);
        }
        Ok(Found::Use)
    }

    /// Judges a tag of an aggregate, whose time counts from the stream's beginning.
    pub(super) fn wants_aggregated<H: Host + ?Sized>(
        &self,
        host: &mut H,
        kind: MessageType,
        time: u32,
        body: &[u8],
    ) -> Result<bool> {
        let flags = host.read_flags();
        if flags & read_flag::RESUME == 0 || flags & (read_flag::GOT_KF | read_flag::GOT_FLV_K) != 0 {
            return Ok(true);
        }
        if time == host.read_resume_ts() && kind.0 == host.read_frame_type() && body == self.frame {
            crate::debug!("found the frame to resume at, inside an aggregate, at {time} ms");
            host.set_read_flags(flags | read_flag::GOT_FLV_K);
            return Ok(false);
        }
        let ignored = host.read_ignored_flv_frames().saturating_add(1);
        host.set_read_ignored_flv_frames(ignored);
        if ignored > MAX_IGNORED {
            return Err(Error::protocol(format!(
                "resume: {MAX_IGNORED} frames passed without the one to resume at"
            )));
        }
        Ok(false)
    }

    fn search<H: Host + ?Sized>(
        &self,
        host: &mut H,
        kind: MessageType,
        time: u32,
        body: &[u8],
    ) -> Result<()> {
        if kind == MessageType::DATA && time == 0 && !self.metadata.is_empty() && body != self.metadata {
            return Err(Error::protocol("resume: the stream's metadata is not that of the file; start anew"));
        }
        if kind.0 == host.read_frame_type() && !self.frame.is_empty() && body == self.frame {
            crate::debug!("found the frame to resume at, {time} ms");
            host.set_read_flags(host.read_flags() | read_flag::GOT_KF);
            return Ok(());
        }
        if matches!(kind, MessageType::AUDIO | MessageType::VIDEO) {
            let ignored = host.read_ignored_frames().saturating_add(1);
            host.set_read_ignored_frames(ignored);
            if ignored > MAX_IGNORED {
                return Err(Error::protocol(format!(
                    "resume: {MAX_IGNORED} frames passed without the one to resume at"
                )));
            }
        }
        Ok(())
    }
}
