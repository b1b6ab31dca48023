//! The matrix form: δ for whole layers, transposes, ⊙.
//!
//! The same derivatives as in the component form, computed by matrix products alone, so that the two can disagree.

use chainrule::{Activation, Matrix};

use crate::derivation::{Check, Form, Value};
use crate::differences::{Difference, Differences, largest, output_jacobian};
use crate::elide;
use crate::expression::{Expr, Operator, Symbol};
use crate::forward::counted;
use crate::losses;
use crate::notation::{Arrangement, Notation, transposed};
use crate::step::{LayerValues, Step};
use crate::trace::{Forward, jacobian};
use crate::writer::{Draft, Writer, math, words};

/// What the matrix form computes; one entry per layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MatrixForm {
    /// δ, N × n_out.
    pub(crate) deltas: Vec<Matrix<f64>>,
    /// ∂L/∂W and ∂L/∂b.
    pub(crate) gradients: Vec<LayerValues>,
}

impl MatrixForm {
    /// δ(L) from ∂L/∂Ŷ, then layer by layer δ(ℓ−1) = (δ(ℓ)·W(ℓ)) ⊙ σ'(Z(ℓ−1)), and δᵀ·A.
    pub(crate) fn new(step: &Step, forward: &Forward, output: &Matrix<f64>) -> Self {
        let mut deltas: Vec<Matrix<f64>> = Vec::new();
        let mut gradients = Vec::new();
        for (l, layer) in step.layers.iter().enumerate().rev() {
            let delta = match deltas.last() {
                None => output_delta(step, forward, output),
                Some(above) => {
                    let carried = product(above, &step.layers[l + 1].values.weights);
                    let (z, a) = (&forward.z[l], &forward.a[l]);
                    let slopes = Matrix::from_fn(z.rows(), z.columns(), |n, i| {
                        jacobian(layer.activation, z.row(n), a.row(n), i, i)
                    });
                    hadamard(&carried, &slopes)
                }
            };
            let ones = Matrix::from_fn(1, step.n_rows(), |_, _| 1.0);
            gradients.push(LayerValues {
                weights: product(&transposed(&delta), forward.inputs_of(step, l)),
                bias: layer.values.bias.as_ref().map(|_| product(&ones, &delta).into_values()),
            });
            deltas.push(delta);
        }
        deltas.reverse();
        gradients.reverse();
        Self { deltas, gradients }
    }
}

/// δ(L): each row of ∂L/∂Ŷ through the whole Jacobian of its output.
fn output_delta(step: &Step, forward: &Forward, output: &Matrix<f64>) -> Matrix<f64> {
    let last = step.layers.len() - 1;
    let predictions = &forward.a[last];
    if losses::has_short_form(step.loss) {
        let totals: Vec<f64> = (0..step.n_rows())
            .map(|n| match step.loss {
                chainrule::loss::Loss::CrossEntropy => step.y.row(n).iter().sum(),
                _ => 1.0,
            })
            .collect();
        let factors =
            Matrix::from_fn(
                step.n_rows(),
                step.n_rows(),
                |n, m| {
                    if n == m { step.row_factor(n) } else { 0.0 }
                },
            );
        let errors = Matrix::from_fn(step.n_rows(), step.n_outputs(), |n, k| {
            totals[n] * predictions.row(n)[k] - step.y.row(n)[k]
        });
        return product(&factors, &errors);
    }
    let mut delta = Matrix::zeros(step.n_rows(), step.n_outputs());
    for n in 0..step.n_rows() {
        let upper = Matrix::from_vec(output.row(n).to_vec(), 1, step.n_outputs());
        let row = product(&upper, &output_jacobian(step, forward, n));
        delta.row_mut(n).copy_from_slice(row.values());
    }
    delta
}

/// The matrix product.
///
/// # Panics
/// When the inner sizes differ.
pub(crate) fn product(left: &Matrix<f64>, right: &Matrix<f64>) -> Matrix<f64> {
    assert_eq!(left.columns(), right.rows(), "inner sizes of a product");
    let mut result = Matrix::zeros(left.rows(), right.columns());
    for i in 0..left.rows() {
        for (k, &factor) in left.row(i).iter().enumerate() {
            for (to, &from) in result.row_mut(i).iter_mut().zip(right.row(k)) {
                *to += factor * from;
            }
        }
    }
    result
}

/// Entry by entry.
fn hadamard(left: &Matrix<f64>, right: &Matrix<f64>) -> Matrix<f64> {
    Matrix::from_fn(left.rows(), left.columns(), |i, j| left.row(i)[j] * right.row(i)[j])
}

/// The backward pass in matrix form.
pub(crate) fn section(writer: &mut Writer<'_>, form: &MatrixForm) {
    writer.section("backward-matrix", "Backward pass, matrix form");
    writer.say(
        "The same numbers, a whole layer at a time: δ of a layer, from it the gradients of the layer's weights, \
         and one product further back.",
    );
    let mut has_diagonal = false;
    for l in writer.chosen.layers().rev() {
        writer.heading(format!("Layer {}", l + 1));
        let is_output = l + 1 == writer.step.layers.len();
        if is_output {
            output(writer, form, l);
        } else {
            hidden(writer, form, l);
        }
        let is_softmax = writer.step.layers[l].activation == Activation::Softmax;
        if !(has_diagonal || is_softmax || is_output && losses::has_short_form(writer.step.loss)) {
            diagonal(writer, form, l);
            has_diagonal = true;
        }
        gradient(writer, form, l);
    }
}

/// A matrix of units' values as the text shows it.
fn units(writer: &Writer<'_>, values: &Matrix<f64>) -> Expr {
    elide::matrix(&writer.notation.shown(values))
}

/// A product of matrices side by side.
fn side_by_side(parts: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::joined(Operator::MatrixTimes, parts)
}

fn check(values: &Matrix<f64>, differences: &Matrix<Difference>) -> Option<Check> {
    Differences::check(values.values(), differences.values(), largest(values.values()))
}

/// δ as the text has it: its sign, its orientation.
fn shown_delta(writer: &Writer<'_>, delta: &Matrix<f64>) -> Matrix<f64> {
    writer.notation.shown(&writer.notation.signed_values(delta))
}

fn delta_line(writer: &mut Writer<'_>, form: &MatrixForm, l: usize, formula: Expr, numbers: Expr) {
    let delta = &form.deltas[l];
    let check = check(delta, &writer.differences.deltas[l]);
    let value = Value::Matrix(shown_delta(writer, delta));
    let draft = Draft::new(writer.notation.delta_matrix(l), value).formula(formula).numbers(numbers);
    writer.line(draft.form(Form::Matrix).check(check));
}

/// δ(L).
fn output(writer: &mut Writer<'_>, form: &MatrixForm, l: usize) {
    let (step, notation) = (writer.step, writer.notation);
    let z_symbol = Expr::from(notation.z_matrix(l));
    if losses::has_short_form(step.loss) {
        let (a, y) = (&writer.trace.forward.a[l], &step.y);
        let difference = |a: Expr, y: Expr| {
            let difference = notation.signed(a.minus(y).grouped());
            if step.n_rows() > 1 && step.sample_weights.is_none() {
                Expr::product([Expr::Integer(1).over(Expr::count(step.n_rows())), difference])
            } else {
                difference
            }
        };
        let formula = difference(notation.a_matrix(l).into(), notation.target_matrix().into());
        return delta_line(writer, form, l, formula, difference(units(writer, a), units(writer, y)));
    }
    let upper = &writer.trace.backward.activations[l];
    let upper_symbol = notation.descent(notation.a_matrix(l)).as_factor();
    if step.layers[l].activation == Activation::Softmax {
        return softmax_output(writer, form, l);
    }
    let slopes = &writer.trace.backward.slopes[l];
    let hadamard = |left: Expr, right: Expr| Expr::joined(Operator::Hadamard, [left, right]);
    let slope_symbol = Expr::of(Expr::Word("σ′"), z_symbol.clone());
    let (numbers, formula) = (
        hadamard(elide::matrix(&shown_delta(writer, upper)), units(writer, slopes)),
        hadamard(upper_symbol, slope_symbol),
    );
    delta_line(writer, form, l, formula, numbers);
}

/// What ⊙ is: a product with a diagonal Jacobian, shown for one row.
fn diagonal(writer: &mut Writer<'_>, form: &MatrixForm, l: usize) {
    let notation = writer.notation;
    let (z, a, y) = notation.prose_letters();
    let a = if l + 1 == writer.step.layers.len() { y } else { a };
    writer.say(format!(
        "⊙ multiplies entry by entry. It is the matrix product of the chain rule: {a} depends on {z} entry by entry, so \
         that the Jacobian ∂{a}/∂{z} is diagonal, and a product with a diagonal matrix is ⊙ with its diagonal."
    ));
    let of_row = |symbol: Symbol, whole: Symbol| {
        if notation.is_single() { whole } else { Symbol { bold: true, ..symbol }.at([1]) }
    };
    let upper_symbol = notation.descent(of_row(notation.a(l, 0, 0), notation.a_matrix(l))).as_factor();
    let slope = Expr::of(Expr::Word("σ′"), of_row(notation.z(l, 0, 0), notation.z_matrix(l)).into());
    let jacobian = Expr::of(Expr::Word("diag"), slope.grouped());
    let first = |values: &Matrix<f64>| Matrix::from_vec(values.row(0).to_vec(), 1, values.columns());
    let slopes = first(&writer.trace.backward.slopes[l]);
    let n = slopes.columns();
    let matrix = Matrix::from_fn(n, n, |i, j| if i == j { slopes.row(0)[i] } else { 0.0 });
    let upper = elide::matrix(&shown_delta(writer, &first(&writer.trace.backward.activations[l])));
    let arranged = |matrix: Expr, vector: Expr| match notation.arrangement() {
        Arrangement::Column => side_by_side([matrix, vector]),
        _ => side_by_side([vector, matrix]),
    };
    let delta = first(&form.deltas[l]);
    let taken = Matrix::from_vec(writer.differences.deltas[l].row(0).to_vec(), 1, n);
    let symbol = of_row(notation.delta(l, 0, 0), notation.delta_matrix(l));
    let draft = Draft::new(symbol, Value::Matrix(shown_delta(writer, &delta)))
        .formula(arranged(jacobian, upper_symbol))
        .numbers(arranged(elide::matrix(&matrix), upper));
    let check = check(&delta, &taken);
    writer.line(draft.form(Form::Matrix).check(check));
}

/// δ(L) through the whole Jacobian of softmax, row by row.
fn softmax_output(writer: &mut Writer<'_>, form: &MatrixForm, l: usize) {
    let notation = writer.notation;
    writer.say(
        "Under softmax every output depends on every preactivation, so the Jacobian J with J_ij = ŷ_i([i = j] − ŷ_j) is \
         full, and ⊙ is not enough.",
    );
    let upper_symbol = notation.descent(notation.a_matrix(l)).as_factor();
    let j = Expr::Word("J");
    let formula = match notation.arrangement() {
        Arrangement::Column => side_by_side([j.transposed(), upper_symbol]),
        _ => side_by_side([upper_symbol, j]),
    };
    if writer.step.n_rows() > 1 {
        let check = check(&form.deltas[l], &writer.differences.deltas[l]);
        let value = Value::Matrix(shown_delta(writer, &form.deltas[l]));
        let draft = Draft::new(notation.delta_matrix(l), value).formula(formula);
        return writer.line(draft.form(Form::Matrix).check(check));
    }
    let jacobian = output_jacobian(writer.step, &writer.trace.forward, 0);
    let upper = elide::matrix(&shown_delta(writer, &writer.trace.backward.activations[l]));
    let numbers = match notation.arrangement() {
        Arrangement::Column => side_by_side([elide::matrix(&transposed(&jacobian)), upper]),
        _ => side_by_side([upper, elide::matrix(&jacobian)]),
    };
    delta_line(writer, form, l, formula, numbers);
}

/// δ(ℓ) from δ(ℓ+1).
fn hidden(writer: &mut Writer<'_>, form: &MatrixForm, l: usize) {
    let (step, notation) = (writer.step, writer.notation);
    let above = &step.layers[l + 1];
    let (w, delta) = (Expr::from(Notation::w_matrix(l + 1)), Expr::from(notation.delta_matrix(l + 1)));
    let weights = notation.shown_weights(&above.values.weights);
    let delta_numbers = elide::matrix(&shown_delta(writer, &form.deltas[l + 1]));
    let carried = |w: Expr, delta: Expr| match notation.arrangement() {
        Arrangement::Column => side_by_side([w.transposed(), delta]),
        Arrangement::Rows => side_by_side([delta, w]),
        Arrangement::RowsInverted => side_by_side([delta, w.transposed()]),
    };
    if l + 2 == step.layers.len() || !writer.chosen.has_layer(l + 1) {
        why_transposed(writer, l);
    }
    let slopes = &writer.trace.backward.slopes[l];
    let slope = Expr::of(Expr::Word("σ′"), notation.z_matrix(l).into());
    let joined = |left: Expr, right: Expr| Expr::joined(Operator::Hadamard, [left.grouped(), right]);
    let formula = joined(carried(w, delta), slope);
    let numbers = joined(carried(elide::matrix(&weights), delta_numbers), units(writer, slopes));
    delta_line(writer, form, l, formula, numbers);
}

/// Why the transpose stands there, or why it does not.
fn why_transposed(writer: &mut Writer<'_>, l: usize) {
    let (n_in, n_out) = (writer.step.layers[l + 1].n_inputs(), writer.step.layers[l + 1].n_outputs());
    let w = Notation::w_matrix(l + 1);
    let readers = counted(n_out, "unit");
    let text = match writer.notation.arrangement() {
        Arrangement::Column => format!(
            " is {n_out} × {n_in}: it takes {} forward to {readers}. On the way back, activation j collects from every unit \
             k that reads it, Σₖ w_kj δ_k: the sum runs over the first index, down a column, and that is the product with the \
             transpose, {n_in} × {n_out}.",
            counted(n_in, "activation")
        ),
        Arrangement::Rows => format!(
            " is {n_out} × {n_in}. Samples are rows here, so the forward pass needs the transpose, A·Wᵀ, and the way back, \
             Σₖ δ_nk w_kj over the first index of W, is the product with W as it is: N × {n_out} times {n_out} × {n_in}."
        ),
        Arrangement::RowsInverted => format!(
            " is {n_in} × {n_out}: it takes {n_in} numbers forward to {readers}. On the way back, activation j collects from every \
             unit that reads it: the sum runs over the second index of W, and that is the product with the transpose."
        ),
    };
    writer.prose([math(w), words(text)]);
}

/// ∂L/∂W and ∂L/∂b of a layer.
fn gradient(writer: &mut Writer<'_>, form: &MatrixForm, l: usize) {
    let notation = writer.notation;
    let (delta, input) = (Expr::from(notation.delta_matrix(l)), Expr::from(notation.input_matrix(l)));
    let (d, x) = (
        shown_delta(writer, &form.deltas[l]),
        notation.shown(writer.trace.forward.inputs_of(writer.step, l)),
    );
    let (d, x) = (elide::matrix(&d), elide::matrix(&x));
    let is_column = notation.arrangement() == Arrangement::Column;
    let arranged = |delta: Expr, input: Expr| {
        // The transpose stands on the side whose rows are samples' or, for columns, on the right.
        let (first, second) = if notation.gradient_is_inverted() { (input, delta) } else { (delta, input) };
        if is_column {
            side_by_side([first, second.transposed()])
        } else {
            side_by_side([first.transposed(), second])
        }
    };
    let gradient = &form.gradients[l];
    let check_weights = check(&gradient.weights, &writer.differences.weights[l]);
    let value = Value::Matrix(notation.shown_gradient(&notation.signed_values(&gradient.weights)));
    let draft = Draft::new(notation.descent(Notation::w_matrix(l)), value)
        .formula(arranged(delta.clone(), input))
        .numbers(arranged(d.clone(), x));
    writer.line(draft.form(Form::Matrix).check(check_weights));
    let Some(bias) = &gradient.bias else { return };
    let row = Matrix::from_vec(bias.clone(), 1, bias.len());
    let check_bias = check(&row, &writer.differences.biases[l]);
    let shown = notation.shown_bias(notation.signed_values(&row).values());
    let draft = Draft::new(notation.descent(Notation::b_matrix(l)), Value::Matrix(shown)).form(Form::Matrix);
    let ones = || Expr::Word("1").transposed();
    let draft = if notation.is_single() {
        draft.formula(delta)
    } else {
        draft.formula(side_by_side([ones(), delta])).numbers(side_by_side([ones(), d]))
    };
    writer.line(draft.check(check_bias));
}
