//! The target `http`, coverage-guided.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtmp_fuzz::targets::http(data));
