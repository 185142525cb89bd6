//! The settings for which `struct RTMP` has no field.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{integer, is_false, is_true};
use crate::chunk::MAX_CHUNK_SIZE;
use crate::log::Text;
use crate::{Error, Result};
use std::net::IpAddr;

/// Settings beyond librtmp's. `None` is the default of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// The output chunk size to announce, 1 to 0xffffff bytes.
    pub chunk: Option<u32>,
    /// Whether the server's certificate must be good.
    pub tls_verify: Option<bool>,
    /// The file with the certificates to trust instead of the system's.
    pub tls_ca_file: Option<Vec<u8>>,
    /// The local address to connect from.
    pub bind: Option<IpAddr>,
}

impl Extra {
    /// `chunk=N`
    pub(super) fn set_chunk(&mut self, value: &[u8]) -> Result<()> {
        let size = u32::try_from(integer(value)).ok().filter(|size| (1..=MAX_CHUNK_SIZE).contains(size));
        let text = || format!("option chunk: \"{}\" is not a size from 1 to {MAX_CHUNK_SIZE}", Text(value));
        self.chunk = Some(size.ok_or_else(|| Error::Usage(text()))?);
        Ok(())
    }

    /// `tlsVerify=0|1`
    pub(super) fn set_tls_verify(&mut self, value: &[u8]) -> Result<()> {
        match (is_true(value), is_false(value)) {
            (true, _) => self.tls_verify = Some(true),
            (_, true) => self.tls_verify = Some(false),
            _ => return Err(Error::Usage(format!("option tlsVerify: \"{}\" is not 0 or 1", Text(value)))),
        }
        Ok(())
    }

    /// `tlsCaFile=path`; an empty one is the default again.
    pub(super) fn set_tls_ca_file(&mut self, value: &[u8]) -> Result<()> {
        self.tls_ca_file = Some(value.to_vec()).filter(|path| !path.is_empty());
        Ok(())
    }

    /// `bind=addr`, IPv6 with or without brackets; an empty one is the default again.
    pub(super) fn set_bind(&mut self, value: &[u8]) -> Result<()> {
        let bare = value.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")).unwrap_or(value);
        let address = std::str::from_utf8(bare).ok().and_then(|text| text.parse().ok());
        if address.is_none() && !value.is_empty() {
            return Err(Error::Usage(format!("option bind: \"{}\" is not an address", Text(value))));
        }
        self.bind = address;
        Ok(())
    }
}
