//! What each row of a batch contributes to the gradient, and why averaging first is something else.
//!
//! The gradient of a batch is the mean (or, under a loss that is a sum, the sum) over its rows of the outer products
//! δ_n·a_nᵀ. One matrix product δᵀA has the same sum in it. The outer product of the means is neither: the mean of a
//! product is not the product of the means.

use chainrule::Matrix;

use crate::derivation::{Form, Value};
use crate::elide;
use crate::expression::{Expr, Operator, Symbol};
use crate::matrix_form::product;
use crate::notation::{Notation, transposed};
use crate::step::{LayerValues, Step};
use crate::trace::{Backward, Forward};
use crate::writer::{Draft, Writer};

/// The gradient of each row's own loss ℓ_n, the row being a batch of its own of weight 1: one entry per row, one per
/// layer in it.
pub fn per_example(step: &Step) -> Vec<Vec<LayerValues>> {
    (0..step.n_rows()).map(|n| alone(step, n).gradients).collect()
}

/// The backward pass of a row as a batch of its own.
fn alone(step: &Step, row: usize) -> Backward {
    let rows = [row as u32];
    let step = Step {
        x: step.x.select_rows(&rows),
        y: step.y.select_rows(&rows),
        sample_weights: None,
        ..step.clone()
    };
    Backward::new(&step, &Forward::new(&step))
}

/// What averaging first would give: the mean (or sum) of the rows' errors, times the mean of their inputs, n_out × n_in;
/// with sample weights, both weighted.
pub(crate) fn averaged_first(step: &Step, delta: &Matrix<f64>, inputs: &Matrix<f64>) -> Matrix<f64> {
    let rows = || 0..step.n_rows();
    let total: f64 = rows().map(|n| step.row_factor(n)).sum();
    let delta_sum = |i: usize| rows().map(|n| delta.row(n)[i]).sum::<f64>();
    let mean = |j: usize| rows().map(|n| step.row_factor(n) / total * inputs.row(n)[j]).sum::<f64>();
    Matrix::from_fn(delta.columns(), inputs.columns(), |i, j| delta_sum(i) * mean(j))
}

/// How the gradients of the rows are put together.
fn kind_of_sum(step: &Step) -> &'static str {
    match (step.loss.is_sum(), step.sample_weights.is_some()) {
        (true, false) => "sum",
        (true, true) => "weighted sum",
        (false, false) => "mean",
        (false, true) => "weighted mean",
    }
}

/// Row by row, then together; nothing for a single row.
pub(crate) fn section(writer: &mut Writer<'_>) {
    if writer.notation.is_single() {
        return;
    }
    writer.section("batch", "The batch, row by row");
    let how = kind_of_sum(writer.step);
    let (z, ..) = writer.notation.prose_letters();
    writer.say(format!(
        "Every row has a loss ℓ_n and a gradient of its own: the outer product of its error ∂ℓ_n/∂{z}, a column, and its inputs. \
         The gradient of the batch is their {how}."
    ));
    let examples: Vec<Backward> = (0..writer.step.n_rows()).map(|n| alone(writer.step, n)).collect();
    for l in writer.chosen.layers().rev() {
        writer.heading(format!("Layer {}", l + 1));
        for n in writer.chosen.rows() {
            outer(writer, &examples[n], (l, n));
        }
        writer.omitted(
            "outer products of rows".into(),
            writer.step.n_rows() - writer.chosen.rows().len(),
            "explain fewer rows at a time",
        );
        together(writer, &examples, l);
        first_averaged(writer, l);
    }
    writer.say(
        "Averaging first is something else, because the mean of a product is not the product of the means: with \
         δ = (1, −1) and a = (1, 3), the mean of δ·a is −1, and the mean of δ times the mean of a is 0. It throws away \
         which error came with which input. One product sums over the rows whatever their number, so the gradient has the \
         shape of the weights for any batch size, and no row's gradient need be formed.",
    );
}

/// ∂ℓ_n/∂W of a row.
fn symbol(l: usize, n: usize) -> Expr {
    let weights = Symbol::new("W").layer(l + 1).bold();
    Expr::partial(Symbol::new("ℓ").at([n + 1]).into(), weights.into())
}

/// ∂ℓ_n/∂z of a layer as a symbol.
fn delta_symbol(writer: &Writer<'_>, l: usize, n: usize) -> Expr {
    let z = Symbol { bold: true, ..writer.notation.z(l, n, 0) }.at([n + 1]);
    Expr::partial(Symbol::new("ℓ").at([n + 1]).into(), z.into())
}

/// The inputs of a layer for a row as a symbol.
fn input_symbol(writer: &Writer<'_>, l: usize, n: usize) -> Expr {
    Symbol { bold: true, ..writer.notation.input(l, n, 0) }.at([n + 1]).into()
}

/// The product of two columns, as the gradient lies.
fn outer_product(writer: &Writer<'_>, delta: Expr, input: Expr) -> Expr {
    let (first, second) =
        if writer.notation.gradient_is_inverted() { (input, delta) } else { (delta, input) };
    Expr::joined(Operator::MatrixTimes, [first, second.transposed()])
}

fn outer(writer: &mut Writer<'_>, example: &Backward, (l, n): (usize, usize)) {
    let column = |values: &[f64]| Matrix::from_vec(values.to_vec(), values.len(), 1);
    let delta = elide::matrix(&column(example.deltas[l].row(0)));
    let input = elide::matrix(&column(writer.trace.forward.inputs_of(writer.step, l).row(n)));
    let formula = outer_product(writer, delta_symbol(writer, l, n).grouped(), input_symbol(writer, l, n));
    let gradient = writer.notation.shown_gradient(&example.gradients[l].weights);
    writer.line(
        Draft::new(symbol(l, n), Value::Matrix(gradient))
            .formula(formula)
            .numbers(outer_product(writer, delta, input)),
    );
}

/// The weighted sum of the rows' gradients, and the one product that has it.
fn together(writer: &mut Writer<'_>, examples: &[Backward], l: usize) {
    let (step, notation) = (writer.step, writer.notation);
    let layer = &step.layers[l];
    let mut sum = Matrix::zeros(layer.n_outputs(), layer.n_inputs());
    for (n, example) in examples.iter().enumerate() {
        let factor = step.row_factor(n);
        for (to, from) in sum.values_mut().iter_mut().zip(example.gradients[l].weights.values()) {
            *to += factor * from;
        }
    }
    let equal = step.sample_weights.is_none();
    let formula = if equal {
        let rows = elide::sum(step.n_rows(), |n| symbol(l, n));
        if step.loss.is_sum() {
            rows
        } else {
            Expr::product([Expr::Integer(1).over(Expr::count(step.n_rows())), rows.grouped()])
        }
    } else {
        elide::sum(step.n_rows(), |n| Expr::product([Expr::Number(step.row_factor(n)), symbol(l, n)]))
    };
    let value = Value::Matrix(notation.shown_gradient(&sum));
    writer.line(Draft::new(notation.loss_by(Notation::w_matrix(l)), value).formula(formula));
    let (delta, input) = (Expr::from(notation.delta_matrix(l)), Expr::from(notation.input_matrix(l)));
    let (first, second) = if notation.gradient_is_inverted() { (input, delta) } else { (delta, input) };
    // δ of the text may be −∂L/∂z; the gradient is ∂L/∂W all the same.
    let formula = notation.signed(Expr::joined(Operator::MatrixTimes, [first.transposed(), second]));
    let inputs = writer.trace.forward.inputs_of(step, l);
    let one_product = product(&transposed(&writer.trace.backward.deltas[l]), inputs);
    let value = Value::Matrix(notation.shown_gradient(&one_product));
    let draft = Draft::new(notation.loss_by(Notation::w_matrix(l)), value).formula(formula);
    writer.line(draft.form(Form::Matrix));
}

fn first_averaged(writer: &mut Writer<'_>, l: usize) {
    let step = writer.step;
    let inputs = writer.trace.forward.inputs_of(step, l);
    let wrong = averaged_first(step, &writer.trace.backward.deltas[l], inputs);
    let how = kind_of_sum(step);
    let mean = if step.sample_weights.is_some() { "weighted mean" } else { "mean" };
    let z = Symbol { bold: true, ..writer.notation.z(l, 0, 0) }.at([]);
    let delta = Expr::of(Expr::Word(how), Expr::partial(Symbol::new("ℓ").into(), z.into()));
    let input = Symbol { bold: true, ..writer.notation.input(l, 0, 0) }.at([]);
    let formula = outer_product(writer, delta, Expr::of(Expr::Word(mean), input.into()));
    let value = Value::Matrix(writer.notation.shown_gradient(&wrong));
    writer.line(Draft::new(Expr::Word("averaged first (not the gradient)"), value).formula(formula));
}
