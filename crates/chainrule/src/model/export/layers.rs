//! Dense layers: Z = A·Wᵀ + 1·bᵀ as `Gemm`, then the activation. Dropout is absent from predictions.
//!
//! Constants of operators, such as the slope of `LeakyRelu`, are f32 in ONNX, whatever the tensors are. A network of doubles
//! gets operators whose constants are tensors.

use super::graph::{Attribute, Graph, Value};
use super::{Elements, OPERATOR_SET};
use crate::network::{Dense, Network, activation_name};
use crate::{Activation, Error, ErrorKind, Float, Result};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// α of SELU (Klambauer et al., 2017).
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
/// λ of SELU.
const SELU_LAMBDA: f64 = 1.050_700_987_355_480_5;
/// The factor of the cubic in GELU by tanh (Hendrycks and Gimpel, 2016).
const GELU_CUBIC: f64 = 0.044_715;

/// Writes all layers; returns the outputs of the last.
pub(super) fn push<F: Float>(network: &Network<F>, input: Value, graph: &mut Graph) -> Result<Value> {
    network.layers().enumerate().try_fold(input, |input, (l, dense)| {
        let z = affine(network, l, dense, &input, graph);
        activate(dense.activation, &z, graph)
    })
}

fn affine<F: Float>(
    network: &Network<F>,
    l: usize,
    dense: &Dense,
    input: &Value,
    graph: &mut Graph,
) -> Value {
    let mut tensor = |name: &str, place: usize, shape: &[usize]| {
        let values = network.parameters.tensor(place).iter().map(|x| x.to_f64());
        graph.numbers(Some(format!("layers.{l}.{name}")), graph.precision, shape, values)
    };
    let weight = tensor("weight", dense.weight, &[dense.n_outputs, dense.n_inputs]);
    let bias = dense.bias.map(|bias| tensor("bias", bias, &[dense.n_outputs]));
    let inputs: Vec<&Value> = [input, &weight].into_iter().chain(&bias).collect();
    graph.apply_with("Gemm", &inputs, vec![("transB", Attribute::Int(1))])
}

fn activate(activation: Activation, z: &Value, graph: &mut Graph) -> Result<Value> {
    Ok(match activation {
        Activation::Identity => z.clone(),
        Activation::Sigmoid => graph.apply("Sigmoid", &[z]),
        Activation::Tanh => graph.apply("Tanh", &[z]),
        Activation::Relu => graph.apply("Relu", &[z]),
        Activation::LeakyRelu { slope } => leaky_relu(slope, z, graph),
        Activation::Elu { alpha } => elu(alpha, z, graph),
        Activation::Selu => selu(z, graph),
        Activation::Gelu => gelu(z, graph),
        Activation::GeluTanh => gelu_tanh(z, graph),
        Activation::Silu => silu(z, graph),
        Activation::Mish => graph.apply("Mish", &[z]),
        Activation::Softplus => graph.apply("Softplus", &[z]),
        Activation::Exp => graph.apply("Exp", &[z]),
        Activation::Softmax => graph.apply_with("Softmax", &[z], vec![("axis", Attribute::Int(1))]),
        other => return Err(refused(other)),
    })
}

/// z·sigmoid(z), as z / (1 + exp(−z)): the product is what some versions of ONNX Runtime put an operator of their own in place of,
/// which knows no f64.
fn silu(z: &Value, graph: &mut Graph) -> Value {
    let one = graph.number(1.0);
    let opposite = graph.apply("Neg", &[z]);
    let growth = graph.apply("Exp", &[&opposite]);
    let whole = graph.apply("Add", &[&one, &growth]);
    graph.apply("Div", &[z, &whole])
}

/// Activations are added to the kernels first.
fn refused(activation: Activation) -> Error {
    let name = activation_name(activation).0;
    let message =
        format!("activation '{name}' cannot be written with ONNX's operators of version {OPERATOR_SET}");
    Error::new(ErrorKind::Unsupported, message)
}

fn leaky_relu(slope: f64, z: &Value, graph: &mut Graph) -> Value {
    if graph.precision == Elements::F32 {
        return graph.apply_with("LeakyRelu", &[z], vec![("alpha", Attribute::Float(slope as f32))]);
    }
    let slope = graph.numbers(None, graph.precision, &[1], [slope]);
    graph.apply("PRelu", &[z, &slope])
}

fn elu(alpha: f64, z: &Value, graph: &mut Graph) -> Value {
    if graph.precision == Elements::F32 || alpha == 1.0 {
        return graph.apply_with("Elu", &[z], vec![("alpha", Attribute::Float(alpha as f32))]);
    }
    scaled_elu(1.0, alpha, z, graph)
}

fn selu(z: &Value, graph: &mut Graph) -> Value {
    if graph.precision == Elements::F32 {
        let attributes = vec![
            ("alpha", Attribute::Float(SELU_ALPHA as f32)),
            ("gamma", Attribute::Float(SELU_LAMBDA as f32)),
        ];
        return graph.apply_with("Selu", &[z], attributes);
    }
    scaled_elu(SELU_LAMBDA, SELU_ALPHA, z, graph)
}

/// λ·max(z, 0) + λα·elu₁(min(z, 0)).
fn scaled_elu(lambda: f64, alpha: f64, z: &Value, graph: &mut Graph) -> Value {
    let (zero, lambda, both) = (graph.number(0.0), graph.number(lambda), graph.number(lambda * alpha));
    let above = graph.apply("Relu", &[z]);
    let above = graph.apply("Mul", &[&above, &lambda]);
    let below = graph.apply("Min", &[z, &zero]);
    let below = graph.apply("Elu", &[&below]);
    let below = graph.apply("Mul", &[&below, &both]);
    graph.apply("Add", &[&above, &below])
}

/// z·½(1 + erf(z/√2)); `Erf` in single precision, because ONNX Runtime has no other.
fn gelu(z: &Value, graph: &mut Graph) -> Value {
    let (root, one, half) = (graph.number(FRAC_1_SQRT_2), graph.number(1.0), graph.number(0.5));
    let mut erf = graph.apply("Mul", &[z, &root]);
    if graph.precision == Elements::F32 {
        erf = graph.apply("Erf", &[&erf]);
    } else {
        let narrow = graph.cast(&erf, Elements::F32);
        let narrow = graph.apply("Erf", &[&narrow]);
        erf = graph.cast(&narrow, graph.precision);
    }
    let twice = graph.apply("Add", &[&erf, &one]);
    let share = graph.apply("Mul", &[&twice, &half]);
    graph.apply("Mul", &[z, &share])
}

/// z·sigmoid(2u), u = √(2/π)·(z + 0.044715·z³).
fn gelu_tanh(z: &Value, graph: &mut Graph) -> Value {
    let cubic = graph.number(GELU_CUBIC);
    let factor = graph.number(2.0 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
    let square = graph.apply("Mul", &[z, z]);
    let cube = graph.apply("Mul", &[&square, z]);
    let cube = graph.apply("Mul", &[&cube, &cubic]);
    let u = graph.apply("Add", &[z, &cube]);
    let u = graph.apply("Mul", &[&u, &factor]);
    let share = graph.apply("Sigmoid", &[&u]);
    graph.apply("Mul", &[z, &share])
}
