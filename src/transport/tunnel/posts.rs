//! The requests of an RTMPT client.
#![forbid(unsafe_code)]

use crate::log::Text;
use crate::transport::http::authority;
use crate::{Error, Result};

/// The longest session id that is accepted, in bytes.
const ID_LIMIT: usize = 256;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Begins a session.
    Open,
    /// Carries bytes.
    Send,
    /// Asks for bytes.
    Idle,
    /// Ends the session.
    Close,
}

/// The body of a request that has nothing to carry.
pub(super) const NOTHING: &[u8] = &[0];

/// Builds the heads of requests, and numbers them.
#[derive(Debug)]
pub(super) struct Posts {
    /// As in the Host field.
    host: Vec<u8>,
    /// With a slash before it once the session is open.
    id: Vec<u8>,
    /// The number of the next request.
    number: u32,
}

impl Posts {
    /// Before the session is open; a host that could end a header line is refused.
    pub(super) fn new(host: &[u8], port: u16) -> Result<Self> {
        let refused = || {
            Error::Usage(format!("RTMPT: the host name \"{}\" cannot be sent in an HTTP request", Text(host)))
        };
        let host = authority(host, port).ok_or_else(refused)?;
        Ok(Self { host, id: Vec::new(), number: 1 })
    }

    /// Takes in the body of the answer to "open": the session's id. Numbering restarts at 0, as with librtmp.
    pub(super) fn opened(&mut self, body: &[u8]) -> Result<()> {
        let id = body.trim_ascii_end();
        let fits = |byte: &u8| byte.is_ascii_graphic() && !b"?#\\\"<>".contains(byte);
        if id.is_empty() || id.len() > ID_LIMIT || !id.iter().all(fits) {
            let text =
                format!("RTMPT: the server gave a session id that cannot be used ({} bytes)", id.len());
            return Err(Error::protocol(text));
        }
        self.id = [b"/", id].concat();
        self.number = 0;
        Ok(())
    }

    /// The session's id with a slash before it.
    pub(super) fn id(&self) -> &[u8] {
        &self.id
    }

    /// The head of the next request, whose body has `length` bytes.
    pub(super) fn head(&mut self, command: Command, length: usize) -> Vec<u8> {
        let name = match command {
            Command::Open => "open",
            Command::Send => "send",
            Command::Idle => "idle",
            Command::Close => "close",
        };
        let number = self.number;
        self.number = number.wrapping_add(1);
        let mut head = format!("POST /{name}").into_bytes();
        head.extend(&self.id);
        head.extend(format!("/{number} HTTP/1.1\r\nHost: ").into_bytes());
        head.extend(&self.host);
        head.extend(
            b"\r\nAccept: */*\r\nUser-Agent: Shockwave Flash\r\nConnection: Keep-Alive\r\nCache-Control: no-cache\r\n\
              Content-type: application/x-fcs\r\n",
        );
        head.extend(format!("Content-length: {length}\r\n\r\n").into_bytes());
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_as_librtmp_sends_them() {
        let mut posts = Posts::new(b"127.0.0.1", 80).unwrap();
        let head = |posts: &mut Posts, command| String::from_utf8(posts.head(command, 1)).unwrap();
        // Recorded from rtmpdump 2.4.
        let open = "POST /open/1 HTTP/1.1\r\nHost: 127.0.0.1:80\r\nAccept: */*\r\nUser-Agent: Shockwave Flash\r\n\
            Connection: Keep-Alive\r\nCache-Control: no-cache\r\nContent-type: application/x-fcs\r\nContent-length: 1\r\n\r\n";
        assert_eq!(head(&mut posts, Command::Open), open);
        posts.opened(b"/xyz\n").unwrap();
        assert!(head(&mut posts, Command::Send).starts_with("POST /send//xyz/0 HTTP/1.1\r\n"));
        assert!(head(&mut posts, Command::Idle).starts_with("POST /idle//xyz/1 HTTP/1.1\r\n"));
        assert!(head(&mut posts, Command::Close).starts_with("POST /close//xyz/2 HTTP/1.1\r\n"));
        assert_eq!(posts.id(), b"//xyz");
    }

    #[test]
    fn what_cannot_be_in_a_request() {
        assert!(Posts::new(b"a b", 80).is_err());
        assert!(Posts::new(b"a\r\nX: y", 80).is_err());
        let mut posts = Posts::new(b"::1", 80).unwrap();
        for id in [&b""[..], b"\n", b"a b\n", b"a\r\nb", b"a?b", &[b'a'; ID_LIMIT + 1]] {
            assert!(posts.opened(id).is_err(), "{id:?}");
        }
    }
}
