//! The map of the crate; there is no code here.
//!
//! A byte from the network climbs [`transport`] → [`chunk`] → [`session`] → [`flv`] or the C program; a byte to the
//! network goes the same way down. [`amf`], [`message`], [`url`], [`options`] and [`handshake`] know formats and do
//! no I/O. `capi` is the C face and the only place with `unsafe`. ARCHITECTURE.md has the picture.
#![deny(unsafe_code)]

pub mod amf;
mod bytes;
#[allow(unsafe_code)]
pub mod capi;
pub mod chunk;
pub mod crypto;
mod error;
pub mod flv;
pub mod handshake;
pub mod http;
pub mod log;
pub mod memory;
pub mod message;
pub mod options;
pub mod session;
pub mod swf;
pub mod transport;
pub mod url;

pub use error::{Error, Result};
