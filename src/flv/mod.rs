//! The FLV byte stream: what programs read from a play and write to a publish (Adobe Flash Video File Format
//! Specification 10.1, annex E). No I/O here.
#![forbid(unsafe_code)]

pub mod ex;
mod read;
mod write;

pub use read::{Aggregate, AggregateTag, DATA_AUDIO, DATA_VIDEO, data_type_of, file_header};
pub use read::{is_keyframe, is_too_short, previous_tag_size, tag_header};
pub use write::{SET_DATA_FRAME, Splitter, Tag};

/// Bytes of a file header, without the previous-tag-size that follows it (annex E.2).
pub const FILE_HEADER_LEN: usize = 9;
/// Bytes of a tag header (annex E.4.1).
pub const TAG_HEADER_LEN: usize = 11;
/// Bytes of a previous-tag-size (annex E.3).
pub const PREVIOUS_TAG_SIZE_LEN: usize = 4;
