//! What a TLS session is set up with: whom a client trusts, and who a server is.
#![forbid(unsafe_code)]

use super::verify::{Findings, WAY_OUT, watch};
use crate::log::Text;
use crate::{Error, Result};
use openssl::error::ErrorStack;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslFiletype, SslMethod, SslMode, SslOptions, SslVerifyMode,
    SslVersion,
};
use openssl::x509::verify::X509CheckFlags;
use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The environment variable that, set to 0, turns verification off for programs whose URL cannot be changed.
const VERIFY_VARIABLE: &str = "LIBRTMP_TLS_VERIFY";

/// How a client treats the server's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// Whether the certificate must be good; `None` is yes, unless the environment has `LIBRTMP_TLS_VERIFY=0`.
    pub verify: Option<bool>,
    /// A PEM file of the authorities to trust instead of the system's.
    pub ca_file: Option<Vec<u8>>,
}

impl TlsSettings {
    /// Whether the certificate must be good, the environment considered.
    pub fn verifies(&self) -> bool {
        self.verify.unwrap_or_else(|| std::env::var_os(VERIFY_VARIABLE).is_none_or(|value| value != "0"))
    }
}

/// The client contexts that trust the system's authorities, kept because reading those takes long: the first that
/// verifies. Reading them again after a failure is wanted, so this is no `OnceLock`.
static SYSTEM: Mutex<Option<SslContext>> = Mutex::new(None);

/// A client's session for the host, and where verification leaves what it finds.
pub(super) fn client(host: &[u8], settings: &TlsSettings) -> Result<(Ssl, Findings)> {
    let name = std::str::from_utf8(host)
        .ok()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Error::Usage(format!("TLS: \"{}\" is not a host name", Text(host))))?;
    let verify = settings.verifies();
    let context = match (&settings.ca_file, verify) {
        (Some(file), true) => client_context(Some(file))?,
        (None, true) => system_context()?,
        (_, false) => client_builder().map_err(unusable)?.build(),
    };
    let mut ssl = Ssl::new(&context).map_err(unusable)?;
    let findings = Findings::default();
    identify(&mut ssl, name).map_err(unusable)?;
    if verify {
        watch(&mut ssl, name, &findings);
    } else {
        ssl.set_verify(SslVerifyMode::NONE);
    }
    Ok((ssl, findings))
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
    let context = client_context(None)?;
    *kept = Some(context.clone());
    Ok(context)
}

/// A context that trusts the authorities in the file, or the system's.
fn client_context(ca_file: Option<&[u8]>) -> Result<SslContext> {
    let mut builder = client_builder().map_err(unusable)?;
    match ca_file {
        Some(file) => builder.set_ca_file(Path::new(OsStr::from_bytes(file))).map_err(|error| {
            let text =
                format!("TLS: the CA file {} cannot be used: {}; {WAY_OUT}", Text(file), reason(&error));
            Error::Usage(text)
        })?,
        None => builder.set_default_verify_paths().map_err(unusable)?,
    }
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
        let bad = |what: &str, file: &Path| {
            let start = format!("TLS: the {what} {} cannot be used", file.display());
            move |error: ErrorStack| Error::Usage(format!("{start}: {}", reason(&error)))
        };
        let mut builder = builder(SslMethod::tls_server()).map_err(unusable)?;
        builder.set_certificate_chain_file(chain).map_err(bad("certificate chain", chain))?;
        builder.set_private_key_file(key, SslFiletype::PEM).map_err(bad("private key", key))?;
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

/// The error for an OpenSSL that fails at what should always work.
fn unusable(error: ErrorStack) -> Error {
    Error::protocol(format!("TLS cannot be set up: {}", reason(&error)))
}

/// The reason in OpenSSL's words.
fn reason(error: &ErrorStack) -> String {
    let first = error.errors().first().and_then(|first| first.reason());
    first.map_or_else(|| error.to_string(), str::to_owned)
}
