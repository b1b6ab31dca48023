//! Loss and derivative of some rows of a batch, for whoever computes just these.
//!
//! A row's loss and δ depend on that row, on its weight and on the divisor of the whole batch, so a batch can be cut
//! anywhere. Cross-entropy against the numbers of classes has a fast loop of its own, from Z alone; everything else goes
//! row by row, with the targets written where δ will stand. Neither allocates.

use super::{Loss, Objective, weight};
use crate::data::{Batch, Targets};
use crate::{Activation, Float};
use chainrule_kernels::cpu::Isa;
use chainrule_kernels::{ClassTargets, MatrixRef, PaddedMut};

/// What the output layer computed for some rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputRows<'a, F> {
    /// The activation of the layer.
    pub(crate) activation: Activation,
    /// Z(L).
    pub(crate) z: MatrixRef<'a, F>,
    /// A(L). Its values do not matter where [`Objective::reads_activations`] says so.
    pub(crate) a: MatrixRef<'a, F>,
}

impl Objective {
    /// Whether the loss and its derivative need A(L), or else are made of Z(L) alone.
    pub(crate) fn reads_activations<F: Float>(&self, targets: &Targets<F>, n_outputs: usize) -> bool {
        // With one output a class is a number to be met, 0 or 1, and not the place of an output.
        let of_classes = matches!(targets, Targets::Classes(_)) && n_outputs > 1;
        !(self.loss == Loss::CrossEntropy && self.label_smoothing == 0.0 && of_classes)
    }

    /// The loss w·ℓ of each row of `rows` and δ(L) = w·∂ℓ/∂z / `divisor`.
    ///
    /// `rows` is a batch or a part of one, `divisor` that of the whole: what [`Objective::divisor`] gives. `output`,
    /// `delta` and `losses` cover just these rows. The batch's loss is [`sum_of_losses`](super::sum_of_losses) of all its
    /// rows over the divisor. Where the batch is cut changes no bit.
    ///
    /// # Panics
    /// When the shapes do not fit the rows.
    pub(crate) fn backward_rows<F: Float>(
        &self,
        isa: Isa,
        rows: &Batch<'_, F>,
        divisor: f64,
        output: OutputRows<'_, F>,
        mut delta: PaddedMut<'_, F>,
        losses: &mut [f64],
    ) {
        let OutputRows { activation, z, a } = output;
        if let Some(targets) = self.class_targets(rows, z.columns()) {
            return isa.softmax_cross_entropy(z, targets, divisor, delta, losses);
        }
        assert_eq!(
            (rows.rows.len(), rows.rows.len()),
            (delta.rows(), losses.len()),
            "one δ and loss per row"
        );
        delta.prepare();
        for ((i, &row), loss) in rows.rows.iter().enumerate().zip(losses) {
            let delta = delta.row_mut(i);
            self.write_targets(&rows.samples.targets, row as usize, delta);
            let weight = weight(rows, row);
            *loss = weight * self.loss.row(z.row(i), a.row(i), delta);
            self.loss.row_derivative(weight / divisor, a.row(i), delta);
        }
        if !self.loss.takes_preactivations() {
            isa.activate_backward(activation, z, a, delta);
        }
    }

    /// The loss w·ℓ of each row, with the bits of [`backward_rows`](Self::backward_rows). `y` is room for the targets of a
    /// row.
    pub(super) fn losses_of_rows<F: Float>(
        &self,
        isa: Isa,
        rows: &Batch<'_, F>,
        (z, a): (MatrixRef<'_, F>, MatrixRef<'_, F>),
        y: &mut [F],
        losses: &mut [f64],
    ) {
        if let Some(targets) = self.class_targets(rows, z.columns()) {
            return isa.class_losses(z, targets, losses);
        }
        for ((i, &row), loss) in rows.rows.iter().enumerate().zip(losses) {
            self.write_targets(&rows.samples.targets, row as usize, y);
            *loss = weight(rows, row) * self.loss.row(z.row(i), a.row(i), y);
        }
    }

    /// The targets as the fast loop takes them, where it applies.
    fn class_targets<'a, F: Float>(
        &self,
        rows: &Batch<'a, F>,
        n_outputs: usize,
    ) -> Option<ClassTargets<'a, F>> {
        let samples = rows.samples;
        match &samples.targets {
            Targets::Classes(classes) if !self.reads_activations(&samples.targets, n_outputs) => {
                Some(ClassTargets { classes, weights: samples.weights.as_deref(), rows: rows.rows })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sum_of_losses;
    use super::*;
    use crate::data::{Columns, Samples};
    use crate::network::LayerPass;
    use crate::{Cpu, Matrix};

    const ROWS: usize = 600;
    const OUTPUTS: usize = 3;
    /// Distance of the rows of δ.
    const STRIDE: usize = 8;

    fn matrix(shift: f64) -> Matrix<f64> {
        Matrix::from_fn(ROWS, OUTPUTS, |i, j| ((i * 7 + j * 13) % 61) as f64 / 20.0 - 1.0 + shift)
    }

    fn samples(targets: Targets<f64>, weighted: bool) -> Samples<f64> {
        let weights = weighted.then(|| (0..ROWS).map(|i| (i % 5) as f64 / 2.0).collect());
        Samples { columns: Columns::default(), targets, weights }
    }

    /// Every objective with the activation of its output, and with targets of both kinds.
    fn cases() -> Vec<(Objective, Activation, Targets<f64>)> {
        let classes = || Targets::Classes((0..ROWS).map(|i| (i % OUTPUTS) as u32).collect());
        let mut cases = Vec::new();
        for (_, loss) in super::super::NAMES {
            let output = loss.output_activation(None).unwrap();
            cases.push((Objective::new(loss), output, Targets::Values(matrix(0.3))));
            cases.push((Objective::new(loss), output, classes()));
        }
        let smoothed = Objective { loss: Loss::CrossEntropy, label_smoothing: 0.1 };
        cases.push((smoothed, Activation::Softmax, classes()));
        cases.push((Objective::new(Loss::Mse), Activation::Softmax, classes()));
        cases.push((Objective::new(Loss::Huber { delta: 0.5 }), Activation::Tanh, classes()));
        cases
    }

    #[test]
    fn parts_of_a_batch_have_the_bits_of_the_whole() {
        let cpu = Cpu::new(1);
        let order: Vec<u32> = (0..ROWS as u32).rev().collect();
        for (objective, activation, targets) in cases() {
            for weighted in [false, true] {
                let samples = samples(targets.clone(), weighted);
                let batch = Batch { samples: &samples, rows: &order };
                let (z, mut a) = (matrix(0.0), matrix(0.0));
                cpu.activate(activation, z.view(), a.view_mut());
                let output = LayerPass { preactivations: z.clone(), activations: a.clone(), dropped: None };
                let mut whole = Matrix::zeros(ROWS, OUTPUTS);
                let loss = objective.backward(&cpu, activation, &output, &batch, &mut whole).unwrap();
                assert_eq!(objective.value(&cpu, &output, &batch), Some(loss), "{objective:?}");

                if !objective.reads_activations(&samples.targets, OUTPUTS) {
                    a.values_mut().fill(f64::NAN);
                }
                let divisor = objective.divisor(&batch).unwrap();
                let (mut delta, mut losses) = (vec![f64::NAN; ROWS * STRIDE], vec![f64::NAN; ROWS]);
                for start in (0..ROWS).step_by(77) {
                    let part = start..ROWS.min(start + 77);
                    let rows = Batch { rows: &order[part.clone()], ..batch };
                    let (z, a) = (z.view().row_range(part.clone()), a.view().row_range(part.clone()));
                    let view = PaddedMut::new(&mut delta, ROWS, OUTPUTS, STRIDE).row_range(part.clone());
                    let output = OutputRows { activation, z, a };
                    objective.backward_rows(cpu.isa(), &rows, divisor, output, view, &mut losses[part]);
                }
                assert_eq!(sum_of_losses(&losses) / divisor, loss, "{objective:?}");
                for (i, row) in delta.chunks(STRIDE).enumerate() {
                    assert_eq!(&row[..OUTPUTS], whole.row(i), "{objective:?}");
                    assert!(row[OUTPUTS..].iter().all(|&x| x == 0.0), "{objective:?}: the padding is not 0");
                }
            }
        }
    }

    #[test]
    fn the_fast_loop_has_the_loss_and_derivative_of_targets_written_out() {
        let cpu = Cpu::new(1);
        let classes: Vec<u32> = (0..ROWS).map(|i| (i * i % OUTPUTS) as u32).collect();
        let written = Matrix::from_fn(ROWS, OUTPUTS, |i, j| f64::from(u8::from(classes[i] as usize == j)));
        let order: Vec<u32> = (0..ROWS as u32).collect();
        let (z, mut a) = (matrix(0.0), matrix(0.0));
        cpu.activate(Activation::Softmax, z.view(), a.view_mut());
        let output = LayerPass { preactivations: z, activations: a, dropped: None };
        let run = |targets| {
            let samples = samples(targets, true);
            let batch = Batch { samples: &samples, rows: &order };
            let (objective, mut delta) = (Objective::new(Loss::CrossEntropy), Matrix::zeros(ROWS, OUTPUTS));
            let loss = objective.backward(&cpu, Activation::Softmax, &output, &batch, &mut delta).unwrap();
            (loss, delta)
        };
        let ((fast, fast_delta), (slow, slow_delta)) =
            (run(Targets::Classes(classes)), run(Targets::Values(written)));
        assert!((fast - slow).abs() < 1e-14 * slow, "{fast}, not {slow}");
        for (fast, slow) in fast_delta.values().iter().zip(slow_delta.values()) {
            assert!((fast - slow).abs() < 1e-17, "{fast}, not {slow}");
        }
    }

    #[test]
    fn with_one_output_a_class_is_a_number_and_has_no_column() {
        let samples = samples(Targets::Classes(vec![1; ROWS]), false);
        let objective = Objective::new(Loss::CrossEntropy);
        assert!(objective.reads_activations(&samples.targets, 1));
        let (z, a) = (Matrix::zeros(1, 1), Matrix::from_vec(vec![1.0], 1, 1));
        let output = LayerPass { preactivations: z, activations: a, dropped: None };
        let (batch, mut delta) = (Batch { samples: &samples, rows: &[0] }, Matrix::from_vec(vec![7.0], 1, 1));
        let loss = objective.backward(&Cpu::new(1), Activation::Softmax, &output, &batch, &mut delta);
        assert_eq!((loss, delta.values()), (Some(0.0), &[0.0][..]));
    }
}
