//! The header of a page, as far as it is about sizes: a structure in Thrift's compact protocol.
//!
//! A structure is a list of fields, each a byte with its type and how far its number is from that of the field before, and its
//! value; a byte 0 ends it. What is not asked for is passed over.

/// The sizes that a header claims.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of the header itself.
    pub(super) length: usize,
    /// Bytes of the page, unpacked.
    pub(super) unpacked: usize,
    /// Bytes of the page in the file.
    pub(super) packed: usize,
    /// Entries, if it is a dictionary.
    pub(super) entries: usize,
}

/// Types of values; the first ends a structure.
const STOP: u8 = 0;
const BYTE: u8 = 3;
const INT: u8 = 5;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;

/// Structures within structures; statistics have two.
const MAX_DEPTH: usize = 8;

/// Reads the header with which bytes begin; `None` if they do not.
pub(super) fn header(bytes: &[u8]) -> Option<Header> {
    let mut reader = Reader { rest: bytes };
    let (mut header, mut id) = (Header::default(), 0);
    loop {
        let kind = reader.field(&mut id)?;
        match (id, kind) {
            (_, STOP) => break,
            (2, INT) => header.unpacked = reader.size()?,
            (3, INT) => header.packed = reader.size()?,
            (7, STRUCT) => header.entries = reader.entries()?,
            _ => reader.skip(kind, MAX_DEPTH)?,
        }
    }
    header.length = bytes.len() - reader.rest.len();
    Some(header)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// The type of the next field, and its number in `id`.
    fn field(&mut self, id: &mut i64) -> Option<u8> {
        let byte = self.byte()?;
        let (step, kind) = (byte >> 4, byte & 0xf);
        match (step, kind) {
            (_, STOP) => {}
            (0, _) => *id = self.integer()?,
            _ => *id = id.checked_add(i64::from(step))?,
        }
        Some(kind)
    }

    /// The entries that the header of a dictionary claims, its first field.
    fn entries(&mut self) -> Option<usize> {
        let (mut entries, mut id) = (0, 0);
        loop {
            let kind = self.field(&mut id)?;
            match (id, kind) {
                (_, STOP) => return Some(entries),
                (1, INT) => entries = self.size()?,
                _ => self.skip(kind, MAX_DEPTH)?,
            }
        }
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            1 | 2 => {} // a truth value is its type
            BYTE => drop(self.byte()?),
            4..=6 => drop(self.varint()?),
            DOUBLE => self.pass(8)?,
            BINARY => {
                let length = self.varint()?;
                self.pass(usize::try_from(length).ok()?)?;
            }
            LIST | SET => self.skip_list(depth)?,
            STRUCT => {
                let mut id = 0;
                loop {
                    match self.field(&mut id)? {
                        STOP => break,
                        kind => self.skip(kind, depth)?,
                    }
                }
            }
            _ => return None, // maps: no header has any
        }
        Some(())
    }

    fn skip_list(&mut self, depth: usize) -> Option<()> {
        let byte = self.byte()?;
        let (short, kind) = (byte >> 4, byte & 0xf);
        let length = if short == 15 { self.varint()? } else { u64::from(short) };
        for _ in 0..length {
            // In a list a truth value takes a byte.
            self.skip(if kind <= 2 { BYTE } else { kind }, depth)?;
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn pass(&mut self, length: usize) -> Option<()> {
        self.rest = self.rest.get(length..)?;
        Some(())
    }

    /// Groups of seven bits, the last of which has no eighth.
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Signed numbers lie in the order 0, −1, 1, −2, ….
    fn integer(&mut self) -> Option<i64> {
        let number = self.varint()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.integer()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of 20 bytes, 10 packed; a dictionary of 3 entries.
    const DICTIONARY: [u8; 15] = [0x15, 4, 0x15, 40, 0x15, 20, 0x4c, 0x15, 6, 0x15, 0, 0x12, 0, 0x00, 0xff];

    #[test]
    fn sizes_are_read_and_the_rest_is_passed_over() {
        let expected = Header { length: 14, unpacked: 20, packed: 10, entries: 3 };
        assert_eq!(header(&DICTIONARY), Some(expected));
        // Statistics: a structure with binaries, a list of lists, a double, a truth value.
        let nested = [0x15, 0, 0x15, 2, 0x15, 2, 0x2c, 0x18, 2, 7, 7, 0x19, 0x29, 0x13, 1, 0x13, 2, 0x17];
        let page = [&nested[..], &[0; 8], &[0x11, 0x00, 0x00]].concat();
        assert_eq!(header(&page), Some(Header { length: page.len(), unpacked: 1, packed: 1, entries: 0 }));
    }

    #[test]
    fn cut_deep_and_negative_headers_are_none() {
        for length in 0..14 {
            assert_eq!(header(&DICTIONARY[..length]), None, "{length} bytes");
        }
        assert_eq!(header(&[0x1c; 1000]), None);
        assert_eq!(header(&[0x25, 1, 0x00]), None, "−1 bytes");
        assert_eq!(header(&[0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f]), None, "a list without its entries");
    }
}
