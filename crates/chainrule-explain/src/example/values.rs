//! Numbers, lists and matrices of a file, each number with its digits and its place.

use chainrule::{Matrix, Result};
use toml::Spanned;
use toml::de::DeValue;

use super::source::{Source, Table, Value, kind_of};
use crate::claim::Printed;
use crate::digits;
use crate::names::shortened;

/// A number and its place.
pub(crate) type Number = Spanned<Printed>;

/// A number, a list or a list of lists of one length, none of them empty.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Nested<T> {
    One(T),
    List(Vec<T>),
    Rows(Vec<Vec<T>>),
}

impl<T> Nested<T> {
    /// As rows: a number is one row of one, a list is one row.
    pub(crate) fn into_rows(self) -> Vec<Vec<T>> {
        match self {
            Self::One(one) => vec![vec![one]],
            Self::List(list) => vec![list],
            Self::Rows(rows) => rows,
        }
    }

    /// The same with other entries.
    pub(crate) fn map<U>(self, mut f: impl FnMut(T) -> U) -> Nested<U> {
        match self {
            Self::One(one) => Nested::One(f(one)),
            Self::List(list) => Nested::List(list.into_iter().map(f).collect()),
            Self::Rows(rows) => {
                Nested::Rows(rows.into_iter().map(|row| row.into_iter().map(&mut f).collect()).collect())
            }
        }
    }
}

/// A number: an integer, a float, or a text such as "1/3".
pub(crate) fn number(source: Source<'_>, value: &Value<'_>) -> Result<Number> {
    let read = match value.get_ref() {
        DeValue::String(text) => digits::printed(text),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_err(|_| format!("'{}' is too large", shortened(integer.as_str())))
            .and_then(|integer| digits::printed(&integer.to_string())),
        DeValue::Float(float) => match float.as_str().parse() {
            Ok(value) => digits::stored(value),
            Err(_) => Err(format!("expected a number, got '{}'", shortened(float.as_str()))),
        },
        other => Err(format!("expected a number, got {}", kind_of(other))),
    };
    let printed = read.map_err(|message| source.refused(&value.span(), message))?;
    Ok(Spanned::new(value.span(), printed))
}

/// A list of numbers; a number alone is a list of one.
pub(crate) fn list(source: Source<'_>, value: &Value<'_>) -> Result<Vec<f64>> {
    match nested(source, value)? {
        Nested::One(one) => Ok(vec![one.get_ref().value]),
        Nested::List(list) => Ok(list.iter().map(|number| number.get_ref().value).collect()),
        Nested::Rows(_) => {
            Err(source.refused(&value.span(), "expected a list of numbers, got a list of lists"))
        }
    }
}

/// A matrix; a single row must stand in brackets of its own, so that nobody has to guess what it is.
pub(crate) fn matrix(source: Source<'_>, value: &Value<'_>) -> Result<Matrix<f64>> {
    match nested(source, value)? {
        Nested::Rows(rows) => Ok(to_matrix(&rows)),
        _ => Err(source.refused(&value.span(), "expected rows of numbers, such as [[0.1, 0.2], [0.3, 0.4]]")),
    }
}

/// The values of rows of one length.
pub(crate) fn to_matrix(rows: &[Vec<Number>]) -> Matrix<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    Matrix::from_fn(rows.len(), columns, |i, j| rows[i][j].get_ref().value)
}

/// The matrix with rows and columns exchanged.
pub(crate) fn transposed(matrix: &Matrix<f64>) -> Matrix<f64> {
    Matrix::from_fn(matrix.columns(), matrix.rows(), |i, j| matrix.row(j)[i])
}

/// A number, a list or rows.
pub(crate) fn nested(source: Source<'_>, value: &Value<'_>) -> Result<Nested<Number>> {
    let DeValue::Array(items) = value.get_ref() else { return number(source, value).map(Nested::One) };
    let Some(first) = items.iter().next() else {
        return Err(source.refused(&value.span(), "expected numbers, got an empty list"));
    };
    if !matches!(first.get_ref(), DeValue::Array(_)) {
        return items.iter().map(|item| number(source, item)).collect::<Result<_>>().map(Nested::List);
    }
    let mut rows: Vec<Vec<Number>> = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let refused = |message: String| Err(source.refused(&item.span(), message));
        let DeValue::Array(cells) = item.get_ref() else {
            return refused(format!(
                "expected a row in brackets like the first, got {}",
                kind_of(item.get_ref())
            ));
        };
        let row = cells.iter().map(|cell| number(source, cell)).collect::<Result<Vec<_>>>()?;
        let expected = rows.first().map_or(row.len(), Vec::len);
        if row.is_empty() {
            return refused("expected a row of numbers, got an empty one".into());
        }
        if row.len() != expected {
            let count = counted(expected, "number");
            return refused(format!(
                "row {} has {}, but the first has {count}",
                i + 1,
                counted(row.len(), "number")
            ));
        }
        rows.push(row);
    }
    Ok(Nested::Rows(rows))
}

/// `1 number`, `3 numbers`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

impl Table<'_> {
    /// The number of a key.
    pub(crate) fn number(&self, key: &str) -> Result<Option<f64>> {
        let read = |value| number(self.source, value).map(|number| number.get_ref().value);
        self.get(key).map(read).transpose()
    }
}
