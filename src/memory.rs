//! The accounts of a small reserve of memory, for when the system has none: which bytes of it are lent.
//!
//! Rust's collections end the process when an allocation fails. A library must not, so what it needs then comes from
//! the reserve (`capi::allocator`), and [`enough`] ends a session before the reserve itself is used up.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::{Error, Result};
use std::sync::atomic::{AtomicU64, Ordering};

/// The size of the reserve. None of it is touched before it is needed.
pub const SIZE: usize = 1 << 20;
/// Larger needs must do with a failure: their callers ask with `try_reserve`.
const LARGEST: usize = 64 << 10;
/// Sessions end when more is lent. What one call needs besides bodies is far less than the rest.
const LOW: usize = SIZE / 4;

/// Blocks are lent one behind the other; once all are given back, lending begins at the start again.
#[derive(Debug, Default)]
pub struct Reserve {
    /// The number of blocks lent (high half) and the end of the last one (low half), changed together.
    state: AtomicU64,
}

/// The reserve of this library.
pub static RESERVE: Reserve = Reserve::new();

impl Reserve {
    /// A reserve of which nothing is lent.
    pub const fn new() -> Self {
        Self { state: AtomicU64::new(0) }
    }

    /// Lends `size` bytes, aligned to a power of two: where they begin. `None` when they are too many.
    pub fn lend(&self, size: usize, alignment: usize) -> Option<usize> {
        let mut start = 0;
        let lent = self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| {
            let (blocks, top) = parts(state);
            start = top.checked_next_multiple_of(alignment)?;
            let end = start.checked_add(size)?;
            (size <= LARGEST && end <= SIZE).then(|| joined(blocks.saturating_add(1), end))
        });
        lent.ok().map(|_| start)
    }

    /// Takes back what [`Reserve::lend`] lent at `start`.
    pub fn give_back(&self, start: usize, size: usize) {
        let _ = self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| {
            let (blocks, top) = parts(state);
            let left = blocks.saturating_sub(1);
            let is_last = start.checked_add(size) == Some(top);
            let top = match (left, is_last) {
                (0, _) => 0,
                (_, true) => start,
                (_, false) => top,
            };
            Some(joined(left, top))
        });
    }

    /// Whether so much is lent that sessions must end.
    fn is_low(&self) -> bool {
        parts(self.state.load(Ordering::Relaxed)).1 > LOW
    }
}

fn parts(state: u64) -> (u32, usize) {
    ((state >> 32) as u32, state as u32 as usize)
}

fn joined(blocks: u32, top: usize) -> u64 {
    (u64::from(blocks) << 32) | top as u64
}

/// Whether the system has `size` bytes to give. To be asked before code that crashes when an allocation fails, as OpenSSL's
/// does where it loads a provider. At least [`SIZE`] bytes are tried, which the reserve never lends, and given back at once.
pub fn is_there(size: usize) -> bool {
    let mut trial = Vec::<u8>::new();
    let result = trial.try_reserve_exact(size.max(SIZE));
    // Memory that is seen to be used is really asked for.
    std::hint::black_box(&mut trial);
    result.is_ok()
}

/// An error once memory has been out for so long that a session must end.
pub fn enough() -> Result<()> {
    if RESERVE.is_low() {
        return Err(Error::out_of_memory("go on with the session"));
    }
    Ok(())
}

/// Appends bytes whose number comes from outside; `doing` says what for.
pub fn append(to: &mut Vec<u8>, bytes: &[u8], doing: &'static str) -> Result<()> {
    to.try_reserve(bytes.len()).map_err(|_| Error::out_of_memory(doing))?;
    to.extend_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_each_other_and_are_lent_again() {
        let reserve = Reserve::new();
        assert_eq!(reserve.lend(10, 1), Some(0));
        assert_eq!(reserve.lend(8, 8), Some(16));
        reserve.give_back(16, 8);
        assert_eq!(reserve.lend(4, 16), Some(16));
        reserve.give_back(0, 10);
        assert_eq!(reserve.lend(1, 1), Some(20));
        reserve.give_back(16, 4);
        reserve.give_back(20, 1);
        assert_eq!(reserve.lend(LARGEST, 64), Some(0));
    }

    #[test]
    fn there_is_an_end() {
        let reserve = Reserve::new();
        assert_eq!(reserve.lend(LARGEST + 1, 1), None);
        assert_eq!(reserve.lend(1, 1), Some(0));
        let mut blocks = 0;
        while reserve.lend(LARGEST, 64).is_some() {
            blocks += 1;
        }
        assert_eq!(blocks, SIZE / LARGEST - 1);
        assert!(reserve.is_low());
        assert_eq!(reserve.lend(usize::MAX, 64), None);
        assert!(reserve.lend(100, 1).is_some(), "what is left goes to those who need little");
    }

    #[test]
    fn threads_get_different_blocks() {
        let reserve = Reserve::new();
        std::thread::scope(|scope| {
            let lend = || (0..500).map(|_| reserve.lend(16, 8).unwrap()).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(lend)).collect();
            let mut all: Vec<usize> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
            all.sort_unstable();
            assert_eq!(all, (0..2000).map(|index| index * 16).collect::<Vec<_>>());
            all.iter().for_each(|start| reserve.give_back(*start, 16));
        });
        assert_eq!(reserve.lend(1, 1), Some(0));
    }
}
