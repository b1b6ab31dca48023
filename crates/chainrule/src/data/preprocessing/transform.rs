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
        let convert = || {
            dataset.validate()?;
            let columns = matching::features(self, dataset)?;
            let found: Vec<(&Feature, &Column)> = self.features.iter().zip(columns).collect();
            let mut warnings = vec![];
            let numeric = numeric(&found, rows, dataset.n_rows, self.missing, &mut warnings)?;
            let codes = categorical(&found, rows, dataset.n_rows, self.missing, &mut warnings)?;
            Ok((Columns { numeric, codes }, warnings))
        };
        convert().map_err(|error: Error| dataset.locate(error))
    }
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

fn numeric<F: Float>(
    found: &[(&Feature, &Column)],
    rows: Option<&[u32]>,
    n_rows: usize,
    missing: MissingPolicy,
    warnings: &mut Vec<String>,
) -> Result<Matrix<F>> {
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
    let matrix = interleaved(&values, rows, n_rows)?;
    refuse_not_finite(&values, rows, &matrix)?;
    Ok(matrix)
}

const TILE_ROWS: usize = 64;
const TILE_COLUMNS: usize = 64;

/// One row per chosen row, one column per source.
fn interleaved<F: Float>(sources: &[Source<'_>], rows: Option<&[u32]>, n_rows: usize) -> Result<Matrix<F>> {
    let n = rows.map_or(n_rows, <[u32]>::len);
    let mut values = reserve(n, sources.len())?;
    values.resize(n * sources.len(), F::ZERO);
    let mut tile = [F::ZERO; TILE_ROWS * TILE_COLUMNS];
    let rows = rows.map_or_else(|| Cow::Owned((0..n_rows as u32).collect()), Cow::Borrowed);
    for (block, columns) in sources.chunks(TILE_COLUMNS).enumerate() {
        for (rows, into) in rows.chunks(TILE_ROWS).zip(values.chunks_mut(TILE_ROWS * sources.len())) {
            for (j, source) in columns.iter().enumerate() {
                fill(source, sources, rows, &mut tile[j..]);
            }
            let start = block * TILE_COLUMNS;
            for (into, from) in into.chunks_mut(sources.len()).zip(tile.chunks(TILE_COLUMNS)) {
                into[start..start + columns.len()].copy_from_slice(&from[..columns.len()]);
            }
        }
    }
    Ok(Matrix::from_vec(values, n, sources.len()))
}

/// Writes one source into one column of the tile.
fn fill<F: Float>(source: &Source<'_>, sources: &[Source<'_>], rows: &[u32], tile: &mut [F]) {
    match source {
        Source::Value { numbers, median, scaler, .. } => {
            let place = |x: f64| F::from_f64(scaler.apply(if x.is_nan() { *median } else { x }));
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

fn refuse_not_finite<F: Float>(
    sources: &[Source<'_>],
    rows: Option<&[u32]>,
    matrix: &Matrix<F>,
) -> Result<()> {
    let Some(at) = matrix.values().iter().position(|x| !x.is_finite()) else { return Ok(()) };
    let (i, j) = (at / matrix.columns(), at % matrix.columns());
    let row = rows.map_or(i, |rows| rows[i] as usize);
    let Source::Value { name, numbers, .. } = &sources[j] else { return Ok(()) };
    Err(not_finite(name, row, numbers.get(row)))
}

fn categorical(
    found: &[(&Feature, &Column)],
    rows: Option<&[u32]>,
    n_rows: usize,
    missing: MissingPolicy,
    warnings: &mut Vec<String>,
) -> Result<Matrix<u32>> {
    let mut coded: Vec<(Cow<'_, Text>, Vec<u32>, u32)> = vec![];
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
        let for_missing = if *missing_in_training { vocabulary.len() as u32 } else { NO_CATEGORY };
        coded.push((lookup.text, places, for_missing));
    }
    let n = rows.map_or(n_rows, <[u32]>::len);
    let mut codes = reserve(n, coded.len())?;
    for row in chosen(rows, n_rows) {
        codes.extend(coded.iter().map(|(text, places, for_missing)| match text.codes[row] {
            MISSING => *for_missing,
            code => places[code as usize],
        }));
    }
    Ok(Matrix::from_vec(codes, n, coded.len()))
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
