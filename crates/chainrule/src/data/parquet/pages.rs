//! Pages, looked at before they are decoded.
//!
//! The decoder believes three numbers of a file and asks for memory by them: how long a page is unpacked, how many entries a
//! dictionary has, how many lengths a page of texts has. A request that the system refuses ends the program, which no one can
//! catch. So a guard stands between the decoder and the pages: it reads the header of each before the decoder does,
//! and the counts inside before it hands the page on.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, RowGroupReader};

use super::thrift::{Header, header};

/// The longest page, unpacked. Writers make them of 1 MiB, some of a few.
const MAX_PAGE: usize = 32 << 20;
/// The most entries of a dictionary; an entry takes 32 bytes in memory, whatever it takes in the file.
const MAX_ENTRIES: usize = 1 << 20;

/// So much of a page is looked at for its header, at first and at most: least and largest values may stand in it.
const HEADER: (u64, u64) = (1 << 12, 1 << 24);

/// The reader of a column in a row group of a file, guarded.
pub(crate) fn guarded<R: ChunkReader + 'static>(
    file: &Arc<R>,
    group: &dyn RowGroupReader,
    column: usize,
) -> Result<ColumnReader> {
    let pages = group.get_column_page_reader(column)?;
    let column = group.metadata().column(column);
    let guard = Guard::new(pages, Arc::clone(file), column)?;
    Ok(get_column_reader(column.column_descr_ptr(), Box::new(guard)))
}

/// The pages of a column in a row group.
struct Guard<R> {
    pages: Box<dyn PageReader>,
    file: Arc<R>,
    /// Where the pages lie that have not been read.
    rest: Range<u64>,
    compression: Compression,
    /// Whether levels that say what is null stand in front of the values.
    nullable: bool,
}

impl<R: ChunkReader> Guard<R> {
    fn new(pages: Box<dyn PageReader>, file: Arc<R>, column: &ColumnChunkMetaData) -> Result<Self> {
        let (start, length) = column.byte_range();
        let end = start.checked_add(length).filter(|&end| end <= file.len());
        let end = end.ok_or_else(|| broken("a column goes on behind the end of the file"))?;
        let nullable = column.column_descr().max_def_level() > 0;
        Ok(Self { pages, file, rest: start..end, compression: column.compression(), nullable })
    }

    /// Refuses the next page if its header claims what no page has.
    fn check_header(&mut self) -> Result<()> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let Header { length, unpacked, packed, entries } = self.header()?;
        if unpacked > MAX_PAGE {
            return Err(too_large(&format!("a page of {unpacked} bytes"), MAX_PAGE));
        }
        if entries > MAX_ENTRIES {
            return Err(too_large(&format!("a dictionary of {entries} entries"), MAX_ENTRIES));
        }
        let start = self.rest.start + length as u64;
        let end = start.checked_add(packed as u64).filter(|&end| end <= self.rest.end);
        let end = end.ok_or_else(|| broken("a page goes on behind the end of its column"))?;
        if matches!(self.compression, Compression::GZIP(_)) {
            check_gzip(&self.file.get_bytes(start, packed)?, unpacked)?;
        }
        self.rest.start = end;
        Ok(())
    }

    /// The header of the next page.
    fn header(&self) -> Result<Header> {
        let left = self.rest.end - self.rest.start;
        for most in [HEADER.0, HEADER.1] {
            let bytes = self.file.get_bytes(self.rest.start, usize::try_from(left.min(most))?)?;
            if let Some(header) = header(&bytes) {
                return Ok(header);
            }
        }
        Err(broken("the header of a page cannot be understood"))
    }

    /// Refuses a page of texts with more lengths than texts.
    fn check_counts(&self, page: &Page) -> Result<()> {
        let values = match page {
            Page::DataPage { buf, .. } if self.nullable => {
                let length = buf.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
                buf.get(length.saturating_add(4)..)
            }
            Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => Some(&buf[..]),
            Page::DataPageV2 { buf, rep_levels_byte_len, def_levels_byte_len, .. } => {
                buf.get(*rep_levels_byte_len as usize + *def_levels_byte_len as usize..)
            }
        };
        let (Some(values), most) = (values, page.num_values() as usize) else { return Ok(()) };
        let is_sound = match page.encoding() {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => deltas(values, most).is_some(),
            Encoding::DELTA_BYTE_ARRAY => {
                deltas(values, most).and_then(|end| deltas(values.get(end..)?, most)).is_some()
            }
            _ => true,
        };
        if is_sound { Ok(()) } else { Err(broken("a page has more lengths than texts")) }
    }
}

/// Gzip alone is unpacked without a look at what the header says. Levels in front of it make it no gzip.
fn check_gzip(packed: &[u8], unpacked: usize) -> Result<()> {
    let start = packed.windows(2).position(|pair| pair == [0x1f, 0x8b]).unwrap_or(packed.len());
    let mut most = MultiGzDecoder::new(&packed[start..]).take(unpacked as u64 + 1);
    // What is broken in it is for the decoder to say.
    match std::io::copy(&mut most, &mut std::io::sink()) {
        Ok(length) if length > unpacked as u64 => Err(broken("a page is longer than its header says")),
        _ => Ok(()),
    }
}

impl<R: ChunkReader> PageReader for Guard<R> {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        self.check_header()?;
        let page = self.pages.get_next_page()?;
        page.iter().try_for_each(|page| self.check_counts(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    /// Columns are read from their first value to their last.
    fn skip_next_page(&mut self) -> Result<()> {
        Err(ParquetError::NYI("pages are not skipped".into()))
    }
}

impl<R: ChunkReader> Iterator for Guard<R> {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// Where a list of numbers ends that is stored as differences; `None` if it has more than `most`, or is cut off.
///
/// Block size, blocks within a block, count and first number; then for each block its least difference, the width of each
/// inner block, and these.
fn deltas(bytes: &[u8], most: usize) -> Option<usize> {
    let mut rest = bytes;
    let block = varint(&mut rest)?;
    let inner = varint(&mut rest)?;
    let count = varint(&mut rest).filter(|&count| count <= most)?;
    varint(&mut rest)?;
    let values = block.checked_div(inner)?;
    let mut left = count.saturating_sub(1);
    while left > 0 {
        varint(&mut rest)?;
        let (widths, behind) = rest.split_at_checked(inner)?;
        let mut length = 0_usize;
        for &width in widths {
            if left > 0 {
                length = length.checked_add(values.checked_mul(usize::from(width))? / 8)?;
            }
            left = left.saturating_sub(values.max(1));
        }
        rest = behind.get(length..)?;
    }
    Some(bytes.len() - rest.len())
}

/// A number in groups of seven bits, the last of which has no eighth.
fn varint(rest: &mut &[u8]) -> Option<usize> {
    let end = rest.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
    let (bytes, behind) = rest.split_at(end);
    *rest = behind;
    let number = bytes.iter().rev().fold(0_u128, |number, byte| number << 7 | u128::from(byte & 0x7f));
    usize::try_from(number).ok()
}

fn broken(what: &str) -> ParquetError {
    ParquetError::General(what.into())
}

fn too_large(what: &str, most: usize) -> ParquetError {
    ParquetError::General(format!("{what}, where at most {most} are expected"))
}
