//! The exported functions, called by a C program in the order that the bytes say.

use crate::foreign;

/// The bytes are a program; see `capi/drive.c`.
pub fn capi(data: &[u8]) {
    // The C code calls these functions by their C names, which a linker forgets that sees no use of the crate.
    std::hint::black_box(rtmp::capi::handle::RTMP_LibVersion as *const ());
    foreign::drive(data);
}
