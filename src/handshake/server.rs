//! The server's half.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::mem;

use super::block::{BLOCK_SIZE, Block, Layout, NO_VERSION};
use super::digest::{self, Side};
use super::keys::agree;
use super::signature::{is_signed, signed_block};
use super::{Outcome, TYPE_ENCRYPTED, TYPE_ENCRYPTED_XTEA, TYPE_PLAIN, is_encrypted, is_known};
use crate::crypto::{DIGEST_SIZE, KeyPair};
use crate::{Error, Result};

/// The version in S1 of the digest form and of RTMPE.
const VERSION_DIGEST: [u8; 4] = [3, 5, 1, 1];
/// The first byte of the version of those RTMPE clients that want type 8 although they ask for type 6.
const VERSION_WANTS_XTEA: u8 = 128;

/// A server in the middle of its handshake.
pub struct Server {
    uptime_ms: u32,
    step: Step,
    outcome: Outcome,
}

enum Step {
    AwaitC0,
    AwaitC1 { kind: u8 },
    AwaitEcho { s1: Block },
    AwaitSignature { s1: Block, own: [u8; DIGEST_SIZE], kind: u8 },
    Over,
}

impl Server {
    /// Begins; the client speaks first. `uptime_ms` is the server's clock.
    pub fn start(uptime_ms: u32) -> Self {
        Server { uptime_ms, step: Step::AwaitC0, outcome: Outcome::default() }
    }

    /// How many bytes the next step needs; `None` when the handshake is over, well or not.
    pub fn needs(&self) -> Option<usize> {
        match self.step {
            Step::AwaitC0 => Some(1),
            Step::AwaitC1 { .. } | Step::AwaitEcho { .. } | Step::AwaitSignature { .. } => Some(BLOCK_SIZE),
            Step::Over => None,
        }
    }

    /// Takes exactly as many bytes as [`Server::needs`] said, and returns the bytes to send now, which may be none.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the type is unknown, an RTMPE client's digest or key is not valid, a client that sent a
    /// digest signs wrongly, or another number of bytes is given; the handshake is over then and the connection useless.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        match mem::replace(&mut self.step, Step::Over) {
            Step::AwaitC0 => self.take_c0(bytes),
            Step::AwaitC1 { kind } => self.take_c1(&Block::received(bytes)?, kind),
            Step::AwaitEcho { s1 } => take_echo(&Block::received(bytes)?, &s1),
            Step::AwaitSignature { s1, own, kind } => {
                self.take_signature(&Block::received(bytes)?, &s1, &own, kind)
            }
            Step::Over => Err(Error::protocol("the handshake is over and takes no more bytes")),
        }
    }

    /// What the handshake leaves behind; to be called once [`Server::needs`] is `None` and no step failed.
    pub fn finish(self) -> Outcome {
        self.outcome
    }

    fn take_c0(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        match *bytes {
            [kind] if is_known(kind) => {
                self.step = Step::AwaitC1 { kind };
                Ok(Vec::new())
            }
            [kind] => {
                Err(Error::protocol(format!("the client asks for handshake type {kind}, which is unknown")))
            }
            _ => Err(Error::protocol("the handshake's type is one byte")),
        }
    }

    fn take_c1(&mut self, c1: &Block, kind: u8) -> Result<Vec<u8>> {
        let [version, ..] = c1.version();
        let likely = if is_encrypted(kind) { Layout::KeyFirst } else { Layout::DigestFirst };
        let found = if version == 0 { None } else { digest::find(c1, likely, Side::Client)? };
        match found {
            Some((layout, digest)) => {
                let wants_xtea = kind == TYPE_ENCRYPTED && version == VERSION_WANTS_XTEA;
                let kind = if wants_xtea { TYPE_ENCRYPTED_XTEA } else { kind };
                self.answer_digest(c1, layout, &digest, kind)
            }
            None if is_encrypted(kind) => Err(Error::protocol(
                "the RTMPE client's handshake holds no valid digest: it is not a genuine player",
            )),
            None => self.answer_simply(c1),
        }
    }

    /// Answers C1 with an echo. Clients that send a version but no digest are met in the simple form too: that is
    /// what they speak.
    fn answer_simply(&mut self, c1: &Block) -> Result<Vec<u8>> {
        let s1 = Block::first(self.uptime_ms, NO_VERSION)?;
        let bytes = [&[TYPE_PLAIN], s1.bytes(), c1.bytes()].concat();
        self.step = Step::AwaitEcho { s1 };
        Ok(bytes)
    }

    fn answer_digest(
        &mut self,
        c1: &Block,
        layout: Layout,
        peer_digest: &[u8; DIGEST_SIZE],
        kind: u8,
    ) -> Result<Vec<u8>> {
        let mut s1 = Block::first(self.uptime_ms, VERSION_DIGEST)?;
        if is_encrypted(kind) {
            let keys = KeyPair::generate()?;
            self.outcome.ciphers = Some(agree(&keys, &c1.key(layout))?);
            s1.set_key(layout, keys.public());
        }
        let own = digest::seal(&mut s1, layout, Side::Server)?;
        let s2 = signed_block(Side::Server, peer_digest, kind)?;
        let bytes = [&[kind], s1.bytes(), s2.bytes()].concat();
        self.step = Step::AwaitSignature { s1, own, kind };
        Ok(bytes)
    }

    /// Takes C2. Clients that publish may give a digest and then only repeat S1, as those of the simple form do (ffmpeg).
    fn take_signature(
        &mut self,
        c2: &Block,
        s1: &Block,
        own: &[u8; DIGEST_SIZE],
        kind: u8,
    ) -> Result<Vec<u8>> {
        if kind == TYPE_PLAIN && c2 == s1 {
            return Ok(Vec::new());
        }
        if !is_signed(c2, Side::Client, own, kind)? {
            self.outcome.ciphers = None;
            return Err(Error::protocol(
                "the client's handshake is wrongly signed: it is not a genuine player",
            ));
        }
        self.outcome.digest = true;
        Ok(Vec::new())
    }
}

fn take_echo(c2: &Block, s1: &Block) -> Result<Vec<u8>> {
    if c2 != s1 {
        crate::warning!("the client's handshake does not repeat what we sent; going on");
    }
    Ok(Vec::new())
}
