//! Peers that mean harm, or are broken: each row by subject, through the C API in a child
//! process with 256 MiB of address space, 20 s of CPU and a deadline. Every case says what must come out.
//!
//! `case` runs one, `peer` is the scripted server, `wire` makes its bytes; the other modules are the cases by subject.
//! With `HOSTILE_LIBRARY` naming another library's directory, the cases run
//! on that, and are reported by category instead of asserted: `tests/hostile/report`.
#![forbid(unsafe_code)]

mod case;
mod chunks;
mod commands;
mod ear;
mod faults;
mod flv;
mod handshake;
mod life;
mod peer;
mod scarce;
mod sockets;
mod time;
mod tunnel;
mod values;
mod wire;
