//! The encoders: each returns where the next value goes, or NULL when this one does not fit. The room that each asks
//! for is the reference's, which for some is more than it then uses.

use super::room::Room;
use crate::capi::guard::guard;
use crate::capi::types::{AMFObject, AMFObjectProperty, AVal};
use libc::{c_char, c_int, c_short};
use std::ptr::null_mut;

/// Runs an encoder on the caller's memory; `None` becomes NULL.
///
/// # Safety
/// `output` is null or the memory from it to `outend` is writable.
unsafe fn encode(
    output: *mut c_char,
    outend: *mut c_char,
    write: impl FnOnce(&mut Room) -> Option<()>,
) -> *mut c_char {
    guard(null_mut(), || {
        if output.is_null() {
            return null_mut();
        }
        // SAFETY: not null, so the caller's promise holds.
        let mut room = unsafe { Room::new(output, outend) };
        write(&mut room).map_or(null_mut(), |()| room.at())
    })
}

/// Encodes a string, as a long string from 65536 bytes on. Asks for the text's length and five bytes of room.
///
/// # Safety
/// `output` is null or writable up to `outend`; `str` is null or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeString(
    output: *mut c_char,
    outend: *mut c_char,
    str: *const AVal,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { encode(output, outend, |room| room.string(str.as_ref().copied()?)) }
}

/// Encodes a number.
///
/// # Safety
/// `output` is null or writable up to `outend`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeNumber(
    output: *mut c_char,
    outend: *mut c_char,
    dVal: f64,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { encode(output, outend, |room| room.number(dVal)) }
}

/// Writes two bytes, the high one first.
///
/// # Safety
/// `output` is null or writable up to `outend`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeInt16(
    output: *mut c_char,
    outend: *mut c_char,
    nVal: c_short,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { encode(output, outend, |room| room.put(&nVal.to_be_bytes())) }
}

/// Writes the low three bytes, the high one first.
///
/// # Safety
/// `output` is null or writable up to `outend`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeInt24(
    output: *mut c_char,
    outend: *mut c_char,
    nVal: c_int,
) -> *mut c_char {
    let [_, low @ ..] = nVal.to_be_bytes();
    // SAFETY: the caller's promise.
    unsafe { encode(output, outend, |room| room.put(&low)) }
}

/// Writes four bytes, the high one first.
///
/// # Safety
/// `output` is null or writable up to `outend`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeInt32(
    output: *mut c_char,
    outend: *mut c_char,
    nVal: c_int,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { encode(output, outend, |room| room.put(&nVal.to_be_bytes())) }
}

/// Encodes a boolean: anything but 0 is true.
///
/// # Safety
/// `output` is null or writable up to `outend`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeBoolean(
    output: *mut c_char,
    outend: *mut c_char,
    bVal: c_int,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { encode(output, outend, |room| room.boolean(bVal != 0)) }
}

/// Encodes a name and a string.
///
/// # Safety
/// `output` is null or writable up to `outend`; `name` and `value` are null or point to texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeNamedString(
    output: *mut c_char,
    outend: *mut c_char,
    name: *const AVal,
    value: *const AVal,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe {
        encode(output, outend, |room| {
            room.name(name.as_ref().copied()?)?;
            room.string(value.as_ref().copied()?)
        })
    }
}

/// Encodes a name and a number.
///
/// # Safety
/// `output` is null or writable up to `outend`; `name` is null or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeNamedNumber(
    output: *mut c_char,
    outend: *mut c_char,
    name: *const AVal,
    dVal: f64,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe {
        encode(output, outend, |room| {
            room.name(name.as_ref().copied()?)?;
            room.number(dVal)
        })
    }
}

/// Encodes a name and a boolean.
///
/// # Safety
/// `output` is null or writable up to `outend`; `name` is null or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeNamedBoolean(
    output: *mut c_char,
    outend: *mut c_char,
    name: *const AVal,
    bVal: c_int,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe {
        encode(output, outend, |room| {
            room.name(name.as_ref().copied()?)?;
            room.boolean(bVal != 0)
        })
    }
}

/// Encodes an object. Properties from the first that cannot be encoded on are left out and logged; the end marker
/// follows all the same. Asks for one byte of room behind it.
///
/// # Safety
/// `obj` is null or an object whose properties and texts are readable; `pBuffer` is null or writable up to `pBufEnd`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_Encode(
    obj: *mut AMFObject,
    pBuffer: *mut c_char,
    pBufEnd: *mut c_char,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { encode(pBuffer, pBufEnd, |room| room.object(obj.as_ref().copied()?, 0)) }
}

/// Encodes an object's properties as an ECMA array, as [`AMF_Encode`] does an object.
///
/// # Safety
/// As [`AMF_Encode`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeEcmaArray(
    obj: *mut AMFObject,
    pBuffer: *mut c_char,
    pBufEnd: *mut c_char,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { encode(pBuffer, pBufEnd, |room| room.ecma_array(obj.as_ref().copied()?, 0)) }
}

/// Encodes an object's properties as a strict array: a count and no end marker. Names, where there are any, are
/// written, as the reference does.
///
/// # Safety
/// As [`AMF_Encode`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_EncodeArray(
    obj: *mut AMFObject,
    pBuffer: *mut c_char,
    pBufEnd: *mut c_char,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { encode(pBuffer, pBufEnd, |room| room.strict_array(obj.as_ref().copied()?, 0)) }
}

/// Encodes a property: its name, unless it is empty or the value is null, and its value. Numbers, booleans, strings,
/// null, objects, ECMA and strict arrays can be encoded; NULL for any other.
///
/// # Safety
/// `prop` is null or a property whose texts and objects are readable; `pBuffer` is null or writable up to `pBufEnd`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_Encode(
    prop: *mut AMFObjectProperty,
    pBuffer: *mut c_char,
    pBufEnd: *mut c_char,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { encode(pBuffer, pBufEnd, |room| room.property(prop.as_ref().copied()?, 0)) }
}
