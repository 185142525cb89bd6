//! The opening exchange of 1536-byte blocks (RTMP 1.0, section 5.2), as machines that take and give bytes and do no I/O.
//!
//! Three forms share one sequence. The simple one echoes blocks; the digest one proves with keyed hashes that both
//! ends are Adobe's or know what Adobe's know; RTMPE adds a Diffie-Hellman agreement and encrypts what follows.
//!
//! Drive a [`Client`] or a [`Server`] so: send what `start` gave, then while `needs` says how many bytes come next,
//! read exactly those, pass them to `advance`, and send what it returns; at the end take the [`Outcome`].
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod block;
mod cipher_keys;
mod client;
mod digest;
mod keys;
mod server;
mod signature;
mod swf;

pub use block::BLOCK_SIZE;
pub use client::Client;
pub use server::Server;
pub use swf::{SWF_ANSWER_SIZE, SWF_HASH_SIZE, swf_answer};

use crate::crypto::{DIGEST_SIZE, Rc4};

/// Handshake type (the first byte, C0 or S0) of unencrypted RTMP.
pub const TYPE_PLAIN: u8 = 3;
/// Handshake type of RTMPE.
pub const TYPE_ENCRYPTED: u8 = 6;
/// Handshake type of RTMPE whose signatures are encrypted with XTEA.
pub const TYPE_ENCRYPTED_XTEA: u8 = 8;
/// Handshake type of RTMPE whose signatures are encrypted with Blowfish.
pub const TYPE_ENCRYPTED_BLOWFISH: u8 = 9;

/// The form a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Blocks are echoed.
    Plain,
    /// Blocks carry digests, as a server expects that will ask for the hash of the player's SWF.
    Digest,
    /// RTMPE: digests, a key agreement, and everything after the handshake encrypted.
    Encrypted,
}

/// The ciphers of an RTMPE connection. Both stand where the first byte after the handshake needs them.
#[derive(Debug)]
pub struct Ciphers {
    /// Deciphers what the peer sends.
    pub incoming: Rc4,
    /// Enciphers what we send.
    pub outgoing: Rc4,
}

/// What a finished handshake leaves behind.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How what follows is encrypted; only after RTMPE.
    pub ciphers: Option<Ciphers>,
    /// At a client, the last 32 bytes of S1: the key of [`swf_answer`].
    pub swf_key: Option<SwfKey>,
    /// Whether the peer proved itself with a digest and a signature.
    pub digest: bool,
}

/// The key of the answer about the SWF, chosen by the server.
pub type SwfKey = [u8; DIGEST_SIZE];

/// Whether a handshake type is one of those in use.
pub fn is_known(kind: u8) -> bool {
    kind == TYPE_PLAIN || is_encrypted(kind)
}

/// Whether a handshake type is one of RTMPE's.
fn is_encrypted(kind: u8) -> bool {
    matches!(kind, TYPE_ENCRYPTED | TYPE_ENCRYPTED_XTEA | TYPE_ENCRYPTED_BLOWFISH)
}
