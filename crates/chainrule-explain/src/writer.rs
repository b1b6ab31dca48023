//! What all sections of a derivation share: the step, its numbers, the way of writing, and what is written out.

use std::collections::BTreeSet;

use chainrule::{Error, Result};

use crate::derivation::{Block, Check, Form, Line, Section, Span, Value};
use crate::differences::Differences;
use crate::elide;
use crate::explain::Selection;
use crate::expression::Expr;
use crate::notation::Notation;
use crate::step::{Layer, Step};
use crate::trace::Trace;

/// Layers of at most so many units, and units of at most so many inputs, are written out whole.
const WHOLE: usize = 8;
/// Batches of at most so many rows are written out whole.
const ROWS: usize = 5;

/// A derivation while it is written.
pub(crate) struct Writer<'a> {
    pub(crate) step: &'a Step,
    pub(crate) trace: &'a Trace,
    pub(crate) notation: Notation<'a>,
    pub(crate) chosen: Chosen<'a>,
    pub(crate) differences: &'a Differences,
    sections: Vec<Section>,
    ids: BTreeSet<String>,
}

/// Which entries get lines of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen<'a> {
    step: &'a Step,
    selection: Selection,
}

/// A line before it has a name.
pub(crate) struct Draft {
    pub(crate) symbol: Expr,
    pub(crate) formula: Option<Expr>,
    pub(crate) numbers: Option<Expr>,
    pub(crate) value: Value,
    pub(crate) check: Option<Check>,
    pub(crate) form: Option<Form>,
}

impl Draft {
    /// A line of a number.
    pub(crate) fn number(symbol: impl Into<Expr>, value: f64) -> Self {
        Self::new(symbol, Value::Scalar(value))
    }

    pub(crate) fn new(symbol: impl Into<Expr>, value: Value) -> Self {
        Self { symbol: symbol.into(), formula: None, numbers: None, value, check: None, form: None }
    }

    #[must_use]
    pub(crate) fn formula(self, formula: Expr) -> Self {
        Self { formula: Some(formula), ..self }
    }

    #[must_use]
    pub(crate) fn numbers(self, numbers: Expr) -> Self {
        Self { numbers: Some(numbers), ..self }
    }

    #[must_use]
    pub(crate) fn check(self, check: Option<Check>) -> Self {
        Self { check, ..self }
    }

    #[must_use]
    pub(crate) fn form(self, form: Form) -> Self {
        Self { form: Some(form), ..self }
    }
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        notation: Notation<'a>,
        trace: &'a Trace,
        chosen: Chosen<'a>,
        differences: &'a Differences,
    ) -> Self {
        let step = chosen.step;
        Self { step, trace, notation, chosen, differences, sections: Vec::new(), ids: BTreeSet::new() }
    }

    pub(crate) fn finish(self) -> Vec<Section> {
        self.sections
    }

    pub(crate) fn section(&mut self, id: &str, title: impl Into<String>) {
        self.sections.push(Section { id: id.into(), title: title.into(), blocks: Vec::new() });
    }

    pub(crate) fn push(&mut self, block: Block) {
        if let Some(section) = self.sections.last_mut() {
            section.blocks.push(block);
        }
    }

    pub(crate) fn heading(&mut self, heading: impl Into<String>) {
        self.push(Block::Heading(heading.into()));
    }

    /// A paragraph of words.
    pub(crate) fn say(&mut self, words: impl Into<String>) {
        self.push(Block::Paragraph(vec![Span::Text(words.into())]));
    }

    /// A paragraph of words and formulas.
    pub(crate) fn prose(&mut self, spans: impl IntoIterator<Item = Span>) {
        self.push(Block::Paragraph(spans.into_iter().collect()));
    }

    /// A line under the name of its symbol, or under a numbered one where that is taken.
    pub(crate) fn line(&mut self, draft: Draft) {
        let form = draft.form.filter(|form| *form != Form::Component).map_or("", Form::name);
        let symbol = draft.symbol.id().unwrap_or_else(|| "line".into());
        let base = if form.is_empty() { symbol } else { format!("{form}-{symbol}") };
        let numbered = (2..).map(|i| format!("{base}-v{i}"));
        let id = std::iter::once(base.clone()).chain(numbered).find(|id| !self.ids.contains(id));
        let id = id.unwrap_or(base);
        self.ids.insert(id.clone());
        let Draft { symbol, formula, numbers, value, check, form } = draft;
        self.push(Block::Line(Box::new(Line { id, form, symbol, formula, numbers, value, check })));
    }

    /// Says how much of what the layers have is left out with the layers that are not chosen.
    pub(crate) fn omitted_layers(&mut self, what: &str, count: impl Fn(&Layer) -> usize) {
        let chosen = self.chosen;
        for l in (0..self.step.layers.len()).filter(|&l| !chosen.has_layer(l)) {
            let hint = format!("--layer {}", l + 1);
            self.omitted(format!("{what} of layer {}", l + 1), count(&self.step.layers[l]), &hint);
        }
    }

    /// Says what is left out, if anything is.
    pub(crate) fn omitted(&mut self, what: String, count: usize, hint: &str) {
        let what = if count == 1 { what.replacen("s of", " of", 1) } else { what };
        if count > 0 {
            self.push(Block::Omitted { what, count, hint: hint.into() });
        }
    }
}

impl<'a> Chosen<'a> {
    /// Checks that the network has what is selected.
    pub(crate) fn new(step: &'a Step, selection: Selection) -> Result<Self> {
        let n_layers = step.layers.len();
        if let Some(layer) = selection.layer.filter(|layer| !(1..=n_layers).contains(layer)) {
            return Err(Error::configuration(format!(
                "--layer {layer}: the network has the layers 1 to {n_layers}"
            )));
        }
        if let (Some(unit), Some((of, input))) = (selection.unit, selection.weight)
            && unit != of
        {
            return Err(Error::configuration(format!(
                "--unit {unit} and --weight {of},{input}: that weight belongs to unit {of}"
            )));
        }
        let chosen = Self { step, selection };
        let unit = selection.weight.map(|(unit, _)| unit).or(selection.unit);
        let layers = || chosen.layers().map(|l| (l, &step.layers[l]));
        if let Some(unit) = unit
            && !layers().any(|(_, layer)| (1..=layer.n_outputs()).contains(&unit))
        {
            let option = if selection.weight.is_some() { "--weight" } else { "--unit" };
            let widths = layers()
                .map(|(l, layer)| format!("layer {} has the units 1 to {}", l + 1, layer.n_outputs()));
            let widths = widths.collect::<Vec<_>>().join(", ");
            let message = format!("{option} names unit {unit}, which is not there: {widths}");
            return Err(Error::configuration(message));
        }
        if let Some((unit, input)) = selection.weight
            && !layers()
                .any(|(l, _)| chosen.inputs(l, unit.wrapping_sub(1)).contains(&(input.wrapping_sub(1))))
        {
            return Err(Error::configuration(format!(
                "--weight {unit},{input}: no layer has a unit {unit} with an input {input}; both count from 1"
            )));
        }
        Ok(chosen)
    }

    /// The layers that are written out.
    pub(crate) fn layers(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        match self.selection.layer {
            Some(layer) => layer - 1..layer,
            None => 0..self.step.layers.len(),
        }
    }

    pub(crate) fn has_layer(&self, layer: usize) -> bool {
        self.selection.layer.is_none_or(|chosen| chosen == layer + 1)
    }

    /// The rows that are written out.
    pub(crate) fn rows(&self) -> Vec<usize> {
        elide::shown(self.step.n_rows(), ROWS).into_iter().flatten().collect()
    }

    /// The units of a layer that are written out.
    pub(crate) fn units(&self, layer: usize) -> Vec<usize> {
        let n = self.step.layers[layer].n_outputs();
        if !self.has_layer(layer) {
            return vec![];
        }
        match self.selection.weight.map(|(unit, _)| unit).or(self.selection.unit) {
            Some(unit) => (0..n).filter(|i| i + 1 == unit).collect(),
            None => elide::shown(n, WHOLE).into_iter().flatten().collect(),
        }
    }

    /// The inputs of a unit whose weights are written out.
    pub(crate) fn inputs(&self, layer: usize, unit: usize) -> Vec<usize> {
        let n = self.step.layers[layer].n_inputs();
        match self.selection.weight {
            Some((i, j)) => (0..n).filter(|input| unit + 1 == i && input + 1 == j).collect(),
            None => elide::shown(n, WHOLE).into_iter().flatten().collect(),
        }
    }

    /// Whether a unit is written out, or one of its weights.
    pub(crate) fn has(&self, layer: usize, unit: usize, input: Option<usize>) -> bool {
        self.units(layer).contains(&unit)
            && input.is_none_or(|input| self.inputs(layer, unit).contains(&input))
    }
}

/// Words as a span.
pub(crate) fn words(text: impl Into<String>) -> Span {
    Span::Text(text.into())
}

/// A formula as a span.
pub(crate) fn math(formula: impl Into<Expr>) -> Span {
    Span::Math(formula.into())
}
