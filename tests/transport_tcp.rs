//! Plain sockets whose descriptor the program polls: the last byte of a receive is lent.

use rtmp::Error;
use rtmp::transport::{Deadline, Interrupt, Ready, Socket, Stream};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

/// A polled stream, and its peer.
fn polled() -> (Stream, UnixStream) {
    let (ours, peer) = UnixStream::pair().unwrap();
    let socket = Socket::new(OwnedFd::from(ours), Interrupt::default());
    socket.expect_polling();
    (Stream::Tcp(socket), peer)
}

fn is_readable(stream: &Stream) -> bool {
    stream.socket().wait(Ready::Readable, Deadline::after(Duration::ZERO)).is_ok()
}

#[test]
fn what_was_received_stays_readable_until_the_call_ends_with_nothing_left() {
    let (stream, mut peer) = polled();
    peer.write_all(b"abc").unwrap();
    let mut buffer = [0; 10];
    assert_eq!(stream.receive_now(&mut buffer).unwrap(), 3);
    assert_eq!(&buffer[..3], b"abc");
    assert!(is_readable(&stream), "a byte is lent");
    assert_eq!(stream.socket().waiting(), 0, "which was handed up");
    assert!(!is_readable(&stream), "and is taken back by a look at what waits");

    peer.write_all(b"de").unwrap();
    assert_eq!(stream.receive(&mut buffer).unwrap(), 2);
    stream.rest();
    assert!(!is_readable(&stream));
}

#[test]
fn the_end_follows_a_lent_byte() {
    let (stream, mut peer) = polled();
    peer.write_all(b"a").unwrap();
    drop(peer);
    let mut buffer = [0; 1];
    assert_eq!(stream.receive_now(&mut buffer).unwrap(), 1);
    assert!(matches!(stream.receive_now(&mut buffer), Err(Error::Closed)));
}

#[test]
fn each_byte_is_handed_up_once_whatever_the_pieces() {
    let (stream, mut peer) = polled();
    let sent: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let pieces = sent.clone();
    let writer = thread::spawn(move || {
        let mut rest = pieces.as_slice();
        for size in (1..=97).cycle() {
            let (piece, later) = rest.split_at(size.min(rest.len()));
            peer.write_all(piece).unwrap();
            rest = later;
            if rest.is_empty() {
                return peer;
            }
        }
        unreachable!("the sizes never end");
    });
    let mut received: Vec<u8> = Vec::new();
    for size in [1, 2, 3, 50, 500, 5000].into_iter().cycle() {
        let mut buffer = vec![0; size];
        match stream.receive_now(&mut buffer) {
            Ok(n) => received.extend(&buffer[..n]),
            Err(Error::TimedOut) => {
                stream.socket().wait(Ready::Readable, Deadline::after(Duration::from_secs(10))).unwrap();
            }
            Err(error) => panic!("{error}"),
        }
        if size == 3 {
            stream.rest();
        }
        if received.len() >= sent.len() {
            break;
        }
    }
    assert!(received == sent);
    drop(writer.join().unwrap());
}
