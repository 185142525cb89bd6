//! AMF0 encoding (the AMF 0 specification, section 2).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Property, Value, marker};
use crate::{Error, Result};

/// The longest text a 16-bit length can announce; names are never longer.
pub const MAX_SHORT_STRING: usize = 0xffff;

/// Builds the values of a message, one behind the other.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    out: Vec<u8>,
}

impl Encoder {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing yet, with room for so many bytes.
    ///
    /// # Errors
    /// [`Error::Io`] when there is no memory for them.
    pub fn with_room(length: usize) -> Result<Self> {
        let mut out = Vec::new();
        out.try_reserve_exact(length).map_err(|_| Error::out_of_memory("lay out a command"))?;
        Ok(Self { out })
    }

    /// Appends a string, as a long string when it is longer than [`MAX_SHORT_STRING`].
    pub fn string(mut self, text: &[u8]) -> Self {
        string(&mut self.out, text);
        self
    }

    /// Appends a number.
    pub fn number(mut self, number: f64) -> Self {
        put_number(&mut self.out, number);
        self
    }

    /// Appends a boolean.
    pub fn boolean(mut self, flag: bool) -> Self {
        put_boolean(&mut self.out, flag);
        self
    }

    /// Appends null.
    pub fn null(mut self) -> Self {
        self.out.push(marker::NULL);
        self
    }

    /// Appends an object with the properties that `fill` gives it.
    pub fn object(mut self, fill: impl FnOnce(&mut ObjectEncoder<'_>)) -> Self {
        put_object(&mut self.out, fill);
        self
    }

    /// Appends an ECMA array that announces `count` properties, with those that `fill` gives it.
    pub fn ecma_array(mut self, count: u32, fill: impl FnOnce(&mut ObjectEncoder<'_>)) -> Self {
        put_ecma_array(&mut self.out, count, fill);
        self
    }

    /// Appends any value.
    pub fn value(mut self, value: &Value<'_>) -> Self {
        put_value(&mut self.out, value);
        self
    }

    /// Appends values that are already encoded.
    pub fn raw(mut self, encoded: &[u8]) -> Self {
        self.out.extend_from_slice(encoded);
        self
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}

/// Takes the properties of an object that is being encoded. A property whose name is longer than
/// [`MAX_SHORT_STRING`] cannot be written and is left out.
#[derive(Debug)]
pub struct ObjectEncoder<'o> {
    out: &'o mut Vec<u8>,
}

impl ObjectEncoder<'_> {
    /// Adds a string.
    pub fn string(&mut self, name: &[u8], text: &[u8]) -> &mut Self {
        self.named(name, |out| string(out, text))
    }

    /// Adds a number.
    pub fn number(&mut self, name: &[u8], number: f64) -> &mut Self {
        self.named(name, |out| put_number(out, number))
    }

    /// Adds a boolean.
    pub fn boolean(&mut self, name: &[u8], flag: bool) -> &mut Self {
        self.named(name, |out| put_boolean(out, flag))
    }

    /// Adds null.
    pub fn null(&mut self, name: &[u8]) -> &mut Self {
        self.named(name, |out| out.push(marker::NULL))
    }

    /// Adds an object.
    pub fn object(&mut self, name: &[u8], fill: impl FnOnce(&mut ObjectEncoder<'_>)) -> &mut Self {
        self.named(name, |out| put_object(out, fill))
    }

    /// Adds any value.
    pub fn value(&mut self, name: &[u8], value: &Value<'_>) -> &mut Self {
        self.named(name, |out| put_value(out, value))
    }

    /// Adds properties that are already encoded.
    pub fn raw(&mut self, encoded: &[u8]) -> &mut Self {
        self.out.extend_from_slice(encoded);
        self
    }

    fn named(&mut self, name: &[u8], value: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        if let Ok(length) = u16::try_from(name.len()) {
            self.out.extend_from_slice(&length.to_be_bytes());
            self.out.extend_from_slice(name);
            value(self.out);
        }
        self
    }
}

fn string(out: &mut Vec<u8>, text: &[u8]) {
    match u16::try_from(text.len()) {
        Ok(length) => {
            out.push(marker::STRING);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(text);
        }
        Err(_) => long_text(out, marker::LONG_STRING, text),
    }
}

/// Text behind a 32-bit length; what exceeds 4 GiB cannot be said and is cut.
fn long_text(out: &mut Vec<u8>, marker: u8, text: &[u8]) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let text = usize::try_from(length).ok().and_then(|length| text.get(..length)).unwrap_or(text);
    out.push(marker);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(text);
}

fn put_number(out: &mut Vec<u8>, number: f64) {
    out.push(marker::NUMBER);
    out.extend_from_slice(&number.to_be_bytes());
}

fn put_boolean(out: &mut Vec<u8>, flag: bool) {
    out.extend_from_slice(&[marker::BOOLEAN, flag.into()]);
}

fn put_object(out: &mut Vec<u8>, fill: impl FnOnce(&mut ObjectEncoder<'_>)) {
    out.push(marker::OBJECT);
    fill(&mut ObjectEncoder { out });
    out.extend_from_slice(&marker::END);
}

fn put_ecma_array(out: &mut Vec<u8>, count: u32, fill: impl FnOnce(&mut ObjectEncoder<'_>)) {
    out.push(marker::ECMA_ARRAY);
    out.extend_from_slice(&count.to_be_bytes());
    fill(&mut ObjectEncoder { out });
    out.extend_from_slice(&marker::END);
}

fn put_properties(object: &mut ObjectEncoder<'_>, properties: &[Property<'_>]) {
    for property in properties {
        object.value(property.name, &property.value);
    }
}

fn put_value(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Number(number) => put_number(out, *number),
        Value::Boolean(flag) => put_boolean(out, *flag),
        Value::String(text) => string(out, text),
        Value::Null => out.push(marker::NULL),
        Value::Object(object) => put_object(out, |o| put_properties(o, &object.properties)),
        Value::EcmaArray(object) => {
            put_ecma_array(out, count(object.properties.len()), |o| put_properties(o, &object.properties));
        }
        Value::StrictArray(values) => {
            out.push(marker::STRICT_ARRAY);
            out.extend_from_slice(&count(values.len()).to_be_bytes());
            for value in values {
                put_value(out, value);
            }
        }
        Value::Date { milliseconds, zone } => {
            out.push(marker::DATE);
            out.extend_from_slice(&milliseconds.to_be_bytes());
            out.extend_from_slice(&zone.to_be_bytes());
        }
        Value::Xml(text) => long_text(out, marker::XML, text),
    }
}

/// Four thousand million values do not fit in memory, so the bound is never met.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
