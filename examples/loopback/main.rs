//! A small RTMP server for trying and testing the library on one machine, made of the library's own core.
//!
//! It passes on live streams, plays FLV files and records what is published. Not installed, and not meant for strangers:
//! it asks nobody for a password.
//!
//! `arguments` the command line, `connection` one client, `commands` what it asks for, `client` what it is told,
//! `hub` the live streams, `queue` what one player still gets, `play` how a stream is played, `film` and `recorder` FLV
//! files, `frame` one message of a stream, `tls` the certificate, `tunnel` RTMPT.
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
mod tunnel;

use arguments::{Arguments, HELP};
use hub::Hub;
use rtmp::transport::TlsServerContext;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tunnel::Tunnels;

/// Connections served at the same time; further ones are closed at once.
const MAX_CONNECTIONS: usize = 1000;

/// What all connections share.
struct Server {
    arguments: Arguments,
    hub: Hub,
    tunnels: Tunnels,
    connections: AtomicUsize,
}

/// How clients of a port speak.
#[derive(Clone, Default)]
struct Scheme {
    /// With TLS around everything.
    tls: Option<TlsServerContext>,
    /// In HTTP posts; the sessions are connections to this address.
    tunnel: Option<SocketAddr>,
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
    let mut ways = Ways::open(&arguments)?;
    if let Some(directory) = &arguments.tls {
        ways.open_tls(&arguments, directory)?;
    }
    let Ways { lines, listeners, .. } = ways;
    let server = Arc::new(Server {
        arguments,
        hub: Hub::default(),
        tunnels: Tunnels::default(),
        connections: AtomicUsize::new(0),
    });
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

/// The open ports, and what is printed of them.
struct Ways {
    lines: Vec<String>,
    listeners: Vec<(TcpListener, Scheme)>,
    /// Where RTMP is spoken.
    rtmp: SocketAddr,
}

impl Ways {
    /// Opens the ports without TLS.
    fn open(arguments: &Arguments) -> io::Result<Self> {
        let listener = TcpListener::bind((arguments.bind, arguments.port))?;
        let rtmp = listener.local_addr()?;
        let mut ways = Self { lines: Vec::new(), listeners: Vec::new(), rtmp };
        // RTMPE on the same port: the first byte tells.
        ways.add(&["rtmp", "rtmpe"], listener, Scheme::default())?;
        let tunnel = Scheme { tunnel: Some(rtmp), ..Scheme::default() };
        ways.add(&["rtmpt", "rtmpte"], TcpListener::bind((arguments.bind, 0))?, tunnel)?;
        Ok(ways)
    }

    /// Opens the ports with TLS.
    fn open_tls(
        &mut self,
        arguments: &Arguments,
        directory: &Path,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let (context, certificate) = tls::create(directory, arguments.bind)?;
        let plain = Scheme { tls: Some(context), tunnel: None };
        let tunnel = Scheme { tunnel: Some(self.rtmp), ..plain.clone() };
        self.add(&["rtmps"], TcpListener::bind((arguments.bind, arguments.tls_port))?, plain)?;
        self.add(&["rtmpts"], TcpListener::bind((arguments.bind, 0))?, tunnel)?;
        self.lines.push(format!("ca {}", certificate.display()));
        Ok(())
    }

    fn add(&mut self, names: &[&str], listener: TcpListener, scheme: Scheme) -> io::Result<()> {
        let address = listener.local_addr()?;
        self.lines.extend(names.iter().map(|name| format!("{name} {name}://{address}")));
        self.listeners.push((listener, scheme));
        Ok(())
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
