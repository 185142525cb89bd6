//! The target `handshake_client`, coverage-guided.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtmp_fuzz::targets::handshake_client(data));
