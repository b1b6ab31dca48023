//! What is given: one step of gradient descent before anything is computed.
//!
//! Everything is f64 and stands in matrices of the kind that people write down: a batch's rows are samples, weights
//! are n_out × n_in. Targets are numbers by then: a class is a row of 0 and 1, label smoothing is done.

use chainrule::data::{Batch, Columns, Samples, Targets};
use chainrule::loss::{Loss, Objective};
use chainrule::network::{LayerConfig, Network, NetworkConfig};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::{Activation, Error, Matrix, Result};

/// A network, a batch and an optimizer: what one step is computed from. N rows, L layers, n₀ inputs, K outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The inputs, N × n₀.
    pub x: Matrix<f64>,
    /// What should come out, N × K.
    pub y: Matrix<f64>,
    /// The weight of each row, at least 0 and not all 0; none: every row counts the same.
    pub sample_weights: Option<Vec<f64>>,
    /// The layers, the output layer last.
    pub layers: Vec<Layer>,
    /// The loss, which says its divisor.
    pub loss: Loss,
    /// The optimizer; every rule but L-BFGS.
    pub optimizer: OptimizerConfig,
    /// What the optimizer remembers of the steps before.
    pub state: State,
}

/// One dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// σ.
    pub activation: Activation,
    /// W, n_out × n_in, and b, n_out, where the layer has one.
    pub values: LayerValues,
}

/// Numbers in the shapes of a layer's parameters: the parameters, their gradient, an optimizer's memory of them.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerValues {
    /// n_out × n_in.
    pub weights: Matrix<f64>,
    /// n_out; none where the layer has no bias.
    pub bias: Option<Vec<f64>>,
}

/// An optimizer's memory before the step, one entry per layer in each buffer that its rule has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Steps done before this one.
    pub steps: u64,
    /// The velocity (momentum, nesterov), the mean square (rmsprop) or the mean (adam, adamw); empty for sgd.
    pub first: Vec<LayerValues>,
    /// The mean square of adam and adamw; empty for the others.
    pub second: Vec<LayerValues>,
}

impl LayerValues {
    /// Zeros of the same shapes.
    #[must_use]
    pub fn zeros_like(&self) -> Self {
        Self {
            weights: Matrix::zeros(self.weights.rows(), self.weights.columns()),
            bias: self.bias.as_ref().map(|bias| vec![0.0; bias.len()]),
        }
    }

    /// Entry by entry from the entries of these and of others of the same shapes.
    #[must_use]
    pub fn zip_map(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let pairs = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect::<Vec<_>>();
        let (rows, columns) = (self.weights.rows(), self.weights.columns());
        Self {
            weights: Matrix::from_vec(pairs(self.weights.values(), other.weights.values()), rows, columns),
            bias: self.bias.as_ref().zip(other.bias.as_ref()).map(|(a, b)| pairs(a, b)),
        }
    }

    /// All numbers: the weights row after row, then the bias.
    pub fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        self.weights.values().iter().chain(self.bias.iter().flatten()).copied()
    }
}

impl Layer {
    /// Number of units.
    pub fn n_outputs(&self) -> usize {
        self.values.weights.rows()
    }

    /// Number of inputs of each unit.
    pub fn n_inputs(&self) -> usize {
        self.values.weights.columns()
    }
}

impl Step {
    /// Number of rows, N.
    pub fn n_rows(&self) -> usize {
        self.x.rows()
    }

    /// Number of outputs, K.
    pub fn n_outputs(&self) -> usize {
        self.y.columns()
    }

    /// Checks that all shapes fit each other, that output and loss are a permitted pair, and every number's range; where
    /// the state is empty, it becomes the state before the first step.
    ///
    /// # Errors
    /// [`Configuration`](chainrule::ErrorKind::Configuration) with what was expected and what came.
    pub fn checked(mut self) -> Result<Self> {
        let refused = |message: String| Err(Error::configuration(message));
        if self.layers.is_empty() {
            return refused("a network needs at least one layer".into());
        }
        if self.n_rows() == 0 {
            return refused("a step needs at least one row in x".into());
        }
        let mut n_inputs = self.x.columns();
        for (l, layer) in (1..).zip(&self.layers) {
            let (n_outputs, columns) = (layer.n_outputs(), layer.n_inputs());
            if columns != n_inputs || n_outputs == 0 {
                let before = if l == 1 { "x has".into() } else { format!("layer {} has", l - 1) };
                return refused(format!(
                    "the weights of layer {l} are {n_outputs} × {columns}, but {before} {n_inputs} columns: expected n × {n_inputs}"
                ));
            }
            if layer.values.bias.as_ref().is_some_and(|bias| bias.len() != n_outputs) {
                return refused(format!("the bias of layer {l} needs {n_outputs} numbers, one per unit"));
            }
            if layer.activation == Activation::Softmax && l != self.layers.len() {
                return refused(format!(
                    "layer {l} has activation 'softmax', which is for the output layer only"
                ));
            }
            n_inputs = n_outputs;
        }
        if (self.y.rows(), self.y.columns()) != (self.n_rows(), n_inputs) {
            return refused(format!(
                "y is {} × {}, expected {} × {n_inputs}: a row per row of x, a column per output",
                self.y.rows(),
                self.y.columns(),
                self.n_rows()
            ));
        }
        self.check_weights()?;
        let output = self.layers.last().map(|layer| layer.activation);
        let activation = self.loss.output_activation(output)?;
        if let Some(last) = self.layers.last_mut() {
            last.activation = activation;
        }
        Objective::new(self.loss).validate()?;
        self.check_optimizer()?;
        Ok(self)
    }

    fn check_weights(&self) -> Result<()> {
        let Some(weights) = &self.sample_weights else { return Ok(()) };
        let valid = weights.iter().all(|weight| *weight >= 0.0 && weight.is_finite());
        if weights.len() == self.n_rows() && valid && weights.iter().any(|&weight| weight > 0.0) {
            return Ok(());
        }
        Err(Error::configuration(format!(
            "sample weights are {} numbers, one per row, of at least 0 and not all 0",
            self.n_rows()
        )))
    }

    fn check_optimizer(&mut self) -> Result<()> {
        self.optimizer.validate()?;
        if self.optimizer.rule == Rule::Lbfgs {
            return Err(Error::configuration(
                "lbfgs takes steps over the whole training set with a line search; it has no single step to explain",
            ));
        }
        let zeros = || self.layers.iter().map(|layer| layer.values.zeros_like()).collect::<Vec<_>>();
        let n_buffers = self.optimizer.rule.state_per_parameter();
        if self.state.first.is_empty() && n_buffers >= 1 {
            self.state.first = zeros();
        }
        if self.state.second.is_empty() && n_buffers >= 2 {
            self.state.second = zeros();
        }
        Ok(())
    }

    /// What a row's loss is multiplied by in the loss of the batch: w/Σw under a mean, w under a sum.
    pub fn row_factor(&self, row: usize) -> f64 {
        let weight = |row: usize| self.sample_weights.as_ref().map_or(1.0, |weights| weights[row]);
        if self.loss.is_sum() {
            return weight(row);
        }
        let total: f64 = (0..self.n_rows()).map(weight).sum();
        weight(row) / total
    }

    /// The network as the engine has it.
    ///
    /// # Errors
    /// What [`Network::from_parameters`] refuses.
    pub fn network(&self) -> Result<Network<f64>> {
        let layers = self.layers.iter().map(|layer| LayerConfig {
            bias: layer.values.bias.is_some(),
            ..LayerConfig::new(layer.n_outputs(), layer.activation)
        });
        let config = NetworkConfig::new(self.x.columns(), layers.collect());
        let values = self.layers.iter().flat_map(|layer| layer.values.iter());
        Network::from_parameters(&config, values.collect())
    }

    /// The rows as the engine has them.
    pub fn samples(&self) -> Samples<f64> {
        Samples {
            columns: Columns { numeric: self.x.clone(), codes: Matrix::zeros(self.n_rows(), 0) },
            targets: Targets::Values(self.y.clone()),
            weights: self.sample_weights.clone(),
        }
    }

    /// Calls `f` with all rows as a batch of the engine.
    pub fn with_batch<T>(&self, f: impl FnOnce(&Batch<'_, f64>) -> T) -> T {
        let samples = self.samples();
        let rows: Vec<u32> = (0..self.n_rows() as u32).collect();
        f(&Batch { samples: &samples, rows: &rows })
    }
}
