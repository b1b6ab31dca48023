//! From settings to the library's own configurations: the one place that knows both.
//!
//! Everything starts from the library's defaults, and what the settings say replaces them. The settings are complete
//! by then, so the library's defaults show through nowhere; a test holds the two sets of defaults against each other.

use super::Settings;
use super::names::{
    BadRowName, LossName, MissingName, OptimizerName, OutputName, PrecisionName, ScheduleName, TaskName,
};
use super::numbers::{Count, Size};
use super::sections::{DataOptions, OptimizerOptions, ScheduleOptions};
use super::values::{self, ColumnName, List, Part};
use chainrule::data::{ClassWeight, MissingPolicy, OnBadRow, ReadOptions, Standardize, Target, Task};
use chainrule::loss::Loss;
use chainrule::network::parse_activation;
use chainrule::optimizer::schedule::{Schedule, ScheduleKind, Unit};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::{BatchSize, TrainingConfig};
use chainrule::{Error, Result};

/// Puts a value where one is given.
fn set<T>(place: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *place = given;
    }
}

/// A name that the library reads; `auto` and the empty name leave the choice to it.
fn named<T: std::str::FromStr<Err = Error>>(name: Option<&str>) -> Result<Option<T>> {
    match name {
        None | Some("" | "auto") => Ok(None),
        Some(name) => name.parse().map(Some),
    }
}

impl Settings {
    /// How to train.
    pub(crate) fn training_config(&self) -> Result<TrainingConfig> {
        let mut config = TrainingConfig { optimizer: self.optimizer.config()?, ..TrainingConfig::default() };
        self.set_network(&mut config)?;
        self.set_data(&mut config);
        let training = &self.training;
        set(&mut config.batch_size, training.batch_size.map(batch_size));
        set(&mut config.epochs, training.epochs.map(Size::get));
        set(&mut config.patience, training.patience.map(|n| n.get() as usize));
        set(&mut config.tolerance, training.tolerance.map(|x| x.0));
        set(&mut config.target_loss, training.target_loss.map(|x| x.0));
        set(&mut config.max_seconds, training.max_seconds.map(|x| x.0));
        set(&mut config.seed, training.seed.map(Count::get));
        set(&mut config.threads, training.threads.map(|n| n.get() as usize));
        set(&mut config.measures.norms, self.output.log_norms);
        set(&mut config.measures.weights, self.output.log_weights.as_ref().map(|names| names.0.clone()));
        config.validate()?;
        Ok(config)
    }

    fn set_network(&self, config: &mut TrainingConfig) -> Result<()> {
        let network = &self.network;
        set(&mut config.hidden, network.hidden.as_ref().map(|list| list.0.iter().map(|n| n.get()).collect()));
        if let Some(choices) = &network.activation {
            let choices = choices.to_vec();
            let parse = |choice: &values::ActivationChoice| {
                parse_activation(choice.name.as_str(), choice.slope.or(choice.alpha))
            };
            config.activation = choices.iter().map(parse).collect::<Result<_>>()?;
        }
        config.output = match network.output.as_ref().map(OutputName::as_str) {
            None | Some("auto") => None,
            Some(name) => Some(parse_activation(name, None)?),
        };
        config.initializer = named(network.init.as_ref().map(values::InitializerChoice::as_str))?;
        set(&mut config.bias, network.bias);
        set(&mut config.dropout, network.dropout.as_ref().map(|p| p.to_vec().iter().map(|p| p.0).collect()));
        set(&mut config.precision, named(network.precision.as_ref().map(PrecisionName::as_str))?);
        config.loss = named(self.loss.name.as_ref().map(LossName::as_str))?;
        if let (Some(Loss::Huber { delta }), Some(given)) = (&mut config.loss, self.loss.delta) {
            *delta = given.0;
        }
        set(&mut config.label_smoothing, self.loss.label_smoothing.map(|x| x.0));
        Ok(())
    }

    fn set_data(&self, config: &mut TrainingConfig) {
        let data = &self.data;
        config.task = match data.task.as_ref().map(TaskName::as_str) {
            Some("classification") => Some(Task::Classification),
            Some("regression") => Some(Task::Regression),
            _ => None,
        };
        set(&mut config.validation, data.validation.as_ref().map(share));
        set(&mut config.test, data.test.as_ref().map(share));
        set(
            &mut config.standardize,
            data.standardize.map(|yes| if yes { Standardize::Yes } else { Standardize::No }),
        );
        set(&mut config.missing, data.missing.as_ref().map(missing_policy));
        set(&mut config.map_labels, data.map_labels.as_ref().map(|map| map.clone().into_iter().collect()));
        set(&mut config.class_weight, data.class_weight.as_ref().map(class_weight));
    }
}

impl DataOptions {
    /// How to read the data.
    pub(crate) fn read_options(&self) -> ReadOptions {
        let mut options = ReadOptions {
            drop: names(self.drop.as_ref()),
            categorical: names(self.categorical.as_ref()),
            sample_weight: self.sample_weight(),
            delimiter: self.delimiter.and_then(|delimiter| delimiter.0).map(char::from),
            ..ReadOptions::default()
        };
        set(&mut options.header, self.header);
        set(&mut options.missing_values, self.missing_values.as_ref().map(|list| names(Some(list))));
        if let Some(targets) = self.target.as_ref().filter(|targets| !targets.0.is_empty()) {
            options.target = Target::Columns(names(Some(targets)));
        }
        let refused = |missing: &MissingName| missing.as_str() == "error";
        set(
            &mut options.missing,
            self.missing
                .as_ref()
                .map(|m| if refused(m) { MissingPolicy::Error } else { MissingPolicy::Impute }),
        );
        set(&mut options.on_bad_row, self.on_bad_row.as_ref().map(on_bad_row));
        options
    }

    fn sample_weight(&self) -> Option<String> {
        self.sample_weight.as_ref().map(|column| column.0.clone()).filter(|name| !name.is_empty())
    }
}

impl OptimizerOptions {
    fn config(&self) -> Result<OptimizerConfig> {
        let mut config =
            OptimizerConfig { schedule: self.schedule.schedule()?, ..OptimizerConfig::default() };
        set(&mut config.rule, named::<Rule>(self.name.as_ref().map(OptimizerName::as_str))?);
        set(&mut config.learning_rate, self.learning_rate.map(|x| x.0));
        set(&mut config.momentum, self.momentum.map(|x| x.0));
        set(&mut config.beta1, self.beta1.map(|x| x.0));
        set(&mut config.beta2, self.beta2.map(|x| x.0));
        set(&mut config.epsilon, self.epsilon.map(|x| x.0));
        set(&mut config.weight_decay, self.weight_decay.map(|x| x.0));
        set(&mut config.clip_norm, self.clip_norm.map(|x| x.0));
        Ok(config)
    }
}

impl ScheduleOptions {
    fn schedule(&self) -> Result<Schedule> {
        let mut kind: ScheduleKind = named(self.name.as_ref().map(ScheduleName::as_str))?.unwrap_or_default();
        let unit =
            self.unit.as_ref().map(|unit| if unit.as_str() == "steps" { Unit::Steps } else { Unit::Epochs });
        match &mut kind {
            ScheduleKind::Step(step) => {
                set(&mut step.every, self.every.map(|n| n.get() as u64));
                set(&mut step.unit, unit);
                set(&mut step.factor, self.factor.map(|x| x.0));
            }
            ScheduleKind::Exponential(exponential) => {
                set(&mut exponential.unit, unit);
                set(&mut exponential.factor, self.factor.map(|x| x.0));
            }
            ScheduleKind::Cosine(cosine) => set(&mut cosine.minimum, self.minimum.map(|x| x.0)),
            ScheduleKind::OneCycle(cycle) => {
                set(&mut cycle.rise, self.rise.map(|x| x.0));
                set(&mut cycle.initial_divisor, self.initial_divisor.map(|x| x.0));
                set(&mut cycle.final_divisor, self.final_divisor.map(|x| x.0));
            }
            ScheduleKind::InverseScaling(inverse) => set(&mut inverse.power, self.power.map(|x| x.0)),
            ScheduleKind::Adaptive(adaptive) => {
                set(&mut adaptive.divisor, self.divisor.map(|x| x.0));
                set(&mut adaptive.tolerance, self.tolerance.map(|x| x.0));
                set(&mut adaptive.epochs, self.epochs.map(Count::get));
                set(&mut adaptive.minimum, self.minimum.map(|x| x.0));
            }
            _ => {}
        }
        Ok(Schedule { kind, warmup: self.warmup.map_or(0, Count::get) })
    }
}

fn names(list: Option<&List<ColumnName>>) -> Vec<String> {
    list.into_iter().flat_map(|list| &list.0).map(|column| column.0.clone()).collect()
}

fn batch_size(size: values::BatchSize) -> BatchSize {
    match size {
        values::BatchSize::Full => BatchSize::Full,
        values::BatchSize::Rows(rows) => BatchSize::Rows(rows.get()),
    }
}

/// The share of the rows that a split takes; none where it has a file.
fn share(part: &Part) -> f64 {
    match part {
        Part::Fraction(share) => share.0,
        Part::File(_) => 0.0,
    }
}

fn missing_policy(missing: &MissingName) -> MissingPolicy {
    if missing.as_str() == "error" { MissingPolicy::Error } else { MissingPolicy::Impute }
}

pub(crate) fn on_bad_row(bad: &BadRowName) -> OnBadRow {
    if bad.as_str() == "skip" { OnBadRow::Skip } else { OnBadRow::Error }
}

fn class_weight(weight: &values::ClassWeight) -> ClassWeight {
    match weight {
        values::ClassWeight::None => ClassWeight::None,
        values::ClassWeight::Balanced => ClassWeight::Balanced,
        values::ClassWeight::PerLabel(weights) => {
            ClassWeight::PerClass(weights.iter().map(|(label, weight)| (label.clone(), weight.0)).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_the_command_line_are_those_of_the_library() {
        let settings = Settings::defaults();
        let config = settings.training_config().expect("the defaults are valid");
        // "Auto" is 32 rows for everything but L-BFGS; the command line says so.
        let library = TrainingConfig { batch_size: BatchSize::Rows(32), ..TrainingConfig::default() };
        assert_eq!(config, library);
        assert_eq!(settings.data.read_options(), ReadOptions::default());
    }

    #[test]
    fn every_name_of_the_command_line_is_known_to_the_library() {
        use crate::settings::names::ActivationName;
        for name in ActivationName::KNOWN.iter().chain(OutputName::KNOWN).filter(|name| **name != "auto") {
            assert!(parse_activation(name, None).is_ok(), "{name}");
        }
        for name in LossName::KNOWN {
            assert!(named::<Loss>(Some(name)).is_ok(), "{name}");
        }
        for name in OptimizerName::KNOWN {
            assert!(named::<Rule>(Some(name)).is_ok(), "{name}");
        }
        for name in ScheduleName::KNOWN {
            assert!(named::<ScheduleKind>(Some(name)).is_ok(), "{name}");
        }
        for name in PrecisionName::KNOWN {
            assert!(named::<chainrule::training::Precision>(Some(name)).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_parameter_of_a_schedule_reaches_it() {
        let toml = "[optimizer]\nschedule = { name = \"step\", every = 7, unit = \"steps\", factor = 0.5, warmup = 3 }";
        let settings: Settings = toml::from_str(toml).expect("a run file");
        let schedule = settings.complete().training_config().expect("valid").optimizer.schedule;
        let step = chainrule::optimizer::schedule::Step { every: 7, unit: Unit::Steps, factor: 0.5 };
        assert_eq!(schedule, Schedule { kind: ScheduleKind::Step(step), warmup: 3 });
    }
}
