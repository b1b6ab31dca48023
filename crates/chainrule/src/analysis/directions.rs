//! Random directions in the space of all parameters, as long as the weights themselves.
//!
//! **In words.** A step of one length is large for a network of small weights and small for one of large weights, and a relu
//! network with all weights of a layer doubled and those of the next halved is the same function. So a random direction
//! is scaled neuron by neuron: what points to a neuron's incoming weights gets the length that these weights have.
//! Then 1 on an axis is a change as large as the weights themselves, in every network.
//!
//! **Symbols.** wᵢ is row i of a layer's W, the weights that enter its neuron i; gᵢ are as many standard normal numbers.
//!
//! **Equations.** dᵢ = ‖wᵢ‖·gᵢ / ‖gᵢ‖; 0 for biases.
//!
//! **Shapes.** One entry per parameter, in the places of the network's table.
//!
//! **Errors.** None. A neuron whose weights are all 0 has a direction of 0, and does not move. A neuron with one input has gᵢ of one
//! number, whose direction is a sign only.
//!
//! **Example.**
//!
//! ```
//! use chainrule::Activation;
//! use chainrule::analysis::{Plane, random_directions};
//! use chainrule::network::{LayerConfig, Network, NetworkConfig};
//!
//! let config = NetworkConfig::new(2, vec![LayerConfig::new(1, Activation::Identity)]);
//! let network = Network::from_parameters(&config, vec![3.0, 4.0, 0.5])?;
//! let [d, e] = random_directions(&network, 1);
//! assert!((f64::hypot(d[0], d[1]) - 5.0).abs() < 1e-12 && d[2] == 0.0);
//! let plane = Plane::new(network.parameters.values.clone(), [d, e])?;
//! assert_eq!(plane.coordinates(&network.parameters.values), [0.0, 0.0]);
//! # Ok::<(), chainrule::Error>(())
//! ```
//!
//! **Source.** H. Li and others, "Visualizing the loss landscape of neural nets", NeurIPS 2018, section 4, filter normalisation: in
//! a dense layer a filter is the incoming weights of one neuron. Biases do not move, as in the program of the authors.

use crate::network::Network;
use crate::{Float, Purpose, Rng};

/// Two random directions, scaled neuron by neuron to the length of the network's own weights.
pub fn random_directions<F: Float>(network: &Network<F>, seed: u64) -> [Vec<F>; 2] {
    [0, 1].map(|axis| {
        let mut rng = Rng::new(seed, Purpose::Directions, axis);
        let mut direction = vec![F::ZERO; network.parameters.len()];
        for dense in network.layers() {
            let range = network.parameters.tensors[dense.weight].range.clone();
            let own = network.parameters.values[range.clone()].chunks(dense.n_inputs);
            for (drawn, own) in direction[range].chunks_mut(dense.n_inputs).zip(own) {
                let numbers: Vec<f64> = drawn.iter().map(|_| rng.normal()).collect();
                let length =
                    |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
                let (drawn_length, own_length) =
                    (length(&mut numbers.iter().copied()), length(&mut own.iter().map(|w| w.to_f64())));
                let factor = if drawn_length > 0.0 { own_length / drawn_length } else { 0.0 };
                for (entry, number) in drawn.iter_mut().zip(numbers) {
                    *entry = F::from_f64(number * factor);
                }
            }
        }
        direction
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;
    use crate::network::{LayerConfig, NetworkConfig};

    fn network() -> Network<f64> {
        let layers = vec![LayerConfig::new(5, Activation::Tanh), LayerConfig::new(3, Activation::Softmax)];
        let config = NetworkConfig { n_numeric: 2, cardinalities: vec![3], layers };
        let mut network = Network::new(&config, 7).expect("a network");
        network.parameters.tensor_mut(1).fill(0.7);
        network.parameters.tensor_mut(2)[..5].fill(0.0);
        network
    }

    #[test]
    fn every_neuron_has_the_norm_of_its_own_weights_and_biases_do_not_move() {
        let network = network();
        for direction in random_directions(&network, 4) {
            for tensor in &network.parameters.tensors {
                let (found, own) =
                    (&direction[tensor.range.clone()], &network.parameters.values[tensor.range.clone()]);
                if tensor.shape.len() == 1 {
                    assert!(found.iter().all(|x| *x == 0.0), "{}", tensor.name);
                    continue;
                }
                for (found, own) in found.chunks(tensor.shape[1]).zip(own.chunks(tensor.shape[1])) {
                    let norm = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
                    assert!((norm(found) - norm(own)).abs() < 1e-12, "{}", tensor.name);
                    assert!(found != own || norm(own) == 0.0, "{}", tensor.name);
                }
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_directions_and_both_axes_and_other_seeds_differ() {
        let network = network();
        let [d, e] = random_directions(&network, 4);
        assert_eq!(random_directions(&network, 4), [d.clone(), e.clone()]);
        assert!(d != e);
        assert!(random_directions(&network, 5)[0] != d);
        // The same numbers in the other precision.
        let config = network.config();
        let narrow =
            Network::from_parameters(&config, network.parameters.values.iter().map(|&x| x as f32).collect());
        let [f, _] = random_directions(&narrow.expect("a network"), 4);
        assert!(d.iter().zip(&f).all(|(&d, &f)| (d - f64::from(f)).abs() < 1e-6));
    }
}
