//! Softmax and the logarithm of a sum of exponentials, by row.

use crate::Float;

/// ln Σⱼ e^(zⱼ), computed about the largest entry so that nothing overflows; −∞ of an empty row.
///
/// It has no fast twin of its own: the fast losses have theirs built in.
pub fn log_sum_exp<F: Float>(z: &[F]) -> F {
    let largest = z.iter().copied().fold(-F::ONE / F::ZERO, F::max);
    if !largest.is_finite() {
        return z.iter().copied().fold(largest, |sum, x| if x.is_finite() { sum } else { sum + x });
    }
    largest + z.iter().map(|&x| (x - largest).exp()).sum::<F>().ln()
}

/// aⱼ = e^(zⱼ − max z) / Σₖ e^(zₖ − max z).
///
/// # Panics
/// When `a` and `z` differ in length.
pub fn softmax<F: Float>(z: &[F], a: &mut [F]) {
    assert_eq!(z.len(), a.len(), "one result per entry");
    let largest = z.iter().copied().fold(-F::ONE / F::ZERO, F::max);
    let mut sum = F::ZERO;
    for (to, &from) in a.iter_mut().zip(z) {
        *to = (from - largest).exp();
        sum += *to;
    }
    for to in a {
        *to /= sum;
    }
}

/// δ ← J·δ with softmax's Jacobian Jᵢⱼ = aᵢ·(1 − aⱼ) for i = j, −aᵢ·aⱼ else: δᵢ ← aᵢ·(δᵢ − Σⱼ aⱼδⱼ).
///
/// # Panics
/// When `a` and `delta` differ in length.
pub fn softmax_backward<F: Float>(a: &[F], delta: &mut [F]) {
    assert_eq!(a.len(), delta.len(), "one derivative per entry");
    let mean: F = a.iter().zip(&*delta).map(|(&a, &d)| a * d).sum();
    for (d, &a) in delta.iter_mut().zip(a) {
        *d = a * (*d - mean);
    }
}
