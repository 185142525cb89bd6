//! Resuming a download: what the program already has is recognised and skipped.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Host, Resumed, read_flag};
use crate::flv::AggregateTag;
use crate::message::MessageType;
use crate::{Error, Result};

/// How many frames may pass before the one to resume at is met.
const MAX_IGNORED: u32 = 50;

impl Resumed {
    /// Whether a message is the key frame.
    fn is_frame<H: Host + ?Sized>(&self, host: &H, kind: MessageType, body: &[u8]) -> bool {
        kind.0 == host.read_frame_type() && !self.frame.is_empty() && body == self.frame
    }
}

/// The search for the frame to resume at.
#[derive(Debug, Default)]
pub(super) struct Resume {
    /// Copied when the search begins, given up when it ends.
    sought: Option<Resumed>,
}

impl Resume {
    /// A read that resumes begins: what the program has now is what is searched for.
    pub(super) fn begin<H: Host + ?Sized>(&mut self, host: &H) -> Result<()> {
        self.sought = Some(host.resume()?);
        Ok(())
    }

    /// What is searched for; a program may have asked to resume in the middle of a read.
    fn sought<H: Host + ?Sized>(&mut self, host: &H) -> Result<&Resumed> {
        if self.sought.is_none() {
            self.begin(host)?;
        }
        Ok(self.sought.get_or_insert_default())
    }

    /// Ends the search: the frame came at `time` by the server's clock, which may start there or at the film's beginning.
    /// What is added to the server's times from now on makes the next tags go on from the file's last time.
    fn found<H: Host + ?Sized>(&mut self, host: &mut H, flag: u8, time: u32) {
        crate::debug!("found the frame to resume at, {time} ms");
        host.set_read_flags(host.read_flags() | flag);
        host.set_read_resume_ts(host.read_resume_ts().wrapping_sub(time));
        self.sought = None;
    }

    /// Whether the program gets a message: what it has already, it does not.
    pub(super) fn wants<H: Host + ?Sized>(
        &mut self,
        host: &mut H,
        kind: MessageType,
        time: u32,
        body: &[u8],
    ) -> Result<bool> {
        let flags = host.read_flags();
        if flags & read_flag::RESUME == 0 {
            return Ok(true);
        }
        if flags & (read_flag::GOT_KF | read_flag::GOT_FLV_K) == 0 {
            self.search(host, kind, time, body)?;
            return Ok(false);
        }
        if flags & read_flag::NO_IGNORE == 0 {
            if time == 0 {
                return Ok(false);
            }
            host.set_read_flags(host.read_flags() | read_flag::NO_IGNORE);
        }
        Ok(true)
    }

    /// Whether the program gets a tag of an aggregate, which carries the film's time whatever the message's counts from.
    pub(super) fn wants_aggregated<H: Host + ?Sized>(
        &mut self,
        host: &mut H,
        tag: &AggregateTag<'_>,
    ) -> Result<bool> {
        let flags = host.read_flags();
        if flags & read_flag::RESUME == 0 || flags & (read_flag::GOT_KF | read_flag::GOT_FLV_K) != 0 {
            return Ok(true);
        }
        let is_due = tag.own_timestamp == host.read_resume_ts();
        if is_due && self.sought(host)?.is_frame(host, tag.kind, tag.body) {
            self.found(host, read_flag::GOT_FLV_K, tag.timestamp);
            return Ok(false);
        }
        let ignored = host.read_ignored_flv_frames().saturating_add(1);
        host.set_read_ignored_flv_frames(ignored);
        check_ignored(ignored)?;
        Ok(false)
    }

    /// Looks for the frame where it can be: at time 0 when the server counts from there, else at its time in the file.
    fn search<H: Host + ?Sized>(
        &mut self,
        host: &mut H,
        kind: MessageType,
        time: u32,
        body: &[u8],
    ) -> Result<()> {
        let is_due = time == 0 || time == host.read_resume_ts();
        let sought = self.sought(host)?;
        if kind == MessageType::DATA && time == 0 && !sought.metadata.is_empty() && body != sought.metadata {
            return Err(Error::protocol("resume: the stream's metadata is not that of the file; start anew"));
        }
        if is_due && sought.is_frame(host, kind, body) {
            self.found(host, read_flag::GOT_KF, time);
            return Ok(());
        }
        if matches!(kind, MessageType::AUDIO | MessageType::VIDEO) {
            let ignored = host.read_ignored_frames().saturating_add(1);
            host.set_read_ignored_frames(ignored);
            check_ignored(ignored)?;
        }
        Ok(())
    }
}

/// Gives the search up once it has gone on for too long.
fn check_ignored(ignored: u32) -> Result<()> {
    if ignored > MAX_IGNORED {
        let text = format!("resume: {MAX_IGNORED} frames passed without the one to resume at");
        return Err(Error::protocol(text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    const FRAME: &[u8] = b"\x17\x01\0\0\0frame";
    const AT: u32 = 5000;

    fn resuming() -> (Settings, Resume) {
        let mut settings = Settings::default();
        settings.fields.read.flags = read_flag::HEADER | read_flag::RESUME;
        settings.fields.read.initial_frame_type = MessageType::VIDEO.0;
        settings.fields.read.resume_ts = AT;
        settings.resumed.frame = FRAME.to_vec();
        (settings, Resume::default())
    }

    fn flags(settings: &Settings) -> u8 {
        settings.fields.read.flags & (read_flag::GOT_KF | read_flag::GOT_FLV_K)
    }

    fn aggregated(timestamp: u32, own_timestamp: u32) -> AggregateTag<'static> {
        AggregateTag { kind: MessageType::VIDEO, timestamp, own_timestamp, body: FRAME }
    }

    #[test]
    fn the_frame_is_met_at_zero_or_at_its_time_and_the_file_goes_on_from_it() {
        for (time, added) in [(0, AT), (AT, 0)] {
            let (mut settings, mut resume) = resuming();
            let wanted = resume.wants(&mut settings, MessageType::VIDEO, time, FRAME).unwrap();
            assert_eq!((wanted, flags(&settings)), (false, read_flag::GOT_KF), "at {time}");
            assert_eq!(settings.fields.read.resume_ts, added, "at {time}");
        }
    }

    #[test]
    fn at_any_other_time_it_is_a_frame_like_any_other() {
        let (mut settings, mut resume) = resuming();
        for ignored in 1..=MAX_IGNORED {
            resume.wants(&mut settings, MessageType::VIDEO, AT - 1, FRAME).unwrap();
            assert_eq!((flags(&settings), settings.fields.read.ignored_frames), (0, ignored));
        }
        assert!(resume.wants(&mut settings, MessageType::VIDEO, AT - 1, FRAME).is_err());
        assert_eq!(settings.fields.read.resume_ts, AT);
    }

    #[test]
    fn in_an_aggregate_it_is_met_at_its_own_time() {
        for (timestamp, added) in [(0, AT), (40, AT - 40), (AT, 0), (AT + 7, 0_u32.wrapping_sub(7))] {
            let (mut settings, mut resume) = resuming();
            assert!(!resume.wants_aggregated(&mut settings, &aggregated(AT, 0)).unwrap());
            assert_eq!((flags(&settings), settings.fields.read.ignored_flv_frames), (0, 1));
            assert!(!resume.wants_aggregated(&mut settings, &aggregated(timestamp, AT)).unwrap());
            assert_eq!(flags(&settings), read_flag::GOT_FLV_K, "message time {timestamp}");
            assert_eq!(settings.fields.read.resume_ts, added, "message time {timestamp}");
            assert!(resume.wants_aggregated(&mut settings, &aggregated(AT, AT)).unwrap(), "the next is used");
        }
    }

    #[test]
    fn only_metadata_at_the_start_must_be_that_of_the_file() {
        let is_passed_over = |time, metadata: &[u8], body| {
            let (mut settings, mut resume) = resuming();
            settings.resumed.metadata = metadata.to_vec();
            let wanted = resume.wants(&mut settings, MessageType::DATA, time, body);
            assert_eq!(settings.fields.read.ignored_frames, 0, "it is no frame");
            wanted.is_ok_and(|wanted| !wanted)
        };
        assert!(is_passed_over(0, b"of the file", b"of the file"));
        assert!(!is_passed_over(0, b"of the file", b"of another"));
        assert!(is_passed_over(40, b"of the file", b"a cue"));
        assert!(is_passed_over(0, b"", b"the program has none"));
    }

    #[test]
    fn another_search_looks_for_what_the_program_has_then() {
        let (mut settings, mut resume) = resuming();
        resume.wants(&mut settings, MessageType::VIDEO, 0, FRAME).unwrap();
        settings.fields.read.flags &= !read_flag::GOT_KF;
        settings.resumed.frame = b"another".to_vec();
        resume.wants(&mut settings, MessageType::VIDEO, 0, FRAME).unwrap();
        assert_eq!(flags(&settings), 0);
        resume.wants(&mut settings, MessageType::VIDEO, 0, b"another").unwrap();
        assert_eq!(flags(&settings), read_flag::GOT_KF);
    }
}
