//! The eigenvalues and eigenvectors of a symmetric matrix.
//!
//! **In words.** Which directions a path varies in, and whether a point where the gradient is 0 is a minimum, are both read off
//! a small symmetric matrix: its eigenvalues say how much, its eigenvectors where to.
//!
//! **Equations.** A = Σₖ λₖ·vₖ·vₖᵀ with unit vectors vₖ at right angles to each other, λ₁ ≥ λ₂ ≥ …. Jacobi's method turns
//! the plane of two axes p and q until A\[p,q\] is 0, for all pairs in turn, and again until nothing is left beside the
//! diagonal: t = sign(τ) / (|τ| + √(1 + τ²)), τ = (A\[q,q\] − A\[p,p\]) / 2A\[p,q\], cos = 1 / √(1 + t²), sin = t·cos. Each sweep
//! takes about 4·n³ multiplications, and ten sweeps are more than enough for the hundreds of rows that come here.
//!
//! **Shapes.** A is n × n; the k-th value belongs to the k-th row of the vectors.
//!
//! **Errors.** None. Of A only what is on and above the diagonal is read. An entry that is not finite makes all values NaN.
//!
//! **Example.**
//!
//! ```
//! use chainrule::Matrix;
//! use chainrule::analysis::symmetric_eigen;
//!
//! let eigen = symmetric_eigen(&Matrix::from_vec(vec![2.0, 1.0, 1.0, 2.0], 2, 2));
//! assert!((eigen.values[0] - 3.0).abs() < 1e-15 && (eigen.values[1] - 1.0).abs() < 1e-15);
//! assert!((eigen.vectors.row(0)[0] - eigen.vectors.row(0)[1]).abs() < 1e-15); // along the diagonal
//! ```
//!
//! **Source.** C. G. J. Jacobi, 1846; the choice of the smaller angle: G. H. Golub and C. F. Van Loan, "Matrix Computations",
//! section 8.5.

use crate::Matrix;

/// More than any matrix has needed; the last ones find nothing to do.
const SWEEPS: usize = 60;

/// What a symmetric matrix does, axis by axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigen {
    /// The largest first.
    pub values: Vec<f64>,
    /// Row k is the unit vector of value k.
    pub vectors: Matrix<f64>,
}

/// The eigenvalues and eigenvectors of a symmetric matrix.
///
/// # Panics
/// When it is not square.
pub fn symmetric_eigen(matrix: &Matrix<f64>) -> Eigen {
    let n = matrix.rows();
    assert_eq!(n, matrix.columns(), "a symmetric matrix is square");
    let mut a = Matrix::from_fn(n, n, |i, j| matrix.row(i.min(j))[i.max(j)]);
    let mut vectors = Matrix::from_fn(n, n, |i, j| f64::from(u8::from(i == j)));
    if !a.values().iter().all(|value| value.is_finite()) {
        return Eigen { values: vec![f64::NAN; n], vectors };
    }
    let whole = sum_of_squares(&a, |_, _| true);
    for _ in 0..SWEEPS {
        // Below this, the values do not change any more in f64.
        if sum_of_squares(&a, |i, j| i != j) <= whole * 1e-34 {
            break;
        }
        for (p, q) in (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q))) {
            rotate(&mut a, &mut vectors, p, q);
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a.row(j)[j].total_cmp(&a.row(i)[i]));
    Eigen {
        values: order.iter().map(|&k| a.row(k)[k]).collect(),
        vectors: Matrix::from_fn(n, n, |k, i| vectors.row(order[k])[i]),
    }
}

fn sum_of_squares(a: &Matrix<f64>, counts: impl Fn(usize, usize) -> bool) -> f64 {
    let entries = (0..a.rows()).flat_map(|i| (0..a.columns()).map(move |j| (i, j)));
    entries.filter(|&(i, j)| counts(i, j)).map(|(i, j)| a.row(i)[j] * a.row(i)[j]).sum()
}

/// Turns axes p and q until the entry that they share is 0.
fn rotate(a: &mut Matrix<f64>, vectors: &mut Matrix<f64>, p: usize, q: usize) {
    let shared = a.row(p)[q];
    if shared == 0.0 {
        return;
    }
    let tau = (a.row(q)[q] - a.row(p)[p]) / (2.0 * shared);
    let t = tau.signum() / (tau.abs() + tau.hypot(1.0));
    let cos = 1.0 / t.hypot(1.0);
    let sin = t * cos;
    turn_rows(a, p, q, [cos, sin]);
    for i in 0..a.rows() {
        let row = a.row_mut(i);
        (row[p], row[q]) = (cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]);
    }
    // Exactly what they are meant to be, so that no rounding is turned back in.
    a.row_mut(p)[q] = 0.0;
    a.row_mut(q)[p] = 0.0;
    turn_rows(vectors, p, q, [cos, sin]);
}

fn turn_rows(matrix: &mut Matrix<f64>, p: usize, q: usize, [cos, sin]: [f64; 2]) {
    for j in 0..matrix.columns() {
        let (x, y) = (matrix.row(p)[j], matrix.row(q)[j]);
        matrix.row_mut(p)[j] = cos * x - sin * y;
        matrix.row_mut(q)[j] = sin * x + cos * y;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Purpose, Rng};

    /// Entries of about 1: what is left of rounding after some hundred turns.
    const TOLERANCE: f64 = 1e-12;

    fn random_symmetric(n: usize, seed: u64) -> Matrix<f64> {
        let mut rng = Rng::new(seed, Purpose::Synthetic, 0);
        let half = Matrix::from_fn(n, n, |_, _| rng.normal());
        Matrix::from_fn(n, n, |i, j| f64::midpoint(half.row(i)[j], half.row(j)[i]))
    }

    #[test]
    fn the_values_and_vectors_make_up_the_matrix_again() {
        for n in [0, 1, 2, 3, 8, 31] {
            let matrix = random_symmetric(n, n as u64);
            let Eigen { values, vectors } = symmetric_eigen(&matrix);
            assert!(values.windows(2).all(|pair| pair[0] >= pair[1]), "{values:?}");
            for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
                let again: f64 = (0..n).map(|k| values[k] * vectors.row(k)[i] * vectors.row(k)[j]).sum();
                assert!((again - matrix.row(i)[j]).abs() < TOLERANCE, "{n}: {i}, {j}");
                let product: f64 = (0..n).map(|k| vectors.row(i)[k] * vectors.row(j)[k]).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < TOLERANCE, "{n}: {i}, {j}");
            }
        }
    }

    #[test]
    fn two_by_two_has_the_roots_of_its_characteristic_polynomial() {
        for (a, b, c) in
            [(2.0, 1.0, 2.0), (1.0, -3.0, -4.0), (0.0, 1.0, 0.0), (5.0, 0.0, 7.0), (1e-9, 1.0, 1e9)]
        {
            let found = symmetric_eigen(&Matrix::from_vec(vec![a, b, b, c], 2, 2)).values;
            let (middle, half): (f64, f64) = (f64::midpoint(a, c), f64::hypot((a - c) / 2.0, b));
            let scale = middle.abs() + half;
            assert!((found[0] - (middle + half)).abs() < TOLERANCE * scale, "{found:?}");
            assert!((found[1] - (middle - half)).abs() < TOLERANCE * scale, "{found:?}");
        }
    }

    #[test]
    fn what_is_not_finite_is_nan_and_equal_values_are_found_as_often_as_they_are_there() {
        let nan = symmetric_eigen(&Matrix::from_vec(vec![1.0, f64::NAN, f64::NAN, 1.0], 2, 2));
        assert!(nan.values.iter().all(|value| value.is_nan()));
        let ones = Matrix::from_fn(4, 4, |_, _| 1.0);
        let values = symmetric_eigen(&ones).values;
        assert!((values[0] - 4.0).abs() < TOLERANCE && values[1..].iter().all(|v| v.abs() < TOLERANCE));
        assert_eq!(symmetric_eigen(&Matrix::zeros(3, 3)).values, [0.0; 3]);
    }
}
