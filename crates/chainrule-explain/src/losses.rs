//! Losses by their definitions, one row at a time: ℓ, ∂ℓ/∂ŷ and ∂ℓ/∂z.
//!
//! These are the sums that a textbook has. The engine's own files are another piece of code, and what both say is
//! compared. Shapes: `z`, `a` and `y` are the K preactivations, outputs and targets of a row.

use chainrule::loss::Loss;

/// ℓ of a row. The likelihoods are computed from z, so that no logarithm sees a rounded probability.
pub(crate) fn row_loss(loss: Loss, z: &[f64], a: &[f64], y: &[f64]) -> f64 {
    let errors = || a.iter().zip(y).map(|(a, y)| a - y);
    let k = y.len() as f64;
    match loss {
        Loss::Mse => errors().map(|e| e * e).sum::<f64>() / k,
        Loss::HalfMse | Loss::HalfSse => errors().map(|e| e * e).sum::<f64>() / 2.0,
        Loss::Sse => errors().map(|e| e * e).sum(),
        Loss::Mae => errors().map(f64::abs).sum::<f64>() / k,
        Loss::Huber { delta } => errors().map(|e| huber(delta, e)).sum::<f64>() / k,
        Loss::CrossEntropy => {
            let log_sum = log_sum(z);
            z.iter().zip(y).map(|(z, y)| y * (log_sum - z)).sum()
        }
        Loss::BinaryCrossEntropy => z.iter().zip(y).map(|(&z, y)| softplus(z) - y * z).sum(),
        Loss::Poisson => z.iter().zip(y).map(|(z, y)| z.exp() - y * z).sum(),
        _ => f64::NAN,
    }
}

/// ∂ℓ/∂ŷ_k of each output.
pub(crate) fn output_derivative(loss: Loss, a: &[f64], y: &[f64]) -> Vec<f64> {
    let k = y.len() as f64;
    let each = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(y).map(|(&a, &y)| f(a, y)).collect();
    match loss {
        Loss::Mse => each(&|a, y| 2.0 * (a - y) / k),
        Loss::HalfMse | Loss::HalfSse => each(&|a, y| a - y),
        Loss::Sse => each(&|a, y| 2.0 * (a - y)),
        Loss::Mae => each(&|a, y| sign(a - y) / k),
        Loss::Huber { delta } => each(&|a, y| (a - y).clamp(-delta, delta) / k),
        Loss::CrossEntropy => each(&|a, y| if y == 0.0 { 0.0 } else { -y / a }),
        Loss::BinaryCrossEntropy => each(&|a, y| (a - y) / (a * (1.0 - a))),
        Loss::Poisson => each(&|a, y| 1.0 - y / a),
        _ => vec![f64::NAN; y.len()],
    }
}

/// Whether ∂ℓ/∂z has a short form of its own, in which σ' has cancelled: ŷ − y (times Σy for softmax).
pub(crate) fn has_short_form(loss: Loss) -> bool {
    loss.takes_preactivations()
}

/// ∂ℓ/∂z of each output of a loss that has the short form.
pub(crate) fn short_form(loss: Loss, a: &[f64], y: &[f64]) -> Vec<f64> {
    // Targets of a softmax need not sum to 1.
    let total: f64 = if loss == Loss::CrossEntropy { y.iter().sum() } else { 1.0 };
    a.iter().zip(y).map(|(a, y)| total * a - y).collect()
}

/// Losses of which 1/K is part, the mean over a row's outputs.
pub(crate) fn has_outputs_mean(loss: Loss) -> bool {
    matches!(loss, Loss::Mse | Loss::Mae | Loss::Huber { .. })
}

/// ln Σeᶻ.
pub(crate) fn log_sum(z: &[f64]) -> f64 {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + z.iter().map(|z| (z - largest).exp()).sum::<f64>().ln()
}

fn huber(delta: f64, e: f64) -> f64 {
    if e.abs() <= delta { e * e / 2.0 } else { delta * e.abs() - delta * delta / 2.0 }
}

/// −1, 0 or 1.
fn sign(e: f64) -> f64 {
    if e == 0.0 { 0.0 } else { e.signum() }
}

/// ln(1 + eᶻ).
fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}
