//! Reading what `train --log` wrote.

use crate::errors::{Failure, code};
use crate::output;
use chainrule_plot::pictures::{Epoch, Run};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// One epoch of a log. What a picture does not need is not read; what is not a finite number was written as `null`.
#[derive(serde::Deserialize)]
struct Line {
    #[serde(default)]
    seed: u64,
    epoch: u64,
    train_loss: Option<f64>,
    #[serde(default)]
    validation_loss: Option<f64>,
    #[serde(default)]
    validation_accuracy: Option<f64>,
    #[serde(default)]
    validation_r2: Option<f64>,
    #[serde(default)]
    learning_rate: Option<f64>,
    #[serde(default)]
    gradient_norms: Vec<Option<f64>>,
    #[serde(default)]
    update_norms: Vec<Option<f64>>,
    #[serde(default)]
    weights: Weights,
}

/// Names and values in the order of the file.
#[derive(Default)]
struct Weights(Vec<(String, Option<f64>)>);

impl<'de> Deserialize<'de> for Weights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Weights;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("weights and their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Weights, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Weights(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl Line {
    fn epoch(self) -> Epoch {
        Epoch {
            epoch: self.epoch,
            train_loss: self.train_loss,
            validation_loss: self.validation_loss,
            validation_accuracy: self.validation_accuracy,
            validation_r2: self.validation_r2,
            learning_rate: self.learning_rate,
            gradient_norms: self.gradient_norms,
            update_norms: self.update_norms,
            weights: self.weights.0,
        }
    }
}

/// The trainings of a log: one, or one per seed.
pub(super) fn read(path: &Path) -> Result<Vec<Run>, Failure> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| Failure::io(format!("read {name}"), &error))?;
    let runs = parse(BufReader::new(file), &name)?;
    let stem = path.file_stem().map_or_else(|| name.clone(), |stem| stem.to_string_lossy().into_owned());
    let several = runs.len() > 1;
    let named = |(seed, epochs): (u64, Vec<Epoch>)| Run {
        name: if several { format!("{stem}, seed {seed}") } else { stem.clone() },
        epochs,
    };
    Ok(runs.into_iter().map(named).collect())
}

/// The seeds with their epochs.
fn parse(reader: impl BufRead, name: &str) -> Result<Vec<(u64, Vec<Epoch>)>, Failure> {
    let mut runs: Vec<(u64, Vec<Epoch>)> = Vec::new();
    let mut lines = (1..).zip(reader.split(b'\n')).peekable();
    while let Some((number, line)) = lines.next() {
        let line: Vec<u8> = line.map_err(|error| Failure::io(format!("read {name}"), &error))?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let line: Line = match serde_json::from_slice(&line) {
            Ok(line) => line,
            // A training that still runs, or was killed, may have written a part of its last line.
            Err(error) if error.is_eof() && lines.peek().is_none() => {
                output::warn(&[format!("{name}: its last line, {number}, is not complete and is left out")]);
                break;
            }
            Err(error) => {
                let message = format!(
                    "{name}, line {number}: expected an epoch as `train --log` writes it, found something else: {error}\n\
                     chainrule train DATA --log LOG.jsonl writes such a file"
                );
                return Err(Failure::new(code::DATA, message));
            }
        };
        match runs.last_mut() {
            Some((seed, epochs)) if *seed == line.seed => epochs.push(line.epoch()),
            _ => runs.push((line.seed, vec![line.epoch()])),
        }
    }
    if runs.is_empty() {
        let message =
            format!("{name}: there is no epoch in it\nthe first one ends the first epoch of a training");
        return Err(Failure::new(code::DATA, message));
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "{\"seed\":3,\"epoch\":1,\"step\":9,\"train_loss\":0.5,\"validation_loss\":0.25,\"learning_rate\":1,\"gradient_norms\":[0.5,null],\"update_norms\":[0.25,0],\"weights\":{\"b[1]\":7,\"a[0]\":null}}\n";

    #[test]
    fn an_epoch_has_the_numbers_that_were_written() {
        let runs = parse(LOG.as_bytes(), "log").expect("a log");
        let expected = Epoch {
            epoch: 1,
            train_loss: Some(0.5),
            validation_loss: Some(0.25),
            learning_rate: Some(1.0),
            gradient_norms: vec![Some(0.5), None],
            update_norms: vec![Some(0.25), Some(0.0)],
            weights: vec![("b[1]".to_owned(), Some(7.0)), ("a[0]".to_owned(), None)],
            ..Epoch::default()
        };
        assert_eq!(runs, [(3, vec![expected])]);
    }

    #[test]
    fn every_seed_is_a_run_and_half_a_last_line_is_left_out() {
        let two = format!("{LOG}{}{}", LOG.replace("\"seed\":3", "\"seed\":4"), &LOG[..20]);
        let runs = parse(two.as_bytes(), "log").expect("a log");
        assert_eq!(
            runs.iter().map(|(seed, epochs)| (*seed, epochs.len())).collect::<Vec<_>>(),
            [(3, 1), (4, 1)]
        );
    }

    #[test]
    fn what_is_no_log_is_refused_with_its_line() {
        let failure = |text: &str| format!("{:?}", parse(text.as_bytes(), "log").expect_err("no log"));
        assert!(failure(&format!("{LOG}a,b\n{LOG}")).contains("line 2"));
        assert!(failure("\n\n").contains("no epoch"));
        assert!(failure("{}\n").contains("epoch"));
    }
}
