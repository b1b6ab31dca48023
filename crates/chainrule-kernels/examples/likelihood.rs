//! Prints how long the loss and its derivative of a batch take, by the fused loop and by a pass for each.
//!
//!     cargo run --release -p chainrule-kernels --example likelihood

use chainrule_kernels::cpu::{Cpu, Isa};
use chainrule_kernels::{Activation, ClassTargets, Float, Matrix, MatrixRef, PaddedMut, reference};
use std::hint::black_box;
use std::time::Instant;

/// The least time of a call in nanoseconds.
fn nanoseconds(mut work: impl FnMut()) -> f64 {
    let (begin, mut best) = (Instant::now(), f64::INFINITY);
    while begin.elapsed().as_secs_f64() < 0.02 {
        let start = Instant::now();
        for _ in 0..100 {
            work();
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e7);
    }
    best
}

/// Softmax by the fast pass, then loss and derivative by row as the losses of the library had them.
fn by_passes<F: Float>(
    cpu: &Cpu,
    z: MatrixRef<'_, F>,
    classes: &[u32],
    a: &mut Matrix<F>,
    delta: &mut Matrix<F>,
) -> f64 {
    cpu.activate(Activation::Softmax, z, a.view_mut());
    let mut loss = 0.0;
    for (i, &class) in classes.iter().enumerate() {
        loss += reference::log_sum_exp(z.row(i)).to_f64() - z.row(i)[class as usize].to_f64();
        let (a, delta) = (a.row(i), delta.row_mut(i));
        delta.fill(F::ZERO);
        delta[class as usize] = F::ONE;
        let factor = F::from_f64(1.0 / classes.len() as f64);
        for (delta, &a) in delta.iter_mut().zip(a) {
            *delta = factor * (a - *delta);
        }
    }
    loss
}

fn measure<F: Float>(isa: Isa, rows: usize, columns: usize) {
    let stride = columns.next_multiple_of(16);
    let wide = Matrix::from_fn(rows, stride, |i, j| F::from_f64(((i * 7 + j * 13) % 61) as f64 / 10.0 - 3.0));
    let z = wide.view().column_range(0..columns);
    let classes: Vec<u32> = (0..rows).map(|i| ((i * 5) % columns) as u32).collect();
    let batch: Vec<u32> = (0..rows as u32).rev().collect();
    let mut padded = vec![F::ZERO; rows * stride];
    let (mut a, mut delta, mut losses) =
        (Matrix::zeros(rows, columns), Matrix::zeros(rows, columns), vec![0.0; rows]);
    let targets = ClassTargets { classes: &classes, weights: None, rows: &batch };
    let fused = nanoseconds(|| {
        let delta = PaddedMut::new(&mut padded, rows, columns, stride);
        isa.softmax_cross_entropy(black_box(z), targets, rows as f64, delta, &mut losses);
        black_box(&mut losses);
    });
    let values = nanoseconds(|| {
        isa.class_losses(black_box(z), targets, &mut losses);
        black_box(&mut losses);
    });
    let cpu = Cpu::with_isa(1, isa);
    let passes = nanoseconds(|| {
        black_box(by_passes(&cpu, black_box(z), &classes, &mut a, &mut delta));
    });
    println!(
        "  {} {rows:4} × {columns:4}: fused {fused:7.0} ns, losses alone {values:7.0} ns, by passes {passes:7.0} ns",
        F::NAME
    );
}

fn main() {
    for &isa in Isa::available() {
        println!("{}", isa.name());
        for (rows, columns) in [(1, 10), (32, 3), (32, 10), (256, 10), (1024, 10), (64, 30), (64, 1000)] {
            measure::<f32>(isa, rows, columns);
            measure::<f64>(isa, rows, columns);
        }
    }
}
