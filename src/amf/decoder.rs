//! The decoder: where it is in the input, what it may still spend, and which types it takes.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::cursor::Cursor;
use super::{Malformed, Value};
use crate::memory;

/// How deep containers may nest: a value inside 64 containers is decoded, a container inside them is not.
pub const MAX_DEPTH: u32 = 64;

/// Values that any input may hold, however short; real messages hold a few dozen.
const BASE_BUDGET: usize = 65_536;
/// Beyond that, one value for so many bytes of input: 16 MiB of one-byte values end at about 1.1 million of them.
const BYTES_PER_VALUE: usize = 16;

/// Decodes values from the front of the input.
///
/// At most 65,536 values and one more for every 16 bytes of input are decoded before
/// [`Malformed::TooMany`] ends it.
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    pub(super) input: Cursor<'a>,
    length: usize,
    budget: usize,
    depth: u32,
    pub(super) classic: bool,
}

impl<'a> Decoder<'a> {
    /// Takes every type whose length is known: what has no place in [`Value`] (references) becomes null, and
    /// typed objects become objects.
    pub fn new(input: &'a [u8]) -> Self {
        Self {
            input: Cursor::new(input),
            length: input.len(),
            budget: BASE_BUDGET.saturating_add(input.len() / BYTES_PER_VALUE),
            depth: 0,
            classic: false,
        }
    }

    /// Takes only the types that librtmp's C functions take: references and typed objects are
    /// [`Malformed::UnsupportedType`].
    pub fn classic(input: &'a [u8]) -> Self {
        Self { classic: true, ..Self::new(input) }
    }

    /// Bytes decoded so far; after an error, somewhere inside the bad value.
    pub fn consumed(&self) -> usize {
        self.length.saturating_sub(self.input.remaining())
    }

    /// Whether everything is decoded.
    pub fn is_at_end(&self) -> bool {
        self.input.remaining() == 0
    }

    /// Pays for one value.
    pub(super) fn spend(&mut self) -> Result<(), Malformed> {
        self.budget = self.budget.checked_sub(1).ok_or(Malformed::TooMany)?;
        Ok(())
    }

    /// Decodes a container's content one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        content: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        if self.depth >= MAX_DEPTH {
            return Err(Malformed::TooDeep);
        }
        self.depth = self.depth.saturating_add(1);
        let result = content(self);
        self.depth = self.depth.saturating_sub(1);
        result
    }
}

/// The values of a command or data message, up to the first that cannot be decoded.
pub fn decode_values(body: &[u8]) -> Vec<Value<'_>> {
    let mut decoder = Decoder::new(body);
    let mut values = Vec::new();
    while !decoder.is_at_end() {
        if let Err(why) = decoder.value().and_then(|value| push(&mut values, value)) {
            crate::debug!("AMF: only the first {} values of a message were understood: {why}", values.len());
            break;
        }
    }
    values
}

/// Appends to a list that the input makes as long as it likes.
pub(super) fn push<T>(list: &mut Vec<T>, item: T) -> Result<(), Malformed> {
    if list.len() == list.capacity() {
        grow(list)?;
    }
    list.push(item);
    Ok(())
}

/// Many short lists could take all of the reserve, one block each, so they end where sessions do.
#[cold]
fn grow<T>(list: &mut Vec<T>) -> Result<(), Malformed> {
    let has_grown = memory::enough().is_ok() && list.try_reserve(1).is_ok();
    if has_grown { Ok(()) } else { Err(Malformed::NoMemory) }
}
