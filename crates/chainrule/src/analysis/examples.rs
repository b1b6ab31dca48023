//! Two error surfaces that can be drawn whole: one with a local minimum that is not the lowest, and one with a saddle.
//!
//! **In words.** The network has one input, one tanh unit and one output, and no biases: ŷ = v·tanh(w·x). Its two weights are all its
//! parameters, so the surface over them leaves nothing out. Three rows make it awkward: the first wants a step at 0,
//! the other two a line. A nearly straight piece of tanh (small w, large v) and a steep step (large w, v near 1.25) are
//! two answers, each the best one nearby, and the second is better.
//!
//! **Equations.** L(w, v) = (1/3)·Σ (v·tanh(w·x) − y)² over the rows (¼, 1), (1, ¾), (2, 1¾).
//!
//! - ∂L/∂w and ∂L/∂v are 0 at (0.5139, 2.1911), where L = 0.2012 and both eigenvalues of the second derivatives are above 0: a local
//!   minimum; and at (4.35, 1.25), where L = 0.1665.
//! - They are 0 at (0, 0), too, where the second derivatives are \[\[0, −3\], \[−3, 0\]\], with the eigenvalues 3 and −3: a saddle,
//!   up along w = −v and down along w = v.
//!
//! **Source.** Found by search, which the tests of this file repeat: of all 512 sets of targets in quarters up to 2 at these three inputs, this
//! is the only one with two minima within reach (w and v up to 5) of which one is more than a tenth lower. The start of the saddle's descent
//! was found by halving the interval between starts that leave it to one side and to the other.

use crate::data::{Columns, Samples, Targets};
use crate::loss::{Loss, Objective};
use crate::network::{LayerConfig, Network, NetworkConfig};
use crate::{Activation, Matrix, Result};

/// A descent over a surface that is worth seeing.
#[derive(Clone, Debug)]
pub struct DescentExample {
    /// What the descent runs over, in a few words.
    pub over: &'static str,
    /// The network at the start.
    pub network: Network<f64>,
    /// What is descended.
    pub objective: Objective,
    /// The rows.
    pub samples: Samples<f64>,
    /// What is said of the known points, and where each of them is.
    pub points: Vec<(&'static str, [f64; 2])>,
    /// The rate at which the descent shows what it is there for.
    pub learning_rate: f64,
    /// How many steps that takes.
    pub steps: usize,
}

/// The names of the examples.
pub const DESCENT_EXAMPLES: [&str; 2] = ["local-minimum", "saddle"];

const INPUTS: [f64; 3] = [0.25, 1.0, 2.0];
const TARGETS: [f64; 3] = [1.0, 0.75, 1.75];

/// Where the gradient is 0, by Newton's method on it.
const LOCAL: [f64; 2] = [0.513_914_492, 2.191_098_681];
const LOWEST: [f64; 2] = [4.350_134_427, 1.251_741_906];

impl DescentExample {
    /// The example of a name among [`DESCENT_EXAMPLES`]; none of another.
    pub fn named(name: &str) -> Option<Self> {
        let local = ("local minimum", LOCAL);
        let example = match name {
            "local-minimum" => of(
                "a surface with a local minimum",
                [1.0, 2.5],
                vec![local, ("lowest minimum", LOWEST)],
                0.2,
                120,
            ),
            "saddle" => of("a surface with a saddle", [-1.0, 1.467], vec![("saddle", [0.0; 2])], 0.05, 100),
            _ => return None,
        };
        // Cannot fail: the network has two parameters.
        example.ok()
    }
}

fn of(
    over: &'static str,
    start: [f64; 2],
    points: Vec<(&'static str, [f64; 2])>,
    learning_rate: f64,
    steps: usize,
) -> Result<DescentExample> {
    let (network, samples) = problem(start, TARGETS)?;
    let objective = Objective::new(Loss::Mse);
    Ok(DescentExample { over, network, objective, samples, points, learning_rate, steps })
}

fn problem(start: [f64; 2], targets: [f64; 3]) -> Result<(Network<f64>, Samples<f64>)> {
    let layer = |activation| LayerConfig { bias: false, ..LayerConfig::new(1, activation) };
    let layers = vec![layer(Activation::Tanh), layer(Activation::Identity)];
    let network = Network::from_parameters(&NetworkConfig::new(1, layers), start.to_vec())?;
    let column = |values: [f64; 3]| Matrix::from_vec(values.to_vec(), 3, 1);
    let columns = Columns { numeric: column(INPUTS), codes: Matrix::zeros(3, 0) };
    Ok((network, Samples { columns, targets: Targets::Values(column(targets)), weights: None }))
}

#[cfg(test)]
mod tests {
    use super::super::gradient::Gradient;
    use super::*;
    use crate::analysis::{Descent, DescentConfig, hessian, symmetric_eigen};
    use crate::model::score;
    use crate::optimizer::{OptimizerConfig, Rule};
    use chainrule_kernels::cpu::Cpu;

    fn example(name: &str) -> DescentExample {
        DescentExample::named(name).expect("an example")
    }

    /// Loss, length of the gradient, and the eigenvalues of the second derivatives at a point.
    fn nature(example: &DescentExample, at: [f64; 2]) -> (f64, f64, Vec<f64>) {
        let DescentExample { objective, samples, .. } = example;
        let (cpu, mut there) = (Cpu::new(1), example.network.clone());
        there.parameters.values = at.to_vec();
        let mut gradient = Gradient::new(&there, objective, samples, &cpu);
        let loss = gradient.evaluate().expect("rows");
        let length = f64::hypot(gradient.values()[0], gradient.values()[1]);
        let second = hessian(&there, objective, samples, &cpu).expect("rows");
        (loss, length, symmetric_eigen(&second).values)
    }

    fn trail(example: &DescentExample, rule: Rule, steps: usize) -> Vec<[f64; 2]> {
        let optimizer = OptimizerConfig { rule, learning_rate: example.learning_rate, ..Default::default() };
        let config = DescentConfig { optimizer, steps, ..Default::default() };
        let DescentExample { network, objective, samples, .. } = example;
        let cpu = Cpu::new(1);
        let descent = Descent::new(network.clone(), objective, samples, &config, &cpu).expect("a descent");
        descent.trail(steps + 1).iter().map(|point| [point[0], point[1]]).collect()
    }

    fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
        f64::hypot(a[0] - b[0], a[1] - b[1])
    }

    #[test]
    fn plain_descent_stays_in_a_real_local_minimum_and_momentum_at_the_same_rate_gets_out() {
        let example = example("local-minimum");
        let (local, gradient, values) = nature(&example, LOCAL);
        assert!(gradient < 1e-7 && values[1] > 0.01, "{gradient} {values:?}");
        let (lowest, gradient, values) = nature(&example, LOWEST);
        assert!(gradient < 1e-7 && values[1] > 0.0, "{gradient} {values:?}");
        assert!(lowest < local * 0.9, "{lowest} {local}");

        // Far longer than in the picture, it is still there.
        let end = trail(&example, Rule::Sgd, 20_000).pop().expect("an end");
        assert!(distance(end, LOCAL) < 1e-4, "{end:?}");
        for steps in [example.steps, 2000] {
            let plain = trail(&example, Rule::Sgd, steps).pop().expect("an end");
            let momentum = trail(&example, Rule::Momentum, steps).pop().expect("an end");
            let (plain, _, _) = nature(&example, plain);
            assert!(plain > local - 1e-12, "{steps}: {plain}");
            let (loss, _, _) = nature(&example, momentum);
            assert!(loss < local * 0.9 && distance(momentum, LOWEST) < 0.5, "{steps}: {loss} {momentum:?}");
        }
    }

    #[test]
    fn plain_descent_slows_down_at_the_saddle_and_then_leaves_it() {
        let example = example("saddle");
        let (at_saddle, gradient, values) = nature(&example, [0.0; 2]);
        assert_eq!(gradient, 0.0);
        // −2·(¼·1 + 1·¾ + 2·1¾)/3 = −3 beside the diagonal.
        assert!((values[0] - 3.0).abs() < 1e-8 && (values[1] + 3.0).abs() < 1e-8, "{values:?}");
        let path = trail(&example, Rule::Sgd, example.steps);
        let far = |point: &[f64; 2]| distance(*point, [0.0; 2]);
        let (nearest, point) =
            path.iter().enumerate().min_by(|a, b| far(a.1).total_cmp(&far(b.1))).expect("points");
        assert!(far(point) < 0.05 && (10..60).contains(&nearest), "{nearest}: {point:?}");
        let step = |n: usize| distance(path[n], path[n + 1]);
        assert!(step(nearest) < step(0) / 20.0, "{} {}", step(nearest), step(0));
        let end = path[path.len() - 1];
        assert!(far(&end) > 1.0 && nature(&example, end).0 < at_saddle / 4.0, "{end:?}");
    }

    /// The lowest loss for each w, and so the minima of the surface: for a given w, v is a least-squares fit.
    fn minima(targets: [f64; 3]) -> Vec<([f64; 2], f64)> {
        let along = |w: f64| {
            let rows = || INPUTS.iter().map(|x| (w * x).tanh()).zip(targets);
            let v = rows().map(|(t, y)| t * y).sum::<f64>() / rows().map(|(t, _)| t * t).sum::<f64>();
            ([w, v], rows().map(|(t, y)| (v * t - y) * (v * t - y)).sum::<f64>() / 3.0)
        };
        let points: Vec<_> = (0..50).map(|i| along(0.05 * 1.1_f64.powi(i))).collect();
        points.windows(3).filter(|p| p[1].1 < p[0].1 && p[1].1 < p[2].1).map(|p| p[1]).collect()
    }

    #[test]
    fn the_search_finds_these_targets_and_no_others() {
        let quarters: Vec<f64> = (1..=8).map(|n| f64::from(n) / 4.0).collect();
        let mut found = Vec::new();
        for n in 0..512 {
            let targets = [quarters[n / 64], quarters[n / 8 % 8], quarters[n % 8]];
            let minima = minima(targets);
            let [first, second] = minima[..] else { continue };
            let [low, high] = [first.1.min(second.1), first.1.max(second.1)];
            let is_near = [first, second].iter().all(|(at, _)| at.iter().all(|x| *x <= 5.0));
            if is_near && low < high * 0.9 {
                found.push(targets);
            }
        }
        assert_eq!(found, [TARGETS]);
        for ((at, loss), known) in minima(TARGETS).into_iter().zip([LOCAL, LOWEST]) {
            assert!((at[0] / known[0]).ln().abs() < 0.1, "{at:?}, {known:?}");
            let (network, samples) = problem(at, TARGETS).expect("a network");
            let direct = score(&network, &Objective::new(Loss::Mse), &samples, &Cpu::new(1)).loss;
            assert!((loss - direct).abs() < 1e-14, "{loss} {direct}");
        }
    }

    #[test]
    fn the_start_of_the_saddle_lies_between_starts_that_leave_it_to_either_side() {
        let mut example = example("saddle");
        let end = |example: &DescentExample| trail(example, Rule::Sgd, 300).pop().expect("an end")[0];
        let known = example.network.parameters.values[1];
        let [mut low, mut high] = [known - 0.5, known + 0.5];
        example.network.parameters.values[1] = low;
        let side = end(&example) > 0.0;
        example.network.parameters.values[1] = high;
        assert!((end(&example) > 0.0) != side);
        for _ in 0..30 {
            let middle = f64::midpoint(low, high);
            example.network.parameters.values[1] = middle;
            if (end(&example) > 0.0) == side { low = middle } else { high = middle }
        }
        assert!((low - known).abs() < 1e-3, "{low}");
    }
}
