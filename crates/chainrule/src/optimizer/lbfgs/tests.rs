//! L-BFGS on convex problems whose minima are known, and on objectives that leave the finite numbers.

use super::*;

/// What the minima are found to, in every coordinate.
const TOLERANCE: f64 = 1e-8;

/// Iterates to the end and returns the last outcome and the iterations.
fn minimise(
    x: &mut [f64],
    config: LbfgsConfig,
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> (Outcome, usize) {
    let mut lbfgs = Lbfgs::new(x.len(), config).unwrap();
    let mut loss = f64::INFINITY;
    for iteration in 1..=5000 {
        let outcome = lbfgs.iterate(x, &mut f);
        assert!(
            outcome.loss <= loss + 1e-12 * loss.abs(),
            "iteration {iteration} climbs from {loss}: {outcome:?}"
        );
        loss = outcome.loss;
        if outcome.stop.is_some() {
            return (outcome, iteration);
        }
    }
    panic!("no end after 5000 iterations");
}

/// To the last digit that can be had: only the gradient ends it.
fn precisely(gradient_tolerance: f64) -> LbfgsConfig {
    LbfgsConfig { gradient_tolerance, change_tolerance: 0.0, ..Default::default() }
}

fn assert_near(x: &[f64], expected: &[f64]) {
    for (i, (x, e)) in x.iter().zip(expected).enumerate() {
        assert!((x - e).abs() < TOLERANCE, "coordinate {i}: {x}, expected {e}");
    }
}

#[test]
fn an_ill_conditioned_quadratic_is_minimised() {
    // f = ½(x − c)ᵀA(x − c), A = QDQ with curvatures from 1 to 10⁵ and the reflection Q = 1 − 2vvᵀ/vᵀv.
    // (SciPy's L-BFGS-B takes 2817 iterations to the same gradient.)
    const N: usize = 30;
    let c: Vec<f64> = (0..N).map(|i| (1.3 * i as f64).sin() * 3.0).collect();
    let v: Vec<f64> = (0..N).map(|i| 1.0 + (0.7 * i as f64).cos()).collect();
    let reflect = |x: &mut [f64]| {
        let scale = -2.0 * dot(x, &v) / dot(&v, &v);
        add(x, scale, &v);
    };
    let objective = |x: &[f64], gradient: &mut [f64]| {
        let mut offset = vec![0.0; N];
        subtract(&mut offset, x, &c);
        gradient.copy_from_slice(&offset);
        reflect(gradient);
        for (i, g) in gradient.iter_mut().enumerate() {
            *g *= 10f64.powf(5.0 * i as f64 / (N - 1) as f64);
        }
        reflect(gradient);
        0.5 * dot(gradient, &offset)
    };
    let mut x = vec![0.0; N];
    let (outcome, iterations) = minimise(&mut x, precisely(1e-9), objective);
    assert_eq!(outcome.stop, Some(Stop::Gradient), "{outcome:?} after {iterations}");
    assert!(outcome.loss < 1e-16, "{outcome:?}");
    assert_near(&x, &c);
}

/// 40 rows of three features, a column of ones, and a label, closed-form.
fn rows() -> Vec<([f64; 4], f64)> {
    (0..40)
        .map(|i| {
            let t = f64::from(i);
            let x = [(0.9 * t).sin(), (1.7 * t + 0.5).cos(), (0.3 * t).sin() * 2.0, 1.0];
            let label = if x[0] - 0.5 * x[1] + 0.3 * (5.1 * t).sin() > 0.1 { 1.0 } else { 0.0 };
            (x, label)
        })
        .collect()
}

const RIDGE: f64 = 0.01;

/// Mean logistic loss + ½·RIDGE·‖w‖², with gradient and matrix of second derivatives.
fn logistic(w: &[f64], gradient: &mut [f64], hessian: &mut [[f64; 4]; 4]) -> f64 {
    let rows = rows();
    let mut loss = 0.5 * RIDGE * dot(w, w);
    for (i, g) in gradient.iter_mut().enumerate() {
        *g = RIDGE * w[i];
        hessian[i] = [0.0; 4];
        hessian[i][i] = RIDGE;
    }
    for (x, label) in &rows {
        let z = dot(w, x);
        let p = 1.0 / (1.0 + (-z).exp());
        loss += (z.max(0.0) - label * z + (-z.abs()).exp().ln_1p()) / rows.len() as f64;
        for i in 0..4 {
            gradient[i] += (p - label) * x[i] / rows.len() as f64;
            for j in 0..4 {
                hessian[i][j] += p * (1.0 - p) * x[i] * x[j] / rows.len() as f64;
            }
        }
    }
    loss
}

/// Solves a·x = b for a positive definite a, by elimination.
fn solve(mut a: [[f64; 4]; 4], mut b: [f64; 4]) -> [f64; 4] {
    for k in 0..4 {
        for i in k + 1..4 {
            let factor = a[i][k] / a[k][k];
            let pivot = a[k];
            for (entry, above) in a[i].iter_mut().zip(&pivot) {
                *entry -= factor * above;
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..4).rev() {
        for j in k + 1..4 {
            b[k] -= a[k][j] * b[j];
        }
        b[k] /= a[k][k];
    }
    b
}

#[test]
fn logistic_regression_reaches_newtons_minimum() {
    let (mut newton, mut gradient, mut hessian) = ([0.0; 4], [0.0; 4], [[0.0; 4]; 4]);
    for _ in 0..30 {
        logistic(&newton, &mut gradient, &mut hessian);
        let step = solve(hessian, gradient);
        add(&mut newton, -1.0, &step);
    }
    logistic(&newton, &mut gradient, &mut hessian);
    assert!(largest(&gradient) < 1e-14 && newton[0].abs() > 1.0, "{newton:?}");

    let mut x = [0.0; 4];
    let objective = |x: &[f64], gradient: &mut [f64]| logistic(x, gradient, &mut [[0.0; 4]; 4]);
    let (outcome, iterations) = minimise(&mut x, precisely(1e-11), objective);
    assert_eq!(outcome.stop, Some(Stop::Gradient), "{outcome:?} after {iterations}");
    assert_near(&x, &newton);
}

#[test]
fn log_sum_exp_of_a_symmetric_bundle_is_minimised_at_its_centre() {
    // f = ln Σⱼ (e^{kⱼ(xⱼ − cⱼ)} + e^{−kⱼ(xⱼ − cⱼ)}), from ln(2n) at c; kⱼ from 1 to 8.
    const N: usize = 12;
    let k: Vec<f64> = (0..N).map(|j| 1.0 + 7.0 * j as f64 / (N - 1) as f64).collect();
    let c: Vec<f64> = (0..N).map(|j| (2.1 * j as f64).cos()).collect();
    let objective = |x: &[f64], gradient: &mut [f64]| {
        let exponents: Vec<f64> = (0..N).map(|j| k[j] * (x[j] - c[j])).collect();
        let top = largest(&exponents);
        let sum: f64 = exponents.iter().map(|e| (e - top).exp() + (-e - top).exp()).sum();
        for j in 0..N {
            gradient[j] = k[j] * ((exponents[j] - top).exp() - (-exponents[j] - top).exp()) / sum;
        }
        top + sum.ln()
    };
    let mut x = vec![3.0; N];
    let (outcome, iterations) = minimise(&mut x, precisely(1e-10), objective);
    assert_eq!(outcome.stop, Some(Stop::Gradient), "{outcome:?} after {iterations}");
    assert!((outcome.loss - (2.0 * N as f64).ln()).abs() < TOLERANCE, "{outcome:?}");
    assert_near(&x, &c);
}

#[test]
fn the_first_iteration_by_hand() {
    // f = 2x², g = 4x, from x = 1: d = −4, first a = 1/4 leads to x = 0, where the slope is 0: accepted.
    let mut x = [1.0];
    let mut lbfgs = Lbfgs::new(1, LbfgsConfig::default()).unwrap();
    let mut objective = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = 4.0 * x[0];
        2.0 * x[0] * x[0]
    };
    let outcome = lbfgs.iterate(&mut x, &mut objective);
    assert_eq!(x, [0.0]);
    assert_eq!((outcome.loss, outcome.step_length, outcome.evaluations), (0.0, 0.25, 2));
    assert_eq!(lbfgs.state().unwrap().pairs, [Pair { step: vec![-1.0], change: vec![-4.0] }]);
    assert!(outcome.converged());
}

#[test]
fn a_barrier_beyond_which_nothing_is_finite_is_respected() {
    // x − ln x is NaN left of 0; its minimum is 1.
    for start in [1e-3, 0.1, 10.0, 1e4] {
        let mut x = [start];
        let (outcome, _) = minimise(&mut x, precisely(1e-10), |x, gradient| {
            gradient[0] = 1.0 - 1.0 / x[0];
            x[0] - x[0].ln()
        });
        assert!(outcome.converged(), "from {start}: {outcome:?}");
        assert_near(&x, &[1.0]);
    }
}

#[test]
fn a_start_that_is_not_finite_ends_at_once_and_moves_nothing() {
    for (loss, slope) in [(f64::NAN, 1.0), (f64::INFINITY, 1.0), (0.0, f64::NAN)] {
        let mut x = [2.0, 3.0];
        let mut lbfgs = Lbfgs::new(2, LbfgsConfig::default()).unwrap();
        let outcome = lbfgs.iterate(&mut x, &mut |_: &[f64], gradient: &mut [f64]| {
            gradient.copy_from_slice(&[0.0, slope]);
            loss
        });
        assert_eq!((outcome.stop, outcome.step_length), (Some(Stop::NotFinite), 0.0));
        assert_eq!(x, [2.0, 3.0]);
        assert!(!outcome.converged());
    }
}

#[test]
fn a_gradient_that_points_the_wrong_way_is_found_out() {
    let mut x = [1.0];
    let mut lbfgs = Lbfgs::new(1, LbfgsConfig::default()).unwrap();
    let outcome = lbfgs.iterate(&mut x, &mut |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = -2.0 * x[0];
        x[0] * x[0]
    });
    assert_eq!((outcome.stop, outcome.step_length), (Some(Stop::LineSearch), 0.0));
    assert_eq!(x, [1.0]);
}

/// Rosenbrock's valley in two dimensions.
fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
    let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
    gradient[0] = -2.0 * a - 400.0 * x[0] * b;
    gradient[1] = 200.0 * b;
    a * a + 100.0 * b * b
}

#[test]
fn d1_a_state_leads_on_with_the_same_bits_and_as_many_evaluations() {
    let config = LbfgsConfig { history: 3, ..Default::default() };
    let (mut x, mut lbfgs) = ([-1.2, 1.0], Lbfgs::new(2, config).unwrap());
    for _ in 0..7 {
        lbfgs.iterate(&mut x, &mut rosenbrock);
    }
    let state = lbfgs.state().unwrap();
    assert_eq!(state.pairs.len(), 3);
    let (mut resumed, mut restored) = (x, Lbfgs::new(2, config).unwrap());
    restored.restore(&state).unwrap();
    for _ in 0..5 {
        let (one, two) =
            (lbfgs.iterate(&mut x, &mut rosenbrock), restored.iterate(&mut resumed, &mut rosenbrock));
        assert_eq!(one, two);
        assert_eq!(x, resumed);
    }
}

#[test]
fn a_state_of_another_shape_is_refused() {
    let mut lbfgs = Lbfgs::new(2, LbfgsConfig { history: 1, ..Default::default() }).unwrap();
    let pair = |length| Pair { step: vec![1.0; length], change: vec![1.0; length] };
    let state = |length, pairs| LbfgsState {
        position: vec![0.0; length],
        loss: 0.0,
        gradient: vec![0.0; length],
        pairs,
    };
    for (state, expected) in [
        (state(2, vec![pair(3)]), "3 numbers where there are 2 parameters"),
        (state(3, vec![]), "3 numbers where there are 2 parameters"),
        (state(2, vec![pair(2), pair(2)]), "2 pairs, expected at most 1"),
    ] {
        let error = lbfgs.restore(&state).unwrap_err();
        assert!(error.message().contains(expected), "{error}");
    }
    assert_eq!(lbfgs.state(), None);
}

#[test]
fn a_known_point_is_not_evaluated_again_and_a_moved_one_is() {
    let (mut x, mut lbfgs) = ([-1.2, 1.0], Lbfgs::new(2, LbfgsConfig::default()).unwrap());
    let mut asked: Vec<Vec<f64>> = Vec::new();
    let mut recording = |x: &[f64], gradient: &mut [f64]| {
        asked.push(x.to_vec());
        rosenbrock(x, gradient)
    };
    let mut evaluations = lbfgs.iterate(&mut x, &mut recording).evaluations;
    evaluations += lbfgs.iterate(&mut x, &mut recording).evaluations;
    x[0] = 0.5;
    let moved = x.to_vec();
    evaluations += lbfgs.iterate(&mut x, &mut recording).evaluations;
    assert_eq!(asked.len(), evaluations);
    assert_eq!(asked.iter().filter(|at| **at == [-1.2, 1.0]).count(), 1);
    assert_eq!(asked.iter().filter(|at| **at == moved).count(), 1);
}

#[test]
fn a_flat_objective_of_nothing_ends_by_its_gradient() {
    let mut lbfgs = Lbfgs::new(0, LbfgsConfig::default()).unwrap();
    assert_eq!(lbfgs.iterate(&mut [], &mut |_: &[f64], _: &mut [f64]| 1.0).stop, Some(Stop::Gradient));
}

#[test]
fn values_out_of_range_are_refused() {
    for config in [
        LbfgsConfig { history: 0, ..Default::default() },
        LbfgsConfig { gradient_tolerance: -1.0, ..Default::default() },
        LbfgsConfig { change_tolerance: f64::NAN, ..Default::default() },
        LbfgsConfig { sufficient_decrease: 0.5, ..Default::default() },
        LbfgsConfig { curvature: 1e-5, ..Default::default() },
        LbfgsConfig { loss_precision: f64::INFINITY, ..Default::default() },
        LbfgsConfig { evaluations: 0, ..Default::default() },
    ] {
        assert!(Lbfgs::new(1, config).is_err(), "{config:?}");
    }
}
