//! Hashes, keyed hashes, and the base64 that carries them in text.
#![forbid(unsafe_code)]

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::failed;
use crate::Result;

/// Size of an HMAC-SHA256, bytes.
pub const DIGEST_SIZE: usize = 32;

/// What fails when an HMAC-SHA256 does.
const HMAC: &str = "compute an HMAC-SHA256";

/// HMAC-SHA256 of the parts in order, as if they stood in one piece.
///
/// # Errors
/// [`crate::Error::Io`] when openssl fails, which means that memory ran out.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Result<[u8; DIGEST_SIZE]> {
    let mut hmac = HmacSha256::new(key)?;
    for part in parts {
        hmac.update(part)?;
    }
    hmac.finish()
}

/// An HMAC-SHA256 of bytes that come in pieces.
pub struct HmacSha256(Signer<'static>);

impl HmacSha256 {
    /// Before the first byte.
    ///
    /// # Errors
    /// [`crate::Error::Io`] when openssl fails, which means that memory ran out. The same goes for the other steps.
    pub fn new(key: &[u8]) -> Result<Self> {
        let key = PKey::hmac(key).map_err(failed(HMAC))?;
        Signer::new(MessageDigest::sha256(), &key).map(Self).map_err(failed(HMAC))
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.update(bytes).map_err(failed(HMAC))
    }

    /// The digest, after the last byte.
    pub fn finish(self) -> Result<[u8; DIGEST_SIZE]> {
        let mut digest = [0; DIGEST_SIZE];
        self.0.sign(&mut digest).map_err(failed(HMAC))?;
        Ok(digest)
    }
}

/// MD5 of the parts in order; publisher authentication asks for it.
///
/// # Errors
/// [`crate::Error::Io`] when openssl refuses MD5, as a system in FIPS mode does.
pub fn md5(parts: &[&[u8]]) -> Result<[u8; 16]> {
    let doing = "compute an MD5";
    let mut hasher = openssl::hash::Hasher::new(MessageDigest::md5()).map_err(failed(doing))?;
    for part in parts {
        hasher.update(part).map_err(failed(doing))?;
    }
    let digest = hasher.finish().map_err(failed(doing))?;
    let mut out = [0; 16];
    for (to, from) in out.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    Ok(out)
}

/// Base64 with padding, in one line.
pub fn base64(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes)
}

/// Whether two byte strings are equal, in a time that does not depend on where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && openssl::memcmp::eq(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::hex;

    /// RFC 4231, test case 2.
    #[test]
    fn hmac_known_answer() {
        let digest = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]).unwrap();
        assert_eq!(hex(&digest), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    /// RFC 1321, appendix A.5.
    #[test]
    fn md5_known_answer() {
        assert_eq!(hex(&md5(&[b"message ", b"digest"]).unwrap()), "f96b697d7cb7938d525a2f31aaf161d0");
    }

    /// RFC 4648, section 10.
    #[test]
    fn base64_known_answers() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"foob"), "Zm9vYg==");
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
    }

    #[test]
    fn same_compares_lengths_too() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"ab"));
        assert!(same(b"", b""));
    }
}
