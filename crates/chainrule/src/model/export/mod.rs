//! The model for other programs: ONNX, one graph from the raw columns of a table to answers.
//!
//! **The whole way is in the graph.** Missing numbers are filled in, columns scaled, categories coded and answers given in
//! the target's unit or by the class's name, as [`Model::predict`] does it; who runs the graph needs nothing else. It has at
//! most two inputs, a matrix of numbers and one of texts, because one input per column would be 784 for a small picture.
//!
//! **The operators are those that runtimes have.** Version [`OPERATOR_SET`] is of 2023, and of the operators for tables only
//! `LabelEncoder` is taken. ONNX Runtime has each of them in both precisions but `Erf`, which is computed in single
//! precision: a network of doubles with `gelu` agrees to 7 digits, any other to the last but few.
//!
//! **Numbers are as wide as they must be.** Features are scaled in f64, as here. The input of a network in f32 is f32, unless the
//! mean of a column is more than 64 standard deviations from 0: rounding it to f32 could then move it by 4·10⁻⁶ of a
//! standard deviation or more, which an answer would show; so the input is f64.
//!
//! What a graph cannot do is refuse: no operator ends with an error. Where [`Model::predict`] refuses a missing
//! number, the graph answers NaN; a category without a place is none.
//!
//! The messages are in [`proto`], what writes a graph in [`graph`]; [`inputs`], [`layers`] and [`answers`] are the three parts of
//! the way.

mod answers;
mod graph;
mod inputs;
mod layers;
mod proto;
#[cfg(test)]
mod tests;

use super::{AnyNetwork, Model};
use crate::data::{Outputs, Task};
use crate::network::Network;
use crate::{Error, ErrorKind, Float, Result};
use graph::Graph;
use prost::Message;

/// The version of ONNX's operators that a graph uses.
pub const OPERATOR_SET: i64 = 18;

/// The version of ONNX's operators for tables that a graph with categories uses.
const TABLE_OPERATOR_SET: i64 = 3;

/// The version of the container that belongs to [`OPERATOR_SET`].
const CONTAINER_VERSION: i64 = 8;

/// What protobuf can hold in one message.
const MOST_BYTES: usize = i32::MAX as usize;

/// A model as an ONNX graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Onnx {
    /// The file.
    pub bytes: Vec<u8>,
    /// What goes in: `numbers`, `categories`, or both.
    pub inputs: Vec<Port>,
    /// What comes out: `label` and `probabilities` of a classifier, `prediction` of a regression.
    pub outputs: Vec<Port>,
}

/// An input or output of a graph. Its first dimension is the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: &'static str,
    /// What its elements are.
    pub elements: Elements,
    /// What its columns are; none of a vector.
    pub columns: Option<Vec<String>>,
}

/// What the elements of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elements {
    /// Numbers of 32 bits.
    F32,
    /// Numbers of 64 bits.
    F64,
    /// Integers of 64 bits.
    I64,
    /// Texts.
    Text,
}

impl Elements {
    /// Their name, as the documentation has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I64 => "i64",
            Self::Text => "text",
        }
    }
}

impl Model {
    /// The model as the bytes of an ONNX file. Equal models give equal bytes.
    ///
    /// # Errors
    /// As [`onnx`](Self::onnx).
    ///
    /// ```
    /// use chainrule::data::embedded;
    /// use chainrule::training::{Trainer, TrainingConfig};
    ///
    /// let config = TrainingConfig { epochs: 1, ..TrainingConfig::default() };
    /// let model = Trainer::new(config).fit(&embedded("iris").expect("a known name"))?;
    /// let onnx = model.onnx()?;
    /// assert_eq!((onnx.inputs[0].name, onnx.outputs[0].name), ("numbers", "label"));
    /// assert_eq!(model.to_onnx()?, onnx.bytes);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn to_onnx(&self) -> Result<Vec<u8>> {
        self.onnx().map(|onnx| onnx.bytes)
    }

    /// The model as an ONNX graph, with what goes in and what comes out.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a model of more than 2 GiB, which is what an ONNX file can hold, and for an activation that ONNX's
    /// operators cannot express; every present one can be.
    pub fn onnx(&self) -> Result<Onnx> {
        match &self.network {
            AnyNetwork::F32(network) => self.onnx_of(network),
            AnyNetwork::F64(network) => self.onnx_of(network),
        }
    }

    fn onnx_of<F: Float>(&self, network: &Network<F>) -> Result<Onnx> {
        refuse_beyond(MOST_BYTES, size_of_val(&network.parameters.values[..]))?;
        let mut graph = Graph::new(if F::NAME == f32::NAME { Elements::F32 } else { Elements::F64 });
        let columns = inputs::push(&self.preprocessing, &mut graph);
        let outputs = layers::push(network, columns, &mut graph)?;
        answers::push(&self.preprocessing, network, outputs, &mut graph);
        let (inputs, outputs) = (graph.inputs.clone(), graph.outputs.clone());
        let message = graph.into_model(metadata(self));
        refuse_beyond(MOST_BYTES, message.encoded_len())?;
        Ok(Onnx { bytes: message.encode_to_vec(), inputs, outputs })
    }
}

/// What a program may want to know that the graph does not say; the columns are those of its ports.
fn metadata(model: &Model) -> Vec<(&'static str, String)> {
    let classes = match &model.preprocessing.outputs {
        Outputs::Classes { labels, .. } => Some(("chainrule.classes", json(&labels.names))),
        Outputs::Numbers { .. } | Outputs::Flags => None,
    };
    let task = match model.preprocessing.task() {
        Task::Classification => "classification",
        Task::Regression => "regression",
        Task::MultiLabel => "multi-label",
    };
    let targets = ("chainrule.targets", json(&model.preprocessing.targets));
    classes.into_iter().chain([targets, ("chainrule.task", task.into())]).collect()
}

/// Texts as a JSON list.
fn json(names: &[String]) -> String {
    serde_json::Value::from(names).to_string()
}

fn refuse_beyond(most: usize, bytes: usize) -> Result<()> {
    if bytes <= most {
        return Ok(());
    }
    let message = format!(
        "this model takes {bytes} bytes; an ONNX file has room for {most}\n\
         train a smaller network, or with --precision f32"
    );
    Err(Error::new(ErrorKind::Unsupported, message))
}
