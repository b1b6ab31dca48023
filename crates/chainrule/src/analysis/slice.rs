//! The loss along one parameter, and what its derivative does there.
//!
//! **In words.** With all parameters but one held fast, the loss is a curve. Its derivative is the slope of the tangent, and gradient
//! descent looks at nothing else: it goes against the slope, by as much as the slope is steep. A tangent at every step
//! shows why steps become short at the bottom, and why too large a rate goes up the other side.
//!
//! **Symbols.** w is one parameter, L(w) the mean loss over the rows, η the learning rate.
//!
//! **Equations.** The slope at w is ∂L/∂w, by backpropagation; the tangent there is L(w) + ∂L/∂w·(x − w); w(t+1) = w(t) − η·∂L/∂w(t).
//!
//! **Errors.** None. A descent ends where the loss, the slope or the parameter stops being finite, at the last point that was.
//!
//! **Example.** One weight and the row x = 2, y = 1: L = (2w − 1)², with its slope 4·(2w − 1):
//!
//! ```
//! use chainrule::analysis::{Slice, Tangent};
//! use chainrule::data::{Columns, Samples, Targets};
//! use chainrule::loss::{Loss, Objective};
//! use chainrule::network::{LayerConfig, Network, NetworkConfig};
//! use chainrule::{Activation, Cpu, Matrix};
//!
//! let layer = LayerConfig { bias: false, ..LayerConfig::new(1, Activation::Identity) };
//! let network = Network::from_parameters(&NetworkConfig::new(1, vec![layer]), vec![1.0])?;
//! let columns = Columns { numeric: Matrix::from_vec(vec![2.0], 1, 1), codes: Matrix::zeros(1, 0) };
//! let samples = Samples { columns, targets: Targets::Values(Matrix::from_vec(vec![1.0], 1, 1)), weights: None };
//! let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
//!
//! let mut slice = Slice::new(&network, &objective, &samples, 0, &cpu);
//! assert_eq!(slice.loss(3.0), 25.0);
//! let steps = slice.descend(1.0, 0.125, 1);
//! assert_eq!(steps, [Tangent { at: 1.0, loss: 1.0, slope: 4.0 }, Tangent { at: 0.5, loss: 0.0, slope: 0.0 }]);
//! # Ok::<(), chainrule::Error>(())
//! ```

use super::gradient::Gradient;
use crate::Float;
use crate::data::Samples;
use crate::loss::Objective;
use crate::model::score;
use crate::network::Network;
use chainrule_kernels::cpu::Cpu;

/// The loss along one parameter.
#[derive(Debug)]
pub struct Slice<'a, F> {
    network: Network<F>,
    objective: &'a Objective,
    samples: &'a Samples<F>,
    cpu: &'a Cpu,
    place: usize,
    gradient: Gradient<'a, F>,
}

/// A point of the curve with its slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tangent {
    /// The parameter.
    pub at: f64,
    /// The loss there.
    pub loss: f64,
    /// The derivative of the loss by the parameter there.
    pub slope: f64,
}

impl<'a, F: Float> Slice<'a, F> {
    /// The curve of a network's loss over all rows, without dropout, along the parameter at a place of its buffer.
    ///
    /// # Panics
    /// When there is no such place.
    pub fn new(
        network: &Network<F>,
        objective: &'a Objective,
        samples: &'a Samples<F>,
        place: usize,
        cpu: &'a Cpu,
    ) -> Self {
        assert!(place < network.parameters.len(), "a parameter of this network");
        let gradient = Gradient::new(network, objective, samples, cpu);
        Self { network: network.clone(), objective, samples, cpu, place, gradient }
    }

    /// The loss where the parameter has a value.
    pub fn loss(&mut self, at: f64) -> f64 {
        self.network.parameters.values[self.place] = F::from_f64(at);
        score(&self.network, self.objective, self.samples, self.cpu).loss
    }

    /// The tangent where the parameter has a value. None where loss or slope are not finite.
    pub fn tangent(&mut self, at: f64) -> Option<Tangent> {
        let at = F::from_f64(at);
        self.gradient.parameters_mut()[self.place] = at;
        let loss = self.gradient.evaluate()?;
        let slope = self.gradient.values()[self.place].to_f64();
        (at.to_f64() + loss + slope).is_finite().then_some(Tangent { at: at.to_f64(), loss, slope })
    }

    /// Gradient descent along this parameter alone: the tangents at its start and after each step.
    pub fn descend(&mut self, start: f64, learning_rate: f64, steps: usize) -> Vec<Tangent> {
        let mut tangents: Vec<Tangent> = self.tangent(start).into_iter().collect();
        while let Some(last) = tangents.last().filter(|_| tangents.len() <= steps) {
            let Some(next) = self.tangent(last.at - learning_rate * last.slope) else { break };
            tangents.push(next);
        }
        tangents
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Descent, DescentConfig, Moving, Plane};
    use crate::backprop::backward;
    use crate::data::{Batch, Columns, Targets};
    use crate::loss::Loss;
    use crate::network::{ForwardPass, LayerConfig, NetworkConfig};
    use crate::optimizer::{OptimizerConfig, Rule};
    use crate::{Activation, Matrix};

    fn problem() -> (Network<f64>, Samples<f64>) {
        let layers = vec![LayerConfig::new(4, Activation::Tanh), LayerConfig::new(2, Activation::Softmax)];
        let network = Network::new(&NetworkConfig::new(2, layers), 5).expect("a network");
        let numeric = Matrix::from_fn(30, 2, |i, j| ((i * (j + 3)) % 11) as f64 / 5.0 - 1.0);
        let classes = (0..30).map(|i| u32::from(numeric.row(i)[0] > numeric.row(i)[1])).collect();
        let columns = Columns { numeric, codes: Matrix::zeros(30, 0) };
        (network, Samples { columns, targets: Targets::Classes(classes), weights: None })
    }

    #[test]
    fn slopes_are_central_differences_of_the_curve_and_those_of_backpropagation() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::CrossEntropy), Cpu::new(1));
        for place in [0, 3, 9, 13, 20] {
            let mut slice = Slice::new(&network, &objective, &samples, place, &cpu);
            for at in [-1.5, 0.0, 0.4, 3.0] {
                let tangent = slice.tangent(at).expect("finite");
                let step = 1e-5;
                let difference = (slice.loss(at + step) - slice.loss(at - step)) / (2.0 * step);
                // h² of the difference, ε / h of rounding.
                assert!((tangent.slope - difference).abs() < 1e-9, "{place}, {at}: {tangent:?} {difference}");
                assert!((tangent.loss - slice.loss(at)).abs() < 1e-14, "{place}, {at}");

                let mut there = network.clone();
                there.parameters.values[place] = at;
                let rows: Vec<u32> = (0..30).collect();
                let batch = Batch { samples: &samples, rows: &rows };
                let mut pass = ForwardPass::new(&there, 30);
                there.forward_rows(&cpu, &samples.columns, &rows, None, &mut pass);
                let mut gradients = crate::backprop::Gradients::new(&there, 30);
                backward(&there, &objective, &batch, None, &pass, &cpu, &mut gradients).expect("rows");
                assert_eq!(gradients.parameters.values[place], tangent.slope, "{place}, {at}");
            }
        }
    }

    #[test]
    fn the_steps_are_those_of_a_descent_in_which_nothing_else_moves() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::CrossEntropy), Cpu::new(1));
        let optimizer = OptimizerConfig { rule: Rule::Sgd, learning_rate: 0.8, ..Default::default() };
        let config = DescentConfig { optimizer, steps: 7, moving: Moving::One(2), ..Default::default() };
        let plane = Plane::of_parameters(&network, [2, 0]).expect("two parameters");
        let path = Descent::new(network.clone(), &objective, &samples, &config, &cpu)
            .expect("a descent")
            .path(&plane);
        let start = network.parameters.values[2];
        let steps = Slice::new(&network, &objective, &samples, 2, &cpu).descend(start, 0.8, 7);
        assert_eq!((steps.len(), path.len()), (8, 8));
        for (step, point) in steps.iter().zip(&path) {
            assert!((step.at - point.at[0]).abs() < 1e-14 && (step.loss - point.loss).abs() < 1e-14);
            assert_eq!(point.at[1], network.parameters.values[0]);
        }
        assert!(steps[7].loss < steps[0].loss);
    }

    #[test]
    fn a_descent_ends_where_numbers_stop_being_finite() {
        let (network, samples) = problem();
        let (objective, cpu) = (Objective::new(Loss::CrossEntropy), Cpu::new(1));
        let mut slice = Slice::new(&network, &objective, &samples, 2, &cpu);
        assert!(slice.descend(f64::NAN, 0.1, 5).is_empty());
        assert_eq!(slice.descend(0.5, f64::INFINITY, 5).len(), 1);
        assert_eq!(slice.descend(0.5, 0.1, 0).len(), 1);
        let samples = Samples { weights: Some(vec![0.0; 30]), ..samples };
        assert!(Slice::new(&network, &objective, &samples, 2, &cpu).descend(0.5, 0.1, 5).is_empty());
    }
}
