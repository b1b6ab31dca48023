//! The fused softmax cross-entropy: agreement with the naive loop, and what may not change a bit of it.

use chainrule_kernels::cpu::{Cpu, Isa};
use chainrule_kernels::{Activation, ClassTargets, Float, Matrix, PaddedMut, reference};
use proptest::prelude::*;
use std::ops::Range;

/// Largest error, in epsilons, of a probability less its target: an exponential, a sum, a quotient. The difference z − max z
/// carries its rounding into the exponent.
const OF_PROBABILITIES: f64 = 16.0;

/// Some rows with the classes they should have.
#[derive(Clone, Debug)]
struct Case<F> {
    z: Matrix<F>,
    classes: Vec<u32>,
    weights: Option<Vec<F>>,
    /// The sample of each row: there are more samples than rows.
    rows: Vec<u32>,
}

/// δ with its padding, and the losses.
#[derive(Clone, Debug, PartialEq)]
struct Results {
    delta: Vec<u64>,
    losses: Vec<u64>,
}

impl<F: Float> Case<F> {
    fn new(rows: usize, columns: usize, scale: f64, weighted: bool) -> Self {
        let mut state = (rows * 1000 + columns) as u64;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
        };
        let samples = rows + 3;
        Self {
            z: Matrix::from_fn(rows, columns, |_, _| F::from_f64(scale * next())),
            classes: (0..samples).map(|i| ((i * 7) % columns) as u32).collect(),
            weights: weighted.then(|| (0..samples).map(|i| F::from_f64(i as f64 / 4.0)).collect()),
            rows: (0..rows as u32).rev().map(|row| row + 2).collect(),
        }
    }

    fn targets(&self, rows: Range<usize>) -> ClassTargets<'_, F> {
        ClassTargets { classes: &self.classes, weights: self.weights.as_deref(), rows: &self.rows[rows] }
    }

    /// Z in rows `padding` longer, the padding NaN.
    fn padded(&self, padding: usize) -> Matrix<F> {
        let (rows, columns) = (self.z.rows(), self.z.columns());
        Matrix::from_fn(rows, columns + padding, |i, j| {
            if j < columns { self.z.row(i)[j] } else { F::from_f64(f64::NAN) }
        })
    }

    /// δ and losses by the naive loop.
    fn naive(&self) -> (Matrix<F>, Vec<f64>) {
        let (rows, columns) = (self.z.rows(), self.z.columns());
        let (mut delta, mut losses) = (Matrix::zeros(rows, columns), vec![0.0; rows]);
        let view = PaddedMut::from(delta.view_mut());
        reference::softmax_cross_entropy(self.z.view(), self.targets(0..rows), 3.0, view, &mut losses);
        (delta, losses)
    }

    /// The bits of δ without padding and of the losses, computed in calls of `part` rows.
    fn bits(&self, isa: Isa, padding: usize, part: usize) -> Results {
        let (rows, columns) = (self.z.rows(), self.z.columns());
        let (z, stride) = (self.padded(padding), columns + padding);
        let z = z.view().column_range(0..columns);
        let (mut delta, mut losses) = (vec![F::from_f64(f64::NAN); rows * stride], vec![f64::NAN; rows]);
        let mut alone = losses.clone();
        for start in (0..rows).step_by(part.max(1)) {
            let range = start..rows.min(start + part);
            let (z, targets) = (z.row_range(range.clone()), self.targets(range.clone()));
            let view = PaddedMut::new(&mut delta, rows, columns, stride).row_range(range.clone());
            isa.softmax_cross_entropy(z, targets, 3.0, view, &mut losses[range.clone()]);
            isa.class_losses(z, targets, &mut alone[range]);
        }
        let bits = |x: &f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
        assert_eq!(losses.iter().map(bits).collect::<Vec<_>>(), alone.iter().map(bits).collect::<Vec<_>>());
        let mut entries = Vec::new();
        for row in delta.chunks(stride.max(1)) {
            assert!(row[columns..].iter().all(|&x| x == F::ZERO), "the padding of δ is not 0");
            entries.extend(row[..columns].iter().map(|x| bits(&x.to_f64())));
        }
        Results { delta: entries, losses: losses.iter().map(bits).collect() }
    }
}

/// Agreement with the naive loop, and equal bits whatever the instruction set, the padding and the parts.
fn check<F: Float>(case: &Case<F>) {
    let first = case.bits(Isa::available()[0], 0, usize::MAX / 2);
    for &isa in Isa::available() {
        for padding in [0, 1, 2, 5, 13] {
            for part in [1, 2, 3, 4, 7, 16, 21, usize::MAX / 2] {
                let what = format!("{} on {}, padding {padding}, parts of {part}", F::NAME, isa.name());
                assert_eq!(case.bits(isa, padding, part), first, "{what}");
            }
        }
    }
    let (delta, losses) = case.naive();
    let largest_factor = case.weights.as_ref().map_or(1.0, |w| w.iter().fold(1.0, |m, w| w.to_f64().max(m)));
    let epsilon = F::EPSILON.to_f64() * largest_factor;
    let scale = case.z.values().iter().fold(1.0, |m, z| z.to_f64().abs().max(m)).min(200.0);
    for (&got, &right) in first.delta.iter().zip(delta.values()) {
        let (got, right) = (f64::from_bits(got), right.to_f64());
        let close = (got - right).abs() <= OF_PROBABILITIES * epsilon || (got.is_nan() && right.is_nan());
        assert!(close, "{}: δ {got:?}, not {right:?}", F::NAME);
    }
    for (&got, &right) in first.losses.iter().zip(&losses) {
        let got = f64::from_bits(got);
        let close = got == right
            || (got.is_nan() && right.is_nan())
            || (got - right).abs() <= 4.0 * epsilon * (right.abs() + scale);
        assert!(close, "{}: loss {got:?}, not {right:?}", F::NAME);
    }
}

/// Shapes at the seams: few rows, whole tiles and one more or less, blocks of four columns, rows long enough for themselves.
const SHAPES: [(usize, usize); 17] = [
    (0, 3),
    (1, 1),
    (1, 10),
    (2, 2),
    (3, 3),
    (4, 4),
    (5, 5),
    (15, 3),
    (16, 10),
    (17, 12),
    (32, 10),
    (33, 13),
    (47, 31),
    (18, 32),
    (7, 33),
    (3, 100),
    (2, 1000),
];

#[test]
fn every_shape_gives_the_bits_of_every_other_cut_and_agrees_with_the_naive_loop() {
    for (rows, columns) in SHAPES {
        for scale in [1.0, 30.0] {
            for weighted in [false, true] {
                check(&Case::<f32>::new(rows, columns, scale, weighted));
                check(&Case::<f64>::new(rows, columns, scale, weighted));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_shape_agrees_with_the_naive_loop(
        rows in 0_usize..50, columns in 1_usize..50, exponent in -30_i32..30, weighted: bool,
    ) {
        check(&Case::<f32>::new(rows, columns, 10_f64.powi(exponent), weighted));
        check(&Case::<f64>::new(rows, columns, 10_f64.powi(exponent), weighted));
    }
}

/// A row of each kind among ordinary ones.
fn with_row<F: Float>(columns: usize, row: &[(usize, f64)], class: u32) -> Case<F> {
    let mut case = Case::new(20, columns, 2.0, false);
    for &(j, z) in row {
        case.z.row_mut(9)[j] = F::from_f64(z);
    }
    case.classes[case.rows[9] as usize] = class;
    case
}

#[test]
fn numbers_that_are_not_finite_stay_in_their_row_and_make_its_loss_what_the_formula_says() {
    fn one<F: Float>(columns: usize, row: &[(usize, f64)], class: u32) -> f64 {
        let case = with_row::<F>(columns, row, class);
        check(&case);
        let losses = case.bits(Isa::available()[0], 0, 20).losses;
        assert!(losses.iter().enumerate().all(|(i, &loss)| i == 9 || f64::from_bits(loss).is_finite()));
        f64::from_bits(losses[9])
    }
    let (infinity, nan) = (f64::INFINITY, f64::NAN);
    for columns in [3, 10, 31, 40] {
        for of in [one::<f32>, one::<f64>] {
            assert!(of(columns, &[(1, nan)], 0).is_nan() && of(columns, &[(1, nan)], 1).is_nan());
            assert_eq!(of(columns, &[(1, infinity)], 0), infinity);
            assert!(of(columns, &[(1, infinity)], 1).is_nan());
            assert_eq!(of(columns, &[(1, -infinity)], 1), infinity);
            assert!(of(columns, &[(1, -infinity)], 0).is_finite());
            let all: Vec<(usize, f64)> = (0..columns).map(|j| (j, -infinity)).collect();
            assert!(of(columns, &all, 0).is_nan());
        }
    }
}

#[test]
fn losses_are_finite_for_every_finite_number() {
    fn one<F: Float>(columns: usize, size: f64) {
        let losses =
            with_row::<F>(columns, &[(0, size), (1, -size)], 1).bits(Isa::available()[0], 0, 20).losses;
        assert_eq!(f64::from_bits(losses[9]), 2.0 * F::from_f64(size).to_f64(), "{columns} columns");
        let losses =
            with_row::<F>(columns, &[(0, size), (1, -size)], 0).bits(Isa::available()[0], 0, 20).losses;
        assert_eq!(f64::from_bits(losses[9]), 0.0, "{columns} columns");
    }
    for columns in [3, 10, 31, 40] {
        one::<f32>(columns, 1e30);
        one::<f32>(columns, f64::from(f32::MAX));
        one::<f64>(columns, 1e30);
        one::<f64>(columns, 1e300);
    }
}

#[test]
fn prediction_has_the_probabilities_of_the_derivative() {
    fn check<F: Float>(rows: usize, columns: usize, isa: Isa) {
        let case = Case::<F>::new(rows, columns, 5.0, false);
        let mut a = Matrix::zeros(rows, columns);
        Cpu::with_isa(1, isa).activate(Activation::Softmax, case.z.view(), a.view_mut());
        let mut delta = Matrix::<F>::zeros(rows, columns);
        let view = PaddedMut::from(delta.view_mut());
        isa.softmax_cross_entropy(case.z.view(), case.targets(0..rows), 1.0, view, &mut vec![0.0; rows]);
        for (i, &sample) in case.rows.iter().enumerate() {
            for (k, (&a, &delta)) in a.row(i).iter().zip(delta.row(i)).enumerate() {
                let target = if k == case.classes[sample as usize] as usize { F::ONE } else { F::ZERO };
                assert_eq!(delta, a - target, "row {i} of {rows} × {columns}");
            }
        }
    }
    for &isa in Isa::available() {
        for (rows, columns) in SHAPES {
            check::<f32>(rows, columns, isa);
            check::<f64>(rows, columns, isa);
        }
    }
}

#[test]
#[should_panic(expected = "class 3 of 3")]
fn a_class_without_a_column_is_refused() {
    let case = with_row::<f32>(3, &[], 3);
    case.bits(Isa::available()[0], 0, 20);
}
