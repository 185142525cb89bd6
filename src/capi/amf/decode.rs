//! The decoders: bounded by the length that the caller gives, texts pointing into the caller's input.

use super::{is_container, object};
use crate::amf::{Decoder, Malformed, Property, Value, marker};
use crate::capi::guard::guard;
use crate::capi::types::{AMFDataType, AMFObject, AMFObjectProperty, AMFObjectPropertyValue, AVal};
use libc::{c_char, c_int};

/// What the decoders return for bytes they cannot decode.
const FAILED: c_int = -1;

/// The caller's input; `None` when there is none.
///
/// # Safety
/// `buffer` is null or points to `size` readable bytes that nobody changes while the result lives.
unsafe fn input<'a>(buffer: *const c_char, size: c_int) -> Option<&'a [u8]> {
    let size = usize::try_from(size).ok().filter(|size| *size > 0 && !buffer.is_null())?;
    // SAFETY: the caller's promise.
    Some(unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), size) })
}

/// A text over the caller's input; a null pointer when it is empty.
fn text(bytes: &[u8]) -> AVal {
    if bytes.is_empty() { AVal::EMPTY } else { AVal::borrowing(bytes) }
}

/// Says in the log why nothing was decoded: input that ends early is the peer's usual trouble, the rest an error.
fn report(why: Malformed) {
    match why {
        Malformed::Truncated => crate::debug!("AMF: {why}"),
        _ => crate::error!("AMF: cannot decode: {why}"),
    }
}

/// Bytes consumed, or [`FAILED`] with the reason in the log.
fn outcome(result: Result<(), Malformed>, decoder: &Decoder<'_>) -> c_int {
    match result {
        Ok(()) => c_int::try_from(decoder.consumed()).unwrap_or(FAILED),
        Err(why) => {
            report(why);
            FAILED
        }
    }
}

/// A value in the caller's form, its lists malloc'ed; `None` when memory is out. The depth of a decoded value is
/// bounded, and so is this recursion.
fn property(name: &[u8], value: Value<'_>) -> Option<AMFObjectProperty> {
    let mut p_UTCoffset = 0;
    let (marker, p_vu) = match value {
        Value::Number(p_number) => (marker::NUMBER, AMFObjectPropertyValue { p_number }),
        Value::Boolean(flag) => (marker::BOOLEAN, AMFObjectPropertyValue { p_number: flag.into() }),
        Value::String(bytes) => (marker::STRING, AMFObjectPropertyValue { p_aval: text(bytes) }),
        Value::Xml(bytes) => (marker::XML, AMFObjectPropertyValue { p_aval: text(bytes) }),
        Value::Null => (marker::NULL, AMFObjectPropertyValue { p_object: AMFObject::EMPTY }),
        Value::Date { milliseconds, zone } => {
            p_UTCoffset = zone;
            (marker::DATE, AMFObjectPropertyValue { p_number: milliseconds })
        }
        Value::Object(object) => {
            (marker::OBJECT, AMFObjectPropertyValue { p_object: list(object.properties)? })
        }
        Value::EcmaArray(object) => {
            (marker::ECMA_ARRAY, AMFObjectPropertyValue { p_object: list(object.properties)? })
        }
        Value::StrictArray(values) => {
            let unnamed = values.into_iter().map(|value| Property { name: &[], value });
            (marker::STRICT_ARRAY, AMFObjectPropertyValue { p_object: list(unnamed)? })
        }
    };
    Some(AMFObjectProperty { p_name: text(name), p_type: marker.into(), p_vu, p_UTCoffset })
}

/// A malloc'ed list of these properties; `None`, and nothing left behind, when memory is out.
fn list<'a>(properties: impl IntoIterator<Item = Property<'a>>) -> Option<AMFObject> {
    let properties = properties.into_iter();
    let mut done = Vec::new();
    if done.try_reserve_exact(properties.size_hint().0).is_err() {
        return give_up(&done);
    }
    for Property { name, value } in properties {
        match property(name, value) {
            Some(property) => done.push(property),
            None => return give_up(&done),
        }
    }
    object::list(&done).or_else(|| give_up(&done))
}

fn give_up(done: &[AMFObjectProperty]) -> Option<AMFObject> {
    crate::error!("AMF: no memory for the properties of an object");
    for property in done.iter().filter(|property| is_container(property.p_type)) {
        // SAFETY: `property` made the lists just now, and nobody else has seen them.
        unsafe { object::free(property.p_vu.p_object) };
    }
    None
}

/// Decodes properties into the caller's object; on failure it holds those before the bad one.
///
/// # Safety
/// `obj` is null or writable; `buffer` is null or points to `size` readable bytes.
unsafe fn decode_object(
    obj: *mut AMFObject,
    buffer: *const c_char,
    size: c_int,
    decode: impl for<'a> FnOnce(&mut Decoder<'a>, &mut Vec<Property<'a>>) -> Result<(), Malformed>,
) -> c_int {
    guard(FAILED, || {
        if obj.is_null() {
            return FAILED;
        }
        // SAFETY: the caller's promise. The object is emptied before anything can fail.
        unsafe { obj.write(AMFObject::EMPTY) };
        // SAFETY: the caller's promise.
        let mut decoder = Decoder::classic(unsafe { input(buffer, size) }.unwrap_or_default());
        let mut properties = Vec::new();
        let result = decode(&mut decoder, &mut properties);
        let Some(object) = list(properties) else { return FAILED };
        // SAFETY: the caller's promise.
        unsafe { obj.write(object) };
        outcome(result, &decoder)
    })
}

/// Decodes properties (values without names when `bDecodeName` is 0) to the end of the object or of the input,
/// whichever comes first. Returns the bytes consumed, or -1 with the properties before the bad one in `obj`. What was
/// in `obj` before is not freed.
///
/// # Safety
/// `obj` is null or writable; `pBuffer` is null or points to `nSize` bytes, which must stay while `obj` is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_Decode(
    obj: *mut AMFObject,
    pBuffer: *const c_char,
    nSize: c_int,
    bDecodeName: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        decode_object(obj, pBuffer, nSize, |decoder, into| decoder.properties_into(into, bDecodeName != 0))
    }
}

/// Decodes `nArrayLen` properties, as [`AMF_Decode`] does.
///
/// # Safety
/// As [`AMF_Decode`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_DecodeArray(
    obj: *mut AMFObject,
    pBuffer: *const c_char,
    nSize: c_int,
    nArrayLen: c_int,
    bDecodeName: c_int,
) -> c_int {
    let count = usize::try_from(nArrayLen).unwrap_or(0);
    // SAFETY: the caller's promise.
    unsafe {
        decode_object(obj, pBuffer, nSize, |decoder, into| {
            decoder.elements_into(into, count, bDecodeName != 0)
        })
    }
}

/// Decodes an AMF3 object, its marker included when `bDecodeName` is not 0. Returns the bytes consumed, or -1 with the
/// properties before the bad one in `obj`. What was in `obj` before is not freed.
///
/// # Safety
/// As [`AMF_Decode`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF3_Decode(
    obj: *mut AMFObject,
    pBuffer: *const c_char,
    nSize: c_int,
    bDecodeName: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        decode_object(obj, pBuffer, nSize, |decoder, into| {
            if bDecodeName != 0 {
                decoder.skip_object_marker()?;
            }
            decoder.amf3_properties_into(into)
        })
    }
}

/// Decodes a property, or a value without a name when `bDecodeName` is 0. Returns the bytes consumed, or -1; then
/// what was decoded of name and type is in `prop`, and no object that would have to be freed.
///
/// # Safety
/// `prop` is null or writable; `pBuffer` is null or points to `nSize` bytes, which must stay while `prop` is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_Decode(
    prop: *mut AMFObjectProperty,
    pBuffer: *const c_char,
    nSize: c_int,
    bDecodeName: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        decode_property(prop, pBuffer, nSize, |decoder, into| {
            if bDecodeName != 0 {
                into.name(decoder.name()?);
            }
            let marker = decoder.marker()?;
            into.kind(marker);
            decoder.value_of(marker).map(Some)
        })
    }
}

/// Decodes an AMF3 property, or a value without a name when `bDecodeName` is 0. An empty name has no value. Returns
/// the bytes consumed, or -1.
///
/// # Safety
/// As [`AMFProp_Decode`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF3Prop_Decode(
    prop: *mut AMFObjectProperty,
    pBuffer: *const c_char,
    nSize: c_int,
    bDecodeName: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        decode_property(prop, pBuffer, nSize, |decoder, into| {
            if bDecodeName != 0 {
                let name = decoder.amf3_text()?;
                if name.is_empty() {
                    return Ok(None);
                }
                into.name(name);
            }
            decoder.amf3_value().map(Some)
        })
    }
}

/// The caller's property while it is being decoded.
struct Destination(*mut AMFObjectProperty);

impl Destination {
    fn name(&mut self, name: &[u8]) {
        // SAFETY: `decode_property` made this of a writable property.
        unsafe { (*self.0).p_name = text(name) }
    }

    /// Sets the type as soon as it is known; an object or array is empty until it is decoded.
    fn kind(&mut self, marker: u8) {
        let switched = if marker == marker::AVMPLUS { marker::OBJECT } else { marker };
        // An unknown one is seen as the machine's `char`, which has a sign on x86 and none on ARM.
        let p_type = switched as c_char as AMFDataType;
        // SAFETY: as in `name`.
        unsafe {
            (*self.0).p_type = p_type;
            if is_container(p_type) {
                (*self.0).p_vu = AMFObjectPropertyValue { p_object: AMFObject::EMPTY };
            }
        }
    }

    /// Sets everything but the name; `None` when memory is out.
    fn value(&mut self, value: Value<'_>) -> Option<()> {
        let property = property(&[], value)?;
        // SAFETY: as in `name`.
        unsafe {
            (*self.0).p_type = property.p_type;
            (*self.0).p_vu = property.p_vu;
            (*self.0).p_UTCoffset = property.p_UTCoffset;
        }
        Some(())
    }
}

/// Decodes one property into the caller's.
///
/// # Safety
/// As [`AMFProp_Decode`].
unsafe fn decode_property(
    prop: *mut AMFObjectProperty,
    buffer: *const c_char,
    size: c_int,
    decode: impl for<'a> FnOnce(&mut Decoder<'a>, &mut Destination) -> Result<Option<Value<'a>>, Malformed>,
) -> c_int {
    guard(FAILED, || {
        if prop.is_null() {
            return FAILED;
        }
        let mut destination = Destination(prop);
        destination.name(&[]);
        // SAFETY: the caller's promise.
        let mut decoder = Decoder::classic(unsafe { input(buffer, size) }.unwrap_or_default());
        let result = match decode(&mut decoder, &mut destination) {
            Ok(Some(value)) => match destination.value(value) {
                Some(()) => Ok(()),
                None => return FAILED,
            },
            Ok(None) => Ok(()),
            Err(why) => Err(why),
        };
        outcome(result, &decoder)
    })
}
