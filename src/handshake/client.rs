//! The client's half.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::mem;

use super::block::{BLOCK_SIZE, Block, Layout, NO_VERSION};
use super::digest::{self, Side};
use super::keys::agree;
use super::signature::{is_signed, signed_block};
use super::{Mode, Outcome, TYPE_ENCRYPTED, TYPE_PLAIN, is_encrypted};
use crate::crypto::{DIGEST_SIZE, KeyPair};
use crate::{Error, Result};

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

/// What a mode looks like on the wire.
struct Form {
    kind: u8,
    version: [u8; 4],
    /// Where the digest stands; `None` for the simple form.
    layout: Option<Layout>,
}

impl Form {
    fn of(mode: Mode) -> Self {
        match mode {
            Mode::Plain => Form { kind: TYPE_PLAIN, version: NO_VERSION, layout: None },
            Mode::Digest => {
                Form { kind: TYPE_PLAIN, version: VERSION_DIGEST, layout: Some(Layout::DigestFirst) }
            }
            Mode::Encrypted => {
                Form { kind: TYPE_ENCRYPTED, version: VERSION_ENCRYPTED, layout: Some(Layout::KeyFirst) }
            }
        }
    }
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
        Self::begin(&Form::of(mode), uptime_ms)
    }

    fn begin(form: &Form, uptime_ms: u32) -> Result<(Self, Vec<u8>)> {
        let mut c1 = Block::first(uptime_ms, form.version)?;
        let kind = form.kind;
        let digest = match form.layout {
            None => None,
            Some(layout) if is_encrypted(kind) => {
                Some(Digest::seal(&mut c1, layout, Some(KeyPair::generate()?))?)
            }
            Some(layout) => Some(Digest::seal(&mut c1, layout, None)?),
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
            crate::warning!("the server answers handshake type {} with type {kind}; going on", self.kind);
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
            crate::debug!("the server knows only the simple handshake; using that");
            if digest.keys.is_some() {
                crate::warning!("the server does not speak RTMPE: the session is not encrypted");
            }
            return Ok(self.echo(s1));
        }
        let Some((layout, peer_digest)) = digest::find(s1, digest.layout, Side::Server)? else {
            return Err(Error::protocol(
                "the server's handshake holds no valid digest: it is not a genuine server",
            ));
        };
        if let Some(keys) = &digest.keys {
            self.outcome.ciphers = Some(agree(keys, &s1.key(layout))?);
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
            crate::warning!("the server's handshake does not repeat what we sent; going on");
        }
        Ok(Vec::new())
    }

    fn take_signature(&mut self, s2: &Block, kind: u8) -> Result<Vec<u8>> {
        let genuine = match &self.digest {
            Some(digest) => is_signed(s2, Side::Server, &digest.own, kind)?,
            None => false,
        };
        if !genuine {
            self.outcome.ciphers = None;
            return Err(Error::protocol(
                "the server's handshake is wrongly signed: it is not a genuine server",
            ));
        }
        self.outcome.digest = true;
        Ok(Vec::new())
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::super::{Server, TYPE_ENCRYPTED_BLOWFISH, TYPE_ENCRYPTED_XTEA};
    use super::*;

    /// Runs a form against our server, and returns the type it answered and both outcomes.
    fn meet(form: &Form) -> Result<(u8, Outcome, Outcome)> {
        let (mut client, c0c1) = Client::begin(form, 7)?;
        let mut server = Server::start(8);
        server.advance(&c0c1[..1])?;
        let said = server.advance(&c0c1[1..])?;
        client.advance(&said[..1])?;
        let c2 = client.advance(&said[1..1 + BLOCK_SIZE])?;
        server.advance(&c2)?;
        client.advance(&said[1 + BLOCK_SIZE..])?;
        assert_eq!((client.needs(), server.needs()), (None, None));
        Ok((said[0], client.finish(), server.finish()))
    }

    /// The version decides only whether type 6 becomes type 8.
    #[test]
    fn every_type_in_both_layouts() {
        let answers = [
            (TYPE_PLAIN, VERSION_DIGEST, TYPE_PLAIN),
            (TYPE_ENCRYPTED, VERSION_DIGEST, TYPE_ENCRYPTED),
            (TYPE_ENCRYPTED, VERSION_ENCRYPTED, TYPE_ENCRYPTED_XTEA),
            (TYPE_ENCRYPTED_XTEA, VERSION_DIGEST, TYPE_ENCRYPTED_XTEA),
            (TYPE_ENCRYPTED_BLOWFISH, VERSION_ENCRYPTED, TYPE_ENCRYPTED_BLOWFISH),
        ];
        for (kind, version, answer) in answers {
            for layout in [Layout::DigestFirst, Layout::KeyFirst] {
                let (said, client, server) = meet(&Form { kind, version, layout: Some(layout) }).unwrap();
                assert_eq!(said, answer);
                assert!(client.digest && server.digest);
                assert_eq!(client.ciphers.is_some(), is_encrypted(kind));
                assert_eq!(server.ciphers.is_some(), is_encrypted(kind));
            }
        }
    }

    /// What FFmpeg and others send: a version, and random bytes where a digest could be.
    #[test]
    fn a_version_without_a_digest_is_served_simply() {
        let (said, client, server) =
            meet(&Form { kind: TYPE_PLAIN, version: VERSION_DIGEST, layout: None }).unwrap();
        assert_eq!(said, TYPE_PLAIN);
        assert!(!client.digest && !server.digest);
    }

    #[test]
    fn rtmpe_without_a_digest_is_refused() {
        let form = Form { kind: TYPE_ENCRYPTED, version: VERSION_ENCRYPTED, layout: None };
        assert!(matches!(meet(&form), Err(Error::Protocol(_))));
    }

    /// A server that knows only the simple form answers type 3 and version 0.
    #[test]
    fn a_digest_client_falls_back() {
        for mode in [Mode::Digest, Mode::Encrypted] {
            let (mut client, c0c1) = Client::start(mode, 7).unwrap();
            assert_eq!(client.advance(&[TYPE_PLAIN]).unwrap(), b"");
            let mut s1 = vec![0xa5; BLOCK_SIZE];
            s1[4] = 0;
            assert_eq!(client.advance(&s1).unwrap(), s1);
            assert_eq!(client.advance(&c0c1[1..]).unwrap(), b"");
            assert_eq!(client.needs(), None);
            let outcome = client.finish();
            assert!(outcome.ciphers.is_none() && !outcome.digest);
            assert_eq!(outcome.swf_key, Some([0xa5; 32]));
        }
    }

    /// Else a session that was asked for as RTMPE would go on in the clear.
    #[test]
    fn rtmpe_that_was_granted_is_not_given_up() {
        let (mut client, _) = Client::start(Mode::Encrypted, 7).unwrap();
        assert_eq!(client.advance(&[TYPE_ENCRYPTED]).unwrap(), b"");
        let mut s1 = vec![0xa5; BLOCK_SIZE];
        s1[4] = 0;
        assert!(matches!(client.advance(&s1), Err(Error::Protocol(_))));
    }

    #[test]
    fn an_echo_is_no_signature_for_rtmpe() {
        for (mode, is_enough) in [(Mode::Digest, true), (Mode::Encrypted, false)] {
            let (_, c0c1) = Client::start(mode, 7).unwrap();
            let mut server = Server::start(8);
            server.advance(&c0c1[..1]).unwrap();
            let said = server.advance(&c0c1[1..]).unwrap();
            assert_eq!(server.advance(&said[1..=BLOCK_SIZE]).is_ok(), is_enough, "{mode:?}");
        }
    }

    #[test]
    fn wrong_sizes_and_extra_steps_are_errors() {
        let (mut client, _) = Client::start(Mode::Plain, 7).unwrap();
        assert!(client.advance(&[3, 3]).is_err());
        assert_eq!(client.needs(), None);
        assert!(client.advance(&[3]).is_err());
        let mut server = Server::start(7);
        assert!(server.advance(&[7]).is_err());
        assert_eq!(server.needs(), None);
    }
}
