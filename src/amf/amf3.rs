//! AMF3 decoding (the AMF 3 specification, section 3), as far as librtmp's callers know it: no arrays, no byte
//! arrays, and references are read but not followed.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::decoder::push;
use super::marker::v3;
use super::{Decoder, Malformed, Object, Property, Value, marker};

/// The name of the one value that an externalizable object is taken to hold.
pub const EXTERNAL_NAME: &[u8] = b"DEFAULT_ATTRIBUTE";

/// The longest form of an integer, in bytes.
pub const MAX_INTEGER_BYTES: usize = 4;

/// The greatest positive integer; what is above stands for the negative ones.
const MAX_INTEGER: u32 = 0x0fff_ffff;
/// How far a negative integer lies above its value.
const INTEGER_RANGE: i32 = 1 << 29;

/// Set in a byte of an integer that another one follows.
const MORE: u8 = 0x80;

/// What a length or a header means when its lowest bit is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// The number of an earlier one.
    Reference(u32),
    /// The bits that say what follows: a length, or flags.
    Inline(u32),
}

impl Header {
    fn split(raw: u32) -> Self {
        if raw & 1 == 0 { Header::Reference(raw >> 1) } else { Header::Inline(raw >> 1) }
    }
}

/// Whether another byte of an integer follows this one, unless it is the last of [`MAX_INTEGER_BYTES`].
pub fn continues(byte: u8) -> bool {
    byte & MORE != 0
}

/// Decodes the integer at the front of `bytes` (section 1.3.1): its 29 bits and how many bytes it takes, from 1 to
/// [`MAX_INTEGER_BYTES`]. `None` when `bytes` ends inside it.
pub fn unsigned(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0u32;
    for (byte, length) in bytes.iter().zip(1..MAX_INTEGER_BYTES) {
        value = (value << 7) | u32::from(byte & !MORE);
        if !continues(*byte) {
            return Some((value, length));
        }
    }
    let last = bytes.get(MAX_INTEGER_BYTES.wrapping_sub(1))?;
    Some(((value << 8) | u32::from(*last), MAX_INTEGER_BYTES))
}

/// An integer's 29 bits as a signed number.
pub fn signed(raw: u32) -> i32 {
    let value = raw.cast_signed();
    if raw > MAX_INTEGER { value.wrapping_sub(INTEGER_RANGE) } else { value }
}

/// The header at the front of `bytes` and how many bytes it takes; `None` when `bytes` ends inside it.
pub fn header(bytes: &[u8]) -> Option<(Header, usize)> {
    unsigned(bytes).map(|(raw, length)| (Header::split(raw), length))
}

impl<'a> Decoder<'a> {
    /// Decodes one AMF3 value with its marker.
    ///
    /// # Errors
    /// Why the bytes are not a value; the decoder then stands somewhere inside it.
    pub fn amf3_value(&mut self) -> Result<Value<'a>, Malformed> {
        self.spend()?;
        match self.input.u8()? {
            v3::UNDEFINED | v3::NULL => Ok(Value::Null),
            v3::FALSE => Ok(Value::Boolean(false)),
            v3::TRUE => Ok(Value::Boolean(true)),
            v3::INTEGER => Ok(Value::Number(signed(self.amf3_integer()?).into())),
            v3::DOUBLE => Ok(Value::Number(self.input.f64()?)),
            v3::STRING | v3::XML_DOC | v3::XML => Ok(Value::String(self.amf3_text()?)),
            v3::DATE => self.amf3_date(),
            v3::OBJECT => Ok(Value::Object(self.amf3_object()?)),
            v3::BYTE_ARRAY if !self.classic => self.amf3_text().map(|_| Value::Null),
            unsupported @ (v3::ARRAY | v3::BYTE_ARRAY) => Err(Malformed::UnsupportedType(unsupported)),
            unknown => Err(Malformed::UnknownType(unknown)),
        }
    }

    /// Decodes a name and a value; `None` when the name is empty, which ends an object.
    ///
    /// # Errors
    /// As [`Self::amf3_value`].
    pub fn amf3_property(&mut self) -> Result<Option<Property<'a>>, Malformed> {
        let name = self.amf3_text()?;
        if name.is_empty() {
            return Ok(None);
        }
        Ok(Some(Property { name, value: self.amf3_value()? }))
    }

    /// Decodes text; a reference to an earlier one is empty text.
    ///
    /// # Errors
    /// [`Malformed::Truncated`].
    pub fn amf3_text(&mut self) -> Result<&'a [u8], Malformed> {
        match self.amf3_header()? {
            Header::Reference(_) => Ok(&[]),
            Header::Inline(length) => self.input.take(usize::try_from(length).unwrap_or(usize::MAX)),
        }
    }

    /// Decodes the object behind its marker; what was decoded before an error is in `into`. A reference to an
    /// earlier object, or an object of an earlier class, has no properties.
    ///
    /// # Errors
    /// As [`Self::amf3_value`].
    pub fn amf3_properties_into(&mut self, into: &mut Vec<Property<'a>>) -> Result<(), Malformed> {
        let Header::Inline(object) = self.amf3_header()? else { return Ok(()) };
        let Header::Inline(class) = Header::split(object) else { return Ok(()) };
        let (externalizable, dynamic, members) = (class & 1 != 0, class & 2 != 0, class >> 2);
        self.amf3_text()?;
        let names = self.amf3_names(members)?;
        if externalizable {
            return push(into, Property { name: EXTERNAL_NAME, value: self.amf3_value()? });
        }
        for name in names {
            push(into, Property { name, value: self.amf3_value()? })?;
        }
        if dynamic {
            self.amf3_members_into(into)?;
        }
        Ok(())
    }

    /// Members by name, to the empty name or the end of the input, whichever comes first, as in AMF0.
    fn amf3_members_into(&mut self, into: &mut Vec<Property<'a>>) -> Result<(), Malformed> {
        while !self.is_at_end() {
            match self.amf3_property()? {
                Some(property) => push(into, property)?,
                None => break,
            }
        }
        Ok(())
    }

    /// Decodes what follows [`marker::AVMPLUS`]: an object, whatever its marker says.
    pub(super) fn amf3_switch(&mut self) -> Result<Value<'a>, Malformed> {
        if self.classic || self.input.starts_with(&[v3::OBJECT]) {
            self.skip_object_marker()?;
            return Ok(Value::Object(self.amf3_object()?));
        }
        self.amf3_value()
    }

    /// Steps over the marker of an object; librtmp takes any other for it, too.
    ///
    /// # Errors
    /// [`Malformed::Truncated`].
    pub fn skip_object_marker(&mut self) -> Result<(), Malformed> {
        if self.input.u8()? != v3::OBJECT {
            crate::debug!("AMF3: a value behind marker 0x{:02x} is not an object", marker::AVMPLUS);
        }
        Ok(())
    }

    fn amf3_object(&mut self) -> Result<Object<'a>, Malformed> {
        self.nested(|decoder| {
            let mut object = Object::default();
            decoder.amf3_properties_into(&mut object.properties)?;
            Ok(object)
        })
    }

    /// Names are paid for as values are: a class of a million empty names must not cost sixteen times its bytes.
    fn amf3_names(&mut self, count: u32) -> Result<Vec<&'a [u8]>, Malformed> {
        let mut names = Vec::new();
        for _ in 0..count {
            self.spend()?;
            push(&mut names, self.amf3_text()?)?;
        }
        Ok(names)
    }

    /// The moment is a plain number, as librtmp's callers know it; a reference is null.
    fn amf3_date(&mut self) -> Result<Value<'a>, Malformed> {
        match self.amf3_header()? {
            Header::Reference(_) => Ok(Value::Null),
            Header::Inline(_) => Ok(Value::Number(self.input.f64()?)),
        }
    }

    fn amf3_integer(&mut self) -> Result<u32, Malformed> {
        let (raw, length) = unsigned(self.input.rest()).ok_or(Malformed::Truncated)?;
        self.input.take(length)?;
        Ok(raw)
    }

    fn amf3_header(&mut self) -> Result<Header, Malformed> {
        self.amf3_integer().map(Header::split)
    }
}
