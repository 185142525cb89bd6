//! What a TLS session is set up with: whom a client trusts, and who a server is.
#![forbid(unsafe_code)]

use super::verify::{Findings, watch};
use crate::bytes::contains;
use crate::log::Text;
use crate::{Error, Result};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslVerifyMode, SslVersion,
};
use openssl::x509::verify::X509CheckFlags;
use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::File;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The environment variable that, set to 0, turns verification off for programs whose URL cannot be changed.
const VERIFY_VARIABLE: &str = "LIBRTMP_TLS_VERIFY";

/// What stands in the PEM file of an encrypted key: in its first line (RFC 7468 section 11), or its second (RFC 1421).
const ENCRYPTED: &[u8] = b"ENCRYPTED";
/// What can be done about a certificate that is not accepted, where there are options.
const WAY_OUT: &str = "tlsVerify=0 or LIBRTMP_TLS_VERIFY=0 accepts it without proof, tlsCaFile=FILE trusts the authorities in FILE";

/// How a client treats the server's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TlsSettings {
    /// As the environment says: the certificate must be good, unless there is `LIBRTMP_TLS_VERIFY=0`.
    #[default]
    Environment,
    /// As the options of a session say.
    Options {
        /// Whether the certificate must be good; `None` is what the environment says.
        verify: Option<bool>,
        /// A PEM file of the authorities to trust instead of the system's.
        ca_file: Option<Vec<u8>>,
    },
}

impl TlsSettings {
    /// Whether the certificate must be good, the environment considered.
    pub fn verifies(&self) -> bool {
        match self {
            TlsSettings::Options { verify: Some(verify), .. } => *verify,
            _ => std::env::var_os(VERIFY_VARIABLE).is_none_or(|value| value != "0"),
        }
    }

    /// What can be done about a certificate that is not accepted.
    fn way_out(&self) -> &'static str {
        match self {
            TlsSettings::Environment => "LIBRTMP_TLS_VERIFY=0 in the environment accepts it without proof",
            TlsSettings::Options { .. } => WAY_OUT,
        }
    }
}

/// The client contexts that trust the system's authorities, kept because reading those takes long: the first that
/// verifies. Reading them again after a failure is wanted, so this is no `OnceLock`.
static SYSTEM: Mutex<Option<SslContext>> = Mutex::new(None);

/// A client's session for the host, and where verification leaves what it finds.
pub(super) fn client(host: &[u8], settings: &TlsSettings) -> Result<(Ssl, Findings)> {
    let name = std::str::from_utf8(host).ok().filter(|name| !name.is_empty());
    let findings = Findings::default();
    let ssl = if settings.verifies() {
        let name = name.ok_or_else(|| Error::Usage(nameless(host)))?;
        let context = match settings {
            TlsSettings::Options { ca_file: Some(file), .. } => file_context(file)?,
            _ => system_context()?,
        };
        let mut ssl = Ssl::new(&context).map_err(unusable)?;
        identify(&mut ssl, name).map_err(unusable)?;
        watch(&mut ssl, name, settings.way_out(), &findings);
        ssl
    } else {
        let context = client_builder().map_err(unusable)?.build();
        let mut ssl = Ssl::new(&context).map_err(unusable)?;
        if let Some(name) = name {
            identify(&mut ssl, name).map_err(unusable)?;
        }
        ssl.set_verify(SslVerifyMode::NONE);
        ssl
    };
    Ok((ssl, findings))
}

/// The error for a host that no certificate can be for.
fn nameless(host: &[u8]) -> String {
    if host.is_empty() {
        return "TLS: Link.hostname is empty: set it to the name that the certificate must be for, or tlsVerify=0".into();
    }
    format!("TLS: \"{}\" is not a host name", Text(host))
}

/// Says whom the session is for: SNI for names, and the name or address that the certificate must have.
fn identify(ssl: &mut Ssl, host: &str) -> std::result::Result<(), ErrorStack> {
    let address = host.split('%').next().unwrap_or(host).parse::<IpAddr>();
    let wanted = ssl.param_mut();
    wanted.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
    match address {
        Ok(address) => wanted.set_ip(address),
        Err(_) => {
            let host = host.strip_suffix('.').unwrap_or(host);
            wanted.set_host(host)?;
            ssl.set_hostname(host)
        }
    }
}

/// What all clients have in common.
fn client_builder() -> std::result::Result<SslContextBuilder, ErrorStack> {
    builder(SslMethod::tls_client())
}

/// What clients and servers have in common.
fn builder(method: SslMethod) -> std::result::Result<SslContextBuilder, ErrorStack> {
    let mut builder = SslContextBuilder::new(method)?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    builder.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::NO_COMPRESSION);
    builder.set_mode(SslMode::RELEASE_BUFFERS);
    Ok(builder)
}

/// The context that trusts the system's authorities.
fn system_context() -> Result<SslContext> {
    let mut kept = SYSTEM.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(context) = kept.as_ref() {
        return Ok(context.clone());
    }
    let mut builder = client_builder().map_err(unusable)?;
    builder.set_default_verify_paths().map_err(unusable)?;
    let context = builder.build();
    *kept = Some(context.clone());
    Ok(context)
}

/// A context that trusts the authorities in the file.
fn file_context(file: &[u8]) -> Result<SslContext> {
    let mut builder = client_builder().map_err(unusable)?;
    let bad = |why: &dyn Display| {
        Error::Usage(format!("TLS: the CA file {} (option tlsCaFile) cannot be used: {why}", Text(file)))
    };
    let path = Path::new(OsStr::from_bytes(file));
    builder.set_ca_file(path).map_err(|error| match File::open(path) {
        // Of a file that cannot be opened OpenSSL has no words for a user.
        Err(unopened) => bad(&unopened),
        Ok(_) => bad(&reason(&error)),
    })?;
    Ok(builder.build())
}

/// Who a server is: its certificate chain and key.
#[derive(Clone)]
pub struct TlsServerContext(SslContext);

impl std::fmt::Debug for TlsServerContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsServerContext")
    }
}

impl TlsServerContext {
    /// Reads a PEM file with the certificate and those that vouch for it, and a PEM file with its private key.
    pub fn from_files(chain: &Path, key: &Path) -> Result<Self> {
        let bad = |what, file| move |error: ErrorStack| unusable_file(what, file, reason(&error));
        let mut builder = builder(SslMethod::tls_server()).map_err(unusable)?;
        builder.set_certificate_chain_file(chain).map_err(bad("certificate chain", chain))?;
        let private_key = private_key(key)?;
        builder.set_private_key(&private_key).map_err(bad("private key", key))?;
        builder.check_private_key().map_err(bad("private key", key))?;
        // Nobody resumes an RTMP session, and the reference's client takes a ticket of TLS 1.3 for the end of the stream.
        builder.set_num_tickets(0).map_err(unusable)?;
        Ok(Self(builder.build()))
    }

    /// A session with a client.
    pub(super) fn session(&self) -> Result<Ssl> {
        Ssl::new(&self.0).map_err(unusable)
    }
}

/// Reads a private key from a PEM file. OpenSSL left to itself would ask on the terminal for an encrypted one's pass
/// phrase, and wait for it.
fn private_key(file: &Path) -> Result<PKey<Private>> {
    let bad = |why: &dyn Display| unusable_file("private key", file, why);
    let pem = std::fs::read(file).map_err(|error| bad(&error))?;
    PKey::private_key_from_pem_passphrase(&pem, b"").map_err(|error| {
        if contains(&pem, ENCRYPTED) {
            return bad(
                &"it is encrypted, and nobody is asked for its pass phrase; decrypt it with openssl pkey",
            );
        }
        bad(&reason(&error))
    })
}

/// The error for a server's file.
fn unusable_file(what: &str, file: &Path, why: impl Display) -> Error {
    Error::Usage(format!("TLS: the {what} {} cannot be used: {why}", file.display()))
}

/// The error for an OpenSSL that fails at what should always work.
fn unusable(error: ErrorStack) -> Error {
    Error::protocol(format!("TLS cannot be set up: {}", reason(&error)))
}

/// The reason in OpenSSL's words.
fn reason(error: &ErrorStack) -> String {
    let first = error.errors().first().and_then(|first| first.reason());
    first.map_or_else(|| error.to_string(), str::to_owned)
}
