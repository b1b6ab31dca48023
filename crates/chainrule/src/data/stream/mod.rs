//! Tables larger than memory.
//!
//! The key decision is that a file is read once. A first pass brings its rows, piece by piece, into the form in which a table
//! lies in memory, checks them as a table is checked, and puts them aside on the disk ([`table`]). Statistics, vocabulary and
//! classes are found there ([`statistics`]), in as many passes as they take; then the rows are written once more, as the network
//! reads them: one record of fixed size per row ([`records`]). From there an epoch is nothing but reading blocks of records, as
//! fast from text as from Parquet, and whatever happens to the source meanwhile no longer matters.
//!
//! The other way would be to read the source again in every epoch. Text is parsed at a tenth of the speed at which a network
//! of MNIST's size learns; Parquet must be read by row groups, whose size its writer chose; and a file that grows would have to be
//! noticed every time. The price is room on the disk, twice the table as numbers while the first pass lasts, and once after it.
//!
//! Nothing here grows with the number of rows, but four bytes per block of records.

mod arrays;
mod input;
mod median;
mod numbers;
mod order;
#[cfg(feature = "parquet")]
mod parquet;
mod records;
mod share;
mod statistics;
mod table;
mod text;

pub(crate) use order::Order;
pub(crate) use records::Records;
pub(crate) use share::{Part, Share};
pub(crate) use statistics::{Facts, facts};
pub(crate) use table::StreamedTable;

use super::open::Format;
use super::{Dataset, ReadOptions};
use crate::{Error, Result};
use input::Stamp;
use std::path::{Path, PathBuf};

/// A table in a file that is never in memory as a whole: `.csv`, `.tsv`, `.npy` or IDX (also gzipped), or `.parquet`.
///
/// ```no_run
/// use chainrule::data::{ReadOptions, Stream};
/// use chainrule::training::{StreamConfig, Streams, Trainer, TrainingConfig};
///
/// let table = Stream::open("huge.parquet", None, &ReadOptions::default())?;
/// let model = Trainer::new(TrainingConfig::default()).fit(Streams::of(&table, &StreamConfig::new(".")))?;
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    path: PathBuf,
    labels: Option<PathBuf>,
    options: ReadOptions,
    /// The files as they were when the stream was opened.
    stamps: Vec<Stamp>,
}

/// Cells of a piece: enough for reading at full speed, few enough to be nothing in memory.
const PIECE_CELLS: usize = 1 << 19;
/// The most rows of a piece.
const MOST_PIECE_ROWS: usize = 1 << 16;

/// How many rows of so many columns make a piece.
fn piece_rows(n_columns: usize) -> usize {
    (PIECE_CELLS / n_columns.max(1)).clamp(1, MOST_PIECE_ROWS)
}

/// A reader of a table, piece by piece.
trait Pieces {
    /// The next rows as a table of their own; `None` behind the last.
    fn next(&mut self) -> Result<Option<Dataset>>;
    /// What is to be said when all rows are known.
    fn end(self: Box<Self>) -> Result<End>;
}

/// What all rows together amount to.
#[derive(Debug, Default)]
struct End {
    warnings: Vec<String>,
    /// Columns that turned out to be text after some of their cells were taken for numbers: the table is to be read again.
    text: Vec<usize>,
}

impl Stream {
    /// Notes which files are meant and how they are now. Nothing is read yet.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) when a file is not there, [`Data`](crate::ErrorKind::Data) when it is no regular file, and what
    /// [`ReadOptions::validate`] refuses.
    pub fn open(path: impl AsRef<Path>, labels: Option<&Path>, options: &ReadOptions) -> Result<Self> {
        options.validate()?;
        let path = path.as_ref();
        let stamps = std::iter::once(path).chain(labels).map(Stamp::of).collect::<Result<_>>()?;
        let (path, labels) = (path.to_owned(), labels.map(Path::to_owned));
        Ok(Self { path, labels, options: options.clone(), stamps })
    }

    /// The name of the file, as it was given.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Makes sure that the files are what they were when the stream was opened.
    fn check_unchanged(&self) -> Result<()> {
        self.stamps.iter().try_for_each(Stamp::check)
    }

    /// Begins to read. `text` are columns that an earlier reading found to be text.
    fn pieces(&self, text: &[usize]) -> Result<Box<dyn Pieces>> {
        self.check_unchanged()?;
        let input = input::Input::open(&self.path)?;
        if self.labels.is_some() && matches!(input.format, Format::Text | Format::Parquet) {
            let message =
                "--labels goes with .npy and IDX files; here the target is a column (--target names it)";
            return Err(Error::configuration(message).in_file(&input.name));
        }
        let labels = self.labels.as_deref().map(input::Input::open).transpose()?;
        match input.format {
            Format::Text => Ok(Box::new(text::TextPieces::begin(input, text, &self.options)?)),
            Format::Parquet => self.parquet(),
            Format::Npy | Format::Idx => {
                Ok(Box::new(arrays::ArrayPieces::begin(input, labels, &self.options)?))
            }
        }
    }

    #[cfg(feature = "parquet")]
    fn parquet(&self) -> Result<Box<dyn Pieces>> {
        Ok(Box::new(parquet::ParquetPieces::begin(&self.path, &self.options)?))
    }

    #[cfg(not(feature = "parquet"))]
    fn parquet(&self) -> Result<Box<dyn Pieces>> {
        let message = "this build cannot read Parquet files\nbuild it with the feature `parquet`, or convert the file to CSV";
        Err(Error::new(crate::ErrorKind::Unsupported, message).in_file(&self.name()))
    }
}
