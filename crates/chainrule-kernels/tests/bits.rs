//! The bits of every operation are the same on every instruction set and every architecture.
//!
//! Digests of the results are stored (`testdata/bits`), so that a processor need not be at hand to be compared with:
//! the same test runs on x86-64 with each of its instruction sets and, under an emulator, on AArch64 (`cargo xtask
//! test aarch64`). Where the naive loop has these bits too it stands among the devices, so that the stored digests
//! hang on the formula and not on yesterday's program.

mod common;
mod digests;

use chainrule_kernels::cpu::{Cpu, Isa};
use chainrule_kernels::{Activation, Decay, Float, Matrix, Update};
use common::Engine;
use digests::{Digests, assert_stored};

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

/// Samples, inputs and outputs: one of each, widths around those of vectors and tiles, more rows than a slice has.
const SHAPES: [(usize, usize, usize); 9] = [
    (1, 1, 1),
    (3, 5, 7),
    (17, 33, 29),
    (64, 100, 10),
    (65, 16, 130),
    (256, 20, 47),
    (300, 9, 17),
    (700, 13, 4),
    (1300, 4, 3),
];

/// The processor with each of its instruction sets.
fn processors() -> Vec<Cpu> {
    Isa::available().iter().map(|&isa| Cpu::with_isa(1, isa)).collect()
}

/// Numbers in [−1, 1) that look random and depend on `seed`, by integers alone.
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

/// From 2⁻⁵⁰ to 2⁹, by their bits: no library has a say in it.
fn power_of_two(i: usize) -> f64 {
    f64::from_bits((1023 - 50 + i as u64 % 60) << 52)
}

/// Numbers of all magnitudes and both signs, those at the ends of the range among them.
fn arguments<F: Float>(rows: usize, columns: usize) -> Matrix<F> {
    const SPECIAL: [f64; 12] = [
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1e-45,
        -1e-40,
        88.7,
        -88.0,
        104.0,
        3e38,
        -3e38,
    ];
    let mut z = random::<F>(rows, columns, 21);
    for (i, z) in z.values_mut().iter_mut().enumerate() {
        *z = match i % 3 {
            0 if i / 3 < SPECIAL.len() => F::from_f64(SPECIAL[i / 3]),
            0 => *z * F::from_f64(power_of_two(i)),
            1 => *z * F::from_f64(8.0),
            _ => *z * F::from_f64(128.0),
        };
    }
    z
}

/// Each device with its digests of what `add` adds in both kinds of numbers.
fn on_processors(add: impl Fn(Engine<'_>, &mut Digests)) -> Vec<(String, Digests)> {
    let processors = processors();
    processors.iter().map(|cpu| on(Engine::Cpu(cpu), &add)).collect()
}

fn on(engine: Engine<'_>, add: &impl Fn(Engine<'_>, &mut Digests)) -> (String, Digests) {
    let mut digests = Digests::default();
    add(engine, &mut digests);
    (engine.name(), digests)
}

fn add_activations<F: Float>(engine: Engine<'_>, digests: &mut Digests) {
    for function in FUNCTIONS {
        for (rows, columns) in [(23, 37), (40, 10), (9, 1)] {
            let z = if function == Activation::Softmax {
                random::<F>(rows, columns, 22) // in `arguments` hardly a row would have no NaN
            } else {
                arguments::<F>(rows, columns)
            };
            let (mut a, mut delta) = (Matrix::zeros(rows, columns), random::<F>(rows, columns, 23));
            engine.activate(function, z.view(), a.view_mut());
            engine.activate_backward(function, z.view(), a.view(), delta.view_mut());
            digests.add(&format!("{function:?} of {rows} × {columns}"), a.values());
            digests.add(&format!("δ ⊙ σ' of {function:?} of {rows} × {columns}"), delta.values());
        }
    }
}

#[test]
fn activations_have_the_same_bits_on_every_processor() {
    let devices = on_processors(|engine, digests| {
        add_activations::<f32>(engine, digests);
        add_activations::<f64>(engine, digests);
    });
    assert_stored("activations.txt", &devices);
}

#[test]
fn sums_of_squares_have_the_same_bits_on_every_processor() {
    let digests = |cpu: Cpu| {
        let mut digests = Digests::default();
        for length in [1, 31, 33, 4097, 100_003] {
            let sums = [
                cpu.sum_of_squares(&numbers::<f32>(length, 24)),
                cpu.sum_of_squares(&numbers::<f64>(length, 24)),
            ];
            digests.add(&format!("sums of squares of {length} numbers, f32 and f64"), &sums);
        }
        (cpu.isa().name().to_owned(), digests)
    };
    assert_stored("sums.txt", &processors().into_iter().map(digests).collect::<Vec<_>>());
}

fn add_updates<F: Float>(engine: Engine<'_>, digests: &mut Digests) {
    const LENGTH: usize = 1003;
    for rule in RULES {
        for (coupled, decoupled) in [(0.0, 0.0), (0.01, 0.0), (0.0, 0.1)] {
            let [mut w, g, mut first, mut second] = [31, 32, 33, 34].map(|seed| numbers::<F>(LENGTH, seed));
            first.iter_mut().chain(&mut second).for_each(|x| *x = x.abs());
            engine.update(rule, Decay { coupled, decoupled }, &mut w, &g, [&mut first, &mut second]);
            let name = format!("{rule:?}, decay {coupled} and {decoupled}");
            digests.add(&name, &[w, first, second].concat());
        }
    }
}

fn add_dropout<F: Float>(engine: Engine<'_>, digests: &mut Digests) {
    for probability in [0.0, 0.3, 0.9] {
        let mut values = random::<F>(33, 65, 41);
        engine.dropout(11, probability, values.view_mut());
        digests.add(&format!("dropout {probability}"), values.values());
    }
}

#[test]
fn updates_and_dropout_have_the_bits_of_the_naive_loop_on_every_processor() {
    let add = |engine: Engine<'_>, digests: &mut Digests| {
        add_updates::<f32>(engine, digests);
        add_updates::<f64>(engine, digests);
        add_dropout::<f32>(engine, digests);
        add_dropout::<f64>(engine, digests);
    };
    let mut devices = on_processors(add);
    devices.push(on(Engine::Reference, &add));
    assert_stored("updates.txt", &devices);
}

fn add_products<F: Float>(engine: Engine<'_>, digests: &mut Digests) {
    for (m, k, n) in SHAPES {
        let (x, w, b) = (random::<F>(m, k, 51), random::<F>(n, k, 52), numbers(n, 53));
        let (delta, relu) = (random::<F>(m, n, 54), Activation::Relu);
        let [mut z, mut a, mut into, mut dw] =
            [(m, n), (m, n), (m, k), (n, k)].map(|(rows, columns)| Matrix::zeros(rows, columns));
        let mut db = vec![F::ZERO; n];
        engine.affine(relu, x.view(), w.view(), Some(&b), z.view_mut(), a.view_mut());
        engine.input_gradient(relu, delta.view(), w.view(), x.view(), x.view(), into.view_mut());
        engine.weight_gradient(delta.view(), x.view(), dw.view_mut(), Some(&mut db));
        digests.add(
            &format!("{m} × {k} × {n}: X·Wᵀ + b and its ReLU"),
            &[z.into_values(), a.into_values()].concat(),
        );
        digests.add(&format!("{m} × {k} × {n}: δ·W ⊙ σ'"), into.values());
        digests.add(&format!("{m} × {k} × {n}: ∂W and ∂b"), &[dw.into_values(), db].concat());
    }
}

#[test]
fn products_have_the_bits_of_the_naive_loop_on_every_processor() {
    let add = |engine: Engine<'_>, digests: &mut Digests| {
        add_products::<f32>(engine, digests);
        add_products::<f64>(engine, digests);
    };
    let mut devices = on_processors(add);
    devices.push(on(Engine::Reference, &add));
    assert_stored("products.txt", &devices);
}
