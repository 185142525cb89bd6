//! AMF0 decoding (the AMF 0 specification, section 2).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::decoder::push;
use super::{Decoder, Malformed, Object, Property, Value, marker};

/// Fewer bytes are not taken for a property: two of length, one of name, a marker.
const MIN_PROPERTY: usize = 4;

impl<'a> Decoder<'a> {
    /// Decodes one value with its marker.
    ///
    /// # Errors
    /// Why the bytes are not a value; the decoder then stands somewhere inside it.
    pub fn value(&mut self) -> Result<Value<'a>, Malformed> {
        let marker = self.input.u8()?;
        self.value_of(marker)
    }

    /// Decodes one value whose marker has been read.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn value_of(&mut self, marker: u8) -> Result<Value<'a>, Malformed> {
        self.spend()?;
        match marker {
            marker::NUMBER => Ok(Value::Number(self.input.f64()?)),
            marker::BOOLEAN => Ok(Value::Boolean(self.input.u8()? != 0)),
            marker::STRING => Ok(Value::String(self.input.short_text()?)),
            marker::LONG_STRING => Ok(Value::String(self.input.long_text()?)),
            marker::XML => Ok(Value::Xml(self.input.long_text()?)),
            marker::NULL | marker::UNDEFINED | marker::UNSUPPORTED => Ok(Value::Null),
            marker::OBJECT => Ok(Value::Object(self.object()?)),
            marker::ECMA_ARRAY => self.ecma_array(),
            marker::STRICT_ARRAY => self.strict_array(),
            marker::DATE => self.date(),
            marker::AVMPLUS => self.amf3_switch(),
            marker::REFERENCE if !self.classic => self.input.u16().map(|_| Value::Null),
            marker::TYPED_OBJECT if !self.classic => self.typed_object(),
            marker::MOVIECLIP | marker::REFERENCE | marker::RECORDSET | marker::TYPED_OBJECT => {
                Err(Malformed::UnsupportedType(marker))
            }
            _ => Err(Malformed::UnknownType(marker)),
        }
    }

    /// Decodes a name and a value.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn property(&mut self) -> Result<Property<'a>, Malformed> {
        let name = self.name()?;
        Ok(Property { name, value: self.value()? })
    }

    /// Decodes the name of a property (AMF 0, section 2.5).
    ///
    /// # Errors
    /// [`Malformed::Truncated`], also when fewer than four bytes are left: librtmp asks for as many.
    pub fn name(&mut self) -> Result<&'a [u8], Malformed> {
        if self.input.remaining() < MIN_PROPERTY {
            return Err(Malformed::Truncated);
        }
        self.input.short_text()
    }

    /// Decodes a marker alone.
    ///
    /// # Errors
    /// [`Malformed::Truncated`].
    pub fn marker(&mut self) -> Result<u8, Malformed> {
        self.input.u8()
    }

    /// Steps over the end of an object, when that is what comes.
    fn skip_end(&mut self) -> bool {
        self.input.starts_with(&marker::END) && self.input.take(marker::END.len()).is_ok()
    }

    /// Decodes properties (values without names when `named` is false) to the end of the object or of the
    /// input, whichever comes first; what was decoded before an error is in `into`.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn properties_into(&mut self, into: &mut Vec<Property<'a>>, named: bool) -> Result<(), Malformed> {
        while !self.is_at_end() && !self.skip_end() {
            push(into, self.element(named)?)?;
        }
        Ok(())
    }

    /// Decodes `count` properties (values without names when `named` is false); what was decoded before an
    /// error is in `into`.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn elements_into(
        &mut self,
        into: &mut Vec<Property<'a>>,
        count: usize,
        named: bool,
    ) -> Result<(), Malformed> {
        for _ in 0..count {
            push(into, self.element(named)?)?;
        }
        Ok(())
    }

    fn element(&mut self, named: bool) -> Result<Property<'a>, Malformed> {
        if named { self.property() } else { Ok(Property { name: &[], value: self.value()? }) }
    }

    fn object(&mut self) -> Result<Object<'a>, Malformed> {
        self.nested(|decoder| {
            let mut object = Object::default();
            decoder.properties_into(&mut object.properties, true)?;
            Ok(object)
        })
    }

    /// The count is a hint that senders get wrong; the end marker counts.
    fn ecma_array(&mut self) -> Result<Value<'a>, Malformed> {
        self.input.u32()?;
        Ok(Value::EcmaArray(self.object()?))
    }

    fn strict_array(&mut self) -> Result<Value<'a>, Malformed> {
        let count = self.input.u32()?;
        self.nested(|decoder| {
            let mut values = Vec::new();
            for _ in 0..count {
                push(&mut values, decoder.value()?)?;
            }
            Ok(Value::StrictArray(values))
        })
    }

    fn date(&mut self) -> Result<Value<'a>, Malformed> {
        Ok(Value::Date { milliseconds: self.input.f64()?, zone: self.input.i16()? })
    }

    fn typed_object(&mut self) -> Result<Value<'a>, Malformed> {
        self.input.short_text()?;
        Ok(Value::Object(self.object()?))
    }
}
