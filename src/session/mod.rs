//! The conversation: what is sent and how each message is met (RTMP 1.0, section 7).
#![forbid(unsafe_code)]

mod fields;

pub use fields::{Fields, Host, LinkFields, ReadFields, Text, feature, link_flag, read_flag, read_status};
