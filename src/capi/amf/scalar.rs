//! Numbers and texts without markers, read where the caller says they are: these functions know no length.

use crate::amf::amf3;
use crate::capi::guard::guard;
use crate::capi::types::AVal;
use libc::{c_char, c_int, c_uint, c_ushort};

/// Bytes at a place that the caller says has them.
///
/// # Safety
/// `data` is null or points to `N` readable bytes.
unsafe fn bytes<const N: usize>(data: *const c_char) -> [u8; N] {
    // SAFETY: the caller's promise; an array of bytes has no alignment.
    if data.is_null() { [0; N] } else { unsafe { data.cast::<[u8; N]>().read() } }
}

/// Reads two bytes, the high one first.
///
/// # Safety
/// `data` is null or points to two bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_DecodeInt16(data: *const c_char) -> c_ushort {
    // SAFETY: the caller's promise.
    guard(0, || c_ushort::from_be_bytes(unsafe { bytes(data) }))
}

/// Reads three bytes, the high one first.
///
/// # Safety
/// `data` is null or points to three bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_DecodeInt24(data: *const c_char) -> c_uint {
    guard(0, || {
        // SAFETY: the caller's promise.
        let [high, middle, low] = unsafe { bytes(data) };
        c_uint::from_be_bytes([0, high, middle, low])
    })
}

/// Reads four bytes, the high one first.
///
/// # Safety
/// `data` is null or points to four bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_DecodeInt32(data: *const c_char) -> c_uint {
    // SAFETY: the caller's promise.
    guard(0, || c_uint::from_be_bytes(unsafe { bytes(data) }))
}

/// Reads a number without its marker.
///
/// # Safety
/// `data` is null or points to eight bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_DecodeNumber(data: *const c_char) -> f64 {
    // SAFETY: the caller's promise.
    guard(0.0, || f64::from_be_bytes(unsafe { bytes(data) }))
}

/// Reads a boolean without its marker.
///
/// # Safety
/// `data` is null or points to a byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_DecodeBoolean(data: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    guard(0, || (unsafe { bytes(data) } != [0]).into())
}

/// A text of this length behind a prefix; the caller says that it is there.
///
/// # Safety
/// `data` points to `prefix` bytes and, behind them, `length`.
unsafe fn text_behind(data: *const c_char, prefix: usize, length: c_int) -> AVal {
    // SAFETY: the caller's promise.
    let av_val = if length > 0 { unsafe { data.add(prefix) }.cast_mut() } else { std::ptr::null_mut() };
    AVal { av_val, av_len: length }
}

/// Reads a string without its marker; the text stays where it is.
///
/// # Safety
/// `data` is null or points to a 16-bit length and as many bytes; `str` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_DecodeString(data: *const c_char, str: *mut AVal) {
    guard((), || {
        if !data.is_null() && !str.is_null() {
            // SAFETY: the caller's promise.
            unsafe { str.write(text_behind(data, size_of::<u16>(), AMF_DecodeInt16(data).into())) }
        }
    });
}

/// Reads a long string without its marker; the text stays where it is. A length above 2^31 - 1 comes out negative.
///
/// # Safety
/// `data` is null or points to a 32-bit length and as many bytes; `str` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_DecodeLongString(data: *const c_char, str: *mut AVal) {
    guard((), || {
        if !data.is_null() && !str.is_null() {
            // SAFETY: the caller's promise.
            unsafe { str.write(text_behind(data, size_of::<u32>(), AMF_DecodeInt32(data).cast_signed())) }
        }
    });
}

/// The bytes of an AMF3 integer: no more are read than it has.
///
/// # Safety
/// `data` points to an AMF3 integer.
unsafe fn integer_bytes(data: *const c_char) -> [u8; amf3::MAX_INTEGER_BYTES] {
    let mut bytes = [0; amf3::MAX_INTEGER_BYTES];
    for (index, slot) in bytes.iter_mut().enumerate() {
        // SAFETY: the caller's promise: each byte before this one says that another follows.
        *slot = unsafe { data.add(index).cast::<u8>().read() };
        if !amf3::continues(*slot) {
            break;
        }
    }
    bytes
}

/// Reads an AMF3 integer into `valp`. Returns how many bytes it takes, 1 to 4; 0 for NULL.
///
/// # Safety
/// `data` is null or points to an AMF3 integer; `valp` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF3ReadInteger(data: *const c_char, valp: *mut i32) -> c_int {
    guard(0, || {
        if data.is_null() || valp.is_null() {
            return 0;
        }
        // SAFETY: the caller's promise.
        let bytes = unsafe { integer_bytes(data) };
        let Some((raw, length)) = amf3::unsigned(&bytes) else { return 0 };
        // SAFETY: the caller's promise.
        unsafe { valp.write(amf3::signed(raw)) };
        c_int::try_from(length).unwrap_or(0)
    })
}

/// Reads AMF3 text; it stays where it is, and a reference is an empty one. Returns how many bytes it takes; 0 for
/// NULL.
///
/// # Safety
/// `data` is null or points to an AMF3 string without its marker; `str` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF3ReadString(data: *const c_char, str: *mut AVal) -> c_int {
    guard(0, || {
        if data.is_null() || str.is_null() {
            return 0;
        }
        // SAFETY: the caller's promise.
        let bytes = unsafe { integer_bytes(data) };
        let Some((header, prefix)) = amf3::header(&bytes) else { return 0 };
        let length = match header {
            amf3::Header::Reference(_) => 0,
            amf3::Header::Inline(length) => c_int::try_from(length).unwrap_or(0),
        };
        // SAFETY: the caller's promise.
        unsafe { str.write(text_behind(data, prefix, length)) };
        c_int::try_from(prefix).unwrap_or(0).saturating_add(length)
    })
}
