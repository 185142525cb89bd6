//! AMF3 decoding (the AMF 3 specification, section 3), as far as RTMP peers use it.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Decoder, Malformed, Value, marker};

impl<'a> Decoder<'a> {
    pub(super) fn amf3_switch(&mut self) -> Result<Value<'a>, Malformed> {
        Err(Malformed::UnsupportedType(marker::AVMPLUS))
    }
}
