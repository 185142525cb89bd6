//! The byte that says what follows: AMF0's (AMF 0, section 2.1) and AMF3's (AMF 3, section 3.1).
#![forbid(unsafe_code)]

/// A double.
pub const NUMBER: u8 = 0x00;
/// One byte, 0 or not.
pub const BOOLEAN: u8 = 0x01;
/// Text with a 16-bit length.
pub const STRING: u8 = 0x02;
/// Named values up to [`OBJECT_END`].
pub const OBJECT: u8 = 0x03;
/// Reserved, never sent.
pub const MOVIECLIP: u8 = 0x04;
/// Nothing.
pub const NULL: u8 = 0x05;
/// Not even nothing.
pub const UNDEFINED: u8 = 0x06;
/// The 16-bit number of an earlier object.
pub const REFERENCE: u8 = 0x07;
/// A 32-bit hint of the count, then as [`OBJECT`].
pub const ECMA_ARRAY: u8 = 0x08;
/// Behind an empty name, the end of an object.
pub const OBJECT_END: u8 = 0x09;
/// A 32-bit count, then that many values.
pub const STRICT_ARRAY: u8 = 0x0a;
/// A double, milliseconds since 1970, and a 16-bit time zone in minutes.
pub const DATE: u8 = 0x0b;
/// Text with a 32-bit length.
pub const LONG_STRING: u8 = 0x0c;
/// A value the sender could not write.
pub const UNSUPPORTED: u8 = 0x0d;
/// Reserved, never sent.
pub const RECORDSET: u8 = 0x0e;
/// As [`LONG_STRING`], a document.
pub const XML: u8 = 0x0f;
/// A class name, then as [`OBJECT`].
pub const TYPED_OBJECT: u8 = 0x10;
/// One value in AMF3 follows.
pub const AVMPLUS: u8 = 0x11;

/// What ends an object: an empty name and [`OBJECT_END`].
pub const END: [u8; 3] = [0, 0, OBJECT_END];

/// AMF3's markers.
pub mod v3 {
    /// As [`super::UNDEFINED`].
    pub const UNDEFINED: u8 = 0x00;
    /// As [`super::NULL`].
    pub const NULL: u8 = 0x01;
    /// A boolean, false.
    pub const FALSE: u8 = 0x02;
    /// A boolean, true.
    pub const TRUE: u8 = 0x03;
    /// A 29-bit integer.
    pub const INTEGER: u8 = 0x04;
    /// A double.
    pub const DOUBLE: u8 = 0x05;
    /// Text.
    pub const STRING: u8 = 0x06;
    /// A document of the old kind.
    pub const XML_DOC: u8 = 0x07;
    /// A double, milliseconds since 1970.
    pub const DATE: u8 = 0x08;
    /// Named values, then numbered values.
    pub const ARRAY: u8 = 0x09;
    /// Members by class, then members by name.
    pub const OBJECT: u8 = 0x0a;
    /// A document of the new kind.
    pub const XML: u8 = 0x0b;
    /// Bytes.
    pub const BYTE_ARRAY: u8 = 0x0c;
}
