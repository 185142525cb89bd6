//! The exported functions, called by a C program in the order that the bytes say.

unsafe extern "C" {
    fn drive(data: *const u8, size: usize);
}

/// The bytes are a program; see `capi/drive.c`.
pub fn capi(data: &[u8]) {
    // The C code calls these functions by their C names, which a linker forgets that sees no use of the crate.
    std::hint::black_box(rtmp::capi::handle::RTMP_LibVersion as unsafe extern "C" fn() -> i32);
    // SAFETY: `drive` reads `size` bytes at `data` and nothing else of ours.
    unsafe { drive(data.as_ptr(), data.len()) }
}
