//! Memory that crosses the boundary: malloc'ed, because C programs free it and hand in what they malloc'ed.

use crate::capi::types::AVal;
use libc::c_char;

impl AVal {
    /// No text.
    pub const EMPTY: Self = Self { av_val: std::ptr::null_mut(), av_len: 0 };

    /// The bytes of the text; empty for a null pointer or a length that is not positive.
    ///
    /// # Safety
    /// A pointer that is not null points to `av_len` readable bytes that nobody changes while the result lives.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        match usize::try_from(self.av_len) {
            // SAFETY: the caller's promise: `av_val` points to `av_len` readable bytes.
            Ok(len) if len > 0 && !self.av_val.is_null() => unsafe {
                std::slice::from_raw_parts(self.av_val.cast::<u8>(), len)
            },
            _ => &[],
        }
    }

    /// A text over bytes that the caller keeps alive.
    pub fn borrowing(bytes: &[u8]) -> Self {
        Self { av_val: bytes.as_ptr() as *mut c_char, av_len: bytes.len().try_into().unwrap_or(i32::MAX) }
    }
}

/// A malloc'ed copy of `bytes` with a NUL behind it; null when memory is out.
pub fn malloc_copy(bytes: &[u8]) -> *mut c_char {
    // SAFETY: the block is one byte longer than `bytes`, is fresh (so it cannot overlap), and is written only when
    // malloc gave it.
    unsafe {
        let block = libc::malloc(bytes.len() + 1).cast::<u8>();
        if !block.is_null() {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), block, bytes.len());
            *block.add(bytes.len()) = 0;
        }
        block.cast()
    }
}
