//! Dumps into the log at DEBUG. Programs parse these lines: they are the reference's, byte for byte.

use super::decode::AMF_Decode;
use super::object::AMF_Reset;
use super::{AMF_INVALID, MAX_DEPTH, is};
use crate::amf::marker;
use crate::capi::guard::guard;
use crate::capi::types::{AMFObject, AMFObjectProperty, AVal};
use crate::log::{Level, enabled, write_bytes};
use libc::{c_char, c_int};
use std::ffi::CStr;

/// Names are cut to this width, and shorter ones stand at its right.
const NAME_WIDTH: usize = 18;
/// The room of the reference for a value, with its NUL.
const VALUE_ROOM: usize = 255;
const NO_NAME: &[u8] = b"no-name.";

/// Logs an object's properties between "(object begin)" and "(object end)".
///
/// # Safety
/// `obj` is null or an object whose properties and texts are readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_Dump(obj: *mut AMFObject) {
    guard((), || {
        if !obj.is_null() && enabled(Level::Debug) {
            // SAFETY: the caller's promise.
            unsafe { object(obj.read(), 0) }
        }
    });
}

/// Logs a property and, when it is an object or an array, what is in it.
///
/// # Safety
/// `prop` is null or a property whose texts and objects are readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_Dump(prop: *mut AMFObjectProperty) {
    guard((), || {
        if !prop.is_null() && enabled(Level::Debug) {
            // SAFETY: the caller's promise.
            unsafe { property(prop.read(), 0) }
        }
    });
}

/// Logs the values that the bytes encode as [`AMF_Dump`] does, unless they cannot all be decoded.
pub(crate) fn values(bytes: &[u8]) {
    let Ok(len) = c_int::try_from(bytes.len()) else { return };
    let mut found = AMFObject::EMPTY;
    // SAFETY: the bytes are readable, and what is decoded points into them; its lists are freed before they go.
    unsafe {
        if AMF_Decode(&raw mut found, bytes.as_ptr().cast(), len, 0) >= 0 {
            object(found, 0);
        }
        AMF_Reset(&raw mut found);
    }
}

fn line(text: &[u8]) {
    write_bytes(Level::Debug, text);
}

/// # Safety
/// As [`AMF_Dump`].
unsafe fn object(object: AMFObject, depth: u32) {
    line(b"(object begin)");
    if depth < MAX_DEPTH {
        // SAFETY: the caller's promise.
        unsafe { object.addresses().for_each(|address| property(address.read(), depth + 1)) };
    } else {
        crate::warning!("AMF: what nests more than {MAX_DEPTH} deep is not shown");
    }
    line(b"(object end)");
}

/// # Safety
/// As [`AMFProp_Dump`].
unsafe fn property(property: AMFObjectProperty, depth: u32) {
    let kind = property.p_type;
    if kind == AMF_INVALID {
        return line(b"Property: INVALID");
    }
    if is(kind, marker::NULL) {
        return line(b"Property: NULL");
    }
    let container = [
        (marker::OBJECT, &b"OBJECT"[..]),
        (marker::ECMA_ARRAY, b"ECMA_ARRAY"),
        (marker::STRICT_ARRAY, b"STRICT_ARRAY"),
    ]
    .into_iter()
    .find(|(marker, _)| is(kind, *marker));
    // SAFETY: the caller's promise.
    unsafe {
        match container {
            Some((_, title)) => {
                named(property.p_name, title);
                object(property.p_vu.p_object, depth);
            }
            None => named(property.p_name, &value(&property)),
        }
    }
}

/// # Safety
/// `name` points to its bytes.
unsafe fn named(name: AVal, value: &[u8]) {
    // SAFETY: the caller's promise.
    let name = match unsafe { name.bytes() } {
        [] => NO_NAME,
        name => printable(name, NAME_WIDTH),
    };
    let mut text = b"Property: <Name: ".to_vec();
    text.resize(text.len() + (NAME_WIDTH - name.len()), b' ');
    text.extend_from_slice(name);
    text.extend_from_slice(b", ");
    text.extend_from_slice(value);
    text.push(b'>');
    line(&text);
}

/// The text up to a NUL, at most `width` bytes of it, as printf's `%.*s` prints it.
fn printable(text: &[u8], width: usize) -> &[u8] {
    let end = text.iter().take(width).position(|byte| *byte == 0).unwrap_or(width.min(text.len()));
    text.get(..end).unwrap_or(text)
}

/// # Safety
/// As [`AMFProp_Dump`].
unsafe fn value(property: &AMFObjectProperty) -> Vec<u8> {
    let kind = property.p_type;
    // SAFETY: the caller's promise; the union's field is the one of the type.
    unsafe {
        if is(kind, marker::NUMBER) {
            decimal(c"NUMBER:\t%.2f", property.p_vu.p_number, 0)
        } else if is(kind, marker::BOOLEAN) {
            let flag = property.p_vu.p_number != 0.0;
            if flag { b"BOOLEAN:\tTRUE".to_vec() } else { b"BOOLEAN:\tFALSE".to_vec() }
        } else if is(kind, marker::STRING) {
            let text = property.p_vu.p_aval.bytes();
            let mut value = b"STRING:\t".to_vec();
            value.extend_from_slice(printable(text, VALUE_ROOM - 1 - value.len()));
            value
        } else if is(kind, marker::DATE) {
            let zone = property.p_UTCoffset.into();
            decimal(c"DATE:\ttimestamp: %.2f, UTC offset: %d", property.p_vu.p_number, zone)
        } else {
            format!("INVALID TYPE 0x{:02x}", kind & 0xff).into_bytes()
        }
    }
}

/// Formats as printf does, in the program's locale, cut as the reference cuts.
fn decimal(format: &'static CStr, number: f64, zone: c_int) -> Vec<u8> {
    let mut room = [0u8; VALUE_ROOM];
    // SAFETY: the format takes at most a double and an int, and snprintf writes at most the room's length, NUL
    // included.
    unsafe { libc::snprintf(room.as_mut_ptr().cast::<c_char>(), room.len(), format.as_ptr(), number, zone) };
    CStr::from_bytes_until_nul(&room).unwrap_or_default().to_bytes().to_vec()
}
