//! Every case of `testdata/conformance` on every engine: the naive loops, and the processor with each of its instruction
//! sets and several numbers of threads; in f32 and f64.

mod common;

use chainrule_kernels::cpu::{Cpu, Isa};
use chainrule_kernels::{Activation, Decay, Float, Matrix, MatrixRef, Update, reference};
use common::Engine;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::iter;

/// Largest relative error, in units of the machine epsilon, of an entry by itself …
const RELATIVE: f64 = 8.0;
/// … and of sums and products, of the largest number that may have gone in (numbers up to 1, up to 40 terms).
const OF_SUMS: f64 = 64.0;

/// The processor with each of its instruction sets and several numbers of threads.
fn processors() -> Vec<Cpu> {
    let with = |&isa| [1, 2, 3, 8].map(|threads| Cpu::with_isa(threads, isa));
    Isa::available().iter().flat_map(with).collect()
}

fn corpus<T: DeserializeOwned>(name: &str) -> Vec<T> {
    #[derive(Deserialize)]
    struct File<T> {
        case: Vec<T>,
    }
    let path = format!("{}/../../testdata/conformance/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let cases = toml::from_str::<File<T>>(&text).unwrap().case;
    assert!(!cases.is_empty());
    cases
}

fn floats<F: Float>(values: &[f64]) -> Vec<F> {
    values.iter().map(|&x| F::from_f64(x)).collect()
}

fn matrix<F: Float>(values: &[f64], rows: usize, columns: usize) -> Matrix<F> {
    Matrix::from_vec(floats(values), rows, columns)
}

/// Whether `got` is `right` up to `relative` epsilons of it and `absolute` epsilons; z times a denormal number, |z| up to
/// 1000, is wrong by a thousand times the least of these.
fn close<F: Float>(got: F, right: f64, relative: f64, absolute: f64) -> bool {
    let nearest = F::from_f64(right);
    if got == nearest || (right.is_nan() && got.to_f64().is_nan()) {
        return true;
    }
    let least = if F::NAME == "f32" { f64::from(f32::from_bits(1)) } else { f64::from_bits(1) };
    let epsilon = F::EPSILON.to_f64();
    (got.to_f64() - right).abs() <= epsilon * (relative * right.abs() + absolute) + 1024.0 * least
}

fn assert_close<F: Float>(what: &str, got: &[F], right: &[f64], relative: f64, absolute: f64) {
    assert_eq!(got.len(), right.len(), "{what}");
    for (i, (&got, &right)) in got.iter().zip(right).enumerate() {
        assert!(
            close(got, right, relative, absolute),
            "{} {what}, entry {i}: {got:?}, not {right:?}",
            F::NAME
        );
    }
}

/// Runs `check` in both kinds of numbers on every engine.
macro_rules! on_every_engine {
    ($cases:expr, $check:ident) => {
        let (cases, processors) = ($cases, processors());
        for engine in iter::once(Engine::Reference).chain(processors.iter().map(Engine::Cpu)) {
            for case in &cases {
                $check::<f32>(engine, case);
                $check::<f64>(engine, case);
            }
        }
    };
}

fn activation(name: &str, parameter: f64) -> Activation {
    match name {
        "identity" => Activation::Identity,
        "sigmoid" => Activation::Sigmoid,
        "tanh" => Activation::Tanh,
        "relu" => Activation::Relu,
        "leaky_relu" => Activation::LeakyRelu { slope: parameter },
        "elu" => Activation::Elu { alpha: parameter },
        "selu" => Activation::Selu,
        "gelu" => Activation::Gelu,
        "gelu_tanh" => Activation::GeluTanh,
        "silu" => Activation::Silu,
        "mish" => Activation::Mish,
        "softplus" => Activation::Softplus,
        "exp" => Activation::Exp,
        other => panic!("activation {other}"),
    }
}

#[derive(Deserialize)]
struct ActivationCase {
    activation: String,
    parameter: f64,
    z: Vec<f64>,
    value: Vec<f64>,
    derivative: Vec<f64>,
}

fn check_activation<F: Float>(engine: Engine<'_>, case: &ActivationCase) {
    let what = format!("{} on {}", case.activation, engine.name());
    let function = activation(&case.activation, case.parameter);
    let n = case.z.len();
    let z = matrix::<F>(&case.z, 1, n);
    let mut a = Matrix::zeros(1, n);
    engine.activate(function, z.view(), a.view_mut());
    // Φ is had as ½(1 + erf), so its tail is right to a rounding of 1.
    let tail = matches!(function, Activation::Gelu | Activation::GeluTanh);
    for i in 0..n {
        let absolute = if tail && case.z[i].is_finite() { case.z[i].abs() } else { 0.0 };
        assert_close(
            &format!("{what}({:?})", case.z[i]),
            &a.values()[i..=i],
            &case.value[i..=i],
            RELATIVE,
            absolute,
        );
    }
    // These are differences of numbers near 1.
    let cancels = tail
        || matches!(function, Activation::Sigmoid | Activation::Tanh | Activation::Silu | Activation::Mish);
    let mut delta = Matrix::from_vec(vec![F::ONE; n], 1, n);
    engine.activate_backward(function, z.view(), a.view(), delta.view_mut());
    for i in 0..n {
        let what = format!("derivative of {what} at {:?}", case.z[i]);
        let absolute = if cancels { 4.0 } else { 0.0 };
        assert_close(&what, &delta.values()[i..=i], &case.derivative[i..=i], RELATIVE, absolute);
    }
}

#[test]
fn activations_and_their_derivatives_are_right() {
    on_every_engine!(corpus::<ActivationCase>("activations"), check_activation);
}

#[derive(Deserialize)]
struct SoftmaxCase {
    z: Vec<f64>,
    a: Vec<f64>,
    log_sum_exp: f64,
    delta: Vec<f64>,
    backward: Vec<f64>,
}

fn check_softmax<F: Float>(engine: Engine<'_>, case: &SoftmaxCase) {
    let what = format!("softmax of {:?} on {}", case.z, engine.name());
    let (z, n) = (floats::<F>(&case.z), case.z.len());
    // The row lies in a wider matrix, between rows of other numbers.
    let wide =
        Matrix::from_fn(3, n + 2, |i, j| if i == 1 && (1..=n).contains(&j) { z[j - 1] } else { F::ONE });
    let mut a = Matrix::zeros(3, n);
    engine.activate(Activation::Softmax, wide.view().column_range(1..n + 1), a.view_mut());
    // A difference z − max z carries its rounding into the exponent.
    assert_close(&what, a.row(1), &case.a, RELATIVE * 4.0, 0.0);
    assert_close(&what, a.row(0), &vec![1.0 / n as f64; n], RELATIVE, 0.0);
    if matches!(engine, Engine::Reference) {
        // There is no other: the losses call it row by row.
        assert_close(&what, &[reference::log_sum_exp(&z)], &[case.log_sum_exp], RELATIVE, 1.0);
    }
    let mut delta = matrix::<F>(&case.delta, 1, n);
    engine.activate_backward(
        Activation::Softmax,
        MatrixRef::new(&z, 1, n),
        a.view().row_range(1..2),
        delta.view_mut(),
    );
    assert_close(&format!("derivative of {what}"), delta.values(), &case.backward, RELATIVE, 16.0);
}

#[test]
fn softmax_log_sum_exp_and_the_jacobian_are_right() {
    on_every_engine!(corpus::<SoftmaxCase>("softmax"), check_softmax);
}

#[derive(Deserialize)]
struct ProductCase {
    activation: String,
    samples: usize,
    inputs: usize,
    outputs: usize,
    x: Vec<f64>,
    w: Vec<f64>,
    b: Vec<f64>,
    z: Vec<f64>,
    a: Vec<f64>,
    delta: Vec<f64>,
    before: Vec<f64>,
    into: Vec<f64>,
    dw: Vec<f64>,
    db: Vec<f64>,
}

/// The matrix as columns 1.. of one that is three columns wider and NaN elsewhere.
fn widened<F: Float>(values: &[f64], rows: usize, columns: usize) -> Matrix<F> {
    let at =
        |i: usize, j: usize| if (1..=columns).contains(&j) { values[i * columns + j - 1] } else { f64::NAN };
    Matrix::from_fn(rows, columns + 3, |i, j| F::from_f64(at(i, j)))
}

fn check_product<F: Float>(engine: Engine<'_>, case: &ProductCase) {
    let what = format!("{} × {} × {} on {}", case.samples, case.inputs, case.outputs, engine.name());
    let (m, k, n) = (case.samples, case.inputs, case.outputs);
    let function = activation(&case.activation, 0.0);
    let (x, w) = (widened::<F>(&case.x, m, k), widened::<F>(&case.w, n, k));
    let (delta, before) = (widened::<F>(&case.delta, m, n), widened::<F>(&case.before, m, k));
    let (x, w) = (x.view().column_range(1..k + 1), w.view().column_range(1..k + 1));
    let (delta, before) = (delta.view().column_range(1..n + 1), before.view().column_range(1..k + 1));
    let bias = floats::<F>(&case.b);
    let b = if bias.is_empty() { None } else { Some(&bias[..]) };
    // What was in the results before must not matter.
    let old = |rows, columns| Matrix::from_fn(rows, columns, |_, _| F::from_f64(f64::NAN));
    let (mut z, mut a, mut into, mut dw) = (old(m, n), old(m, n), old(m, k), old(n, k));
    let mut db = vec![F::ONE; n];
    let mut before_a = Matrix::zeros(m, k);
    engine.activate(function, before, before_a.view_mut());
    engine.affine(function, x, w, b, z.view_mut(), a.view_mut());
    engine.input_gradient(function, delta, w, before, before_a.view(), into.view_mut());
    engine.weight_gradient(delta, x, dw.view_mut(), Some(&mut db));
    assert_close(&format!("Z of {what}"), z.values(), &case.z, 0.0, OF_SUMS);
    assert_close(&format!("A of {what}"), a.values(), &case.a, 0.0, OF_SUMS);
    assert_close(&format!("δ·W of {what}"), into.values(), &case.into, 0.0, OF_SUMS);
    assert_close(&format!("∂W of {what}"), dw.values(), &case.dw, 0.0, OF_SUMS);
    assert_close(&format!("∂b of {what}"), &db, &case.db, 0.0, OF_SUMS);
}

#[test]
fn products_of_all_shapes_and_strides_are_right() {
    on_every_engine!(corpus::<ProductCase>("products"), check_product);
}

#[derive(Deserialize)]
struct UpdateCase {
    rule: String,
    rate: f64,
    #[serde(default)]
    momentum: f64,
    #[serde(default)]
    alpha: f64,
    #[serde(default)]
    beta1: f64,
    #[serde(default)]
    beta2: f64,
    #[serde(default)]
    epsilon: f64,
    #[serde(default)]
    step: i32,
    coupled: f64,
    decoupled: f64,
    parameters: Vec<f64>,
    gradients: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
    parameters_after: Vec<f64>,
    first_after: Vec<f64>,
    second_after: Vec<f64>,
}

impl UpdateCase {
    fn rule(&self) -> Update {
        let Self { rate, momentum, alpha, beta1, beta2, epsilon, step, .. } = *self;
        match self.rule.as_str() {
            "gradient_descent" => Update::GradientDescent { rate },
            "momentum" => Update::Momentum { rate, momentum },
            "nesterov" => Update::Nesterov { rate, momentum },
            "rate_in_velocity" => Update::RateInVelocity { rate, momentum },
            "nesterov_rate_in_velocity" => Update::NesterovRateInVelocity { rate, momentum },
            "rms_prop" => Update::RmsProp { rate, alpha, epsilon },
            "adam" => {
                let (correction1, correction2) = (1.0 - beta1.powi(step), 1.0 - beta2.powi(step));
                Update::Adam { rate, beta1, beta2, epsilon, correction1, correction2 }
            }
            other => panic!("rule {other}"),
        }
    }
}

fn check_update<F: Float>(engine: Engine<'_>, case: &UpdateCase) {
    let what = format!("{} with {} and {} on {}", case.rule, case.coupled, case.decoupled, engine.name());
    let (mut w, g) = (floats::<F>(&case.parameters), floats::<F>(&case.gradients));
    let (mut first, mut second) = (floats::<F>(&case.first), floats::<F>(&case.second));
    let decay = Decay { coupled: case.coupled, decoupled: case.decoupled };
    let rule = case.rule();
    engine.update(rule, decay, &mut w, &g, [&mut first, &mut second]);
    assert_close(&format!("parameters after {what}"), &w, &case.parameters_after, RELATIVE, RELATIVE);
    assert_close(&format!("first state after {what}"), &first, &case.first_after, RELATIVE, RELATIVE);
    assert_close(&format!("second state after {what}"), &second, &case.second_after, RELATIVE, RELATIVE);
}

#[test]
fn update_rules_follow_their_definitions() {
    on_every_engine!(corpus::<UpdateCase>("updates"), check_update);
}

#[derive(Deserialize)]
struct DropoutCase {
    key: u64,
    probability: f64,
    rows: usize,
    columns: usize,
    values: Vec<f64>,
    after: Vec<f64>,
}

fn check_dropout<F: Float>(engine: Engine<'_>, case: &DropoutCase) {
    let mut values = matrix::<F>(&case.values, case.rows, case.columns);
    engine.dropout(case.key, case.probability, values.view_mut());
    let what = format!("dropout {} on {}", case.probability, engine.name());
    assert_close(&what, values.values(), &case.after, RELATIVE, 0.0);
    let zeros = values.values().iter().zip(&case.after).all(|(&x, &y)| (x == F::ZERO) == (y == 0.0));
    assert!(zeros, "{what}: the mask");
}

#[test]
fn dropout_keeps_the_entries_that_the_hash_names() {
    on_every_engine!(corpus::<DropoutCase>("dropout"), check_dropout);
}
