//! How long one row takes from numbers in memory to an answer, with a model that is there.
//!
//! For services that answer requests one by one, where what is set up per call counts more than the products. `benchsuite/`
//! runs it beside the same question to other programs. All that depends on how a row is asked for is in [`Asked`], so that
//! a quicker way into the library changes this file there and nowhere else.
//!
//! ```text
//! cargo run --release -p chainrule --example single_row -- --layers 784,128,10 --seconds 3
//! {"row_ns": …}
//! ```
#![forbid(unsafe_code)]

use chainrule::data::{Column, Dataset, Lines, Numbers, Task, Value, Values};
use chainrule::model::{Model, Predictor};
use chainrule::training::{Trainer, TrainingConfig};
use chainrule::{Cpu, Purpose, Rng};
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Rows that the model is trained on, and that are then asked for.
const ROWS: usize = 256;
/// Rows between two looks at the clock.
const ROWS_PER_TURN: usize = 16;

/// What is to be timed.
struct Work {
    layers: Vec<usize>,
    seconds: f64,
}

impl Work {
    fn from_arguments() -> Result<Self> {
        let mut work = Self { layers: vec![784, 128, 10], seconds: 3.0 };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let value = words.next().ok_or(format!("{word}: a value is missing"))?;
            match word.as_str() {
                "--layers" => {
                    work.layers = value.split(',').map(str::parse).collect::<std::result::Result<_, _>>()?;
                }
                "--seconds" => work.seconds = value.parse()?,
                _ => return Err(format!("{word}: no such option").into()),
            }
        }
        if work.layers.len() < 2 { Err("--layers: at least two sizes".into()) } else { Ok(work) }
    }

    /// A table of random numbers, and a class for each row.
    fn table(&self) -> Dataset {
        let mut rng = Rng::new(0, Purpose::Synthetic, 0);
        let mut numbers = || (0..ROWS).map(|_| rng.uniform(-1.0, 1.0) as f32).collect();
        let features = (0..self.layers[0]).map(|j| column(j, numbers())).collect();
        let n_classes = self.layers[self.layers.len() - 1];
        let classes = Numbers::F64((0..ROWS).map(|i| (i % n_classes) as f64).collect());
        let targets = vec![Column { name: "class".into(), values: Values::Numbers(classes) }];
        dataset(features, targets, ROWS)
    }

    fn model(&self, table: &Dataset) -> Result<Model> {
        let config = TrainingConfig {
            task: Some(Task::Classification),
            hidden: self.layers[1..self.layers.len() - 1].to_vec(),
            epochs: 1,
            validation: 0.0,
            threads: 1,
            ..TrainingConfig::default()
        };
        Ok(Trainer::new(config).fit(table)?)
    }
}

fn column(j: usize, values: Vec<f32>) -> Column {
    Column { name: format!("column {j}"), values: Values::Numbers(Numbers::F32(values)) }
}

fn dataset(features: Vec<Column>, targets: Vec<Column>, n_rows: usize) -> Dataset {
    let (ignored, warnings, lines) = (Vec::new(), Vec::new(), Lines::default());
    let source = "memory".into();
    Dataset { source, features, targets, sample_weight: None, ignored, lines, n_rows, warnings }
}

/// A model made ready, and memory for the row that it is asked for.
struct Asked<'a> {
    predictor: Predictor<'a>,
    row: Vec<Value<'static>>,
}

impl<'a> Asked<'a> {
    fn new(model: &'a Model, cpu: &'a Cpu, n_features: usize) -> Self {
        Self { predictor: model.predictor(cpu), row: vec![Value::Missing; n_features] }
    }

    /// The probability of the likeliest class.
    fn answer(&mut self, numbers: &[f32]) -> Result<f64> {
        for (value, &number) in self.row.iter_mut().zip(numbers) {
            *value = Value::Number(f64::from(number));
        }
        let said = self.predictor.predict_row(&self.row)?;
        let probabilities = said.probabilities.ok_or("a classifier gives probabilities")?;
        Ok(probabilities.iter().copied().fold(0.0, f64::max))
    }
}

fn main() -> Result<()> {
    let work = Work::from_arguments()?;
    let table = work.table();
    let number = |i: usize, column: &Column| match &column.values {
        Values::Numbers(numbers) => numbers.get(i) as f32,
        Values::Text(_) => 0.0,
    };
    let rows: Vec<Vec<f32>> =
        (0..ROWS).map(|i| table.features.iter().map(|column| number(i, column)).collect()).collect();
    let (model, cpu) = (work.model(&table)?, Cpu::new(1));
    let mut asked = Asked::new(&model, &cpu, work.layers[0]);
    let (mut times, start) = (Vec::new(), Instant::now());
    for rows in rows.chunks_exact(ROWS_PER_TURN).cycle() {
        let begin = Instant::now();
        for row in rows {
            black_box(asked.answer(row)?);
        }
        times.push(begin.elapsed().as_secs_f64() / ROWS_PER_TURN as f64);
        if times.len() >= 8 && start.elapsed().as_secs_f64() > work.seconds {
            break;
        }
    }
    times.drain(..times.len() / 4); // while it warms up
    times.sort_by(f64::total_cmp);
    println!("{{\"row_ns\": {}}}", times[times.len() / 2] * 1e9);
    Ok(())
}
