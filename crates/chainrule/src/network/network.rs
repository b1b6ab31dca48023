//! A network and how it is made.

use super::{Dense, Initializer, Parameters, Stage};
use crate::{Activation, Error, Float, Purpose, Result, Rng};

/// A feed-forward network: stages, and the parameters they share.
///
/// Plain data: nothing here is a buffer, a cache or a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Network<F> {
    /// The stages in the order in which data passes through them: one-hot, then dense layers.
    pub stages: Vec<Stage>,
    /// All weights and biases.
    pub parameters: Parameters<F>,
}

/// The structure of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkConfig {
    /// Number of numeric input columns.
    pub n_numeric: usize,
    /// Number of categories of each categorical input column.
    pub cardinalities: Vec<u32>,
    /// The dense layers, the output layer last.
    pub layers: Vec<LayerConfig>,
}

/// The structure of one dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerConfig {
    /// Number of units.
    pub n_outputs: usize,
    /// Activation of the units.
    pub activation: Activation,
    /// Whether units have a bias.
    pub bias: bool,
    /// Share of the activations dropped while training.
    pub dropout: f64,
    /// How weights are drawn; by the activation where none is given.
    pub initializer: Option<Initializer>,
}

impl LayerConfig {
    /// A layer with biases, without dropout, initialized by its activation.
    pub fn new(n_outputs: usize, activation: Activation) -> Self {
        Self { n_outputs, activation, bias: true, dropout: 0.0, initializer: None }
    }
}

impl NetworkConfig {
    /// A network of numeric inputs.
    pub fn new(n_numeric: usize, layers: Vec<LayerConfig>) -> Self {
        Self { n_numeric, cardinalities: Vec::new(), layers }
    }

    /// Checks that a network of this structure can be made.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for no layers, a layer or an input of width 0, softmax
    /// elsewhere than at the output, dropout outside [0, 1) or at the output, and for more parameters than memory can address.
    pub fn validate(&self) -> Result<()> {
        let Some(last) = self.layers.len().checked_sub(1) else {
            return Err(Error::configuration("a network needs at least an output layer"));
        };
        if self.n_inputs()? == 0 {
            return Err(Error::configuration("a network needs at least one input column"));
        }
        for (l, layer) in self.layers.iter().enumerate() {
            if layer.n_outputs == 0 {
                return Err(Error::configuration(format!("layer {l} has width 0, expected at least 1")));
            }
            if layer.activation == Activation::Softmax && l != last {
                return Err(Error::configuration(format!(
                    "layer {l} has activation 'softmax', which is for the output layer only"
                )));
            }
            if !(0.0..1.0).contains(&layer.dropout) {
                return Err(Error::configuration(format!(
                    "dropout of layer {l} must be at least 0 and below 1, not {}",
                    layer.dropout
                )));
            }
            if layer.dropout > 0.0 && l == last {
                return Err(Error::configuration("the output layer cannot have dropout"));
            }
        }
        self.n_parameters().map(|_| ())
    }

    /// Number of columns behind the one-hot stage: inputs of the first dense layer.
    pub(crate) fn n_inputs(&self) -> Result<usize> {
        let categories = self.cardinalities.iter().try_fold(0usize, |sum, &n| sum.checked_add(n as usize));
        categories.and_then(|n| n.checked_add(self.n_numeric)).ok_or_else(too_large)
    }

    /// Number of parameters that the network will have.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when it, in bytes, is beyond what memory can address.
    pub fn n_parameters(&self) -> Result<usize> {
        let mut n_inputs = self.n_inputs()?;
        let mut total = 0usize;
        for layer in &self.layers {
            let inputs = n_inputs.checked_add(usize::from(layer.bias)).ok_or_else(too_large)?;
            let weights = inputs.checked_mul(layer.n_outputs).ok_or_else(too_large)?;
            total = total.checked_add(weights).ok_or_else(too_large)?;
            n_inputs = layer.n_outputs;
        }
        total
            .checked_mul(8)
            .filter(|&bytes| isize::try_from(bytes).is_ok())
            .map(|_| total)
            .ok_or_else(too_large)
    }
}

fn too_large() -> Error {
    Error::configuration("a network of these widths has more parameters than memory can address")
}

impl<F: Float> Network<F> {
    /// A network with freshly drawn weights and biases of 0.
    ///
    /// Each tensor draws from a stream of its own, so that a layer's start does not depend on the layers before it.
    ///
    /// # Errors
    /// What [`NetworkConfig::validate`] refuses, and [`ErrorKind::Memory`](crate::ErrorKind::Memory) when the parameters do not fit.
    pub fn new(config: &NetworkConfig, seed: u64) -> Result<Self> {
        config.validate()?;
        let mut values = Vec::new();
        let n_parameters = config.n_parameters()?;
        values.try_reserve_exact(n_parameters).map_err(|error| {
            let message = format!("{n_parameters} parameters do not fit in memory");
            Error::new(crate::ErrorKind::Memory, message).with_source(error)
        })?;
        let mut network = Self {
            stages: vec![Stage::OneHot {
                n_numeric: config.n_numeric,
                cardinalities: config.cardinalities.clone(),
            }],
            parameters: Parameters { values, tensors: Vec::new() },
        };
        for (l, layer) in config.layers.iter().enumerate() {
            network.push_dense(l, layer, seed);
        }
        Ok(network)
    }

    /// A network with the given parameters, in the order of its table: weights row after row, then biases, layer by layer.
    ///
    /// # Errors
    /// What [`Network::new`] refuses, and [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for another number of
    /// parameters than the structure has.
    pub fn from_parameters(config: &NetworkConfig, values: Vec<F>) -> Result<Self> {
        let zeros =
            |layer: &LayerConfig| LayerConfig { initializer: Some(Initializer::Zeros), ..layer.clone() };
        let layers = config.layers.iter().map(zeros).collect();
        let mut network = Self::new(&NetworkConfig { layers, ..config.clone() }, 0)?;
        let expected = network.parameters.len();
        if values.len() != expected {
            let message =
                format!("a network of this structure has {expected} parameters, not {}", values.len());
            return Err(Error::configuration(message));
        }
        network.parameters.values = values;
        Ok(network)
    }

    fn push_dense(&mut self, l: usize, layer: &LayerConfig, seed: u64) {
        let (n_inputs, n_outputs) = (self.n_outputs(), layer.n_outputs);
        let initializer = layer.initializer.unwrap_or(Initializer::for_activation(layer.activation));
        let table = &mut self.parameters;
        let mut rng = Rng::new(seed, Purpose::Initialization, table.tensors.len() as u64);
        let weights: Vec<F> = (0..n_inputs * n_outputs)
            .map(|_| F::from_f64(initializer.draw(&mut rng, n_inputs, n_outputs)))
            .collect();
        let weight = table.push(format!("layers.{l}.weight"), vec![n_outputs, n_inputs], &weights, 1.0);
        let zeros = vec![F::ZERO; n_outputs];
        let bias = layer.bias.then(|| table.push(format!("layers.{l}.bias"), vec![n_outputs], &zeros, 0.0));
        let (activation, dropout) = (layer.activation, layer.dropout);
        self.stages.push(Stage::Dense(Dense { n_inputs, n_outputs, activation, dropout, weight, bias }));
    }

    /// The dense layers in order.
    pub fn layers(&self) -> impl DoubleEndedIterator<Item = &Dense> + Clone {
        self.stages.iter().filter_map(|stage| match stage {
            Stage::Dense(dense) => Some(dense),
            Stage::OneHot { .. } => None,
        })
    }

    /// Number of columns behind the one-hot stage: inputs of the first dense layer.
    pub fn n_inputs(&self) -> usize {
        self.stages.first().map_or(0, Stage::n_outputs)
    }

    /// Number of outputs.
    pub fn n_outputs(&self) -> usize {
        self.stages.last().map_or(0, Stage::n_outputs)
    }

    /// The activation of the output layer.
    pub fn output_activation(&self) -> Activation {
        self.layers().next_back().map_or(Activation::Identity, |layer| layer.activation)
    }

    /// Widths from the inputs to the outputs: 784, 128, 10.
    pub fn widths(&self) -> Vec<usize> {
        self.stages.iter().map(Stage::n_outputs).collect()
    }

    /// The structure that this network has; initializers are not part of it.
    pub fn config(&self) -> NetworkConfig {
        let (n_numeric, cardinalities) = match self.stages.first() {
            Some(Stage::OneHot { n_numeric, cardinalities }) => (*n_numeric, cardinalities.clone()),
            _ => (0, Vec::new()),
        };
        let layers = self.layers().map(|dense| LayerConfig {
            n_outputs: dense.n_outputs,
            activation: dense.activation,
            bias: dense.bias.is_some(),
            dropout: dense.dropout,
            initializer: None,
        });
        NetworkConfig { n_numeric, cardinalities, layers: layers.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(widths: &[usize]) -> NetworkConfig {
        let layers = widths[1..].iter().map(|&n| LayerConfig::new(n, Activation::Relu)).collect();
        NetworkConfig::new(widths[0], layers)
    }

    #[test]
    fn parameters_lie_in_one_buffer_with_named_tensors() {
        let network = Network::<f32>::new(&config(&[4, 3, 2]), 0).unwrap();
        let names: Vec<&str> = network.parameters.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
        assert_eq!(names, ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]);
        assert_eq!(network.parameters.len(), 4 * 3 + 3 + 3 * 2 + 2);
        assert_eq!(network.widths(), [4, 3, 2]);
        assert_eq!(network.config().n_parameters().unwrap(), network.parameters.len());
    }

    #[test]
    fn given_parameters_are_taken_as_they_are_or_refused_by_number() {
        let values: Vec<f64> = (0..23).map(f64::from).collect();
        let network = Network::from_parameters(&config(&[4, 3, 2]), values.clone()).unwrap();
        assert_eq!(
            (network.parameters.values, network.parameters.tensors[1].range.clone()),
            (values, 12..15)
        );
        let error = Network::from_parameters(&config(&[4, 3, 2]), vec![0.0; 22]).unwrap_err();
        assert!(error.message().contains("23 parameters, not 22"), "{error}");
    }

    #[test]
    fn impossible_structures_are_refused_with_the_layer() {
        let refused = |change: fn(&mut NetworkConfig)| {
            let mut config = config(&[4, 3, 2]);
            change(&mut config);
            Network::<f32>::new(&config, 0).unwrap_err().message().to_owned()
        };
        assert!(refused(|c| c.layers.clear()).contains("output layer"));
        assert!(refused(|c| c.layers[0].n_outputs = 0).contains("layer 0 has width 0"));
        assert!(refused(|c| c.layers[0].activation = Activation::Softmax).contains("layer 0"));
        assert!(refused(|c| c.layers[0].dropout = 1.0).contains("dropout of layer 0"));
        assert!(refused(|c| c.layers[1].dropout = 0.5).contains("output layer"));
        assert!(refused(|c| c.layers[0].n_outputs = 1 << 60).contains("memory"));
        assert!(refused(|c| c.n_numeric = 0).contains("input"));
    }
}
