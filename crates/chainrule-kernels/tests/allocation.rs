//! After the first operations nothing is allocated: one test alone in its process, so that nobody else's counts.

mod counting;

use chainrule_kernels::cpu::Cpu;
use chainrule_kernels::{Activation, Decay, Float, Matrix, Update};
use counting::{allocations_of, assert_that_allocations_count};

/// The matrices of one dense layer and its step.
struct Layer<F> {
    x: Matrix<F>,
    w: Matrix<F>,
    b: Vec<F>,
    z: Matrix<F>,
    a: Matrix<F>,
    delta: Matrix<F>,
    into: Matrix<F>,
    dw: Matrix<F>,
    db: Vec<F>,
    first: Vec<F>,
    second: Vec<F>,
}

impl<F: Float> Layer<F> {
    fn new(samples: usize, inputs: usize, outputs: usize) -> Self {
        let some = |rows, columns| {
            Matrix::from_fn(rows, columns, |i, j| {
                F::from_f64((((i * 7 + j * 13) % 31) as f64 - 15.0) / 100.0)
            })
        };
        Self {
            x: some(samples, inputs),
            w: some(outputs, inputs),
            b: vec![F::ONE; outputs],
            z: Matrix::zeros(samples, outputs),
            a: Matrix::zeros(samples, outputs),
            delta: some(samples, outputs),
            into: Matrix::zeros(samples, inputs),
            dw: Matrix::zeros(outputs, inputs),
            db: vec![F::ZERO; outputs],
            first: vec![F::ZERO; outputs * inputs],
            second: vec![F::ZERO; outputs * inputs],
        }
    }

    fn step(&mut self, cpu: &Cpu, function: Activation) {
        let (x, a) = (self.x.view(), self.a.view_mut());
        cpu.affine(function, x, self.w.view(), Some(&self.b), self.z.view_mut(), a);
        cpu.activate(function, self.z.view(), self.a.view_mut());
        cpu.activate_backward(function, self.z.view(), self.a.view(), self.delta.view_mut());
        cpu.input_gradient(Activation::Tanh, self.delta.view(), self.w.view(), x, x, self.into.view_mut());
        cpu.weight_gradient(self.delta.view(), x, self.dw.view_mut(), Some(&mut self.db));
        cpu.dropout(7, 0.5, self.into.view_mut());
        let norm = cpu.sum_of_squares(self.dw.values());
        assert!(cpu.all_finite(self.dw.values()) && norm >= 0.0);
        let (beta1, beta2, correction1, correction2) = (0.9, 0.999, 0.1, 0.001);
        let rule = Update::Adam { rate: 1e-3, beta1, beta2, epsilon: 1e-8, correction1, correction2 };
        let (w, first, second) = (self.w.values_mut(), &mut self.first, &mut self.second);
        cpu.update(rule, Decay::default(), w, self.dw.values(), first, second);
    }
}

/// Whether there comes a round of steps that allocates nothing. A helper makes its memory when it is started, which
/// the first parallel sections do not wait for; a step that allocated each time would do so in every round.
fn becomes_free_of_allocations<F: Float>(
    threads: usize,
    (samples, inputs, outputs): (usize, usize, usize),
) -> bool {
    let cpu = Cpu::new(threads);
    let mut layer = Layer::<F>::new(samples, inputs, outputs);
    let round = || {
        allocations_of(|| {
            for _ in 0..10 {
                for function in [Activation::Relu, Activation::Gelu, Activation::Softmax] {
                    layer.step(&cpu, function);
                }
            }
        })
    };
    std::iter::repeat_with(round).take(20).any(|allocations| allocations == 0)
}

#[test]
fn a_step_allocates_nothing_after_the_first() {
    assert_that_allocations_count();
    for threads in [1, 2, 3] {
        for shape in [(1, 3, 5), (64, 100, 10), (300, 200, 130)] {
            assert!(becomes_free_of_allocations::<f32>(threads, shape), "f32, {threads} threads, {shape:?}");
            assert!(becomes_free_of_allocations::<f64>(threads, shape), "f64, {threads} threads, {shape:?}");
        }
    }
}
