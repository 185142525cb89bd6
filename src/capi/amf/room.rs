//! The caller's memory that is encoded into, and what each value takes of it.

use super::{AMF_INVALID, MAX_DEPTH, is, is_container};
use crate::amf::{MAX_SHORT_STRING, marker};
use crate::capi::types::{AMFObject, AMFObjectProperty, AVal};
use libc::c_char;

/// What the caller gave to write into.
#[derive(Clone, Copy)]
pub(super) struct Room {
    at: *mut u8,
    end: *mut u8,
}

impl Room {
    /// The memory from `start` to `end`.
    ///
    /// # Safety
    /// That memory is writable for as long as this lives.
    pub(super) unsafe fn new(start: *mut c_char, end: *mut c_char) -> Self {
        Self { at: start.cast(), end: end.cast() }
    }

    /// Where the next byte goes.
    pub(super) fn at(&self) -> *mut c_char {
        self.at.cast()
    }

    fn left(&self) -> usize {
        self.end.addr().saturating_sub(self.at.addr())
    }

    /// Fails unless more than `n` bytes are left: the reference's way of asking for room.
    fn more_than(&self, n: usize) -> Option<()> {
        (self.left() > n).then_some(())
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> Option<()> {
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
            // SAFETY: `at..end` is writable, as `new`'s caller promised, and holds at least `length` bytes; `copy` allows
            // overlap.
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

    pub(super) fn number(&mut self, number: f64) -> Option<()> {
        self.more_than(size_of::<f64>())?;
        self.marker(marker::NUMBER)?;
        self.put(&number.to_be_bytes())
    }

    pub(super) fn boolean(&mut self, flag: bool) -> Option<()> {
        self.more_than(1)?;
        self.put(&[marker::BOOLEAN, flag.into()])
    }

    /// Asks for the room of a long string even for a short one.
    ///
    /// # Safety
    /// `text` points to its bytes.
    pub(super) unsafe fn string(&mut self, text: AVal) -> Option<()> {
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
    pub(super) unsafe fn name(&mut self, name: AVal) -> Option<()> {
        let (bytes, length) = parts(name);
        let Ok(short) = u16::try_from(length) else {
            crate::error!("AMF: a name of {length} bytes cannot be encoded; the most is {MAX_SHORT_STRING}");
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
    /// The property's texts and objects are readable.
    pub(super) unsafe fn property(&mut self, property: AMFObjectProperty, depth: u32) -> Option<()> {
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
                crate::error!("AMF: a value of type 0x{kind:02x} cannot be encoded");
                None
            }
        }
    }

    /// Writes properties up to the first that fails, and none of that one.
    ///
    /// # Safety
    /// The property's texts and objects are readable.
    unsafe fn properties(&mut self, object: AMFObject, depth: u32) -> Option<()> {
        if depth >= MAX_DEPTH {
            crate::error!("AMF: objects that nest more than {MAX_DEPTH} deep cannot be encoded");
            return None;
        }
        // SAFETY: the caller's promise.
        for (index, property) in unsafe { object.addresses() }.enumerate() {
            let mut attempt = *self;
            // SAFETY: the caller's promise; the property is copied before anything is written.
            if unsafe { attempt.property(property.read(), depth + 1) }.is_none() {
                crate::error!("AMF: property {index} of an object was not encoded, nor those behind it");
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
    /// The object's properties, and their texts and objects, are readable.
    pub(super) unsafe fn object(&mut self, object: AMFObject, depth: u32) -> Option<()> {
        self.more_than(marker::END.len() + 1)?;
        self.marker(marker::OBJECT)?;
        // SAFETY: the caller's promise.
        unsafe { self.properties(object, depth)? };
        self.end()
    }

    /// # Safety
    /// The object's properties, and their texts and objects, are readable.
    pub(super) unsafe fn ecma_array(&mut self, object: AMFObject, depth: u32) -> Option<()> {
        // SAFETY: the caller's promise.
        unsafe { self.counted(marker::ECMA_ARRAY, object, depth)? };
        self.end()
    }

    /// # Safety
    /// The object's properties, and their texts and objects, are readable.
    pub(super) unsafe fn strict_array(&mut self, object: AMFObject, depth: u32) -> Option<()> {
        // SAFETY: the caller's promise.
        unsafe { self.counted(marker::STRICT_ARRAY, object, depth) }
    }

    /// # Safety
    /// The object's properties, and their texts and objects, are readable.
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

/// More bytes than a property takes besides its name, its text and what is in it.
const MOST_OVERHEAD: usize = 16;

/// Room in which a property can be encoded.
///
/// # Safety
/// The property's texts and objects are readable.
pub(crate) unsafe fn room_for(property: AMFObjectProperty) -> usize {
    // SAFETY: the caller's promise.
    unsafe { room_for_within(property, 0) }
}

/// What nests too deep is not encoded, and takes no room.
///
/// # Safety
/// As [`room_for`].
unsafe fn room_for_within(property: AMFObjectProperty, depth: u32) -> usize {
    let (_, name) = parts(property.p_name);
    // SAFETY: the caller's promise; the union's field is the one of the type.
    let value = unsafe {
        if is(property.p_type, marker::STRING) {
            parts(property.p_vu.p_aval).1
        } else if is_container(property.p_type) && depth < MAX_DEPTH {
            let within = property.p_vu.p_object.addresses();
            let sizes = within.map(|address| room_for_within(address.read(), depth + 1));
            sizes.fold(0, usize::saturating_add)
        } else {
            0
        }
    };
    MOST_OVERHEAD.saturating_add(name).saturating_add(value)
}
