//! Public scalars of `struct RTMP` that the two halves of a handle, and a close, may touch at once: read and written as
//! relaxed atomics, so that threads see one value or another and never an undefined one. Plain C programs read and write
//! the same memory between calls.

#[cfg(not(target_arch = "x86"))]
use std::sync::atomic::AtomicU64;
use std::sync::atomic::{AtomicI8, AtomicI32, AtomicU8, AtomicU16, AtomicU32, Ordering};

/// A type of such fields.
pub(crate) trait Scalar: Copy {
    /// # Safety
    /// `place` is an aligned field of an initialised structure.
    unsafe fn load(place: *const Self) -> Self;

    /// # Safety
    /// `place` is an aligned field of an initialised structure that may be written.
    unsafe fn store(place: *mut Self, value: Self);
}

macro_rules! scalars {
    ($($plain:ty as $atomic:ty, $to:expr, $from:expr;)*) => {
        $(
            const _: () = assert!(align_of::<$plain>() == align_of::<$atomic>());

            impl Scalar for $plain {
                #[inline]
                unsafe fn load(place: *const Self) -> Self {
                    // SAFETY: the caller's promise; both types have the same size and alignment, and the library's
                    // threads access shared scalars in this way only.
                    let value = unsafe { <$atomic>::from_ptr(place.cast_mut().cast()) }.load(Ordering::Relaxed);
                    $to(value)
                }

                #[inline]
                unsafe fn store(place: *mut Self, value: Self) {
                    // SAFETY: as in `load`.
                    unsafe { <$atomic>::from_ptr(place.cast()) }.store($from(value), Ordering::Relaxed);
                }
            }
        )*
    };
}

scalars! {
    i8 as AtomicI8, std::convert::identity, std::convert::identity;
    u8 as AtomicU8, std::convert::identity, std::convert::identity;
    u16 as AtomicU16, std::convert::identity, std::convert::identity;
    i32 as AtomicI32, std::convert::identity, std::convert::identity;
    u32 as AtomicU32, std::convert::identity, std::convert::identity;
}

// Doubles in structures lie at multiples of 8, but for 32-bit x86, where they do at multiples of 4.
#[cfg(not(target_arch = "x86"))]
scalars! {
    f64 as AtomicU64, f64::from_bits, f64::to_bits;
}

/// Two words: a thread may see one of each of two values, as it may in C.
#[cfg(target_arch = "x86")]
impl Scalar for f64 {
    unsafe fn load(place: *const Self) -> Self {
        let words: *const u32 = place.cast();
        // SAFETY: the caller's promise; a double is two words, aligned as such.
        let (low, high) = unsafe { (Scalar::load(words), Scalar::load(words.add(1))) };
        f64::from_bits(u64::from(high) << 32 | u64::from(low))
    }

    unsafe fn store(place: *mut Self, value: Self) {
        let (words, bits): (*mut u32, u64) = (place.cast(), value.to_bits());
        // SAFETY: as in `load`.
        unsafe {
            Scalar::store(words, bits as u32);
            Scalar::store(words.add(1), (bits >> 32) as u32);
        }
    }
}

/// Adds to a counter and returns what it was, wrapping.
///
/// # Safety
/// As [`Scalar::store`].
pub(crate) unsafe fn add(counter: *mut i32, more: i32) -> i32 {
    // SAFETY: as in `Scalar::load`.
    unsafe { AtomicI32::from_ptr(counter) }.fetch_add(more, Ordering::Relaxed)
}
