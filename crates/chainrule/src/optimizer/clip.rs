//! Clipping of the gradient's norm.
//!
//! **In words.** When all gradients together are longer than allowed, all are shortened by the same factor. The
//! direction of the step stays, a single wild batch cannot throw the parameters far away.
//!
//! **Symbols.** g all gradients of all tensors as one vector; c [`clip_norm`](super::OptimizerConfig::clip_norm).
//!
//! **Equation.** g ← min(1, c / (‖g‖₂ + 10⁻⁶)) · g, with the norm in `f64` for either precision. The 10⁻⁶ is `PyTorch`'s
//! (`clip_grad_norm_`), so that the clipped norm is a trifle below c. Weight decay comes afterwards.
//!
//! **Errors.** None: a norm that is NaN or infinite makes gradients NaN, and training reports the divergence.
//!
//! ```
//! use chainrule::optimizer::clip::clip_norm;
//! use chainrule_kernels::cpu::Cpu;
//!
//! let mut gradients = [3.0, -4.0];
//! let before = clip_norm(&Cpu::new(1), &mut gradients, 1.0);
//! assert_eq!(before, 5.0);
//! assert_eq!(gradients.map(|g| format!("{g:.4}")), ["0.6000", "-0.8000"]);
//! ```
//!
//! **Source.** R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.

use chainrule_kernels::Float;
use chainrule_kernels::cpu::Cpu;

/// Shortens `gradients` to the norm `largest` if they are longer, and returns the norm that they had.
pub fn clip_norm<F: Float>(cpu: &Cpu, gradients: &mut [F], largest: f64) -> f64 {
    let norm = cpu.sum_of_squares(gradients).sqrt();
    let scale = largest / (norm + 1e-6);
    // A NaN is not held back here: it spreads to all gradients.
    if scale >= 1.0 {
        return norm;
    }
    let scale = F::from_f64(scale);
    for gradient in gradients {
        *gradient *= scale;
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_by_hand() {
        // ‖(2, −1, 2)‖ = 3: scaled by 1.5/(3 + 1e-6).
        let mut gradients = [2.0, -1.0, 2.0];
        assert_eq!(clip_norm(&Cpu::new(1), &mut gradients, 1.5), 3.0);
        let scale = 1.5 / 3.000_001;
        assert_eq!(gradients, [2.0 * scale, -scale, 2.0 * scale]);
    }

    #[test]
    fn shorter_gradients_keep_every_bit() {
        let mut gradients = [0.1f32, -0.2, 0.3];
        clip_norm(&Cpu::new(1), &mut gradients, 0.5);
        assert_eq!(gradients, [0.1, -0.2, 0.3]);
        assert_eq!(clip_norm::<f32>(&Cpu::new(1), &mut [], 1.0), 0.0);
        let mut zeros = [0.0f64; 2];
        clip_norm(&Cpu::new(1), &mut zeros, 1e-9);
        assert_eq!(zeros, [0.0; 2]);
    }

    #[test]
    fn squares_beyond_single_precision_still_clip() {
        let mut gradients = [3e30f32, -4e30];
        assert!((clip_norm(&Cpu::new(1), &mut gradients, 5.0) / 5e30 - 1.0).abs() < 1e-6);
        assert!((gradients[0] - 3.0).abs() < 1e-5 && (gradients[1] + 4.0).abs() < 1e-5, "{gradients:?}");
    }

    #[test]
    fn what_is_not_finite_is_not_hidden() {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut gradients = [1.0, bad];
            clip_norm(&Cpu::new(1), &mut gradients, 1.0);
            assert!(gradients[1].is_nan(), "{gradients:?}");
        }
    }
}
