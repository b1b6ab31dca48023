//! How fast training is: whole epochs over random data, beside the peak of the processor.
//!
//! A benchmark is a training without what surrounds one: standard normal inputs and random classes in memory, ReLU
//! hidden layers, softmax cross-entropy, rows in order, whole batches alone. Other programs can be timed on the
//! same work. After an epoch to warm up, every epoch is timed by itself, and the median counts: it leaves out what
//! else the machine did, and keeps what training does in every epoch.
//!
//! Arithmetic is counted as that of the three products alone, with the widths as they are: 2·B·(3S − n₀n₁) per step,
//! S = Σ nₗ₋₁nₗ. There is no gradient of the inputs, hence the last term. Activations, loss and update count
//! for nothing, so the share of the peak says what they cost too.

use super::{Clock, Divergence, MemoryEstimate, Plan, Precision, TrainingConfig};
use crate::data::{Batch, Batches, Columns, Samples, Targets};
use crate::loss::{Loss, Objective};
use crate::network::{LayerConfig, Network, NetworkConfig};
use crate::optimizer::{OptimizerConfig, Rule};
use crate::{Activation, Error, ErrorKind, Float, Matrix, Purpose, Result, Rng};
use chainrule_kernels::cpu::{Cpu, Peak};

/// Epochs that are timed at least, however long they take.
const FEWEST_EPOCHS: usize = 3;
/// Epochs that are timed at most.
const MOST_EPOCHS: usize = 50;

/// What is to be timed.
///
/// ```
/// use chainrule::training::Benchmark;
///
/// let layers = vec![4, 16, 3];
/// let benchmark =
///     Benchmark { layers, batch_size: 32, rows: 100, threads: 1, seconds: 0.0, ..Benchmark::default() };
/// assert_eq!(benchmark.flops_per_step(), 2 * 32 * (3 * (4 * 16 + 16 * 3) - 4 * 16));
/// let speed = benchmark.run()?;
/// assert_eq!((speed.rows, speed.steps, speed.epochs), (96, 3, 3));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Benchmark {
    /// Widths from the inputs to the outputs.
    pub layers: Vec<usize>,
    /// Rows per step.
    pub batch_size: usize,
    /// Rows in memory; what is left over by whole batches is not used.
    pub rows: usize,
    /// Threads, the calling one among them; 0 for as many as the machine offers.
    pub threads: usize,
    /// Width of all numbers.
    pub precision: Precision,
    /// How parameters move.
    pub optimizer: OptimizerConfig,
    /// Decides the data and the initial weights.
    pub seed: u64,
    /// Epochs are timed until so many seconds are over: at least 3 of them, at most 50.
    pub seconds: f64,
    /// The most bytes to take; none for any number.
    pub memory_limit: Option<u64>,
    /// Where the time is read.
    pub clock: Clock,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Rows of an epoch.
    pub rows: usize,
    /// Steps of an epoch.
    pub steps: usize,
    /// Epochs that were timed.
    pub epochs: usize,
    /// Rows trained on per second.
    pub samples_per_second: f64,
    /// Nanoseconds per step.
    pub step_ns: f64,
    /// 10⁹ operations of the products per second.
    pub gflops: f64,
    /// The processor at its best, with as many threads: before and after the epochs, the higher one.
    pub peak: Peak,
    /// Threads, the calling one among them.
    pub threads: usize,
    /// The instruction set of the loops.
    pub isa: &'static str,
}

impl Default for Benchmark {
    /// A perceptron for handwritten digits: 784-128-10 with momentum, 60 000 rows in batches of 64.
    fn default() -> Self {
        Self {
            layers: vec![784, 128, 10],
            batch_size: 64,
            rows: 60_000,
            threads: 0,
            precision: Precision::F32,
            optimizer: OptimizerConfig { rule: Rule::Momentum, ..OptimizerConfig::default() },
            seed: 0,
            seconds: 6.0,
            memory_limit: None,
            clock: Clock::default(),
        }
    }
}

impl Benchmark {
    /// Checks that there is something to time.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for fewer than two widths or one of 0, no rows or more than row numbers reach, a
    /// batch of none or of more than all rows, lbfgs, which has no steps over batches, and what the network or
    /// the optimizer refuses.
    pub fn validate(&self) -> Result<()> {
        let Self { layers, batch_size, rows, .. } = self;
        if layers.len() < 2 {
            let message = format!("expected the widths of at least two layers, found {}", layers.len());
            return Err(Error::configuration(
                message + "\ngive inputs and outputs at least: --layers 784,10",
            ));
        }
        if let Some(place) = layers.iter().position(|&width| width == 0) {
            return Err(Error::configuration(format!(
                "the width of layer {place} is 0, expected at least 1"
            )));
        }
        if *rows == 0 || u32::try_from(*rows).is_err() {
            let most = u32::MAX;
            return Err(Error::configuration(format!("rows must be from 1 to {most}, not {rows}")));
        }
        if !(1..=*rows).contains(batch_size) {
            let message = format!("a batch must have from 1 row to all {rows}, not {batch_size}");
            return Err(Error::configuration(
                message + "\ngive more rows (--rows) or a smaller --batch-size",
            ));
        }
        if self.optimizer.rule == Rule::Lbfgs {
            return Err(Error::configuration(
                "lbfgs takes steps over all rows at once, and has no step over a batch to be timed\n\
                 try another optimizer",
            ));
        }
        self.optimizer.validate()?;
        self.network().validate()
    }

    /// Operations of the three products in one step: 2·B·(3S − n₀n₁). Sizes that no machine can work through saturate.
    pub fn flops_per_step(&self) -> u64 {
        let products = self.layers.windows(2).map(|pair| (pair[0] as u64).saturating_mul(pair[1] as u64));
        // Forward, weights and inputs; the first layer has no gradient of its inputs.
        let passes = std::iter::once(2).chain(std::iter::repeat(3));
        let per_row =
            products.zip(passes).fold(0u64, |sum, (n, passes)| sum.saturating_add(n.saturating_mul(passes)));
        per_row.saturating_mul(2).saturating_mul(self.batch_size as u64)
    }

    /// Times the training, and the processor before and after it.
    ///
    /// # Errors
    /// What [`validate`](Self::validate) refuses, [`ErrorKind::Memory`] for what would not fit, and
    /// [`ErrorKind::Diverged`].
    pub fn run(&self) -> Result<Speed> {
        self.validate()?;
        self.check_memory()?;
        match self.precision {
            Precision::F32 => self.run_in::<f32>(),
            Precision::F64 => self.run_in::<f64>(),
        }
    }

    /// The structure of the network.
    pub fn network(&self) -> NetworkConfig {
        let last = self.layers.len().saturating_sub(2);
        let activation = |l| if l == last { Activation::Softmax } else { Activation::Relu };
        let layers = self.layers.iter().skip(1).enumerate();
        let layers = layers.map(|(l, &width)| LayerConfig::new(width, activation(l))).collect();
        NetworkConfig::new(self.layers.first().copied().unwrap_or(0), layers)
    }

    fn check_memory(&self) -> Result<()> {
        let (precision, optimizer) = (self.precision, self.optimizer);
        let training = TrainingConfig { precision, optimizer, ..TrainingConfig::default() };
        let rows = self.used_rows();
        MemoryEstimate::new(&self.network(), &training, rows, self.batch_size).check(self.memory_limit)
    }

    /// The rows of whole batches.
    fn used_rows(&self) -> usize {
        self.rows - self.rows % self.batch_size
    }

    fn run_in<F: Float>(&self) -> Result<Speed> {
        let samples = self.samples::<F>()?;
        let network = Network::new(&self.network(), self.seed)?;
        let cpu = Cpu::new(self.threads);
        let (isa, threads) = (cpu.isa(), cpu.threads());
        let peak = || Peak::measure::<F>(isa, threads, &self.clock.0);
        let before = peak();
        let objective = Objective::new(Loss::CrossEntropy);
        let plan = Plan::new(network, objective, &self.optimizer, self.batch_size, self.seed, cpu)?;
        let seconds = self.epochs(plan, &samples)?;
        let peak = before.higher(peak());
        let (rows, steps, epochs) = (self.used_rows(), self.used_rows() / self.batch_size, seconds.len());
        let step = median(seconds) / steps as f64;
        Ok(Speed {
            rows,
            steps,
            epochs,
            samples_per_second: self.batch_size as f64 / step,
            step_ns: step * 1e9,
            gflops: self.flops_per_step() as f64 / step / 1e9,
            peak,
            threads,
            isa: isa.name(),
        })
    }

    /// Standard normal inputs, and classes drawn uniformly.
    fn samples<F: Float>(&self) -> Result<Samples<F>> {
        let (rows, n_inputs) = (self.used_rows(), self.layers[0]);
        let (n_classes, n_values) = (self.layers[self.layers.len() - 1], rows.saturating_mul(n_inputs));
        let mut rng = Rng::new(self.seed, Purpose::Synthetic, 0);
        let (mut values, mut classes) = (Vec::new(), Vec::new());
        reserve(&mut values, n_values)?;
        reserve(&mut classes, rows)?;
        values.extend((0..n_values).map(|_| F::from_f64(rng.normal())));
        classes.extend((0..rows).map(|_| rng.below(n_classes as u64) as u32));
        let columns =
            Columns { numeric: Matrix::from_vec(values, rows, n_inputs), codes: Matrix::zeros(rows, 0) };
        Ok(Samples { columns, targets: Targets::Classes(classes), weights: None })
    }

    /// The seconds that each epoch took.
    fn epochs<F: Float>(&self, mut plan: Plan<F>, samples: &Samples<F>) -> Result<Vec<f64>> {
        let (now, batches) = (self.clock.0, Batches::new(samples.n_samples(), self.batch_size));
        let mut timed = Vec::with_capacity(MOST_EPOCHS);
        self.epoch(&mut plan, samples, &batches, 1)?;
        let start = now();
        while timed.len() < FEWEST_EPOCHS || (timed.len() < MOST_EPOCHS && now() - start < self.seconds) {
            let begin = now();
            self.epoch(&mut plan, samples, &batches, timed.len() + 2)?;
            timed.push(now() - begin);
        }
        Ok(timed)
    }

    fn epoch<F: Float>(
        &self,
        plan: &mut Plan<F>,
        samples: &Samples<F>,
        batches: &Batches,
        epoch: usize,
    ) -> Result<()> {
        let mut next = batches.iter().skip(1);
        for (rows, step) in batches.iter().zip(1..) {
            next.by_ref().take(1).for_each(|next| plan.announce(next));
            let done = plan.step(&Batch { samples, rows }, self.optimizer.learning_rate);
            done.map_err(|found| diverged(epoch, step, found))?;
        }
        plan.check_parameters().map_err(|found| diverged(epoch, batches.len(), found))
    }
}

/// The error that a user sees; random data has no extreme values, and the rates are moderate.
fn diverged(epoch: usize, step: usize, found: Divergence) -> Error {
    let message = format!("training diverged in epoch {epoch} at step {step}: {found}");
    Error::new(ErrorKind::Diverged, message).with_source(found)
}

/// The middle one, or the mean of the two in the middle.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let half = numbers.len() / 2;
    if numbers.len() % 2 == 1 { numbers[half] } else { f64::midpoint(numbers[half - 1], numbers[half]) }
}

/// Makes room, or says that there is none.
fn reserve<T>(values: &mut Vec<T>, n: usize) -> Result<()> {
    values.try_reserve_exact(n).map_err(|error| {
        let message = format!("{n} random numbers do not fit in memory\ntry fewer rows (--rows)");
        Error::new(ErrorKind::Memory, message).with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn small() -> Benchmark {
        let layers = vec![4, 8, 3];
        Benchmark { layers, batch_size: 16, rows: 50, threads: 1, seconds: 0.0, ..Benchmark::default() }
    }

    /// Sums by hand: 3S − n₀n₁ is 3·101 632 − 100 352, then 3·1 861 632 − 802 816, then 3·4288 − 128.
    #[test]
    fn arithmetic_is_counted_as_that_of_the_products_alone() {
        let flops = |layers: &[usize], batch_size| {
            Benchmark { layers: layers.to_vec(), batch_size, ..Benchmark::default() }.flops_per_step()
        };
        assert_eq!(flops(&[784, 128, 10], 64), 2 * 64 * 204_544);
        assert_eq!(flops(&[784, 1024, 1024, 10], 128), 2 * 128 * 4_782_080);
        assert_eq!(flops(&[2, 64, 64, 1], 32), 2 * 32 * 12_736);
        assert_eq!(flops(&[5, 3], 1), 2 * 2 * 15);
        assert_eq!(flops(&[usize::MAX, usize::MAX], 1), u64::MAX);
    }

    /// By a clock that moves on by a second whenever it is read, every epoch takes one second. Three epochs are not
    /// asked about; the question before the fourth comes after 7 seconds, the one after it after 10.
    #[test]
    fn the_figures_follow_from_the_seconds_of_an_epoch() {
        static SECONDS: AtomicU32 = AtomicU32::new(0);
        let clock = Clock(|| f64::from(SECONDS.fetch_add(1, Ordering::Relaxed)));
        let speed = Benchmark { seconds: 10.0, clock, ..small() }.run().unwrap();
        assert_eq!((speed.rows, speed.steps, speed.epochs), (48, 3, 4));
        assert!((speed.samples_per_second - 48.0).abs() < 1e-9, "{speed:?}");
        assert!((speed.step_ns - 1e9 / 3.0).abs() < 1e-3, "{speed:?}");
        let expected = 3.0 * small().flops_per_step() as f64 / 1e9;
        assert!((speed.gflops - expected).abs() < 1e-12, "{speed:?}");
        assert!(speed.peak.gflops > 0.0 && speed.peak.nominal_gflops > 0.0, "{speed:?}");
    }

    #[test]
    fn every_rule_and_precision_that_takes_steps_can_be_timed() {
        for rule in Rule::ALL.into_iter().filter(|&rule| rule != Rule::Lbfgs) {
            for precision in [Precision::F32, Precision::F64] {
                let optimizer = OptimizerConfig { rule, ..OptimizerConfig::default() };
                let benchmark = Benchmark { optimizer, precision, clock: Clock(|| 0.0), ..small() };
                assert_eq!(benchmark.run().unwrap().steps, 3, "{rule}, {precision}");
            }
        }
    }

    #[test]
    fn data_is_a_function_of_the_seed() {
        let samples = |seed| Benchmark { seed, ..small() }.samples::<f64>().unwrap();
        assert_eq!(samples(1), samples(1));
        assert_ne!(samples(1), samples(2));
        assert_eq!(samples(1).n_samples(), 48);
        let Targets::Classes(classes) = samples(1).targets else { panic!("targets are classes") };
        assert_eq!(classes.iter().max(), Some(&2));
    }

    #[test]
    fn what_cannot_be_timed_is_refused_with_what_came() {
        let lbfgs = OptimizerConfig { rule: Rule::Lbfgs, ..OptimizerConfig::default() };
        for (benchmark, part) in [
            (Benchmark { layers: vec![], ..small() }, "expected the widths of at least two layers, found 0"),
            (Benchmark { layers: vec![784], ..small() }, "found 1\n"),
            (Benchmark { layers: vec![4, 0, 3], ..small() }, "the width of layer 1 is 0"),
            (Benchmark { rows: 0, ..small() }, "rows must be from 1 to 4294967295, not 0"),
            (Benchmark { rows: 1 << 32, ..small() }, "not 4294967296"),
            (Benchmark { batch_size: 0, ..small() }, "a batch must have from 1 row to all 50, not 0"),
            (Benchmark { batch_size: 51, ..small() }, "not 51\n"),
            (Benchmark { optimizer: lbfgs, ..small() }, "lbfgs"),
            (Benchmark { layers: vec![1 << 40, 1 << 40], ..small() }, "memory can address"),
        ] {
            let error = benchmark.run().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert!(error.message().contains(part), "no '{part}' in '{error}'");
        }
    }

    #[test]
    fn what_would_not_fit_is_refused_before_it_is_made() {
        let benchmark = Benchmark { rows: 4_000_000_000, memory_limit: Some(1 << 30), ..small() };
        assert_eq!(benchmark.run().unwrap_err().kind(), ErrorKind::Memory);
    }

    #[test]
    fn the_median_stands_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 100.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 100.0, 2.0]), 3.0);
    }
}
