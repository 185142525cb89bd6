//! Peers that mean harm, or are broken: each row by subject, through the C API in a child
//! process with 256 MiB of address space, 20 s of CPU and a deadline. Every case says what must come out.
//!
//! `case` runs one, `peer` is the scripted server, `wire` makes its bytes; the other modules are the cases by subject.
//! `faults` cuts good sessions at every byte, `life` is about handles, processes and threads, `scarce` about memory that
//! runs out. `tally` counts; `tests/hostile/report` runs it all on another library as well, asserting nothing there, and
//! writes the table in docs/robustness.md.
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
mod tally;
mod time;
mod tunnel;
mod values;
mod wire;
