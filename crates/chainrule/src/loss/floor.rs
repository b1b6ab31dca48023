//! Losses as they are reported where probabilities are not allowed to come nearer to 0 or 1 than a floor ε.
//!
//! ℓ = −ln p with p cut to [ε, 1 − ε], the definition of programs that compute the loss from rounded probabilities. Against a class, or
//! a label of 0 or 1, that is ℓ cut to [−ln(1 − ε), −ln ε]: under cross-entropy once per row, under binary cross-entropy once per
//! output.

use super::{Loss, Objective, binary_cross_entropy, sum_by_slices, weight};
use crate::data::{Batch, Targets};
use crate::network::LayerPass;
use crate::{Float, MatrixRef};
use chainrule_kernels::cpu::Cpu;

impl Objective {
    /// Cuts the losses w·ℓ of some rows, as [`backward_rows`](Self::backward_rows) left them, with their Z(L). Nothing is
    /// done for a floor of 0, and for losses without probabilities.
    pub(crate) fn floor_losses<F: Float>(
        &self,
        rows: &Batch<'_, F>,
        z: MatrixRef<'_, F>,
        floor: f64,
        losses: &mut [f64],
    ) {
        if floor <= 0.0 || !matches!(self.loss, Loss::CrossEntropy | Loss::BinaryCrossEntropy) {
            return;
        }
        let (least, most) = (-(-floor).ln_1p(), -floor.ln());
        // NaN stays.
        let cut = |loss: f64| {
            if loss < least {
                least
            } else if loss > most {
                most
            } else {
                loss
            }
        };
        let several = self.loss == Loss::BinaryCrossEntropy && z.columns() > 1;
        for ((i, &row), loss) in rows.rows.iter().enumerate().zip(losses) {
            let weight = weight(rows, row);
            if weight == 0.0 {
                continue;
            }
            *loss = match &rows.samples.targets {
                Targets::Values(y) if several => {
                    let entry = |(z, y): (&F, &F)| cut(binary_cross_entropy::value(&[*z], &[*y]));
                    weight * z.row(i).iter().zip(y.row(row as usize)).map(entry).sum::<f64>()
                }
                _ => weight * cut(*loss / weight),
            };
        }
    }

    /// The loss of a batch with this floor, from what the output layer computed for it.
    pub(crate) fn floored<F: Float>(
        &self,
        cpu: &Cpu,
        output: &LayerPass<F>,
        batch: &Batch<'_, F>,
        floor: f64,
    ) -> Option<f64> {
        let divisor = self.divisor(batch)?;
        let (z, a) = (output.preactivations.view(), output.activations.view());
        let mut y = vec![F::ZERO; z.columns()];
        let sum = sum_by_slices(batch.rows.len(), |rows, losses| {
            let part = Batch { rows: &batch.rows[rows.clone()], ..*batch };
            let (z, a) = (z.row_range(rows.clone()), a.row_range(rows));
            self.losses_of_rows(cpu.isa(), &part, (z, a), &mut y, losses);
            self.floor_losses(&part, z, floor, losses);
        });
        Some(sum / divisor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Matrix;
    use crate::data::{Columns, Samples};

    fn losses(loss: Loss, z: Vec<f64>, outputs: usize, targets: Targets<f64>) -> Vec<f64> {
        let rows = z.len() / outputs;
        let samples = Samples { columns: Columns::default(), targets, weights: Some(vec![2.0; rows]) };
        let order: Vec<u32> = (0..rows as u32).collect();
        let batch = Batch { samples: &samples, rows: &order };
        let z = Matrix::from_vec(z, rows, outputs);
        let (objective, cpu) = (Objective::new(loss), Cpu::new(1));
        let (mut y, mut losses) = (vec![0.0; outputs], vec![0.0; rows]);
        objective.losses_of_rows(cpu.isa(), &batch, (z.view(), z.view()), &mut y, &mut losses);
        objective.floor_losses(&batch, z.view(), 1e-3, &mut losses);
        losses
    }

    #[test]
    fn a_loss_lies_between_those_of_the_two_probabilities() {
        let (least, most) = (-(0.999_f64.ln()), -(1e-3_f64.ln()));
        let near = |found: Vec<f64>, expected: [f64; 3]| {
            assert!(found.iter().zip(expected).all(|(f, e)| (f - 2.0 * e).abs() < 1e-12), "{found:?}");
        };
        let middle = (1.0 + 1f64.exp()).ln();
        let classes = Targets::Classes(vec![0, 0, 0]);
        let z = vec![50.0, 0.0, 0.0, 50.0, 0.0, 1.0];
        near(losses(Loss::CrossEntropy, z, 2, classes), [least, most, middle]);
        let classes = Targets::Classes(vec![0, 1, 0]);
        near(losses(Loss::BinaryCrossEntropy, vec![50.0, 50.0, 1.0], 1, classes), [most, least, middle]);
        let labels = Targets::Values(Matrix::from_vec(vec![0.0, 1.0, 1.0, 1.0, 0.0, 0.0], 3, 2));
        let z = vec![50.0, 50.0, -50.0, 50.0, 1.0, 1.0];
        near(losses(Loss::BinaryCrossEntropy, z, 2, labels), [most + least, most + least, 2.0 * middle]);
    }
}
