//! Prediction with weights that somebody else owns, and keeps as n_in × n_out.
//!
//! scikit-learn's estimators have their weights that way, and users replace them. Nothing is packed or kept: a single row costs about
//! as much as reading the weights once. The bits are those of [`Network::forward`](super::Network::forward): each sum has the same
//! order.

use crate::data::Inputs;
use crate::{Activation, Float, Matrix, MatrixMut, MatrixRef};
use chainrule_kernels::cpu::Cpu;

/// A dense layer in somebody else's memory.
#[derive(Clone, Copy, Debug)]
pub struct BorrowedLayer<'a, F> {
    /// Wᵀ: `n_in` × `n_out`.
    pub weight: MatrixRef<'a, F>,
    /// b: `n_out`.
    pub bias: &'a [F],
    /// σ.
    pub activation: Activation,
}

/// Rows at a time: enough for the products to run at full speed, few enough to stay in a cache.
const CHUNK: usize = 512;

/// The outputs of a chain of layers for all rows of `inputs`, into rows × outputs.
///
/// ```
/// use chainrule::data::Inputs;
/// use chainrule::network::{BorrowedLayer, predict_borrowed};
/// use chainrule::{Activation, Cpu, MatrixMut, MatrixRef};
///
/// let layer = BorrowedLayer {
///     weight: MatrixRef::new(&[2.0, -1.0], 2, 1),
///     bias: &[0.5],
///     activation: Activation::Identity,
/// };
/// let (x, mut y) = ([1.0, 3.0], [0.0]);
/// let inputs = Inputs::Dense(MatrixRef::new(&x, 1, 2));
/// predict_borrowed(&Cpu::new(1), &[layer], inputs, MatrixMut::new(&mut y, 1, 1));
/// assert_eq!(y, [2.0 - 3.0 + 0.5]);
/// ```
///
/// # Panics
/// When there is no layer, the shapes do not fit each other, or the inputs have categories.
pub fn predict_borrowed<F: Float>(
    cpu: &Cpu,
    layers: &[BorrowedLayer<'_, F>],
    inputs: Inputs<'_, F>,
    into: MatrixMut<'_, F>,
) {
    let (n_samples, n_outputs) = (inputs.n_samples(), into.columns());
    assert!(!layers.is_empty() && into.rows() == n_samples, "a chain of layers, and one row per sample");
    let into = into.into_values();
    let rows = CHUNK.min(n_samples);
    let matrices = || layers.iter().map(|layer| Matrix::zeros(rows, layer.bias.len())).collect::<Vec<_>>();
    let (mut z, mut a) = (matrices(), matrices());
    let mut dense =
        Matrix::zeros(if matches!(inputs, Inputs::Sparse(_)) { rows } else { 0 }, layers[0].weight.rows());
    for start in (0..n_samples).step_by(CHUNK) {
        let chunk = start..n_samples.min(start + CHUNK);
        let first = match inputs {
            Inputs::Dense(matrix) => matrix.row_range(chunk.clone()),
            Inputs::Columns(columns) => {
                assert!(columns.codes.columns() == 0, "inputs without categories");
                columns.numeric.view().row_range(chunk.clone())
            }
            Inputs::Sparse(sparse) => {
                for (i, row) in chunk.clone().enumerate() {
                    sparse.write_row(row, dense.row_mut(i));
                }
                dense.view().row_range(0..chunk.len())
            }
        };
        for (l, layer) in layers.iter().enumerate() {
            let (before, rest) = a.split_at_mut(l);
            let x = before.last().map_or(first, |a: &Matrix<F>| a.view());
            z[l].set_rows(chunk.len());
            rest[0].set_rows(chunk.len());
            let (z, a) = (z[l].view_mut(), rest[0].view_mut());
            cpu.affine_nn(layer.activation, x, layer.weight, Some(layer.bias), z, a);
        }
        let last = &a[layers.len() - 1];
        into[chunk.start * n_outputs..chunk.end * n_outputs].copy_from_slice(last.values());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Columns, Places, SparseRows};
    use crate::network::{LayerConfig, Network, NetworkConfig};

    #[test]
    fn predictions_have_the_bits_of_the_network_for_any_number_of_rows() {
        let layers = vec![
            LayerConfig::new(37, Activation::Relu),
            LayerConfig::new(9, Activation::Tanh),
            LayerConfig::new(3, Activation::Softmax),
        ];
        let network = Network::<f64>::new(&NetworkConfig::new(11, layers), 3).unwrap();
        let turned: Vec<Matrix<f64>> = network
            .layers()
            .map(|dense| {
                let w = network.parameters.matrix(dense.weight);
                Matrix::from_fn(w.columns(), w.rows(), |i, j| w.row(j)[i])
            })
            .collect();
        let borrowed: Vec<_> = (network.layers().zip(&turned))
            .map(|(dense, weight)| BorrowedLayer {
                weight: weight.view(),
                bias: network.parameters.tensor(dense.bias.unwrap()),
                activation: dense.activation,
            })
            .collect();
        for rows in [1, 2, 5, 7, 600] {
            let numeric = Matrix::from_fn(rows, 11, |i, j| ((i * 7 + j * 3) % 5) as f64 - 1.5);
            let starts: Vec<i64> = (0..=rows as u32).map(|i| i64::from(i) * 11).collect();
            let places: Vec<i32> = (0..rows).flat_map(|_| 0..11).collect();
            let columns = Columns { numeric, codes: Matrix::zeros(rows, 0) };
            let expected = network.forward(&Cpu::new(2), &columns);
            let values = columns.numeric.values();
            let sparse = SparseRows::new(Places::Wide(&starts), Places::Narrow(&places), values, 11);
            let dense = Inputs::Dense(columns.numeric.view());
            for inputs in [dense, Inputs::Columns(&columns), Inputs::Sparse(sparse.unwrap())] {
                let mut found = Matrix::zeros(rows, 3);
                predict_borrowed(&Cpu::new(2), &borrowed, inputs, found.view_mut());
                assert_eq!(found.values(), expected.output().values(), "{rows} rows");
            }
        }
    }
}
