//! The forward pass: Z(ℓ) = A(ℓ−1)·W(ℓ)ᵀ + 1·b(ℓ)ᵀ, A(ℓ) = σ(Z(ℓ)).
//!
//! A(0) is what the one-hot stage makes of the columns. Every Z and A is kept, because the backward pass needs them.

use super::stage::{one_hot, one_hot_codes};
use super::{Dense, DropoutKey, Network, Stage};
use crate::data::{Columns, Inputs};
use crate::{Activation, Float, Matrix};
use chainrule_kernels::PaddedMut;
use chainrule_kernels::cpu::Cpu;
use chainrule_kernels::cpu::program::{AffineMap, Program, Which};

/// What a network computed from a batch, layer by layer. Rows are samples.
///
/// It can be used again for any batch of at most as many rows without allocating.
#[derive(Clone, Debug, PartialEq)]
pub struct ForwardPass<F> {
    /// A(0): the inputs of the first dense layer.
    pub input: Matrix<F>,
    /// Z and A of each dense layer.
    pub layers: Vec<LayerPass<F>>,
}

/// What one dense layer computed.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerPass<F> {
    /// Z.
    pub preactivations: Matrix<F>,
    /// A = σ(Z), before dropout.
    pub activations: Matrix<F>,
    /// A after dropout; none in layers that have none.
    pub dropped: Option<Matrix<F>>,
}

impl<F: Float> LayerPass<F> {
    /// What the next layer reads: A, after dropout where the layer has it.
    pub fn outputs(&self) -> &Matrix<F> {
        self.dropped.as_ref().unwrap_or(&self.activations)
    }
}

impl<F: Float> ForwardPass<F> {
    /// Room for batches of up to `rows` rows through `network`.
    pub fn new(network: &Network<F>, rows: usize) -> Self {
        let layer = |dense: &Dense| LayerPass {
            preactivations: Matrix::zeros(rows, dense.n_outputs),
            activations: Matrix::zeros(rows, dense.n_outputs),
            dropped: (dense.dropout > 0.0).then(|| Matrix::zeros(rows, dense.n_outputs)),
        };
        Self { input: Matrix::zeros(rows, network.n_inputs()), layers: network.layers().map(layer).collect() }
    }

    /// The network's result, rows × outputs: A of the last layer.
    ///
    /// # Panics
    /// For a network without layers, which [`Network::new`] never makes.
    pub fn output(&self) -> &Matrix<F> {
        &self.last().activations
    }

    /// Z and A of the output layer.
    ///
    /// # Panics
    /// For a network without layers, which [`Network::new`] never makes.
    pub fn last(&self) -> &LayerPass<F> {
        self.layers.last().expect("a network has an output layer")
    }

    /// A(ℓ−1): what dense layer `l` read.
    pub fn inputs_of(&self, l: usize) -> &Matrix<F> {
        if l == 0 { &self.input } else { self.layers[l - 1].outputs() }
    }

    /// Sets the number of rows; allocates only beyond the largest so far.
    fn set_rows(&mut self, rows: usize) {
        self.input.set_rows(rows);
        for layer in &mut self.layers {
            layer.preactivations.set_rows(rows);
            layer.activations.set_rows(rows);
            if let Some(dropped) = &mut layer.dropped {
                dropped.set_rows(rows);
            }
        }
    }
}

impl<F: Float> Network<F> {
    /// The forward pass of prediction, over all rows: no dropout.
    ///
    /// # Panics
    /// When the columns are not those of the network.
    pub fn forward(&self, cpu: &Cpu, columns: &Columns<F>) -> ForwardPass<F> {
        let rows: Vec<u32> = (0..columns.n_samples() as u32).collect();
        let mut pass = ForwardPass::new(self, rows.len());
        self.forward_rows(cpu, columns, &rows, None, &mut pass);
        pass
    }

    /// Writes a row as the first dense layer reads it.
    ///
    /// # Panics
    /// When the columns are not those of the network.
    pub(crate) fn write_inputs(&self, columns: &Columns<F>, row: usize, into: &mut [F]) {
        self.assert_takes((columns.numeric.columns(), columns.codes.columns()));
        if let Some(Stage::OneHot { cardinalities, .. }) = self.stages.first() {
            one_hot(columns, cardinalities, row, into);
        }
    }

    /// Writes the categories of a row, one-hot, behind the numbers, which are there.
    pub(crate) fn write_codes(&self, codes: impl Iterator<Item = u32>, row: &mut [F]) {
        if let Some(Stage::OneHot { n_numeric, cardinalities }) = self.stages.first() {
            one_hot_codes(codes, cardinalities, &mut row[*n_numeric..]);
        }
    }

    /// Refuses columns that are not those of the network.
    ///
    /// # Panics
    /// When there are not so many numeric and categorical columns.
    pub(crate) fn assert_takes(&self, columns_in: (usize, usize)) {
        if let Some(Stage::OneHot { n_numeric, cardinalities }) = self.stages.first() {
            assert_eq!(columns_in, (*n_numeric, cardinalities.len()), "numeric and categorical columns");
        }
    }

    /// Writes rows as the first dense layer reads them.
    ///
    /// # Panics
    /// When the inputs are not those of the network.
    pub(crate) fn write_rows(&self, inputs: Inputs<'_, F>, rows: &[u32], mut into: PaddedMut<'_, F>) {
        let mut each = |write: &dyn Fn(usize, &mut [F])| {
            for (i, &row) in rows.iter().enumerate() {
                write(row as usize, into.row_mut(i));
            }
        };
        match inputs {
            Inputs::Columns(columns)
                if columns.codes.columns() == 0 && columns.numeric.columns() == self.n_inputs() =>
            {
                each(&|row, into| into.copy_from_slice(columns.numeric.row(row)));
            }
            Inputs::Columns(columns) => each(&|row, into| self.write_inputs(columns, row, into)),
            Inputs::Dense(matrix) => each(&|row, into| into.copy_from_slice(matrix.row(row))),
            Inputs::Sparse(sparse) => each(&|row, into| sparse.write_row(row, into)),
        }
    }

    /// The outputs for a few rows, rows × outputs, from the weights as they lie: what [`forward`](Self::forward) gives.
    ///
    /// Making weights ready costs more than multiplying them by a few rows. So their places are exchanged: the product is
    /// Zᵀ = W·Xᵀ, and the rows are what is made ready. Each sum has the same terms in the same order.
    ///
    /// # Panics
    /// When the columns are not those of the network.
    pub(crate) fn outputs_of_few(&self, cpu: &Cpu, columns: &Columns<F>) -> Matrix<F> {
        let n = columns.n_samples();
        let rows: Vec<u32> = (0..n as u32).collect();
        let mut a = Matrix::zeros(n, self.n_inputs());
        self.write_rows(columns.into(), &rows, a.view_mut().into());
        for dense in self.layers() {
            let weight = self.parameters.matrix(dense.weight);
            let (mut sums, mut same) = (Matrix::zeros(dense.n_outputs, n), Matrix::zeros(dense.n_outputs, n));
            cpu.affine(Activation::Identity, weight, a.view(), None, sums.view_mut(), same.view_mut());
            let bias = dense.bias.map(|bias| self.parameters.tensor(bias));
            let z = Matrix::from_fn(n, dense.n_outputs, |i, k| match bias {
                Some(bias) => sums.row(k)[i] + bias[k],
                None => sums.row(k)[i],
            });
            a = Matrix::zeros(n, dense.n_outputs);
            cpu.activate(dense.activation, z.view(), a.view_mut());
        }
        a
    }

    /// The dense layers as the kernels' programs take them.
    pub(crate) fn affine_maps(&self) -> Vec<AffineMap> {
        let map = |dense: &Dense| AffineMap {
            n_outputs: dense.n_outputs,
            bias: dense.bias.is_some(),
            activation: dense.activation,
            dropout: dense.dropout,
        };
        self.layers().map(map).collect()
    }

    /// Hands the parameters to a program for these layers.
    pub(crate) fn load_into(&self, program: &mut Program<F>) {
        for (l, dense) in self.layers().enumerate() {
            let bias = dense.bias.map(|bias| self.parameters.tensor(bias));
            program.load(Which::Parameters, l, self.parameters.matrix(dense.weight), bias);
        }
    }

    /// The forward pass over the given rows, into memory that is there already.
    ///
    /// `dropout` is the key of a training step's masks; without it nothing is dropped.
    ///
    /// # Panics
    /// When the inputs are not those of the network.
    pub fn forward_rows<'a>(
        &self,
        cpu: &Cpu,
        inputs: impl Into<Inputs<'a, F>>,
        rows: &[u32],
        dropout: Option<DropoutKey>,
        pass: &mut ForwardPass<F>,
    ) {
        pass.set_rows(rows.len());
        self.write_rows(inputs.into(), rows, pass.input.view_mut().into());
        for (l, dense) in self.layers().enumerate() {
            let (before, rest) = pass.layers.split_at_mut(l);
            let input = before.last().map_or(&pass.input, LayerPass::outputs);
            let LayerPass { preactivations, activations, dropped } = &mut rest[0];
            let weight = self.parameters.matrix(dense.weight);
            let bias = dense.bias.map(|bias| self.parameters.tensor(bias));
            let (z, a) = (preactivations.view_mut(), activations.view_mut());
            cpu.affine(dense.activation, input.view(), weight, bias, z, a);
            if let Some(dropped) = dropped {
                dropped.values_mut().copy_from_slice(activations.values());
                if let Some(key) = dropout {
                    cpu.dropout(key.of_layer(l), dense.dropout, dropped.view_mut());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{LayerConfig, NetworkConfig};

    fn numeric(values: Vec<f64>, rows: usize, columns: usize) -> Columns<f64> {
        Columns { numeric: Matrix::from_vec(values, rows, columns), codes: Matrix::zeros(rows, 0) }
    }

    #[test]
    fn layers_follow_their_formula() {
        let layers = vec![LayerConfig::new(2, Activation::Relu), LayerConfig::new(1, Activation::Identity)];
        let mut network = Network::<f64>::new(&NetworkConfig::new(2, layers), 0).unwrap();
        network.parameters.values = vec![1.0, 2.0, -1.0, 1.0, 0.5, 0.0, 3.0, -2.0, 0.25];
        let pass = network.forward(&Cpu::new(1), &numeric(vec![1.0, 1.0, 2.0, -1.0], 2, 2));
        // Z(1) = [1 + 2 + 0.5, −1 + 1], [2 − 2 + 0.5, −2 − 1]; Z(2) = 3·3.5 + 0.25, 3·0.5 + 0.25.
        assert_eq!(pass.layers[0].preactivations.values(), [3.5, 0.0, 0.5, -3.0]);
        assert_eq!(pass.layers[0].activations.values(), [3.5, 0.0, 0.5, 0.0]);
        assert_eq!(pass.output().values(), [10.75, 1.75]);
    }

    #[test]
    fn few_rows_have_the_bits_of_many() {
        fn check<F: Float>(last: Activation) {
            let layers = [(33, Activation::Gelu, true), (70, Activation::Relu, false), (5, last, true)];
            let layer = |(n, activation, bias)| LayerConfig { bias, ..LayerConfig::new(n, activation) };
            let config = NetworkConfig {
                n_numeric: 37,
                cardinalities: vec![3, 2],
                layers: layers.into_iter().map(layer).collect(),
            };
            let network = Network::<F>::new(&config, 7).unwrap();
            let mut rng = crate::Rng::new(1, crate::Purpose::Synthetic, 0);
            for n in [1, 2, 16, 17, 64] {
                let numeric = Matrix::from_fn(n, 37, |_, _| F::from_f64(rng.uniform(-2.0, 2.0)));
                let columns = Columns { numeric, codes: Matrix::from_fn(n, 2, |_, _| rng.below(2) as u32) };
                let expected = network.forward(&Cpu::new(1), &columns);
                for threads in [1, 2] {
                    assert_eq!(&network.outputs_of_few(&Cpu::new(threads), &columns), expected.output());
                }
            }
        }
        for last in [Activation::Softmax, Activation::Identity, Activation::Sigmoid] {
            check::<f32>(last);
            check::<f64>(last);
        }
    }

    #[test]
    fn dropout_keeps_the_mean_and_is_off_without_a_key() {
        let mut hidden = LayerConfig::new(2000, Activation::Sigmoid);
        hidden.dropout = 0.25;
        let config = NetworkConfig::new(3, vec![hidden, LayerConfig::new(1, Activation::Identity)]);
        let network = Network::<f64>::new(&config, 0).unwrap();
        let columns = numeric(vec![0.1, 0.2, 0.3], 1, 3);
        let mut pass = ForwardPass::new(&network, 1);
        network.forward_rows(&Cpu::new(1), &columns, &[0], Some(DropoutKey { seed: 1, step: 0 }), &mut pass);
        let layer = &pass.layers[0];
        let zeros = layer.outputs().values().iter().filter(|&&a| a == 0.0).count();
        assert!((400..600).contains(&zeros), "{zeros} of 2000 dropped");
        for (&a, &d) in layer.activations.values().iter().zip(layer.outputs().values()) {
            assert!(d == 0.0 || (d - a / 0.75).abs() < 1e-15);
        }
        network.forward_rows(&Cpu::new(1), &columns, &[0], None, &mut pass);
        assert_eq!(pass.layers[0].outputs(), &pass.layers[0].activations);
    }
}
