//! Loss and score of a network over samples, as training watches them.

use crate::data::{Batch, Columns, Samples, Targets};
use crate::loss::{Loss, LossSum, Objective};
use crate::metrics::{R2Sum, largest, mean_of_defined, weight_of};
use crate::network::{LayerPass, Network, Predictor};
use crate::{Float, Matrix};
use chainrule_kernels::cpu::Cpu;

/// Rows per forward pass: enough for the products to run at full speed, few enough to stay in the cache.
pub(crate) const CHUNK: usize = 1024;

/// How well a network does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The objective over all rows; NaN when all of them have weight 0.
    pub loss: f64,
    /// Accuracy of a classifier (of all labels of a row at once, where there are several), R² of a regression; none where
    /// it is not defined.
    pub score: Option<f64>,
}

/// Loss and score of a network, without dropout.
///
/// # Panics
/// When the columns or targets are not those of the network.
pub fn score<F: Float>(
    network: &Network<F>,
    objective: &Objective,
    samples: &Samples<F>,
    cpu: &Cpu,
) -> Score {
    let mut sum = ScoreSum::default();
    sum.add(network, objective, samples, cpu);
    sum.finish(objective)
}

/// The score of samples that come in pieces. It is that of all of them at once, to the bit, where each piece but the last has a
/// multiple of [`CHUNK`] rows.
#[derive(Debug, Default)]
pub(crate) struct ScoreSum {
    loss: LossSum,
    total: f64,
    right: f64,
    /// Of each output of a regression.
    r2: Vec<R2Sum>,
}

impl ScoreSum {
    /// Takes in samples.
    pub(crate) fn add<F: Float>(
        &mut self,
        network: &Network<F>,
        objective: &Objective,
        samples: &Samples<F>,
        cpu: &Cpu,
    ) {
        let outputs = run(network, objective, samples, cpu, &mut self.loss);
        let weights = samples.weights.as_deref();
        let mut right = |is_right: &dyn Fn(usize) -> bool| {
            for row in 0..samples.n_samples() {
                let weight = weight_of(weights, row);
                self.total += weight;
                self.right += if is_right(row) { weight } else { 0.0 };
            }
        };
        match &samples.targets {
            Targets::Classes(classes) => right(&|row| class_of(outputs.row(row)) == classes[row]),
            Targets::Values(values) if objective.loss == Loss::BinaryCrossEntropy => right(&|row| {
                let pairs = outputs.row(row).iter().zip(values.row(row));
                pairs.into_iter().all(|(&p, &y)| (p.to_f64() > 0.5) == (y.to_f64() > 0.5))
            }),
            Targets::Values(values) => self.add_numbers(&outputs, values, weights),
        }
    }

    fn add_numbers<F: Float>(&mut self, outputs: &Matrix<F>, values: &Matrix<F>, weights: Option<&[F]>) {
        self.r2.resize(values.columns(), R2Sum::default());
        for row in 0..values.rows() {
            let weight = weight_of(weights, row);
            if weight > 0.0 {
                for ((r2, said), y) in self.r2.iter_mut().zip(outputs.row(row)).zip(values.row(row)) {
                    r2.add(weight, y.to_f64(), said.to_f64() - y.to_f64());
                }
            }
        }
    }

    /// The score of all samples.
    pub(crate) fn finish(self, objective: &Objective) -> Score {
        let score = match &self.r2[..] {
            [] => (self.total > 0.0).then(|| self.right / self.total),
            // Averaged over outputs; none when an output's target is constant.
            r2 => mean_of_defined(r2.iter().map(R2Sum::finish)),
        };
        Score { loss: self.loss.of_all(objective).unwrap_or(f64::NAN), score }
    }
}

/// The class that a row of outputs says: that of the largest, the first of several; with one output, whether it is
/// above ½.
pub(crate) fn class_of<F: Float>(outputs: &[F]) -> u32 {
    if let [only] = outputs {
        return u32::from(only.to_f64() > 0.5);
    }
    largest(outputs) as u32
}

/// The outputs, rows × outputs, computed in chunks, whose losses go into the sum.
pub(crate) fn run<F: Float>(
    network: &Network<F>,
    objective: &Objective,
    samples: &Samples<F>,
    cpu: &Cpu,
    loss: &mut LossSum,
) -> Matrix<F> {
    for_each_chunk(network, &samples.columns, cpu, |rows, last| {
        let batch = Batch { samples, rows };
        if let Some(chunk_loss) = objective.value(cpu, last, &batch) {
            loss.add(objective, &batch, chunk_loss);
        }
    })
}

/// The outputs for all rows, computed in chunks.
pub(crate) fn outputs<F: Float>(network: &Network<F>, columns: &Columns<F>, cpu: &Cpu) -> Matrix<F> {
    for_each_chunk(network, columns, cpu, |_, _| ())
}

fn for_each_chunk<F: Float>(
    network: &Network<F>,
    columns: &Columns<F>,
    cpu: &Cpu,
    mut seen: impl FnMut(&[u32], &LayerPass<F>),
) -> Matrix<F> {
    let rows: Vec<u32> = (0..columns.n_samples() as u32).collect();
    let mut predictor = Predictor::new(network, cpu, CHUNK.min(rows.len()));
    let mut values = Vec::with_capacity(rows.len() * network.n_outputs());
    for chunk in rows.chunks(CHUNK) {
        let last = predictor.run(columns, chunk);
        values.extend_from_slice(last.activations.values());
        seen(chunk, last);
    }
    Matrix::from_vec(values, rows.len(), network.n_outputs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;
    use crate::network::{LayerConfig, NetworkConfig};

    fn r2_of(weight: f64, targets: Vec<f64>, weights: Option<Vec<f64>>) -> Option<f64> {
        let (n, config) =
            (targets.len(), NetworkConfig::new(1, vec![LayerConfig::new(1, Activation::Identity)]));
        let network = Network::from_parameters(&config, vec![weight, 0.0]).expect("two parameters");
        let columns = Columns {
            numeric: Matrix::from_fn(n, 1, |row, _| row as f64),
            codes: Matrix::from_vec(vec![], n, 0),
        };
        let targets = Targets::Values(Matrix::from_vec(targets, n, 1));
        let samples = Samples { columns, targets, weights };
        score(&network, &Objective::new(Loss::Mse), &samples, &Cpu::new(1)).score
    }

    #[test]
    fn a_constant_target_has_no_r2_even_where_its_mean_rounds_to_another_number() {
        assert_eq!(r2_of(1.0, vec![0.1; 3], None), None);
        assert_eq!(r2_of(1.0, vec![0.0, 1.0, 7.0], Some(vec![0.0, 2.0, 0.0])), None);
        assert_eq!(r2_of(1.0, vec![0.0, 1.0, 5.0], Some(vec![1.0, 1.0, 0.0])), Some(1.0));
        assert_eq!(r2_of(0.0, vec![1.0, -1.0, 0.0], None), Some(0.0));
    }

    #[test]
    fn a_prediction_that_is_nan_makes_the_r2_of_a_score_nan() {
        assert!(r2_of(f64::NAN, vec![0.0, 1.0], None).expect("a varying target").is_nan());
    }
}
