//! `amf.h`: values in the caller's structures, over the core's [`crate::amf`]. Decoded texts point into the caller's
//! input; property lists are malloc'ed in steps of 16, because `AMF_AddProp` counts on it and programs
//! may free them. Parameters bear the header's names.
#![allow(non_snake_case)]

pub mod decode;
pub mod dump;
pub mod encode;
pub mod object;
pub mod property;
pub(super) mod room;
pub mod scalar;

use crate::amf::marker;
use crate::capi::types::{AMFDataType, AMFObject, AMFObjectProperty, AMFObjectPropertyValue, AVal};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

/// A property that holds nothing (`AMF_INVALID`).
pub(crate) const AMF_INVALID: AMFDataType = 0xff;

/// How deep the functions follow objects that a program built; deeper ones fail.
pub(super) const MAX_DEPTH: u32 = crate::amf::MAX_DEPTH;

impl AMFObject {
    /// No properties.
    pub(crate) const EMPTY: Self = Self { o_num: 0, o_props: null_mut() };

    /// How many properties can be read behind `o_props`.
    fn count(self) -> usize {
        if self.o_props.is_null() { 0 } else { usize::try_from(self.o_num).unwrap_or(0) }
    }

    /// The properties' addresses.
    ///
    /// # Safety
    /// `o_props` is null or points to `o_num` properties.
    pub(crate) unsafe fn addresses(self) -> impl Iterator<Item = *mut AMFObjectProperty> {
        // SAFETY: every index is below the count that the caller promised.
        (0..self.count()).map(move |index| unsafe { self.o_props.add(index) })
    }
}

impl AMFObjectProperty {
    const INVALID: Self = Self {
        p_name: AVal::EMPTY,
        p_type: AMF_INVALID,
        p_vu: AMFObjectPropertyValue { p_object: AMFObject::EMPTY },
        p_UTCoffset: 0,
    };
}

/// Whether a property of this type holds an object that is its own.
fn is_container(kind: AMFDataType) -> bool {
    [marker::OBJECT, marker::ECMA_ARRAY, marker::STRICT_ARRAY].iter().any(|marker| is(kind, *marker))
}

/// Whether a property's type is the one of this marker.
pub(super) fn is(kind: AMFDataType, marker: u8) -> bool {
    kind == AMFDataType::from(marker)
}

/// What lookups return a pointer to when they find nothing. It is writable, so that a program that resets it does no
/// harm.
#[repr(transparent)]
struct Nothing<T>(UnsafeCell<T>);

// SAFETY: the library only hands the address out; what a program does behind it is the program's.
unsafe impl<T> Sync for Nothing<T> {}

static NO_PROPERTY: Nothing<AMFObjectProperty> = Nothing(UnsafeCell::new(AMFObjectProperty::INVALID));
static NO_TEXT: Nothing<AVal> = Nothing(UnsafeCell::new(AVal::EMPTY));
