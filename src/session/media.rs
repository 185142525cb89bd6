//! Metadata: what is learnt from `onMetaData` (FLV specification, annex E.5).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Conversation, Host};
use crate::amf::{self, Value};
use crate::flv::{DATA_AUDIO, DATA_VIDEO};
use crate::log;
use crate::message::command;

impl<H: Host + ?Sized> Conversation<'_, H> {
    /// Learns from a data message. Whether it is metadata for the program.
    pub(super) fn on_data(&mut self, body: &[u8]) -> bool {
        let values = amf::decode_values(body);
        let is_metadata =
            values.first().and_then(|name| name.as_str()).is_some_and(|name| name == command::ON_META_DATA);
        if !is_metadata {
            return false;
        }
        if log::enabled(log::Level::Info) {
            log::write_bytes(log::Level::Info, b"Metadata:");
            values.iter().skip(1).for_each(dump);
        }
        let find = |name| values.iter().find_map(|value| value.find_first(name)).and_then(Value::as_number);
        let has = |prefix| values.iter().any(|value| value.find_prefix(prefix).is_some());
        let fields = self.host.fields_mut();
        if let Some(duration) = find(b"duration") {
            fields.duration = duration;
        }
        if has(b"video") {
            fields.read.data_type |= DATA_VIDEO;
        }
        if has(b"audio") {
            fields.read.data_type |= DATA_AUDIO;
        }
        true
    }
}

/// Prints metadata at INFO, one property a line, in the words that programs parse.
fn dump(value: &Value<'_>) {
    let Some(object) = value.as_object() else { return };
    for property in object.properties.iter().filter(|property| !property.name.is_empty()) {
        let name = log::Text(property.name).to_string();
        match &property.value {
            Value::Number(number) => crate::info!("  {name:<22}{number:.2}"),
            Value::Boolean(flag) => crate::info!("  {name:<22}{}", if *flag { "TRUE" } else { "FALSE" }),
            Value::String(text) => crate::info!("  {name:<22}{}", log::Text(text)),
            Value::Date { milliseconds, .. } => crate::info!("  {name:<22}timestamp:{milliseconds:.2}"),
            Value::Object(_) | Value::EcmaArray(_) | Value::StrictArray(_) => {
                crate::info!("{name}:");
                dump(&property.value);
            }
            _ => crate::info!("  {name:<22}not shown"),
        }
    }
}
