//! The target `handshake_server`, coverage-guided.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtmp_fuzz::targets::handshake_server(data));
