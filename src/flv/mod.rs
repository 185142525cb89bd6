//! The FLV byte stream: what programs read from a play and write to a publish (Adobe Flash Video File Format
//! Specification 10.1, annex E). No I/O here.
#![forbid(unsafe_code)]

mod aggregate;
mod body;
pub mod ex;
mod splitter;
mod tag;

pub use aggregate::{Aggregate, AggregateTag};
pub use body::{is_keyframe, is_too_short};
pub use splitter::{SET_DATA_FRAME, Splitter, Tag};
pub use tag::{DATA_AUDIO, DATA_VIDEO, FILE_HEADER_LEN, PREVIOUS_TAG_SIZE_LEN, TAG_HEADER_LEN};
pub use tag::{data_type_of, file_header, previous_tag_size, tag_header};
