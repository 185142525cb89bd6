//! The target `amf0`, coverage-guided.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtmp_fuzz::targets::amf0(data));
