//! Action Message Format, versions 0 and 3: values, their bytes, and nothing else; no I/O, no C types.
//!
//! Decoding borrows: a [`Value`] points into the bytes it came from. It is bounded: containers nest at most
//! [`MAX_DEPTH`] deep, and the number of values is bounded by the length of the input (see [`Decoder`]), so a
//! message of nulls cannot become fifty times its size.
//!
//! ```
//! use rtmp::amf::{Encoder, decode_values};
//!
//! let body = Encoder::new()
//!     .string(b"connect")
//!     .number(1.0)
//!     .object(|o| {
//!         o.string(b"app", b"live");
//!     })
//!     .finish();
//! let values = decode_values(&body);
//! assert_eq!(values[0].as_str(), Some(&b"connect"[..]));
//! assert_eq!(values[2].find_first(b"app").and_then(|app| app.as_str()), Some(&b"live"[..]));
//! ```
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod amf0;
pub mod amf3;
mod cursor;
mod decoder;
mod encode;
pub mod marker;
mod value;

pub use cursor::Malformed;
pub use decoder::{Decoder, MAX_DEPTH, decode_values};
pub use encode::{Encoder, MAX_SHORT_STRING, ObjectEncoder};
pub use value::{Object, Property, Value};
