//! The settings for which `struct RTMP` has no field, in a block that hangs on a member of the library's own.
//!
//! The block is made when such a setting is first changed. It outlives a connection that fails or is lost, as the program
//! may connect again; `RTMP_Close` frees it, as many programs end with that and a plain `free`.
//!
//! What needs no memory is in `Link.pFlags`, which has no other use, and outlives `RTMP_Close` as settings with a field do.
//! So does `Link.extras`, as with the reference, until another `conn` option begins it anew.

use crate::capi::amf::object::AMF_Reset;
use crate::capi::private;
use crate::capi::types::{AVal, RTMP};
use crate::chunk::MAX_CHUNK_SIZE;
use crate::options::Extra;
use std::ptr::{null_mut, without_provenance_mut};

/// Marks a block as ours.
const MAGIC: u64 = 0x7274_6d70_5f65_7874;
/// What stands in the field instead of a block when all there is to know is [`ExtrasOwner::Used`]: no block's address.
const EXTRAS_USED: usize = 1;

#[repr(C)]
struct Block {
    magic: u64,
    extra: Extra,
    /// What `Link.pubUser` and `Link.pubPasswd` point to when they come from the URL.
    publisher: Option<(Vec<u8>, Vec<u8>)>,
    /// Whose `Link.extras` is.
    extras: ExtrasOwner,
}

/// In `Link.pFlags`: the chunk size to announce, 0 for none.
const CHUNK_BITS: i32 = MAX_CHUNK_SIZE.cast_signed();
/// In `Link.pFlags`: the certificate must be good.
const VERIFIES: i32 = 1 << 24;
/// In `Link.pFlags`: the certificate need not be good.
const VERIFIES_NOT: i32 = 1 << 25;

/// Whose `Link.extras` is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ExtrasOwner {
    /// The program's, if there is any.
    Programs,
    /// Begun by the `conn` option: the properties are the library's to free.
    Ours,
    /// The same, and a session has been made with them.
    Used,
}

/// The block; null when there is none.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
unsafe fn block(r: *mut RTMP) -> *mut Block {
    // SAFETY: only this file stores anything but null in the field, after RTMP_Init has set it to null, so what looks
    // like an aligned pointer is one to a live block; the magic number tells where a program broke that.
    unsafe {
        let block = (*private::extra(r)).cast::<Block>();
        if block.is_null() || !block.is_aligned() || (*block).magic != MAGIC { null_mut() } else { block }
    }
}

/// The block, made when there is none.
///
/// # Safety
/// As for [`block`].
unsafe fn make_block(r: *mut RTMP) -> *mut Block {
    // SAFETY: the caller's promise; the field is the library's own.
    unsafe {
        let found = block(r);
        if !found.is_null() {
            return found;
        }
        let made = Box::into_raw(Box::new(Block {
            magic: MAGIC,
            extra: Extra::default(),
            publisher: None,
            extras: extras_owner(r),
        }));
        *private::extra(r) = made.cast();
        made
    }
}

/// Whose `Link.extras` is.
///
/// # Safety
/// As for [`block`].
unsafe fn extras_owner(r: *mut RTMP) -> ExtrasOwner {
    // SAFETY: the caller's promise.
    unsafe {
        match block(r).as_ref() {
            Some(block) => block.extras,
            None if (*private::extra(r)).addr() == EXTRAS_USED => ExtrasOwner::Used,
            None => ExtrasOwner::Programs,
        }
    }
}

/// The settings.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn get(r: *mut RTMP) -> Extra {
    // SAFETY: the caller's promise; a block that is found is live, and is copied before anybody else can change it.
    let (mut extra, flags) =
        unsafe { (block(r).as_ref().map(|block| block.extra.clone()).unwrap_or_default(), (*r).Link.pFlags) };
    extra.chunk = Some((flags & CHUNK_BITS).cast_unsigned()).filter(|size| *size > 0);
    extra.tls_verify = match (flags & VERIFIES != 0, flags & VERIFIES_NOT != 0) {
        (_, true) => Some(false),
        (true, false) => Some(true),
        (false, false) => None,
    };
    extra
}

/// Changes the settings.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared. `change` does not call back into this module.
pub(crate) unsafe fn update<T>(r: *mut RTMP, change: impl FnOnce(&mut Extra) -> T) -> T {
    // SAFETY: the caller's promise; the block is live and nobody else refers to it.
    unsafe {
        let mut extra = get(r);
        let result = change(&mut extra);
        let verify = match extra.tls_verify.take() {
            Some(true) => VERIFIES,
            Some(false) => VERIFIES_NOT,
            None => 0,
        };
        (*r).Link.pFlags = extra.chunk.take().unwrap_or_default().cast_signed() | verify;
        if extra != Extra::default() || !block(r).is_null() {
            (*make_block(r)).extra = extra;
        }
        result
    }
}

/// Makes `Link.pubUser` and `Link.pubPasswd` what the URL says, where the program has not set them.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn set_publisher(r: *mut RTMP, publisher: Option<(Vec<u8>, Vec<u8>)>) {
    // SAFETY: the caller's promise; texts of an old block are taken out of the fields before they are replaced.
    unsafe {
        forget_publisher(r);
        let Some(publisher) = publisher else { return };
        let block = make_block(r);
        let (user, password) = &*(*block).publisher.insert(publisher);
        let link = &raw mut (*r).Link;
        if (*link).pubUser.av_len == 0 {
            (*link).pubUser = AVal::borrowing(user);
        }
        if (*link).pubPasswd.av_len == 0 {
            (*link).pubPasswd = AVal::borrowing(password);
        }
    }
}

/// Notes that the `conn` option is about to append to `Link.extras`: what it begins is the library's to free; what the
/// program began stays the program's. Those of a session that is over are dropped.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn begin_extras(r: *mut RTMP) {
    // SAFETY: the caller's promise; the block is live.
    unsafe {
        drop_extras(r, &[ExtrasOwner::Used]);
        if (*r).Link.extras.o_props.is_null() {
            (*make_block(r)).extras = ExtrasOwner::Ours;
        }
    }
}

/// Frees `Link.extras` when it is one of these owners'.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
unsafe fn drop_extras(r: *mut RTMP, owners: &[ExtrasOwner]) {
    // SAFETY: the caller's promise; properties that are the library's are used by nobody else.
    unsafe {
        if !owners.contains(&extras_owner(r)) {
            return;
        }
        AMF_Reset(&raw mut (*r).Link.extras);
        (*r).Link.edepth = 0;
        match block(r).as_mut() {
            Some(block) => block.extras = ExtrasOwner::Programs,
            None => *private::extra(r) = null_mut(),
        }
    }
}

/// Notes that a session is over: the next `conn` option begins `Link.extras` anew.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn note_session_over(r: *mut RTMP) {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(block) = block(r).as_mut()
            && block.extras == ExtrasOwner::Ours
        {
            block.extras = ExtrasOwner::Used;
        }
    }
}

/// Empties the public fields that point into the block.
///
/// # Safety
/// As for [`block`].
unsafe fn forget_publisher(r: *mut RTMP) {
    // SAFETY: the caller's promise; addresses are compared, not followed.
    unsafe {
        let Some(block) = block(r).as_mut() else { return };
        let Some((user, password)) = block.publisher.take() else { return };
        let link = &raw mut (*r).Link;
        for (field, text) in [(&raw mut (*link).pubUser, &user), (&raw mut (*link).pubPasswd, &password)] {
            if std::ptr::addr_eq((*field).av_val, text.as_ptr()) {
                *field = AVal::EMPTY;
            }
        }
    }
}

/// Frees the block; its settings are the defaults again. `Link.extras` stays.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn free_block(r: *mut RTMP) {
    // SAFETY: the caller's promise; the block came from a Box, and nothing points to it any more.
    unsafe {
        forget_publisher(r);
        let stays = extras_owner(r) != ExtrasOwner::Programs;
        let block = block(r);
        if !block.is_null() {
            (*block).magic = 0;
            drop(Box::from_raw(block));
        }
        *private::extra(r) = if stays { without_provenance_mut(EXTRAS_USED) } else { null_mut() };
    }
}

/// Frees the block and `Link.extras`, where it is the library's.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn free_all(r: *mut RTMP) {
    // SAFETY: the caller's promise.
    unsafe {
        drop_extras(r, &[ExtrasOwner::Ours, ExtrasOwner::Used]);
        free_block(r);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::close::{Farewell, RTMP_Close, end};
    use crate::capi::connection;
    use crate::capi::options::RTMP_SetOpt;
    use crate::capi::testing::Handle;
    use crate::capi::url::RTMP_SetupURL;
    use std::os::unix::net::UnixStream;

    fn set(handle: Handle, name: &[u8], value: &[u8]) {
        // SAFETY: the handle is initialised, and the texts are literals.
        unsafe { assert_eq!(RTMP_SetOpt(handle.0, &AVal::borrowing(name), &mut AVal::borrowing(value)), 1) };
    }

    /// A connected handle with settings without a field and an extra argument.
    fn set_up() -> (Handle, UnixStream) {
        let (ours, peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        set(handle, b"tlsVerify", b"0");
        set(handle, b"bind", b"127.0.0.1");
        set(handle, b"conn", b"N:1");
        (handle, peer)
    }

    fn verifies_not(handle: Handle) -> bool {
        // SAFETY: the handle is initialised.
        unsafe { get(handle.0) }.tls_verify == Some(false)
    }

    fn extras_of(handle: Handle) -> i32 {
        // SAFETY: the handle is initialised.
        unsafe { (*handle.0).Link.extras.o_num }
    }

    #[test]
    fn settings_outlive_a_connection_that_is_lost() {
        let (handle, _peer) = set_up();
        // SAFETY: the handle is initialised; the URL is a literal without a space, which is not written to.
        unsafe {
            end(connection::current(handle.0).unwrap(), Farewell::Omitted, |_| {});
            assert!(get(handle.0).bind.is_some() && verifies_not(handle) && extras_of(handle) == 1);
            assert_eq!(RTMP_SetupURL(handle.0, c"rtmp://host/app/stream".as_ptr().cast_mut()), 1);
            assert!(get(handle.0).bind.is_some() && verifies_not(handle) && extras_of(handle) == 1);
        }
        handle.free();
    }

    #[test]
    fn those_that_need_no_memory_outlive_the_session() {
        let (handle, _peer) = set_up();
        set(handle, b"chunk", b"0xffffff");
        // SAFETY: the handle is initialised.
        unsafe {
            RTMP_Close(handle.0);
            assert_eq!((get(handle.0).chunk, get(handle.0).bind), (Some(0xff_ffff), None));
            assert!(verifies_not(handle) && extras_of(handle) == 1);
            set(handle, b"conn", b"N:2");
            assert_eq!(extras_of(handle), 1, "those of the last session are not sent again");
            set(handle, b"tlsVerify", b"1");
            assert_eq!(get(handle.0).tls_verify, Some(true));
        }
        handle.free();
    }
}
