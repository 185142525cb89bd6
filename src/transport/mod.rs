//! Blocking byte streams with deadlines: TCP, and later what goes on top of it (proxies, TLS, the HTTP tunnel).
#![forbid(unsafe_code)]

mod input;
mod tcp;
mod wait;

pub use input::{BufferedInput, Input, Received};
pub use tcp::{Ready, Socket};
pub use wait::{Deadline, Interrupt, retry};
