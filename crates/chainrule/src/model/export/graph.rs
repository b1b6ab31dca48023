//! A graph while it is being written.
//!
//! Values are known by name. Operations are numbered, so that equal models give equal names; a value that people look for
//! (a weight, an input) has a name of its own.

use super::proto::{
    AttributeKind, AttributeProto, DimensionProto, ElementKind, EntryProto, GraphProto, ModelProto,
    NodeProto, OperatorSetProto, ShapeProto, TensorProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use super::{CONTAINER_VERSION, Elements, OPERATOR_SET, Port, TABLE_OPERATOR_SET, json};

/// The family of operators for tables.
const TABLES: &str = "ai.onnx.ml";

/// A value in a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value(String);

/// Operations, constants, inputs and outputs so far.
pub(super) struct Graph {
    /// What the network computes with: [`Elements::F32`] or [`Elements::F64`].
    pub(super) precision: Elements,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
}

/// A constant of an operation.
pub(super) enum Attribute {
    Float(f32),
    Int(i64),
    Ints(Vec<i64>),
    Texts(Vec<String>),
}

impl Graph {
    pub(super) fn new(precision: Elements) -> Self {
        Self { precision, inputs: vec![], outputs: vec![], nodes: vec![], constants: vec![] }
    }

    /// A matrix from outside.
    pub(super) fn input(&mut self, name: &'static str, elements: Elements, columns: Vec<String>) -> Value {
        self.inputs.push(Port { name, elements, columns: Some(columns) });
        Value(name.into())
    }

    /// Makes a value an output: a matrix with these columns, or a vector.
    pub(super) fn output(
        &mut self,
        name: &'static str,
        elements: Elements,
        columns: Option<Vec<String>>,
        value: Value,
    ) {
        self.outputs.push(Port { name, elements, columns });
        let node = node("Identity", vec![value], vec![], name.into());
        self.nodes.push(node);
    }

    /// The result of an operation.
    pub(super) fn apply(&mut self, operator: &str, inputs: &[&Value]) -> Value {
        self.apply_with(operator, inputs, vec![])
    }

    /// The result of an operation with constants of its own.
    pub(super) fn apply_with(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: Vec<(&str, Attribute)>,
    ) -> Value {
        let name = format!("{}_{}", operator.to_lowercase(), self.nodes.len());
        let inputs = inputs.iter().map(|&input| input.clone()).collect();
        self.nodes.push(node(operator, inputs, attributes, name.clone()));
        Value(name)
    }

    /// A value with other elements.
    pub(super) fn cast(&mut self, value: &Value, to: Elements) -> Value {
        self.apply_with("Cast", &[value], vec![("to", Attribute::Int(i64::from(kind(to) as i32)))])
    }

    /// Numbers of the network's precision.
    pub(super) fn number(&mut self, value: f64) -> Value {
        self.numbers(None, self.precision, &[], [value])
    }

    /// Numbers as a constant of this shape. They are rounded to its elements; those that come from there are not changed.
    pub(super) fn numbers(
        &mut self,
        name: Option<String>,
        elements: Elements,
        shape: &[usize],
        values: impl IntoIterator<Item = f64>,
    ) -> Value {
        let values = values.into_iter();
        let bytes = match elements {
            Elements::F32 => values.flat_map(|x| (x as f32).to_le_bytes()).collect(),
            Elements::F64 => values.flat_map(f64::to_le_bytes).collect(),
            Elements::I64 | Elements::Text => unreachable!("numbers are f32 or f64"),
        };
        self.constant(name, elements, shape, Some(bytes), vec![])
    }

    /// Integers as a constant of this shape.
    pub(super) fn integers(&mut self, shape: &[usize], values: impl IntoIterator<Item = i64>) -> Value {
        let bytes = values.into_iter().flat_map(i64::to_le_bytes).collect();
        self.constant(None, Elements::I64, shape, Some(bytes), vec![])
    }

    /// Texts as a constant vector.
    pub(super) fn texts(&mut self, texts: &[String]) -> Value {
        let bytes = texts.iter().map(|text| text.clone().into_bytes()).collect();
        self.constant(None, Elements::Text, &[texts.len()], None, bytes)
    }

    fn constant(
        &mut self,
        name: Option<String>,
        elements: Elements,
        shape: &[usize],
        raw_data: Option<Vec<u8>>,
        string_data: Vec<Vec<u8>>,
    ) -> Value {
        let name = name.unwrap_or_else(|| format!("constant_{}", self.constants.len()));
        self.constants.push(TensorProto {
            dims: shape.iter().map(|&n| length(n)).collect(),
            data_type: Some(kind(elements) as i32),
            string_data,
            name: name.clone(),
            raw_data,
        });
        Value(name)
    }

    /// The finished file, with remarks.
    pub(super) fn into_model(self, remarks: Vec<(&'static str, String)>) -> ModelProto {
        let set = |domain: &str, version| OperatorSetProto { domain: domain.into(), version: Some(version) };
        let mut sets = vec![set("", OPERATOR_SET)];
        if self.nodes.iter().any(|node| node.domain == TABLES) {
            sets.push(set(TABLES, TABLE_OPERATOR_SET));
        }
        let remark = |(key, value): (&str, String)| EntryProto { key: key.into(), value };
        let columns = self.inputs.iter().filter_map(|port| Some((port.name, port.columns.as_ref()?)));
        let columns = columns
            .map(|(name, columns)| EntryProto { key: format!("chainrule.{name}"), value: json(columns) });
        let metadata_props = columns.chain(remarks.into_iter().map(remark)).collect();
        ModelProto {
            ir_version: Some(CONTAINER_VERSION),
            producer_name: "chainrule".into(),
            producer_version: env!("CARGO_PKG_VERSION").into(),
            graph: Some(GraphProto {
                input: self.inputs.iter().map(described).collect(),
                output: self.outputs.iter().map(described).collect(),
                node: self.nodes,
                name: "model".into(),
                initializer: self.constants,
            }),
            opset_import: sets,
            metadata_props,
        }
    }
}

fn node(operator: &str, inputs: Vec<Value>, attributes: Vec<(&str, Attribute)>, output: String) -> NodeProto {
    NodeProto {
        input: inputs.into_iter().map(|value| value.0).collect(),
        name: output.clone(),
        output: vec![output],
        op_type: operator.into(),
        attribute: attributes.into_iter().map(|(name, attribute)| attribute.named(name)).collect(),
        domain: if operator == "LabelEncoder" { TABLES.into() } else { String::new() },
    }
}

impl Attribute {
    fn named(self, name: &str) -> AttributeProto {
        let mut message = AttributeProto { name: name.into(), ..AttributeProto::default() };
        let kind = match self {
            Self::Float(x) => {
                message.float = Some(x);
                AttributeKind::Float
            }
            Self::Int(i) => {
                message.int = Some(i);
                AttributeKind::Int
            }
            Self::Ints(ints) => {
                message.ints = ints;
                AttributeKind::Ints
            }
            Self::Texts(texts) => {
                message.strings = texts.into_iter().map(String::into_bytes).collect();
                AttributeKind::Strings
            }
        };
        message.kind = Some(kind as i32);
        message
    }
}

/// How many columns a port names in words; the remarks have them all.
const COLUMNS_NAMED: usize = 12;

fn described(port: &Port) -> ValueInfoProto {
    let rows = DimensionProto { length: None, parameter: Some("rows".into()) };
    let columns =
        |columns: &Vec<String>| DimensionProto { length: Some(length(columns.len())), parameter: None };
    let dimensions = std::iter::once(rows).chain(port.columns.as_ref().map(columns)).collect();
    let shape = ShapeProto { dimensions };
    let tensor = TensorTypeProto { element: Some(kind(port.elements) as i32), shape: Some(shape) };
    let doc_string = match &port.columns {
        None => "one per row".into(),
        Some(columns) => {
            let more = columns.len().saturating_sub(COLUMNS_NAMED);
            let named = columns[..columns.len() - more].join(", ");
            if more == 0 { format!("columns: {named}") } else { format!("columns: {named} and {more} more") }
        }
    };
    ValueInfoProto { name: port.name.into(), kind: Some(TypeProto { tensor: Some(tensor) }), doc_string }
}

/// A length, or a place, as ONNX counts them; what is in memory has no greater one.
pub(super) fn length(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn kind(elements: Elements) -> ElementKind {
    match elements {
        Elements::F32 => ElementKind::Float,
        Elements::F64 => ElementKind::Double,
        Elements::I64 => ElementKind::Int64,
        Elements::Text => ElementKind::String,
    }
}
