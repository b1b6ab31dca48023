//! The error surface: the loss over a plane in the space of all parameters.
//!
//! **In words.** The loss is a function of every weight and bias at once, and nobody can draw that. Cut by a plane it becomes
//! a landscape: a height over two coordinates. The plane is spanned by two directions, most simply by two weights,
//! everything else staying as it is.
//!
//! **Symbols.** θ are all parameters, θ₀ those of the plane's origin, u and v its two axes; L is the mean loss over the rows.
//!
//! **Equations.** h(a, b) = L(θ₀ + a·u + b·v). The first layer is affine in its parameters, so
//! Z(1) = Z₀ + a·(X·Uᵀ + 1·uᵀ) + b·(X·Vᵀ + 1·vᵀ): three products of the inputs, made once, serve all points, and for a
//! network with many inputs a point costs little more than its other layers. The coordinates of any θ are those of the
//! point of the plane that is nearest to it: the least-squares solution of θ − θ₀ ≈ a·u + b·v.
//!
//! **Shapes.** θ, u and v have one entry per parameter, in the places of the network's table. Heights over a grid stand row
//! after row: the one at xs\[i\], ys\[j\] at j·|xs| + i.
//!
//! **Errors.** A plane needs axes of its network's size that span one. A loss that is not finite is a height that is not
//! finite; rows that all have weight 0 have no loss, and every height is NaN.
//!
//! **Example.** One weight and one bias, three rows on the line y = 2x + 1; the surface is a bowl with its bottom there:
//!
//! ```
//! use chainrule::analysis::{Plane, Surface};
//! use chainrule::data::{Columns, Samples, Targets};
//! use chainrule::loss::{Loss, Objective};
//! use chainrule::network::{LayerConfig, Network, NetworkConfig};
//! use chainrule::{Activation, Cpu, Matrix};
//!
//! let config = NetworkConfig::new(1, vec![LayerConfig::new(1, Activation::Identity)]);
//! let network = Network::from_parameters(&config, vec![0.5, 0.0])?;
//! let columns = Columns { numeric: Matrix::from_vec(vec![0.0, 1.0, 2.0], 3, 1), codes: Matrix::zeros(3, 0) };
//! let targets = Targets::Values(Matrix::from_vec(vec![1.0, 3.0, 5.0], 3, 1));
//! let samples = Samples { columns, targets, weights: None };
//!
//! let plane = Plane::of_parameters(&network, [0, 1])?;
//! assert_eq!(plane.coordinates(&network.parameters.values), [0.5, 0.0]);
//! let (objective, cpu) = (Objective::new(Loss::Mse), Cpu::new(1));
//! let mut surface = Surface::new(&network, &objective, &samples, &plane, &cpu);
//! assert_eq!(surface.height([2.0, 1.0]), 0.0);
//! assert_eq!(surface.heights(&[2.0, 3.0], &[1.0]), [0.0, 5.0 / 3.0]); // (0² + 1² + 2²) / 3
//! # Ok::<(), chainrule::Error>(())
//! ```
//!
//! **Source.** H. Li and others, "Visualizing the loss landscape of neural nets", NeurIPS 2018, which draws the plane alone;
//! what the plane leaves out of a path is measured by [`Descent`](super::Descent).

use crate::data::{Batch, Samples};
use crate::loss::{LossSum, Objective};
use crate::network::{LayerPass, Network};
use crate::{Error, Float, Matrix, Result};
use chainrule_kernels::cpu::Cpu;

/// Rows per pass: few enough to stay in the cache.
const CHUNK: usize = 1024;

/// A plane in the space of all parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane<F> {
    /// θ₀, the point at the coordinates 0, 0.
    origin: Vec<F>,
    /// u and v.
    axes: [Vec<F>; 2],
    /// u·u, u·v, v·v.
    products: [f64; 3],
}

impl<F: Float> Plane<F> {
    /// The plane through a network's parameters in which two of them move. Its coordinates are their values.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) when both are the same or one is not there.
    pub fn of_parameters(network: &Network<F>, places: [usize; 2]) -> Result<Self> {
        let mut origin = network.parameters.values.clone();
        let n = origin.len();
        if places[0] == places[1] || places.iter().any(|place| *place >= n) {
            return Err(Error::configuration(format!(
                "a plane needs two different parameters, not numbers {} and {} of {n}",
                places[0], places[1]
            )));
        }
        let axes = places.map(|place| {
            let mut axis = vec![F::ZERO; n];
            axis[place] = F::ONE;
            origin[place] = F::ZERO;
            axis
        });
        Self::new(origin, axes)
    }

    /// The plane through a point along two directions.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) when the sizes differ, a number is not finite, or the directions
    /// are (nearly) parallel.
    pub fn new(origin: Vec<F>, axes: [Vec<F>; 2]) -> Result<Self> {
        let [u, v] = &axes;
        if u.len() != origin.len() || v.len() != origin.len() {
            return Err(Error::configuration(format!(
                "a plane needs directions with one entry per parameter: {}, not {} and {}",
                origin.len(),
                u.len(),
                v.len()
            )));
        }
        let products = [dot(u, u), dot(u, v), dot(v, v)];
        let [uu, uv, vv] = products;
        // The squared sine of the angle between them; NaN is not above anything.
        let spans = uu * vv - uv * uv > 1e-12 * uu * vv;
        if !spans || !origin.iter().all(|x| x.to_f64().is_finite()) {
            return Err(Error::configuration(
                "these directions span no plane: they are parallel, 0, or not finite\ntake two that differ",
            ));
        }
        Ok(Self { origin, axes, products })
    }

    /// The coordinates of the plane's point that is nearest to some parameters.
    ///
    /// # Panics
    /// When there are not as many as the plane has.
    pub fn coordinates(&self, parameters: &[F]) -> [f64; 2] {
        assert_eq!(parameters.len(), self.origin.len(), "one entry per parameter");
        let along = |axis: &[F]| -> f64 {
            let moved = parameters.iter().zip(&self.origin).map(|(p, o)| p.to_f64() - o.to_f64());
            moved.zip(axis).map(|(moved, axis)| moved * axis.to_f64()).sum()
        };
        let ([uu, uv, vv], [pu, pv]) = (self.products, [along(&self.axes[0]), along(&self.axes[1])]);
        let determinant = uu * vv - uv * uv;
        [(pu * vv - pv * uv) / determinant, (pv * uu - pu * uv) / determinant]
    }

    /// The parameters at a point of the plane.
    pub fn parameters(&self, [a, b]: [f64; 2]) -> Vec<F> {
        let (a, b) = (F::from_f64(a), F::from_f64(b));
        let axes = self.axes[0].iter().zip(&self.axes[1]);
        self.origin.iter().zip(axes).map(|(&o, (&u, &v))| o + a * u + b * v).collect()
    }
}

fn dot<F: Float>(a: &[F], b: &[F]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64()).sum()
}

/// The loss over a plane, ready to be asked at any point.
#[derive(Debug)]
pub struct Surface<'a, F> {
    network: Network<F>,
    objective: &'a Objective,
    samples: &'a Samples<F>,
    plane: &'a Plane<F>,
    cpu: &'a Cpu,
    chunks: Vec<Chunk<F>>,
    layers: Vec<LayerPass<F>>,
}

/// Some rows, and Z(1) of them: at the origin, and what each axis adds.
#[derive(Debug)]
struct Chunk<F> {
    rows: Vec<u32>,
    first: [Vec<F>; 3],
}

impl<'a, F: Float> Surface<'a, F> {
    /// The surface of a network's loss over all rows, without dropout.
    ///
    /// # Panics
    /// When the columns or targets are not those of the network, or the plane is another network's.
    pub fn new(
        network: &Network<F>,
        objective: &'a Objective,
        samples: &'a Samples<F>,
        plane: &'a Plane<F>,
        cpu: &'a Cpu,
    ) -> Self {
        assert_eq!(plane.origin.len(), network.parameters.len(), "the plane is this network's");
        let mut network = network.clone();
        let rows: Vec<u32> = (0..samples.n_samples() as u32).collect();
        let chunks = rows.chunks(CHUNK).map(|rows| {
            let columns = samples.columns.select(rows);
            let first = [&plane.origin, &plane.axes[0], &plane.axes[1]].map(|parameters| {
                network.parameters.values.clone_from(parameters);
                let pass = network.forward(cpu, &columns);
                pass.layers[0].preactivations.values().to_vec()
            });
            Chunk { rows: rows.to_vec(), first }
        });
        let chunks = chunks.collect();
        let layers = network.layers().map(|dense| LayerPass {
            preactivations: Matrix::zeros(CHUNK.min(rows.len()), dense.n_outputs),
            activations: Matrix::zeros(CHUNK.min(rows.len()), dense.n_outputs),
            dropped: None,
        });
        let layers = layers.collect();
        Self { network, objective, samples, plane, cpu, chunks, layers }
    }

    /// The plane that it lies over.
    pub fn plane(&self) -> &Plane<F> {
        self.plane
    }

    /// The loss at a point of the plane.
    pub fn height(&mut self, point: [f64; 2]) -> f64 {
        self.move_to(point);
        let [a, b] = point.map(F::from_f64);
        let mut sum = LossSum::default();
        for chunk in &self.chunks {
            for layer in &mut self.layers {
                layer.preactivations.set_rows(chunk.rows.len());
                layer.activations.set_rows(chunk.rows.len());
            }
            let [origin, u, v] = &chunk.first;
            let z = self.layers[0].preactivations.values_mut().iter_mut();
            for (z, ((&origin, &u), &v)) in z.zip(origin.iter().zip(u).zip(v)) {
                *z = origin + a * u + b * v;
            }
            forward_from_first(&self.network, self.cpu, &mut self.layers);
            let batch = Batch { samples: self.samples, rows: &chunk.rows };
            let output = &self.layers[self.layers.len() - 1];
            if let Some(loss) = self.objective.value(self.cpu, output, &batch) {
                sum.add(self.objective, &batch, loss);
            }
        }
        sum.of_all(self.objective).unwrap_or(f64::NAN)
    }

    /// The losses over a grid, row after row: `xs` within `ys`.
    pub fn heights(&mut self, xs: &[f64], ys: &[f64]) -> Vec<f64> {
        ys.iter().flat_map(|&y| xs.iter().map(move |&x| [x, y])).map(|point| self.height(point)).collect()
    }

    /// Sets the parameters of all layers but the first to those of a point.
    fn move_to(&mut self, [a, b]: [f64; 2]) {
        let (a, b) = (F::from_f64(a), F::from_f64(b));
        // The tensors follow each other as the layers do.
        let begin = self.network.layers().nth(1).map(|second| second.weight);
        let begin = begin
            .map_or(self.plane.origin.len(), |weight| self.network.parameters.tensors[weight].range.start);
        let axes = self.plane.axes[0][begin..].iter().zip(&self.plane.axes[1][begin..]);
        let moved = self.plane.origin[begin..].iter().zip(axes).map(|(&o, (&u, &v))| o + a * u + b * v);
        for (value, moved) in self.network.parameters.values[begin..].iter_mut().zip(moved) {
            *value = moved;
        }
    }
}

/// The forward pass from Z(1), which is there already.
fn forward_from_first<F: Float>(network: &Network<F>, cpu: &Cpu, layers: &mut [LayerPass<F>]) {
    for (l, dense) in network.layers().enumerate() {
        let (before, rest) = layers.split_at_mut(l);
        let LayerPass { preactivations, activations, .. } = &mut rest[0];
        let Some(below) = before.last() else {
            cpu.activate(dense.activation, preactivations.view(), activations.view_mut());
            continue;
        };
        let weight = network.parameters.matrix(dense.weight);
        let bias = dense.bias.map(|bias| network.parameters.tensor(bias));
        let (z, a) = (preactivations.view_mut(), activations.view_mut());
        cpu.affine(dense.activation, below.activations.view(), weight, bias, z, a);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;
    use crate::data::{Columns, Targets};
    use crate::loss::Loss;
    use crate::model::score;
    use crate::network::{LayerConfig, NetworkConfig};

    /// More rows than one chunk has, two numbers and a category, weights, three layers.
    fn problem<F: Float>() -> (Network<F>, Samples<F>) {
        let layers = vec![
            LayerConfig::new(5, Activation::Tanh),
            LayerConfig { bias: false, ..LayerConfig::new(4, Activation::Relu) },
            LayerConfig::new(3, Activation::Softmax),
        ];
        let config = NetworkConfig { n_numeric: 2, cardinalities: vec![3], layers };
        let network = Network::new(&config, 7).expect("a network");
        let n = CHUNK + 50;
        let numeric = Matrix::from_fn(n, 2, |i, j| F::from_f64(((i * (j + 2) % 17) as f64 - 8.0) / 5.0));
        let codes = Matrix::from_fn(n, 1, |i, _| (i % 3) as u32);
        let weights = (0..n).map(|i| F::from_f64((i % 4) as f64)).collect();
        let targets = Targets::Classes((0..n as u32).map(|i| (i / 2) % 3).collect());
        (network, Samples { columns: Columns { numeric, codes }, targets, weights: Some(weights) })
    }

    fn heights_are_losses<F: Float>(tolerance: f64) {
        let (network, samples) = problem::<F>();
        let objective = Objective::new(Loss::CrossEntropy);
        let cpu = Cpu::new(1);
        let n = network.parameters.len();
        let direction =
            |step: usize| (0..n).map(|i| F::from_f64(((i * step) % 7) as f64 / 7.0 - 0.4)).collect();
        let planes = [
            Plane::of_parameters(&network, [1, n - 2]).expect("two parameters"),
            Plane::new(network.parameters.values.clone(), [direction(3), direction(5)])
                .expect("two directions"),
        ];
        for plane in &planes {
            let mut surface = Surface::new(&network, &objective, &samples, plane, &cpu);
            for point in [[0.0, 0.0], [0.7, -0.3], [-2.0, 1.5]] {
                let mut there = network.clone();
                there.parameters.values = plane.parameters(point);
                let direct = score(&there, &objective, &samples, &cpu).loss;
                let found = surface.height(point);
                assert!((found - direct).abs() <= tolerance * direct, "{point:?}: {found} and {direct}");
            }
            let (xs, ys) = ([0.0, 0.25, 0.5], [1.0, -1.0]);
            let grid = surface.heights(&xs, &ys);
            assert_eq!(grid.len(), 6);
            assert_eq!(grid[5], surface.height([0.5, -1.0]));
        }
    }

    /// A sum in another order: products of the inputs once more, in the network's precision.
    #[test]
    fn every_height_is_the_loss_of_the_network_with_those_parameters() {
        heights_are_losses::<f64>(1e-13);
        heights_are_losses::<f32>(1e-5);
    }

    #[test]
    fn the_coordinates_of_two_weights_are_their_values_and_those_of_a_point_are_its_own() {
        let (network, _) = problem::<f64>();
        let values = &network.parameters.values;
        let plane = Plane::of_parameters(&network, [3, 11]).expect("two parameters");
        assert_eq!(plane.coordinates(values), [values[3], values[11]]);
        assert_eq!(plane.parameters([values[3], values[11]]), *values);

        // Directions that are not at right angles, and a point beside the plane.
        let (u, v, origin) = (vec![1.0, 0.0, 0.0], vec![1.0, 2.0, 0.0], vec![5.0, 5.0, 5.0]);
        let plane = Plane::new(origin, [u, v]).expect("a plane");
        let [a, b] = plane.coordinates(&[5.0 + 3.0 + 0.5, 5.0 + 1.0, 9.0]);
        assert!((a - 3.0).abs() < 1e-12 && (b - 0.5).abs() < 1e-12, "{a} {b}");
    }

    #[test]
    fn directions_that_span_no_plane_are_refused() {
        let (network, _) = problem::<f64>();
        assert!(Plane::of_parameters(&network, [4, 4]).is_err());
        assert!(Plane::of_parameters(&network, [0, network.parameters.len()]).is_err());
        let plane = |u: [f64; 2], v: [f64; 2]| Plane::new(vec![0.0; 2], [u.to_vec(), v.to_vec()]);
        assert!(plane([1.0, 2.0], [-2.0, -4.0]).is_err());
        assert!(plane([0.0, 0.0], [1.0, 0.0]).is_err());
        assert!(plane([f64::NAN, 0.0], [1.0, 0.0]).is_err());
        assert!(plane([1.0, 0.0], [0.0, 1.0]).is_ok());
        assert!(Plane::new(vec![0.0; 3], [vec![1.0; 2], vec![0.0; 2]]).is_err());
    }

    #[test]
    fn rows_without_weight_have_no_height() {
        let (network, samples) = problem::<f64>();
        let samples = Samples { weights: Some(vec![0.0; samples.n_samples()]), ..samples };
        let plane = Plane::of_parameters(&network, [0, 1]).expect("two parameters");
        let (objective, cpu) = (Objective::new(Loss::CrossEntropy), Cpu::new(1));
        assert!(Surface::new(&network, &objective, &samples, &plane, &cpu).height([0.0, 0.0]).is_nan());
    }
}
