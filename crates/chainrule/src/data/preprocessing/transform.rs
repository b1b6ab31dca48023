//! Features of any file as the inputs of the network.
//!
//! A table lies column by column, the network's inputs row by row. Walking either way alone touches a new cache line
//! with every number; so the conversion goes in tiles of 64 rows × 64 columns, which are filled column by column
//! and copied out row by row.

use std::borrow::Cow;

use super::{Feature, FeatureKind, MissingPolicy, Preprocessing, matching};
use crate::data::columns::{Columns, NO_CATEGORY};
use crate::data::dataset::{Column, Dataset, MISSING, Numbers, Text, Values};
use crate::data::printed::{look_up, parsed};
use crate::data::scaler::{Scaler, loses_digits_in_f32};
use crate::{Error, ErrorKind, Float, Matrix, Result};
use chainrule_kernels::PaddedMut;

/// How many unseen categories a warning names for each column.
const UNSEEN_NAMED: usize = 5;

impl Preprocessing {
    /// The inputs of the given rows, or of all; also returns what the user should know: categories that training
    /// did not see, numbers that lose digits.
    ///
    /// Numeric inputs are the value columns in the order of training, then the indicators of missing values.
    ///
    /// # Errors
    /// When columns are missing, unknown or twice there, a number was expected and text came, a value is infinite
    /// or does not fit the precision, or a missing value is not allowed.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn columns<F: Float>(
        &self,
        dataset: &Dataset,
        rows: Option<&[u32]>,
    ) -> Result<(Columns<F>, Vec<String>)> {
        let (inputs, warnings) = self.table_inputs::<F>(dataset, rows)?;
        let all = || Cow::Owned((0..dataset.n_rows as u32).collect());
        let rows = rows.map_or_else(all, Cow::Borrowed);
        Ok((inputs.columns(&rows)?, warnings))
    }

    /// A table made ready to give the inputs of any of the given rows, or of all, block by block; with the warnings of
    /// [`columns`](Self::columns) and its errors but for numbers that are not finite.
    pub(crate) fn table_inputs<'a, F: Float>(
        &'a self,
        dataset: &'a Dataset,
        rows: Option<&[u32]>,
    ) -> Result<(TableInputs<'a>, Vec<String>)> {
        let prepare = || {
            dataset.validate()?;
            let columns = matching::features(self, dataset)?;
            let found: Vec<(&Feature, &Column)> = self.features.iter().zip(columns).collect();
            let mut warnings = vec![];
            let numeric = numeric::<F>(&found, rows, dataset.n_rows, self.missing, &mut warnings)?;
            let coded = categorical(&found, rows, dataset.n_rows, self.missing, &mut warnings)?;
            Ok((TableInputs { dataset, numeric, coded }, warnings))
        };
        prepare().map_err(|error: Error| dataset.locate(error))
    }
}

/// The features of a table, found, checked and looked up: all but the conversion of rows itself.
pub(crate) struct TableInputs<'a> {
    dataset: &'a Dataset,
    numeric: Vec<Source<'a>>,
    coded: Vec<Coded<'a>>,
}

/// Where a numeric input comes from.
enum Source<'a> {
    Value {
        name: &'a str,
        numbers: Cow<'a, Numbers>,
        median: f64,
        scaler: Scaler,
    },
    /// 1 where the column misses its value.
    Indicator {
        of: usize,
    },
}

/// Where a code comes from.
struct Coded<'a> {
    text: Cow<'a, Text>,
    /// For each entry of the text its category, or [`NO_CATEGORY`].
    places: Vec<u32>,
    for_missing: u32,
}

/// A numeric input: the number, or what stands in for a missing one, in the unit of the input.
#[inline]
pub(super) fn numeric_input<F: Float>(x: f64, median: f64, scaler: Scaler) -> F {
    F::from_f64(scaler.apply(if x.is_nan() { median } else { x }))
}

/// The code of a missing category.
pub(super) fn code_of_missing(vocabulary: &[String], missing_in_training: bool) -> u32 {
    if missing_in_training { vocabulary.len() as u32 } else { NO_CATEGORY }
}

fn numeric<'a, F: Float>(
    found: &[(&'a Feature, &'a Column)],
    rows: Option<&[u32]>,
    n_rows: usize,
    missing: MissingPolicy,
    warnings: &mut Vec<String>,
) -> Result<Vec<Source<'a>>> {
    let mut values = vec![];
    let mut indicators = vec![];
    for (feature, column) in found {
        let FeatureKind::Numeric { median, scaler, missing_in_training } = feature.kind else { continue };
        let numbers = as_numbers(column).map_err(|(row, text)| not_a_number(&column.name, row, &text))?;
        if missing == MissingPolicy::Error && chosen(rows, n_rows).any(|row| numbers.get(row).is_nan()) {
            return Err(missing_value(column, chosen(rows, n_rows)));
        }
        if F::NAME == <f32 as Float>::NAME && loses_digits_in_f32(&numbers, scaler) {
            warnings.push(format!(
                "column '{}' holds whole numbers that f32 cannot tell apart; a training with --precision f64 can, up to 2^53",
                column.name
            ));
        }
        if missing_in_training {
            indicators.push(Source::Indicator { of: values.len() });
        }
        values.push(Source::Value { name: &feature.name, numbers, median, scaler });
    }
    values.append(&mut indicators);
    Ok(values)
}

const TILE_ROWS: usize = 64;
const TILE_COLUMNS: usize = 64;

impl TableInputs<'_> {
    /// Number of numeric inputs and of categorical ones.
    pub(crate) fn n_inputs(&self) -> (usize, usize) {
        (self.numeric.len(), self.coded.len())
    }

    /// The inputs of some rows.
    fn columns<F: Float>(&self, rows: &[u32]) -> Result<Columns<F>> {
        let (n_numeric, n_codes) = self.n_inputs();
        let mut values = reserve(rows.len(), n_numeric)?;
        values.resize(rows.len() * n_numeric, F::ZERO);
        let mut numeric = Matrix::from_vec(values, rows.len(), n_numeric);
        if !self.write_numeric(rows, &mut numeric.view_mut().into()) {
            return Err(self.not_finite::<F>(rows));
        }
        let mut codes = reserve(rows.len(), n_codes)?;
        for &row in rows {
            codes.extend(self.codes(row));
        }
        Ok(Columns { numeric, codes: Matrix::from_vec(codes, rows.len(), n_codes) })
    }

    /// Writes the numeric inputs of some rows in front; returns whether all of them are finite.
    pub(crate) fn write_numeric<F: Float>(&self, rows: &[u32], into: &mut PaddedMut<'_, F>) -> bool {
        let mut tile = [F::ZERO; TILE_ROWS * TILE_COLUMNS];
        let mut finite = true;
        for (block, sources) in self.numeric.chunks(TILE_COLUMNS).enumerate() {
            let start = block * TILE_COLUMNS;
            for (part, rows) in rows.chunks(TILE_ROWS).enumerate() {
                for (j, source) in sources.iter().enumerate() {
                    fill(source, &self.numeric, rows, &mut tile[j..]);
                }
                for (i, from) in tile.chunks(TILE_COLUMNS).take(rows.len()).enumerate() {
                    let from = &from[..sources.len()];
                    finite &= from.iter().fold(true, |all, x| all & x.is_finite());
                    into.row_mut(part * TILE_ROWS + i)[start..start + sources.len()].copy_from_slice(from);
                }
            }
        }
        finite
    }

    /// The categories of a row.
    pub(crate) fn codes(&self, row: u32) -> impl Iterator<Item = u32> {
        self.coded.iter().map(move |coded| match coded.text.codes[row as usize] {
            MISSING => coded.for_missing,
            code => coded.places[code as usize],
        })
    }

    /// The error for the first of the numeric inputs of some rows that is not finite, of which there is one.
    #[cold]
    pub(crate) fn not_finite<F: Float>(&self, rows: &[u32]) -> Error {
        let all = rows.iter().flat_map(|&row| self.numeric.iter().map(move |source| (row as usize, source)));
        let mut infinite = all.filter_map(|(row, source)| match source {
            Source::Value { name, numbers, median, scaler } => {
                let x = numbers.get(row);
                (!numeric_input::<F>(x, *median, *scaler).is_finite()).then_some((*name, row, x))
            }
            Source::Indicator { .. } => None,
        });
        let (name, row, found) = infinite.next().unwrap_or_default();
        self.dataset.locate(not_finite(name, row, found))
    }
}

/// Writes one source into one column of the tile.
fn fill<F: Float>(source: &Source<'_>, sources: &[Source<'_>], rows: &[u32], tile: &mut [F]) {
    match source {
        Source::Value { numbers, median, scaler, .. } => {
            let place = |x: f64| numeric_input(x, *median, *scaler);
            match numbers.as_ref() {
                Numbers::U8(values) => scatter(values, rows, tile, |x| place(f64::from(x))),
                Numbers::F32(values) => scatter(values, rows, tile, |x| place(f64::from(x))),
                Numbers::F64(values) => scatter(values, rows, tile, place),
            }
        }
        Source::Indicator { of } => {
            let Source::Value { numbers, .. } = &sources[*of] else { return };
            for (into, &row) in tile.iter_mut().step_by(TILE_COLUMNS).zip(rows) {
                *into = if numbers.get(row as usize).is_nan() { F::ONE } else { F::ZERO };
            }
        }
    }
}

fn scatter<T: Copy, F: Float>(values: &[T], rows: &[u32], tile: &mut [F], value: impl Fn(T) -> F) {
    for (into, &row) in tile.iter_mut().step_by(TILE_COLUMNS).zip(rows) {
        *into = value(values[row as usize]);
    }
}

fn categorical<'a>(
    found: &[(&'a Feature, &'a Column)],
    rows: Option<&[u32]>,
    n_rows: usize,
    missing: MissingPolicy,
    warnings: &mut Vec<String>,
) -> Result<Vec<Coded<'a>>> {
    let mut coded = vec![];
    for (feature, column) in found {
        let FeatureKind::Categorical { vocabulary, missing_in_training } = &feature.kind else { continue };
        let lookup = look_up(&column.values, vocabulary);
        if missing == MissingPolicy::Error
            && chosen(rows, n_rows).any(|row| lookup.text.codes[row] == MISSING)
        {
            return Err(missing_value(column, chosen(rows, n_rows)));
        }
        let places: Vec<u32> = lookup.places.iter().map(|place| place.unwrap_or(NO_CATEGORY)).collect();
        warnings.extend(unseen(&column.name, &lookup.text, &places, chosen(rows, n_rows)));
        let for_missing = code_of_missing(vocabulary, *missing_in_training);
        coded.push(Coded { text: lookup.text, places, for_missing });
    }
    Ok(coded)
}

/// A warning that counts and names the categories that training did not see.
fn unseen(name: &str, text: &Text, places: &[u32], rows: impl Iterator<Item = usize>) -> Option<String> {
    let mut counts = vec![0u64; places.len()];
    for row in rows {
        if let Some(count) = counts.get_mut(text.codes[row] as usize) {
            *count += 1;
        }
    }
    let unseen: Vec<(&String, u64)> = (text.vocabulary.iter().zip(counts).zip(places))
        .filter(|&((_, count), &place)| count > 0 && place == NO_CATEGORY)
        .map(|(counted, _)| counted)
        .collect();
    if unseen.is_empty() {
        return None;
    }
    let total: u64 = unseen.iter().map(|(_, count)| count).sum();
    let named: Vec<String> =
        unseen.iter().take(UNSEEN_NAMED).map(|(text, count)| format!("'{text}' ({count})")).collect();
    let more = match unseen.len().saturating_sub(UNSEEN_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "column '{name}': {total} rows hold a category that training did not see, taken for none: {}{more}",
        named.join(", ")
    ))
}

/// The cells as numbers; text that reads as finite numbers is read. Else the first other row and its text.
pub(super) fn as_numbers(column: &Column) -> Result<Cow<'_, Numbers>, (usize, String)> {
    let text = match &column.values {
        Values::Numbers(numbers) => return Ok(Cow::Borrowed(numbers)),
        Values::Text(text) => text,
    };
    let read: Vec<Option<f64>> = text.vocabulary.iter().map(|entry| parsed(entry)).collect();
    let number = |(row, &code): (usize, &u32)| match code {
        MISSING => Ok(f64::NAN),
        code => read[code as usize].ok_or_else(|| (row, text.vocabulary[code as usize].clone())),
    };
    let numbers = text.codes.iter().enumerate().map(number).collect::<Result<_, _>>()?;
    Ok(Cow::Owned(Numbers::F64(numbers)))
}

/// The rows asked for, or all.
pub(super) fn chosen(rows: Option<&[u32]>, n_rows: usize) -> impl Iterator<Item = usize> {
    let n = rows.map_or(n_rows, <[u32]>::len);
    (0..n).map(move |i| rows.map_or(i, |rows| rows[i] as usize))
}

/// Room for a matrix, or an error that says how much there was no room for.
pub(super) fn reserve<T>(rows: usize, columns: usize) -> Result<Vec<T>> {
    let mut values = vec![];
    let room = rows.checked_mul(columns).map(|n| values.try_reserve_exact(n));
    if !matches!(room, Some(Ok(()))) {
        let bytes = size_of::<T>();
        let message = format!("{rows} rows × {columns} columns of {bytes} bytes each do not fit in memory");
        return Err(Error::new(ErrorKind::Memory, message));
    }
    Ok(values)
}

pub(super) fn missing_value(column: &Column, rows: impl Iterator<Item = usize>) -> Error {
    let is_missing = |row: &usize| match &column.values {
        Values::Numbers(numbers) => numbers.get(*row).is_nan(),
        Values::Text(text) => text.codes[*row] == MISSING,
    };
    let missing: Vec<usize> = rows.filter(is_missing).collect();
    let first = missing.iter().min().copied().unwrap_or_default();
    Error::data(format!(
        "column '{}' misses {} values, the first in data row {}\na training with --missing impute fills them in",
        column.name,
        missing.len(),
        first + 1
    ))
    .in_row(first)
}

pub(super) fn not_finite(name: &str, row: usize, found: f64) -> Error {
    if found.is_infinite() {
        return Error::data(format!(
            "column '{name}', data row {}: expected a finite number, got {found}",
            row + 1
        ))
        .in_row(row);
    }
    Error::data(format!(
        "column '{name}', data row {}: {found} becomes infinite in single precision\n\
         train with --precision f64 or --standardize, or bring the column to a smaller unit",
        row + 1
    ))
    .in_row(row)
}

fn not_a_number(name: &str, row: usize, text: &str) -> Error {
    Error::data(format!(
        "column '{name}', data row {}: expected a number, as in training, got '{text}'",
        row + 1
    ))
    .in_row(row)
}
