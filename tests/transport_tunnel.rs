//! RTMPT tunnels against HTTP servers that end the connection, and such as only say so.

use rtmp::Error;
use rtmp::transport::{Deadline, Interrupt, Socket, Stream, Tunnel};
use std::io::{IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(5))
}

/// Reads one request, and tells its head.
fn request(peer: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        peer.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-length: ")?.parse().ok());
    peer.read_exact(&mut vec![0; length.unwrap_or(0)])?;
    Ok(head)
}

/// Answers so many requests on one connection, each with this head before its length, and ends the connection. The
/// answers behind that to "open" carry the bytes 0, 1, 2, ….
fn server(head: &'static str, answers: u8) -> (Socket, u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let join = thread::spawn(move || {
        let mut requests = Vec::new();
        for number in 0..answers {
            let Ok(request) = request(&mut peer) else { break };
            requests.push(request);
            let body: &[u8] = if number == 0 { b"ab\n" } else { &[9, number - 1] };
            let answer = [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat();
            peer.write_all(&answer).unwrap();
        }
        requests
    });
    let socket = Socket::new(OwnedFd::from(client), Interrupt::default());
    socket.set_timeout(Some(Duration::from_secs(5))).unwrap();
    (socket, port, join)
}

fn open(socket: Socket, host: &[u8], port: u16) -> Stream {
    Stream::Tunnel(Box::new(Tunnel::over_tcp(socket, host, port, soon()).unwrap()))
}

#[test]
fn a_connection_that_is_said_to_close_is_used_while_it_stands() {
    for head in ["HTTP/1.1 200 OK\r\nConnection: close\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 200 OK\r\n"] {
        let (socket, port, join) = server(head, 6);
        let stream = open(socket, b"localhost", port);
        let mut received = [0; 5];
        stream.read_exact(&mut received, soon()).unwrap();
        assert_eq!(received, [0, 1, 2, 3, 4], "{head}");
        let error = stream.receive(&mut [0; 9]).unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{error:?}");
        for words in ["the server ended the HTTP connection of the tunnel", "kept-alive"] {
            assert!(error.to_string().contains(words), "{error}");
        }
        assert_eq!(join.join().unwrap().len(), 6);
        stream.into_socket().close();
    }
}

#[test]
fn a_send_on_an_ended_connection_says_whose_end_it_is() {
    let (socket, port, join) = server("HTTP/1.1 200 OK\r\n", 1);
    let stream = open(socket, b"localhost", port);
    join.join().unwrap();
    let send = |_| {
        thread::sleep(Duration::from_millis(10));
        stream.send_all(&mut [IoSlice::new(b"x")]).err()
    };
    let error = (0..100).find_map(send).unwrap().to_string();
    assert!(error.contains("the server ended the HTTP connection of the tunnel"), "{error}");
    stream.into_socket().close();
}

#[test]
fn an_end_of_this_sides_making_is_no_error_of_the_servers() {
    let (socket, port, join) = server("HTTP/1.1 200 OK\r\n", 2);
    let stream = open(socket, b"localhost", port);
    stream.shutdown_send();
    assert!(matches!(stream.receive(&mut [0; 1]), Ok(1)), "the answer to \"close\" is kept");
    let error = stream.receive(&mut [0; 1]).unwrap_err();
    assert!(matches!(error, Error::Closed), "{error}");
    join.join().unwrap();
    stream.into_socket().close();
}

#[test]
fn an_end_before_the_session_is_open_is_no_matter_of_keeping_alive() {
    let (socket, port, _join) = server("", 0);
    let error = Tunnel::over_tcp(socket, b"localhost", port, soon()).unwrap_err().to_string();
    assert!(!error.contains("kept-alive"), "{error}");
}

#[test]
fn a_host_without_a_name_is_the_peers_address() {
    let (socket, port, join) = server("HTTP/1.1 200 OK\r\n", 1);
    open(socket, b"", 0).into_socket().close();
    let requests = join.join().unwrap();
    assert!(requests[0].contains(&format!("\r\nHost: 127.0.0.1:{port}\r\n")), "{requests:?}");
}

/// Serves one connection in a thread: the answer to "open", and then as `serve` does.
fn serving(serve: impl FnOnce(TcpStream) + Send + 'static) -> (Stream, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = TcpStream::connect(address).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let join = thread::spawn(move || {
        request(&mut peer).unwrap();
        peer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab\n").unwrap();
        serve(peer);
    });
    let socket = Socket::new(OwnedFd::from(client), Interrupt::default());
    (open(socket, b"localhost", address.port()), join)
}

#[test]
fn answers_that_nobody_receives_are_bounded() {
    let (stream, join) = serving(|mut peer| {
        let answer = [&b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"[..], &[9; 100_001]].concat();
        while request(&mut peer).is_ok() && peer.write_all(&answer).is_ok() {}
    });
    let send = |_| {
        thread::sleep(Duration::from_millis(1));
        stream.send_all(&mut [IoSlice::new(b"x")]).err()
    };
    let error = (0..5000).find_map(send).unwrap().to_string();
    assert!(error.contains("4 MiB"), "{error}");
    stream.into_socket().close();
    join.join().unwrap();
}

/// The time-out is of silence, not of the whole post.
#[test]
fn a_server_that_reads_slowly_is_waited_for() {
    let (stream, join) = serving(|mut peer| {
        let mut bytes = [0; 32 * 1024];
        while peer.read(&mut bytes).is_ok_and(|n| n > 0) {
            thread::sleep(Duration::from_millis(20));
        }
    });
    stream.socket().set_timeout(Some(Duration::from_millis(600))).unwrap();
    stream.socket().options().set_send_buffer_size(16 * 1024).unwrap();
    let began = Instant::now();
    stream.send_all(&mut [IoSlice::new(&vec![b'x'; 3 << 20])]).unwrap();
    assert!(began.elapsed() > Duration::from_millis(900), "it was sent at once: {:?}", began.elapsed());
    stream.into_socket().close();
    join.join().unwrap();
}
