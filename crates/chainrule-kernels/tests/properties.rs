//! What holds for every shape: the fast paths agree with the naive loops, and the number of threads never changes a bit.

mod common;

use chainrule_kernels::cpu::{Cpu, Isa};
use chainrule_kernels::{Activation, Decay, Float, Matrix, MatrixMut, MatrixRef, Update, reference};
use common::Engine;
use proptest::prelude::*;
use std::sync::LazyLock;

const FUNCTIONS: [Activation; 14] = [
    Activation::Identity,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.01 },
    Activation::Elu { alpha: 0.7 },
    Activation::Selu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Mish,
    Activation::Softplus,
    Activation::Exp,
    Activation::Softmax,
];

const RULES: [Update; 7] = [
    Update::GradientDescent { rate: 0.1 },
    Update::Momentum { rate: 0.1, momentum: 0.9 },
    Update::Nesterov { rate: 0.1, momentum: 0.9 },
    Update::RateInVelocity { rate: 0.1, momentum: 0.9 },
    Update::NesterovRateInVelocity { rate: 0.1, momentum: 0.9 },
    Update::RmsProp { rate: 0.01, alpha: 0.99, epsilon: 1e-8 },
    Update::Adam {
        rate: 0.001,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        correction1: 0.271,
        correction2: 0.003,
    },
];

/// One device per number of threads, shared by all tests.
static DEVICES: LazyLock<Vec<Cpu>> = LazyLock::new(|| [1, 2, 3, 8].map(Cpu::new).into());

/// Numbers in [−1, 1) that look random and depend on `seed`.
fn numbers<F: Float>(count: usize, seed: u64) -> Vec<F> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        F::from_f64((state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn random<F: Float>(rows: usize, columns: usize, seed: u64) -> Matrix<F> {
    Matrix::from_vec(numbers(rows * columns, seed), rows, columns)
}

/// The distance relative to `size`, in epsilons; 0 for equal numbers, infinities among them.
fn distance<F: Float>(x: F, y: F, size: f64) -> f64 {
    if x == y { 0.0 } else { (x.to_f64() - y.to_f64()).abs() / (size * F::EPSILON.to_f64()) }
}

fn largest_distance<F: Float>(x: &[F], y: &[F], size: f64) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).map(|(&x, &y)| distance(x, y, size)).fold(0.0, f64::max)
}

/// All results of the operations on one layer.
#[derive(PartialEq, Debug)]
struct Results<F> {
    z: Matrix<F>,
    a: Matrix<F>,
    into: Matrix<F>,
    dw: Matrix<F>,
    db: Vec<F>,
}

/// The operands of one layer.
struct Layer<F> {
    x: Matrix<F>,
    w: Matrix<F>,
    b: Vec<F>,
    delta: Matrix<F>,
    x_activation: Matrix<F>,
    function: Activation,
}

impl<F: Float> Layer<F> {
    fn new((m, k, n): (usize, usize, usize), function: Activation) -> Self {
        let x = random(m, k, 1);
        let mut x_activation = Matrix::zeros(m, k);
        reference::activation::activate(function, x.view(), x_activation.view_mut());
        Self { x, w: random(n, k, 2), b: numbers(n, 3), delta: random(m, n, 4), x_activation, function }
    }

    fn empty(&self) -> Results<F> {
        let (m, k, n) = (self.x.rows(), self.x.columns(), self.w.rows());
        let (z, a, into) = (Matrix::zeros(m, n), Matrix::zeros(m, n), Matrix::zeros(m, k));
        Results { z, a, into, dw: Matrix::zeros(n, k), db: vec![F::ONE; n] }
    }

    fn on(&self, engine: Engine<'_>) -> Results<F> {
        let mut to = self.empty();
        let (x, w, delta) = (self.x.view(), self.w.view(), self.delta.view());
        engine.affine(self.function, x, w, Some(&self.b), to.z.view_mut(), to.a.view_mut());
        engine.input_gradient(self.function, delta, w, x, self.x_activation.view(), to.into.view_mut());
        engine.weight_gradient(delta, x, to.dw.view_mut(), Some(&mut to.db));
        to
    }
}

fn shape() -> impl Strategy<Value = (usize, usize, usize)> {
    (0_usize..70, 0_usize..90, 0_usize..80)
}

fn check_layer<F: Float>(shape: (usize, usize, usize), function: Activation) {
    let layer = Layer::<F>::new(shape, function);
    let naive = layer.on(Engine::Reference);
    for cpu in Isa::available().iter().map(|&isa| Cpu::with_isa(1, isa)) {
        let fast = layer.on(Engine::Cpu(&cpu));
        // Sums have one order, so they have the same bits everywhere.
        assert_eq!(fast.z, naive.z, "Z on {}", cpu.isa().name());
        assert_eq!(fast.dw, naive.dw, "∂W on {}", cpu.isa().name());
        assert_eq!(fast.db, naive.db, "∂b on {}", cpu.isa().name());
        // Each sum has at most so many terms of at most 1, and activations have slopes of at most 3 here.
        let size = 3.0 * (shape.0.max(shape.1).max(shape.2) as f64 + 4.0);
        // The exponential of a sum is as wrong as the sum, relative to itself.
        let growth = naive.a.values().iter().fold(1.0, |most, a| a.to_f64().abs().max(most));
        assert!(largest_distance(fast.a.values(), naive.a.values(), size * growth) <= 1.0, "A");
        assert!(largest_distance(fast.into.values(), naive.into.values(), 4.0 * size) <= 1.0, "δ·W ⊙ σ'");
    }
}

fn check_activations<F: Float>(function: Activation, (rows, columns): (usize, usize), scale: f64) {
    let mut z = random::<F>(rows, columns, 5);
    z.values_mut().iter_mut().for_each(|z| *z *= F::from_f64(scale));
    let on = |engine: Engine<'_>| {
        let mut a = Matrix::zeros(rows, columns);
        engine.activate(function, z.view(), a.view_mut());
        let mut delta = Matrix::from_fn(rows, columns, |_, _| F::from_f64(0.5));
        engine.activate_backward(function, z.view(), a.view(), delta.view_mut());
        (a, delta)
    };
    let ((fast, fast_delta), (naive, naive_delta)) = (on(Engine::Cpu(&DEVICES[0])), on(Engine::Reference));
    for ((&fast, &naive), &z) in fast.values().iter().zip(naive.values()).zip(z.values()) {
        let tail =
            if matches!(function, Activation::Gelu | Activation::GeluTanh) { z.to_f64().abs() } else { 0.0 };
        let size = naive.to_f64().abs().max(tail).max(1e-30);
        assert!(distance(fast, naive, size) <= 12.0, "{function:?}({z}) = {fast}, not {naive}");
    }
    for (&fast, &naive) in fast_delta.values().iter().zip(naive_delta.values()) {
        let error = distance(fast, naive, naive.to_f64().abs().max(0.5));
        assert!(error <= 12.0, "{function:?}': {fast}, not {naive}");
    }
}

/// Gradients and states are about `size`.
fn check_update<F: Float>(rule: Update, decay: Decay, length: usize, size: f64) {
    let start = [6, 7, 8, 9].map(|seed| numbers::<F>(length, seed));
    let [w, mut g, mut first, mut second] = start;
    for x in g.iter_mut().chain(&mut first).chain(&mut second) {
        *x *= F::from_f64(size);
    }
    for s in &mut second {
        *s = s.abs();
    }
    let first = if matches!(rule, Update::RmsProp { .. }) { second.clone() } else { first };
    let used = |state: &Vec<F>, needed: bool| if needed { state.clone() } else { Vec::new() };
    let (first, second) = (used(&first, rule.states() > 0), used(&second, rule.states() > 1));
    let on = |engine: Engine<'_>| {
        let (mut w, mut first, mut second) = (w.clone(), first.clone(), second.clone());
        engine.update(rule, decay, &mut w, &g, [&mut first, &mut second]);
        (w, first, second)
    };
    let naive = on(Engine::Reference);
    for engine in DEVICES.iter().map(Engine::Cpu) {
        assert!(on(engine) == naive, "{rule:?} differs in a bit on {}", engine.name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn layers_agree_with_the_naive_loops(shape in shape(), function in 0..FUNCTIONS.len()) {
        check_layer::<f32>(shape, FUNCTIONS[function]);
        check_layer::<f64>(shape, FUNCTIONS[function]);
    }

    #[test]
    fn activations_agree_with_the_naive_loops(
        function in 0..FUNCTIONS.len(),
        shape in (0_usize..20, 0_usize..70),
        scale in prop::sample::select(vec![1e-20, 1e-3, 1.0, 10.0, 60.0]),
    ) {
        check_activations::<f32>(FUNCTIONS[function], shape, scale);
        check_activations::<f64>(FUNCTIONS[function], shape, scale);
    }

    #[test]
    fn updates_have_the_bits_of_the_naive_loop(
        rule in 0..RULES.len(),
        length in prop::sample::select(vec![0_usize, 1, 15, 1000, 8192, 8193, 70_001]),
        coupled in prop::sample::select(vec![0.0, 0.01]),
        decoupled in prop::sample::select(vec![0.0, 0.1]),
        // The last two are where squares, and the numbers themselves, leave the normal ones.
        digits in prop::sample::select(vec![[0, 0], [19, 154], [37, 307]]),
    ) {
        let [single, double] = digits.map(|digits| 10_f64.powi(-digits));
        check_update::<f32>(RULES[rule], Decay { coupled, decoupled }, length, single);
        check_update::<f64>(RULES[rule], Decay { coupled, decoupled }, length, double);
    }

    #[test]
    fn dropout_has_the_bits_of_the_naive_loop(
        key: u64,
        probability in 0.0..1.0_f64,
        shape in (0_usize..400, 0_usize..200),
    ) {
        let on = |engine: Engine<'_>| {
            let mut values = random::<f32>(shape.0, shape.1, 10);
            engine.dropout(key, probability, values.view_mut());
            values
        };
        let naive = on(Engine::Reference);
        for engine in DEVICES.iter().map(Engine::Cpu) {
            prop_assert!(on(engine) == naive, "{}", engine.name());
        }
    }
}

/// Shapes large enough that the work is shared out, with full and short tiles.
const LARGE: [(usize, usize, usize); 5] =
    [(64, 784, 128), (256, 512, 10), (301, 129, 257), (1024, 65, 200), (33, 1000, 1)];

fn threads_change_nothing<F: Float>() {
    for shape in LARGE {
        for function in FUNCTIONS {
            let layer = Layer::<F>::new(shape, function);
            let alone = layer.on(Engine::Cpu(&DEVICES[0]));
            for cpu in &DEVICES[1..] {
                // Twice, since which thread has which tile differs from run to run.
                for _ in 0..2 {
                    assert!(
                        layer.on(Engine::Cpu(cpu)) == alone,
                        "{shape:?} {function:?} on {} threads",
                        cpu.threads()
                    );
                }
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit_of_a_product() {
    threads_change_nothing::<f32>();
    threads_change_nothing::<f64>();
}

fn threads_change_no_pass<F: Float>() {
    let (rows, columns) = (700, 130);
    let (z, d) = (random::<F>(rows, columns, 11), random::<F>(rows, columns, 12));
    for function in FUNCTIONS {
        let results = DEVICES.iter().map(|cpu| {
            let (mut a, mut delta) = (Matrix::zeros(rows, columns), d.clone());
            cpu.activate(function, z.view(), a.view_mut());
            cpu.activate_backward(function, z.view(), a.view(), delta.view_mut());
            (a, delta, cpu.sum_of_squares(z.values()))
        });
        let results: Vec<_> = results.collect();
        assert!(results.iter().all(|result| *result == results[0]), "{function:?}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit_of_a_pass() {
    threads_change_no_pass::<f32>();
    threads_change_no_pass::<f64>();
}

#[test]
fn the_sum_of_squares_is_right_for_every_length() {
    for length in [0, 1, 31, 32, 33, 4096, 4097, 100_000, 300_001] {
        let values = numbers::<f32>(length, 13);
        let right: f64 = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        for cpu in DEVICES.iter() {
            let got = cpu.sum_of_squares(&values);
            assert!((got - right).abs() <= 1e-12 * right, "{length}: {got}, not {right}");
        }
    }
}

#[test]
fn one_value_that_is_not_finite_is_found_anywhere() {
    let mut values = numbers::<f32>(70_003, 14);
    values[17] = f32::MAX;
    values[18] = -0.0;
    for cpu in DEVICES.iter() {
        assert!(cpu.all_finite(&values) && cpu.all_finite::<f64>(&[]));
        for at in [0, 31, 4095, 4096, 33_333, 70_002] {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let before = std::mem::replace(&mut values[at], bad);
                assert!(!cpu.all_finite(&values), "{bad} at {at}");
                values[at] = before;
            }
        }
    }
}

#[test]
fn derivatives_are_the_slopes_of_the_values() {
    const STEP: f64 = 1e-5;
    for function in FUNCTIONS.into_iter().filter(|&function| function != Activation::Softmax) {
        for i in -400..=400 {
            let z = f64::from(i) / 50.0 + 0.0012;
            let value = |z| reference::activation::value(function, z);
            let slope = (value(z + STEP) - value(z - STEP)) / (2.0 * STEP);
            let derivative = reference::activation::derivative(function, z);
            assert!((slope - derivative).abs() <= 1e-8 * derivative.abs().max(1.0), "{function:?} at {z}");
        }
    }
}

#[test]
fn huge_arguments_leave_values_and_derivatives_finite() {
    let functions = FUNCTIONS.into_iter().filter(|&function| function != Activation::Exp);
    let z = [1e30_f32, -1e30, 3e38, -3e38];
    for function in functions {
        for engine in [Engine::Reference, Engine::Cpu(&DEVICES[0])] {
            let (mut a, mut delta) = ([0.0; 4], [1.0; 4]);
            let z = MatrixRef::new(&z, 4, 1);
            engine.activate(function, z, MatrixMut::new(&mut a, 4, 1));
            let (of_a, of_delta) = (MatrixRef::new(&a, 4, 1), MatrixMut::new(&mut delta, 4, 1));
            engine.activate_backward(function, z, of_a, of_delta);
            let finite = [a, delta].iter().flatten().all(|x| x.is_finite());
            assert!(finite, "{function:?} on {}: {a:?}, {delta:?}", engine.name());
        }
    }
}
