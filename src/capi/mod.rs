//! The C face of the library, and the only place with `unsafe`: the exports of each public header, the structures as the
//! headers lay them out, and the bridge between `struct RTMP` and a session of the core. ARCHITECTURE.md lists the files.
//!
//! Each export runs its body in `guard::guard`: no panic crosses the boundary, and a null pointer gives the documented
//! failure value.

#[cfg(feature = "reserve")]
mod allocator;
pub mod amf;
mod arrays;
mod awaited;
mod call;
pub mod close;
pub mod connect;
mod connection;
pub mod data;
pub(crate) mod extra;
pub mod find;
mod gate;
pub mod guard;
pub mod handle;
pub mod http;
mod input;
mod layers;
mod layout;
pub mod log;
pub mod mem;
pub mod options;
mod owner;
pub mod packet;
mod private;
mod proxy;
mod reasons;
pub mod receive;
mod scalar;
pub mod send;
mod signals;
pub mod sockbuf;
pub mod swf;
#[cfg(test)]
mod testing;
mod texts;
pub mod tls;
pub mod types;
pub mod url;
