//! The target `swf`, coverage-guided.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtmp_fuzz::targets::swf(data));
