//! The allocator of the library's Rust code: the system's malloc and, when that has nothing left, a small reserve.
//!
//! So a failed allocation never aborts the program that the library lives in. See [`crate::memory`].

use crate::memory::{RESERVE, SIZE};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;

/// The bytes of the reserve, and the allocator over it.
#[repr(C, align(64))]
struct Allocator {
    bytes: UnsafeCell<[u8; SIZE]>,
}

/// Blocks in the reserve are at most so aligned.
const ALIGNMENT: usize = 64;

// SAFETY: the bytes are only handed out, each to one owner at a time (`Reserve::lend`), and never accessed here but in
// `realloc` and `alloc_zeroed`, on behalf of their owner.
unsafe impl Sync for Allocator {}

#[global_allocator]
static MEMORY: Allocator = Allocator { bytes: UnsafeCell::new([0; SIZE]) };

impl Allocator {
    #[cold]
    fn lend(&self, layout: Layout) -> *mut u8 {
        match RESERVE.lend(layout.size(), layout.align()) {
            Some(start) if layout.align() <= ALIGNMENT => self.bytes.get().cast::<u8>().wrapping_add(start),
            Some(start) => {
                RESERVE.give_back(start, layout.size());
                std::ptr::null_mut()
            }
            None => std::ptr::null_mut(),
        }
    }

    /// Where in the reserve a block stands; `None` for a block of the system's.
    fn place(&self, block: *mut u8) -> Option<usize> {
        let place = block.addr().wrapping_sub(self.bytes.get().addr());
        (place < SIZE).then_some(place)
    }
}

// SAFETY: blocks come from the system's allocator, or from the reserve, where `lend` keeps them inside, apart from each
// other and aligned; each goes back to where it came from. Nothing here panics.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise: the size is not 0.
        let block = unsafe { System.alloc(layout) };
        if block.is_null() { self.lend(layout) } else { block }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match self.place(block) {
            Some(place) => RESERVE.give_back(place, layout.size()),
            // SAFETY: the caller's promise: a live block of this layout; it is not the reserve's, so the system's.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise: the size is not 0.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            return block;
        }
        let block = self.lend(layout);
        if !block.is_null() {
            // SAFETY: `lend` gave a block of this size.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if self.place(block).is_none() {
            // SAFETY: the caller's promise: a live block of this layout, and a size that is not 0; it is the system's.
            let grown = unsafe { System.realloc(block, layout, size) };
            if !grown.is_null() {
                return grown;
            }
        }
        // SAFETY: the caller's promise: the size is not 0 and fits the alignment. The new block is another one, both
        // are as long as what is copied, and the old one is live until it is given back.
        unsafe {
            let other = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !other.is_null() {
                std::ptr::copy_nonoverlapping(block, other, layout.size().min(size));
                self.dealloc(block, layout);
            }
            other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_the_reserve_grow_and_go_back() {
        let layout = Layout::from_size_align(24, 8).unwrap();
        let block = MEMORY.lend(layout);
        let place = MEMORY.place(block).unwrap();
        assert_eq!(block.addr() % 8, 0);
        // SAFETY: the block is live, has 24 bytes, and is used as the trait demands.
        unsafe {
            block.write_bytes(7, 24);
            let grown = MEMORY.realloc(block, layout, 100);
            assert!(MEMORY.place(grown).is_none(), "the system has memory again");
            assert_eq!(std::slice::from_raw_parts(grown, 24), [7; 24]);
            MEMORY.dealloc(grown, Layout::from_size_align(100, 8).unwrap());
        }
        assert_eq!(MEMORY.place(MEMORY.lend(layout)), Some(place), "what was given back is lent again");
        RESERVE.give_back(place, 24);
        assert!(MEMORY.lend(Layout::from_size_align(8, 4096).unwrap()).is_null());
    }

    #[test]
    fn more_than_there_is_is_an_error() {
        // There may be one half of 32-bit memory, but not both.
        let mut halves = [Vec::<u8>::new(), Vec::new()];
        assert!(halves.iter_mut().any(|half| half.try_reserve(isize::MAX as usize).is_err()));
        let mut bytes = vec![1_u8; 1000];
        assert!(bytes.try_reserve(isize::MAX as usize - 1000).is_err());
        assert_eq!(bytes, [1; 1000]);
    }
}
