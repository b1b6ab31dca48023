//! One error type for the library.
//!
//! An [`Error`] is opaque: a [kind](ErrorKind) to decide on, a message for a person that says what was expected and
//! what came, and, for anything that was read, the [place](Position) where. Messages are whole sentences without a
//! final full stop; hints ("try …") follow after a newline.

use std::fmt;

/// The result of anything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and what was expected.
#[derive(Debug)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    position: Option<Position>,
    /// The row of data, from 0, where the message is about one and its line is not known yet.
    row: Option<usize>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of errors that a caller may want to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option or configuration value that cannot be: a negative width, an unknown name.
    Configuration,
    /// Data that cannot be used: a broken file, a column that is missing, a cell that is no number.
    Data,
    /// A model file that cannot be used.
    Model,
    /// Training left the finite numbers.
    Diverged,
    /// The work would not fit in memory.
    Memory,
    /// The operating system refused to read or write.
    Io,
    /// A feature that this build was made without.
    Unsupported,
}

/// A place in a file. Parts that are unknown or do not apply are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Name of the file, as the user gave it.
    pub file: String,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Place of the cell in its line, from 1, with the column's name where it has one.
    pub column: Option<(u64, String)>,
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner { kind, message: message.into(), position: None, row: None, source: None }),
        }
    }

    /// [`ErrorKind::Configuration`].
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    /// [`ErrorKind::Data`].
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// [`ErrorKind::Model`].
    pub fn model(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Model, message)
    }

    /// [`ErrorKind::Io`] from the operating system's own error: `doing` completes "cannot …".
    pub fn io(doing: impl fmt::Display, error: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("cannot {doing}: {error}")).with_source(error)
    }

    /// The same error at a place.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.inner.position = Some(position);
        self
    }

    /// The same error in a row of data, from 0: whoever knows the table finds the line.
    #[must_use]
    pub(crate) fn in_row(mut self, row: usize) -> Self {
        self.inner.row = Some(row);
        self
    }

    /// The same error, about a row of a piece of a table, as one about that row of the table, in which so many rows stand before
    /// the piece. Messages call it by its number, from 1.
    #[must_use]
    pub(crate) fn shifted(mut self, first_row: usize) -> Self {
        if let Some(row) = self.inner.row {
            let number = |row: usize| format!("data row {}", row + 1);
            self.inner.message = self.inner.message.replacen(&number(row), &number(first_row + row), 1);
            self.inner.row = Some(first_row + row);
        }
        self
    }

    /// The row of data that the message is about, from 0.
    pub(crate) fn row(&self) -> Option<usize> {
        self.inner.row
    }

    /// The same error in a file, where nothing better is known.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        self.inner.position.get_or_insert_with(|| Position { file: file.into(), ..Position::default() });
        self
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.inner.source = Some(Box::new(source));
        self
    }

    /// What to decide on.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The message without the place.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Where in a file.
    pub fn position(&self) -> Option<&Position> {
        self.inner.position.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = &self.inner.position {
            write!(f, "{position}: ")?;
        }
        f.write_str(&self.inner.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        match &self.column {
            Some((number, name)) if name.is_empty() => write!(f, ", column {number}"),
            Some((number, name)) => write!(f, ", column {number} ({name})"),
            None => Ok(()),
        }
    }
}

/// A number of bytes as people read it.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if n < 1024 {
        return format!("{n} bytes");
    }
    let mut size = n as f64 / 1024.0;
    let mut units = UNITS.into_iter();
    let mut unit = units.next();
    while size >= 1024.0 && units.len() > 0 {
        (size, unit) = (size / 1024.0, units.next());
    }
    format!("{size:.1} {}", unit.unwrap_or_default())
}

/// The error for a name that is not among the known ones: lists them and suggests the nearest.
///
/// `what` is the kind of thing, as in "unknown activation 'rlu'".
pub(crate) fn unknown_name<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Error {
    let meant = nearest(name, known.clone());
    let list: Vec<&str> = known.collect();
    let hint = meant.map(|meant| format!("\ndid you mean '{meant}'?")).unwrap_or_default();
    Error::configuration(format!("unknown {what} '{name}'; expected one of {}{hint}", list.join(", ")))
}

/// The known name that is likeliest meant, if one is near: half of its letters or fewer differ, whatever their case.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let distances = known.map(|known| (edit_distance(&name, &known.to_lowercase()), known));
    let (distance, nearest) = distances.min_by_key(|&(distance, _)| distance)?;
    (distance <= name.chars().count().max(3) / 2).then_some(nearest)
}

/// The least number of insertions, deletions and replacements that turn `a` into `b` (Levenshtein, 1966).
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
