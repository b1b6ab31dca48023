//! What a network must beat to be worth its weights: no look at the inputs at all, and a linear model.
//!
//! The majority class and the mean are one line each. The linear model of a regression is solved here, exactly and at
//! once, by the normal equations. (A linear classifier has no closed form: it is a network without hidden layers, and
//! the trainer trains it.)

use chainrule_kernels::cpu::Cpu;

use super::{total_weight, weight_of};
use crate::data::{Columns, NO_CATEGORY};
use crate::{Float, Matrix, MatrixRef};

/// Gives every row the same probabilities: the shares of the classes in the training rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassFrequencies {
    /// The share of each class.
    pub shares: Vec<f64>,
}

impl ClassFrequencies {
    /// Counts the classes of the training rows, by weight.
    ///
    /// # Panics
    /// When a class is not below `n_classes`.
    pub fn fit<F: Float>(classes: &[u32], n_classes: usize, weights: Option<&[F]>) -> Self {
        let mut shares = vec![0.0; n_classes];
        for (row, &class) in classes.iter().enumerate() {
            shares[class as usize] += weight_of(weights, row);
        }
        let total: f64 = shares.iter().sum();
        for share in &mut shares {
            *share /= total;
        }
        Self { shares }
    }

    /// The probabilities of so many rows, to be measured by [`super::classification`].
    pub fn probabilities<F: Float>(&self, n_rows: usize) -> Matrix<F> {
        Matrix::from_fn(n_rows, self.shares.len(), |_, class| F::from_f64(self.shares[class]))
    }
}

/// Predicts the mean of the training rows, for each target.
#[derive(Clone, Debug, PartialEq)]
pub struct Mean {
    /// The mean of each target.
    pub values: Vec<f64>,
}

impl Mean {
    /// The weighted means of the columns.
    pub fn fit<F: Float>(targets: MatrixRef<'_, f64>, weights: Option<&[F]>) -> Self {
        let total = total_weight(weights, targets.rows());
        let mut values = vec![0.0; targets.columns()];
        for row in 0..targets.rows() {
            let share = weight_of(weights, row) / total;
            values.iter_mut().zip(targets.row(row)).for_each(|(mean, y)| *mean += share * y);
        }
        Self { values }
    }

    /// The predictions for so many rows.
    pub fn predict(&self, n_rows: usize) -> Matrix<f64> {
        Matrix::from_fn(n_rows, self.values.len(), |_, target| self.values[target])
    }
}

/// A linear model: ŷ = ȳ + C·(x − x̄), where x holds the numeric inputs and a 0-or-1 column for each category.
#[derive(Clone, Debug, PartialEq)]
pub struct LeastSquares {
    /// K × p, one row per target.
    coefficients: Matrix<f64>,
    input_means: Vec<f64>,
    target_means: Vec<f64>,
    layout: Layout,
}

/// More inputs than this would take longer than a baseline may.
const MOST_INPUTS: usize = 1500;
/// Multiplications at most; of larger tables evenly spaced rows are used. Some seconds.
const MOST_WORK: u64 = 10_000_000_000;
/// Added to the diagonal of the correlation matrix: the columns of a one-hot code sum to 1, which leaves one direction
/// undetermined. Small enough to change predictions in the ninth digit only.
const RIDGE: f64 = 1e-9;
const BLOCK_ROWS: usize = 1024;

impl LeastSquares {
    /// Minimises Σ w ‖y − ŷ‖² over the rows; `None` for more than 1500 inputs, as it would take too long.
    ///
    /// With centred X and Y, the scales D = √diag(Xᵀ·X), and Z = X·D⁻¹: (Zᵀ·Z + 10⁻⁹ I)·B = Zᵀ·Y, C = Bᵀ·D⁻¹.
    ///
    /// # Panics
    /// When the columns, targets and weights have different numbers of rows, or none.
    pub fn fit<F: Float>(
        cpu: &Cpu,
        columns: &Columns<F>,
        cardinalities: &[u32],
        targets: MatrixRef<'_, f64>,
        weights: Option<&[F]>,
    ) -> Option<Self> {
        let layout = Layout::new(columns.numeric.columns(), cardinalities);
        let (n, p, k) = (targets.rows(), layout.n_inputs, targets.columns());
        assert!(n > 0 && columns.n_samples() == n, "{} rows of inputs, {n} of targets", columns.n_samples());
        if p > MOST_INPUTS {
            return None;
        }
        let used = (n as u64).min(MOST_WORK / ((p + k) as u64).pow(2)).max(1) as usize;
        let rows: Vec<usize> = (0..used).map(|i| i * n / used).collect();
        let weights: Vec<f64> = rows.iter().map(|&row| weight_of(weights, row)).collect();
        let mut means = vec![0.0; p + k];
        let mut dense = vec![0.0; p + k];
        for (&row, weight) in rows.iter().zip(&weights) {
            layout.write(columns, row, &mut dense[..p]);
            dense[p..].copy_from_slice(targets.row(row));
            means.iter_mut().zip(&dense).for_each(|(mean, x)| *mean += weight * x);
        }
        let total: f64 = weights.iter().sum();
        for mean in &mut means {
            *mean /= total;
        }
        let gram = gram(cpu, &layout, columns, targets, &rows, &weights, &means);
        let target_means = means.split_off(p);
        Some(Self { coefficients: solve(&gram, p, k), input_means: means, target_means, layout })
    }

    /// n × K predictions, in the unit of the targets that the model was fitted to.
    ///
    /// # Panics
    /// When the columns are not those that the model was fitted to.
    pub fn predict<F: Float>(&self, columns: &Columns<F>) -> Matrix<f64> {
        let mut dense = vec![0.0; self.layout.n_inputs];
        let mut predictions = Matrix::zeros(columns.n_samples(), self.target_means.len());
        for row in 0..columns.n_samples() {
            self.layout.write(columns, row, &mut dense);
            for (target, prediction) in predictions.row_mut(row).iter_mut().enumerate() {
                let terms = dense.iter().zip(&self.input_means).zip(self.coefficients.row(target));
                *prediction =
                    terms.fold(self.target_means[target], |sum, ((x, mean), c)| sum + c * (x - mean));
            }
        }
        predictions
    }
}

/// Where each input stands in a dense row.
#[derive(Clone, Debug, PartialEq)]
struct Layout {
    n_numeric: usize,
    /// Where the categories of each categorical column begin.
    starts: Vec<usize>,
    n_inputs: usize,
}

impl Layout {
    fn new(n_numeric: usize, cardinalities: &[u32]) -> Self {
        let mut n_inputs = n_numeric;
        let mut starts = vec![];
        for &cardinality in cardinalities {
            starts.push(n_inputs);
            n_inputs += cardinality as usize;
        }
        Self { n_numeric, starts, n_inputs }
    }

    fn write<F: Float>(&self, columns: &Columns<F>, row: usize, into: &mut [f64]) {
        let (numeric, one_hot) = into.split_at_mut(self.n_numeric);
        if self.n_numeric > 0 {
            numeric.iter_mut().zip(columns.numeric.row(row)).for_each(|(into, x)| *into = x.to_f64());
        }
        one_hot.fill(0.0);
        if self.starts.is_empty() {
            return;
        }
        for (start, &code) in self.starts.iter().zip(columns.codes.row(row)) {
            if code != NO_CATEGORY {
                one_hot[start - self.n_numeric + code as usize] = 1.0;
            }
        }
    }
}

/// [X Y]ᵀ·W·[X Y] of the centred columns, block of rows after block of rows.
fn gram<F: Float>(
    cpu: &Cpu,
    layout: &Layout,
    columns: &Columns<F>,
    targets: MatrixRef<'_, f64>,
    rows: &[usize],
    weights: &[f64],
    means: &[f64],
) -> Matrix<f64> {
    let (p, width) = (layout.n_inputs, means.len());
    let mut sum = Matrix::<f64>::zeros(width, width);
    let mut product = Matrix::<f64>::zeros(width, width);
    let mut block = Matrix::<f64>::zeros(BLOCK_ROWS, width);
    for (rows, weights) in rows.chunks(BLOCK_ROWS).zip(weights.chunks(BLOCK_ROWS)) {
        for (i, (&row, weight)) in rows.iter().zip(weights).enumerate() {
            let into = block.row_mut(i);
            layout.write(columns, row, &mut into[..p]);
            into[p..].copy_from_slice(targets.row(row));
            let root = weight.sqrt();
            into.iter_mut().zip(means).for_each(|(x, mean)| *x = root * (*x - mean));
        }
        let filled = block.view().row_range(0..rows.len());
        cpu.weight_gradient(filled, filled, product.view_mut(), None);
        sum.values_mut().iter_mut().zip(product.values()).for_each(|(sum, x)| *sum += x);
    }
    sum
}

/// The coefficients, K × p, from the gram matrix of p inputs and k targets. An input without spread gets 0.
fn solve(gram: &Matrix<f64>, p: usize, k: usize) -> Matrix<f64> {
    let scales: Vec<f64> =
        (0..p).map(|i| gram.row(i)[i].sqrt()).map(|s| if s > 0.0 { s } else { f64::INFINITY }).collect();
    // Row i of the system: the correlations of input i with all inputs, then with the targets.
    let mut system = Matrix::from_fn(p, p + k, |i, j| {
        let ridge = if i == j { RIDGE } else { 0.0 };
        let scale = if j < p { scales[i] * scales[j] } else { scales[i] };
        if i == j && scales[i].is_infinite() { 1.0 } else { gram.row(i)[j] / scale + ridge }
    });
    eliminate(&mut system, p);
    let mut coefficients = Matrix::zeros(k, p);
    for target in 0..k {
        for i in (0..p).rev() {
            let row = system.row(i);
            let known: f64 = (i + 1..p).map(|j| row[j] * coefficients.row(target)[j]).sum();
            coefficients.row_mut(target)[i] = (row[p + target] - known) / row[i];
        }
        coefficients.row_mut(target).iter_mut().zip(&scales).for_each(|(c, scale)| *c /= scale);
    }
    coefficients
}

/// Brings a symmetric positive definite system with its right sides to triangular form. Its pivots need no search
/// (this is Cholesky's factorisation without the roots); rows are only read to the right of the diagonal.
fn eliminate(system: &mut Matrix<f64>, p: usize) {
    let width = system.columns();
    for pivot in 0..p {
        let (above, below) = system.values_mut().split_at_mut((pivot + 1) * width);
        let pivot_row = &above[pivot * width..];
        for (i, row) in below.chunks_mut(width).enumerate().map(|(i, row)| (pivot + 1 + i, row)) {
            let factor = pivot_row[i] / pivot_row[pivot];
            if factor != 0.0 {
                row[i..].iter_mut().zip(&pivot_row[i..]).for_each(|(x, above)| *x -= factor * above);
            }
        }
    }
}
