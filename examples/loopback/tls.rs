//! A certificate for this machine, made anew at each start.

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name};
use rtmp::transport::TlsServerContext;
use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Days for which the certificate is good.
const DAYS: u32 = 30;

/// Makes a certificate for localhost and `address`, and returns how a server uses it and the file that clients trust.
pub(crate) fn create(
    directory: &Path,
    address: IpAddr,
) -> Result<(TlsServerContext, PathBuf), Box<dyn Error>> {
    fs::create_dir_all(directory)?;
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
    let certificate = certificate(&key, address)?;
    let (ca_path, key_path) = (directory.join("ca.pem"), directory.join("key.pem"));
    fs::write(&ca_path, certificate.to_pem()?)?;
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&key_path)?;
    file.write_all(&key.private_key_to_pem_pkcs8()?)?;
    Ok((TlsServerContext::from_files(&ca_path, &key_path)?, ca_path))
}

fn certificate(key: &PKey<Private>, address: IpAddr) -> Result<X509, openssl::error::ErrorStack> {
    let mut name = X509Name::builder()?;
    name.append_entry_by_nid(Nid::COMMONNAME, "loopback")?;
    let name = name.build();
    let mut serial = BigNum::new()?;
    serial.rand(128, MsbOption::MAYBE_ZERO, false)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_pubkey(key)?;
    builder.set_not_before(&*Asn1Time::days_from_now(0)?)?;
    builder.set_not_after(&*Asn1Time::days_from_now(DAYS)?)?;
    builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .ip("127.0.0.1")
        .ip("::1")
        .ip(&address.to_string())
        .build(&builder.x509v3_context(None, None))?;
    builder.append_extension(names)?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}
