//! Arithmetic of vectors in f64, every sum in the order of its index.

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// The largest entry without its sign; 0 of none, NaN if any is.
pub(super) fn largest(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |largest: f64, x| if x.abs() > largest || x.is_nan() { x.abs() } else { largest })
}

/// a ← a + scale·b.
pub(super) fn add(a: &mut [f64], scale: f64, b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a = scale.mul_add(*b, *a);
    }
}

/// a ← scale·a.
pub(super) fn scale_by(a: &mut [f64], scale: f64) {
    for a in a {
        *a *= scale;
    }
}

/// into ← a − b.
pub(super) fn subtract(into: &mut [f64], a: &[f64], b: &[f64]) {
    for ((into, a), b) in into.iter_mut().zip(a).zip(b) {
        *into = a - b;
    }
}
