//! A place in the input, and the reads that cannot leave it.
#![forbid(unsafe_code)]

use std::fmt;

/// Why bytes were not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The input ends inside a value.
    Truncated,
    /// A marker that nobody defined, or that must not stand alone.
    UnknownType(u8),
    /// A type that is defined but that this decoder cannot represent.
    UnsupportedType(u8),
    /// Containers nest deeper than [`super::MAX_DEPTH`].
    TooDeep,
    /// More values than the bound for this length of input.
    TooMany,
    /// There is no memory for so many values.
    NoMemory,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Truncated => f.write_str("the data ends inside a value"),
            Malformed::UnknownType(marker) => write!(f, "type 0x{marker:02x} does not exist"),
            Malformed::UnsupportedType(marker) => write!(f, "type 0x{marker:02x} is not supported"),
            Malformed::TooDeep => write!(f, "objects nest more than {} deep", super::MAX_DEPTH),
            Malformed::TooMany => f.write_str("there are too many values for so few bytes"),
            Malformed::NoMemory => f.write_str("there is no memory for so many values"),
        }
    }
}

impl std::error::Error for Malformed {}

/// The input from here on.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn starts_with(&self, bytes: &[u8]) -> bool {
        self.rest.starts_with(bytes)
    }

    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn i16(&mut self) -> Result<i16, Malformed> {
        self.array().map(i16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn f64(&mut self) -> Result<f64, Malformed> {
        self.array().map(f64::from_be_bytes)
    }

    /// Text behind a 16-bit length (AMF 0, section 1.3.1).
    pub(super) fn short_text(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u16()?;
        self.take(length.into())
    }

    /// Text behind a 32-bit length (AMF 0, section 2.14).
    pub(super) fn long_text(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u32()?;
        self.take(usize::try_from(length).map_err(|_| Malformed::Truncated)?)
    }
}
