//! The component form: every derivative by itself, as a sum over paths of products of local derivatives.
//!
//! Nothing is multiplied as a matrix here. Where a term is 0 because a weight feeds another unit, the term is kept and
//! marked: that it vanishes is the reason why ∂L/∂w_ij needs no more than δ_i·a_j.

use chainrule::Activation;

use crate::derivation::Form;
use crate::differences::{Difference, Differences, largest};
use crate::elide;
use crate::expression::Expr;
use crate::formulas;
use crate::losses;
use crate::notation::Notation;
use crate::trace::jacobian;
use crate::writer::{Draft, Writer, math, words};

/// Up to so many paths from a weight to the loss are written out one by one.
const PATHS: usize = 6;

/// The backward pass in component form.
pub(crate) fn section(writer: &mut Writer<'_>) {
    writer.section("backward-component", "Backward pass, component form");
    let loss = writer.notation.loss();
    writer.prose([
        words("The chain rule for one number at a time. "),
        math(loss),
        words(" depends on a weight through its unit, on a unit through every unit that reads it; where several ways lead on, their products are added."),
    ]);
    writer.omitted_layers("parameters", |layer| layer.values.iter().count());
    for l in writer.chosen.layers().rev() {
        writer.heading(format!("Layer {}", l + 1));
        let is_output = l + 1 == writer.step.layers.len();
        for n in writer.chosen.rows() {
            for i in writer.chosen.units(l) {
                if !(is_output && losses::has_short_form(writer.step.loss)) {
                    upper(writer, (l, n, i));
                    slope(writer, (l, n, i));
                }
                delta(writer, (l, n, i));
            }
        }
        if is_output && losses::has_short_form(writer.step.loss) {
            why_short(writer);
        }
        for i in writer.chosen.units(l) {
            for j in writer.chosen.inputs(l, i) {
                weight(writer, (l, i, j));
            }
            if writer.step.layers[l].values.bias.is_some() {
                bias(writer, (l, i));
            }
        }
        omissions(writer, l);
    }
}

fn omissions(writer: &mut Writer<'_>, l: usize) {
    let layer = &writer.step.layers[l];
    let units = writer.chosen.units(l);
    let written: usize = units.iter().map(|&i| writer.chosen.inputs(l, i).len()).sum();
    let (n_units, n_weights) = (layer.n_outputs(), layer.n_outputs() * layer.n_inputs());
    writer.omitted(format!("units of layer {}", l + 1), n_units - units.len(), "--layer L --unit I");
    writer.omitted(format!("weights of layer {}", l + 1), n_weights - written, "--layer L --weight I,J");
}

/// ∂L/∂a: of an output by the loss, of a hidden unit over all units that read it.
fn upper(writer: &mut Writer<'_>, (l, n, i): (usize, usize, usize)) {
    let (step, notation) = (writer.step, writer.notation);
    let value = writer.trace.backward.activations[l].row(n)[i];
    let sign = notation.delta_sign();
    let draft = Draft::number(notation.descent(notation.a(l, n, i)), sign * value).form(Form::Component);
    let draft = if l + 1 == step.layers.len() {
        let derivative = |output: &formulas::Output| {
            let formula = formulas::output_derivative(step.loss, output, step.n_outputs());
            let formula = with_factor(step.row_factor(n), formula);
            if sign < 0.0 { notation.signed(formula) } else { formula.ungrouped() }
        };
        let symbols = crate::forward::symbolic_outputs(writer, n);
        let numbers = crate::forward::numeric_outputs(writer, &writer.trace.forward, n);
        draft.formula(derivative(&symbols[i])).numbers(derivative(&numbers[i]))
    } else {
        let above = &step.layers[l + 1];
        let delta = |k: usize| sign * writer.trace.backward.deltas[l + 1].row(n)[k];
        let factor = |k: usize| {
            Expr::product([notation.delta(l + 1, n, k).into(), Expr::from(notation.w(l + 1, k, i))])
        };
        let numbers = |k: usize| elide::term(delta(k), above.values.weights.row(k)[i]);
        draft.formula(elide::sum(above.n_outputs(), factor)).numbers(elide::sum(above.n_outputs(), numbers))
    };
    let check = check(writer, value, writer.differences.activations[l].row(n)[i], |w| {
        largest(w.trace.backward.activations[l].values())
    });
    writer.line(draft.check(check));
}

/// The share of a row in the loss of the batch, before what is computed for the row.
pub(crate) fn with_factor(factor: f64, formula: Expr) -> Expr {
    if factor == 1.0 {
        return formula;
    }
    let inverse = 1.0 / factor;
    let share = if inverse.fract() == 0.0 && inverse.abs() < 1e6 {
        Expr::Integer(1).over(Expr::Integer(inverse as i64))
    } else {
        Expr::Number(factor)
    };
    let formula = match formula {
        Expr::Row(parts)
            if parts.iter().any(|part| {
                matches!(
                    part,
                    Expr::Operator(crate::expression::Operator::Plus | crate::expression::Operator::Minus)
                )
            }) =>
        {
            Expr::Row(parts).grouped()
        }
        other => other,
    };
    Expr::product([share, formula])
}

/// σ'(z) of a unit.
fn slope(writer: &mut Writer<'_>, (l, n, i): (usize, usize, usize)) {
    let (notation, function) = (writer.notation, writer.step.layers[l].activation);
    if function == Activation::Softmax {
        return;
    }
    let (z, a) = (writer.trace.forward.z[l].row(n)[i], writer.trace.forward.a[l].row(n)[i]);
    let (z_symbol, a_symbol) = (Expr::from(notation.z(l, n, i)), Expr::from(notation.a(l, n, i)));
    let value = writer.trace.backward.slopes[l].row(n)[i];
    let symbol = Expr::partial(a_symbol.clone(), z_symbol.clone());
    let written = formulas::slope(function, &z_symbol, &a_symbol, z);
    let named = Expr::of(Expr::Word("σ′"), z_symbol.clone());
    let formula = if matches!(written, Expr::Integer(_)) { named } else { named.equals(written) };
    let numbers = formulas::slope(function, &Expr::operand(z), &Expr::operand(a), z);
    let check = check(writer, value, writer.differences.slopes[l].row(n)[i], |w| {
        largest(w.trace.backward.slopes[l].values())
    });
    let draft = Draft::number(symbol, value).formula(formula).form(Form::Component).check(check);
    writer.line(if matches!(numbers, Expr::Integer(_)) { draft } else { draft.numbers(numbers) });
}

/// δ of a unit: ∂L/∂a·σ', under softmax over all outputs, under a likelihood in its short form.
fn delta(writer: &mut Writer<'_>, (l, n, j): (usize, usize, usize)) {
    let (step, notation) = (writer.step, writer.notation);
    let (z, a) = (writer.trace.forward.z[l].row(n), writer.trace.forward.a[l].row(n));
    let function = step.layers[l].activation;
    let value = writer.trace.backward.deltas[l].row(n)[j];
    let sign = notation.delta_sign();
    let upper = |i: usize| sign * writer.trace.backward.activations[l].row(n)[i];
    let upper_symbol = |i: usize| notation.descent(notation.a(l, n, i)).as_factor();
    let local = |i: usize| Expr::partial(notation.a(l, n, i).into(), notation.z(l, n, j).into());
    let is_output = l + 1 == step.layers.len();
    let (formula, numbers) = if is_output && losses::has_short_form(step.loss) {
        let (formula, numbers) = short(writer, (l, n, j));
        (notation.signed(formula), notation.signed(numbers))
    } else if function == Activation::Softmax {
        let formula = elide::sum(a.len(), |i| Expr::product([upper_symbol(i), local(i)]));
        (formula, elide::sum(a.len(), |i| elide::term(upper(i), jacobian(function, z, a, i, j))))
    } else {
        let formula = Expr::product([upper_symbol(j), local(j)]);
        (formula, elide::term(upper(j), jacobian(function, z, a, j, j)))
    };
    let check = check(writer, value, writer.differences.deltas[l].row(n)[j], |w| {
        largest(w.trace.backward.deltas[l].values())
    });
    let draft = Draft::number(notation.delta(l, n, j), sign * value)
        .formula(notation.descent(notation.z(l, n, j)).equals(formula))
        .numbers(numbers)
        .form(Form::Component);
    writer.line(draft.check(check));
}

/// ŷ − y with the share of the row.
fn short(writer: &Writer<'_>, (l, n, k): (usize, usize, usize)) -> (Expr, Expr) {
    let (step, notation) = (writer.step, writer.notation);
    let (a, y) = (writer.trace.forward.a[l].row(n)[k], step.y.row(n));
    let total: f64 = y.iter().sum();
    let scaled = |prediction: Expr| {
        if step.loss == chainrule::loss::Loss::CrossEntropy && (total - 1.0).abs() > 1e-12 {
            Expr::product([Expr::Number(total), prediction])
        } else {
            prediction
        }
    };
    let difference =
        |prediction: Expr, target: Expr| with_factor(step.row_factor(n), scaled(prediction).minus(target));
    (
        difference(notation.a(l, n, k).into(), notation.target(n, k).into()),
        difference(Expr::Number(a), Expr::operand(y[k])),
    )
}

/// Why σ' is not seen under a likelihood.
fn why_short(writer: &mut Writer<'_>) {
    let notation = writer.notation;
    let last = writer.step.layers.len() - 1;
    let factor = Expr::partial(notation.a(last, 0, 0).into(), notation.z(last, 0, 0).into());
    writer.prose([
        words(format!("Under {} with this output, ", writer.step.loss)),
        math(notation.loss_by(notation.a(last, 0, 0))),
        words(" has the output in its denominator and "),
        math(factor),
        words(" has it as a factor. In the product, summed over outputs, they cancel; what remains is prediction minus target: no division, and no factor that vanishes when the unit is saturated."),
    ]);
}

/// ∂L/∂w of a weight: over rows, and over all units of its layer, of which one alone depends on it.
fn weight(writer: &mut Writer<'_>, (l, i, j): (usize, usize, usize)) {
    let (step, notation) = (writer.step, writer.notation);
    let (n_rows, n_units) = (step.n_rows(), step.layers[l].n_outputs());
    let value = writer.trace.backward.gradients[l].weights.row(i)[j];
    let sign = notation.delta_sign();
    let inputs = writer.trace.forward.inputs_of(step, l);
    let delta = |n: usize, k: usize| sign * writer.trace.backward.deltas[l].row(n)[k];
    let check = check(writer, value, writer.differences.weights[l].row(i)[j], |w| {
        largest(w.trace.backward.gradients[l].weights.values())
    });
    let draft = |formula: Expr, numbers: Expr| {
        let draft = Draft::number(notation.descent(notation.w(l, i, j)), sign * value).formula(formula);
        draft.numbers(numbers).form(Form::Component).check(check)
    };
    let product =
        |n: usize| Expr::product([notation.delta(l, n, i).into(), Expr::from(notation.input(l, n, j))]);
    if n_rows > 1 {
        let numbers = elide::sum(n_rows, |n| elide::term(delta(n, i), inputs.row(n)[j]));
        return writer.line(draft(elide::sum(n_rows, product), numbers));
    }
    let local = |k: usize| Expr::partial(notation.z(l, 0, k).into(), notation.w(l, i, j).into());
    let formula =
        elide::sum_around(n_units, i, |k| Expr::product([notation.delta(l, 0, k).into(), local(k)]));
    let numbers = elide::sum_around(n_units, i, |k| {
        elide::term(delta(0, k), if k == i { inputs.row(0)[j] } else { 0.0 })
    });
    writer.line(draft(formula.equals(product(0)), numbers));
    paths(writer, (l, i, j), &draft);
}

/// A bias is a weight whose input is 1.
fn bias(writer: &mut Writer<'_>, (l, i): (usize, usize)) {
    let (notation, n_rows) = (writer.notation, writer.step.n_rows());
    let value = writer.trace.backward.gradients[l].bias.as_ref().map_or(0.0, |bias| bias[i]);
    let sign = notation.delta_sign();
    let check = check(writer, value, writer.differences.biases[l].row(0)[i], |w| {
        largest(w.trace.backward.gradients[l].bias.as_deref().unwrap_or_default())
    });
    let draft = Draft::number(notation.descent(Notation::b(l, i)), sign * value)
        .formula(elide::sum(n_rows, |n| notation.delta(l, n, i).into()))
        .form(Form::Component)
        .check(check);
    let delta = |n: usize| Expr::operand(sign * writer.trace.backward.deltas[l].row(n)[i]);
    writer.line(if n_rows == 1 { draft } else { draft.numbers(elide::sum(n_rows, delta)) });
}

/// One way from a weight to the loss: the units it passes, from the weight's layer to the output.
type Path = Vec<usize>;

/// ∂L/∂w as the sum over all ways to the loss of the products of all local derivatives, where they are few.
fn paths(writer: &mut Writer<'_>, (l, i, j): (usize, usize, usize), draft: &dyn Fn(Expr, Expr) -> Draft) {
    let step = writer.step;
    let above = &step.layers[l..];
    let count = above.iter().try_fold(1usize, |count, layer| count.checked_mul(layer.n_outputs()));
    let is_plain = above.iter().all(|layer| layer.activation != Activation::Softmax);
    if !is_plain || losses::has_short_form(step.loss) || count.is_none_or(|count| count > PATHS) {
        return;
    }
    let mut all: Vec<Path> = vec![vec![]];
    for layer in above {
        let units = 0..layer.n_outputs();
        all = all.iter().flat_map(|path| units.clone().map(|k| [&path[..], &[k]].concat())).collect();
    }
    let symbols = all.iter().map(|path| Expr::product(local_symbols(writer, l, path, (i, j))));
    let numbers = all.iter().map(|path| {
        let factors = local_values(writer, l, path, (i, j));
        let product = Expr::product(factors.iter().map(|&factor| Expr::operand(factor)));
        if factors.contains(&0.0) { Expr::Zero(Box::new(product)) } else { product }
    });
    let (formula, numbers) = (Expr::sum(symbols), Expr::sum(numbers));
    writer.line(draft(formula, numbers));
}

/// The local derivatives along a path, from the loss down.
fn local_symbols(writer: &Writer<'_>, l: usize, path: &[usize], (i, j): (usize, usize)) -> Vec<Expr> {
    let notation = writer.notation;
    let last = writer.step.layers.len() - 1;
    let mut factors = vec![notation.descent(notation.a(last, 0, path[last - l])).as_factor()];
    for m in (l..=last).rev() {
        let unit = path[m - l];
        factors.push(Expr::partial(notation.a(m, 0, unit).into(), notation.z(m, 0, unit).into()));
        let below = if m == l { notation.w(l, i, j) } else { notation.a(m - 1, 0, path[m - 1 - l]) };
        factors.push(Expr::partial(notation.z(m, 0, unit).into(), below.into()));
    }
    factors
}

/// Their values.
fn local_values(writer: &Writer<'_>, l: usize, path: &[usize], (i, j): (usize, usize)) -> Vec<f64> {
    let backward = &writer.trace.backward;
    let last = writer.step.layers.len() - 1;
    let sign = writer.notation.delta_sign();
    let mut factors = vec![sign * backward.activations[last].row(0)[path[last - l]]];
    for m in (l..=last).rev() {
        let unit = path[m - l];
        factors.push(backward.slopes[m].row(0)[unit]);
        factors.push(match m {
            m if m > l => writer.step.layers[m].values.weights.row(unit)[path[m - 1 - l]],
            _ if unit == i => writer.trace.forward.inputs_of(writer.step, l).row(0)[j],
            _ => 0.0,
        });
    }
    factors
}

/// The check of one value.
fn check(
    writer: &Writer<'_>,
    value: f64,
    difference: Difference,
    largest: impl Fn(&Writer<'_>) -> f64,
) -> Option<crate::derivation::Check> {
    Differences::check(&[value], &[difference], largest(writer))
}
