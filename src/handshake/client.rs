//! The client's half.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::mem;

use super::block::{BLOCK_SIZE, Block, Layout};
use super::digest::{self, Side};
use super::keys::agree;
use super::signature::{is_signed, signed_block};
use super::{Mode, Outcome, TYPE_ENCRYPTED, TYPE_PLAIN, is_encrypted};
use crate::crypto::{DIGEST_SIZE, KeyPair};
use crate::{Error, Result};

/// The version in C1 of the simple form.
const VERSION_NONE: [u8; 4] = [0; 4];
/// The version in C1 of the digest form.
const VERSION_DIGEST: [u8; 4] = [10, 0, 45, 2];
/// The version in C1 of RTMPE.
const VERSION_ENCRYPTED: [u8; 4] = [128, 0, 3, 2];

/// A client in the middle of its handshake.
pub struct Client {
    c1: Block,
    /// The type in C0.
    kind: u8,
    /// What C1 promised beyond the simple form, which has none.
    digest: Option<Digest>,
    step: Step,
    outcome: Outcome,
}

/// What is needed to check the answer to a C1 with a digest.
struct Digest {
    layout: Layout,
    own: [u8; DIGEST_SIZE],
    /// Our half of RTMPE's key agreement.
    keys: Option<KeyPair>,
}

impl Digest {
    /// Writes the key, where there is one, and then the digest, which covers it, into C1.
    fn seal(c1: &mut Block, layout: Layout, keys: Option<KeyPair>) -> Result<Self> {
        if let Some(keys) = &keys {
            c1.set_key(layout, keys.public());
        }
        let own = digest::seal(c1, layout, Side::Client)?;
        Ok(Digest { layout, own, keys })
    }
}

enum Step {
    AwaitS0,
    AwaitS1 { kind: u8 },
    AwaitEcho,
    AwaitSignature { kind: u8 },
    Over,
}

impl Client {
    /// Begins: the machine, and the bytes to send first (C0 and C1). `uptime_ms` is the client's clock.
    ///
    /// # Errors
    /// [`Error::Io`] when the system's generator fails.
    pub fn start(mode: Mode, uptime_ms: u32) -> Result<(Self, Vec<u8>)> {
        let (kind, version) = match mode {
            Mode::Plain => (TYPE_PLAIN, VERSION_NONE),
            Mode::Digest => (TYPE_PLAIN, VERSION_DIGEST),
            Mode::Encrypted => (TYPE_ENCRYPTED, VERSION_ENCRYPTED),
        };
        let mut c1 = Block::first(uptime_ms, version)?;
        let digest = match mode {
            Mode::Plain => None,
            Mode::Digest => Some(Digest::seal(&mut c1, Layout::DigestFirst, None)?),
            Mode::Encrypted => Some(Digest::seal(&mut c1, Layout::KeyFirst, Some(KeyPair::generate()?))?),
        };
        let bytes = [&[kind], c1.bytes()].concat();
        Ok((Client { c1, kind, digest, step: Step::AwaitS0, outcome: Outcome::default() }, bytes))
    }

    /// How many bytes the next step needs; `None` when the handshake is over, well or not.
    pub fn needs(&self) -> Option<usize> {
        match self.step {
            Step::AwaitS0 => Some(1),
            Step::AwaitS1 { .. } | Step::AwaitEcho | Step::AwaitSignature { .. } => Some(BLOCK_SIZE),
            Step::Over => None,
        }
    }

    /// Takes exactly as many bytes as [`Client::needs`] said, and returns the bytes to send now, which may be none.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the server is not genuine or another number of bytes is given; the handshake is
    /// over then and the connection useless.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        match mem::replace(&mut self.step, Step::Over) {
            Step::AwaitS0 => self.take_s0(bytes),
            Step::AwaitS1 { kind } => self.take_s1(&Block::received(bytes)?, kind),
            Step::AwaitEcho => self.take_echo(&Block::received(bytes)?),
            Step::AwaitSignature { kind } => self.take_signature(&Block::received(bytes)?, kind),
            Step::Over => Err(Error::protocol("the handshake is over and takes no more bytes")),
        }
    }

    /// What the handshake leaves behind; to be called once [`Client::needs`] is `None` and no step failed.
    pub fn finish(self) -> Outcome {
        self.outcome
    }

    fn take_s0(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        let &[kind] = bytes else {
            return Err(Error::protocol("the handshake's type is one byte"));
        };
        if kind != self.kind && !(is_encrypted(kind) && is_encrypted(self.kind)) {
            warning!("the server answers handshake type {} with type {kind}; going on", self.kind);
        }
        self.step = Step::AwaitS1 { kind };
        Ok(Vec::new())
    }

    fn take_s1(&mut self, s1: &Block, kind: u8) -> Result<Vec<u8>> {
        self.outcome.swf_key = Some(s1.tail());
        let [version, ..] = s1.version();
        let Some(digest) = &self.digest else {
            return Ok(self.echo(s1));
        };
        if kind == TYPE_PLAIN && version == 0 {
            debug!("the server knows only the simple handshake; using that");
            if digest.keys.is_some() {
                warning!("the server does not speak RTMPE: the session is not encrypted");
            }
            return Ok(self.echo(s1));
        }
        let Some((layout, peer_digest)) = digest::find(s1, digest.layout, Side::Server)? else {
            return Err(Error::protocol(
                "the server's handshake holds no valid digest: it is not a genuine server",
            ));
        };
        if let Some(keys) = &digest.keys {
            self.outcome.encryption = Some(agree(keys, &s1.key(layout))?);
        }
        self.step = Step::AwaitSignature { kind };
        Ok(signed_block(Side::Client, &peer_digest, kind)?.bytes().to_vec())
    }

    fn echo(&mut self, s1: &Block) -> Vec<u8> {
        self.step = Step::AwaitEcho;
        s1.bytes().to_vec()
    }

    fn take_echo(&mut self, s2: &Block) -> Result<Vec<u8>> {
        if *s2 != self.c1 {
            warning!("the server's handshake does not repeat what we sent; going on");
        }
        Ok(Vec::new())
    }

    fn take_signature(&mut self, s2: &Block, kind: u8) -> Result<Vec<u8>> {
        let genuine = match &self.digest {
            Some(digest) => is_signed(s2, Side::Server, &digest.own, kind)?,
            None => false,
        };
        if !genuine {
            self.outcome.encryption = None;
            return Err(Error::protocol(
                "the server's handshake is wrongly signed: it is not a genuine server",
            ));
        }
        self.outcome.digest = true;
        Ok(Vec::new())
    }
}
