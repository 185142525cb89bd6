//! A child process that works with one of the libraries.

use crate::make::Request;
use std::fmt;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

/// What a worker made of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Its words.
    Text(Vec<u8>),
    /// It touched memory that is not the input's.
    Overrun,
    /// The process ended.
    Died,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Text(text) => write!(f, "{}", String::from_utf8_lossy(text).escape_debug()),
            Answer::Overrun => f.write_str("(reads or writes where it must not)"),
            Answer::Died => f.write_str("(the process ended)"),
        }
    }
}

/// The process, started anew when it dies.
pub(crate) struct Worker {
    program: String,
    library: String,
    child: Child,
    /// How often it had to be started anew.
    pub(crate) restarts: usize,
}

impl Worker {
    /// Starts `program` over the library in a directory.
    pub(crate) fn new(program: &str, library: &str) -> Self {
        let child = start(program, library);
        Self { program: program.into(), library: library.into(), child, restarts: 0 }
    }

    /// What it makes of a request.
    pub(crate) fn ask(&mut self, request: &Request) -> Answer {
        match self.exchange(request) {
            Ok(text) if text == b"overrun" => Answer::Overrun,
            Ok(text) => Answer::Text(text),
            Err(_) => {
                let _ = self.child.kill();
                let _ = self.child.wait();
                self.restarts += 1;
                self.child = start(&self.program, &self.library);
                Answer::Died
            }
        }
    }

    fn exchange(&mut self, request: &Request) -> std::io::Result<Vec<u8>> {
        let length = request.bytes.len() as u16;
        let mut message = vec![request.operation as u8, request.choice];
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(&request.bytes);
        self.child.stdin.as_mut().expect("a pipe").write_all(&message)?;
        let output = self.child.stdout.as_mut().expect("a pipe");
        let mut length = [0; 4];
        output.read_exact(&mut length)?;
        let mut text = vec![0; u32::from_be_bytes(length) as usize];
        output.read_exact(&mut text)?;
        Ok(text)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(program: &str, library: &str) -> Child {
    Command::new(program)
        .env("LD_LIBRARY_PATH", library)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"))
}
