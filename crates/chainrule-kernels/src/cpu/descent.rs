//! The rules that move a parameter by a few multiply-adds, for one number or a register of them.
//!
//! They are cheap enough to be done in the registers in which the product has left the gradient. Each formula stands here once,
//! and the loops of `update.rs` and the micro-kernels both use it: that is why the fused and the separate form of a step have
//! the same bits.

#![allow(unsafe_code, reason = "the same formula serves registers")]

use super::arch::Arithmetic;

/// The numbers of a rule, as numbers or as registers full of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Descent<A> {
    pub(crate) kind: DescentKind,
    /// λ of coupled decay.
    pub(crate) coupled: A,
    /// 1 − rate·λ of decoupled decay.
    pub(crate) shrink: A,
    /// −rate.
    pub(crate) minus_rate: A,
    /// Share of the velocity that is kept.
    pub(crate) momentum: A,
}

/// Which rule; see [`Update`](crate::Update).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DescentKind {
    /// Without a velocity.
    Plain,
    /// v ← momentum·v + g; w ← w − rate·v.
    Momentum,
    /// v ← momentum·v + g; w ← w − rate·(g + momentum·v).
    Nesterov,
    /// v ← momentum·v − rate·g; w ← w + v.
    RateInVelocity,
    /// v ← momentum·v − rate·g; w ← w + momentum·v − rate·g.
    NesterovRateInVelocity,
}

impl<A: Arithmetic> Descent<A> {
    /// The same numbers in another form.
    #[inline(always)]
    pub(crate) fn map<B>(self, form: impl Fn(A) -> B) -> Descent<B> {
        Descent {
            kind: self.kind,
            coupled: form(self.coupled),
            shrink: form(self.shrink),
            minus_rate: form(self.minus_rate),
            momentum: form(self.momentum),
        }
    }

    /// w after a step along the gradient g.
    ///
    /// # Safety
    /// As for [`Arithmetic`].
    #[inline(always)]
    pub(crate) unsafe fn plain(&self, w: A, g: A) -> A {
        // SAFETY: the caller promises it.
        unsafe { self.minus_rate.mul_add(self.coupled.mul_add(w, g), w.times(self.shrink)) }
    }

    /// w and v after a step along the gradient g.
    ///
    /// # Safety
    /// As for [`Arithmetic`].
    #[inline(always)]
    pub(crate) unsafe fn momentum(&self, w: A, g: A, v: A) -> (A, A) {
        // SAFETY: the caller promises it.
        unsafe {
            let v = self.momentum.mul_add(v, self.coupled.mul_add(w, g));
            (self.minus_rate.mul_add(v, w.times(self.shrink)), v)
        }
    }

    /// w and v after a step along the gradient g.
    ///
    /// # Safety
    /// As for [`Arithmetic`].
    #[inline(always)]
    pub(crate) unsafe fn nesterov(&self, w: A, g: A, v: A) -> (A, A) {
        // SAFETY: the caller promises it.
        unsafe {
            let g = self.coupled.mul_add(w, g);
            let v = self.momentum.mul_add(v, g);
            (self.minus_rate.mul_add(self.momentum.mul_add(v, g), w.times(self.shrink)), v)
        }
    }

    /// w and v after a step along the gradient g.
    ///
    /// # Safety
    /// As for [`Arithmetic`].
    #[inline(always)]
    pub(crate) unsafe fn rate_in_velocity(&self, w: A, g: A, v: A) -> (A, A) {
        // SAFETY: the caller promises it.
        unsafe {
            let g = self.coupled.mul_add(w, g);
            let w = self.minus_rate.mul_add(g, self.momentum.mul_add(v, w.times(self.shrink)));
            (w, self.minus_rate.mul_add(g, self.momentum.times(v)))
        }
    }

    /// w and v after a step along the gradient g.
    ///
    /// # Safety
    /// As for [`Arithmetic`].
    #[inline(always)]
    pub(crate) unsafe fn nesterov_rate_in_velocity(&self, w: A, g: A, v: A) -> (A, A) {
        // SAFETY: the caller promises it.
        unsafe {
            let g = self.coupled.mul_add(w, g);
            let v = self.minus_rate.mul_add(g, self.momentum.times(v));
            (self.minus_rate.mul_add(g, self.momentum.mul_add(v, w.times(self.shrink))), v)
        }
    }
}
