//! The hash of one SWF file, computed while it arrives: compressed files are inflated on the way, nothing is kept.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::SwfHash;
use crate::crypto::{HmacSha256, PLAYER_WORDS};
use crate::{Error, Result, memory};
use flate2::{Decompress, FlushDecompress, Status};
use lzma_rs::decompress::{Options, Stream, UnpackedSize};
use std::io::{self, Write};

/// Signature (3 bytes), version, and the size of the uncompressed file (4 bytes, little-endian).
const HEADER_SIZE: usize = 8;
/// Behind the header of a ZWS file: the size of the compressed data (4 bytes), which nothing needs.
const ZWS_PACKED_SIZE: usize = 4;
/// How much memory an LZMA dictionary may take, and what is tried when there is less; files from real authoring tools ask
/// for far less.
const DICTIONARIES: [usize; 4] = [64 << 20, 16 << 20, 4 << 20, 1 << 20];
/// What the decoder takes besides: the largest of its tables has 6 MiB.
const LZMA_TABLES: usize = 8 << 20;
/// How much is inflated at once.
const INFLATE_SIZE: usize = 32 * 1024;

/// Takes a SWF file in pieces of any size.
pub struct Hasher {
    header: Vec<u8>,
    body: Body,
}

/// What stands behind the header, by its signature.
enum Body {
    /// The header is not complete.
    Unknown(Sink),
    /// FWS, or something that is no SWF file.
    Plain(Sink),
    /// CWS.
    Zlib { sink: Sink, inflater: Box<Decompress>, ended: bool },
    /// ZWS: so many bytes are to be skipped first, then LZMA follows.
    Lzma { skip: usize, stream: Box<Stream<Sink>> },
    /// An error has ended it.
    Broken,
}

impl Hasher {
    /// Before the first byte of a file that may have up to `limit` bytes when inflated.
    ///
    /// # Errors
    /// [`Error::Io`] when OpenSSL fails.
    pub fn new(limit: u64) -> Result<Self> {
        Ok(Self { header: Vec::with_capacity(HEADER_SIZE), body: Body::Unknown(Sink::new(limit)?) })
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// [`Error::Protocol`] for data that cannot be inflated, or inflates to more bytes than the limit.
    pub fn update(&mut self, mut bytes: &[u8]) -> Result<()> {
        if let Body::Unknown(_) = self.body {
            let missing = HEADER_SIZE.saturating_sub(self.header.len());
            let (head, rest) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
            self.header.extend_from_slice(head);
            bytes = rest;
            if self.header.len() < HEADER_SIZE {
                return Ok(());
            }
            self.begin_body()?;
        }
        let result = self.body.update(bytes);
        if result.is_err() {
            self.body = Body::Broken;
        }
        result
    }

    /// The header is complete: chooses how the rest is read, and hashes the header as that of an uncompressed file.
    fn begin_body(&mut self) -> Result<()> {
        let Body::Unknown(mut sink) = std::mem::replace(&mut self.body, Body::Broken) else { return Ok(()) };
        let (signature, rest) = self.header.split_at_checked(3).unwrap_or_default();
        let compressed = matches!(signature, b"CWS" | b"ZWS");
        sink.take(if compressed { b"FWS" } else { signature })?;
        sink.take(rest)?;
        self.body = match signature {
            b"CWS" => Body::Zlib { sink, inflater: Box::new(Decompress::new(true)), ended: false },
            b"ZWS" => Body::lzma(self.announced_size(), sink)?,
            _ => {
                if signature != b"FWS" {
                    crate::warning!(
                        "the file to hash does not begin like a SWF; a server is unlikely to accept its hash"
                    );
                }
                Body::Plain(sink)
            }
        };
        Ok(())
    }

    /// The uncompressed size that the header tells, its own bytes included.
    fn announced_size(&self) -> u64 {
        let size = self.header.last_chunk::<4>().copied().unwrap_or_default();
        u64::from(u32::from_le_bytes(size))
    }

    /// The hash, after the last byte.
    ///
    /// # Errors
    /// [`Error::Protocol`] for a file that ends too early.
    pub fn finish(self) -> Result<SwfHash> {
        let announced = self.announced_size();
        let swf = match self.body {
            Body::Unknown(_) => return Err(Error::protocol("the SWF ends within its header")),
            Body::Plain(sink) => sink.finish()?,
            Body::Zlib { sink, ended: true, .. } => sink.finish()?,
            Body::Zlib { .. } => return Err(incomplete()),
            // The decoder takes a stream without any data for an empty one.
            Body::Lzma { stream, .. } => match stream.finish().map_err(|error| bad_lzma(&error))?.finish()? {
                whole if u64::from(whole.size) == announced => whole,
                _ => return Err(incomplete()),
            },
            Body::Broken => return Err(Error::protocol("the SWF is broken")),
        };
        let size = swf.size;
        if u64::from(size) != announced {
            crate::warning!(
                "the SWF has {size} bytes where its header announces {announced}; hashing what it has"
            );
        }
        Ok(swf)
    }
}

/// The largest dictionary for which there is memory. The decoder's ends the process where it is out, and while the
/// dictionary grows, its old memory and twice as much stand side by side.
fn dictionary_limit() -> Result<usize> {
    DICTIONARIES
        .into_iter()
        .find(|size| memory::is_there(size.saturating_mul(3).saturating_add(LZMA_TABLES)))
        .ok_or_else(|| Error::out_of_memory("inflate the SWF"))
}

fn incomplete() -> Error {
    Error::protocol("the compressed SWF is incomplete")
}

fn bad_lzma(error: &dyn std::fmt::Display) -> Error {
    Error::protocol(format!("the SWF cannot be inflated: {error}"))
}

impl Body {
    /// An LZMA body, whose header announces the size of the uncompressed file: the decoder must know it, and is not to be
    /// begun where it cannot be true.
    fn lzma(announced: u64, sink: Sink) -> Result<Self> {
        let unpacked = announced
            .checked_sub(HEADER_SIZE as u64)
            .filter(|_| announced <= sink.limit)
            .ok_or_else(|| Error::protocol(format!("the SWF announces an absurd size of {announced}")))?;
        let options = Options {
            unpacked_size: UnpackedSize::UseProvided(Some(unpacked)),
            memlimit: Some(dictionary_limit()?),
            allow_incomplete: false,
        };
        Ok(Self::Lzma { skip: ZWS_PACKED_SIZE, stream: Box::new(Stream::new_with_options(&options, sink)) })
    }

    fn update(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Unknown(_) => Ok(()),
            Self::Broken => Err(Error::protocol("the SWF is broken")),
            Self::Plain(sink) => sink.take(bytes),
            Self::Zlib { sink, inflater, ended } => {
                *ended = *ended || inflate(inflater, bytes, sink)?;
                Ok(())
            }
            Self::Lzma { skip, stream } => {
                let skipped = (*skip).min(bytes.len());
                *skip = skip.saturating_sub(skipped);
                inflate_lzma(stream, bytes.get(skipped..).unwrap_or_default())
            }
        }
    }
}

/// Inflates all of `bytes`; tells whether the stream ended. What comes behind its end is dropped.
fn inflate(inflater: &mut Decompress, mut bytes: &[u8], sink: &mut Sink) -> Result<bool> {
    let mut output = vec![0; INFLATE_SIZE];
    loop {
        let (read, written) = (inflater.total_in(), inflater.total_out());
        let status = inflater
            .decompress(bytes, &mut output, FlushDecompress::None)
            .map_err(|error| Error::protocol(format!("the SWF cannot be inflated: {error}")))?;
        let read = usize::try_from(inflater.total_in().saturating_sub(read)).unwrap_or(usize::MAX);
        let written = usize::try_from(inflater.total_out().saturating_sub(written)).unwrap_or(usize::MAX);
        sink.take(output.get(..written).unwrap_or_default())?;
        bytes = bytes.get(read..).unwrap_or_default();
        match status {
            Status::StreamEnd => return Ok(true),
            _ if read == 0 && written == 0 => return Ok(false),
            _ => {}
        }
    }
}

/// Inflates all of `bytes`. The decoder takes nothing more once the announced size is reached.
fn inflate_lzma(stream: &mut Stream<Sink>, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match stream.write(bytes).map_err(|error| bad_lzma(&error))? {
            0 => return Ok(()),
            n => bytes = bytes.get(n..).unwrap_or_default(),
        }
    }
    Ok(())
}

/// The keyed hash of the uncompressed file, and its size so far.
struct Sink {
    hmac: HmacSha256,
    size: u32,
    limit: u64,
}

impl Sink {
    fn new(limit: u64) -> Result<Self> {
        Ok(Self { hmac: HmacSha256::new(PLAYER_WORDS)?, size: 0, limit })
    }

    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        let size = u32::try_from(bytes.len()).ok().and_then(|n| self.size.checked_add(n));
        self.size = size
            .filter(|size| u64::from(*size) <= self.limit)
            .ok_or_else(|| Error::protocol(format!("the SWF is larger than {} MiB", self.limit >> 20)))?;
        self.hmac.update(bytes)
    }

    fn finish(self) -> Result<SwfHash> {
        Ok(SwfHash { size: self.size, hash: self.hmac.finish()? })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes).map(|()| bytes.len()).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::super::MAX_SWF;
    use super::*;
    use proptest::prelude::*;

    /// HMAC-SHA256 of "FWS", 09, 0d 00 00 00, "hello" under the key, computed with Python's hmac module.
    const HELLO: [u8; 32] = [
        0x76, 0xbb, 0xde, 0xd2, 0xc2, 0x9c, 0x57, 0xd9, 0xc4, 0x3d, 0xa8, 0xe8, 0x57, 0x96, 0x95, 0x45, 0xf6,
        0x56, 0x7b, 0xed, 0x18, 0x72, 0x87, 0xc8, 0xbf, 0x9b, 0x75, 0x5d, 0xe5, 0xb7, 0x87, 0x58,
    ];

    fn header(signature: &[u8; 3], size: usize) -> Vec<u8> {
        let size = u32::try_from(size).expect("a small file");
        [signature.as_slice(), &[9], &size.to_le_bytes()].concat()
    }

    fn zlib(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).expect("memory does not fail");
        encoder.finish().expect("memory does not fail")
    }

    /// LZMA as a SWF file has it: 4 bytes of size, then properties without the uncompressed size.
    fn lzma(data: &[u8]) -> Vec<u8> {
        let options = lzma_rs::compress::Options {
            unpacked_size: lzma_rs::compress::UnpackedSize::SkipWritingToHeader,
        };
        let mut packed = vec![0; ZWS_PACKED_SIZE];
        lzma_rs::lzma_compress_with_options(&mut &*data, &mut packed, &options)
            .expect("memory does not fail");
        packed
    }

    fn files(data: &[u8]) -> [Vec<u8>; 3] {
        let size = data.len() + HEADER_SIZE;
        [
            [header(b"FWS", size), data.to_vec()].concat(),
            [header(b"CWS", size), zlib(data)].concat(),
            [header(b"ZWS", size), lzma(data)].concat(),
        ]
    }

    fn hash(pieces: &[&[u8]]) -> Result<SwfHash> {
        let mut hasher = Hasher::new(MAX_SWF)?;
        for piece in pieces {
            hasher.update(piece)?;
        }
        hasher.finish()
    }

    #[test]
    fn hashes_all_three_containers() {
        for file in files(b"hello") {
            let expected = SwfHash { size: 13, hash: HELLO };
            assert_eq!(hash(&[&file]).expect("a good file"), expected);
            let bytes: Vec<&[u8]> = file.chunks(1).collect();
            assert_eq!(hash(&bytes).expect("a good file"), expected);
        }
    }

    #[test]
    fn what_stands_behind_compressed_data_is_dropped() {
        for file in files(b"hello").iter().skip(1) {
            assert_eq!(hash(&[file, b"behind it"]).expect("a good file").hash, HELLO);
            assert_eq!(hash(&[&[file, b"x".as_slice()].concat()]).expect("a good file").hash, HELLO);
        }
    }

    #[test]
    fn incomplete_files_are_errors() {
        let data: Vec<u8> = (0..2000u32).map(|n| ((n * n) >> 3) as u8).collect();
        for file in files(&data).iter().skip(1) {
            for end in (0..file.len() - 12).step_by(7) {
                assert!(hash(&[&file[..end]]).is_err(), "{end} of {}", file.len());
            }
        }
        assert!(hash(&[b"FWS\x09\x00\x00\x00"]).is_err());
        assert!(hash(&[]).is_err());
    }

    #[test]
    fn a_size_that_contradicts_is_hashed_as_it_is() {
        let zlib = hash(&[&header(b"CWS", 508), &zlib(b"hello")]).expect("it inflates");
        assert_eq!(zlib.size, 13);
        let plain = hash(&[&header(b"FWS", 508), b"hello"]).expect("it is plain");
        assert_eq!(plain, zlib);
        assert!(hash(&[&header(b"ZWS", 508), &lzma(b"hello")]).is_err());
        assert!(hash(&[&header(b"ZWS", 7), &lzma(b"")]).is_err());
        assert!(hash(&[&header(b"ZWS", MAX_SWF as usize + 1), &lzma(b"hello")]).is_err());
    }

    #[test]
    fn bombs_are_refused() {
        let limit = 1 << 20;
        let zeros = vec![0; (1 << 20) - HEADER_SIZE + 1];
        for file in files(&zeros) {
            let mut hasher = Hasher::new(limit).expect("OpenSSL works");
            let result = hasher.update(&file).and_then(|()| hasher.finish());
            let error = result.expect_err("it is too large").to_string();
            assert!(error.contains("larger than 1 MiB") || error.contains("absurd size"), "{error}");
            let mut hasher = Hasher::new(limit + 1).expect("OpenSSL works");
            hasher.update(&file).expect("it just fits");
            assert_eq!(u64::from(hasher.finish().expect("it is whole").size), limit + 1);
        }
    }

    #[test]
    fn after_an_error_nothing_is_taken() {
        let mut hasher = Hasher::new(MAX_SWF).expect("OpenSSL works");
        assert!(hasher.update(&[header(b"CWS", 100), b"not zlib".to_vec()].concat()).is_err());
        assert!(hasher.update(b"more").is_err());
        assert!(hasher.finish().is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn containers_and_splits_agree(
            data in proptest::collection::vec(any::<u8>(), 0..5000),
            cut in 1usize..700,
        ) {
            let [plain, zlib, lzma] = files(&data);
            let expected = hash(&[&plain]).expect("a good file");
            for file in [zlib, lzma] {
                let pieces: Vec<&[u8]> = file.chunks(cut).collect();
                prop_assert_eq!(hash(&pieces).expect("a good file"), expected);
            }
        }

        #[test]
        fn any_bytes_are_hashed_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
            kind in 0usize..3,
            size in 0usize..3000,
        ) {
            let signature = [b"FWS", b"CWS", b"ZWS"][kind];
            let _ = hash(&[&header(signature, size), &bytes]);
        }
    }
}
