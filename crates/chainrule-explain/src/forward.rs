//! The forward pass and the loss, line by line: `symbol = formula = numbers = value`.

use chainrule::Activation;
use chainrule::loss::Loss;
use chainrule::network::activation_name;

use crate::component::with_factor;
use crate::elide;
use crate::expression::{Expr, Symbol};
use crate::formulas::{self, Output};
use crate::losses;
use crate::notation::Notation;
use crate::trace::Forward;
use crate::writer::{Draft, Writer};

/// The forward pass from the given inputs and weights.
pub(crate) fn section(writer: &mut Writer<'_>) {
    writer.section("forward", "Forward pass");
    writer.say("Every unit takes the weighted sum of its inputs and passes it through its activation.");
    let trace = writer.trace;
    layers(writer, &trace.forward, false);
}

/// The lines of a forward pass; `after` the step, symbols are primed and weights are the new ones.
pub(crate) fn layers(writer: &mut Writer<'_>, forward: &Forward, after: bool) {
    let primed = |symbol: Symbol| if after { symbol.after() } else { symbol };
    let parameters = &writer.trace.update.parameters;
    let n_rows = writer.step.n_rows();
    writer.omitted_layers("units", |layer| layer.n_outputs() * n_rows);
    for l in writer.chosen.layers() {
        let layer = &writer.step.layers[l];
        let values = if after { &parameters[l] } else { &layer.values };
        let inputs = forward.inputs_of(writer.step, l);
        let (name, _) = activation_name(layer.activation);
        let (n_in, n_out) = (layer.n_inputs(), layer.n_outputs());
        writer.heading(format!(
            "Layer {}: {}, {}, {name}",
            l + 1,
            counted(n_in, "input"),
            counted(n_out, "unit")
        ));
        if let Some(legend) = formulas::legend(layer.activation).filter(|_| !after) {
            writer.say(legend);
        }
        let (rows, units) = (writer.chosen.rows(), writer.chosen.units(l));
        for &n in &rows {
            for &i in &units {
                let notation = writer.notation;
                let reads = |j: usize| {
                    let symbol = notation.input(l, n, j);
                    Expr::from(if l == 0 { symbol } else { primed(symbol) })
                };
                let bias = values.bias.as_ref().map(|bias| bias[i]);
                let mut formula = vec![elide::sum(n_in, |j| {
                    let factors = [Expr::from(primed(notation.w(l, i, j))), reads(j)];
                    Expr::product(in_order(writer, factors))
                })];
                let weights = values.weights.row(i);
                let mut numbers = vec![elide::sum(n_in, |j| {
                    let [left, right] = in_order(writer, [weights[j], inputs.row(n)[j]]);
                    elide::term(left, right)
                })];
                formula.extend(bias.map(|_| Expr::from(primed(Notation::b(l, i)))));
                numbers.extend(bias.map(Expr::operand));
                let z = forward.z[l].row(n)[i];
                let symbol = primed(notation.z(l, n, i));
                writer.line(Draft::number(symbol, z).formula(Expr::sum(formula)).numbers(Expr::sum(numbers)));
            }
            for &i in &units {
                activation(writer, forward, (l, n, i), &primed);
            }
        }
        let left_out =
            (n_out - units.len()) * writer.step.n_rows() + units.len() * (writer.step.n_rows() - rows.len());
        writer.omitted(
            format!("units of layer {} (z and a, over all rows)", l + 1),
            left_out,
            "--layer L --unit I",
        );
    }
}

/// Weight and input in the order of the conventions: w·a, or x·w.
fn in_order<T>(writer: &Writer<'_>, [weight, input]: [T; 2]) -> [T; 2] {
    match writer.notation.conventions().product {
        crate::conventions::Product::Wa => [weight, input],
        crate::conventions::Product::XW => [input, weight],
    }
}

/// a = σ(z) = … of one unit.
fn activation(
    writer: &mut Writer<'_>,
    forward: &Forward,
    (l, n, i): (usize, usize, usize),
    primed: &dyn Fn(Symbol) -> Symbol,
) {
    let function = writer.step.layers[l].activation;
    let (z, a) = (forward.z[l].row(n), forward.a[l].row(n));
    let z_symbol = Expr::from(primed(writer.notation.z(l, n, i)));
    let symbol = primed(writer.notation.a(l, n, i));
    if function == Activation::Softmax {
        let power = |z: Expr| Expr::Power(Box::new(Expr::Word("e")), Box::new(z));
        let over = |term: &dyn Fn(usize) -> Expr| term(i).over(elide::sum(z.len(), term));
        let formula = over(&|k| power(primed(writer.notation.z(l, n, k)).into()));
        let numbers = over(&|k| power(Expr::Number(z[k])));
        return writer.line(Draft::number(symbol, a[i]).formula(formula).numbers(numbers));
    }
    let named = Expr::of(Expr::Word("σ"), z_symbol.clone());
    let written = formulas::activation(function, &z_symbol, z[i]);
    let formula = match written {
        Some(written) => named.equals(written),
        None => z_symbol,
    };
    let draft = Draft::number(symbol, a[i]).formula(formula);
    let numbers = formulas::activation(function, &Expr::operand(z[i]), z[i]);
    writer.line(match numbers {
        Some(numbers) => draft.numbers(numbers),
        None => draft,
    });
}

/// The loss, per row and in all.
pub(crate) fn loss_section(writer: &mut Writer<'_>) {
    writer.section("loss", "Loss");
    let trace = writer.trace;
    losses(writer, &trace.forward, false);
}

/// The lines of the loss of a forward pass.
pub(crate) fn losses(writer: &mut Writer<'_>, forward: &Forward, after: bool) {
    let primed = |symbol: Symbol| if after { symbol.after() } else { symbol };
    let step = writer.step;
    let notation = writer.notation;
    if step.loss == Loss::Poisson && !after {
        writer.say("The term ln y! does not depend on the weights and is left out.");
    }
    let n_rows = step.n_rows();
    for n in writer.chosen.rows() {
        let symbols = outputs(writer, forward, n, after);
        let numbers = numeric_outputs(writer, forward, n);
        // Of many classes, the one that the row belongs to must be seen.
        let targets = step.y.row(n);
        let largest = (0..targets.len()).max_by(|&i, &j| targets[i].total_cmp(&targets[j])).unwrap_or(0);
        let elided = |terms: Vec<Expr>| elide::sum_around(terms.len(), largest, |i| terms[i].clone());
        // The loss of the only row is that of the batch, with the row's weight in it.
        let factor = if n_rows == 1 { step.row_factor(n) } else { 1.0 };
        let written =
            |outputs: &[Output]| with_factor(factor, formulas::row_loss(step.loss, outputs, elided));
        let value = factor * forward.row_losses[n];
        let draft = Draft::number(primed(notation.row_loss(n)), value).formula(written(&symbols));
        writer.line(draft.numbers(written(&numbers)));
    }
    if n_rows == 1 {
        return;
    }
    let rows_left_out = n_rows - writer.chosen.rows().len();
    writer.omitted("rows of the loss".into(), rows_left_out, "explain fewer rows at a time");
    let factor = |n: usize| step.row_factor(n);
    let equal = step.sample_weights.is_none();
    let sum = |term: &dyn Fn(usize) -> Expr| elide::sum(n_rows, term);
    let row_symbol = |n: usize| Expr::from(primed(notation.row_loss(n)));
    let (formula, numbers) = if equal && !step.loss.is_sum() {
        let share = || Expr::Integer(1).over(Expr::count(n_rows));
        let scaled = |sum: Expr| Expr::product([share(), sum.grouped()]);
        (scaled(sum(&row_symbol)), scaled(sum(&|n| Expr::operand(forward.row_losses[n]))))
    } else if equal {
        (sum(&row_symbol), sum(&|n| Expr::operand(forward.row_losses[n])))
    } else {
        let weighted = |n: usize| Expr::product([Expr::Number(factor(n)), row_symbol(n)]);
        (sum(&weighted), sum(&|n| elide::term(factor(n), forward.row_losses[n])))
    };
    writer.line(Draft::number(primed(notation.loss()), forward.loss).formula(formula).numbers(numbers));
}

/// The outputs of a row as symbols, of before or after the step.
fn outputs(writer: &Writer<'_>, forward: &Forward, row: usize, after: bool) -> Vec<Output> {
    let primed = |symbol: Symbol| if after { symbol.after() } else { symbol };
    let (notation, last) = (writer.notation, writer.step.layers.len() - 1);
    let (a, y) = (forward.a[last].row(row), writer.step.y.row(row));
    let output = |k: usize| Output {
        prediction: primed(notation.a(last, row, k)).into(),
        target: notation.target(row, k).into(),
        z: primed(notation.z(last, row, k)).into(),
        log_sum: Expr::Word("ln Σeᶻ"),
        error: a[k] - y[k],
        saturated: is_saturated(a[k]),
    };
    (0..a.len()).map(output).collect()
}

/// Whether the logarithm of a probability, or of what is left to 1, has lost its digits.
fn is_saturated(a: f64) -> bool {
    a < 1e-12 || (1.0 - a).abs() < 1e-12
}

/// The outputs of a row as numbers.
pub(crate) fn numeric_outputs(writer: &Writer<'_>, forward: &Forward, row: usize) -> Vec<Output> {
    let last = writer.step.layers.len() - 1;
    let (z, a, y) = (forward.z[last].row(row), forward.a[last].row(row), writer.step.y.row(row));
    let log_sum = losses::log_sum(z);
    let output = |k: usize| Output {
        prediction: Expr::Number(a[k]),
        target: Expr::operand(y[k]),
        z: Expr::operand(z[k]),
        log_sum: Expr::operand(log_sum),
        error: a[k] - y[k],
        saturated: is_saturated(a[k]),
    };
    (0..a.len()).map(output).collect()
}

/// The outputs of a row before the step as symbols.
pub(crate) fn symbolic_outputs(writer: &Writer<'_>, row: usize) -> Vec<Output> {
    outputs(writer, &writer.trace.forward, row, false)
}

/// `1 unit`, `2 units`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// What the loss is divided by, in words.
pub(crate) fn divisor_words(loss: Loss) -> &'static str {
    match loss {
        Loss::Mse => "the mean of (ŷ − y)² over rows and outputs: divisor N·K",
        Loss::HalfMse => "½ Σ (ŷ − y)², mean over rows: divisor 2N",
        Loss::Sse => "the sum of (ŷ − y)²: divisor 1",
        Loss::HalfSse => "½ Σ (ŷ − y)²: divisor 2",
        Loss::Mae => "the mean of |ŷ − y| over rows and outputs: divisor N·K",
        Loss::Huber { .. } => {
            "the mean over rows and outputs of ½e² near 0 and a line further out: divisor N·K"
        }
        Loss::CrossEntropy => "−Σ y·ln ŷ, mean over rows: divisor N",
        Loss::BinaryCrossEntropy => "summed over outputs, mean over rows: divisor N",
        Loss::Poisson => "Σ (ŷ − y·z), mean over rows: divisor N",
        _ => "as its name says",
    }
}
