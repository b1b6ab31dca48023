//! What to read, and what to make of it.

use crate::{Error, Result};

use super::{MissingPolicy, Target};

/// How a file becomes a [`Dataset`](super::Dataset). Columns are given by name or by index from 0 (negative: from the
/// end); a name wins over an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Text files: whether the first row holds names.
    pub header: bool,
    /// Text files: what stands between two cells. `None`: a tab in `.tsv` files, else a comma.
    pub delimiter: Option<char>,
    /// The columns to predict.
    pub target: Target,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Columns whose cells are names of categories, whatever they look like.
    pub categorical: Vec<String>,
    /// The columns of a model that the table is for, where it is for one.
    pub known: KnownColumns,
    /// The column with the weights of the rows.
    pub sample_weight: Option<String>,
    /// Cells that mean "not known". In binary formats the entry `NaN` decides whether a NaN does.
    pub missing_values: Vec<String>,
    /// What to do with missing cells of features.
    pub missing: MissingPolicy,
    /// Text files: what to do with rows that have too few or too many cells.
    pub on_bad_row: OnBadRow,
}

/// What a model knows of a table's columns, by name. A table may lack any of them.
///
/// [`Preprocessing::known_columns`](super::Preprocessing::known_columns) makes one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownColumns {
    /// Columns that the model was trained without: left out, unless they have another part.
    pub ignored: Vec<String>,
    /// Columns that were categories in training: read as text, whatever their cells look like.
    pub categorical: Vec<String>,
}

/// What to do with rows that have too few or too many cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBadRow {
    /// Refuse the file.
    #[default]
    Error,
    /// Leave them out and say how many.
    Skip,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            header: true,
            delimiter: None,
            target: Target::Last,
            drop: Vec::new(),
            categorical: Vec::new(),
            known: KnownColumns::default(),
            sample_weight: None,
            missing_values: ["", "NA", "NaN", "null", "?"].map(String::from).to_vec(),
            missing: MissingPolicy::Impute,
            on_bad_row: OnBadRow::Error,
        }
    }
}

impl ReadOptions {
    /// Checks what can be checked without a file.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) when the delimiter is not a single ASCII character or is
    /// one that quoting and line ends need.
    pub fn validate(&self) -> Result<()> {
        match self.delimiter {
            Some(c) if !c.is_ascii() || matches!(c, '"' | '\r' | '\n' | '\0') => {
                Err(Error::configuration(format!(
                    "the delimiter is to be one ASCII character other than a quote or a line end, not {c:?}"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Whether a cell means "not known".
    pub(crate) fn is_missing(&self, cell: &str) -> bool {
        self.missing_values.iter().any(|value| value == cell)
    }
}
