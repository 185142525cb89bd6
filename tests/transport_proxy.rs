//! Dialling through proxies: scripted ones that misbehave at every step, and real ones from Debian.

use rtmp::Error;
use rtmp::transport::{Deadline, Interrupt, Proxy, Stream, Target, dial, dial_address};
use std::io::{IoSlice, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// One step of a scripted proxy.
#[derive(Clone)]
enum Step {
    /// Reads exactly these bytes.
    Expect(Vec<u8>),
    /// Writes these, one byte at a time.
    Say(Vec<u8>),
    /// Keeps the connection open until the client has gone.
    Silence,
}
use Step::{Expect, Say, Silence};

/// Plays the script on the first connection; an error tells what was read instead of the bytes expected.
fn scripted(script: Vec<Step>) -> (u16, JoinHandle<Result<(), String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let join = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        peer.set_nodelay(true).unwrap();
        for step in script {
            match step {
                Expect(bytes) => expect(&mut peer, &bytes)?,
                // A client may have left before the end.
                Say(bytes) if bytes.iter().any(|byte| peer.write_all(&[*byte]).is_err()) => return Ok(()),
                Say(_) => {}
                Silence => {
                    let mut dropped = [0; 512];
                    while matches!(peer.read(&mut dropped), Ok(n) if n > 0) {}
                }
            }
        }
        Ok(())
    });
    (port, join)
}

fn expect(peer: &mut TcpStream, bytes: &[u8]) -> Result<(), String> {
    let mut got = vec![0; bytes.len()];
    peer.read_exact(&mut got).map_err(|error| error.to_string())?;
    if got != bytes {
        return Err(format!("got {:?}, expected {bytes:?}", String::from_utf8_lossy(&got)));
    }
    Ok(())
}

fn target(host: &str, port: u16, setting: &str) -> Target {
    let mut target = Target::new(host, port, Duration::from_secs(10));
    target.proxy = Some(Proxy::parse(setting.as_bytes()).unwrap());
    target
}

/// Dials through a scripted proxy, then reads "ready" from it.
fn succeeds(host: &str, scheme: &str, mut script: Vec<Step>) {
    script.push(Say(b"ready".to_vec()));
    script.push(Silence);
    let (port, join) = scripted(script);
    let (scheme, user) = scheme.split_once(' ').unwrap_or((scheme, ""));
    let socket =
        dial(&target(host, 1935, &format!("{scheme}{user}127.0.0.1:{port}")), Interrupt::default(), &|| true)
            .unwrap();
    let mut ready = [0; 5];
    let stream = Stream::Tcp(socket);
    stream.read_exact(&mut ready, Deadline::after(Duration::from_secs(5))).unwrap();
    assert_eq!(&ready, b"ready", "not a byte more than the proxy's own may be taken");
    stream.into_socket().close();
    join.join().unwrap().unwrap();
}

/// Dials through a scripted proxy that does not work; the error.
fn fails(setting: &str, script: Vec<Step>) -> String {
    fails_by(Duration::from_secs(10), setting, script)
}

/// Dials through a scripted proxy that falls silent; the error.
fn waits_in_vain(setting: &str, script: Vec<Step>) -> String {
    fails_by(Duration::from_millis(300), setting, script)
}

/// Dials through a scripted proxy, and has so long; the error.
fn fails_by(limit: Duration, setting: &str, script: Vec<Step>) -> String {
    let (port, _join) = scripted(script);
    let mut target = target("example.test", 1935, &format!("{setting}127.0.0.1:{port}"));
    target.deadline = Deadline::after(limit);
    let began = Instant::now();
    let error = dial(&target, Interrupt::default(), &|| true).unwrap_err();
    assert!(began.elapsed() < limit + Duration::from_secs(5), "{setting}: not by the deadline");
    let text = error.to_string();
    assert!(text.contains(&format!("proxy 127.0.0.1:{port}")), "the error does not name the proxy: {text}");
    assert!(!text.contains("secret"), "{text}");
    text
}

fn named(head: &[u8], name: &str) -> Vec<u8> {
    [head, name.as_bytes(), &[0]].concat()
}

#[test]
fn socks4_and_4a() {
    let granted = Say(vec![0, 90, 1, 2, 3, 4, 5, 6]);
    succeeds("10.1.2.3", "", vec![Expect(vec![4, 1, 7, 0x8f, 10, 1, 2, 3, 0]), granted.clone()]);
    succeeds("localhost", "socks4://", vec![Expect(vec![4, 1, 7, 0x8f, 127, 0, 0, 1, 0]), granted.clone()]);
    let request = named(&[4, 1, 7, 0x8f, 0, 0, 0, 1, 0], "example.test");
    succeeds("example.test", "socks4a://", vec![Expect(request), granted]);
    assert!(
        fails("socks4a://", vec![Say(vec![0, 91, 0, 0, 0, 0, 0, 0]), Silence]).contains("code 91 (rejected")
    );
}

#[test]
fn socks5_and_5h() {
    let request = [&[5, 1, 0, 3, 12], &b"example.test"[..], &[7, 0x8f]].concat();
    let bound: [Vec<u8>; 3] = [
        vec![5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
        [&[5, 0, 0, 4][..], &[0; 18]].concat(),
        [&[5, 0, 0, 3, 2][..], b"ab", &[0, 0]].concat(),
    ];
    for bound in bound {
        let script = vec![Expect(vec![5, 1, 0]), Say(vec![5, 0]), Expect(request.clone()), Say(bound)];
        succeeds("example.test", "socks5h://", script);
    }
    let done = Say(vec![5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    let here = vec![
        Expect(vec![5, 1, 0]),
        Say(vec![5, 0]),
        Expect(vec![5, 1, 0, 1, 127, 0, 0, 1, 7, 0x8f]),
        done.clone(),
    ];
    succeeds("localhost", "socks5://", here);
    let login = [&[1, 4], &b"user"[..], &[6], b"secret"].concat();
    let script = vec![
        Expect(vec![5, 2, 0, 2]),
        Say(vec![5, 2]),
        Expect(login),
        Say(vec![1, 0]),
        Expect([&[5, 1, 0, 4][..], &[0; 15], &[1, 7, 0x8f]].concat()),
        done,
    ];
    succeeds("::1", "socks5h:// user:secret@", script);
    let with_user = "socks5h://user:secret@";
    assert!(fails("socks5h://", vec![Say(vec![5, 0xff]), Silence]).contains("socks5://user:password@"));
    assert!(fails(with_user, vec![Say(vec![5, 2, 1, 1]), Silence]).contains("wrong user or password"));
    assert!(fails(with_user, vec![Say(vec![5, 7]), Silence]).contains("method 7"));
    assert!(
        fails("socks5h://", vec![Say(vec![5, 0, 5, 5, 0, 1]), Silence])
            .contains("code 5 (connection refused")
    );
    assert!(fails("socks5h://", vec![Say(vec![5, 0, 5, 0, 0, 9]), Silence]).contains("unknown kind 9"));
}

#[test]
fn http_connect() {
    let request = b"CONNECT example.test:1935 HTTP/1.1\r\nHost: example.test:1935\r\n\r\n".to_vec();
    for answer in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 200 Connection established\r\nvia: x\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
    ] {
        succeeds("example.test", "http://", vec![Expect(request.clone()), Say(answer.into())]);
    }
    let request = b"CONNECT [::1]:1935 HTTP/1.1\r\nHost: [::1]:1935\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n".to_vec();
    succeeds("::1", "http:// user:secret@", vec![Expect(request), Say(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())]);
    let says = |setting, text: &str| fails(setting, vec![Say(text.into()), Silence]);
    assert!(says("http://", "HTTP/1.1 407 No\r\n\r\n").contains("http://user:password@"));
    assert!(says("http://u:secret@", "HTTP/1.1 407 No\r\n\r\n").contains("wrong user or password"));
    assert!(says("http://", "HTTP/1.1 403 Forbidden\r\n\r\n").contains("403 (Forbidden)"));
    assert!(says("http://", "\x05\x00\r\n\r\n").contains("not an HTTP answer"));
}

#[test]
fn silence_ends_and_garbage_at_every_step() {
    let conversations: [(&str, &[u8]); 4] = [
        ("socks4a://", &[0, 90, 0, 0, 0, 0, 0, 0]),
        ("socks5h://", &[5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
        ("socks5h://u:secret@", &[5, 2, 1, 0, 5, 0, 0, 3, 1, b'a', 0, 0]),
        ("http://", b"HTTP/1.1 200 OK\r\n\r\n"),
    ];
    for (setting, answer) in conversations {
        for cut in (0..answer.len()).step_by(if setting == "http://" { 6 } else { 3 }) {
            let start = Say(answer[..cut].to_vec());
            assert!(waits_in_vain(setting, vec![start.clone(), Silence]).contains("no answer in time"));
            let ended = fails(
                setting,
                vec![Expect(vec![if setting == "http://" { b'C' } else { answer_version(setting) }]), start],
            );
            assert!(
                ended.contains("closed the connection")
                    || ended.contains("reset")
                    || ended.contains("Broken pipe"),
                "{ended}"
            );
        }
        let garbage = fails(setting, vec![Say(b"garbage!\r\n\r\n".repeat(8)), Silence]);
        assert!(garbage.contains("does not speak") || garbage.contains("not an HTTP answer"), "{garbage}");
    }
    let endless = fails(
        "http://",
        vec![Say([&b"HTTP/1.1 200 OK\r\n"[..], &b"a: b\r\n".repeat(4000)].concat()), Silence],
    );
    assert!(endless.contains("16 KiB"), "{endless}");
}

/// The first byte of a request.
fn answer_version(setting: &str) -> u8 {
    if setting.starts_with("socks4") { 4 } else { 5 }
}

#[test]
fn the_programs_own_address_goes_through_the_proxy_too() {
    let request = named(&[4, 1, 7, 0x8f, 0, 0, 0, 1, 0], "example.test");
    let (port, join) = scripted(vec![Expect(request), Say(vec![0, 90, 0, 0, 0, 0, 0, 0])]);
    let address: SocketAddr = ([127, 0, 0, 1], port).into();
    let target = target("example.test", 1935, "socks4a://elsewhere.invalid");
    dial_address(&address.into(), &target, Interrupt::default(), &|| true).unwrap().close();
    join.join().unwrap().unwrap();
}

#[test]
fn a_connection_that_is_not_wanted_any_more_is_given_up() {
    for (scheme, script) in [
        ("socks4a://", vec![Silence]),
        ("socks5h://", vec![Say(vec![5]), Silence]),
        ("http://", vec![Say(b"HTTP/1.1 200".to_vec()), Silence]),
    ] {
        let (port, join) = scripted(script);
        let began = Instant::now();
        let is_wanted = || began.elapsed() < Duration::from_millis(200);
        let target = target("example.test", 1935, &format!("{scheme}127.0.0.1:{port}"));
        let error = dial(&target, Interrupt::default(), &is_wanted).unwrap_err();
        assert!(matches!(error, Error::Closed), "{scheme}: {error}");
        assert!(began.elapsed() < Duration::from_secs(5), "{scheme}");
        // The proxy hears of it, as the descriptor is closed.
        join.join().unwrap().unwrap();
    }
}

#[test]
fn a_name_that_only_the_proxy_may_know_is_told_how_to_leave_to_it() {
    for scheme in ["", "socks5://"] {
        let (port, _join) = scripted(vec![Silence]);
        let target = target("no-such-host.invalid", 1935, &format!("{scheme}127.0.0.1:{port}"));
        let error = dial(&target, Interrupt::default(), &|| true).unwrap_err().to_string();
        assert!(error.contains("no-such-host.invalid") && error.contains("socks5h://"), "{error}");
    }
}

#[test]
fn a_proxy_that_cannot_be_reached_is_named_as_one() {
    let (_held, closed) = closed_port();
    for (setting, words) in [
        (format!("socks5h://127.0.0.1:{closed}"), format!("SOCKS5 proxy 127.0.0.1:{closed}: connect: ")),
        ("http://no-such-proxy.invalid".into(), "HTTP proxy no-such-proxy.invalid:80: ".into()),
    ] {
        let error =
            dial(&target("example.test", 1935, &setting), Interrupt::default(), &|| true).unwrap_err();
        assert!(error.to_string().starts_with(&words), "{error}");
    }
}

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago; none of those that the kernel gives to whoever connects.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 20_000) as u16;
    std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap()
}

/// A port where nobody listens, as long as the socket lives.
fn closed_port() -> (socket2::Socket, u16) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    (socket, port)
}

fn start(command: &mut Command, port: u16) -> Running {
    let running = Running(
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the proxy must be installed"),
    );
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "the proxy does not start");
        thread::sleep(Duration::from_millis(20));
    }
    running
}

/// An echo server for one connection.
fn echo() -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let join = thread::spawn(move || {
        let (peer, _) = listener.accept().unwrap();
        let _ = std::io::copy(&mut &peer, &mut &peer);
    });
    (port, join)
}

fn echoes_through(setting: &str, host: &str) {
    let (port, join) = echo();
    let socket = dial(&target(host, port, setting), Interrupt::default(), &|| true).unwrap();
    let stream = Stream::Tcp(socket);
    let sent: Vec<u8> = (0..50_000u32).map(|n| n as u8).collect();
    stream.send_all(&mut [IoSlice::new(&sent[..10]), IoSlice::new(&sent[10..])]).unwrap();
    let mut received = vec![0; sent.len()];
    stream.read_exact(&mut received, Deadline::after(Duration::from_secs(10))).unwrap();
    assert!(received == sent);
    stream.into_socket().close();
    join.join().unwrap();
}

#[test]
fn microsocks() {
    let port = free_port();
    let mut command = Command::new("microsocks");
    let _running = start(command.args(["-i", "127.0.0.1", "-p", &port.to_string()]), port);
    echoes_through(&format!("socks5://127.0.0.1:{port}"), "127.0.0.1");
    echoes_through(&format!("socks5h://localhost:{port}"), "localhost");
    let (_held, closed) = closed_port();
    let error = dial(
        &target("127.0.0.1", closed, &format!("socks5://127.0.0.1:{port}")),
        Interrupt::default(),
        &|| true,
    )
    .unwrap_err();
    assert!(error.to_string().contains("SOCKS5 code 5"), "{error}");
}

#[test]
fn microsocks_with_a_password() {
    let port = free_port();
    let mut command = Command::new("microsocks");
    let arguments = ["-i", "127.0.0.1", "-u", "user", "-P", "p@ss", "-p", &port.to_string()];
    let _running = start(command.args(arguments), port);
    echoes_through(&format!("socks5://user:p%40ss@127.0.0.1:{port}"), "127.0.0.1");
    for (user, words) in [("", "demands a log-in"), ("user:no@", "wrong user or password")] {
        let setting = format!("socks5://{user}127.0.0.1:{port}");
        let error = dial(&target("127.0.0.1", 1, &setting), Interrupt::default(), &|| true).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// A file that is removed with the test.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn tinyproxy() {
    let port = free_port();
    let name = format!("tinyproxy-{}.conf", std::process::id());
    let file = Scratch(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name));
    std::fs::write(&file.0, format!("Port {port}\nListen 127.0.0.1\nTimeout 60\nBasicAuth user secret\n"))
        .unwrap();
    let mut command = Command::new("tinyproxy");
    let _running = start(command.arg("-d").arg("-c").arg(&file.0), port);
    echoes_through(&format!("http://user:secret@127.0.0.1:{port}"), "localhost");
    let error =
        dial(&target("127.0.0.1", 1, &format!("http://127.0.0.1:{port}")), Interrupt::default(), &|| true)
            .unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
}
