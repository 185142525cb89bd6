//! Aggregate messages: FLV tags in one message (RTMP 1.0, section 7.1.6).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::tag::TagHeader;
use super::{PREVIOUS_TAG_SIZE_LEN, TAG_HEADER_LEN};
use crate::message::MessageType;
use crate::{Error, Result};

/// A tag out of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregateTag<'a> {
    /// What the body is.
    pub kind: MessageType,
    /// Milliseconds, on the time line of the session.
    pub timestamp: u32,
    /// The same, as it stands in the aggregate.
    pub own_timestamp: u32,
    /// The body.
    pub body: &'a [u8],
}

/// The tags of an aggregate message (RTMP 1.0, section 7.1.6), their times shifted so that the first equals the
/// message's. The previous-tag-sizes are not looked at, as servers get them wrong or leave out the last: whoever
/// writes the tags adds right ones. Bytes at the end that are no tag header are left. After an error there is nothing more.
#[derive(Clone, Debug)]
pub struct Aggregate<'a> {
    rest: &'a [u8],
    timestamp: u32,
    /// What is added to the times of the tags, once the first is known.
    shift: Option<u32>,
}

impl<'a> Aggregate<'a> {
    /// The tags of an aggregate message with this absolute time, milliseconds.
    pub fn new(body: &'a [u8], timestamp: u32) -> Self {
        Self { rest: body, timestamp, shift: None }
    }

    /// How many bytes are left, once there is no further tag.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Takes a tag and its previous-tag-size; `None` when the aggregate ends within it.
    fn take(&mut self) -> Option<AggregateTag<'a>> {
        let (header, rest) = self.rest.split_first_chunk::<TAG_HEADER_LEN>()?;
        let TagHeader { kind, timestamp: own_timestamp, len } = TagHeader::read(header);
        let (body, rest) = rest.split_at_checked(len)?;
        self.rest = rest.get(PREVIOUS_TAG_SIZE_LEN..).unwrap_or_default();
        let shift = *self.shift.get_or_insert(self.timestamp.wrapping_sub(own_timestamp));
        let timestamp = own_timestamp.wrapping_add(shift);
        Some(AggregateTag { kind, timestamp, own_timestamp, body })
    }
}

impl<'a> Iterator for Aggregate<'a> {
    type Item = Result<AggregateTag<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = self.left();
        if left < TAG_HEADER_LEN {
            return None;
        }
        let tag = self.take();
        if tag.is_none() {
            self.rest = &[];
        }
        Some(tag.ok_or_else(|| {
            Error::Protocol(format!(
                "the last tag of an aggregate message is longer than the {left} bytes left for it"
            ))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flv::{previous_tag_size, tag_header};

    fn tag(kind: u8, timestamp: u32, body: &[u8]) -> Vec<u8> {
        let len = body.len() as u32;
        [&tag_header(MessageType(kind), len, timestamp)[..], body, &previous_tag_size(len)].concat()
    }

    #[test]
    fn an_aggregate_begins_at_its_own_time() {
        let body = [tag(8, 1000, b"ab"), tag(9, 1040, b"cde")].concat();
        let tags: Vec<_> = Aggregate::new(&body, 5).map(|tag| tag.unwrap()).collect();
        let times: Vec<_> = tags.iter().map(|tag| (tag.kind, tag.timestamp, tag.own_timestamp)).collect();
        assert_eq!(times, [(MessageType::AUDIO, 5, 1000), (MessageType::VIDEO, 45, 1040)]);
        assert_eq!(tags.iter().map(|tag| tag.body).collect::<Vec<_>>(), [&b"ab"[..], b"cde"]);
    }

    #[test]
    fn the_last_previous_tag_size_may_be_missing() {
        let body = [tag(8, 0, b"ab"), tag(9, 0, b"c")].concat();
        for cut in 0..=4 {
            let tags = Aggregate::new(&body[..body.len() - cut], 0).collect::<Result<Vec<_>>>().unwrap();
            assert_eq!(tags.len(), 2, "{cut} bytes cut off");
        }
    }

    #[test]
    fn nothing_before_an_overrun_is_lost() {
        let body = [tag(8, 0, b"ab"), tag(9, 0, b"cdefg")].concat();
        for cut in 5..=9 {
            let mut tags = Aggregate::new(&body[..body.len() - cut], 0);
            assert_eq!(tags.next().unwrap().unwrap().body, b"ab");
            assert!(matches!(tags.next().unwrap(), Err(Error::Protocol(_))), "{cut} bytes cut off");
            assert!(tags.next().is_none());
        }
    }

    #[test]
    fn bytes_at_the_end_that_are_no_tag_are_left() {
        for junk in 0..=10 {
            let body = [&tag(8, 0, b"ab")[..], &[9; 10][..junk]].concat();
            let mut tags = Aggregate::new(&body, 0);
            assert_eq!(tags.by_ref().map(Result::unwrap).count(), 1, "{junk} bytes of junk");
            assert_eq!(tags.left(), junk);
        }
    }
}
