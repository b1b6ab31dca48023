//! Networks and tasks in words.

use chainrule::data::Task;
use chainrule::network::{NetworkConfig, activation_name};

/// For example `64-128-64-10, relu relu softmax`.
pub(crate) fn network(network: &NetworkConfig) -> String {
    let categories: usize = network.cardinalities.iter().map(|&n| n as usize).sum();
    let inputs = network.n_numeric + categories;
    let widths = std::iter::once(inputs).chain(network.layers.iter().map(|layer| layer.n_outputs));
    let widths: Vec<String> = widths.map(|width| width.to_string()).collect();
    let activations: Vec<String> = network.layers.iter().map(|layer| activation(layer.activation)).collect();
    format!("{}, {}", widths.join("-"), activations.join(" "))
}

/// An activation with its parameter, if it has one.
pub(crate) fn activation(activation: chainrule::Activation) -> String {
    match activation_name(activation) {
        (name, None) => name.to_owned(),
        (name, Some(parameter)) => format!("{name}({parameter})"),
    }
}

/// The name of a task in reports.
pub(crate) fn task(task: Task) -> &'static str {
    match task {
        Task::Classification => "classification",
        Task::MultiLabel => "multi-label",
        _ => "regression",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule::Activation;
    use chainrule::network::LayerConfig;

    #[test]
    fn categories_count_as_the_inputs_that_they_become() {
        let layers = vec![
            LayerConfig::new(5, Activation::LeakyRelu { slope: 0.1 }),
            LayerConfig::new(2, Activation::Softmax),
        ];
        let config = NetworkConfig { n_numeric: 3, cardinalities: vec![4, 2], layers };
        assert_eq!(network(&config), "9-5-2, leaky-relu(0.1) softmax");
    }
}
