//! Formulas as trees, so that text, LaTeX and MathML say the same.
//!
//! A tree knows meaning, not looks: a [`Symbol`] is a quantity with its layer and indices, a [`Expr::Number`] is an
//! f64 that each renderer rounds only when it prints. Operators stand explicitly in rows, because the same product is
//! `·` in one place and nothing in another.

use std::fmt::Write as _;

/// A formula.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A computed number, printed to the digits that were asked for.
    Number(f64),
    /// A whole number that belongs to the formula: the 2 of a square, the N of a mean.
    Integer(i64),
    /// A quantity.
    Symbol(Symbol),
    /// A word within a formula: `if`, `else`, the name of a function.
    Word(&'static str),
    /// Parts side by side, operators among them.
    Row(Vec<Expr>),
    /// An operator in a [`Row`](Self::Row).
    Operator(Operator),
    /// Numerator over denominator.
    Fraction(Box<Expr>, Box<Expr>),
    /// Base and exponent.
    Power(Box<Expr>, Box<Expr>),
    /// A square root.
    Root(Box<Expr>),
    /// A function and its argument: σ(z), diag(v).
    Call(Box<Expr>, Box<Expr>),
    /// Parentheses.
    Group(Box<Expr>),
    /// Bars: |e|.
    Absolute(Box<Expr>),
    /// A matrix, transposed.
    Transpose(Box<Expr>),
    /// Entries in rows. [`Word`](Self::Word) `⋯` stands for entries that are left out.
    Matrix(Vec<Vec<Expr>>),
    /// Σ over an index, of a term. The index is a letter such as `k`.
    Sum(&'static str, Box<Expr>),
    /// ∂of/∂by.
    Partial(Box<Expr>, Box<Expr>),
    /// A term that is 0 and is kept to show why.
    Zero(Box<Expr>),
}

/// What stands between two parts of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// +
    Plus,
    /// −
    Minus,
    /// · between numbers.
    Times,
    /// A product of matrices: nothing, or a thin space.
    MatrixTimes,
    /// ⊙, entry by entry.
    Hadamard,
    /// =
    Equals,
    /// ≤
    AtMost,
    /// >
    Above,
    /// A comma.
    Comma,
}

/// A quantity of the step: a letter, a layer, indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The letter or letters: `w`, `δ`, `ŷ`, `net`.
    pub name: &'static str,
    /// The layer it belongs to, from 1; none for what the whole network has (L, x, ŷ, η).
    pub layer: Option<usize>,
    /// Row, then unit, then input, each from 1, as many as there are.
    pub indices: Vec<usize>,
    /// Whether it stands for the value after the step.
    pub primed: bool,
    /// Whether it is a vector or a matrix, and set in bold.
    pub bold: bool,
}

impl Symbol {
    /// A quantity without layer and indices.
    pub fn new(name: &'static str) -> Self {
        Self { name, layer: None, indices: Vec::new(), primed: false, bold: false }
    }

    /// The same in a layer, from 1.
    #[must_use]
    pub fn layer(self, layer: usize) -> Self {
        Self { layer: Some(layer), ..self }
    }

    /// The same with indices, from 1.
    #[must_use]
    pub fn at(self, indices: impl IntoIterator<Item = usize>) -> Self {
        Self { indices: indices.into_iter().collect(), ..self }
    }

    /// The same after the step.
    #[must_use]
    pub fn after(self) -> Self {
        Self { primed: true, ..self }
    }

    /// The same as a vector or matrix.
    #[must_use]
    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// A name for links, unique among quantities: letters, digits, `-` and `_`.
    pub fn id(&self) -> String {
        let mut id = String::new();
        for c in self.name.chars() {
            match c {
                'a'..='z' | 'A'..='Z' | '0'..='9' => id.push(c),
                _ => {
                    let _ = write!(id, "u{:x}", u32::from(c));
                }
            }
        }
        if self.bold {
            id.push_str("_m");
        }
        if let Some(layer) = self.layer {
            let _ = write!(id, "-{layer}");
        }
        for index in &self.indices {
            let _ = write!(id, "_{index}");
        }
        if self.primed {
            id.push_str("-after");
        }
        id
    }
}

impl Expr {
    /// The name for links of what this defines: of a symbol its own, of a derivative that of what it is by; none else.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Symbol(symbol) => Some(symbol.id()),
            Self::Partial(of, by) => Some(format!("d-{}-{}", of.id()?, by.id()?)),
            // A derivative with the other sign, where a text's errors have it.
            Self::Row(parts) => match &parts[..] {
                [Self::Operator(Operator::Minus), derivative @ Self::Partial(..)] => derivative.id(),
                _ => None,
            },
            _ => None,
        }
    }

    /// How many of something: the N of a mean.
    pub fn count(n: usize) -> Self {
        Self::Integer(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// Parts with an operator between each two; one part alone is itself.
    pub fn joined(operator: Operator, parts: impl IntoIterator<Item = Self>) -> Self {
        let mut row = Vec::new();
        for part in parts {
            if !row.is_empty() {
                row.push(Self::Operator(operator));
            }
            row.push(part);
        }
        match row.len() {
            1 => row.swap_remove(0),
            _ => Self::Row(row),
        }
    }

    /// A product of numbers.
    pub fn product(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(Operator::Times, parts)
    }

    /// A sum.
    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(Operator::Plus, parts)
    }

    /// `left = right`.
    #[must_use]
    pub fn equals(self, right: Self) -> Self {
        Self::joined(Operator::Equals, [self, right])
    }

    /// `left − right`.
    #[must_use]
    pub fn minus(self, right: Self) -> Self {
        Self::joined(Operator::Minus, [self, right])
    }

    /// −this.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Row(vec![Self::Operator(Operator::Minus), self])
    }

    /// Without parentheses around the whole.
    #[must_use]
    pub fn ungrouped(self) -> Self {
        match self {
            Self::Group(inner) => *inner,
            other => other,
        }
    }

    /// In parentheses where it is more than one thing, so that it can be a factor.
    #[must_use]
    pub fn as_factor(self) -> Self {
        if matches!(self, Self::Row(_)) { self.grouped() } else { self }
    }

    /// In parentheses.
    #[must_use]
    pub fn grouped(self) -> Self {
        Self::Group(Box::new(self))
    }

    /// Transposed.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self::Transpose(Box::new(self))
    }

    /// Squared.
    #[must_use]
    pub fn squared(self) -> Self {
        Self::Power(Box::new(self), Box::new(Self::Integer(2)))
    }

    /// this / denominator, as a fraction.
    #[must_use]
    pub fn over(self, denominator: Self) -> Self {
        Self::Fraction(Box::new(self), Box::new(denominator))
    }

    /// function(this).
    #[must_use]
    pub fn of(function: Self, argument: Self) -> Self {
        Self::Call(Box::new(function), Box::new(argument))
    }

    /// ∂of/∂by.
    #[must_use]
    pub fn partial(of: Self, by: Self) -> Self {
        Self::Partial(Box::new(of), Box::new(by))
    }

    /// A number as a factor or a later term: in parentheses where its sign would stand behind an operator.
    pub fn operand(number: f64) -> Self {
        if number.is_sign_negative() && number != 0.0 {
            Self::Number(number).grouped()
        } else {
            Self::Number(number)
        }
    }
}

impl From<Symbol> for Expr {
    fn from(symbol: Symbol) -> Self {
        Self::Symbol(symbol)
    }
}
