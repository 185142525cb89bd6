//! Diffie-Hellman in the second Oakley group (RFC 2409, section 6.2), with which RTMPE agrees on its keys.
//!
//! OpenSSL 3 refuses its DH interface a group this small, so this is built on modular exponentiation.
#![forbid(unsafe_code)]

use std::fmt;

use openssl::bn::{BigNum, BigNumContext};
use openssl::error::ErrorStack;

use super::{failed, random};
use crate::{Error, Result};

/// Size of a public key and of a secret on the wire: 1024 bits, big-endian, padded with zeros on the left.
pub const PUBLIC_KEY_SIZE: usize = 128;

/// What one agreement gives to both sides.
pub struct Secret([u8; PUBLIC_KEY_SIZE]);

impl Secret {
    /// The secret's bytes, padded with zeros on the left.
    pub fn bytes(&self) -> &[u8; PUBLIC_KEY_SIZE] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A fresh private key and its public key.
pub struct KeyPair {
    private: BigNum,
    public: [u8; PUBLIC_KEY_SIZE],
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(..)")
    }
}

impl KeyPair {
    /// Draws a private key of 1024 bits below the group's prime.
    ///
    /// # Errors
    /// [`Error::Io`] when the system's generator fails.
    pub fn generate() -> Result<Self> {
        loop {
            let mut drawn = [0; PUBLIC_KEY_SIZE];
            random(&mut drawn)?;
            if let Some(pair) = Self::of(&drawn).map_err(failed("make a Diffie-Hellman key"))? {
                return Ok(pair);
            }
        }
    }

    /// The pair of this private key, which must be in 2 ..= p - 2: 0 and 1 would give the public keys 1 and 2.
    fn of(private: &[u8; PUBLIC_KEY_SIZE]) -> std::result::Result<Option<Self>, ErrorStack> {
        let prime = BigNum::get_rfc2409_prime_1024()?;
        let Some(mut private) = in_range(private, &prime)? else { return Ok(None) };
        private.set_const_time();
        let mut public = BigNum::new()?;
        public.mod_exp(&*BigNum::from_u32(2)?, &private, &prime, &mut *BigNumContext::new_secure()?)?;
        Ok(Some(KeyPair { private, public: padded(&public)? }))
    }

    /// The public key, as it is sent.
    pub fn public(&self) -> &[u8; PUBLIC_KEY_SIZE] {
        &self.public
    }

    /// The secret shared with the owner of `peer`.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the peer's key is outside 2 ..= p - 2: such a key gives a secret that anyone can guess.
    pub fn agree(&self, peer: &[u8; PUBLIC_KEY_SIZE]) -> Result<Secret> {
        let doing = "agree on a Diffie-Hellman secret";
        let secret = self.power(peer).map_err(failed(doing))?;
        secret.ok_or_else(|| {
            Error::protocol("the peer's Diffie-Hellman key is out of range; RTMPE cannot go on")
        })
    }

    fn power(&self, peer: &[u8; PUBLIC_KEY_SIZE]) -> std::result::Result<Option<Secret>, ErrorStack> {
        let prime = BigNum::get_rfc2409_prime_1024()?;
        let Some(peer) = in_range(peer, &prime)? else { return Ok(None) };
        let mut secret = BigNum::new()?;
        secret.mod_exp(&peer, &self.private, &prime, &mut *BigNumContext::new_secure()?)?;
        Ok(Some(Secret(padded(&secret)?)))
    }
}

/// The number, if it is in 2 ..= p - 2.
fn in_range(
    number: &[u8; PUBLIC_KEY_SIZE],
    prime: &BigNum,
) -> std::result::Result<Option<BigNum>, ErrorStack> {
    let number = BigNum::from_slice(number)?;
    let lowest = BigNum::from_u32(2)?;
    let mut highest = BigNum::new()?;
    highest.checked_sub(prime, &lowest)?;
    Ok(Some(number).filter(|number| *number >= lowest && *number <= highest))
}

fn padded(number: &BigNum) -> std::result::Result<[u8; PUBLIC_KEY_SIZE], ErrorStack> {
    let mut out = [0; PUBLIC_KEY_SIZE];
    for (to, from) in out.iter_mut().zip(number.to_vec_padded(PUBLIC_KEY_SIZE as i32)?) {
        *to = from;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prime_minus(less: u32) -> [u8; PUBLIC_KEY_SIZE] {
        let mut number = BigNum::get_rfc2409_prime_1024().unwrap();
        number.sub_word(less).unwrap();
        padded(&number).unwrap()
    }

    fn small(number: u8) -> [u8; PUBLIC_KEY_SIZE] {
        let mut key = [0; PUBLIC_KEY_SIZE];
        key[PUBLIC_KEY_SIZE - 1] = number;
        key
    }

    #[test]
    fn both_sides_agree() {
        for _ in 0..20 {
            let (a, b) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
            assert_eq!(a.agree(b.public()).unwrap().bytes(), b.agree(a.public()).unwrap().bytes());
            assert_ne!(a.public(), b.public());
        }
    }

    #[test]
    fn private_keys_are_range_checked() {
        for bad in [small(0), small(1), prime_minus(1), prime_minus(0), [0xff; PUBLIC_KEY_SIZE]] {
            assert!(KeyPair::of(&bad).unwrap().is_none());
        }
        assert_eq!(KeyPair::of(&small(2)).unwrap().unwrap().public(), &small(4));
        assert!(KeyPair::of(&prime_minus(2)).unwrap().is_some());
    }

    #[test]
    fn peer_keys_are_range_checked() {
        let own = KeyPair::generate().unwrap();
        for bad in [small(0), small(1), prime_minus(1), prime_minus(0), [0xff; PUBLIC_KEY_SIZE]] {
            assert!(matches!(own.agree(&bad), Err(Error::Protocol(_))));
        }
        assert!(own.agree(&small(2)).is_ok());
        assert!(own.agree(&prime_minus(2)).is_ok());
    }

    /// With the private key 1 the secret is the peer's own key, so its leading zeros can be chosen.
    #[test]
    fn short_secrets_are_padded_on_the_left() {
        let own = KeyPair { private: BigNum::from_u32(1).unwrap(), public: small(2) };
        assert_eq!(own.agree(&small(7)).unwrap().bytes(), &small(7));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let own = KeyPair::generate().unwrap();
        assert_eq!(format!("{own:?} {:?}", own.agree(&small(2)).unwrap()), "KeyPair(..) Secret(..)");
    }
}
