//! The bytes of a source, unpacked.
//!
//! Every reader works on the whole file in memory. A table of numbers takes about as much room as its text, so this
//! costs a factor of two at most, and it buys exact messages: a line or a cell is looked up again only when something
//! is wrong with it, and a length that a header claims is compared with the length that is there before anything
//! is allocated for it.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::{Error, ErrorKind, Result};

/// A gzip stream may unpack to this much whatever its own size …
const UNPACKED_ALLOWANCE: u64 = 16 << 20;
/// … and beyond that to so many times its size. Data sets reach 20, deflate ends at 1032, bombs live there.
const UNPACKED_FACTOR: u64 = 256;

/// So much is unpacked at a time.
const PIECE: u64 = 1 << 20;

/// Reads everything, and unpacks it if it is gzip, which its first bytes say. `worth` is how many bytes of a file are worth
/// having, as its beginning says: no more is unpacked, so that whoever judges the file misses the rest, or finds too much.
pub(crate) fn read_bytes(mut reader: impl Read, name: &str, worth: fn(&[u8]) -> u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|error| read_error(error, name))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return unpack(&bytes, name, worth);
    }
    if has_extension(name, ".gz") {
        let message =
            "the name ends in .gz, but this is no gzip file: it does not begin with the bytes 1f 8b";
        return Err(Error::data(message).in_file(name));
    }
    Ok(bytes)
}

/// Whether a file name ends so, in any case of letters.
pub(crate) fn has_extension(name: &str, extension: &str) -> bool {
    let (name, extension) = (name.as_bytes(), extension.as_bytes());
    name.len() >= extension.len() && name[name.len() - extension.len()..].eq_ignore_ascii_case(extension)
}

/// A file name without the `.gz` at its end.
pub(crate) fn without_gz(name: &str) -> &str {
    if has_extension(name, ".gz") { &name[..name.len() - 3] } else { name }
}

/// The first few bytes of what a file holds, unpacked if need be; `head` is its beginning.
#[cfg(feature = "fs")]
pub(crate) fn first_bytes(head: &[u8]) -> Vec<u8> {
    const FEW: u64 = 8;
    let mut bytes = Vec::new();
    let read = if head.starts_with(&[0x1f, 0x8b]) {
        MultiGzDecoder::new(head).take(FEW).read_to_end(&mut bytes)
    } else {
        head.take(FEW).read_to_end(&mut bytes)
    };
    // A broken beginning is for the reader to report, which reads it again.
    if read.is_err() {
        bytes.clear();
    }
    bytes
}

/// An error of the system while reading `name`; too little memory is told apart.
fn read_error(error: std::io::Error, name: &str) -> Error {
    if error.kind() == std::io::ErrorKind::OutOfMemory {
        return Error::new(ErrorKind::Memory, "the file does not fit in memory").in_file(name);
    }
    Error::io(format_args!("read {name}"), error)
}

fn unpack(packed: &[u8], name: &str, worth: fn(&[u8]) -> u64) -> Result<Vec<u8>> {
    let most = UNPACKED_ALLOWANCE + UNPACKED_FACTOR * packed.len() as u64;
    let mut decoder = MultiGzDecoder::new(packed);
    // Pieces: a vector that grows would take three times as much at the end.
    let (mut pieces, mut length, mut limit) = (Vec::new(), 0, most + 1);
    loop {
        let piece = next_piece(&mut decoder, PIECE.min(limit - length), name)?;
        if pieces.is_empty() {
            limit = limit.min(worth(&piece).max(piece.len() as u64));
        }
        if piece.is_empty() {
            break;
        }
        length += piece.len() as u64;
        pieces.push(piece);
    }
    if length > most {
        let message = format!(
            "{} bytes of gzip unpack to more than {most}, which no table does\n\
             if it is meant to be so, unpack it with gunzip and pass the result",
            packed.len()
        );
        return Err(Error::data(message).in_file(name));
    }
    let mut bytes = room(length, name)?;
    for piece in &pieces {
        bytes.extend_from_slice(piece);
    }
    Ok(bytes)
}

fn next_piece(decoder: impl Read, length: u64, name: &str) -> Result<Vec<u8>> {
    let mut piece = room(length, name)?;
    decoder.take(length).read_to_end(&mut piece).map_err(|error| {
        if error.kind() == std::io::ErrorKind::OutOfMemory {
            return read_error(error, name);
        }
        Error::data(format!("the gzip data are broken or cut off: {error}")).in_file(name).with_source(error)
    })?;
    Ok(piece)
}

fn room(length: u64, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length as usize).map_err(|error| {
        Error::new(ErrorKind::Memory, "the file does not fit in memory").in_file(name).with_source(error)
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn read_all(bytes: &[u8], name: &str) -> Result<Vec<u8>> {
        read_bytes(bytes, name, |_| u64::MAX)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_known_by_its_first_bytes_and_members_are_joined() {
        let two = [gzip(b"a,b\n"), gzip(b"1,2\n")].concat();
        assert_eq!(read_all(&two, "t.csv").unwrap(), b"a,b\n1,2\n");
        assert_eq!(read_all(b"plain", "t.csv").unwrap(), b"plain");
    }

    #[test]
    fn a_name_that_promises_gzip_is_held_to_it() {
        let error = read_all(b"a,b\n", "t.csv.GZ").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.to_string().contains("no gzip file"), "{error}");
    }

    #[test]
    fn every_cut_gzip_file_is_an_error() {
        let whole = gzip(b"a,b\n1,2\n3,4\n");
        for length in 2..whole.len() {
            let error = read_all(&whole[..length], "t.csv.gz").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Data, "{length} bytes");
        }
    }

    #[test]
    fn h5_a_gzip_bomb_is_refused() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        let error = read_all(&bomb, "images.gz").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.to_string().contains("unpack to more than"), "{error}");
    }

    #[test]
    fn h5_no_more_is_unpacked_than_the_beginning_is_worth() {
        let packed = gzip(&vec![7; 5 << 20]);
        let worth = |n: usize| {
            let of: fn(&[u8]) -> u64 = if n == 0 { |_| 0 } else { |head| head.len() as u64 + 10 };
            read_bytes(&packed[..], "x", of).unwrap().len()
        };
        assert_eq!((worth(0), worth(1)), (1 << 20, (1 << 20) + 10));
    }
}
