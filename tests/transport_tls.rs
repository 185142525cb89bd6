//! TLS streams against OpenSSL's own client and server in this process, with certificates made at run time.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod, SslStream, SslVersion};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use rtmp::Error;
use rtmp::transport::{Deadline, Interrupt, Ready, Socket, Stream, TlsServerContext, TlsSettings, TlsStream};
use std::io::{BufRead, BufReader, IoSlice, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A certificate with its key.
struct Identity {
    certificate: X509,
    key: PKey<Private>,
}

/// When a certificate is valid: from and until, year to second, as ASN.1 writes times.
const PAST: (&str, &str) = ("20010101000000Z", "20040101000000Z");
const FUTURE: (&str, &str) = ("21010101000000Z", "21040101000000Z");
const LONG: (&str, &str) = (PAST.0, FUTURE.1);

/// Makes a certificate; without an issuer it signs itself, and is an authority.
fn identity(name: &str, validity: (&str, &str), issuer: Option<&Identity>) -> Identity {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&subject, |issuer| issuer.certificate.subject_name())).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_str_x509(validity.0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_str_x509(validity.1).unwrap()).unwrap();
    match issuer {
        None => builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap(),
        Some(issuer) => {
            let mut names = SubjectAlternativeName::new();
            match name.parse::<std::net::IpAddr>() {
                Ok(_) => names.ip(name),
                Err(_) => names.dns(name),
            };
            let context = builder.x509v3_context(Some(&issuer.certificate), None);
            let names = names.build(&context).unwrap();
            builder.append_extension(names).unwrap();
        }
    }
    builder.sign(issuer.map_or(&key, |issuer| &issuer.key), MessageDigest::sha256()).unwrap();
    Identity { certificate: builder.build(), key }
}

/// A file of this test run, removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, contents: &[u8]) -> Self {
        let unique = format!("librtmp-{}-{:?}-{name}", std::process::id(), thread::current().id());
        let path = std::env::temp_dir().join(unique.replace(['(', ')'], ""));
        std::fs::write(&path, contents).unwrap();
        Self(path)
    }

    fn settings(&self) -> TlsSettings {
        let file = self.0.to_str().unwrap().as_bytes().to_vec();
        TlsSettings::Options { verify: Some(true), ca_file: Some(file) }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Starts OpenSSL's server for one connection, restricted to one version, and runs `talk` on it.
fn server<T: Send + 'static>(
    identity: &Identity,
    version: SslVersion,
    talk: impl FnOnce(SslStream<TcpStream>) -> T + Send + 'static,
) -> (TcpStream, JoinHandle<Option<T>>) {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_private_key(&identity.key).unwrap();
    acceptor.set_certificate(&identity.certificate).unwrap();
    acceptor.set_min_proto_version(Some(version)).unwrap();
    acceptor.set_max_proto_version(Some(version)).unwrap();
    acceptor.set_num_tickets(5).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (peer, _) = listener.accept().unwrap();
    let join = thread::spawn(move || acceptor.accept(peer).ok().map(talk));
    (client, join)
}

fn socket(stream: TcpStream) -> Socket {
    let socket = Socket::new(OwnedFd::from(stream), Interrupt::default());
    socket.set_timeout(Some(Duration::from_secs(10))).unwrap();
    socket
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

fn unverified() -> TlsSettings {
    TlsSettings::Options { verify: Some(false), ca_file: None }
}

fn receive_all(stream: &Stream) -> (Vec<u8>, Error) {
    let mut all = Vec::new();
    let mut buffer = vec![0; 5000];
    loop {
        match stream.receive(&mut buffer) {
            Ok(n) => all.extend(&buffer[..n]),
            Err(error) => return (all, error),
        }
    }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 + n / 255) as u8).collect()
}

#[test]
fn both_versions_carry_bytes_both_ways_at_once() {
    let authority = identity("authority", LONG, None);
    let leaf = identity("server.test", LONG, Some(&authority));
    let ca = Scratch::new("ca", &authority.certificate.to_pem().unwrap());
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let (client, join) = server(&leaf, version, |mut peer| {
            assert_eq!(peer.ssl().servername(openssl::ssl::NameType::HOST_NAME), Some("server.test"));
            let mut got = vec![0; 3_000_000];
            let mut at = 0;
            while at < got.len() {
                let n = peer.read(&mut got[at..]).unwrap();
                peer.write_all(&got[at..at + n]).unwrap();
                at += n;
            }
            peer.shutdown().unwrap();
            got
        });
        let tls = TlsStream::connect(socket(client), b"server.test", &ca.settings(), soon()).unwrap();
        assert!(tls.summary().starts_with("TLSv1."));
        let stream = Arc::new(Stream::Tls(tls));
        assert!(!stream.is_plain());
        let sent = pattern(3_000_000);
        let writer = {
            let (stream, sent) = (stream.clone(), sent.clone());
            thread::spawn(move || {
                for message in sent.chunks(30_011) {
                    let mut slices: Vec<IoSlice<'_>> = message.chunks(4_097).map(IoSlice::new).collect();
                    stream.send_all(&mut slices).unwrap();
                }
            })
        };
        let (received, end) = receive_all(&stream);
        writer.join().unwrap();
        assert!(matches!(end, Error::Closed), "{end}");
        assert!(received == sent);
        assert!(join.join().unwrap().unwrap() == sent);
    }
}

#[test]
fn nothing_decrypted_hides_behind_a_silent_descriptor() {
    let own = identity("server.test", LONG, None);
    let (client, join) = server(&own, SslVersion::TLS1_3, |mut peer| {
        for byte in 0..200u8 {
            peer.write_all(&[byte]).unwrap();
        }
        let mut answer = [0; 1];
        let _ = peer.read(&mut answer);
    });
    let tls = TlsStream::connect(socket(client), b"server.test", &unverified(), soon()).unwrap();
    let stream = Stream::Tls(tls);
    let mut received: Vec<u8> = Vec::new();
    while received.len() < 200 {
        let mut buffer = [0; 100];
        // Only when the descriptor itself is readable may there be more.
        stream.socket().wait(rtmp::transport::Ready::Readable, soon()).unwrap();
        match stream.receive_now(&mut buffer) {
            Ok(n) => received.extend(&buffer[..n]),
            Err(Error::TimedOut) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(received, (0..200u8).collect::<Vec<_>>());
    stream.send_all(&mut [IoSlice::new(b"x")]).unwrap();
    join.join().unwrap();
}

/// A program's call may take a part of what a record brought: the descriptor wakes it for the rest, and then no more.
#[test]
fn a_polled_descriptor_is_readable_until_all_is_given() {
    let own = identity("server.test", LONG, None);
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let (client, join) = server(&own, version, |mut peer| {
            peer.write_all(&pattern(40_000)).unwrap();
            let _ = peer.read(&mut [0; 1]);
        });
        let tls = TlsStream::connect(socket(client), b"server.test", &unverified(), soon()).unwrap();
        let stream = Stream::Tls(tls);
        stream.socket().expect_polling();
        let is_readable = |within| stream.socket().wait(Ready::Readable, Deadline::after(within)).is_ok();
        let mut received: Vec<u8> = Vec::new();
        while received.len() < 40_000 {
            let mut buffer = [0; 700];
            assert!(is_readable(Duration::from_secs(10)), "after {} bytes", received.len());
            if let Ok(n) = stream.receive_now(&mut buffer) {
                received.extend(&buffer[..n]);
            }
            stream.rest();
        }
        assert!(received == pattern(40_000));
        assert!(!is_readable(Duration::from_millis(50)), "still readable");
        stream.interrupt_all();
        join.join().unwrap();
    }
}

#[test]
fn a_cut_stream_is_told_from_a_clean_end() {
    let own = identity("server.test", LONG, None);
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let (client, join) = server(&own, version, |mut peer| {
            peer.write_all(b"abc").unwrap();
            peer.get_ref().shutdown(Shutdown::Write).unwrap();
            let _ = peer.read(&mut [0; 1]);
        });
        let tls = TlsStream::connect(socket(client), b"server.test", &unverified(), soon()).unwrap();
        let stream = Stream::Tls(tls);
        let (received, end) = receive_all(&stream);
        assert_eq!(received, b"abc");
        assert!(matches!(&end, Error::Protocol(text) if text.contains("cut")), "{end}");
        stream.interrupt_all();
        join.join().unwrap();
    }
}

#[test]
fn bad_certificates_are_refused_with_the_reason_and_the_way_out() {
    let authority = identity("authority", LONG, None);
    let ca = Scratch::new("bad-ca", &authority.certificate.to_pem().unwrap());
    let stranger = identity("stranger", LONG, None);
    let cases: [(Identity, &str, &[&str]); 7] = [
        (identity("server.test", PAST, Some(&authority)), "server.test", &["expired on"]),
        (identity("server.test", FUTURE, Some(&authority)), "server.test", &["not valid before"]),
        (
            identity("other.test", LONG, Some(&authority)),
            "server.test",
            &["for other.test", "not for server.test"],
        ),
        (identity("127.0.0.2", LONG, Some(&authority)), "127.0.0.1", &["for 127.0.0.2", "not for 127.0.0.1"]),
        (identity("server.test", LONG, Some(&stranger)), "server.test", &["issued by stranger", "unknown"]),
        (identity("server.test", LONG, None), "server.test", &["signed by itself"]),
        (identity("*.b.test", LONG, Some(&authority)), "c.a.b.test", &["not for c.a.b.test"]),
    ];
    for (leaf, host, words) in cases {
        for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
            let (client, join) = server(&leaf, version, drop);
            let error = TlsStream::connect(
                socket(client.try_clone().unwrap()),
                host.as_bytes(),
                &ca.settings(),
                soon(),
            )
            .unwrap_err()
            .to_string();
            client.shutdown(Shutdown::Both).unwrap();
            join.join().unwrap();
            for word in words.iter().chain(&["tlsVerify=0", "LIBRTMP_TLS_VERIFY=0", "tlsCaFile="]) {
                assert!(error.contains(word), "{error}");
            }
        }
        let (client, join) = server(&leaf, SslVersion::TLS1_3, drop);
        TlsStream::connect(socket(client), host.as_bytes(), &unverified(), soon()).unwrap();
        join.join().unwrap();
    }
}

#[test]
fn addresses_and_wildcards_are_accepted() {
    let authority = identity("authority", LONG, None);
    let ca = Scratch::new("good-ca", &authority.certificate.to_pem().unwrap());
    for (name, host) in
        [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("*.b.test", "a.b.test"), ("a.test", "a.test.")]
    {
        let (client, join) =
            server(&identity(name, LONG, Some(&authority)), SslVersion::TLS1_3, move |peer| {
                peer.ssl().servername(openssl::ssl::NameType::HOST_NAME).map(str::to_owned)
            });
        let tls = TlsStream::connect(socket(client), host.as_bytes(), &ca.settings(), soon());
        assert!(tls.is_ok(), "{host}: {}", tls.unwrap_err());
        let sni = join.join().unwrap().unwrap();
        assert_eq!(sni.is_some(), host.contains("test"), "{host}");
    }
}

#[test]
fn a_ca_file_that_is_none_is_named() {
    let (client, _join) = server(&identity("x", LONG, None), SslVersion::TLS1_3, drop);
    let settings = TlsSettings::Options { verify: Some(true), ca_file: Some(b"no/such/file".to_vec()) };
    let error = TlsStream::connect(socket(client), b"x", &settings, soon()).unwrap_err().to_string();
    assert!(error.contains("no/such/file") && error.contains("No such file or directory"), "{error}");
}

/// A certificate made by hand often has the address in its subject alone.
#[test]
fn an_address_in_the_subject_alone_is_told_apart() {
    let own = identity("127.0.0.1", LONG, None);
    let ca = Scratch::new("subject", &own.certificate.to_pem().unwrap());
    let (client, _join) = server(&own, SslVersion::TLS1_3, drop);
    let failed = TlsStream::connect(socket(client), b"127.0.0.1", &ca.settings(), soon());
    let error = failed.unwrap_err().to_string();
    assert!(error.contains("names 127.0.0.1 as its subject only"), "{error}");
}

#[test]
fn what_is_no_tls_server_ends_by_the_deadline() {
    for talk in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x03garbage garbage garbage"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        peer.write_all(talk).unwrap();
        let began = Instant::now();
        let deadline = Deadline::after(Duration::from_millis(300));
        let error = TlsStream::connect(socket(client), b"x", &unverified(), deadline).unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(5));
        match talk {
            b"" => assert!(matches!(error, Error::TimedOut), "{error}"),
            _ => assert!(error.to_string().contains("does not speak TLS"), "{error}"),
        }
    }
}

#[test]
fn a_peer_that_stops_reading_ends_a_send() {
    let own = identity("server.test", LONG, None);
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (client, join) = server(&own, SslVersion::TLS1_3, move |peer| {
        let _ = wait.recv();
        drop(peer);
    });
    let tls = TlsStream::connect(socket(client), b"server.test", &unverified(), soon()).unwrap();
    tls.socket().set_timeout(Some(Duration::from_millis(200))).unwrap();
    let stream = Stream::Tls(tls);
    let message = vec![0; 1 << 20];
    let error = (0..100).find_map(|_| stream.send_all(&mut [IoSlice::new(&message)]).err()).unwrap();
    assert!(error.to_string().contains("stopped reading"), "{error}");
    drop(go);
    join.join().unwrap();
}

#[test]
fn our_server_and_our_client() {
    let own = identity("server.test", LONG, None);
    let chain = Scratch::new("chain", &own.certificate.to_pem().unwrap());
    let key = Scratch::new("key", &own.key.private_key_to_pem_pkcs8().unwrap());
    let context = TlsServerContext::from_files(&chain.0, &key.0).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (peer, _) = listener.accept().unwrap();
    let serving = thread::spawn(move || {
        let stream = Stream::Tls(TlsStream::accept(socket(peer), &context, soon()).unwrap());
        let mut buffer = [0; 5];
        stream.read_exact(&mut buffer, soon()).unwrap();
        stream.send_all(&mut [IoSlice::new(&buffer), IoSlice::new(b"!")]).unwrap();
        stream.shutdown_send();
        receive_all(&stream)
    });
    let tls = TlsStream::connect(socket(client), b"server.test", &chain.settings(), soon()).unwrap();
    let stream = Stream::Tls(tls);
    stream.send_all(&mut [IoSlice::new(b"he"), IoSlice::new(b""), IoSlice::new(b"llo")]).unwrap();
    let (received, end) = receive_all(&stream);
    assert_eq!(received, b"hello!");
    assert!(matches!(end, Error::Closed), "{end}");
    stream.shutdown_send();
    let (rest, end) = serving.join().unwrap();
    assert!(rest.is_empty() && matches!(end, Error::Closed), "{end}");
    assert!(TlsServerContext::from_files(&key.0, &chain.0).is_err());
}

#[test]
fn an_encrypted_key_is_refused_and_nobody_is_asked() {
    let own = identity("server.test", LONG, None);
    let chain = Scratch::new("enc-chain", &own.certificate.to_pem().unwrap());
    let cipher = openssl::symm::Cipher::aes_128_cbc();
    let old = own.key.ec_key().unwrap().private_key_to_pem_passphrase(cipher, b"xyzzy").unwrap();
    let new = own.key.private_key_to_pem_pkcs8_passphrase(cipher, b"xyzzy").unwrap();
    for pem in [old.clone(), new.clone(), [new.clone(), old].concat(), [new.clone(), new].concat()] {
        let key = Scratch::new("enc-key", &pem);
        let error = TlsServerContext::from_files(&chain.0, &key.0).unwrap_err().to_string();
        for words in ["enc-key", "is encrypted", "decrypt it"] {
            assert!(error.contains(words), "{error}");
        }
    }
    let empty = own.key.private_key_to_pem_pkcs8_passphrase(cipher, b"").unwrap();
    let key = Scratch::new("enc-empty", &empty);
    assert!(TlsServerContext::from_files(&chain.0, &key.0).is_ok(), "an empty pass phrase is known");
}

#[test]
fn a_host_without_a_name_is_reached_but_not_verified() {
    let own = identity("server.test", LONG, None);
    for host in [&b""[..], b"\xff"] {
        let (client, join) = server(&own, SslVersion::TLS1_3, |peer| {
            peer.ssl().servername(openssl::ssl::NameType::HOST_NAME).map(str::to_owned)
        });
        TlsStream::connect(socket(client), host, &unverified(), soon()).unwrap();
        assert_eq!(join.join().unwrap(), Some(None), "no name to send");
    }
    let (client, _join) = server(&own, SslVersion::TLS1_3, drop);
    let verified = TlsSettings::Options { verify: Some(true), ca_file: None };
    let error = TlsStream::connect(socket(client), b"", &verified, soon()).unwrap_err().to_string();
    for words in ["Link.hostname is empty", "tlsVerify=0"] {
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn errors_advise_only_what_there_is_and_leave_the_host_to_the_caller() {
    let own = identity("server.test", LONG, None);
    let failure = |settings: &TlsSettings| {
        let (client, _join) = server(&own, SslVersion::TLS1_3, drop);
        TlsStream::connect(socket(client), b"server.test", settings, soon()).unwrap_err().to_string()
    };
    let environment = failure(&TlsSettings::Environment);
    assert!(
        environment.starts_with("TLS: ") && environment.contains("LIBRTMP_TLS_VERIFY=0"),
        "{environment}"
    );
    assert!(!environment.contains("tlsVerify") && !environment.contains("tlsCaFile"), "{environment}");
    let options = failure(&TlsSettings::Options { verify: None, ca_file: None });
    assert!(options.contains("tlsVerify=0") && options.contains("tlsCaFile="), "{options}");
}

#[test]
fn a_server_of_old_versions_is_told_as_one() {
    // An alert as OpenSSL sends it, and the hello of a server that knows no later version than TLS 1.1.
    let alert = vec![0x15, 3, 1, 0, 2, 2, 70];
    let hello = [&[0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2][..], &[7; 32], &[0, 0, 0x2f, 0]].concat();
    for talk in [alert, hello] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        peer.write_all(&talk).unwrap();
        let error = TlsStream::connect(socket(client), b"x", &unverified(), soon()).unwrap_err().to_string();
        assert!(error.contains("older than TLS 1.2") && error.contains("refused"), "{error}");
    }
}

/// OpenSSL's s_server, ended when dropped.
struct SslServer(Child);

impl SslServer {
    /// Starts it on a port that it chooses and says once it listens.
    fn start(identity: &Identity) -> (Self, u16, [Scratch; 2]) {
        let certificate = Scratch::new("server.pem", &identity.certificate.to_pem().unwrap());
        let key = Scratch::new("server.key", &identity.key.private_key_to_pem_pkcs8().unwrap());
        let mut child = Command::new("openssl")
            .args(["s_server", "-tls1_3", "-accept", "127.0.0.1:0", "-cert"])
            .arg(&certificate.0)
            .arg("-key")
            .arg(&key.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl runs");
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let server = Self(child);
        let port = (&mut said)
            .lines()
            .find_map(|line| line.unwrap().strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok())
            .expect("openssl s_server listens");
        // Whatever else it says must find a reader.
        thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        (server, port, [certificate, key])
    }

    fn type_line(&mut self, line: &str) {
        let keyboard = self.0.stdin.as_mut().unwrap();
        keyboard.write_all(line.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }
}

impl Drop for SslServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn key_updates_go_unnoticed() {
    let (mut server, port, _files) = SslServer::start(&identity("key.test", LONG, None));
    let tls = TlsStream::connect(
        socket(TcpStream::connect(("127.0.0.1", port)).unwrap()),
        b"key.test",
        &unverified(),
        soon(),
    )
    .unwrap();
    let stream = Stream::Tls(tls);
    let expect = |line: &str| {
        let mut received = vec![0; line.len()];
        stream.read_exact(&mut received, soon()).unwrap();
        assert_eq!(received, line.as_bytes());
    };
    // After this nothing of the session's beginning is on its way any more.
    server.type_line("zeroth\n");
    expect("zeroth\n");
    // A line that is only K asks for a key update, k for one of the server's own keys alone; others are sent.
    for (command, line) in [("K\n", "first\n"), ("k\n", "second\n"), ("K\n", "third\n")] {
        server.type_line(command);
        // Else the server might read both lines at once, and take them for a command.
        stream.socket().wait(Ready::Readable, soon()).unwrap();
        server.type_line(line);
        expect(line);
        stream.send_all(&mut [IoSlice::new(b"answer\n")]).unwrap();
    }
}
