//! The command line.

use lexopt::prelude::*;
use rtmp::chunk::MAX_CHUNK_SIZE;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Usage: loopback [OPTION...]

A small RTMP server for tests: passes on live streams, plays FLV files, records.
Prints one line for each way in, as \"rtmp rtmp://127.0.0.1:PORT\", and serves
until it is ended.

  --directory DIR   play DIR/NAME.flv as NAME, in every application
  --record DIR      record what is published as NAME in DIR/NAME.flv
  --bind ADDRESS    where to listen (127.0.0.1)
  --port N          the port of rtmp and rtmpe (0: any free one)
  --tls DIR         also serve rtmps, with a certificate made now: DIR/ca.pem
  --tls-port N      the port of rtmps (0: any free one)
  --chunk-size N    of what is sent (60000)
  --help            this text
";

/// The chunk size that clients are sent: most messages are one chunk.
const CHUNK_SIZE: u32 = 60_000;

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Where the films are.
    pub(crate) directory: Option<PathBuf>,
    /// Where recordings go.
    pub(crate) record: Option<PathBuf>,
    /// The address of all listeners.
    pub(crate) bind: IpAddr,
    /// The port of RTMP and RTMPE; 0 for any.
    pub(crate) port: u16,
    /// Where the certificate goes; without it there is no TLS.
    pub(crate) tls: Option<PathBuf>,
    /// The port of RTMPS; 0 for any.
    pub(crate) tls_port: u16,
    /// The chunk size of what is sent, bytes.
    pub(crate) chunk_size: u32,
}

impl Arguments {
    /// Reads the command line; `None` when it asks for help.
    pub(crate) fn parse() -> Result<Option<Self>, lexopt::Error> {
        let mut arguments = Self {
            directory: None,
            record: None,
            bind: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            tls: None,
            tls_port: 0,
            chunk_size: CHUNK_SIZE,
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("directory") => arguments.directory = Some(parser.value()?.into()),
                Long("record") => arguments.record = Some(parser.value()?.into()),
                Long("bind") => arguments.bind = parser.value()?.parse()?,
                Long("port") => arguments.port = parser.value()?.parse()?,
                Long("tls") => arguments.tls = Some(parser.value()?.into()),
                Long("tls-port") => arguments.tls_port = parser.value()?.parse()?,
                Long("chunk-size") => arguments.chunk_size = parser.value()?.parse_with(chunk_size)?,
                Long("help") => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(arguments))
    }
}

fn chunk_size(text: &str) -> Result<u32, String> {
    let size = text.parse().ok().filter(|size| (1..=MAX_CHUNK_SIZE).contains(size));
    size.ok_or_else(|| format!("a chunk size is a number from 1 to {MAX_CHUNK_SIZE}"))
}
