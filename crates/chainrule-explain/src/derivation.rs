//! A step written down: sections of prose and lines, ready for any renderer.
//!
//! Renderers decide about looks and digits and nothing else. Whatever a reader is told stands here once, so that text,
//! LaTeX, HTML and JSON cannot say different things.

use chainrule::Matrix;

use crate::conventions::Conventions;
use crate::expression::Expr;
use crate::step::Step;
use crate::trace::Trace;
use crate::verify::Verification;

/// A step, its numbers, and the text that explains them.
#[derive(Clone, Debug, PartialEq)]
pub struct Derivation {
    /// What is explained: "one step of gradient descent, 3-2-1, mse".
    pub title: String,
    /// What was given.
    pub step: Step,
    /// Every number of the step.
    pub trace: Trace,
    /// How the text is written.
    pub conventions: Conventions,
    /// The text.
    pub sections: Vec<Section>,
    /// What was held against what, and how far apart it was.
    pub verification: Verification,
}

/// A part of the text under a heading of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// A name for links: `forward`, `backward-2`.
    pub id: String,
    /// The heading.
    pub title: String,
    /// What stands under it.
    pub blocks: Vec<Block>,
}

/// Something that stands on lines of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Prose.
    Paragraph(Vec<Span>),
    /// A heading within a section.
    Heading(String),
    /// A box of settings: what, and how.
    Settings(Vec<(String, Vec<Span>)>),
    /// A line of the derivation.
    Line(Box<Line>),
    /// A table of numbers with the names of its columns and rows.
    Table {
        /// What the rows are, then the name of each column.
        header: Vec<String>,
        /// The name of each row and its numbers; none where there is no such number.
        rows: Vec<(String, Vec<Option<f64>>)>,
    },
    /// What is not written out, and how much of it there is.
    Omitted {
        /// "weights of layer 1".
        what: String,
        /// How many of them.
        count: usize,
        /// How to have them written out: "--layer 1 --weight I,J".
        hint: String,
    },
}

/// A piece of prose.
#[derive(Clone, Debug, PartialEq)]
pub enum Span {
    /// Words.
    Text(String),
    /// A formula among them.
    Math(Expr),
}

/// One line: `symbol = formula = numbers = value`, with its check.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// A name for links, unique in the derivation; that of the symbol where this line is what defines it.
    pub id: String,
    /// In which form of a derivative the line is written; none in the forward pass and the update.
    pub form: Option<Form>,
    /// What is computed.
    pub symbol: Expr,
    /// From what.
    pub formula: Option<Expr>,
    /// The formula with the numbers in it.
    pub numbers: Option<Expr>,
    /// What comes out, unrounded.
    pub value: Value,
    /// The central difference that the value was held against, where it is a derivative.
    pub check: Option<Check>,
}

/// The forms in which a derivative is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Each entry by itself: sums over paths of products of local derivatives.
    Component,
    /// Whole layers: δ, transposes, ⊙.
    Matrix,
    /// ∂z/∂W as labelled blocks, and the contraction with δ.
    Tensor,
}

/// What a line computes.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Scalar(f64),
    /// A vector or matrix, in the orientation in which the line shows it.
    Matrix(Matrix<f64>),
}

/// A derivative held against a central difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// The largest error beside a central difference; NaN where none could tell.
    pub error: f64,
    /// Whether that is below 1e-6 of the largest entry.
    pub agrees: bool,
    /// How many entries were left out, because a kink lies within the step or the difference has lost its digits.
    pub kinks: usize,
}

impl Form {
    /// Every form, in the order in which a derivation has them.
    pub const ALL: [Self; 3] = [Self::Component, Self::Matrix, Self::Tensor];

    /// `component`, `matrix`, `tensor`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Matrix => "matrix",
            Self::Tensor => "tensor",
        }
    }
}

impl Value {
    /// All entries.
    pub fn entries(&self) -> &[f64] {
        match self {
            Self::Scalar(value) => std::slice::from_ref(value),
            Self::Matrix(matrix) => matrix.values(),
        }
    }

    /// Empty for a number, else rows and columns.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::Scalar(_) => vec![],
            Self::Matrix(matrix) => vec![matrix.rows(), matrix.columns()],
        }
    }
}

impl Derivation {
    /// All lines in order.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
            Block::Line(line) => Some(line.as_ref()),
            _ => None,
        })
    }
}
