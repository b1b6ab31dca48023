//! Activations and losses as formulas, for symbols and for numbers alike.
//!
//! Each function takes expressions and gives the formula over them, so that `formula` and `numbers` of a line are the
//! same tree with other leaves. Where a function is defined by cases, the case at hand is written.

use chainrule::Activation;
use chainrule::loss::Loss;

use crate::expression::{Expr, Operator};

fn int(n: i64) -> Expr {
    Expr::Integer(n)
}

fn call(name: &'static str, argument: Expr) -> Expr {
    Expr::of(Expr::Word(name), argument)
}

/// e to a power.
fn e(power: Expr) -> Expr {
    Expr::Power(Box::new(Expr::Word("e")), Box::new(power.ungrouped()))
}

/// A negative of something that stands for itself or is a number.
fn minus(x: Expr) -> Expr {
    match x {
        Expr::Number(number) => Expr::Number(-number),
        Expr::Group(inner) if matches!(*inner, Expr::Number(_)) => match *inner {
            Expr::Number(number) => Expr::Number(-number),
            other => other.negated(),
        },
        other => other.negated(),
    }
}

/// Two factors.
fn times(left: Expr, right: Expr) -> Expr {
    Expr::product([left, right])
}

/// σ(z) written out, where `value` is the number z. None for the identity, which has nothing to write out.
pub(crate) fn activation(activation: Activation, z: &Expr, value: f64) -> Option<Expr> {
    let z = || z.clone();
    let positive = value > 0.0;
    let below = |alpha: f64| times(Expr::Number(alpha), e(z()).minus(int(1)).grouped());
    Some(match activation {
        Activation::Sigmoid => int(1).over(Expr::sum([int(1), e(minus(z()))])),
        Activation::Tanh => call("tanh", z()),
        Activation::Relu => call("max", Expr::joined(Operator::Comma, [int(0), z().ungrouped()])),
        Activation::LeakyRelu { slope } if !positive => times(Expr::operand(slope), z()),
        Activation::Elu { alpha } if !positive => below(alpha),
        Activation::Selu if positive => times(Expr::Number(SELU_SCALE), z()),
        Activation::Selu => below(SELU_SCALE * SELU_ALPHA),
        Activation::Gelu => times(z(), call("Φ", z())),
        Activation::GeluTanh => times(
            Expr::Number(0.5),
            times(z(), Expr::sum([int(1), call("tanh", gelu_argument(z()))]).grouped()),
        ),
        Activation::Silu => z().over(Expr::sum([int(1), e(minus(z()))])),
        Activation::Mish => times(z(), call("tanh", softplus(z(), value))),
        Activation::Softplus => softplus(z(), value),
        Activation::Exp => e(z()),
        _ => return None,
    })
}

/// ln(1 + eᶻ), for large z without a power that nobody can compute.
fn softplus(z: Expr, value: f64) -> Expr {
    if value > 30.0 {
        let rest = call("ln", Expr::sum([int(1), e(minus(z.clone()))]));
        return Expr::sum([z.ungrouped(), rest]);
    }
    call("ln", Expr::sum([int(1), e(z)]))
}

/// Klambauer et al. (2017).
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;

/// √(2/π)·(z + 0.044715·z³).
fn gelu_argument(z: Expr) -> Expr {
    let cube = Expr::Power(Box::new(z.clone()), Box::new(int(3)));
    let root = Expr::Root(Box::new(int(2).over(Expr::Word("π"))));
    times(root, Expr::sum([z, times(Expr::Number(0.044_715), cube)]).grouped())
}

/// σ'(z) written out over z and a = σ(z), where `value` is the number z.
pub(crate) fn slope(activation: Activation, z: &Expr, a: &Expr, value: f64) -> Expr {
    let (z, a) = (|| z.clone(), || a.clone());
    let positive = value > 0.0;
    match activation {
        Activation::Sigmoid | Activation::Softmax => times(a(), int(1).minus(a()).grouped()),
        Activation::Tanh => int(1).minus(a().squared()),
        Activation::Relu => int(i64::from(positive)),
        Activation::LeakyRelu { slope } => {
            if positive {
                int(1)
            } else {
                Expr::Number(slope)
            }
        }
        Activation::Elu { .. } if positive => int(1),
        Activation::Elu { alpha } => times(Expr::Number(alpha), e(z())),
        Activation::Selu if positive => Expr::Number(SELU_SCALE),
        Activation::Selu => times(Expr::Number(SELU_SCALE * SELU_ALPHA), e(z())),
        Activation::Gelu => Expr::sum([call("Φ", z()), times(z(), call("φ", z()))]),
        Activation::GeluTanh => {
            let tanh = || call("tanh", gelu_argument(z()));
            let inner = Expr::sum([int(1), times(Expr::Number(3.0 * 0.044_715), z().squared())]).grouped();
            let root = Expr::Root(Box::new(int(2).over(Expr::Word("π"))));
            let bell = int(1).minus(tanh().squared()).grouped();
            let second = Expr::product([Expr::Number(0.5), z(), bell, root, inner]);
            Expr::sum([times(Expr::Number(0.5), Expr::sum([int(1), tanh()]).grouped()), second])
        }
        Activation::Silu => {
            let s = || call("s", z());
            Expr::sum([s(), Expr::product([z(), s(), int(1).minus(s()).grouped()])])
        }
        Activation::Mish => {
            let t = || call("tanh", softplus(z(), value));
            let last = int(1).minus(t().squared()).grouped();
            Expr::sum([t(), Expr::product([z(), call("s", z()), last])])
        }
        Activation::Softplus => int(1).over(Expr::sum([int(1), e(minus(z()))])),
        Activation::Exp => e(z()),
        _ => int(1),
    }
}

/// What the letters in the formulas of an activation mean that nobody has introduced.
pub(crate) fn legend(activation: Activation) -> Option<&'static str> {
    match activation {
        Activation::Gelu => {
            Some("Φ is the distribution function and φ the density of the standard normal distribution")
        }
        Activation::Silu | Activation::Mish => Some("s(z) = 1/(1 + e⁻ᶻ)"),
        _ => None,
    }
}

/// An output: ŷ, y, and z, as expressions.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) prediction: Expr,
    pub(crate) target: Expr,
    pub(crate) z: Expr,
    /// ln Σeᶻ over the row.
    pub(crate) log_sum: Expr,
    /// ŷ − y as a number, which decides the case of a loss by cases.
    pub(crate) error: f64,
    /// Whether ŷ is so near to 0 or 1 that its logarithm is computed from z.
    pub(crate) saturated: bool,
}

/// ℓ of a row over its outputs. `join` puts the terms of the sum together.
pub(crate) fn row_loss(loss: Loss, outputs: &[Output], join: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    let k = outputs.len();
    let from_z = outputs.iter().any(|output| output.saturated);
    let term = |output: &Output| {
        let Output { prediction, target, z, error, .. } = output;
        let difference = prediction.clone().minus(target.clone()).grouped();
        let size = Expr::Absolute(Box::new(prediction.clone().minus(target.clone())));
        match loss {
            Loss::Mae => size,
            Loss::Huber { delta } if error.abs() > delta => {
                let half = Expr::Number(delta * delta / 2.0);
                times(Expr::Number(delta), size).minus(half).grouped()
            }
            Loss::Huber { .. } => times(int(1).over(int(2)), difference.squared()),
            Loss::CrossEntropy => {
                let logarithm = if from_z {
                    z.clone().minus(output.log_sum.clone()).grouped()
                } else {
                    call("ln", prediction.clone())
                };
                let term = times(target.clone(), logarithm);
                if *target == Expr::Number(0.0) { Expr::Zero(Box::new(term)) } else { term }
            }
            Loss::BinaryCrossEntropy if from_z => {
                let sum = call("ln", Expr::sum([int(1), e(z.clone())]));
                sum.minus(times(target.clone(), z.clone()))
            }
            Loss::BinaryCrossEntropy => {
                let (yes, no) = (*target == Expr::Number(0.0), *target == Expr::Number(1.0));
                let other = int(1).minus(target.clone()).grouped();
                let rest = times(other, call("ln", int(1).minus(prediction.clone())));
                let zero =
                    |is_zero: bool, term: Expr| if is_zero { Expr::Zero(Box::new(term)) } else { term };
                Expr::sum([zero(yes, times(target.clone(), call("ln", prediction.clone()))), zero(no, rest)])
            }
            Loss::Poisson => prediction.clone().minus(times(target.clone(), z.clone())).grouped(),
            _ => difference.squared(),
        }
    };
    let many = outputs.len() > 1;
    let sum = join(outputs.iter().map(term).collect());
    let grouped = |sum: Expr| if many { sum.grouped() } else { sum };
    match loss {
        Loss::Mse | Loss::Mae | Loss::Huber { .. } if many => {
            times(int(1).over(Expr::count(k)), sum.grouped())
        }
        Loss::HalfMse | Loss::HalfSse => times(int(1).over(int(2)), grouped(sum)),
        Loss::CrossEntropy => grouped(sum).negated(),
        Loss::BinaryCrossEntropy if !from_z => sum.grouped().negated(),
        _ => sum,
    }
}

/// ∂ℓ/∂ŷ of one of `k` outputs.
pub(crate) fn output_derivative(loss: Loss, output: &Output, k: usize) -> Expr {
    let Output { prediction, target, error, .. } = output;
    let difference = || prediction.clone().minus(target.clone()).grouped();
    let share = |x: Expr| if k == 1 { x } else { times(int(1).over(Expr::count(k)), x) };
    let sign = |size: f64| Expr::Number(if *error == 0.0 { 0.0 } else { size * error.signum() });
    match loss {
        Loss::Mse if k > 1 => times(int(2).over(Expr::count(k)), difference()),
        Loss::Mse | Loss::Sse => times(int(2), difference()),
        Loss::Mae => share(sign(1.0)),
        Loss::Huber { delta } if error.abs() > delta => share(sign(delta)),
        Loss::Huber { .. } => share(difference()),
        Loss::CrossEntropy => target.clone().over(prediction.clone()).negated(),
        Loss::BinaryCrossEntropy => {
            difference().over(times(prediction.clone(), int(1).minus(prediction.clone()).grouped()))
        }
        Loss::Poisson => int(1).minus(target.clone().over(prediction.clone())),
        _ => difference(),
    }
}
