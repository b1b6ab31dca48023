//! The kinds of stages that a network is made of.

use super::Dense;
use crate::Float;
use crate::data::{Columns, NO_CATEGORY};

/// One stage of a network.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Stage {
    /// Numbers pass through; each categorical column becomes one column of 0 and 1 per category.
    OneHot {
        /// Number of numeric columns.
        n_numeric: usize,
        /// Number of categories of each categorical column.
        cardinalities: Vec<u32>,
    },
    /// A dense layer.
    Dense(Dense),
}

impl Stage {
    /// Number of columns that come out.
    pub fn n_outputs(&self) -> usize {
        match self {
            Self::OneHot { n_numeric, cardinalities } => {
                n_numeric + cardinalities.iter().map(|&n| n as usize).sum::<usize>()
            }
            Self::Dense(dense) => dense.n_outputs,
        }
    }
}

/// Writes row `from`, one-hot, into `row`.
///
/// A code without a category ([`NO_CATEGORY`]) leaves its columns 0.
pub(super) fn one_hot<F: Float>(columns: &Columns<F>, cardinalities: &[u32], from: usize, row: &mut [F]) {
    let (numeric, categories) = row.split_at_mut(columns.numeric.columns());
    if !numeric.is_empty() {
        numeric.copy_from_slice(columns.numeric.row(from));
    }
    one_hot_codes(columns.codes.row(from).iter().copied(), cardinalities, categories);
}

/// Writes the categories of a row, one-hot.
pub(super) fn one_hot_codes<F: Float>(
    codes: impl Iterator<Item = u32>,
    cardinalities: &[u32],
    mut categories: &mut [F],
) {
    categories.fill(F::ZERO);
    for (code, &n) in codes.zip(cardinalities) {
        let (category, rest) = categories.split_at_mut(n as usize);
        if code != NO_CATEGORY {
            category[code as usize] = F::ONE;
        }
        categories = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Matrix;

    #[test]
    fn numbers_pass_and_codes_become_zeros_and_a_one() {
        let columns = Columns {
            numeric: Matrix::from_vec(vec![0.5, 1.5], 2, 1),
            codes: Matrix::from_vec(vec![1, 0, NO_CATEGORY, 2], 2, 2),
        };
        let mut into = Matrix::from_fn(2, 6, |_, _| f64::NAN);
        for (to, from) in [1, 0].into_iter().enumerate() {
            one_hot(&columns, &[2, 3], from, into.row_mut(to));
        }
        assert_eq!(into.row(0), [1.5, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(into.row(1), [0.5, 0.0, 1.0, 1.0, 0.0, 0.0]);
    }
}
