//! Parquet files put together by hand, since no writer would write them: one column, one page, and whatever sizes one likes.
//!
//! The numbers of a Parquet file are structures in Thrift's compact protocol: fields, each with a byte for its type and how far
//! its number is from the one before.

/// A structure that is being written.
#[derive(Default)]
pub(crate) struct Thrift {
    bytes: Vec<u8>,
    last: u8,
}

impl Thrift {
    fn begin(&mut self, id: u8, kind: u8) {
        self.bytes.push((id - self.last) << 4 | kind);
        self.last = id;
    }

    pub(crate) fn integer(mut self, id: u8, value: i64) -> Self {
        self.begin(id, 5);
        self.bytes.extend(varint((value << 1 ^ value >> 63).cast_unsigned()));
        self
    }

    /// An integer of 64 bits.
    pub(crate) fn long(mut self, id: u8, value: i64) -> Self {
        self.begin(id, 6);
        self.bytes.extend(varint((value << 1 ^ value >> 63).cast_unsigned()));
        self
    }

    pub(crate) fn text(mut self, id: u8, text: &str) -> Self {
        self.begin(id, 8);
        self.bytes.extend(varint(text.len() as u64));
        self.bytes.extend(text.as_bytes());
        self
    }

    pub(crate) fn structure(mut self, id: u8, inner: Self) -> Self {
        self.begin(id, 12);
        self.bytes.extend(inner.end());
        self
    }

    /// A list of up to 14 entries, of a type.
    pub(crate) fn list(mut self, id: u8, kind: u8, entries: &[Vec<u8>]) -> Self {
        self.begin(id, 9);
        self.bytes.push((entries.len() as u8) << 4 | kind);
        self.bytes.extend(entries.concat());
        self
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

/// A number in groups of seven bits.
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Numbers of the format for types, encodings and compression.
pub(crate) const TEXT: i64 = 6;
pub(crate) const DOUBLE: i64 = 5;
pub(crate) const PLAIN: i64 = 0;
pub(crate) const DELTA_LENGTH: i64 = 6;
pub(crate) const DELTA_TEXT: i64 = 7;
pub(crate) const GZIP: i64 = 2;
pub(crate) const ZSTD: i64 = 6;

/// A file of one required column with one page.
pub(crate) struct Forged {
    pub(crate) kind: i64,
    pub(crate) codec: i64,
    pub(crate) encoding: i64,
    /// Entries of a dictionary; its page is a data page without them.
    pub(crate) entries: Option<i64>,
    /// What the header says of the page's length, unpacked.
    pub(crate) unpacked: i64,
    pub(crate) rows: i64,
    pub(crate) page: Vec<u8>,
}

impl Forged {
    pub(crate) fn file(&self) -> Vec<u8> {
        let header = self.header().end();
        let length = (header.len() + self.page.len()).cast_signed() as i64;
        let body = [b"PAR1", &header[..], &self.page].concat();
        let footer = self.footer(length).end();
        [&body[..], &footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
    }

    fn header(&self) -> Thrift {
        let page_type = if self.entries.is_some() { 2 } else { 0 };
        let sizes = Thrift::default().integer(1, page_type).integer(2, self.unpacked);
        let sizes = sizes.integer(3, self.page.len().cast_signed() as i64);
        let inner = Thrift::default().integer(1, self.entries.unwrap_or(self.rows));
        let inner = inner.integer(2, self.encoding);
        match self.entries {
            Some(_) => sizes.structure(7, inner),
            None => sizes.structure(5, inner.integer(3, 3).integer(4, 3)),
        }
    }

    fn footer(&self, length: i64) -> Thrift {
        let root = Thrift::default().text(4, "schema").integer(5, 1).end();
        let leaf = Thrift::default().integer(1, self.kind).integer(3, 0).text(4, "x");
        let leaf = if self.kind == TEXT { leaf.integer(6, 0).end() } else { leaf.end() };
        let name = [&[1], &b"x"[..]].concat();
        let chunk = Thrift::default().integer(1, self.kind).list(2, 5, &[varint(0)]).list(3, 8, &[name]);
        let chunk = chunk.integer(4, self.codec).long(5, self.rows).long(6, self.unpacked).long(7, length);
        let chunk = Thrift::default().long(2, 4).structure(3, chunk.long(9, 4)).end();
        let group = Thrift::default().list(1, 12, &[chunk]).long(2, length).long(3, self.rows).end();
        Thrift::default().integer(1, 1).list(2, 12, &[root, leaf]).long(3, self.rows).list(4, 12, &[group])
    }
}
