//! One client: its handshake, its messages, its end.

use crate::client::Client;
use crate::commands::Session;
use crate::{Scheme, Server, tunnel};
use rtmp::chunk::{DEFAULT_CHUNK_SIZE, MAX_CHUNK_SIZE, Memory, MessageHeader, Reader};
use rtmp::crypto::Rc4;
use rtmp::message::{MessageType, control};
use rtmp::session::{self, Sender};
use rtmp::transport::{BufferedInput, Deadline, Interrupt, Socket, Stream, TlsStream};
use rtmp::{Error, Result};
use std::io::{self, Read};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How long TLS and the handshake may take.
const GREETING: Duration = Duration::from_secs(10);
/// How long a client may take nothing of what it is sent.
const STALLED: Duration = Duration::from_secs(60);
/// Bytes after which what was received is acknowledged, when the client names no window.
const WINDOW: u32 = 2_500_000;
/// A window smaller than this is taken for this.
const SMALLEST_WINDOW: u32 = 4096;

/// Serves a client to its end.
pub(crate) fn serve(server: &Server, socket: TcpStream, scheme: &Scheme) {
    let peer = socket.peer_addr().map_or_else(|_| "a client".to_owned(), |address| address.to_string());
    let _ = socket.set_nodelay(true);
    let socket = Socket::new(socket.into(), Interrupt::default());
    socket.set_send_timeout_if_unset(Some(STALLED));
    let deadline = Deadline::after(GREETING);
    let stream = match &scheme.tls {
        None => Ok(Stream::Tcp(socket)),
        Some(context) => {
            TlsStream::try_accept(socket, context, deadline).map(Stream::Tls).map_err(|(error, socket)| {
                socket.close();
                error
            })
        }
    };
    let served = stream.and_then(|stream| {
        let stream = Arc::new(stream);
        let served = match scheme.tunnel {
            None => greet(server, &stream, &peer, deadline),
            Some(rtmp) => tunnel::serve(&server.tunnels, &stream, rtmp),
        };
        stream.shutdown_send();
        stream.interrupt_all();
        if let Some(stream) = Arc::into_inner(stream) {
            stream.into_socket().close();
        }
        served
    });
    match served {
        Ok(()) | Err(Error::Closed) => {}
        Err(error) => eprintln!("loopback: {peer}: {error}"),
    }
}

/// Shakes hands and listens to the client. All threads that play to it have ended on return.
fn greet(server: &Server, stream: &Arc<Stream>, peer: &str, deadline: Deadline) -> Result<()> {
    let established = session::accept(stream, &mut &[][..], 0, deadline)?;
    let (incoming, outgoing) =
        established.ciphers.map(|ciphers| (ciphers.incoming, ciphers.outgoing)).unzip();
    let client = Client::new(Arc::clone(stream), peer.to_owned(), Sender::new(Arc::clone(stream), outgoing));
    thread::scope(|scope| {
        let mut listener = Listener {
            session: Session::new(scope, server, &client),
            client: &client,
            chunk_size: DEFAULT_CHUNK_SIZE,
            window: WINDOW,
            acknowledged: 0,
        };
        let result = listener.listen(BufferedInput::new(Source::new(stream, incoming)));
        drop(listener);
        // Wakes the threads that wait for this client to read.
        stream.interrupt_all();
        result
    })
}

/// The receiving side of a connection.
struct Listener<'scope, 'env> {
    session: Session<'scope, 'env>,
    client: &'env Client,
    /// The client's.
    chunk_size: u32,
    /// Bytes after which the client wants an acknowledgement.
    window: u32,
    /// Bytes that have been acknowledged.
    acknowledged: u32,
}

impl Listener<'_, '_> {
    fn listen(&mut self, mut input: BufferedInput<Source<'_>>) -> Result<()> {
        let mut reader = Reader::<Memory>::default();
        loop {
            let message = reader.read_message(&mut input, self.chunk_size, &mut [])?;
            self.acknowledge(input.get_ref().received)?;
            let body = message.body.unwrap_or_default().into_vec();
            if message.header.kind == MessageType::ABORT {
                if let Some(channel) = number(&body, 0) {
                    reader.abort(channel);
                }
            } else {
                self.meet(&message.header, body)?;
            }
        }
    }

    fn meet(&mut self, header: &MessageHeader, body: Vec<u8>) -> Result<()> {
        match header.kind {
            MessageType::SET_CHUNK_SIZE => self.set_chunk_size(&body)?,
            MessageType::WINDOW_ACK_SIZE => {
                self.window = number(&body, 0).unwrap_or(self.window).max(SMALLEST_WINDOW);
            }
            MessageType::USER_CONTROL if body.starts_with(&control::PING_REQUEST.to_be_bytes()) => {
                self.client.control(control::PING_RESPONSE, number(&body, 2).unwrap_or(0))?;
            }
            MessageType::COMMAND => self.session.command(header.stream, &body)?,
            MessageType::COMMAND_AMF3 => {
                self.session.command(header.stream, body.get(1..).unwrap_or_default())?;
            }
            MessageType::AUDIO
            | MessageType::VIDEO
            | MessageType::DATA
            | MessageType::DATA_AMF3
            | MessageType::AGGREGATE => self.session.media(header, body)?,
            _ => {}
        }
        Ok(())
    }

    fn set_chunk_size(&mut self, body: &[u8]) -> Result<()> {
        let size = number(body, 0).filter(|size| (1..=MAX_CHUNK_SIZE).contains(size));
        self.chunk_size = size.ok_or_else(|| Error::protocol("a chunk size message without a chunk size"))?;
        Ok(())
    }

    /// Acknowledges what was received, twice in each window so that no client has to wait.
    fn acknowledge(&mut self, received: u32) -> Result<()> {
        if received.wrapping_sub(self.acknowledged) < self.window / 2 {
            return Ok(());
        }
        self.acknowledged = received;
        self.client.protocol(MessageType::ACKNOWLEDGEMENT, &received.to_be_bytes())
    }
}

fn number(body: &[u8], at: usize) -> Option<u32> {
    body.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// What the client sends, counted and deciphered.
pub(crate) struct Source<'a> {
    stream: &'a Stream,
    cipher: Option<Rc4>,
    /// Bytes; wraps, as in acknowledgements.
    received: u32,
}

impl<'a> Source<'a> {
    pub(crate) fn new(stream: &'a Stream, cipher: Option<Rc4>) -> Self {
        Self { stream, cipher, received: 0 }
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = match self.stream.receive(buffer) {
            Ok(n) => n,
            Err(Error::Closed) => return Ok(0),
            Err(Error::Io(_, error)) => return Err(error),
            Err(error) => return Err(io::Error::other(error)),
        };
        self.received = self.received.wrapping_add(n as u32);
        if let (Some(cipher), Some(bytes)) = (&mut self.cipher, buffer.get_mut(..n)) {
            cipher.apply(bytes).map_err(io::Error::other)?;
        }
        Ok(n)
    }
}
