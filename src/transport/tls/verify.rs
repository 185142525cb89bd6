//! Why a server's certificate is not accepted, in words a user can act on.
#![forbid(unsafe_code)]

use openssl::asn1::Asn1StringRef;
use openssl::nid::Nid;
use openssl::ssl::{Ssl, SslVerifyMode};
use openssl::x509::{X509NameRef, X509Ref, X509StoreContextRef, X509VerifyResult};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// OpenSSL's numbers of the failures that get words of ours (`X509_V_ERR_…`).
const NOT_YET_VALID: i32 = 9;
const EXPIRED: i32 = 10;
const SELF_SIGNED: i32 = 18;
const SELF_SIGNED_ROOT: i32 = 19;
const UNKNOWN_ISSUERS: [i32; 3] = [2, 20, 21];
const WRONG_NAME: i32 = 62;
const WRONG_ADDRESS: i32 = 64;

/// Where the first failure is left.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings(Arc<Mutex<Option<String>>>);

impl Findings {
    /// The first failure.
    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps a failure unless there is one.
    fn keep(&self, text: impl FnOnce() -> String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(text);
    }
}

/// Demands a good certificate, and notes why it is none, with the way out.
pub(super) fn watch(ssl: &mut Ssl, host: &str, way_out: &'static str, findings: &Findings) {
    let findings = findings.clone();
    let host = host.to_owned();
    ssl.set_verify_callback(SslVerifyMode::PEER, move |good, context| {
        if !good {
            findings.keep(|| format!("TLS: {}; {way_out}", describe(context, &host)));
        }
        good
    });
}

/// The failure in words.
fn describe(context: &X509StoreContextRef, host: &str) -> String {
    let error = context.error();
    let certificate = context.current_cert();
    let names = certificate.map_or_else(|| "nobody".into(), owners);
    let issuer =
        certificate.map_or_else(|| "nobody".into(), |certificate| common_name(certificate.issuer_name()));
    match error.as_raw() {
        EXPIRED => format!("the certificate of {names} expired on {}", end(certificate)),
        NOT_YET_VALID => format!("the certificate of {names} is not valid before {}", begin(certificate)),
        WRONG_ADDRESS if names == host => {
            format!("the certificate names {host} as its subject only, not as an IP address (subjectAltName)")
        }
        WRONG_NAME | WRONG_ADDRESS => format!("the certificate is for {names}, not for {host}"),
        SELF_SIGNED => {
            format!("the certificate of {names} is signed by itself, not by an authority known here")
        }
        SELF_SIGNED_ROOT => format!("the certificate is vouched for by {issuer}, an authority unknown here"),
        number if UNKNOWN_ISSUERS.contains(&number) => {
            format!("the certificate of {names} was issued by {issuer}, an authority unknown here")
        }
        _ => format!("the certificate of {names} is not accepted: {}", words(error)),
    }
}

/// OpenSSL's words.
fn words(error: X509VerifyResult) -> &'static str {
    error.error_string()
}

/// Until when a certificate is valid.
fn end(certificate: Option<&X509Ref>) -> String {
    certificate.map(|certificate| certificate.not_after().to_string()).unwrap_or_default()
}

/// From when a certificate is valid.
fn begin(certificate: Option<&X509Ref>) -> String {
    certificate.map(|certificate| certificate.not_before().to_string()).unwrap_or_default()
}

/// The most names that are listed.
const LISTED: usize = 5;

/// Whom a certificate is for: its alternative names, or its common name.
fn owners(certificate: &X509Ref) -> String {
    let Some(alternatives) = certificate.subject_alt_names() else {
        return common_name(certificate.subject_name());
    };
    let names: Vec<String> = alternatives
        .iter()
        .filter_map(|name| {
            let address = || name.ipaddress().and_then(address).map(|address| address.to_string());
            name.dnsname().map(printable).or_else(address)
        })
        .take(LISTED + 1)
        .collect();
    if names.is_empty() {
        return common_name(certificate.subject_name());
    }
    let more = if names.len() > LISTED { ", …" } else { "" };
    format!("{}{more}", names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", "))
}

/// An address from its bytes.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// The common name, or else the organisation, of a name in a certificate.
fn common_name(name: &X509NameRef) -> String {
    let first = |kind| name.entries_by_nid(kind).next().map(|entry| entry.data());
    let found = first(Nid::COMMONNAME).or_else(|| first(Nid::ORGANIZATIONNAME));
    found.and_then(text).unwrap_or_else(|| "someone without a name".into())
}

/// A string of a certificate as text.
fn text(value: &Asn1StringRef) -> Option<String> {
    value.to_string().ok().map(|value| printable(&value))
}

/// Keeps control characters of a hostile certificate out of the log.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(255).collect()
}
