//! The HTTP client against servers that do everything right, and everything wrong.

mod scripted_http;

use rtmp::http::{self, MAX_HEAD, Request};
use rtmp::transport::TlsSettings;
use rtmp::{Error, Result};
use scripted_http::{Server, answer, short, silence};
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What a request brought.
#[derive(Debug, PartialEq, Eq)]
struct Got {
    status: u16,
    last_modified: Option<Vec<u8>>,
    body: Vec<u8>,
}

/// Fetches, taking at most 1 MiB of body; nothing may take longer than the limits and a margin.
fn fetch(url: &str, since: &str) -> Result<Got> {
    let begin = Instant::now();
    let request = Request {
        url: url.as_bytes(),
        modified_since: since.as_bytes(),
        tls: &TlsSettings::Environment,
        limits: short(),
    };
    let got = http::get(&request).and_then(|response| {
        let (status, last_modified) = (response.head().status, response.head().last_modified.clone());
        let mut body = Vec::new();
        response.read_body(1 << 20, |piece| {
            body.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(Got { status, last_modified, body })
    });
    assert!(begin.elapsed() < short().total + Duration::from_secs(3), "{url} took {:?}", begin.elapsed());
    got
}

/// The result for a server that sends these pieces, one after the other, and closes.
fn fetch_pieces(pieces: &'static [&'static [u8]]) -> Result<Got> {
    let server = Server::start(move |_, stream| {
        for piece in pieces {
            stream.write_all(piece)?;
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    });
    fetch(&server.origin, "")
}

fn body_of(pieces: &'static [&'static [u8]]) -> Vec<u8> {
    let got = fetch_pieces(pieces).expect("a good answer");
    assert_eq!(got.status, 200);
    got.body
}

/// Runs one script that must end in an error.
fn fails(script: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> Error {
    let server = Server::start(move |_, stream| script(stream));
    fetch(&server.origin, "").expect_err("this server is broken")
}

#[test]
fn sends_the_request_and_nothing_else() {
    let server = Server::start(|_, stream| answer(stream, "200 OK", "", b"hello"));
    let url = format!("{}/a/b?c#d", server.origin);
    assert_eq!(fetch(&url, "some date").expect("a good answer").body, b"hello");
    let host = server.origin.trim_start_matches("http://");
    let expected = format!(
        "GET /a/b?c HTTP/1.0\r\nUser-Agent: Mozilla/5.0\r\nHost: {host}\r\nReferer: http://{host}/\r\nIf-Modified-Since: some date\r\n\r\n"
    );
    assert_eq!(server.requests(), [expected]);
}

#[test]
fn a_missing_path_is_the_root() {
    let server = Server::start(|_, stream| answer(stream, "200 OK", "", b"root"));
    assert_eq!(fetch(&server.origin, "").expect("a good answer").body, b"root");
    assert!(server.requests()[0].starts_with("GET / HTTP/1.0\r\n"), "{:?}", server.requests());
}

#[test]
fn reads_bodies_of_every_form() {
    assert_eq!(body_of(&[b"HTTP/1.0 200 OK\r\n\r\nto the end"]), b"to the end");
    assert_eq!(body_of(&[b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more"]), b"hello");
    assert_eq!(body_of(&[b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]), b"");
    assert_eq!(body_of(&[b"HTTP/1.1 200 OK\r\nConte", b"nt-Length: 5\r\n\r", b"\nhe", b"llo"]), b"hello");
    assert_eq!(
        body_of(&[
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r",
            b"\nhel",
            b"lo\r\n3;x\r\n, w\r\n0\r\nA: b\r",
            b"\n\r\n"
        ]),
        b"hello, w"
    );
    assert_eq!(
        body_of(&[
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\nx"
        ]),
        b"x"
    );
}

#[test]
fn tells_status_and_date() {
    let got =
        fetch_pieces(&[b"HTTP/1.1 404 Not Found\r\nLAST-MODIFIED: a day\r\nContent-Length: 4\r\n\r\nnone"]);
    let expected = Got { status: 404, last_modified: Some(b"a day".to_vec()), body: b"none".to_vec() };
    assert_eq!(got.expect("a good answer"), expected);
    let got = fetch_pieces(&[b"HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n"]);
    assert_eq!(got.expect("a good answer"), Got { status: 304, last_modified: None, body: Vec::new() });
}

#[test]
fn follows_redirects() {
    let server = Server::start(|path, stream| match path {
        "/a/1" => answer(stream, "301 Moved", "Location: /a/2\r\n", b"not this"),
        "/a/2" => answer(stream, "302 Found", "Location: 3?x\r\n", b"not this"),
        "/a/3?x" => answer(stream, "307 Temporary", "location: /4\r\n", b""),
        _ => answer(stream, "200 OK", "", path.as_bytes()),
    });
    assert_eq!(fetch(&format!("{}/a/1", server.origin), "").expect("a good answer").body, b"/4");
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn redirects_that_lead_nowhere_are_given_as_they_are() {
    for location in
        ["", "Location: ftp://h/\r\n", "Location: http://user:word@h/\r\n", "Location: http://:1/\r\n"]
    {
        let server = Server::start(move |_, stream| answer(stream, "302 Found", location, b"moved"));
        let got = fetch(&server.origin, "").expect("an answer");
        assert_eq!((got.status, got.body.as_slice(), server.requests().len()), (302, &b"moved"[..], 1));
    }
}

#[test]
fn redirect_loops_end() {
    let server = Server::start(|_, stream| answer(stream, "302 Found", "Location: /\r\n", b"again"));
    assert_eq!(fetch(&server.origin, "").expect("an answer").status, 302);
    assert_eq!(server.requests().len(), http::MAX_REDIRECTS + 1);
}

#[test]
fn endless_heads_are_refused() {
    let line = fails(|stream| {
        loop {
            stream.write_all(&[b'x'; 4096])?;
        }
    });
    assert!(matches!(line, Error::Protocol(_)), "{line:?}");
    let headers = fails(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(b"A: b\r\n")?;
        }
    });
    assert!(matches!(headers, Error::Protocol(_)), "{headers:?}");
    let interim = fails(|stream| {
        loop {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
    });
    assert!(matches!(interim, Error::Protocol(_)), "{interim:?}");
    let long = fails(|stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(MAX_HEAD))?;
        silence();
        Ok(())
    });
    assert!(matches!(long, Error::Protocol(_)), "{long:?}");
}

#[test]
fn silence_at_each_step_times_out() {
    let whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let silent_after = |end: usize| {
        let error = fails(move |stream| {
            stream.write_all(&whole[..end])?;
            silence();
            Ok(())
        });
        assert!(matches!(error, Error::TimedOut), "after {end} bytes: {error:?}");
    };
    std::thread::scope(|scope| {
        for end in [0, 1, 15, 16, 40, 45, 47, 48, 50, 52, 55, 57, 58, 60, whole.len() - 1] {
            scope.spawn(move || silent_after(end));
        }
    });
}

#[test]
fn a_trickle_ends_at_the_deadline() {
    for start in ["", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"] {
        let error = fails(move |stream| {
            stream.write_all(start.as_bytes())?;
            loop {
                stream.write_all(b"H")?;
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        assert!(matches!(error, Error::TimedOut), "{error:?}");
    }
}

#[test]
fn a_steady_body_may_take_longer_than_everything_else() {
    let (pieces, piece) = (13, vec![b'x'; 64 * 1024]);
    let begin = Instant::now();
    let server = Server::start(move |_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", pieces * piece.len())?;
        for _ in 0..pieces {
            stream.write_all(&piece)?;
            std::thread::sleep(Duration::from_millis(500));
        }
        Ok(())
    });
    let got = fetch(&server.origin, "").expect("a body that comes all the time");
    assert_eq!(got.body.len(), pieces * 64 * 1024);
    assert!(begin.elapsed() > short().total);
}

#[test]
fn cut_answers_are_errors() {
    for whole in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r",
    ] {
        for end in (0..=whole.len()).step_by(3) {
            let error = fails(move |stream| stream.write_all(&whole[..end]));
            assert!(matches!(error, Error::Closed), "after {end} bytes: {error:?}");
        }
    }
}

#[test]
fn broken_answers_are_refused() {
    for text in [
        "blah blah\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n",
    ] {
        let error = fails(move |stream| {
            stream.write_all(text.as_bytes())?;
            stream.write_all(&vec![b'x'; 2_000_000])
        });
        assert!(matches!(error, Error::Protocol(_)), "{text:?}: {error:?}");
    }
}

#[test]
fn nobody_there_is_an_error() {
    // A port where nobody listens: the socket keeps it.
    let bound = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    bound.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("loopback has a free port");
    let address = bound.local_addr().ok().and_then(|address| address.as_socket()).expect("its address");
    for scheme in ["http", "https"] {
        let error = fetch(&format!("{scheme}://{address}/"), "").expect_err("nobody listens");
        assert!(matches!(error, Error::Io(..)), "{error:?}");
    }
}

#[test]
fn what_does_not_speak_tls_is_refused() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.0 400 Speak plainly\r\n\r\n");
        }
    });
    let error = fetch(&format!("https://{address}/"), "").expect_err("it is not TLS");
    assert!(matches!(&error, Error::Refused(text) if text.starts_with("TLS: ")), "{error:?}");
    let server = Server::start(move |_, stream| {
        answer(stream, "302 Found", &format!("Location: https://{address}/\r\n"), b"")
    });
    let error = fetch(&server.origin, "").expect_err("it leads to what is not TLS").to_string();
    assert!(error.starts_with(&format!("redirected to https://{address}: TLS: ")), "{error}");
}

#[test]
fn nothing_breaks_out_of_the_request() {
    let server = Server::start(|_, stream| answer(stream, "200 OK", "", b""));
    for path in ["/\r\nX: y", "/a\nb", "/\0"] {
        let error = fetch(&format!("{}{path}", server.origin), "").expect_err("it has control characters");
        assert!(matches!(error, Error::Usage(_)), "{error:?}");
    }
    let error = fetch(&server.origin, "a\r\nX: y").expect_err("the date has control characters");
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    assert!(server.requests().is_empty());
}
