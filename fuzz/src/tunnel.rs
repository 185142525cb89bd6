//! The answers of an RTMPT server: what comes out is no longer than what came in, and an error stays one.

use crate::{Bytes, foreign};
use rtmp::Error;
use rtmp::transport::{Deadline, Interrupt, Socket, Tunnel};
use std::io::Write;
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// More would not fit into the socket at once.
const MAX_INPUT: usize = 64 * 1024;
/// Receives without waiting that find nothing before the tunnel is given up.
const MAX_SILENCES: usize = 4;

/// The first two bytes say how much is there before the session opens; the rest are answers.
pub fn rtmpt(data: &[u8]) {
    let mut bytes = Bytes(&data[..data.len().min(MAX_INPUT)]);
    let early = usize::from(bytes.u16());
    let (early, late) = bytes.0.split_at(early.min(bytes.0.len()));
    let (ours, mut theirs) = UnixStream::pair().expect("a pair of sockets");
    let descriptor = ours.as_raw_fd();
    theirs.write_all(early).expect("it fits");
    // The deadline has passed: what is there is taken, nothing is waited for.
    let socket = Socket::new(ours.into(), Interrupt::default());
    match Tunnel::over_tcp(socket, b"example.com", 80, Deadline::after(Duration::ZERO)) {
        Ok(tunnel) => {
            converse(&tunnel, &mut theirs, late, bytes.0.len());
            tunnel.into_socket().close();
        }
        Err(_) => foreign::close(descriptor),
    }
}

/// `given` bytes are said in all.
fn converse(tunnel: &Tunnel, theirs: &mut UnixStream, late: &[u8], given: usize) {
    let _ = tunnel.id();
    let _ = tunnel.send_all(&[std::io::IoSlice::new(b"some"), std::io::IoSlice::new(b"thing")]);
    theirs.write_all(late).expect("it fits");
    theirs.shutdown(Shutdown::Write).expect("an end");
    let mut buffer = [0; 512];
    let (mut received, mut silences) = (0, 0);
    while silences < MAX_SILENCES {
        match tunnel.receive_now(&mut buffer) {
            Ok(n) => {
                assert!(n > 0, "nothing received is a time-out or an end");
                received += n;
            }
            Err(Error::TimedOut) => silences += 1,
            Err(_) => break,
        }
    }
    assert!(received <= given, "more comes out than went in");
}
