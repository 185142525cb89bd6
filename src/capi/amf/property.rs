//! Reading and writing one property.

use super::{AMF_INVALID, is};
use crate::amf::marker;
use crate::capi::guard::guard;
use crate::capi::types::{AMFDataType, AMFObject, AMFObjectProperty, AMFObjectPropertyValue, AVal};
use libc::c_int;

/// The type; `AMF_INVALID` for NULL.
///
/// # Safety
/// `prop` is null or a property.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_GetType(prop: *mut AMFObjectProperty) -> AMFDataType {
    // SAFETY: the caller's promise.
    guard(AMF_INVALID, || unsafe { if prop.is_null() { AMF_INVALID } else { (*prop).p_type } })
}

/// 1 unless the type is `AMF_INVALID`.
///
/// # Safety
/// `prop` is null or a property.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_IsValid(prop: *mut AMFObjectProperty) -> c_int {
    // SAFETY: the caller's promise.
    guard(0, || unsafe { AMFProp_GetType(prop) != AMF_INVALID }.into())
}

/// The number, whatever the type says; 0 for NULL.
///
/// # Safety
/// `prop` is null or a property.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_GetNumber(prop: *mut AMFObjectProperty) -> f64 {
    // SAFETY: the caller's promise; any bits are a double.
    guard(0.0, || unsafe { if prop.is_null() { 0.0 } else { (*prop).p_vu.p_number } })
}

/// 1 unless the number is 0, whatever the type says.
///
/// # Safety
/// `prop` is null or a property.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_GetBoolean(prop: *mut AMFObjectProperty) -> c_int {
    // SAFETY: the caller's promise.
    guard(0, || unsafe { AMFProp_GetNumber(prop) != 0.0 }.into())
}

/// The text of a string; empty for any other type.
///
/// # Safety
/// `prop` is null or a property; `str` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_GetString(prop: *mut AMFObjectProperty, str: *mut AVal) {
    guard((), || {
        if str.is_null() {
            return;
        }
        // SAFETY: the caller's promise; the union holds a text where the type says so.
        unsafe {
            let string = is(AMFProp_GetType(prop), marker::STRING);
            str.write(if string { (*prop).p_vu.p_aval } else { AVal::EMPTY });
        }
    });
}

/// The object, its properties shared with the property; empty for any other type.
///
/// # Safety
/// `prop` is null or a property; `obj` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_GetObject(prop: *mut AMFObjectProperty, obj: *mut AMFObject) {
    guard((), || {
        if obj.is_null() {
            return;
        }
        // SAFETY: the caller's promise; the union holds an object where the type says so.
        unsafe {
            let object = is(AMFProp_GetType(prop), marker::OBJECT);
            obj.write(if object { (*prop).p_vu.p_object } else { AMFObject::EMPTY });
        }
    });
}

/// The name.
///
/// # Safety
/// `prop` is null or a property; `name` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_GetName(prop: *mut AMFObjectProperty, name: *mut AVal) {
    guard((), || {
        if !name.is_null() {
            // SAFETY: the caller's promise.
            unsafe { name.write(if prop.is_null() { AVal::EMPTY } else { (*prop).p_name }) }
        }
    });
}

/// Sets the name; the text is not copied.
///
/// # Safety
/// `prop` is null or writable; `name` is null or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_SetName(prop: *mut AMFObjectProperty, name: *mut AVal) {
    guard((), || {
        if !prop.is_null() && !name.is_null() {
            // SAFETY: the caller's promise.
            unsafe { (*prop).p_name = name.read() }
        }
    });
}

/// Makes the value a number; an object that was in it is not freed.
///
/// # Safety
/// `prop` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_SetNumber(prop: *mut AMFObjectProperty, dval: f64) {
    // SAFETY: the caller's promise.
    unsafe { set(prop, marker::NUMBER, AMFObjectPropertyValue { p_number: dval }) }
}

/// Makes the value a boolean; an object that was in it is not freed.
///
/// # Safety
/// `prop` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_SetBoolean(prop: *mut AMFObjectProperty, bflag: c_int) {
    let p_number = if bflag != 0 { 1.0 } else { 0.0 };
    // SAFETY: the caller's promise.
    unsafe { set(prop, marker::BOOLEAN, AMFObjectPropertyValue { p_number }) }
}

/// Makes the value a string; the text is not copied, and an object that was in the property is not freed.
///
/// # Safety
/// `prop` is null or writable; `str` is null, which does nothing, or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_SetString(prop: *mut AMFObjectProperty, str: *mut AVal) {
    if !str.is_null() {
        // SAFETY: the caller's promise.
        unsafe { set(prop, marker::STRING, AMFObjectPropertyValue { p_aval: str.read() }) }
    }
}

/// Makes the value an object, whose list then belongs to the property; an object that was in it is not freed.
///
/// # Safety
/// `prop` is null or writable; `obj` is null, which does nothing, or an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_SetObject(prop: *mut AMFObjectProperty, obj: *mut AMFObject) {
    if !obj.is_null() {
        // SAFETY: the caller's promise.
        unsafe { set(prop, marker::OBJECT, AMFObjectPropertyValue { p_object: obj.read() }) }
    }
}

/// Sets type and value; the name stays.
///
/// # Safety
/// `prop` is null or writable.
unsafe fn set(prop: *mut AMFObjectProperty, marker: u8, value: AMFObjectPropertyValue) {
    guard((), || {
        if !prop.is_null() {
            // SAFETY: the caller's promise.
            unsafe {
                (*prop).p_type = marker.into();
                (*prop).p_vu = value;
            }
        }
    });
}
