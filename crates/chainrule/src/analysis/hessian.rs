//! The matrix of second derivatives of the loss: what kind of place a point is where the gradient is 0.
//!
//! **In words.** Where the gradient is 0 a descent stops, but the place may be a minimum, a maximum or a saddle: it may go up
//! in one direction and down in another. The second derivatives say which. All eigenvalues above 0: a minimum. Signs of
//! both kinds: a saddle.
//!
//! **Equations.** H\[i, j\] = ∂²L / ∂θᵢ∂θⱼ ≈ (gⱼ(θ + h·eᵢ) − gⱼ(θ − h·eᵢ)) / 2h with the exact gradient g of backpropagation and
//! h = ∛ε·max(1, |θᵢ|); then the mean of H and Hᵀ, which are the same but for rounding. The error is about h² times a third
//! derivative, and ε/h from rounding: some 1e-10 in all.
//!
//! **Shapes.** One row and one column per parameter: for small networks. It takes two passes over all rows per parameter.
//!
//! **Errors.** None where no row has weight. An activation with a kink has no second derivative there; differences over a kink are large,
//! and meaningless.
//!
//! **Example.** The mean of squares (w·x − y)² of x = 1 and 3 has the second derivative 2·(1² + 3²)/2 by w:
//!
//! ```
//! use chainrule::analysis::hessian;
//! use chainrule::data::{Columns, Samples, Targets};
//! use chainrule::loss::{Loss, Objective};
//! use chainrule::network::{LayerConfig, Network, NetworkConfig};
//! use chainrule::{Activation, Cpu, Matrix};
//!
//! let layer = LayerConfig { bias: false, ..LayerConfig::new(1, Activation::Identity) };
//! let network = Network::from_parameters(&NetworkConfig::new(1, vec![layer]), vec![0.5])?;
//! let columns = Columns { numeric: Matrix::from_vec(vec![1.0, 3.0], 2, 1), codes: Matrix::zeros(2, 0) };
//! let targets = Targets::Values(Matrix::from_vec(vec![1.0, 2.0], 2, 1));
//! let samples = Samples { columns, targets, weights: None };
//! let hessian = hessian(&network, &Objective::new(Loss::Mse), &samples, &Cpu::new(1)).expect("rows");
//! assert!((hessian.row(0)[0] - 10.0).abs() < 1e-8);
//! # Ok::<(), chainrule::Error>(())
//! ```

use super::gradient::Gradient;
use crate::Matrix;
use crate::data::Samples;
use crate::loss::Objective;
use crate::network::Network;
use chainrule_kernels::cpu::Cpu;

/// The second derivatives of the mean loss over all rows by every two parameters. None where no row has weight.
///
/// # Panics
/// When the columns or targets are not those of the network.
pub fn hessian(
    network: &Network<f64>,
    objective: &Objective,
    samples: &Samples<f64>,
    cpu: &Cpu,
) -> Option<Matrix<f64>> {
    let n = network.parameters.len();
    let mut at = Gradient::new(network, objective, samples, cpu);
    let mut rows = Matrix::zeros(n, n);
    for i in 0..n {
        let here = network.parameters.values[i];
        let step = f64::EPSILON.cbrt() * here.abs().max(1.0);
        let mut side = |to: f64| {
            at.parameters_mut()[i] = to;
            at.evaluate()?;
            Some(at.values().to_vec())
        };
        let (above, below) = (side(here + step)?, side(here - step)?);
        at.parameters_mut()[i] = here;
        // What the step is after rounding.
        let width = (here + step) - (here - step);
        for (entry, (above, below)) in rows.row_mut(i).iter_mut().zip(above.iter().zip(&below)) {
            *entry = (above - below) / width;
        }
    }
    Some(Matrix::from_fn(n, n, |i, j| f64::midpoint(rows.row(i)[j], rows.row(j)[i])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;
    use crate::data::{Columns, Targets};
    use crate::loss::Loss;
    use crate::model::score;
    use crate::network::{LayerConfig, NetworkConfig};

    fn problem(weights: Option<Vec<f64>>) -> (Network<f64>, Samples<f64>) {
        let layers = vec![LayerConfig::new(2, Activation::Tanh), LayerConfig::new(1, Activation::Identity)];
        let network = Network::new(&NetworkConfig::new(2, layers), 5).expect("a network");
        let numeric = Matrix::from_fn(9, 2, |i, j| ((i * (j + 3)) % 7) as f64 / 4.0 - 0.8);
        let targets = Matrix::from_fn(9, 1, |i, _| numeric.row(i)[0] * numeric.row(i)[1]);
        let columns = Columns { numeric, codes: Matrix::zeros(9, 0) };
        (network, Samples { columns, targets: Targets::Values(targets), weights })
    }

    /// Second differences of the loss alone, which know nothing of backpropagation: ε / h² of rounding.
    #[test]
    fn second_derivatives_are_second_differences_of_the_loss() {
        let (network, samples) = problem(None);
        let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
        let found = hessian(&network, &objective, &samples, &cpu).expect("rows");
        let n = network.parameters.len();
        let step = 1e-4;
        for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
            let loss = |a: f64, b: f64| {
                let mut there = network.clone();
                there.parameters.values[i] += a * step;
                there.parameters.values[j] += b * step;
                score(&there, &objective, &samples, &cpu).loss
            };
            let difference =
                (loss(1.0, 1.0) - loss(1.0, -1.0) - loss(-1.0, 1.0) + loss(-1.0, -1.0)) / (4.0 * step * step);
            assert!(
                (found.row(i)[j] - difference).abs() < 1e-6,
                "{i}, {j}: {} {difference}",
                found.row(i)[j]
            );
            assert_eq!(found.row(i)[j], found.row(j)[i]);
        }
    }

    #[test]
    fn rows_without_weight_have_no_second_derivatives() {
        let (network, samples) = problem(Some(vec![0.0; 9]));
        assert_eq!(hessian(&network, &Objective::new(Loss::Mse), &samples, &Cpu::new(1)), None);
    }
}
