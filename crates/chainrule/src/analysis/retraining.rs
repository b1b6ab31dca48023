//! A network at several points of its training, for pictures of how it changes.
//!
//! A model file has the weights that a training ended with, and not how they got there. So a network of the same structure is
//! trained anew, in f64, over rows that are given, by a plain rule: what the model says of its training (optimizer, learning
//! rate, weight decay, rows per batch, seed), at a constant learning rate and without validation. What a model file
//! does not say is a default. That is a training like the model's, and not the same one.

use crate::data::{Batch, Batches, Samples};
use crate::loss::Objective;
use crate::network::Network;
use crate::optimizer::{OptimizerConfig, Rule};
use crate::training::Plan;
use crate::{Error, ErrorKind, Result};
use chainrule_kernels::cpu::Cpu;
use std::collections::BTreeMap;

/// How a network is trained anew.
#[derive(Clone, Debug, PartialEq)]
pub struct Retraining {
    /// How parameters move.
    pub optimizer: OptimizerConfig,
    /// Rows per step.
    pub batch_rows: usize,
    /// Decides the order of rows, and the dropout masks; by whoever makes the network, its weights.
    pub seed: u64,
}

impl Retraining {
    /// As a [model](crate::model::Model::training) says that it was trained. `lbfgs` has no batches, and Adam stands in for it.
    pub fn recorded(training: &BTreeMap<String, String>) -> Self {
        let said = |key: &str| training.get(key).map(String::as_str);
        let number = |key: &str| said(key).and_then(|text| text.parse::<f64>().ok());
        let rule = said("optimizer").and_then(|name| name.parse::<Rule>().ok());
        let stepping = rule.filter(|&rule| rule != Rule::Lbfgs);
        let rule = stepping.unwrap_or(Rule::Adam);
        let recorded = number("learning_rate").filter(|rate| *rate > 0.0 && rate.is_finite());
        let learning_rate =
            recorded.filter(|_| stepping.is_some()).unwrap_or_else(|| rule.usual_learning_rate());
        let weight_decay = number("weight_decay").filter(|decay| *decay >= 0.0 && decay.is_finite());
        let weight_decay = weight_decay.unwrap_or(0.0);
        let batch_rows = said("batch_size").and_then(|text| text.parse().ok()).filter(|rows| *rows > 0);
        Self {
            optimizer: OptimizerConfig { rule, learning_rate, weight_decay, ..OptimizerConfig::default() },
            batch_rows: batch_rows.filter(|_| stepping.is_some()).unwrap_or(32),
            seed: said("seed").and_then(|text| text.parse().ok()).unwrap_or(0),
        }
    }

    /// The network after so many epochs, each in the order in which they are given: 0 is the start.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when the epochs do not grow, and what [`Plan::new`] refuses;
    /// [`ErrorKind::Diverged`] when the loss or a parameter stops being finite.
    ///
    /// # Panics
    /// When the samples are not those of the network.
    pub fn networks(
        &self,
        start: Network<f64>,
        objective: &Objective,
        samples: &Samples<f64>,
        epochs: &[usize],
        cpu: Cpu,
    ) -> Result<Vec<Network<f64>>> {
        if epochs.windows(2).any(|pair| pair[0] >= pair[1]) {
            let given: Vec<String> = epochs.iter().map(ToString::to_string).collect();
            let message =
                format!("the epochs {} do not grow; give each once, the first one first", given.join(","));
            return Err(Error::configuration(message));
        }
        let batch_rows = self.batch_rows.min(samples.n_samples()).max(1);
        let mut batches = Batches::new(samples.n_samples(), batch_rows);
        let mut plan = Plan::new(start, *objective, &self.optimizer, batch_rows, self.seed, cpu)?;
        let mut networks = Vec::with_capacity(epochs.len());
        let mut done = 0;
        for &wanted in epochs {
            while done < wanted {
                // As a training does it: epochs count from 1, and one batch of all rows stays in order.
                if batches.len() > 1 {
                    batches.shuffle(self.seed, done as u64 + 1);
                }
                let epoch = || -> Result<(), crate::training::Divergence> {
                    for rows in batches.iter() {
                        plan.step(&Batch { samples, rows }, self.optimizer.learning_rate)?;
                    }
                    plan.check_parameters()
                };
                self.checked(epoch, done + 1)?;
                done += 1;
            }
            networks.push(plan.network().clone());
        }
        Ok(networks)
    }

    fn checked(
        &self,
        epoch: impl FnOnce() -> Result<(), crate::training::Divergence>,
        number: usize,
    ) -> Result<()> {
        epoch().map_err(|divergence| {
            let message = format!(
                "the network that is trained anew diverged in epoch {number}: {divergence} (learning rate {})\n\
                 give epochs before that one",
                self.optimizer.learning_rate
            );
            Error::new(ErrorKind::Diverged, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::synthetic;
    use crate::data::{Standardize, Weighting};
    use crate::training::{Trainer, TrainingConfig};

    fn config() -> TrainingConfig {
        let optimizer = OptimizerConfig { learning_rate: 0.01, ..OptimizerConfig::default() };
        TrainingConfig {
            hidden: vec![3],
            epochs: 3,
            patience: 0,
            tolerance: 0.0,
            validation: 0.0,
            precision: crate::training::Precision::F64,
            standardize: Standardize::No,
            seed: 7,
            threads: 1,
            optimizer,
            ..TrainingConfig::default()
        }
    }

    #[test]
    fn without_validation_and_schedule_it_is_the_training_of_the_model_bit_for_bit() {
        let data = synthetic::generate("moons", 0).expect("a set");
        let model = Trainer::new(config()).fit(&data).expect("a model");
        let (samples, _) =
            model.preprocessing.samples(&data, None, Weighting::Training).expect("its own data");
        let retraining = Retraining::recorded(&model.training);
        assert_eq!((retraining.seed, retraining.optimizer.learning_rate), (7, 0.01));
        let start = Network::new(&model.network.config(), 7).expect("a network");
        let found = retraining
            .networks(start.clone(), &model.objective, &samples, &[0, 1, 3], Cpu::new(1))
            .expect("a training that does not diverge");
        assert_eq!(found[0], start);
        assert_ne!(found[1], start);
        assert_eq!(crate::model::AnyNetwork::F64(found[2].clone()), model.network);
    }

    #[test]
    fn what_a_model_does_not_say_is_a_default_and_lbfgs_becomes_adam() {
        let told = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            Retraining::recorded(&pairs.collect())
        };
        let nothing = told(&[]);
        assert_eq!(
            (nothing.optimizer, nothing.batch_rows, nothing.seed),
            (OptimizerConfig::default(), 32, 0)
        );
        let lbfgs = told(&[("optimizer", "lbfgs"), ("learning_rate", "1"), ("batch_size", "700")]);
        assert_eq!((lbfgs.optimizer, lbfgs.batch_rows), (OptimizerConfig::default(), 32));
        let odd = told(&[("learning_rate", "NaN"), ("weight_decay", "-1"), ("batch_size", "0")]);
        assert_eq!((odd.optimizer, odd.batch_rows), (OptimizerConfig::default(), 32));
    }

    #[test]
    fn epochs_that_do_not_grow_and_a_training_that_diverges_are_refused() {
        let data = synthetic::generate("moons", 0).expect("a set");
        let model = Trainer::new(config()).fit(&data).expect("a model");
        let (samples, _) =
            model.preprocessing.samples(&data, None, Weighting::Training).expect("its own data");
        let start = || Network::new(&model.network.config(), 7).expect("a network");
        let mut retraining = Retraining::recorded(&model.training);
        let run = |retraining: &Retraining, epochs: &[usize]| {
            retraining.networks(start(), &model.objective, &samples, epochs, Cpu::new(1))
        };
        assert_eq!(run(&retraining, &[1, 1]).expect_err("twice").kind(), ErrorKind::Configuration);
        assert!(run(&retraining, &[]).expect("nothing asked").is_empty());
        retraining.optimizer.rule = Rule::Sgd;
        retraining.optimizer.learning_rate = 1e300;
        assert_eq!(run(&retraining, &[9]).expect_err("too far").kind(), ErrorKind::Diverged);
    }
}
