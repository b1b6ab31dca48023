//! What the Rust peers share: their arguments, their data, the clock and the one line of JSON that they print.
//!
//! It is no crate but a module that each of them includes by its path, so that a peer is one package of two files and
//! nothing in it can pull this project's own code into the comparison. Time is taken as in `training.py` beside it: whole
//! epochs after one that is not counted, until the seconds are used up and at least `--least` were timed; the median.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

/// Whatever goes wrong in a peer ends it.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Epochs beyond which more say nothing.
const MOST: usize = 1000;
/// Rows predicted one by one between two looks at the clock.
const ROWS_PER_TURN: usize = 64;

/// What is to be timed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task {
    /// Whole epochs of training.
    Train,
    /// Single rows through a network that is there.
    Predict,
}

/// The command line of a peer.
#[derive(Clone, Debug)]
pub struct Work {
    pub task: Task,
    pub layers: Vec<usize>,
    pub batch: usize,
    pub rows: usize,
    pub threads: usize,
    pub seconds: f64,
    pub least: usize,
}

impl Work {
    /// Reads `[train|predict] --layers 784,128,10 --batch-size 64 --rows 60000 --threads 2 --seconds 3 --least 3`.
    ///
    /// # Errors
    /// An option that is unknown, lacks its value or has one that is no number.
    pub fn from_arguments() -> Result<Self> {
        let mut work =
            Self { task: Task::Train, layers: vec![], batch: 1, rows: 1, threads: 1, seconds: 3.0, least: 3 };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word}: a value is missing"));
            match word.as_str() {
                "train" => work.task = Task::Train,
                "predict" => work.task = Task::Predict,
                "--layers" => {
                    work.layers =
                        value()?.split(',').map(str::parse).collect::<std::result::Result<_, _>>()?;
                }
                "--batch-size" => work.batch = value()?.parse()?,
                "--rows" => work.rows = value()?.parse()?,
                "--threads" => work.threads = value()?.parse()?,
                "--seconds" => work.seconds = value()?.parse()?,
                "--least" => work.least = value()?.parse()?,
                _ => return Err(format!("{word}: no such option").into()),
            }
        }
        if work.layers.len() < 2 || work.batch == 0 || work.rows < work.batch {
            return Err("needs --layers with two sizes or more, and --rows of at least --batch-size".into());
        }
        work.rows -= work.rows % work.batch;
        Ok(work)
    }

    /// The numbers of inputs and outputs of every layer.
    pub fn sizes(&self) -> Vec<(usize, usize)> {
        self.layers.windows(2).map(|pair| (pair[0], pair[1])).collect()
    }

    /// Products of forward, weight gradient and input gradient: 2·(3S − n₀n₁) per row.
    fn operations_per_row(&self) -> f64 {
        let sum: usize = self.sizes().iter().map(|(inputs, outputs)| inputs * outputs).sum();
        2.0 * (3 * sum - self.layers[0] * self.layers[1]) as f64
    }
}

/// Random rows, and a random class for each.
pub struct Data {
    pub features: Vec<f32>,
    pub classes: Vec<u32>,
}

impl Data {
    /// Sums of four uniform numbers, shifted and scaled to mean 0 and variance 1: near enough to a normal distribution.
    pub fn random(work: &Work) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut uniform = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1_u64 << 24) as f32
        };
        let n_classes = work.layers[work.layers.len() - 1];
        let mut normal = || (uniform() + uniform() + uniform() + uniform() - 2.0) * 3.0_f32.sqrt();
        let features = (0..work.rows * work.layers[0]).map(|_| normal()).collect();
        let classes = (0..work.rows).map(|i| (i * 7919 % n_classes) as u32).collect();
        Self { features, classes }
    }
}

/// Times `epoch`, which returns the loss of its last batch, and prints the figures.
///
/// # Errors
/// Those of the epoch.
pub fn time_epochs(work: &Work, version: &str, mut epoch: impl FnMut() -> Result<f32>) -> Result<()> {
    let loss_first = epoch()?;
    let (mut times, mut loss_last, start) = (Vec::new(), loss_first, Instant::now());
    while times.len() < work.least || (start.elapsed().as_secs_f64() < work.seconds && times.len() < MOST) {
        let begin = Instant::now();
        loss_last = epoch()?;
        times.push(begin.elapsed().as_secs_f64());
    }
    let seconds = median(&mut times);
    println!(
        "{{\"version\": \"{version}\", \"samples_per_second\": {}, \"step_ns\": {}, \"gflops\": {}, \"epochs\": {}, \
         \"loss_first\": {loss_first}, \"loss_last\": {loss_last}}}",
        work.rows as f64 / seconds,
        seconds / (work.rows / work.batch) as f64 * 1e9,
        work.rows as f64 * work.operations_per_row() / seconds / 1e9,
        times.len(),
    );
    Ok(())
}

/// Times `predict`, which takes the number of a row, and prints the nanoseconds per row.
///
/// # Errors
/// Those of the prediction.
pub fn time_rows(work: &Work, version: &str, mut predict: impl FnMut(usize) -> Result<f32>) -> Result<()> {
    let (mut times, mut next, start) = (Vec::new(), 0, Instant::now());
    while times.len() < 2 * work.least || start.elapsed().as_secs_f64() < work.seconds {
        let begin = Instant::now();
        for _ in 0..ROWS_PER_TURN {
            black_box(predict(next % work.rows)?);
            next += 1;
        }
        times.push(begin.elapsed().as_secs_f64() / ROWS_PER_TURN as f64);
    }
    times.drain(..times.len() / 4); // while it warms up
    println!("{{\"version\": \"{version}\", \"row_ns\": {}}}", median(&mut times) * 1e9);
    Ok(())
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len() % 2 == 1 { times[middle] } else { (times[middle - 1] + times[middle]) / 2.0 }
}
