//! The exported objects of `rtmp.h` and those that no header declares. Old executables copy them to their own memory
//! (copy relocations), so their sizes are part of the interface.

use crate::capi::types::AVal;
use libc::{c_char, c_void};
use std::ffi::CStr;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI32, AtomicPtr};

/// Not 0 once the user wants to end: waiting calls then end when a signal interrupts them.
#[unsafe(no_mangle)]
pub static RTMP_ctrlC: AtomicI32 = AtomicI32::new(0);

/// Where the reference keeps its TLS context; ours has one per connection, and programs only look whether it is null.
#[unsafe(no_mangle)]
pub static RTMP_TLS_ctx: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

/// A text that never changes and so may be shared between threads.
#[repr(transparent)]
#[derive(Debug)]
pub struct ConstAVal(AVal);

// SAFETY: the text is a constant that nobody writes.
unsafe impl Sync for ConstAVal {}

/// The Flash version of a player that is given none.
const FLASH_VERSION: &CStr = c"LNX 10,0,32,18";

/// `RTMP_DefaultFlashVer`
#[unsafe(no_mangle)]
pub static RTMP_DefaultFlashVer: ConstAVal = ConstAVal(flash_version());

/// The default Flash version as a text.
pub(crate) const fn flash_version() -> AVal {
    AVal { av_val: FLASH_VERSION.as_ptr().cast_mut(), av_len: FLASH_VERSION.count_bytes() as i32 }
}

/// Names of the protocols, each with its NUL, indexed by the bits of `Link.protocol`.
type ProtocolStrings = [[c_char; 7]; 9];

const PROTOCOLS: [&str; 9] = ["RTMP", "RTMPT", "RTMPE", "RTMPTE", "RTMPS", "RTMPTS", "", "", "RTMFP"];

const fn protocol_strings(lower: bool) -> ProtocolStrings {
    let mut strings: ProtocolStrings = [[0; 7]; 9];
    let mut i = 0;
    while i < PROTOCOLS.len() {
        let name = PROTOCOLS[i].as_bytes();
        let mut at = 0;
        while at < name.len() {
            let byte = if lower { name[at].to_ascii_lowercase() } else { name[at] };
            strings[i][at] = byte as c_char;
            at += 1;
        }
        i += 1;
    }
    strings
}

/// `RTMPProtocolStrings`: upper case.
#[unsafe(no_mangle)]
pub static RTMPProtocolStrings: ProtocolStrings = protocol_strings(false);

/// `RTMPProtocolStringsLower`: lower case.
#[unsafe(no_mangle)]
pub static RTMPProtocolStringsLower: ProtocolStrings = protocol_strings(true);
