//! From a step to its derivation.

use chainrule::Result;

use crate::conventions::{Conventions, Indices, Layout};
use crate::derivation::{Block, Derivation, Form};
use crate::differences::Differences;
use crate::expression::Expr;
use crate::matrix_form::{self, MatrixForm};
use crate::notation::{Arrangement, Notation};
use crate::step::Step;
use crate::trace::Trace;
use crate::verify::{self, Verification};
use crate::writer::{Chosen, Writer, math, words};
use crate::{batch, component, forward, tensor, update, vanishing};

/// How much of a step is written out, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How the text is written.
    pub conventions: Conventions,
    /// The forms of the derivatives.
    pub forms: Vec<Form>,
    /// What is written out.
    pub selection: Selection,
}

/// Which entries are written out as lines of their own; layers, units and weights count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only this layer.
    pub layer: Option<usize>,
    /// Only this unit of each layer that is written out.
    pub unit: Option<usize>,
    /// Only this weight, unit and input, of each layer that is written out.
    pub weight: Option<(usize, usize)>,
}

impl Default for Options {
    /// Everything, in all forms.
    fn default() -> Self {
        Self {
            conventions: Conventions::default(),
            forms: Form::ALL.to_vec(),
            selection: Selection::default(),
        }
    }
}

/// Networks up to this many multiplications for all differences are checked whole, larger ones where they are written
/// out.
const WHOLE: f64 = 3e7;

/// Works a step out in full, and checks it.
///
/// The derivation is there even where its [verification](Derivation::verification) fails; whoever shows it says so.
///
/// # Errors
/// [`Configuration`](chainrule::ErrorKind::Configuration) for a selection that the network does not have;
/// [`Data`](chainrule::ErrorKind::Data) for a step whose forward or backward pass leaves the finite numbers.
pub fn explain_step(step: &Step, options: &Options) -> Result<Derivation> {
    let chosen = Chosen::new(step, options.selection)?;
    let trace = Trace::new(step);
    trace.check_finite()?;
    let is_whole = cost(step) <= WHOLE;
    let differences =
        Differences::new(step, &trace, &|l, unit, input| is_whole || chosen.has(l, unit, input));
    let last = step.layers.len() - 1;
    let matrix_form = MatrixForm::new(step, &trace.forward, &trace.backward.activations[last]);
    let tensor_form = tensor::gradients(step, &trace.forward, &trace.backward.deltas);
    let verification = Verification::new(step, &trace, &differences, &matrix_form, &tensor_form)?;
    let notation = Notation::new(step, options.conventions);
    let mut writer = Writer::new(notation, &trace, chosen, &differences);
    conventions(&mut writer);
    forward::section(&mut writer);
    forward::loss_section(&mut writer);
    for form in Form::ALL.into_iter().filter(|form| options.forms.contains(form)) {
        match form {
            Form::Component => component::section(&mut writer),
            Form::Matrix => matrix_form::section(&mut writer, &matrix_form),
            Form::Tensor => tensor::section(&mut writer, &tensor_form),
        }
    }
    batch::section(&mut writer);
    update::section(&mut writer);
    update::after(&mut writer);
    vanishing::section(&mut writer, &vanishing::measure(step)?);
    verify::section(&mut writer, &verification);
    let sections = writer.finish();
    Ok(Derivation {
        title: title(step),
        step: step.clone(),
        trace,
        conventions: options.conventions,
        sections,
        verification,
    })
}

/// Multiplications that all differences together take.
fn cost(step: &Step) -> f64 {
    let rows = step.n_rows() as f64;
    let size = |layer: &crate::step::Layer| (layer.n_inputs() * layer.n_outputs()) as f64;
    let above = |l: usize| step.layers[l + 1..].iter().map(size).sum::<f64>();
    let of_layer = |(l, layer)| 4.0 * rows * size(layer) * (above(l) + layer.n_outputs() as f64);
    step.layers.iter().enumerate().map(of_layer).sum()
}

/// `One step of momentum on a 3-2-1 network, mse, 5 rows`.
fn title(step: &Step) -> String {
    let widths =
        std::iter::once(step.x.columns()).chain(step.layers.iter().map(crate::step::Layer::n_outputs));
    let widths: Vec<String> = widths.map(|width| width.to_string()).collect();
    let rows = match step.n_rows() {
        1 => "one row".to_owned(),
        n => format!("{n} rows"),
    };
    let rule = step.optimizer.rule.name();
    format!("One step of {rule} on a {} network, loss {}, {rows}", widths.join("-"), step.loss)
}

/// The box with the conventions in force.
fn conventions(writer: &mut Writer<'_>) {
    writer.section("conventions", "Conventions");
    let notation = writer.notation;
    let chosen = notation.conventions();
    let (w, z) = (Expr::from(notation.w(0, 0, 1)), Expr::from(notation.z(0, 0, 0)));
    let ends = match chosen.indices {
        Indices::DestinationFirst => " leads to unit 1 from input 2: destination first",
        Indices::SourceFirst => " leads from input 2 to unit 1: source first",
    };
    let product = match notation.arrangement() {
        Arrangement::Column => "W·a + b; a sample is a column, W is outputs × inputs",
        Arrangement::Rows => "A·Wᵀ + b; samples are rows, W is outputs × inputs",
        Arrangement::RowsInverted => "a·W + b; samples are rows, W is inputs × outputs",
    };
    let layout = match chosen.layout {
        Layout::Weights => "has the shape of W",
        Layout::Transposed => "has the shape of Wᵀ",
    };
    let weighted = match (&writer.step.sample_weights, writer.step.loss.is_sum()) {
        (None, _) => "",
        (Some(_), true) => "; every row's loss times its weight",
        (Some(_), false) => "; every row's loss times its weight, N is the sum of the weights",
    };
    let settings = vec![
        ("indices".into(), vec![math(w), words(ends)]),
        (
            "loss".into(),
            vec![
                math(notation.loss()),
                words(format!(
                    " = {}: {}{weighted}",
                    writer.step.loss,
                    forward::divisor_words(writer.step.loss)
                )),
            ],
        ),
        (
            "sign of δ".into(),
            vec![math(notation.delta(0, 0, 0)), words(" = "), math(notation.descent(notation.z(0, 0, 0)))],
        ),
        ("product".into(), vec![math(z), words(" is an entry of "), words(product)]),
        (
            "gradients".into(),
            vec![math(notation.loss_by(Notation::w_matrix(0))), words(format!(" {layout}"))],
        ),
        (
            "numbers".into(),
            vec![words("rounded where they are printed, never before: all is computed in f64")],
        ),
    ];
    writer.push(Block::Settings(settings));
}
