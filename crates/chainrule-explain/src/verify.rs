//! What was held against what.
//!
//! Three questions, each answered over all entries of the step: does every derivative agree with a central difference,
//! do the three forms agree with each other, and does the engine that trains compute the same?

use chainrule::backprop::{Gradients, backward};
use chainrule::loss::{Loss, Objective};
use chainrule::network::ForwardPass;
use chainrule::optimizer::Optimizer;
use chainrule::{Cpu, Matrix, Result};

use crate::differences::{Difference, Differences, Outcome, largest};
use crate::matrix_form::MatrixForm;
use crate::step::{LayerValues, Step};
use crate::trace::Trace;
use crate::writer::{Writer, words};

/// What two computations of the same number may differ by, over the largest entry of its tensor.
const SAME: f64 = 1e-12;

/// The outcome of all comparisons of a derivation.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// Derivatives against central differences, to 1e-6 of the tensor's largest entry.
    pub finite_difference: Comparison,
    /// Component, matrix and tensor form against each other, to 1e-12.
    pub forms_agree: Comparison,
    /// Forward pass, gradients and update against the engine in f64, to 1e-12.
    pub engine: Comparison,
    /// The same against the engine in f32, where a trained f32 model is explained; it never fails.
    pub engine_f32: Option<Comparison>,
}

/// How far two computations of the same numbers are apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// How many numbers were compared.
    pub compared: usize,
    /// How many were left out, because a kink lies within the step of the difference.
    pub kinks: usize,
    /// The largest error over the largest entry of its tensor.
    pub largest_error: f64,
    /// The first entry whose error is too large, with both values: `layers.0.weight[1,2]: …`.
    pub first_difference: Option<String>,
}

impl Comparison {
    /// Whether everything agrees.
    pub fn agrees(&self) -> bool {
        self.first_difference.is_none()
    }

    /// Compares entry by entry; an error counts over the larger of the largest entry of `right` and a thousandth of
    /// `terms`, the size of the terms that the entries are sums of: where they cancel, rounding is all that is left.
    fn add(
        &mut self,
        name: &dyn Fn(usize) -> String,
        left: &[f64],
        right: &[f64],
        terms: f64,
        tolerance: f64,
    ) {
        let scale = largest(right).max(1e-3 * terms);
        for (i, (&left, &right)) in left.iter().zip(right).enumerate() {
            self.compared += 1;
            let error = (left - right).abs();
            if error == 0.0 {
                continue;
            }
            let relative = if scale > 0.0 { error / scale } else { error };
            if relative.is_nan() || relative > self.largest_error {
                self.largest_error = relative;
            }
            let agrees = relative <= tolerance; // a NaN does not
            if !agrees && self.first_difference.is_none() {
                self.first_difference =
                    Some(format!("{}: {} against {}", name(i), shown(left), shown(right)));
            }
        }
    }
}

impl Verification {
    /// Whether everything that must agree does.
    pub fn agrees(&self) -> bool {
        self.finite_difference.agrees() && self.forms_agree.agrees() && self.engine.agrees()
    }

    /// What the derivation disagrees with, in words, and the first entry that does.
    pub fn first_difference(&self) -> Option<(&'static str, &str)> {
        let comparisons = [
            ("a central difference", &self.finite_difference),
            ("another form of the same derivative", &self.forms_agree),
            ("the engine that trains", &self.engine),
        ];
        comparisons.into_iter().find_map(|(with, found)| Some((with, found.first_difference.as_deref()?)))
    }

    /// Makes all comparisons.
    ///
    /// # Errors
    /// What the engine refuses; nothing of a step that is [checked](Step::checked).
    pub(crate) fn new(
        step: &Step,
        trace: &Trace,
        differences: &Differences,
        matrix_form: &MatrixForm,
        tensor_form: &[Matrix<f64>],
    ) -> Result<Self> {
        Ok(Self {
            finite_difference: against_differences(step, trace, differences),
            forms_agree: between_forms(step, trace, matrix_form, tensor_form),
            engine: against_engine(step, trace)?,
            engine_f32: None,
        })
    }
}

/// A number with all its digits, and no more zeros than people count.
fn shown(x: f64) -> String {
    if x == 0.0 || (1e-5..1e9).contains(&x.abs()) { x.to_string() } else { format!("{x:e}") }
}

/// `layers.0.weight[1,2]`: an entry of a matrix of `columns` columns.
fn entry(tensor: &str, columns: usize, i: usize) -> String {
    format!("{tensor}[{},{}]", i / columns.max(1), i % columns.max(1))
}

fn against_differences(step: &Step, trace: &Trace, differences: &Differences) -> Comparison {
    let mut comparison = Comparison::default();
    let mut compare = |name: String, values: &[f64], columns: usize, taken: &Matrix<Difference>| {
        let scale = largest(values);
        for (i, (&value, difference)) in values.iter().zip(taken.values()).enumerate() {
            let error = match difference.outcome(value, scale) {
                Outcome::Skipped => continue,
                Outcome::Unresolved => {
                    comparison.kinks += 1;
                    continue;
                }
                Outcome::Agree(error) => error,
                Outcome::Differ(error, quotient) => {
                    let first = || {
                        let (value, quotient) = (shown(value), shown(quotient));
                        format!("{}: {value} against {quotient}", entry(&name, columns, i))
                    };
                    comparison.first_difference.get_or_insert_with(first);
                    error
                }
            };
            comparison.compared += 1;
            let relative = if scale > 0.0 { error / scale } else { error };
            if relative.is_nan() || relative > comparison.largest_error {
                comparison.largest_error = relative;
            }
        }
    };
    for l in 0..step.layers.len() {
        let n = step.layers[l].n_outputs();
        let backward = &trace.backward;
        compare(
            format!("layers.{l}.activations"),
            backward.activations[l].values(),
            n,
            &differences.activations[l],
        );
        compare(format!("layers.{l}.delta"), backward.deltas[l].values(), n, &differences.deltas[l]);
        compare(format!("layers.{l}.slopes"), backward.slopes[l].values(), n, &differences.slopes[l]);
        let gradient = &backward.gradients[l];
        let columns = gradient.weights.columns();
        compare(format!("layers.{l}.weight"), gradient.weights.values(), columns, &differences.weights[l]);
        let bias = gradient.bias.as_deref().unwrap_or_default();
        compare(format!("layers.{l}.bias"), bias, n, &differences.biases[l]);
    }
    comparison
}

/// The size of the terms whose sums are ∂L/∂W and ∂L/∂b of a layer.
fn terms(step: &Step, trace: &Trace, l: usize) -> (f64, f64) {
    let delta = largest(trace.backward.deltas[l].values()).max(delta_terms(step, trace, l));
    (delta * largest(trace.forward.inputs_of(step, l).values()), delta)
}

/// The size of the terms whose sums are δ of a layer, and of those whose sums these are, up to the loss. A slope below 1 may
/// be the difference of two numbers near 1, as 1 − a² is.
fn delta_terms(step: &Step, trace: &Trace, l: usize) -> f64 {
    let slope = largest(trace.backward.slopes[l].values()).max(1.0);
    match step.layers.get(l + 1) {
        Some(above) => slope * delta_terms(step, trace, l + 1) * largest(above.values.weights.values()),
        None if step.loss.takes_preactivations() => output_terms(step, trace),
        // ŷ − y is as good as ŷ and y are, however small it is.
        None => slope * largest(trace.backward.activations[l].values()).max(output_terms(step, trace)),
    }
}

/// The size of outputs and targets, whose difference the loss is a function of, with the share of a row.
fn output_terms(step: &Step, trace: &Trace) -> f64 {
    let factor = (0..step.n_rows()).map(|n| step.row_factor(n)).fold(0.0, f64::max);
    let last = step.layers.len() - 1;
    // An output may be the little that is left of a sum of large terms.
    let inputs = largest(trace.forward.inputs_of(step, last).values());
    let sums = inputs * largest(step.layers[last].values.weights.values());
    // 2 is the square's derivative, and 2 is for the rounding of more than one operation.
    4.0 * factor * sums.max(largest(trace.forward.a[last].values())).max(largest(step.y.values()))
}

/// The size of the terms whose sum is the loss.
fn loss_terms(step: &Step, trace: &Trace) -> f64 {
    match trace.forward.z.last() {
        Some(z) if step.loss.takes_preactivations() => {
            largest(z.values()) * largest(step.y.values()).max(1.0)
        }
        // A square has the square of its terms.
        _ => output_terms(step, trace) * largest(step.y.values()).max(1.0),
    }
}

/// Whether rounding has put the engine on the other side of a kink than the trace. Both derivatives are right then, and
/// nothing can be said by comparing them.
fn is_across_a_kink(step: &Step, trace: &Trace, pass: &ForwardPass<f64>) -> bool {
    let side = |x: f64, kink: f64| x.partial_cmp(&kink);
    let of_layer = |l: usize| {
        let (ours, theirs) = (trace.forward.z[l].values(), pass.layers[l].preactivations.values());
        let mut both = ours.iter().zip(theirs);
        step.layers[l].activation.has_kink() && both.any(|(&a, &b)| side(a, 0.0) != side(b, 0.0))
    };
    let last = step.layers.len() - 1;
    let (ours, theirs) = (trace.forward.a[last].values(), pass.layers[last].activations.values());
    let mut outputs = ours.iter().zip(theirs).zip(step.y.values());
    let of_loss = step.loss == Loss::Mae && outputs.any(|((&a, &b), &y)| side(a, y) != side(b, y));
    of_loss || (0..=last).any(of_layer)
}

fn between_forms(step: &Step, trace: &Trace, matrix: &MatrixForm, tensor: &[Matrix<f64>]) -> Comparison {
    let mut comparison = Comparison::default();
    for (l, gradient) in trace.backward.gradients.iter().enumerate() {
        let columns = gradient.weights.columns();
        let n = step.layers[l].n_outputs();
        let (weight_terms, bias_terms) = terms(step, trace, l);
        let component = gradient.weights.values();
        let delta = trace.backward.deltas[l].values();
        let delta_terms = delta_terms(step, trace, l);
        let name = |what: &'static str, columns: usize| {
            move |i: usize| entry(&format!("{what} form, layers.{l}.weight"), columns, i)
        };
        comparison.add(
            &|i| entry(&format!("matrix form, layers.{l}.delta"), n, i),
            matrix.deltas[l].values(),
            delta,
            delta_terms,
            SAME,
        );
        let weights = matrix.gradients[l].weights.values();
        comparison.add(&name("matrix", columns), weights, component, weight_terms, SAME);
        comparison.add(&name("tensor", columns), tensor[l].values(), component, weight_terms, SAME);
        let (ours, theirs) = (gradient.bias.as_deref(), matrix.gradients[l].bias.as_deref());
        comparison.add(
            &|i| format!("matrix form, layers.{l}.bias[{i}]"),
            theirs.unwrap_or_default(),
            ours.unwrap_or_default(),
            bias_terms,
            SAME,
        );
    }
    comparison
}

/// What the engine computes for the step: forward pass, gradients and one update.
struct Engine {
    pass: ForwardPass<f64>,
    loss: f64,
    gradients: Gradients<f64>,
    parameters: Vec<f64>,
    optimizer: Optimizer<f64>,
}

impl Engine {
    fn run(step: &Step, trace: &Trace) -> Result<Self> {
        let cpu = Cpu::new(1);
        let mut network = step.network()?;
        let objective = Objective::new(step.loss);
        let samples = step.samples();
        let pass = network.forward(&cpu, &samples.columns);
        let mut gradients = Gradients::new(&network, step.n_rows());
        let loss = step
            .with_batch(|batch| backward(&network, &objective, batch, None, &pass, &cpu, &mut gradients))
            .unwrap_or(f64::NAN);
        let mut optimizer = Optimizer::new(&step.optimizer, &network.parameters)?;
        let flat = |buffers: &[LayerValues]| buffers.iter().flat_map(LayerValues::iter).collect::<Vec<f64>>();
        optimizer.restore(step.state.steps, &flat(&step.state.first), &flat(&step.state.second))?;
        // The same gradients for both updates: adaptive rules blow a last digit of a vanishing gradient up to a step.
        let mut moving: Vec<f64> = trace.backward.gradients.iter().flat_map(LayerValues::iter).collect();
        optimizer.step(&cpu, &mut network.parameters, &mut moving, step.optimizer.learning_rate);
        Ok(Self { pass, loss, gradients, parameters: network.parameters.values, optimizer })
    }
}

fn against_engine(step: &Step, trace: &Trace) -> Result<Comparison> {
    let engine = Engine::run(step, trace)?;
    let is_across_a_kink = is_across_a_kink(step, trace, &engine.pass);
    let mut comparison = Comparison::default();
    let mut from = 0;
    for (l, layer) in step.layers.iter().enumerate() {
        let n = layer.n_outputs();
        let pass = &engine.pass.layers[l];
        let mut compare = |what: &str, columns: usize, ours: &[f64], theirs: &[f64], terms: f64| {
            if is_across_a_kink && matches!(what, "delta" | "weight" | "bias") {
                comparison.kinks += ours.len();
                return;
            }
            comparison.add(&|i| entry(&format!("layers.{l}.{what}"), columns, i), ours, theirs, terms, SAME);
        };
        let (z, a) = (trace.forward.z[l].values(), trace.forward.a[l].values());
        let inputs = largest(trace.forward.inputs_of(step, l).values());
        let z_terms = inputs * largest(layer.values.weights.values());
        compare("preactivations", n, z, pass.preactivations.values(), z_terms);
        compare("activations", n, a, pass.activations.values(), 0.0);
        let delta = engine.gradients.deltas[l].values();
        compare("delta", n, trace.backward.deltas[l].values(), delta, delta_terms(step, trace, l));
        let (weight_terms, bias_terms) = terms(step, trace, l);
        let gradient = &trace.backward.gradients[l];
        let (n_weights, columns) = (gradient.weights.values().len(), gradient.weights.columns());
        let to = from + n_weights + gradient.bias.as_ref().map_or(0, Vec::len);
        let theirs = &engine.gradients.parameters.values[from..to];
        compare("weight", columns, gradient.weights.values(), &theirs[..n_weights], weight_terms);
        compare("bias", n, gradient.bias.as_deref().unwrap_or_default(), &theirs[n_weights..], bias_terms);
        let after: Vec<f64> = trace.update.parameters[l].iter().collect();
        compare("parameters after the step", columns, &after, &engine.parameters[from..to], 0.0);
        let buffers = [
            ("first state after the step", &trace.update.state.first, engine.optimizer.first()),
            ("second state after the step", &trace.update.state.second, engine.optimizer.second()),
        ];
        for (what, ours, theirs) in buffers {
            if let Some(ours) = ours.get(l) {
                let ours: Vec<f64> = ours.iter().collect();
                compare(what, columns, &ours, &theirs[from..to], weight_terms * weight_terms.min(1.0));
            }
        }
        from = to;
    }
    let terms = loss_terms(step, trace);
    comparison.add(&|_| "loss".into(), &[trace.forward.loss], &[engine.loss], terms, SAME);
    Ok(comparison)
}

/// The section that says what was compared.
pub(crate) fn section(writer: &mut Writer<'_>, verification: &Verification) {
    writer.section("verification", "Verification");
    writer.say(
        "The derivatives are held against central differences of the loss, the three forms against each other, and \
         everything against the engine that trains.",
    );
    let row = |what: &str, comparison: &Comparison, bound: &str| {
        let outcome = match &comparison.first_difference {
            None if comparison.largest_error == 0.0 => format!("agree exactly (asked for: {bound})"),
            None => format!("agree to {:.1e} (asked for: {bound})", comparison.largest_error),
            Some(first) => format!("DISAGREE, first at {first} (asked for: {bound})"),
        };
        let kinks = match comparison.kinks {
            0 => String::new(),
            kinks => format!("; of {kinks} more a difference cannot tell: a kink, or digits lost in it"),
        };
        (what.to_owned(), vec![words(format!("{} numbers {outcome}{kinks}", comparison.compared))])
    };
    let mut rows = vec![
        row("central differences", &verification.finite_difference, "1e-6 of a tensor's largest entry"),
        row("the three forms", &verification.forms_agree, "1e-12"),
        row("the engine, f64", &verification.engine, "1e-12"),
    ];
    rows.extend(verification.engine_f32.as_ref().map(|f32| {
        let text =
            format!("{} numbers differ by at most {:.1e}: rounding of f32", f32.compared, f32.largest_error);
        ("the engine, f32".to_owned(), vec![words(text)])
    }));
    writer.push(crate::derivation::Block::Settings(rows));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::Example;
    use crate::tensor;

    fn verification(step: &Step, trace: &Trace) -> Verification {
        let differences = Differences::new(step, trace, &|_, _, _| true);
        let last = step.layers.len() - 1;
        let form = MatrixForm::new(step, &trace.forward, &trace.backward.activations[last]);
        let tensor = tensor::gradients(step, &trace.forward, &form.deltas);
        Verification::new(step, trace, &differences, &form, &tensor).expect("a step that the engine takes")
    }

    #[test]
    fn one_derivative_that_is_a_little_wrong_is_found_by_all_and_named() {
        let step = Example::named("mazur").expect("an example").step;
        let mut trace = Trace::new(&step);
        assert!(verification(&step, &trace).agrees());
        trace.backward.gradients[0].weights.row_mut(1)[0] *= 1.0 + 1e-4;
        let found = verification(&step, &trace);
        for comparison in [&found.finite_difference, &found.forms_agree, &found.engine] {
            let first = comparison.first_difference.as_deref().expect("a difference");
            assert!(first.contains("layers.0.weight[1,0]"), "{first}");
        }
        assert_eq!(found.first_difference().expect("a difference").0, "a central difference");
    }

    /// The targets are what the trace computes, so that ŷ − y is exactly 0 there, and rounding in the engine.
    #[test]
    fn a_residual_of_exactly_0_is_no_disagreement() {
        for loss in ["mse", "half-mse", "sse", "half-sse", "mae", "huber"] {
            for seed in 1..40 {
                let number = |i: i32| f64::from((i * seed * 7919) % 1000) / 700.0 - 0.3;
                let row =
                    |from: i32| format!("[{}, {}, {}]", number(from), number(from + 1), number(from + 2));
                let text = format!(
                    "loss = \"{loss}\"\nx = [{}, {}]\ny = [[0], [0]]\n[[layers]]\nactivation = \"tanh\"\n\
                     weights = [{}, {}, {}]\nbias = {}\n[[layers]]\nactivation = \"identity\"\nweights = [{}]\n",
                    row(1),
                    row(5),
                    row(11),
                    row(15),
                    row(21),
                    row(25),
                    row(31)
                );
                let mut step = Example::parse(&text, "exact").expect("a step").step;
                let outputs = Trace::new(&step).forward.a[1].clone();
                step.y = outputs;
                let found = verification(&step, &Trace::new(&step));
                assert_eq!(found.first_difference(), None, "{loss}, seed {seed}");
            }
        }
    }

    #[test]
    fn a_saturated_unit_is_no_disagreement() {
        for z in [12.0, 20.0, 40.0, 100.0] {
            let text = format!(
                "x = [[100, 1]]\ny = [[0]]\n[[layers]]\nactivation = \"tanh\"\nweights = [[{}, 0]]\n",
                z / 100.0
            );
            let step = Example::parse(&text, "saturated").expect("a step").step;
            let found = verification(&step, &Trace::new(&step));
            assert_eq!(found.first_difference(), None, "z = {z}");
        }
    }
}
