//! A small RTMP server for trying and testing the library on one machine, made of the library's own core.
//!
//! It passes on live streams, plays FLV files and records what is published. Not installed, and not meant for strangers:
//! it asks nobody for a password.
//!
//! `arguments` the command line, `connection` one client, `commands` what it asks for, `client` what it is told,
//! `hub` the live streams, `queue` what one player still gets, `play` how a stream is played, `film` and `recorder` FLV
//! files, `frame` one message of a stream, `tls` the certificate.
#![forbid(unsafe_code)]

mod arguments;
mod client;
mod commands;
mod connection;
mod film;
mod frame;
mod hub;
mod play;
mod queue;
mod recorder;
mod tls;

use arguments::{Arguments, HELP};
use hub::Hub;
use rtmp::transport::TlsServerContext;
use std::io::{self, Write};
use std::net::{IpAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Connections served at the same time; further ones are closed at once.
const MAX_CONNECTIONS: usize = 1000;

/// What all connections share.
struct Server {
    arguments: Arguments,
    hub: Hub,
    connections: AtomicUsize,
}

/// How clients of a port speak.
#[derive(Clone)]
enum Scheme {
    /// RTMP and RTMPE: the first byte tells.
    Plain,
    Tls(TlsServerContext),
}

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("loopback: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("loopback: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until the process is ended.
fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let server = Arc::new(Server { arguments, hub: Hub::default(), connections: AtomicUsize::new(0) });
    let bind = server.arguments.bind;
    let plain = TcpListener::bind((bind, server.arguments.port))?;
    let address = address(bind, plain.local_addr()?.port());
    let mut lines = vec![format!("rtmp rtmp://{address}"), format!("rtmpe rtmpe://{address}")];
    let mut listeners = vec![(plain, Scheme::Plain)];
    if let Some(directory) = &server.arguments.tls {
        let (context, certificate) = tls::create(directory, bind)?;
        let listener = TcpListener::bind((bind, server.arguments.tls_port))?;
        lines.push(format!("rtmps rtmps://{}", self::address(bind, listener.local_addr()?.port())));
        lines.push(format!("ca {}", certificate.display()));
        listeners.push((listener, Scheme::Tls(context)));
    }
    let threads: Vec<_> = listeners
        .into_iter()
        .map(|(listener, scheme)| {
            let server = Arc::clone(&server);
            thread::spawn(move || listen(&server, &listener, &scheme))
        })
        .collect();
    announce(&lines)?;
    for thread in threads {
        let _ = thread.join();
    }
    Ok(())
}

/// The part of a URL between the slashes.
fn address(ip: IpAddr, port: u16) -> String {
    match ip {
        IpAddr::V4(ip) => format!("{ip}:{port}"),
        IpAddr::V6(ip) => format!("[{ip}]:{port}"),
    }
}

/// Prints, all at once, the lines that tell scripts where to connect: the ports are open then.
fn announce(lines: &[String]) -> io::Result<()> {
    let mut text = lines.join("\n");
    text.push('\n');
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Accepts clients, each into a thread of its own.
fn listen(server: &Arc<Server>, listener: &TcpListener, scheme: &Scheme) {
    for accepted in listener.incoming() {
        let socket = match accepted {
            Ok(socket) => socket,
            Err(error) => {
                eprintln!("loopback: accept: {error}");
                // Descriptors may be short for a while; accepting again at once would only spin.
                thread::sleep(std::time::Duration::from_millis(50));
                continue;
            }
        };
        if server.connections.fetch_add(1, Ordering::Relaxed) >= MAX_CONNECTIONS {
            server.connections.fetch_sub(1, Ordering::Relaxed);
            eprintln!("loopback: {MAX_CONNECTIONS} clients are connected, one more is turned away");
            continue;
        }
        let (owned, scheme) = (Arc::clone(server), scheme.clone());
        let started = thread::Builder::new().spawn(move || {
            let _leaving = Leaving(&owned.connections);
            connection::serve(&owned, socket, &scheme);
        });
        if let Err(error) = started {
            server.connections.fetch_sub(1, Ordering::Relaxed);
            eprintln!("loopback: no thread for a client: {error}");
        }
    }
}

/// Counts a connection out, however its thread ends.
struct Leaving<'a>(&'a AtomicUsize);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
