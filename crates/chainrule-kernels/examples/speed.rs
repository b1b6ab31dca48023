//! Prints how fast the operations of a step are, with one thread and with two.
//!
//!     cargo run --release -p chainrule-kernels --example speed

use chainrule_kernels::cpu::{Cpu, Isa};
use chainrule_kernels::{Activation, Decay, Float, Matrix, Update};
use std::time::Instant;

fn seconds(mut work: impl FnMut()) -> f64 {
    work();
    let (mut best, mut spent) = (f64::INFINITY, 0.0);
    while spent < 0.05 {
        let start = Instant::now();
        work();
        let one = start.elapsed().as_secs_f64();
        best = best.min(one);
        spent += one;
    }
    best
}

fn some<F: Float>(rows: usize, columns: usize) -> Matrix<F> {
    Matrix::from_fn(rows, columns, |i, j| F::from_f64(((i * 7 + j * 13) % 61) as f64 / 10.0 - 3.0))
}

fn products<F: Float>(cpu: &Cpu, (m, k, n): (usize, usize, usize)) {
    let (x, w, d) = (some::<F>(m, k), some::<F>(n, k), some::<F>(m, n));
    let (mut z, mut a, mut into, mut dw) =
        (Matrix::zeros(m, n), Matrix::zeros(m, n), Matrix::zeros(m, k), Matrix::zeros(n, k));
    let (b, mut db) = (vec![F::ONE; n], vec![F::ZERO; n]);
    let relu = Activation::Relu;
    let forward = seconds(|| cpu.affine(relu, x.view(), w.view(), Some(&b), z.view_mut(), a.view_mut()));
    let back = seconds(|| cpu.input_gradient(relu, d.view(), w.view(), x.view(), x.view(), into.view_mut()));
    let weights = seconds(|| cpu.weight_gradient(d.view(), x.view(), dw.view_mut(), Some(&mut db)));
    let work = 2.0 * (m * k * n) as f64 / 1e9;
    let [forward, back, weights] = [forward, back, weights].map(|time| work / time);
    println!(
        "  {} {m:4} × {k:4} × {n:4}: affine {forward:4.0}, input {back:4.0}, weight {weights:4.0} GFLOP/s",
        F::NAME
    );
}

fn passes<F: Float>(cpu: &Cpu) {
    let (z, mut a, mut d) = (some::<F>(64, 128), Matrix::zeros(64, 128), some::<F>(64, 128));
    let n = z.values().len() as f64;
    let functions = [
        Activation::Relu,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Elu { alpha: 1.0 },
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Mish,
        Activation::Softplus,
        Activation::Softmax,
    ];
    for function in functions {
        let forward = seconds(|| cpu.activate(function, z.view(), a.view_mut())) * 1e9 / n;
        let back = seconds(|| cpu.activate_backward(function, z.view(), a.view(), d.view_mut())) * 1e9 / n;
        println!("  {function:?}: {forward:.2} and {back:.2} ns per entry");
    }
    let mut ten = Matrix::<F>::zeros(64, 10);
    let time = seconds(|| cpu.activate(Activation::Softmax, z.view().column_range(0..10), ten.view_mut()));
    println!("  softmax of 64 × 10: {:.2} ns per entry", time * 1e9 / 640.0);
    let dropout = seconds(|| cpu.dropout(3, 0.5, d.view_mut())) * 1e9 / n;
    println!("  dropout {dropout:.2} ns per entry");
}

fn updates(cpu: &Cpu, n: usize) {
    let (mut w, g, mut first, mut second) = (vec![0.5_f32; n], vec![0.1; n], vec![0.0; n], vec![0.0; n]);
    let momentum = Update::Momentum { rate: 0.0, momentum: 0.9 };
    let (beta1, beta2, correction1, correction2) = (0.9, 0.999, 0.1, 0.001);
    let adam = Update::Adam { rate: 0.0, beta1, beta2, epsilon: 1e-8, correction1, correction2 };
    for (name, rule) in [("momentum", momentum), ("adam", adam)] {
        let time = seconds(|| cpu.update(rule, Decay::default(), &mut w, &g, &mut first, &mut second));
        println!("  {name} of {n}: {:.3} ns per parameter", time * 1e9 / n as f64);
    }
    let squares = seconds(|| assert!(cpu.sum_of_squares(&g) > 0.0)) * 1e9 / n as f64;
    let finite = seconds(|| assert!(cpu.all_finite(&g))) * 1e9 / n as f64;
    println!("  sum of squares {squares:.3}, all finite {finite:.3} ns per parameter");
}

fn main() {
    for threads in [1, 2] {
        let cpu = Cpu::new(threads);
        println!("{threads} threads");
        let shapes = [
            (32, 4, 16),
            (32, 64, 64),
            (32, 64, 10),
            (64, 784, 128),
            (64, 128, 10),
            (256, 784, 512),
            (256, 512, 512),
            (256, 512, 10),
            (1024, 2048, 2048),
        ];
        for shape in shapes {
            products::<f32>(&cpu, shape);
            products::<f64>(&cpu, shape);
        }
        updates(&cpu, 100_000);
        updates(&cpu, 1_000_000);
    }
    for &isa in Isa::available() {
        println!("{}, one thread, f32 then f64", isa.name());
        passes::<f32>(&Cpu::with_isa(1, isa));
        passes::<f64>(&Cpu::with_isa(1, isa));
    }
}
