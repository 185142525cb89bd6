//! Lists of properties, and AMF3's class definitions: malloc'ed, because programs free them and hand in their own.

use super::{AMF_INVALID, NO_PROPERTY, NO_TEXT, is_container};
use crate::capi::guard::guard;
use crate::capi::types::{AMF3ClassDef, AMFObject, AMFObjectProperty, AVal};
use libc::c_int;

/// Lists grow by so many entries: whenever their length is a multiple of it.
pub(crate) const STEP: usize = 16;

/// A list with room for one more entry behind its `count`: the same, or a longer one in its place; `None` when memory
/// is out, and then the list is as it was.
///
/// # Safety
/// `list` is null or malloc'ed with room for `count` entries rounded up to [`STEP`].
unsafe fn grown<T>(list: *mut T, count: usize) -> Option<*mut T> {
    if !count.is_multiple_of(STEP) {
        return (!list.is_null()).then_some(list);
    }
    let bytes = count.checked_add(STEP)?.checked_mul(size_of::<T>())?;
    // SAFETY: the caller's promise.
    let longer = unsafe { libc::realloc(list.cast(), bytes) }.cast::<T>();
    (!longer.is_null()).then_some(longer)
}

/// A malloc'ed list of these properties with the room that [`AMF_AddProp`] counts on; `None` when memory is out.
pub(super) fn list(properties: &[AMFObjectProperty]) -> Option<AMFObject> {
    if properties.is_empty() {
        return Some(AMFObject::EMPTY);
    }
    let o_num = c_int::try_from(properties.len()).ok()?;
    let bytes = properties.len().next_multiple_of(STEP).checked_mul(size_of::<AMFObjectProperty>())?;
    // SAFETY: malloc'ed memory is aligned for any type, fresh, and has room for the properties.
    unsafe {
        let o_props = libc::malloc(bytes).cast::<AMFObjectProperty>();
        if o_props.is_null() {
            return None;
        }
        std::ptr::copy_nonoverlapping(properties.as_ptr(), o_props, properties.len());
        Some(AMFObject { o_num, o_props })
    }
}

/// Objects that are to be freed, the last one first; each holds the one before it in its first property, in the place of
/// the name, as to free must take no memory.
struct Doomed {
    last: AMFObject,
}

impl Doomed {
    /// Adds an object, or frees it at once when there is nothing in it.
    ///
    /// # Safety
    /// As [`free`].
    unsafe fn push(&mut self, object: AMFObject) {
        // SAFETY: the caller's promise; an object with something in it has a first property.
        unsafe {
            match object.addresses().next() {
                Some(first) => {
                    (*first).p_name = AVal { av_val: self.last.o_props.cast(), av_len: self.last.o_num };
                    self.last = object;
                }
                None => libc::free(object.o_props.cast()),
            }
        }
    }

    fn pop(&mut self) -> Option<AMFObject> {
        let object = self.last;
        // SAFETY: `push` put it there, or there is none.
        let before = unsafe { object.addresses().next()?.read() }.p_name;
        self.last = AMFObject { o_num: before.av_len, o_props: before.av_val.cast() };
        Some(object)
    }
}

/// Frees an object's list and the lists of all objects within; not by recursion, because nobody bounds how deep a
/// program's objects are.
///
/// # Safety
/// The lists are malloc'ed, none is shared, and nobody uses them afterwards.
pub(super) unsafe fn free(object: AMFObject) {
    let mut doomed = Doomed { last: AMFObject::EMPTY };
    // SAFETY: the caller's promise; the union holds an object where the type says so.
    unsafe {
        doomed.push(object);
        while let Some(object) = doomed.pop() {
            for property in object.addresses().map(|address| address.read()) {
                if is_container(property.p_type) {
                    doomed.push(property.p_vu.p_object);
                }
            }
            libc::free(object.o_props.cast());
        }
    }
}

/// Frees an object's properties and makes it empty.
///
/// # Safety
/// `obj` is null or an object whose lists are malloc'ed and used by nobody else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_Reset(obj: *mut AMFObject) {
    guard((), || {
        if !obj.is_null() {
            // SAFETY: the caller's promise; the object is emptied first, in case it lies in what is freed.
            unsafe { free(obj.replace(AMFObject::EMPTY)) }
        }
    });
}

/// Appends a copy of a property; nothing when memory is out.
///
/// # Safety
/// `obj` is null or an object whose list came from this library, or is malloc'ed with room for a multiple of 16;
/// `prop` is null or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_AddProp(obj: *mut AMFObject, prop: *const AMFObjectProperty) {
    guard((), || {
        if obj.is_null() || prop.is_null() {
            return;
        }
        // SAFETY: the caller's promise; the property is copied first, because it may lie in the list that moves.
        unsafe {
            let property = prop.read();
            let Ok(count) = usize::try_from((*obj).o_num) else { return };
            let (Some(more), Some(o_props)) = ((*obj).o_num.checked_add(1), grown((*obj).o_props, count))
            else {
                crate::error!("AMF: no memory for another property");
                return;
            };
            o_props.add(count).write(property);
            obj.write(AMFObject { o_num: more, o_props });
        }
    });
}

/// The number of properties.
///
/// # Safety
/// `obj` is null or an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_CountProp(obj: *mut AMFObject) -> c_int {
    // SAFETY: the caller's promise.
    guard(0, || unsafe { if obj.is_null() { 0 } else { (*obj).o_num } })
}

/// The property at an index or, when the index is negative, the first of this name. When there is none, a property
/// of type `AMF_INVALID`; never NULL.
///
/// # Safety
/// `obj` is null or an object whose properties and names are readable; `name` is null or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF_GetProp(
    obj: *mut AMFObject,
    name: *const AVal,
    nIndex: c_int,
) -> *mut AMFObjectProperty {
    let nothing = NO_PROPERTY.0.get();
    guard(nothing, || {
        if obj.is_null() {
            return nothing;
        }
        // SAFETY: the caller's promise.
        let mut addresses = unsafe { obj.read().addresses() };
        let found = match usize::try_from(nIndex) {
            Ok(index) => addresses.nth(index),
            Err(_) if name.is_null() => None,
            Err(_) => {
                // SAFETY: the caller's promise.
                let name = unsafe { name.read().bytes() };
                // SAFETY: the caller's promise.
                addresses.find(|address| unsafe { address.read().p_name.bytes() } == name)
            }
        };
        found.unwrap_or(nothing)
    })
}

/// Makes a property invalid, freeing the object in it; its name stays.
///
/// # Safety
/// `prop` is null or a property; an object in it has malloc'ed lists that nobody else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMFProp_Reset(prop: *mut AMFObjectProperty) {
    guard((), || {
        if prop.is_null() {
            return;
        }
        // SAFETY: the caller's promise; the union holds an object where the type says so.
        unsafe {
            let before = prop.read();
            (*prop).p_type = AMF_INVALID;
            (*prop).p_vu.p_aval = AVal::EMPTY;
            if is_container(before.p_type) {
                free(before.p_vu.p_object);
            }
        }
    });
}

/// Appends a member's name to a class definition; nothing when memory is out.
///
/// # Safety
/// `cd` is null or a class definition whose list came from this function or is null; `prop` is null or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF3CD_AddProp(cd: *mut AMF3ClassDef, prop: *mut AVal) {
    guard((), || {
        if cd.is_null() || prop.is_null() {
            return;
        }
        // SAFETY: the caller's promise; the name is copied first, because it may lie in the list that moves.
        unsafe {
            let name = prop.read();
            let Ok(count) = usize::try_from((*cd).cd_num) else { return };
            let (Some(more), Some(names)) = ((*cd).cd_num.checked_add(1), grown((*cd).cd_props, count))
            else {
                crate::error!("AMF: no memory for another member of a class");
                return;
            };
            names.add(count).write(name);
            (*cd).cd_props = names;
            (*cd).cd_num = more;
        }
    });
}

/// The member's name at an index; an empty text when there is none, never NULL.
///
/// # Safety
/// `cd` is null or a class definition whose names are readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AMF3CD_GetProp(cd: *mut AMF3ClassDef, idx: c_int) -> *mut AVal {
    let nothing = NO_TEXT.0.get();
    guard(nothing, || {
        if cd.is_null() || idx < 0 {
            return nothing;
        }
        // SAFETY: the caller's promise; the index is below the count.
        unsafe {
            let (list, count) = ((*cd).cd_props, (*cd).cd_num);
            match usize::try_from(idx) {
                Ok(index) if idx < count && !list.is_null() => list.add(index),
                _ => nothing,
            }
        }
    })
}
