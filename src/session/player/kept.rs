//! Bytes that `RTMP_Read` could not return at once, because the caller's memory was too small for them.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::chunk::Body;
use crate::flv::{PREVIOUS_TAG_SIZE_LEN, TAG_HEADER_LEN};
use crate::{Result, memory};

/// Bytes of tags not yet returned.
#[derive(Debug)]
pub(super) enum Kept<B> {
    /// Whole tags, perhaps behind the file header; `at` of the bytes have been returned.
    Bytes { data: Vec<u8>, at: usize },
    /// One tag whose body lies where it was received.
    Tag { head: [u8; TAG_HEADER_LEN], body: B, tail: [u8; PREVIOUS_TAG_SIZE_LEN], at: usize },
}

impl<B: Body> Kept<B> {
    /// Appends all of it.
    pub(super) fn append_to(&self, data: &mut Vec<u8>) -> Result<()> {
        let parts = match self {
            Kept::Bytes { data, .. } => [data.as_slice(), &[], &[]],
            Kept::Tag { head, body, tail, .. } => [head.as_slice(), body.as_slice(), tail.as_slice()],
        };
        parts.iter().try_for_each(|part| memory::append(data, part, "collect the first tags"))
    }

    /// Copies what fits to `out`: how many bytes that were, and whether anything is left.
    pub(super) fn copy_to(&mut self, out: &mut [u8]) -> (usize, bool) {
        let (parts, at) = match self {
            Kept::Bytes { data, at } => ([data.as_slice(), &[], &[]], at),
            Kept::Tag { head, body, tail, at } => ([head.as_slice(), body.as_slice(), tail.as_slice()], at),
        };
        let mut skip = *at;
        let mut copied = 0_usize;
        let mut left = false;
        for part in parts {
            let part_left = part.get(skip..).unwrap_or_default();
            skip = skip.saturating_sub(part.len());
            let room = out.get_mut(copied..).unwrap_or_default();
            let n = part_left.len().min(room.len());
            if let (Some(to), Some(from)) = (room.get_mut(..n), part_left.get(..n)) {
                to.copy_from_slice(from);
            }
            copied = copied.saturating_add(n);
            left |= n < part_left.len();
        }
        *at = at.saturating_add(copied);
        (copied, left)
    }
}
