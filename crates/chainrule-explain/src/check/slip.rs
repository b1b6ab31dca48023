//! What can go wrong in the computation of one quantity, as a change of how that computation reads or sums.
//!
//! A [`Slip`] is not a formula: it says *which input is read elsewhere, which term counts how often, which rate is
//! taken*, and [`Author`](super::author::Author) has one computation per quantity that asks it. So a new mistake is a
//! row of [`slips`], and a new quantity gets all mistakes that fit it.
//!
//! Each slip comes with how likely people make it, a logarithm. Where a mistake has many variants (any one term left
//! out), they share its likelihood: a cause that could explain anything explains nothing.

use chainrule::{Activation, Matrix};

use crate::claim::{Kind, Quantity};
use crate::losses;
use crate::step::Step;

use super::cause::Cause;

/// Where an entry is read instead of its own place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Rows and columns exchanged.
    Swapped,
    /// The row's index for both.
    RowTwice,
    /// The column's index for both.
    ColumnTwice,
    /// So many rows down and columns to the right.
    Shifted(isize, isize),
}

/// What is read, in the order in which the formula names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// What was computed.
    Result,
    /// W in z, δ and W'; δ in a gradient.
    First,
    /// a in z and in a gradient, δ of the layer above in δ, the gradient in W'.
    Second,
    /// b in z, σ' in δ.
    Third,
}

/// One change of a computation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Slip {
    /// None: the computation as it should be.
    Nothing,
    /// The result times a number.
    Times(f64),
    /// An input is read at another place.
    Read(Input, Place),
    /// A term of the sum counts this many times.
    Term(usize, f64),
    /// This term of the sum is all of it.
    OnlyTerm(usize),
    /// In a term of the sum the second factor is that of another term.
    Mixed(usize, usize),
    /// In a term of the sum the indices of the weight are exchanged.
    SwappedTerm(usize),
    /// The bias counts this many times.
    Bias(f64),
    /// The gradient in an update times a number.
    Gradient(f64),
    /// The learning rate.
    Rate(f64),
    /// σ'(a) for σ'(z).
    SlopeAtActivation,
    /// σ(z) for σ'(z).
    ActivationForSlope,
    /// Of softmax's Jacobian only the diagonal.
    DiagonalOnly,
    /// The weights after the step.
    Updated,
    /// The product of the sums over the batch, over N, for the sum of products.
    MeansFirst,
}

impl Slip {
    /// The entry of an input, read as this slip has it; not a number outside of the matrix.
    pub(crate) fn at(self, input: Input, matrix: &Matrix<f64>, row: usize, column: usize) -> f64 {
        match self {
            Self::Read(which, place) if which == input => place.of(matrix, row, column),
            _ => entry(matrix, row, column),
        }
    }

    /// Σₜ term(t, t) as this slip has it; the arguments are the indices of the first and of the second factor.
    pub(crate) fn sum(self, n_terms: usize, term: impl Fn(usize, usize) -> f64) -> f64 {
        let each = |t: usize| match self {
            Self::Mixed(first, second) if first == t => term(t, second),
            _ => self.times(t) * term(t, t),
        };
        (0..n_terms).map(each).sum()
    }

    /// How many times a term of the sum counts.
    pub(crate) fn times(self, t: usize) -> f64 {
        match self {
            Self::Term(other, times) if other == t => times,
            Self::OnlyTerm(kept) if kept != t => 0.0,
            _ => 1.0,
        }
    }
}

impl Place {
    fn of(self, matrix: &Matrix<f64>, row: usize, column: usize) -> f64 {
        let (row, column) = match self {
            Self::Swapped => (column, row),
            Self::RowTwice => (row, row),
            Self::ColumnTwice => (column, column),
            Self::Shifted(down, right) => {
                match (row.checked_add_signed(down), column.checked_add_signed(right)) {
                    (Some(row), Some(column)) => (row, column),
                    _ => return f64::NAN,
                }
            }
        };
        entry(matrix, row, column)
    }
}

/// An entry, or not a number where there is none.
pub(crate) fn entry(matrix: &Matrix<f64>, row: usize, column: usize) -> f64 {
    if row < matrix.rows() && column < matrix.columns() { matrix.row(row)[column] } else { f64::NAN }
}

/// How a mistake spreads over the entries of a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It happens to single entries.
    One,
    /// It may happen to one entry or to all.
    Any,
    /// Who makes it makes it everywhere.
    All,
}

/// A mistake that fits a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// What it is called.
    pub cause: Cause,
    /// What it does.
    pub slip: Slip,
    /// The logarithm of how likely it is, up to a constant.
    pub likelihood: f64,
    /// How it spreads.
    pub reach: Reach,
}

/// In sums of more terms nobody sees one missing.
const MOST_TERMS: usize = 64;
/// Above so many terms, mistakes in two of them are not looked for.
const MOST_MIXED_TERMS: usize = 8;

/// All mistakes that fit a quantity of a step whose value has this shape.
pub(crate) fn slips(step: &Step, quantity: Quantity, rows: usize, columns: usize) -> Vec<Candidate> {
    let mut list = List(Vec::new());
    list.of_any_number(rows, columns);
    match quantity.kind {
        Kind::Preactivations(l) => list.of_preactivations(step, l, quantity.after),
        Kind::Loss => {
            list.of_means(step, &Slip::Times, 0.0);
            list.one_of_terms(Cause::MissingPath, step.n_rows() * step.n_outputs(), 0.0, -1.5);
            list.only_one_of_terms(step.n_rows() * step.n_outputs(), -2.0);
        }
        Kind::OutputDerivative => list.of_means(step, &Slip::Times, 0.0),
        Kind::Slopes(l) => list.of_slopes(step, l, 0.5),
        Kind::Delta(l) => list.of_delta(step, l),
        Kind::WeightGradient(_) | Kind::BiasGradient(_) => list.of_gradient(step, quantity.kind),
        Kind::Weights(_) | Kind::Bias(_) if quantity.after => {
            list.of_update(step, quantity.kind, rows, columns);
        }
        _ => {}
    }
    list.shared()
}

/// Mistakes as they are collected.
struct List(Vec<Candidate>);

impl List {
    fn add(&mut self, cause: Cause, slip: Slip, likelihood: f64, reach: Reach) {
        self.0.push(Candidate { cause, slip, likelihood, reach });
    }

    /// Variants that differ in nothing but a number share what their mistake is worth.
    fn shared(self) -> Vec<Candidate> {
        let kind = |slip: Slip| (std::mem::discriminant(&slip), matches!(slip, Slip::Read(Input::Result, _)));
        let share = |one: &Candidate| {
            let like = |other: &&Candidate| other.cause == one.cause && kind(other.slip) == kind(one.slip);
            (self.0.iter().filter(like).count() as f64).ln()
        };
        self.0.iter().map(|one| Candidate { likelihood: one.likelihood - share(one), ..*one }).collect()
    }

    fn of_any_number(&mut self, rows: usize, columns: usize) {
        self.add(Cause::Sign, Slip::Times(-1.0), 1.5, Reach::Any);
        self.add(Cause::Factor2, Slip::Times(2.0), 0.0, Reach::Any);
        self.add(Cause::FactorHalf, Slip::Times(0.5), 0.0, Reach::Any);
        for (power, likelihood) in [(1, 0.5), (2, -0.5), (3, -1.5)] {
            for power in [power, -power] {
                self.add(Cause::DecimalPoint, Slip::Times(10_f64.powi(power)), likelihood, Reach::Any);
            }
        }
        self.neighbours(Input::Result, rows, columns, 0.5);
        if rows == columns && rows > 1 {
            self.add(Cause::Transposed, Slip::Read(Input::Result, Place::Swapped), 0.0, Reach::All);
        }
    }

    fn neighbours(&mut self, input: Input, rows: usize, columns: usize, likelihood: f64) {
        let mut shifts = Vec::new();
        if columns > 1 {
            shifts.extend([(0, 1), (0, -1)]);
        }
        if rows > 1 {
            shifts.extend([(1, 0), (-1, 0)]);
        }
        for (down, right) in shifts {
            self.add(
                Cause::Neighbour,
                Slip::Read(input, Place::Shifted(down, right)),
                likelihood,
                Reach::One,
            );
        }
    }

    /// The divisors N and K, missing or too many.
    fn of_means(&mut self, step: &Step, times: &dyn Fn(f64) -> Slip, likelihood: f64) {
        let weights =
            step.sample_weights.as_ref().map_or(step.n_rows() as f64, |weights| weights.iter().sum());
        for (cause, divisor) in [(Cause::BatchMean, weights), (Cause::OutputsMean, step.n_outputs() as f64)] {
            if divisor == 1.0 {
                continue;
            }
            let of_loss = match cause {
                Cause::BatchMean => !step.loss.is_sum(),
                _ => losses::has_outputs_mean(step.loss),
            };
            // A divisor that the loss has is forgotten more often than one that it has not is invented.
            let (forgotten, invented) = if of_loss { (0.5, 0.0) } else { (-1.0, 0.3) };
            self.add(cause, times(divisor), likelihood + forgotten, Reach::All);
            self.add(cause, times(1.0 / divisor), likelihood + invented, Reach::All);
        }
    }

    fn one_of_terms(&mut self, cause: Cause, n_terms: usize, times: f64, likelihood: f64) {
        if (2..=MOST_TERMS).contains(&n_terms) {
            for t in 0..n_terms {
                self.add(cause, Slip::Term(t, times), likelihood, Reach::Any);
            }
        }
    }

    /// Of a sum one term alone, where this is not the same as one term left out.
    fn only_one_of_terms(&mut self, n_terms: usize, likelihood: f64) {
        if (3..=MOST_TERMS).contains(&n_terms) {
            for t in 0..n_terms {
                self.add(Cause::MissingPath, Slip::OnlyTerm(t), likelihood, Reach::Any);
            }
        }
    }

    /// One index for another in one term of a sum over products.
    fn mixed_terms(&mut self, n_terms: usize) {
        if n_terms > MOST_MIXED_TERMS {
            return;
        }
        for t in 0..n_terms {
            for u in (0..n_terms).filter(|&u| u != t) {
                self.add(Cause::SwappedIndex, Slip::Mixed(t, u), -1.0, Reach::One);
            }
            if n_terms > 1 {
                self.add(Cause::SwappedIndex, Slip::SwappedTerm(t), -1.0, Reach::One);
            }
        }
    }

    fn of_preactivations(&mut self, step: &Step, l: usize, after: bool) {
        let Some(layer) = l.checked_sub(1).and_then(|l| step.layers.get(l)) else { return };
        let (n_outputs, n_inputs) = (layer.n_outputs(), layer.n_inputs());
        self.of_weights(n_outputs, n_inputs);
        self.one_of_terms(Cause::MissingPath, n_inputs, 0.0, 0.5);
        self.only_one_of_terms(n_inputs, -0.5);
        self.one_of_terms(Cause::Sign, n_inputs, -1.0, 0.0);
        self.mixed_terms(n_inputs);
        if !after {
            self.add(Cause::UpdatedWeights, Slip::Updated, -1.0, Reach::All);
        }
        if layer.values.bias.is_some() {
            self.add(Cause::MissingBias, Slip::Bias(0.0), 1.5, Reach::Any);
            self.add(Cause::Sign, Slip::Bias(-1.0), 0.0, Reach::Any);
            self.neighbours(Input::Third, 1, n_outputs, -0.5);
        }
    }

    /// The weights of a product read elsewhere.
    fn of_weights(&mut self, rows: usize, columns: usize) {
        if rows == columns && rows > 1 {
            self.add(Cause::Transposed, Slip::Read(Input::First, Place::Swapped), 1.0, Reach::All);
        }
        self.neighbours(Input::First, rows, columns, -0.5);
    }

    fn of_slopes(&mut self, step: &Step, l: usize, likelihood: f64) {
        let activation = l.checked_sub(1).and_then(|l| step.layers.get(l)).map(|layer| layer.activation);
        if activation.is_some_and(|activation| activation != Activation::Softmax) {
            self.add(Cause::DerivativeOfActivation, Slip::SlopeAtActivation, likelihood, Reach::All);
        }
        self.add(Cause::ActivationForDerivative, Slip::ActivationForSlope, likelihood, Reach::All);
    }

    fn of_delta(&mut self, step: &Step, l: usize) {
        self.of_means(step, &Slip::Times, -0.3);
        self.of_slopes(step, l, 0.5);
        self.neighbours(
            Input::Third,
            step.n_rows(),
            l.checked_sub(1).map_or(1, |l| step.layers[l].n_outputs()),
            -0.5,
        );
        let Some(above) = step.layers.get(l) else {
            self.add(Cause::MissingPath, Slip::DiagonalOnly, 0.5, Reach::All);
            return;
        };
        let (n_outputs, n_inputs) = (above.n_outputs(), above.n_inputs());
        self.of_weights(n_outputs, n_inputs);
        self.one_of_terms(Cause::MissingPath, n_outputs, 0.0, 1.0);
        self.only_one_of_terms(n_outputs, 0.3);
        self.one_of_terms(Cause::Sign, n_outputs, -1.0, -0.5);
        self.mixed_terms(n_outputs);
        self.add(Cause::UpdatedWeights, Slip::Updated, 1.0, Reach::All);
    }

    fn of_gradient(&mut self, step: &Step, kind: Kind) {
        self.of_means(step, &Slip::Times, 0.3);
        self.one_of_terms(Cause::MissingPath, step.n_rows(), 0.0, 0.0);
        self.only_one_of_terms(step.n_rows(), -0.5);
        self.one_of_terms(Cause::Sign, step.n_rows(), -1.0, -1.0);
        if step.n_rows() > 1 && matches!(kind, Kind::WeightGradient(_)) {
            self.add(Cause::BatchMean, Slip::MeansFirst, 0.0, Reach::All);
        }
        if matches!(kind, Kind::WeightGradient(_)) {
            self.of_places(Input::Result, 0.5);
        }
        // η in the gradient, where it does not belong yet.
        self.add(Cause::LearningRateTwice, Slip::Times(step.optimizer.learning_rate), -1.0, Reach::All);
    }

    /// Two indices exchanged, or one for both.
    fn of_places(&mut self, input: Input, likelihood: f64) {
        self.add(Cause::SwappedIndex, Slip::Read(input, Place::Swapped), likelihood, Reach::One);
        for place in [Place::RowTwice, Place::ColumnTwice] {
            self.add(Cause::SwappedIndex, Slip::Read(input, place), likelihood - 0.5, Reach::One);
        }
    }

    fn of_update(&mut self, step: &Step, kind: Kind, rows: usize, columns: usize) {
        let rate = step.optimizer.learning_rate;
        self.add(Cause::Sign, Slip::Rate(-rate), 1.5, Reach::Any);
        self.add(Cause::Sign, Slip::Gradient(-1.0), 0.5, Reach::Any);
        if rate != 1.0 {
            self.add(Cause::LearningRateMissing, Slip::Rate(1.0), 1.0, Reach::All);
            self.add(Cause::LearningRateTwice, Slip::Rate(rate * rate), 0.7, Reach::All);
        }
        for times in [Slip::Gradient as fn(f64) -> Slip, Slip::Rate] {
            self.add(Cause::Factor2, times(2.0), -0.3, Reach::Any);
            self.add(Cause::FactorHalf, times(0.5), -0.3, Reach::Any);
        }
        self.of_means(step, &Slip::Gradient, -0.5);
        for power in [-2, -1, 1, 2] {
            self.add(Cause::DecimalPoint, Slip::Gradient(10_f64.powi(power)), -0.7, Reach::Any);
        }
        self.neighbours(Input::Second, rows, columns, 0.0);
        self.neighbours(Input::First, rows, columns, -0.5);
        if matches!(kind, Kind::Weights(_)) {
            self.of_places(Input::Result, -0.5);
            self.of_places(Input::Second, 0.0);
            if rows == columns && rows > 1 {
                self.add(Cause::Transposed, Slip::Read(Input::Second, Place::Swapped), 0.3, Reach::All);
            }
        }
    }
}
