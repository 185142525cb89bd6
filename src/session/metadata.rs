//! Metadata: what is learnt from `onMetaData` (FLV specification, annex E.5).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Conversation, Host};
use crate::amf::{self, Value, marker};
use crate::flv::{DATA_AUDIO, DATA_VIDEO};
use crate::log;
use crate::message::command;
use std::borrow::Cow;

impl<H: Host + ?Sized> Conversation<'_, H> {
    /// Learns from a data message. Whether it is metadata for the program.
    pub(super) fn on_data(&mut self, body: &[u8]) -> bool {
        self.show(body);
        let values = amf::decode_values(body);
        let is_metadata =
            values.first().and_then(|name| name.as_str()).is_some_and(|name| name == command::ON_META_DATA);
        if !is_metadata {
            return false;
        }
        if log::enabled(log::Level::Info)
            && let Ok(shown) = self.secrets().covered(body)
        {
            log::write_bytes(log::Level::Info, b"Metadata:");
            match shown {
                Cow::Borrowed(_) => values.iter().skip(1).for_each(dump),
                Cow::Owned(covered) => amf::decode_values(&covered).iter().skip(1).for_each(dump),
            }
        }
        let find = |name| values.iter().find_map(|value| value.find_first(name)).and_then(Value::as_number);
        let has = |prefix| values.iter().any(|value| value.find_prefix(prefix).is_some());
        if let Some(duration) = find(b"duration") {
            self.host.set_duration(duration);
        }
        let mut data_type = self.host.read_data_type();
        if has(b"video") {
            data_type |= DATA_VIDEO;
        }
        if has(b"audio") {
            data_type |= DATA_AUDIO;
        }
        self.host.set_read_data_type(data_type);
        true
    }
}

/// Prints metadata at INFO, one property a line, in the words that programs parse. Values without a name are not
/// shown, those within them are.
fn dump(value: &Value<'_>) {
    match value {
        Value::Object(object) | Value::EcmaArray(object) => {
            object.properties.iter().for_each(|property| dump_named(property.name, &property.value));
        }
        Value::StrictArray(values) => values.iter().for_each(dump),
        _ => {}
    }
}

fn dump_named(name: &[u8], value: &Value<'_>) {
    let kind = match value {
        Value::Object(_) | Value::EcmaArray(_) | Value::StrictArray(_) => {
            if !name.is_empty() {
                log::write_bytes(log::Level::Info, &[shown(name), b":"].concat());
            }
            return dump(value);
        }
        _ if name.is_empty() => return,
        Value::Number(number) => return dump_line(name, decimal(*number).as_bytes()),
        Value::Boolean(flag) => return dump_line(name, if *flag { b"TRUE" } else { b"FALSE" }),
        Value::String(text) => return dump_line(name, text),
        Value::Date { milliseconds, .. } => {
            return dump_line(name, format!("timestamp:{}", decimal(*milliseconds)).as_bytes());
        }
        Value::Null => marker::NULL,
        Value::Xml(_) => marker::XML,
    };
    dump_line(name, format!("INVALID TYPE 0x{kind:02x}").as_bytes());
}

/// The name in a column, then what fits of the value.
fn dump_line(name: &[u8], value: &[u8]) {
    let padding = NAME_COLUMN.get(name.len()..).unwrap_or_default();
    log::write_bytes(log::Level::Info, &[b"  ", shown(name), padding, shown(value)].concat());
}

/// What is shown of a name or value.
fn shown(text: &[u8]) -> &[u8] {
    text.get(..LONGEST_SHOWN).unwrap_or(text)
}

/// A number as C prints it with `%.2f`.
fn decimal(number: f64) -> String {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_nan() { format!("{sign}nan") } else { format!("{number:.2}") }
}

/// The width of the column of names.
const NAME_COLUMN: &[u8; 22] = &[b' '; 22];
/// More bytes of a name or value are not shown.
const LONGEST_SHOWN: usize = 254;
