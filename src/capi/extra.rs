//! The settings for which `struct RTMP` has no field: a block on `Link.rc4keyIn`, which belongs to the library alone.
//! It is made when a setting is first changed and freed by `RTMP_Close` (many programs end with a plain `free`, so
//! nothing may live longer); `RTMP_SetupURL` makes it anew.

use crate::capi::amf::object::AMF_Reset;
use crate::capi::types::{AVal, RTMP};
use crate::options::Extra;
use crate::transport::{Proxy, ProxyKind};
use std::ptr::null_mut;

/// Marks a block as ours.
const MAGIC: u64 = 0x7274_6d70_5f65_7874;

#[repr(C)]
struct Block {
    magic: u64,
    extra: Extra,
    /// What `Link.pubUser` and `Link.pubPasswd` point to when they come from the URL.
    publisher: Option<(Vec<u8>, Vec<u8>)>,
    /// `Link.extras` was begun by the `conn` option, so its properties are the library's to free.
    owns_extras: bool,
}

/// The block; null when there is none.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
unsafe fn block(r: *mut RTMP) -> *mut Block {
    // SAFETY: only this file stores anything but null in the field, after RTMP_Init has set it to null, so what looks
    // like an aligned pointer is one to a live block; the magic number tells where a program broke that.
    unsafe {
        let block = (*r).Link.rc4keyIn.cast::<Block>();
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
            owns_extras: false,
        }));
        (*r).Link.rc4keyIn = made.cast();
        made
    }
}

/// The settings.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn get(r: *mut RTMP) -> Extra {
    // SAFETY: the caller's promise; a block that is found is live, and is copied before anybody else can change it.
    unsafe { block(r).as_ref().map(|block| block.extra.clone()).unwrap_or_default() }
}

/// Changes the settings.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared. `change` does not call back into this module.
pub(crate) unsafe fn update<T>(r: *mut RTMP, change: impl FnOnce(&mut Extra) -> T) -> T {
    // SAFETY: the caller's promise; the block is live and nobody else refers to it.
    unsafe { change(&mut (*make_block(r)).extra) }
}

/// The proxy to go through: what the `socks` option said, or a SOCKS4 proxy when the program has set the public
/// fields itself.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared, and `Link.sockshost` to readable text.
pub(crate) unsafe fn proxy(r: *mut RTMP) -> Option<Proxy> {
    // SAFETY: the caller's promise.
    let (host, port) = unsafe { ((*r).Link.sockshost.bytes().to_vec(), (*r).Link.socksport) };
    if port == 0 {
        return None;
    }
    // SAFETY: the caller's promise.
    let set = unsafe { get(r) }.proxy.filter(|proxy| proxy.host == host && proxy.port == port);
    Some(set.unwrap_or(Proxy { kind: ProxyKind::Socks4, host, port, credentials: None }))
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

/// Notes that the `conn` option is about to append to `Link.extras`: what it begins, `RTMP_Close` frees; what the
/// program began stays the program's.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn begin_extras(r: *mut RTMP) {
    // SAFETY: the caller's promise; the block is live.
    unsafe {
        if (*r).Link.extras.o_props.is_null() {
            (*make_block(r)).owns_extras = true;
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

/// Frees the block; the settings are the defaults again.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn free(r: *mut RTMP) {
    // SAFETY: the caller's promise; the block came from a Box, and nothing points to it any more.
    unsafe {
        forget_publisher(r);
        let block = block(r);
        if !block.is_null() {
            if (*block).owns_extras {
                AMF_Reset(&raw mut (*r).Link.extras);
                (*r).Link.edepth = 0;
            }
            (*block).magic = 0;
            drop(Box::from_raw(block));
        }
        (*r).Link.rc4keyIn = null_mut();
    }
}
