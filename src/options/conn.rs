//! The `conn` option: one item of what follows connect's object, as `type:value`, or `Ntype:name:value` in an object.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{leading_float, leading_integer};
use crate::bytes::cut;
use crate::{Error, Result};

/// How deep objects may stand in objects.
pub const MAX_DEPTH: i32 = 64;

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub enum Item<'a> {
    /// The open object ends.
    Close,
    /// A value, without a name outside of objects.
    Property(&'a [u8], Value<'a>),
    /// An object begins.
    Open(&'a [u8]),
}

/// A value that is no object.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `N:`
    Number(f64),
    /// `B:`, as the number that stands there.
    Boolean(f64),
    /// `S:`
    String(&'a [u8]),
    /// `Z:`
    Null,
}

/// Reads one item; `depth` is how many objects are open.
///
/// # Errors
/// [`Error::Usage`] for anything that is no item, a name outside of objects, and objects that nest too deep.
pub fn parse(text: &[u8], depth: i32) -> Result<Item<'_>> {
    let item = match text {
        [b'O', b':', value @ ..] if leading_integer(value, 10) == 0 => Item::Close,
        [kind, b':', value @ ..] => item(*kind, b"", value)?,
        [b'N', kind @ (b'B' | b'N' | b'S' | b'O'), b':', rest @ ..] if depth != 0 => {
            let (name, value) = cut(rest, b":").ok_or_else(malformed)?;
            item(*kind, name, value)?
        }
        _ => return Err(malformed()),
    };
    if matches!(item, Item::Open(_)) && depth >= MAX_DEPTH {
        return Err(Error::Usage(format!("option conn: objects nest more than {MAX_DEPTH} deep")));
    }
    Ok(item)
}

fn item<'a>(kind: u8, name: &'a [u8], text: &'a [u8]) -> Result<Item<'a>> {
    let value = match kind {
        b'B' => Value::Boolean(f64::from(leading_integer(text, 10) as i32)),
        b'N' => Value::Number(leading_float(text)),
        b'S' => Value::String(text),
        b'Z' => Value::Null,
        b'O' => return Ok(Item::Open(name)),
        _ => return Err(malformed()),
    };
    Ok(Item::Property(name, value))
}

fn malformed() -> Error {
    Error::Usage(
        "option conn: expected B:0|1, N:number, S:text, Z:, O:1|0, or in an object NB:name:0|1, NN:name:number, NS:name:text, NO:name:1"
            .into(),
    )
}
