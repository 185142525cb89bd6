//! The bodies of the fuzz targets: each takes any bytes and panics when the library breaks a promise.
//!
//! The same bodies run coverage-guided (`make fuzz`) and, with committed seeds and random mutations of them, as a
//! bounded test (`replay`, part of `make check`).

mod amf;
mod bytes;
mod capi;
mod chunk;
mod flv;
mod foreign;
mod handshake;
mod http;
mod mutator;
mod peer;
mod session;
mod swf;
mod tunnel;
mod url;

pub use bytes::Bytes;
pub use mutator::{Mutator, Random};

/// Every target under the name of its binary and its seeds.
pub mod targets {
    pub use crate::amf::{amf0, amf3};
    pub use crate::capi::capi;
    pub use crate::chunk::chunk;
    pub use crate::flv::flv;
    pub use crate::handshake::{client as handshake_client, server as handshake_server};
    pub use crate::http::http;
    pub use crate::session::session;
    pub use crate::swf::{swf, swf_cache};
    pub use crate::tunnel::rtmpt;
    pub use crate::url::url;
}

/// A target's body.
pub type Target = fn(&[u8]);

/// Every target with its name.
pub const TARGETS: [(&str, Target); 13] = [
    ("chunk", targets::chunk),
    ("amf0", targets::amf0),
    ("amf3", targets::amf3),
    ("session", targets::session),
    ("handshake_client", targets::handshake_client),
    ("handshake_server", targets::handshake_server),
    ("url", targets::url),
    ("flv", targets::flv),
    ("http", targets::http),
    ("rtmpt", targets::rtmpt),
    ("swf", targets::swf),
    ("swf_cache", targets::swf_cache),
    ("capi", targets::capi),
];
