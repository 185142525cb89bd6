//! `RTMP_SetOpt`: what each option of the table does to `struct RTMP`.

use crate::amf::marker;
use crate::capi::amf::is;
use crate::capi::amf::object::AMF_AddProp;
use crate::capi::extra;
use crate::capi::guard::guard;
use crate::capi::texts;
use crate::capi::types::{AMFObject, AMFObjectProperty, AMFObjectPropertyValue, AVal, RTMP};
use crate::log::Text;
use crate::options::conn::{Item, Value};
use crate::options::{self, Effect, Number, conn};
use crate::session::TextSetting;
use crate::{Error, Result};
use libc::c_int;

/// Sets an option by its name. Text is not copied: it must stay alive as long as the option is used.
///
/// Returns 1, or 0 for an unknown name or a value that cannot be used.
///
/// # Safety
/// Each pointer is null or points to its structure, `r`'s prepared by `RTMP_Init`; the texts are readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SetOpt(r: *mut RTMP, opt: *const AVal, arg: *mut AVal) -> c_int {
    guard(0, || {
        if r.is_null() || opt.is_null() || arg.is_null() {
            return 0;
        }
        // SAFETY: not null, so the caller's promise holds; both are copied at once.
        let (name, value) = unsafe { (*opt, *arg) };
        // SAFETY: the caller's promise.
        unsafe { c_int::from(set(r, name.bytes(), value)) }
    })
}

/// Sets an option; false, with a log line, when that cannot be done.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared; `value` is readable text.
pub(super) unsafe fn set(r: *mut RTMP, name: &[u8], value: AVal) -> bool {
    let Some(option) = options::find(name) else {
        crate::error!("Unknown option {}", Text(name));
        options::log_all();
        return false;
    };
    // SAFETY: the caller's promise.
    let bytes = unsafe { value.bytes() };
    // SAFETY: the caller's promise; only fields of the structure are written.
    let result = unsafe {
        match &option.effect {
            Effect::Text(which) => {
                texts::set(r, *which, value);
                if *which == TextSetting::SocksHost {
                    (*r).Link.socksport = 0;
                }
                Ok(())
            }
            Effect::Flag(flag) => {
                if options::is_true(bytes) {
                    (*r).Link.lFlags |= flag;
                }
                Ok(())
            }
            Effect::Number(number) => {
                *number_field(r, *number) = options::integer(bytes);
                Ok(())
            }
            Effect::Conn => append(r, bytes),
            Effect::Extra(_, set) => extra::update(r, |extra| set(extra, bytes)),
        }
    };
    result.inspect_err(|error| crate::error!("{error}")).is_ok()
}

/// Where a number stands.
///
/// # Safety
/// `r` points to a structure.
unsafe fn number_field(r: *mut RTMP, which: Number) -> *mut c_int {
    // SAFETY: only addresses inside the structure are taken.
    unsafe {
        match which {
            Number::SwfAge => &raw mut (*r).Link.swfAge,
            Number::SeekTime => &raw mut (*r).Link.seekTime,
            Number::StopTime => &raw mut (*r).Link.stopTime,
            Number::BufferMs => &raw mut (*r).m_nBufferMS,
            Number::Timeout => &raw mut (*r).Link.timeout,
        }
    }
}

/// The `conn` option: appends one item to `Link.extras`, or opens or closes an object there.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared, `Link.extras` is as the library or AMF_AddProp left it.
unsafe fn append(r: *mut RTMP, text: &[u8]) -> Result<()> {
    // SAFETY: the caller's promise.
    unsafe {
        extra::begin_extras(r);
        // Only now, as an object that an earlier session's options left open has gone with them.
        let depth = (*r).Link.edepth;
        match conn::parse(text, depth)? {
            Item::Close => (*r).Link.edepth = depth.saturating_sub(1),
            Item::Open(name) => {
                let value = AMFObjectPropertyValue { p_object: AMFObject::EMPTY };
                add(r, depth, name, marker::OBJECT, value)?;
                (*r).Link.edepth = depth.saturating_add(1);
            }
            Item::Property(name, value) => {
                let (kind, value) = typed(&value);
                add(r, depth, name, kind, value)?;
            }
        }
    }
    Ok(())
}

/// A value in C's form, and its type.
fn typed(value: &Value<'_>) -> (u8, AMFObjectPropertyValue) {
    match *value {
        Value::Number(p_number) => (marker::NUMBER, AMFObjectPropertyValue { p_number }),
        Value::Boolean(p_number) => (marker::BOOLEAN, AMFObjectPropertyValue { p_number }),
        Value::String(text) => (marker::STRING, AMFObjectPropertyValue { p_aval: AVal::borrowing(text) }),
        Value::Null => (marker::NULL, AMFObjectPropertyValue { p_aval: AVal::EMPTY }),
    }
}

/// Appends a property to the object that is open at this depth.
///
/// # Safety
/// As [`append`].
unsafe fn add(
    r: *mut RTMP,
    depth: c_int,
    name: &[u8],
    kind: u8,
    value: AMFObjectPropertyValue,
) -> Result<()> {
    let p_name = if name.is_empty() { AVal::EMPTY } else { AVal::borrowing(name) };
    let property = AMFObjectProperty { p_name, p_type: kind.into(), p_vu: value, p_UTCoffset: 0 };
    // SAFETY: the caller's promise.
    unsafe {
        let object = innermost(&raw mut (*r).Link.extras, depth)?;
        let count = (*object).o_num;
        AMF_AddProp(object, &raw const property);
        if (*object).o_num == count {
            return Err(Error::Usage("option conn: no memory for another value".into()));
        }
    }
    Ok(())
}

/// The object that is open at this depth: each is the last property of the one around it.
///
/// # Safety
/// `object` is well formed: `o_props` holds `o_num` properties.
unsafe fn innermost(object: *mut AMFObject, depth: c_int) -> Result<*mut AMFObject> {
    let mut object = object;
    for _ in 0..depth {
        // SAFETY: the caller's promise; the type says which member of the union is valid.
        unsafe {
            let last = usize::try_from((*object).o_num).unwrap_or(0).checked_sub(1);
            object = match last.filter(|_| !(*object).o_props.is_null()) {
                Some(last) if is((*(*object).o_props.add(last)).p_type, marker::OBJECT) => {
                    &raw mut (*(*object).o_props.add(last)).p_vu.p_object
                }
                _ => return Err(Error::Usage("option conn: no object is open".into())),
            };
        }
    }
    Ok(object)
}
