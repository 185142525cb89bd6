//! Looking for a property in an object and in the objects within; not of `amf.h`, but of `rtmp.h`.

use crate::amf::marker;
use crate::capi::amf::{MAX_DEPTH, is};
use crate::capi::guard::guard;
use crate::capi::types::{AMFDataType, AMFObject, AMFObjectProperty, AVal};
use libc::c_int;

/// Copies the first property of this name into `p`, searching depth first through objects and ECMA arrays.
/// Returns 1 when there is one, else 0 with `p` unchanged.
///
/// # Safety
/// `obj` is null or an object whose properties and names are readable; `name` is null or points to a text; `p` is
/// null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_FindFirstMatchingProperty(
    obj: *mut AMFObject,
    name: *const AVal,
    p: *mut AMFObjectProperty,
) -> c_int {
    let enters = |kind| is(kind, marker::OBJECT) || is(kind, marker::ECMA_ARRAY);
    // SAFETY: the caller's promise.
    unsafe { search(obj, name, p, &|name, wanted| name == wanted, &enters) }
}

/// Copies the first property whose name begins with `name` and is longer into `p`, searching depth first through
/// objects, but not through arrays. Returns 1 when there is one, else 0 with `p` unchanged.
///
/// # Safety
/// As [`RTMP_FindFirstMatchingProperty`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_FindPrefixProperty(
    obj: *mut AMFObject,
    name: *const AVal,
    p: *mut AMFObjectProperty,
) -> c_int {
    let longer = |name: &[u8], prefix: &[u8]| name.len() > prefix.len() && name.starts_with(prefix);
    // SAFETY: the caller's promise.
    unsafe { search(obj, name, p, &longer, &|kind| is(kind, marker::OBJECT)) }
}

/// The body of both exports: `matches` judges a name, `enters` says which types are looked into.
///
/// # Safety
/// As [`RTMP_FindFirstMatchingProperty`].
unsafe fn search(
    obj: *mut AMFObject,
    name: *const AVal,
    p: *mut AMFObjectProperty,
    matches: &dyn Fn(&[u8], &[u8]) -> bool,
    enters: &dyn Fn(AMFDataType) -> bool,
) -> c_int {
    guard(0, || {
        if obj.is_null() || name.is_null() || p.is_null() {
            return 0;
        }
        // SAFETY: the caller's promise; the property is copied out before it is written, so `p` may lie anywhere.
        unsafe {
            let wanted = name.read().bytes();
            match first(obj.read(), &|name| matches(name, wanted), enters, 0) {
                Some(found) => {
                    p.write(found);
                    1
                }
                None => 0,
            }
        }
    })
}

/// The first property whose name matches, depth first; `depth` objects are around `object`.
///
/// # Safety
/// `object`'s properties and their names are readable.
unsafe fn first(
    object: AMFObject,
    matches: &dyn Fn(&[u8]) -> bool,
    enters: &dyn Fn(AMFDataType) -> bool,
    depth: u32,
) -> Option<AMFObjectProperty> {
    if depth > MAX_DEPTH {
        return None;
    }
    // SAFETY: the caller's promise; the union holds an object where the type says so.
    unsafe {
        object.addresses().find_map(|address| {
            let property = address.read();
            if matches(property.p_name.bytes()) {
                return Some(property);
            }
            enters(property.p_type).then(|| first(property.p_vu.p_object, matches, enters, depth + 1))?
        })
    }
}
