//! Memory that crosses the boundary: malloc'ed, because C programs free it and hand in what they malloc'ed.

use crate::capi::types::{AVal, RTMP_MAX_HEADER_SIZE};
use crate::chunk::Body;
use crate::{Error, Result};
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

    /// A malloc'ed copy of `bytes`, with a NUL behind it; empty when memory is out.
    pub fn malloced(bytes: &[u8]) -> Self {
        match malloc_copy(bytes) {
            copy if copy.is_null() => Self::EMPTY,
            av_val => Self { av_val, av_len: bytes.len().try_into().unwrap_or(i32::MAX) },
        }
    }

    /// A text over bytes that the caller keeps alive.
    pub fn borrowing(bytes: &[u8]) -> Self {
        Self { av_val: bytes.as_ptr() as *mut c_char, av_len: bytes.len().try_into().unwrap_or(i32::MAX) }
    }
}

/// A malloc'ed copy of `bytes` with a NUL behind it; null when memory is out.
fn malloc_copy(bytes: &[u8]) -> *mut c_char {
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

/// A message body in malloc'ed memory with [`RTMP_MAX_HEADER_SIZE`] bytes before it, as `RTMPPacket_Free` frees it.
#[derive(Debug)]
pub struct MallocBody {
    block: *mut u8,
    capacity: usize,
    /// Bytes of the body that are filled, and that are initialised: what is received straight from the kernel needs them to
    /// be, what is copied does not.
    len: usize,
    initialised: usize,
}

/// What is allocated ahead of arrival, at most, for a body whose announced length is only the peer's word.
const AHEAD: usize = 64 * 1024;

// SAFETY: the block is owned by this value alone; nothing else holds a pointer into it.
unsafe impl Send for MallocBody {}

impl Default for MallocBody {
    fn default() -> Self {
        Self { block: std::ptr::null_mut(), capacity: 0, len: 0, initialised: 0 }
    }
}

impl MallocBody {
    /// Hands the block over: a pointer to the body, which `RTMPPacket_Free` frees. Null when memory is out.
    pub(crate) fn into_raw(mut self) -> *mut c_char {
        if self.block.is_null() && self.grow(0).is_err() {
            return std::ptr::null_mut();
        }
        let block = std::mem::replace(&mut self.block, std::ptr::null_mut());
        // SAFETY: the block is RTMP_MAX_HEADER_SIZE bytes longer than its capacity, so the body lies inside it.
        unsafe { block.add(RTMP_MAX_HEADER_SIZE).cast() }
    }

    fn grow(&mut self, capacity: usize) -> Result<()> {
        let size = capacity + RTMP_MAX_HEADER_SIZE;
        // SAFETY: `block` is null or a live block of malloc's; on failure realloc leaves it alone.
        let block = unsafe { libc::realloc(self.block.cast(), size) }.cast::<u8>();
        if block.is_null() {
            return Err(Error::out_of_memory("receive a message"));
        }
        self.block = block;
        self.capacity = capacity;
        Ok(())
    }
}

impl Body for MallocBody {
    fn as_slice(&self) -> &[u8] {
        if self.block.is_null() {
            return &[];
        }
        // SAFETY: the block holds `len` initialised body bytes behind the headroom.
        unsafe { std::slice::from_raw_parts(self.block.add(RTMP_MAX_HEADER_SIZE), self.len) }
    }

    fn reserve(&mut self, wish: usize) -> Result<usize> {
        if self.len == self.capacity || self.block.is_null() {
            let ahead = wish.min(AHEAD.max(self.capacity)).max(1);
            self.grow(self.len.saturating_add(ahead))?;
        }
        Ok(wish.min(self.capacity - self.len))
    }

    fn append(&mut self, bytes: &[u8]) {
        let n = bytes.len().min(self.capacity - self.len);
        if n > 0 {
            // SAFETY: `n` bytes behind the filled ones lie inside the block, and `bytes` is nobody's part of it.
            unsafe {
                let end = self.block.add(RTMP_MAX_HEADER_SIZE + self.len);
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), end, n);
            }
        }
        self.len += n;
        self.initialised = self.initialised.max(self.len);
    }

    fn spare(&mut self, n: usize) -> &mut [u8] {
        let n = n.min(self.capacity - self.len);
        if n == 0 {
            return &mut [];
        }
        let end = self.len + n;
        // SAFETY: both ends lie inside the block; what is handed out is initialised before, and borrowed from self.
        unsafe {
            let body = self.block.add(RTMP_MAX_HEADER_SIZE);
            if self.initialised < end {
                body.add(self.initialised).write_bytes(0, end - self.initialised);
                self.initialised = end;
            }
            std::slice::from_raw_parts_mut(body.add(self.len), n)
        }
    }

    fn filled(&mut self, n: usize) {
        self.len = self.len.saturating_add(n).min(self.initialised);
    }
}

impl Drop for MallocBody {
    fn drop(&mut self) {
        // SAFETY: the block is null or ours and malloc'ed; into_raw leaves null behind.
        unsafe { libc::free(self.block.cast()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn a_body_for_which_there_is_no_memory_is_nobodys_wrong_use() {
        // No allocator gives more than half of the addresses.
        let error = MallocBody::default().grow(isize::MAX as usize).unwrap_err();
        assert!(matches!(&error, Error::Io(_, cause) if cause.kind() == ErrorKind::OutOfMemory), "{error}");
    }
}
