//! The step itself: what the optimizer makes of the gradients, and what that does to the loss.

use chainrule::optimizer::{OptimizerConfig, Rule};

use crate::derivation::Value;
use crate::elide;
use crate::expression::{Expr, Symbol};
use crate::forward;
use crate::notation::Notation;
use crate::step::LayerValues;
use crate::trace::decays;
use crate::writer::{Draft, Writer, math, words};

/// One parameter in the text: its symbols and its numbers.
struct Parameter {
    symbol: Symbol,
    is_weight: bool,
    before: f64,
    loss_gradient: f64,
    gradient: f64,
    first: f64,
    second: f64,
    new_first: f64,
    new_second: f64,
    after: f64,
}

/// The update of every parameter that is written out.
pub(crate) fn section(writer: &mut Writer<'_>) {
    let config = writer.step.optimizer;
    writer.section("update", format!("Update by {}", config.rule.name()));
    introduction(writer, &config);
    if config.clip_norm > 0.0 {
        clipping(writer, &config);
    }
    writer.omitted_layers("parameters", |layer| layer.values.iter().count());
    for l in writer.chosen.layers() {
        writer.heading(format!("Layer {}", l + 1));
        let units = writer.chosen.units(l);
        let mut written = 0;
        for &i in &units {
            for j in writer.chosen.inputs(l, i) {
                let parameter = weight(writer, (l, i, j));
                lines(writer, &config, &parameter);
                written += 1;
            }
        }
        for &i in units.iter().filter(|_| writer.step.layers[l].values.bias.is_some()) {
            let parameter = bias(writer, (l, i));
            lines(writer, &config, &parameter);
        }
        let layer = &writer.step.layers[l];
        let left_out = layer.n_outputs() * layer.n_inputs() - written;
        writer.omitted(format!("weights of layer {}", l + 1), left_out, "--layer L --weight I,J");
        whole(writer, l);
    }
}

fn introduction(writer: &mut Writer<'_>, config: &OptimizerConfig) {
    let mut text = format!("Learning rate η = {}", config.learning_rate);
    let has_memory = config.rule.state_per_parameter() > 0;
    let rule = match config.rule {
        Rule::Momentum | Rule::Nesterov => format!(", momentum μ = {}", config.momentum),
        Rule::RmsProp => format!(", α = {}, ε = {:e}", config.alpha, config.epsilon),
        Rule::Adam | Rule::AdamW => format!(
            ", β₁ = {}, β₂ = {}, ε = {:e}; this is step {}",
            config.beta1,
            config.beta2,
            config.epsilon,
            writer.step.state.steps + 1
        ),
        _ => String::new(),
    };
    text.push_str(&rule);
    text.push_str(
        ". Every parameter moves against its derivative, and what stands on the right are the numbers from before the step.",
    );
    if has_memory && writer.step.layers.iter().any(|layer| layer.values.bias.is_some()) {
        text.push_str(" What is remembered of a bias has the input index 0.");
    }
    writer.say(text);
    let (coupled, decoupled) = decays(config);
    if coupled > 0.0 {
        writer.say(format!(
            "Weight decay λ = {coupled} adds λ·w to the gradient of every weight; biases have none, and the loss is shown without it."
        ));
    }
    if decoupled > 0.0 {
        writer.say(format!("Weight decay λ = {decoupled} is decoupled: a weight is first multiplied by 1 − η·λ; biases are not."));
    }
}

fn clipping(writer: &mut Writer<'_>, config: &OptimizerConfig) {
    let (norm, factor) = (writer.trace.update.norm, writer.trace.update.clip_factor);
    writer.prose([
        words("The gradients together have the norm "),
        math(Expr::Number(norm)),
        words(format!(", at most {} is allowed; they are multiplied by ", config.clip_norm)),
        math(Expr::Number(factor)),
        words("."),
    ]);
}

fn weight(writer: &Writer<'_>, (l, i, j): (usize, usize, usize)) -> Parameter {
    let of = |values: &LayerValues| values.weights.row(i)[j];
    parameter(writer, l, writer.notation.w(l, i, j), true, &of)
}

fn bias(writer: &Writer<'_>, (l, i): (usize, usize)) -> Parameter {
    let of = |values: &LayerValues| values.bias.as_ref().map_or(0.0, |bias| bias[i]);
    parameter(writer, l, Notation::b(l, i), false, &of)
}

fn parameter(
    writer: &Writer<'_>,
    l: usize,
    symbol: Symbol,
    is_weight: bool,
    of: &dyn Fn(&LayerValues) -> f64,
) -> Parameter {
    let (step, update) = (writer.step, &writer.trace.update);
    let state = |buffers: &[LayerValues]| buffers.get(l).map_or(0.0, of);
    Parameter {
        symbol,
        is_weight,
        before: of(&step.layers[l].values),
        loss_gradient: of(&writer.trace.backward.gradients[l]),
        gradient: of(&update.gradients[l]),
        first: state(&step.state.first),
        second: state(&step.state.second),
        new_first: state(&update.state.first),
        new_second: state(&update.state.second),
        after: of(&update.parameters[l]),
    }
}

/// The memory of a parameter under the letter of the text.
fn memory(letter: &'static str, parameter: &Parameter) -> Symbol {
    let mut indices = parameter.symbol.indices.clone();
    if parameter.symbol.name == "b" {
        // A bias has one index; a 0 before it keeps its memory apart from that of a weight.
        indices.insert(0, 0);
    }
    Symbol { name: letter, indices, ..parameter.symbol.clone() }
}

fn number(x: f64) -> Expr {
    Expr::operand(x)
}

/// The lines of one parameter, from its gradient to its new value.
fn lines(writer: &mut Writer<'_>, config: &OptimizerConfig, parameter: &Parameter) {
    let loss_gradient = writer.notation.loss_by(parameter.symbol.clone());
    let g = seen(writer, config, parameter, loss_gradient);
    match config.rule {
        Rule::Momentum | Rule::Nesterov => velocity(writer, config, parameter, &g),
        Rule::RmsProp => mean_square(writer, config, parameter, &g),
        Rule::Adam | Rule::AdamW => adaptive(writer, config, parameter, &g),
        _ if writer.notation.delta_is_error() && g.id().is_some_and(|id| id.starts_with("d-")) => {
            uphill(writer, config, parameter);
        }
        _ => moved(writer, config, parameter, (g, number(parameter.gradient))),
    }
}

/// The gradient that the rule sees: that of the loss, clipped and with decay.
fn seen(
    writer: &mut Writer<'_>,
    config: &OptimizerConfig,
    parameter: &Parameter,
    loss_gradient: Expr,
) -> Expr {
    let coupled = if parameter.is_weight { decays(config).0 } else { 0.0 };
    let factor = writer.trace.update.clip_factor;
    if coupled == 0.0 && factor == 1.0 {
        return loss_gradient;
    }
    let (mut formula, mut numbers) = (loss_gradient, number(parameter.loss_gradient));
    if factor != 1.0 {
        formula = Expr::product([Expr::Number(factor), formula]);
        numbers = Expr::product([Expr::Number(factor), numbers]);
    }
    if coupled != 0.0 {
        formula = Expr::sum([formula, Expr::product([Expr::Word("λ"), parameter.symbol.clone().into()])]);
        numbers = Expr::sum([numbers, Expr::product([Expr::Number(coupled), number(parameter.before)])]);
    }
    let symbol = memory("g", parameter);
    writer.line(Draft::number(symbol.clone(), parameter.gradient).formula(formula).numbers(numbers));
    symbol.into()
}

/// w' = w − η·direction, with the weight shrunk before where decay is decoupled.
fn moved(
    writer: &mut Writer<'_>,
    config: &OptimizerConfig,
    parameter: &Parameter,
    (direction, numbers): (Expr, Expr),
) {
    let decoupled = if parameter.is_weight { decays(config).1 } else { 0.0 };
    let (rate, rate_number) = (Expr::Word("η"), Expr::Number(config.learning_rate));
    let mut start = Expr::from(parameter.symbol.clone());
    let mut start_number = Expr::Number(parameter.before);
    if decoupled > 0.0 {
        let shrink = Expr::Integer(1).minus(Expr::product([Expr::Word("η"), Expr::Word("λ")])).grouped();
        start = Expr::product([shrink, start]);
        start_number =
            Expr::product([Expr::Number(1.0 - config.learning_rate * decoupled), number(parameter.before)]);
    }
    let formula = start.minus(Expr::product([rate, direction]));
    let numbers = start_number.minus(Expr::product([rate_number, numbers]));
    let symbol = parameter.symbol.clone().after();
    writer.line(Draft::number(symbol, parameter.after).formula(formula).numbers(numbers));
}

/// w' = w + η·(−∂L/∂w), as books write it whose errors are added.
fn uphill(writer: &mut Writer<'_>, config: &OptimizerConfig, parameter: &Parameter) {
    let descent = writer.notation.descent(parameter.symbol.clone()).as_factor();
    let formula = Expr::sum([parameter.symbol.clone().into(), Expr::product([Expr::Word("η"), descent])]);
    let step = Expr::product([Expr::Number(config.learning_rate), number(-parameter.gradient)]);
    let symbol = parameter.symbol.clone().after();
    let draft = Draft::number(symbol, parameter.after).formula(formula);
    writer.line(draft.numbers(Expr::sum([Expr::Number(parameter.before), step])));
}

fn velocity(writer: &mut Writer<'_>, config: &OptimizerConfig, parameter: &Parameter, g: &Expr) {
    let v = memory("v", parameter);
    let formula = Expr::sum([Expr::product([Expr::Word("μ"), v.clone().into()]), g.clone()]);
    let numbers = Expr::sum([
        Expr::product([Expr::Number(config.momentum), number(parameter.first)]),
        number(parameter.gradient),
    ]);
    let after = v.after();
    writer.line(Draft::number(after.clone(), parameter.new_first).formula(formula).numbers(numbers));
    let direction = if config.rule == Rule::Momentum {
        (after.into(), number(parameter.new_first))
    } else {
        let ahead = Expr::product([Expr::Word("μ"), after.into()]);
        let numbers = Expr::product([Expr::Number(config.momentum), number(parameter.new_first)]);
        (
            Expr::sum([g.clone(), ahead]).grouped(),
            Expr::sum([Expr::Number(parameter.gradient), numbers]).grouped(),
        )
    };
    moved(writer, config, parameter, direction);
}

/// keep·old + (1 − keep)·new.
fn running(keep: Expr, old: Expr, new: Expr) -> Expr {
    let rest = match &keep {
        Expr::Number(keep) => Expr::Number(1.0 - keep),
        keep => Expr::Integer(1).minus(keep.clone()).grouped(),
    };
    Expr::sum([Expr::product([keep, old]), Expr::product([rest, new])])
}

fn mean_square(writer: &mut Writer<'_>, config: &OptimizerConfig, parameter: &Parameter, g: &Expr) {
    let s = memory("s", parameter);
    let formula = running(Expr::Word("α"), s.clone().into(), squared(g.clone()));
    let numbers =
        running(Expr::Number(config.alpha), number(parameter.first), squared(number(parameter.gradient)));
    let after = s.after();
    writer.line(Draft::number(after.clone(), parameter.new_first).formula(formula).numbers(numbers));
    let root = |s: Expr, epsilon: Expr| Expr::sum([Expr::Root(Box::new(s)), epsilon]);
    let direction = g.clone().over(root(after.into(), Expr::Word("ε")));
    let numbers = Expr::Number(parameter.gradient)
        .over(root(Expr::Number(parameter.new_first), Expr::Number(config.epsilon)));
    moved(writer, config, parameter, (direction, numbers));
}

fn squared(x: Expr) -> Expr {
    match x {
        Expr::Partial(..) => x.grouped().squared(),
        Expr::Number(number) => Expr::operand(number).squared(),
        other => other.squared(),
    }
}

fn adaptive(writer: &mut Writer<'_>, config: &OptimizerConfig, parameter: &Parameter, g: &Expr) {
    let (m, s) = (memory("m", parameter), memory("v", parameter));
    let gradient = number(parameter.gradient);
    let formula = running(Expr::Word("β₁"), m.clone().into(), g.clone());
    let numbers = running(Expr::Number(config.beta1), number(parameter.first), gradient.clone());
    writer.line(Draft::number(m.clone().after(), parameter.new_first).formula(formula).numbers(numbers));
    let formula = running(Expr::Word("β₂"), s.clone().into(), squared(g.clone()));
    let numbers = running(Expr::Number(config.beta2), number(parameter.second), squared(gradient));
    writer.line(Draft::number(s.clone().after(), parameter.new_second).formula(formula).numbers(numbers));
    let t = writer.step.state.steps + 1;
    let power = i32::try_from(t).unwrap_or(i32::MAX);
    let corrections = [1.0 - config.beta1.powi(power), 1.0 - config.beta2.powi(power)];
    let correction = |beta: &'static str| {
        let power = Expr::Power(Box::new(Expr::Word(beta)), Box::new(Expr::Word("t")));
        Expr::Integer(1).minus(power).grouped()
    };
    let unbiased = Expr::from(m.after()).over(correction("β₁"));
    let root = Expr::Root(Box::new(Expr::from(s.after()).over(correction("β₂"))));
    let direction = unbiased.over(Expr::sum([root, Expr::Word("ε")]));
    let (mean, square) = (parameter.new_first / corrections[0], parameter.new_second / corrections[1]);
    let root = Expr::Root(Box::new(Expr::Number(square)));
    let numbers = Expr::Number(mean).over(Expr::sum([root, Expr::Number(config.epsilon)]));
    moved(writer, config, parameter, (direction, numbers));
}

/// W' and b' of a layer as a whole.
fn whole(writer: &mut Writer<'_>, l: usize) {
    let notation = writer.notation;
    let after = &writer.trace.update.parameters[l];
    let weights = Value::Matrix(notation.shown_weights(&after.weights));
    let draft = Draft::new(Notation::w_matrix(l).after(), weights);
    let is_plain = writer.step.optimizer.rule == Rule::Sgd
        && writer.trace.update.clip_factor == 1.0
        && decays(&writer.step.optimizer) == (0.0, 0.0);
    let transposes = notation.gradient_is_inverted()
        != (notation.conventions().product == crate::conventions::Product::XW);
    let draft = if is_plain {
        let turned = |gradient: Expr| if transposes { gradient.transposed() } else { gradient };
        let gradient = turned(notation.loss_by(Notation::w_matrix(l)).grouped());
        let gradient = if transposes { gradient } else { notation.loss_by(Notation::w_matrix(l)) };
        let formula = Expr::from(Notation::w_matrix(l)).minus(Expr::product([Expr::Word("η"), gradient]));
        let before = elide::matrix(&notation.shown_weights(&writer.step.layers[l].values.weights));
        let change = elide::matrix(&notation.shown_gradient(&writer.trace.backward.gradients[l].weights));
        let rate = Expr::Number(writer.step.optimizer.learning_rate);
        draft.formula(formula).numbers(before.minus(Expr::product([rate, turned(change)])))
    } else {
        draft
    };
    writer.line(draft);
    if let Some(bias) = &after.bias {
        let value = Value::Matrix(notation.shown_bias(bias));
        writer.line(Draft::new(Notation::b_matrix(l).after(), value));
    }
}

/// The second forward pass, and how much the loss fell.
pub(crate) fn after(writer: &mut Writer<'_>) {
    writer.section("after", "After the step");
    let trace = writer.trace;
    writer.say("The same rows through the network with its new weights.");
    forward::layers(writer, &trace.after, true);
    writer.heading("Loss");
    forward::losses(writer, &trace.after, true);
    change(writer);
}

fn change(writer: &mut Writer<'_>) {
    let notation = writer.notation;
    let trace = writer.trace;
    let (before, after) = (trace.forward.loss, trace.after.loss);
    let loss = Expr::from(notation.loss());
    let actual = Expr::from(notation.loss().after()).minus(loss.clone());
    writer.line(
        Draft::number(Expr::Word("change of the loss"), after - before)
            .formula(actual)
            .numbers(Expr::Number(after).minus(Expr::operand(before))),
    );
    let parameter = Expr::Word("θ");
    let difference = Expr::from(Symbol::new("θ").after()).minus(parameter.clone()).grouped();
    let term = Expr::product([Expr::partial(loss, parameter), difference]);
    writer.line(
        Draft::number(Expr::Word("predicted change"), trace.predicted_change)
            .formula(Expr::Sum("θ", Box::new(term))),
    );
    let (actual, predicted) = (after - before, trace.predicted_change);
    if !after.is_finite() {
        return writer.say(
            "After the step the loss is no finite number: the step was so long that it left what f64 holds. A smaller \
             learning rate keeps it.",
        );
    }
    let share = if predicted == 0.0 { None } else { Some(actual / predicted) };
    let fell = if actual < 0.0 {
        "fell"
    } else if actual > 0.0 {
        "rose"
    } else {
        "did not change"
    };
    let comparison = match share {
        Some(share) => format!(
            "The loss {fell}; the change is {:.1} % of what the gradient predicts to first order. The rest is curvature: the slope \
             changes along the step, the more so the longer the step is.",
            100.0 * share
        ),
        None => format!("The loss {fell}, and the gradient predicts no change: it is zero."),
    };
    writer.say(comparison);
    writer.say("A falling loss does not prove a gradient right: a wrong derivative of one weight can hide behind a right one of another. A central difference does prove it.");
}
