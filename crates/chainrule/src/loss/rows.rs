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
