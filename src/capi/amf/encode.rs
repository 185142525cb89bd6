//! The encoders: each returns where the next value goes, or NULL when this one does not fit. The room that each asks
//! for is the reference's, which for some is more than it then uses.

use super::{AMF_INVALID, MAX_DEPTH, is, is_container};
use crate::amf::{MAX_SHORT_STRING, marker};
use crate::capi::guard::guard;
use crate::capi::types::{AMFObject, AMFObjectProperty, AVal};
use libc::{c_char, c_int, c_short};
use std::ptr::null_mut;

/// What the caller gave to write into.
#[derive(Clone, Copy)]
struct Room {
    at: *mut u8,
    end: *mut u8,
}

/// More bytes than a property takes besides its name, its text and what is in it.
const MOST_OVERHEAD: usize = 16;

/// Room in which a property can be encoded.
///
/// # Safety
/// The property's texts and objects are readable.
pub(crate) unsafe fn most_bytes(property: AMFObjectProperty) -> usize {
    // SAFETY: the caller's promise.
    unsafe { most_bytes_within(property, 0) }
}

/// What nests too deep is not encoded, and takes no room.
///
/// # Safety
/// As [`most_bytes`].
unsafe fn most_bytes_within(property: AMFObjectProperty, depth: u32) -> usize {
    let (_, name) = parts(property.p_name);
    // SAFETY: the caller's promise; the union's field is the one of the type.
    let value = unsafe {
        if is(property.p_type, marker::STRING) {
            parts(property.p_vu.p_aval).1
        } else if is_container(property.p_type) && depth < MAX_DEPTH {
            let within = property.p_vu.p_object.addresses();
            let sizes = within.map(|address| most_bytes_within(address.read(), depth + 1));
            sizes.fold(0, usize::saturating_add)
        } else {
            0
        }
    };
    MOST_OVERHEAD.saturating_add(name).saturating_add(value)
}

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
        let mut room = Room { at: output.cast(), end: outend.cast() };
        match write(&mut room) {
            Some(()) => room.at.cast(),
            None => null_mut(),
        }
    })
}

impl Room {
    fn left(&self) -> usize {
        self.end.addr().saturating_sub(self.at.addr())
    }

    /// Fails unless more than `n` bytes are left: the reference's way of asking for room.
    fn more_than(&self, n: usize) -> Option<()> {
        (self.left() > n).then_some(())
    }

    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        // SAFETY: a slice is readable for its length.
        unsafe { self.put_raw(bytes.as_ptr(), bytes.len()) }
    }

    /// Writes bytes that may lie in the caller's output memory, too.
    ///
    /// # Safety
    /// `bytes` points to `length` readable bytes, or `length` is 0.
    unsafe fn put_raw(&mut self, bytes: *const u8, length: usize) -> Option<()> {
        if self.left() < length {
            return None;
        }
        if length > 0 {
            // SAFETY: `at..end` is writable by the promise to `encode` and holds at least `length` bytes; `copy`
            // allows overlap.
            unsafe {
                std::ptr::copy(bytes, self.at, length);
                self.at = self.at.add(length);
            }
        }
        Some(())
    }

    fn marker(&mut self, marker: u8) -> Option<()> {
        self.put(&[marker])
    }

    fn number(&mut self, number: f64) -> Option<()> {
        self.more_than(size_of::<f64>())?;
        self.marker(marker::NUMBER)?;
        self.put(&number.to_be_bytes())
    }

    fn boolean(&mut self, flag: bool) -> Option<()> {
        self.more_than(1)?;
        self.put(&[marker::BOOLEAN, flag.into()])
    }

    /// Asks for the room of a long string even for a short one.
    ///
    /// # Safety
    /// `text` points to its bytes.
    unsafe fn string(&mut self, text: AVal) -> Option<()> {
        let (bytes, length) = parts(text);
        self.more_than(length.checked_add(size_of::<u32>())?)?;
        match u16::try_from(length) {
            Ok(short) => {
                self.marker(marker::STRING)?;
                self.put(&short.to_be_bytes())?;
            }
            Err(_) => {
                self.marker(marker::LONG_STRING)?;
                self.put(&u32::try_from(length).ok()?.to_be_bytes())?;
            }
        }
        // SAFETY: the caller's promise.
        unsafe { self.put_raw(bytes, length) }
    }

    /// # Safety
    /// `name` points to its bytes.
    unsafe fn name(&mut self, name: AVal) -> Option<()> {
        let (bytes, length) = parts(name);
        let Ok(short) = u16::try_from(length) else {
            error!("AMF: a name of {length} bytes cannot be encoded, the longest has {MAX_SHORT_STRING}");
            return None;
        };
        if self.left() < length.checked_add(size_of::<u16>())? {
            return None;
        }
        self.put(&short.to_be_bytes())?;
        // SAFETY: the caller's promise.
        unsafe { self.put_raw(bytes, length) }
    }

    /// # Safety
    /// As [`AMFProp_Encode`].
    unsafe fn property(&mut self, property: AMFObjectProperty, depth: u32) -> Option<()> {
        let kind = property.p_type;
        if kind == AMF_INVALID {
            return None;
        }
        if is(kind, marker::NULL) {
            self.more_than(1)?;
            return self.marker(marker::NULL);
        }
        let (_, name_length) = parts(property.p_name);
        self.more_than(name_length.checked_add(size_of::<u16>() + 1)?)?;
        // SAFETY: the caller's promise; the union's field is the one of the type.
        unsafe {
            if name_length > 0 {
                self.name(property.p_name)?;
            }
            let value = property.p_vu;
            if is(kind, marker::NUMBER) {
                self.number(value.p_number)
            } else if is(kind, marker::BOOLEAN) {
                self.boolean(value.p_number != 0.0)
            } else if is(kind, marker::STRING) {
                self.string(value.p_aval)
            } else if is(kind, marker::OBJECT) {
                self.object(value.p_object, depth)
            } else if is(kind, marker::ECMA_ARRAY) {
                self.ecma_array(value.p_object, depth)
            } else if is(kind, marker::STRICT_ARRAY) {
                self.strict_array(value.p_object, depth)
            } else {
                error!("AMF: a value of type 0x{kind:02x} cannot be encoded");
                None
            }
        }
    }

    /// Writes properties up to the first that fails, and none of that one.
    ///
    /// # Safety
    /// As [`AMFProp_Encode`].
    unsafe fn properties(&mut self, object: AMFObject, depth: u32) -> Option<()> {
        if depth >= MAX_DEPTH {
            error!("AMF: objects that nest more than {MAX_DEPTH} deep cannot be encoded");
            return None;
        }
        // SAFETY: the caller's promise.
        for (index, property) in unsafe { object.addresses() }.enumerate() {
            let mut attempt = *self;
            // SAFETY: the caller's promise; the property is copied before anything is written.
            if unsafe { attempt.property(property.read(), depth + 1) }.is_none() {
                error!("AMF: property {index} of an object was not encoded, nor those behind it");
                break;
            }
            *self = attempt;
        }
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        self.more_than(marker::END.len())?;
        self.put(&marker::END)
    }

    /// # Safety
    /// As [`AMF_Encode`].
    unsafe fn object(&mut self, object: AMFObject, depth: u32) -> Option<()> {
        self.more_than(marker::END.len() + 1)?;
        self.marker(marker::OBJECT)?;
        // SAFETY: the caller's promise.
        unsafe { self.properties(object, depth)? };
        self.end()
    }

    /// # Safety
    /// As [`AMF_Encode`].
    unsafe fn ecma_array(&mut self, object: AMFObject, depth: u32) -> Option<()> {
        // SAFETY: the caller's promise.
        unsafe { self.counted(marker::ECMA_ARRAY, object, depth)? };
        self.end()
    }

    /// # Safety
    /// As [`AMF_Encode`].
    unsafe fn strict_array(&mut self, object: AMFObject, depth: u32) -> Option<()> {
        // SAFETY: the caller's promise.
        unsafe { self.counted(marker::STRICT_ARRAY, object, depth) }
    }

    /// # Safety
    /// As [`AMF_Encode`].
    unsafe fn counted(&mut self, marker: u8, object: AMFObject, depth: u32) -> Option<()> {
        self.more_than(size_of::<u32>())?;
        self.marker(marker)?;
        self.put(&object.o_num.to_be_bytes())?;
        // SAFETY: the caller's promise.
        unsafe { self.properties(object, depth) }
    }
}

/// Where a text's bytes are and how many; none for a null pointer or a length that is not positive.
fn parts(text: AVal) -> (*const u8, usize) {
    let length = if text.av_val.is_null() { 0 } else { usize::try_from(text.av_len).unwrap_or(0) };
    (text.av_val.cast(), length)
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
