//! The arrays that programs index: pending calls (`m_methodCalls`) and channel times (`m_channelTimestamp`), kept in
//! malloc'ed memory inside `struct RTMP`.

use crate::capi::types::{AVal, RTMP, RTMP_METHOD};
use crate::chunk::MAX_CHANNEL;
use crate::session::MAX_CALLS;
use libc::{c_int, c_void};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};

/// The array of calls grows by as many.
const CALLS_STEP: usize = 16;
/// The arrays of channels have room for as many channels beyond the one that made them grow.
const CHANNELS_STEP: usize = 10;

/// Adds a call; of too many the oldest is forgotten, and without memory this one is.
///
/// # Safety
/// `r` is an initialised `struct RTMP`, and no other thread touches its list of calls.
pub(crate) unsafe fn push_call(r: *mut RTMP, method: &[u8], transaction: i32) {
    // SAFETY: the caller's promise; the list has room for a multiple of CALLS_STEP, so it grows when that is used up.
    unsafe {
        if usize::try_from((*r).m_numCalls).is_ok_and(|count| count >= MAX_CALLS) {
            drop_call(r, 0);
        }
        let count = usize::try_from((*r).m_numCalls).unwrap_or(0);
        if count % CALLS_STEP == 0 {
            let size = (count + CALLS_STEP) * size_of::<RTMP_METHOD>();
            let grown = libc::realloc((*r).m_methodCalls.cast(), size).cast::<RTMP_METHOD>();
            if grown.is_null() {
                return;
            }
            (*r).m_methodCalls = grown;
        }
        let name = AVal::malloced(method);
        if name.av_val.is_null() {
            return;
        }
        (*r).m_methodCalls.add(count).write(RTMP_METHOD { name, num: transaction });
        (*r).m_numCalls = (count + 1) as c_int;
    }
}

/// Takes the first call that is `wanted` out of the list and returns its name.
///
/// # Safety
/// As [`push_call`].
pub(crate) unsafe fn take_call(r: *mut RTMP, wanted: impl Fn(&RTMP_METHOD) -> bool) -> Option<Vec<u8>> {
    // SAFETY: the caller's promise: `m_numCalls` calls stand in the list.
    unsafe {
        if (*r).m_methodCalls.is_null() {
            return None;
        }
        for index in 0..usize::try_from((*r).m_numCalls).unwrap_or(0) {
            let call = (*r).m_methodCalls.add(index).read();
            if wanted(&call) {
                let name = call.name.bytes().to_vec();
                drop_call(r, index);
                return Some(name);
            }
        }
    }
    None
}

/// Whether a call of this method is in the list.
///
/// # Safety
/// As [`push_call`].
pub(crate) unsafe fn has_call(r: *const RTMP, method: &[u8]) -> bool {
    // SAFETY: the caller's promise: `m_numCalls` calls stand in the list.
    unsafe {
        let count = usize::try_from((*r).m_numCalls).unwrap_or(0);
        let calls = (*r).m_methodCalls;
        !calls.is_null() && (0..count).any(|index| (*calls.add(index)).name.bytes() == method)
    }
}

/// Drops a call by its place in the list, and frees its name.
///
/// # Safety
/// As [`push_call`].
pub(crate) unsafe fn drop_call(r: *mut RTMP, index: usize) {
    // SAFETY: the caller's promise; the name is malloc'ed, and nothing in the list points to it any more.
    unsafe {
        if let Some(call) = remove_call(r, index) {
            libc::free(call.name.av_val.cast());
        }
    }
}

/// Takes a call out of the list by its place; `None` when there is none.
///
/// # Safety
/// As [`push_call`].
pub(crate) unsafe fn remove_call(r: *mut RTMP, index: usize) -> Option<RTMP_METHOD> {
    // SAFETY: the caller's promise; only places below `m_numCalls` are touched.
    unsafe {
        let count = usize::try_from((*r).m_numCalls).unwrap_or(0);
        if index >= count || (*r).m_methodCalls.is_null() {
            return None;
        }
        let place = (*r).m_methodCalls.add(index);
        let call = place.read();
        std::ptr::copy(place.add(1), place, count - index - 1);
        let last = (*r).m_methodCalls.add(count - 1);
        last.write(RTMP_METHOD { name: AVal::EMPTY, num: 0 });
        (*r).m_numCalls = (count - 1) as c_int;
        Some(call)
    }
}

/// Frees the whole list.
///
/// # Safety
/// As [`push_call`].
pub(crate) unsafe fn free_calls(r: *mut RTMP) {
    // SAFETY: the caller's promise; names and list are malloc'ed, and nothing points to them afterwards.
    unsafe {
        while (*r).m_numCalls > 0 && !(*r).m_methodCalls.is_null() {
            drop_call(r, (*r).m_numCalls as usize - 1);
        }
        libc::free((*r).m_methodCalls.cast());
        (*r).m_methodCalls = std::ptr::null_mut();
        (*r).m_numCalls = 0;
    }
}

/// The time of a channel; 0 where none is stored.
///
/// # Safety
/// `r` is an initialised `struct RTMP`, and no other thread moves its array of times.
pub(crate) unsafe fn channel_time(r: *const RTMP, channel: c_int) -> u32 {
    // SAFETY: the caller's promise: the array has `m_channelsAllocatedIn` places.
    unsafe {
        if (*r).m_channelTimestamp.is_null() || channel < 0 || channel >= (*r).m_channelsAllocatedIn {
            return 0;
        }
        AtomicI32::from_ptr((*r).m_channelTimestamp.add(channel as usize))
            .load(Ordering::Relaxed)
            .cast_unsigned()
    }
}

/// Stores the time of a channel; `arrays` is locked while the array is moved.
///
/// # Safety
/// `r` is an initialised `struct RTMP`, and no other thread stores channel times.
pub(crate) unsafe fn set_channel_time(r: *mut RTMP, channel: u32, time: u32, arrays: &Mutex<()>) {
    let channel = channel.min(MAX_CHANNEL) as usize;
    // SAFETY: the caller's promise; a place is written only once the array reaches it.
    unsafe {
        if channel >= usize::try_from((*r).m_channelsAllocatedIn).unwrap_or(0) {
            let _exclusive = arrays.lock();
            if !grow_channels(r, channel) {
                return;
            }
        }
        AtomicI32::from_ptr((*r).m_channelTimestamp.add(channel))
            .store(time.cast_signed(), Ordering::Relaxed);
    }
}

/// Makes room for a channel; false when memory is out.
///
/// # Safety
/// As [`set_channel_time`].
unsafe fn grow_channels(r: *mut RTMP, channel: usize) -> bool {
    let wanted = channel + CHANNELS_STEP;
    // SAFETY: the caller's promise; each array is malloc'ed with `m_channelsAllocatedIn` places, and the count is
    // raised only when both have grown.
    unsafe {
        let had = usize::try_from((*r).m_channelsAllocatedIn).unwrap_or(0);
        let Some(times) = grow((*r).m_channelTimestamp, had, wanted) else { return false };
        (*r).m_channelTimestamp = times;
        let Some(packets) = grow((*r).m_vecChannelsIn, had, wanted) else { return false };
        (*r).m_vecChannelsIn = packets;
        (*r).m_channelsAllocatedIn = wanted as c_int;
    }
    true
}

/// Grows an array; the new places are zero.
///
/// # Safety
/// `array` is null or malloc'ed with `had` places; zero is a value of `T`.
unsafe fn grow<T>(array: *mut T, had: usize, wanted: usize) -> Option<*mut T> {
    // SAFETY: the caller's promise; only places that realloc gave are zeroed.
    unsafe {
        let grown = libc::realloc(array.cast::<c_void>(), wanted * size_of::<T>()).cast::<T>();
        if grown.is_null() {
            return None;
        }
        grown.add(had).write_bytes(0, wanted - had);
        Some(grown)
    }
}

/// Frees the arrays of channels.
///
/// # Safety
/// As [`set_channel_time`].
pub(crate) unsafe fn free_channels(r: *mut RTMP) {
    // SAFETY: the caller's promise; the arrays are malloc'ed, and the packets' places are null: the core keeps them.
    unsafe {
        libc::free((*r).m_channelTimestamp.cast());
        libc::free((*r).m_vecChannelsIn.cast());
        (*r).m_channelTimestamp = std::ptr::null_mut();
        (*r).m_vecChannelsIn = std::ptr::null_mut();
        (*r).m_channelsAllocatedIn = 0;
        (*r).m_channelsAllocatedOut = 0;
    }
}
