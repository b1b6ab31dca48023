//! The tensor form: ∂z/∂W as labelled blocks T_k, and their contraction with δ.
//!
//! ∂z/∂W has three indices: which z, and the two of the weight. For each unit k it is a matrix of the shape of W,
//! T_k[i,j] = ∂z_k/∂w_ij = [k = i]·a_j: the inputs in row k, zeros elsewhere. No product of matrices takes δ through it;
//! the sum Σₖ δ_k·T_k does.

use chainrule::Matrix;

use crate::derivation::{Form, Value};
use crate::differences::{Differences, largest};
use crate::elide;
use crate::expression::{Expr, Operator, Symbol};
use crate::notation::{Notation, transposed};
use crate::step::Step;
use crate::trace::Forward;
use crate::writer::{Draft, Writer, math, words};

/// Contractions of at most so many blocks are written out.
const BLOCKS: usize = 6;

/// T_k of a layer for a row: ∂z_k/∂W, n_out × n_in.
pub(crate) fn block(step: &Step, forward: &Forward, (l, n, k): (usize, usize, usize)) -> Matrix<f64> {
    let layer = &step.layers[l];
    let inputs = forward.inputs_of(step, l).row(n);
    Matrix::from_fn(layer.n_outputs(), layer.n_inputs(), |i, j| if i == k { inputs[j] } else { 0.0 })
}

/// ∂L/∂W of each layer by contraction: Σₙ Σₖ δ_nk·T_nk.
pub(crate) fn gradients(step: &Step, forward: &Forward, deltas: &[Matrix<f64>]) -> Vec<Matrix<f64>> {
    let contract = |(l, delta): (usize, &Matrix<f64>)| {
        let layer = &step.layers[l];
        let mut sum = Matrix::zeros(layer.n_outputs(), layer.n_inputs());
        for n in 0..step.n_rows() {
            for k in 0..layer.n_outputs() {
                // Rows other than k of the block are 0, and stay so times anything finite.
                let inputs = forward.inputs_of(step, l).row(n);
                for (to, &a) in sum.row_mut(k).iter_mut().zip(inputs) {
                    *to += delta.row(n)[k] * a;
                }
            }
        }
        sum
    };
    deltas.iter().enumerate().map(contract).collect()
}

/// The backward pass in tensor form.
pub(crate) fn section(writer: &mut Writer<'_>, gradients: &[Matrix<f64>]) {
    writer.section("backward-tensor", "Backward pass, tensor form");
    let (z, a, _) = writer.notation.prose_letters();
    let (entry, place) = if writer.notation.gradient_is_inverted() {
        (format!("T_k[i,j] = {a}_i·[k = j]"), "column")
    } else {
        (format!("T_k[i,j] = [k = i]·{a}_j"), "row")
    };
    writer.prose([
        words("What the chain rule multiplies δ with is "),
        math(Expr::partial(Expr::Word(z), Expr::Word("W"))),
        words(format!(
            ", which has three indices: the unit k, and the two of the weight. Written as one block per unit, {entry}: a weight \
             into unit k moves {z}_k alone, and moves it by its input, so that {place} k of T_k holds the inputs and all else is \
             0. A matrix product has no place for the third index; the derivative is the sum of the blocks, each times its δ_k."
        )),
    ]);
    for l in writer.chosen.layers().rev() {
        writer.heading(format!("Layer {}", l + 1));
        layer(writer, l, &gradients[l]);
    }
}

fn symbol(writer: &Writer<'_>, (l, n, k): (usize, usize, usize)) -> Symbol {
    let symbol = Symbol::new("T").layer(l + 1).bold();
    if writer.notation.is_single() { symbol.at([k + 1]) } else { symbol.at([n + 1, k + 1]) }
}

fn layer(writer: &mut Writer<'_>, l: usize, gradient: &Matrix<f64>) {
    let (step, notation) = (writer.step, writer.notation);
    let (n_rows, n_units) = (step.n_rows(), step.layers[l].n_outputs());
    let inverted = notation.gradient_is_inverted();
    let shown = |block: Matrix<f64>| if inverted { transposed(&block) } else { block };
    let all: Vec<(usize, usize)> = (0..n_rows).flat_map(|n| (0..n_units).map(move |k| (n, k))).collect();
    let written: Vec<(usize, usize)> = if all.len() <= BLOCKS {
        all.clone()
    } else {
        let units = writer.chosen.units(l);
        units.iter().take(2).map(|&k| (0, k)).collect()
    };
    for &(n, k) in &written {
        let place = (l, n, k);
        let value = shown(block(step, &writer.trace.forward, place));
        let derivative = Expr::partial(notation.z(l, n, k).into(), Notation::w_matrix(l).into());
        let numbers = if inverted { elide::matrix(&value) } else { elide::matrix_around(&value, k) };
        let draft = Draft::new(symbol(writer, place), Value::Matrix(value)).formula(derivative);
        writer.line(draft.numbers(numbers).form(Form::Tensor));
    }
    writer.omitted(
        format!("blocks of layer {}, one per unit and row", l + 1),
        all.len() - written.len(),
        "--layer L --unit I",
    );
    let sign = notation.delta_sign();
    let delta = |n: usize, k: usize| sign * writer.trace.backward.deltas[l].row(n)[k];
    let term = |&(n, k): &(usize, usize)| {
        let delta = Expr::from(notation.delta(l, n, k));
        Expr::joined(Operator::Times, [delta, symbol(writer, (l, n, k)).into()])
    };
    let numbers = |&(n, k): &(usize, usize)| {
        let block = elide::matrix(&shown(block(step, &writer.trace.forward, (l, n, k))));
        Expr::joined(Operator::Times, [Expr::operand(delta(n, k)), block])
    };
    let check = Differences::check(
        gradient.values(),
        writer.differences.weights[l].values(),
        largest(gradient.values()),
    );
    let value = Value::Matrix(notation.shown_gradient(&notation.signed_values(gradient)));
    let draft = Draft::new(notation.descent(Notation::w_matrix(l)), value)
        .formula(elide::sum(all.len(), |i| term(&all[i])))
        .form(Form::Tensor);
    let draft = if all.len() <= BLOCKS { draft.numbers(Expr::sum(all.iter().map(numbers))) } else { draft };
    writer.line(draft.check(check));
}
