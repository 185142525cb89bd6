//! Blocking byte streams with deadlines: TCP, how it is reached (names, several addresses, proxies), and what goes on
//! top of it (TLS, the HTTP tunnel).
#![forbid(unsafe_code)]

mod dial;
mod happy_eyeballs;
mod http;
mod input;
mod proxy;
mod resolve;
mod stream;
mod tcp;
mod tls;
mod tunnel;
mod wait;

pub(crate) use http::{BodyDecoder, BodyLength, FIELD_LIMIT, HEAD_LIMIT, decimal, has_no_body, lenient};

pub(crate) use resolve::MAX_HOST;

pub use dial::{Target, dial, dial_address};
pub use http::Chunked;
pub use input::{BufferedInput, Input, Portion, Received};
pub use proxy::{Credentials, Proxy, ProxyKind};
pub use resolve::start_threads_within;
pub use stream::Stream;
pub use tcp::{Polling, Ready, Socket};
pub use tls::{TlsServerContext, TlsSettings, TlsStream};
pub use tunnel::Tunnel;
pub use wait::{Deadline, Interrupt, retry};
