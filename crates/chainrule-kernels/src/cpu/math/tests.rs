//! Errors in ULP over the whole range, and equal bits on every instruction set.

use super::*;
use crate::cpu::arch::{Isa, Task};
use serde::Deserialize;

/// The functions with the bounds of their errors in ULP, f32 and f64.
const BOUNDS: [(&str, f64, f64); 7] = [
    ("exp", 1.0, 1.0),
    ("exp_m1", 2.0, 2.0),
    ("ln", 2.0, 2.0),
    ("ln_1p", 3.0, 3.0),
    ("tanh", 4.0, 4.0),
    ("sigmoid", 3.0, 3.0),
    ("erf", 3.0, 3.0),
];

struct Map<'a, F> {
    function: &'a str,
    x: &'a [F],
    y: &'a mut [F],
}

impl<F: Float> Task for Map<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let pairs = self.y.iter_mut().zip(self.x);
        match self.function {
            "exp" => pairs.for_each(|(y, &x)| *y = exp(x)),
            "exp_m1" => pairs.for_each(|(y, &x)| *y = exp_m1(x)),
            "ln" => pairs.for_each(|(y, &x)| *y = ln(x)),
            "ln_from_one" => pairs.for_each(|(y, &x)| *y = ln_from_one(x)),
            "ln_1p" => pairs.for_each(|(y, &x)| *y = ln_1p(x)),
            "tanh" => pairs.for_each(|(y, &x)| *y = tanh(x)),
            "sigmoid" => pairs.for_each(|(y, &x)| *y = sigmoid(x)),
            "erf" => pairs.for_each(|(y, &x)| *y = erf(x)),
            other => unreachable!("{other}"),
        }
    }
}

fn map<F: Float>(isa: Isa, function: &str, x: &[F]) -> Vec<F> {
    let mut y = vec![F::ZERO; x.len()];
    isa.run(Map { function, x, y: &mut y });
    y
}

/// The same function from the standard library, or from `libm`.
fn standard(function: &str, x: f64) -> f64 {
    match function {
        "exp" => x.exp(),
        "exp_m1" => x.exp_m1(),
        "ln" => x.ln(),
        "ln_1p" => x.ln_1p(),
        "tanh" => x.tanh(),
        "sigmoid" => crate::reference::activation::value(crate::Activation::Sigmoid, x),
        "erf" => libm::erf(x),
        other => unreachable!("{other}"),
    }
}

/// Numbers of f32 over all exponents and both signs, with NaN, infinities, zeros, denormals and the largest.
fn all_f32() -> Vec<f32> {
    let special = [0.0, 1.0, f32::MAX, f32::MIN_POSITIVE, f32::from_bits(1), f32::INFINITY, f32::NAN];
    let swept = (0..u32::MAX).step_by(4093).map(f32::from_bits);
    special.iter().copied().chain(special.iter().map(|&x| -x)).chain(swept).collect()
}

fn all_f64() -> Vec<f64> {
    let swept = (0..u64::MAX).step_by(70_368_744_177_663).map(f64::from_bits);
    swept.chain(all_f32().into_iter().step_by(3).map(f64::from)).collect()
}

/// The error of `got` in units of the last place of `right`, which are not smaller than the least denormal.
fn error_in_ulp(got: f32, right: f64) -> f64 {
    let nearest = right as f32;
    if (got.is_nan() && right.is_nan()) || got == nearest {
        return 0.0;
    }
    let ulp = f64::from(nearest.abs().next_up()) - f64::from(nearest.abs());
    (f64::from(got) - right).abs() / ulp
}

#[test]
fn f32_errors_stay_within_their_bounds_over_the_whole_range() {
    let x = all_f32();
    for (function, bound, _) in BOUNDS {
        let y = map(Isa::available()[0], function, &x);
        let errors =
            x.iter().zip(&y).map(|(&x, &y)| (error_in_ulp(y, standard(function, f64::from(x))), x, y));
        let worst = errors.fold((0.0, 0.0, 0.0), |worst, this| if this.0 <= worst.0 { worst } else { this });
        println!("{function}: {} ULP at {:?}, got {:?}", worst.0, worst.1, worst.2);
        assert!(worst.0 <= bound, "{function}: {} ULP at {:?}, got {:?}", worst.0, worst.1, worst.2);
    }
}

#[derive(Deserialize)]
struct Corpus {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    function: String,
    x: Vec<f64>,
    y: Vec<f64>,
}

#[test]
fn f64_errors_stay_within_their_bounds() {
    let text = include_str!("../../../../../testdata/conformance/functions.toml");
    let corpus: Corpus = toml::from_str(text).unwrap();
    assert_eq!(corpus.case.len(), BOUNDS.len());
    for case in corpus.case {
        let bound = BOUNDS.iter().find(|bound| bound.0 == case.function).unwrap().2;
        let got = map(Isa::available()[0], &case.function, &case.x);
        let mut worst = (0.0, 0.0);
        for ((&x, &right), &got) in case.x.iter().zip(&case.y).zip(&got) {
            let error = (got - right).abs() / (right.abs().next_up() - right.abs());
            if got != right && (error.is_nan() || error > worst.0) {
                worst = (error, x);
            }
        }
        println!("{}: {} ULP at {:?}", case.function, worst.0, worst.1);
        assert!(worst.0 <= bound, "{}: {} ULP at {:?}", case.function, worst.0, worst.1);
    }
}

/// As [`f32_errors_stay_within_their_bounds_over_the_whole_range`], against functions that are themselves off by up
/// to one ULP.
#[test]
fn f64_agrees_with_the_standard_library_over_the_whole_range() {
    let x = all_f64();
    for (function, _, bound) in BOUNDS {
        for (&x, got) in x.iter().zip(map(Isa::available()[0], function, &x)) {
            let right = standard(function, x);
            let distance = if got == right || (got.is_nan() && right.is_nan()) {
                0.0
            } else {
                (got - right).abs() / (right.abs().next_up() - right.abs())
            };
            assert!(distance <= bound + 1.0, "{function}({x:?}) = {got:?}, not {right:?}: {distance} ULP");
        }
    }
}

fn bits_agree<F: Float>(x: &[F], bits: fn(F) -> u64) {
    for (function, ..) in BOUNDS {
        let first = map(Isa::available()[0], function, x);
        for &isa in Isa::available() {
            for ((&x, &one), other) in x.iter().zip(&first).zip(map(isa, function, x)) {
                let same = bits(one) == bits(other) || (one.to_f64().is_nan() && other.to_f64().is_nan());
                assert!(same, "{function}({x:?}) = {one:?}, on {} {other:?}", isa.name());
            }
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    bits_agree(&all_f32(), |x| u64::from(x.to_bits()));
    bits_agree(&all_f64(), f64::to_bits);
}

#[test]
fn zeros_keep_their_sign() {
    for function in ["exp_m1", "ln_1p", "tanh", "erf"] {
        let y = map(Isa::available()[0], function, &[0.0_f64, -0.0]);
        assert_eq!([y[0].to_bits(), y[1].to_bits()], [0.0_f64.to_bits(), (-0.0_f64).to_bits()], "{function}");
    }
}

#[test]
fn the_logarithm_from_one_on_is_the_logarithm() {
    fn check<F: Float>(x: &[F], bits: fn(F) -> u64) {
        let x: Vec<F> = x.iter().copied().filter(|&x| x >= F::ONE || x.to_f64().is_nan()).collect();
        let on = |function| map(Isa::available()[0], function, &x);
        for (&x, (ln, from_one)) in x.iter().zip(on("ln").into_iter().zip(on("ln_from_one"))) {
            let same = bits(ln) == bits(from_one) || (ln.to_f64().is_nan() && from_one.to_f64().is_nan());
            assert!(same, "ln({x:?}) = {ln:?}, {from_one:?}");
        }
    }
    check(&all_f32(), |x| u64::from(x.to_bits()));
    check(&all_f64(), f64::to_bits);
}
