//! A step of a trained model on real rows, as it would go on training.
//!
//! The inputs and targets are what the network sees: standardised numbers, categories as columns of 0 and 1, classes as
//! rows of 0 and 1 with the label smoothing of the training. Everything is widened to f64, the parameters of an f32 model
//! exactly; its preprocessing is done anew in f64. Dropout is left out, as a prediction leaves it out: the masks of a
//! step that never was cannot be known.
//!
//! A model file keeps the rule, its learning rate and weight decay, and nothing that the optimizer remembered. The step
//! is therefore the first of a new training: all memory is 0. What had to be assumed is said in [`TrainedStep::notes`].

mod engine;

use chainrule::data::{Dataset, FeatureKind, Outputs, Preprocessing, Samples, Targets, Weighting};
use chainrule::loss::{Loss, Objective};
use chainrule::model::{AnyNetwork, Model};
use chainrule::network::Network;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::{Cpu, Error, Float, Matrix, Result};

use crate::derivation::{Block, Section, Span};
use crate::step::{Layer, State, Step};
use engine::layer_values;

pub use engine::EngineValues;

/// A step of a trained model, with the names that its numbers have in the data.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedStep {
    /// The step.
    pub step: Step,
    /// The name of each input: `age`, `age missing`, `city = Bern`.
    pub inputs: Vec<String>,
    /// The name of each output: a class, or a target column.
    pub outputs: Vec<String>,
    /// What the reader should know: what was assumed of the optimizer, categories that training did not see.
    pub notes: Vec<String>,
    /// The rows of the data, from 0.
    pub rows: Vec<u32>,
}

/// So many inputs or outputs, and so many rows, have their numbers in a [section](TrainedStep::section).
const LISTED: (usize, usize) = (20, 5);

/// The step that a model would take on some rows of a table, which count from 0 here.
///
/// # Errors
/// [`Data`](chainrule::ErrorKind::Data) for rows that the table does not have and for what the model's preprocessing
/// refuses in them, targets included; [`Configuration`](chainrule::ErrorKind::Configuration) for no rows at all, and for
/// rows that all have weight 0.
pub fn step_of(model: &Model, dataset: &Dataset, rows: &[u32]) -> Result<Step> {
    trained_step(model, dataset, rows).map(|trained| trained.step)
}

/// [`step_of`] with the names of inputs and outputs, and with what was assumed.
///
/// # Errors
/// As there.
pub fn trained_step(model: &Model, dataset: &Dataset, rows: &[u32]) -> Result<TrainedStep> {
    let (samples, mut notes) = samples::<f64>(model, dataset, rows)?;
    let network = widened(&model.network)?;
    let pass = network.forward(&Cpu::new(1), &samples.columns);
    let (optimizer, assumed) = optimizer(model);
    notes.extend(assumed);
    if network.layers().any(|dense| dense.dropout > 0.0) {
        notes.push("dropout is left out, as in a prediction".into());
    }
    let parameters = layer_values(&network, &network.parameters);
    let layers = network.layers().zip(parameters);
    let step = Step {
        y: targets(&model.objective, &samples.targets, network.n_outputs()),
        x: pass.input,
        sample_weights: samples.weights,
        layers: layers.map(|(dense, values)| Layer { activation: dense.activation, values }).collect(),
        loss: model.objective.loss,
        optimizer,
        state: State::default(),
    };
    Ok(TrainedStep {
        step: step.checked()?,
        inputs: input_names(&model.preprocessing),
        outputs: output_names(&model.preprocessing, network.n_outputs()),
        notes,
        rows: rows.to_vec(),
    })
}

impl TrainedStep {
    /// What stands before the derivation: the rows as the network sees them, under the names that they have in the data,
    /// and the notes.
    pub fn section(&self) -> Section {
        let notes = self.notes.iter().map(|note| Block::Paragraph(vec![Span::Text(sentence(note))]));
        let mut blocks: Vec<Block> = notes.collect();
        for (what, names, numbers) in
            [("input", &self.inputs, &self.step.x), ("target", &self.outputs, &self.step.y)]
        {
            let listed = numbers.rows().min(LISTED.1);
            let columns =
                self.rows.iter().take(listed).map(|row| format!("data row {}", u64::from(*row) + 1));
            let rows = names.iter().enumerate().take(LISTED.0).map(|(j, name)| {
                (printable(name), (0..listed).map(|n| Some(numbers.row(n)[j])).collect::<Vec<_>>())
            });
            let header = std::iter::once(what.to_owned()).chain(columns).collect();
            blocks.push(Block::Table { header, rows: rows.collect() });
            let left_out = numbers.rows() * numbers.columns() - listed * names.len().min(LISTED.0);
            if left_out > 0 {
                let hint = "--format json has them all".to_owned();
                blocks.push(Block::Omitted { what: format!("{what}s"), count: left_out, hint });
            }
        }
        Section { id: "data".into(), title: "The data, as the network sees it".into(), blocks }
    }
}

/// A message as a sentence of a text.
fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    printable(&format!("{first}{}.", letters.as_str().replace('\n', "; ")))
}

/// A name from a file without what would steer a terminal.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// What the engine in f32 computes for the same step; none of a model that is f64 itself.
///
/// # Errors
/// As for [`step_of`].
pub fn engine_f32(
    model: &Model,
    dataset: &Dataset,
    rows: &[u32],
    optimizer: &OptimizerConfig,
) -> Result<Option<EngineValues>> {
    let AnyNetwork::F32(network) = &model.network else { return Ok(None) };
    let (samples, _) = samples::<f32>(model, dataset, rows)?;
    EngineValues::new(network, &model.objective, &samples, optimizer).map(Some)
}

/// The network of a model in f64; every f32 is one.
///
/// # Errors
/// None for a model that was loaded or trained; else what [`Network::from_parameters`] refuses.
pub fn widened(network: &AnyNetwork) -> Result<Network<f64>> {
    match network {
        AnyNetwork::F64(network) => Ok(network.clone()),
        AnyNetwork::F32(network) => {
            let values = network.parameters.values.iter().map(|&value| f64::from(value));
            Network::from_parameters(&network.config(), values.collect())
        }
    }
}

/// The chosen rows as the model's training would take them.
fn samples<F: Float>(model: &Model, dataset: &Dataset, rows: &[u32]) -> Result<(Samples<F>, Vec<String>)> {
    if rows.is_empty() {
        return Err(Error::configuration("a step needs at least one row of the data"));
    }
    if let Some(row) = rows.iter().find(|&&row| row as usize >= dataset.n_rows) {
        let message = format!(
            "there is no data row {}: the rows are numbered from 1 to {}",
            u64::from(*row) + 1,
            dataset.n_rows
        );
        return Err(Error::data(message).in_file(&dataset.source));
    }
    let (samples, warnings) = model.preprocessing.samples(dataset, Some(rows), Weighting::Training)?;
    Ok((samples, warnings))
}

/// Targets as the loss sees them: numbers, or one column per class, smoothed.
fn targets(objective: &Objective, targets: &Targets<f64>, n_outputs: usize) -> Matrix<f64> {
    let smoothing = objective.label_smoothing;
    let share = if objective.loss == Loss::CrossEntropy { n_outputs as f64 } else { 2.0 };
    Matrix::from_fn(targets.n_samples(), n_outputs, |row, k| {
        let y = match targets {
            Targets::Values(values) => values.row(row)[k],
            Targets::Classes(classes) if n_outputs == 1 => f64::from(classes[row]),
            Targets::Classes(classes) => f64::from(u8::from(classes[row] as usize == k)),
        };
        if smoothing > 0.0 { y.mul_add(1.0 - smoothing, smoothing / share) } else { y }
    })
}

/// The optimizer of the training, as far as the model file knows it, and what was assumed.
fn optimizer(model: &Model) -> (OptimizerConfig, Vec<String>) {
    let said = |key: &str| model.training.get(key).map(String::as_str);
    let number = |key: &str| said(key).and_then(|text| text.parse::<f64>().ok()).filter(|x| x.is_finite());
    let mut notes = Vec::new();
    let rule = said("optimizer").and_then(|name| name.parse::<Rule>().ok());
    let stepping = rule.filter(|&rule| rule != Rule::Lbfgs);
    let Some(rule) = stepping else {
        let rate = Rule::Sgd.usual_learning_rate();
        notes.push(match rule {
            Some(_) => format!("the model was trained by lbfgs, which has no single step to explain: this is one of sgd with learning rate {rate}"),
            None => format!("the model does not say how it was trained: this is a step of sgd with learning rate {rate}"),
        });
        let config = OptimizerConfig { rule: Rule::Sgd, learning_rate: rate, ..OptimizerConfig::default() };
        return (config, notes);
    };
    let rate = number("learning_rate").filter(|&rate| rate > 0.0);
    let learning_rate = rate.unwrap_or_else(|| rule.usual_learning_rate());
    let weight_decay = number("weight_decay").filter(|&decay| decay >= 0.0).unwrap_or(0.0);
    match said("schedule").filter(|&schedule| schedule != "constant") {
        Some(schedule) if rate.is_some() => {
            notes
                .push(format!("the learning rate is {learning_rate}, that before the schedule '{schedule}'"));
        }
        _ if rate.is_none() => {
            notes.push(format!("the model does not say its learning rate: {learning_rate} is taken"));
        }
        _ => {}
    }
    if rule != Rule::Sgd {
        notes.push(format!(
            "the step is the first of {rule}, whose memory is 0: a model file keeps no memory, and its other \
             numbers are their defaults"
        ));
    }
    (OptimizerConfig { rule, learning_rate, weight_decay, ..OptimizerConfig::default() }, notes)
}

/// The inputs of the first dense layer: numbers, indicators of missing numbers, categories.
pub fn input_names(preprocessing: &Preprocessing) -> Vec<String> {
    let (mut values, mut indicators, mut categories) = (Vec::new(), Vec::new(), Vec::new());
    for feature in &preprocessing.features {
        let name = &feature.name;
        match &feature.kind {
            FeatureKind::Numeric { missing_in_training, .. } => {
                values.push(name.clone());
                indicators.extend(missing_in_training.then(|| format!("{name} missing")));
            }
            FeatureKind::Categorical { vocabulary, missing_in_training } => {
                categories.extend(vocabulary.iter().map(|category| format!("{name} = {category}")));
                categories.extend(missing_in_training.then(|| format!("{name} missing")));
            }
        }
    }
    [values, indicators, categories].concat()
}

/// Classes or targets; the single output of two classes is that of the second.
pub fn output_names(preprocessing: &Preprocessing, n_outputs: usize) -> Vec<String> {
    match &preprocessing.outputs {
        Outputs::Classes { labels, .. } if n_outputs == labels.names.len() => labels.names.clone(),
        Outputs::Classes { labels, .. } => labels.names.iter().skip(1).take(n_outputs).cloned().collect(),
        Outputs::Numbers { .. } | Outputs::Flags => preprocessing.targets.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trace;
    use chainrule::data::{ClassWeight, ReadOptions, csv};
    use chainrule::training::{Precision, Trainer, TrainingConfig};
    use chainrule::{Activation, ErrorKind};

    const TABLE: &str = "size,colour,kind\n1,red,a\n2,blue,b\n,red,b\n4,green,a\n5,blue,b\n6,red,a\n";

    fn table(text: &str) -> Dataset {
        csv::read(text.as_bytes(), "table.csv", &ReadOptions::default()).expect("a table")
    }

    fn config() -> TrainingConfig {
        TrainingConfig {
            hidden: vec![3],
            activation: vec![Activation::Tanh],
            epochs: 3,
            validation: 0.0,
            patience: 0,
            threads: 1,
            ..TrainingConfig::default()
        }
    }

    fn model(config: TrainingConfig, data: &Dataset) -> Model {
        Trainer::new(config).fit(data).expect("a model")
    }

    #[test]
    fn the_step_sees_what_the_network_sees() {
        let data = table(TABLE);
        let config = TrainingConfig { label_smoothing: 0.1, class_weight: ClassWeight::Balanced, ..config() };
        let trained = trained_step(&model(config, &data), &data, &[2, 3]).expect("a step");
        let names =
            ["size", "size missing", "colour = blue", "colour = green", "colour = red"].map(String::from);
        assert_eq!(trained.inputs, names);
        assert_eq!(trained.outputs, ["a", "b"]);
        let row = |n: usize| trained.step.x.row(n);
        assert_eq!(row(0)[1..], [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(row(1)[1..], [0.0, 0.0, 1.0, 0.0]);
        // What is missing becomes the median of 1, 2, 4, 5, 6, which is what the row below it has.
        assert_eq!(row(0)[0], row(1)[0]);
        let y: Vec<f64> = trained.step.y.values().to_vec();
        for (found, right) in y.iter().zip([0.05, 0.95, 0.95, 0.05]) {
            assert!((found - right).abs() < 1e-15, "{y:?}");
        }
        let loss: f64 = Trace::new(&trained.step).forward.row_losses.iter().sum();
        assert!(loss > 0.0 && loss.is_finite());
    }

    #[test]
    fn the_section_has_every_number_under_its_name_or_says_how_many_it_leaves_out() {
        let data = table(TABLE);
        let model = model(config(), &data);
        let trained = trained_step(&model, &data, &[2, 3]).expect("a step");
        let section = trained.section();
        let tables: Vec<_> = section
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Table { header, rows } => Some((header, rows)),
                _ => None,
            })
            .collect();
        assert_eq!(*tables[0].0, ["input", "data row 3", "data row 4"]);
        assert_eq!(tables[0].1[4], ("colour = red".into(), vec![Some(1.0), Some(0.0)]));
        assert_eq!(tables[1].1[1], ("b".into(), vec![Some(1.0), Some(0.0)]));
        assert!(!section.blocks.iter().any(|block| matches!(block, Block::Omitted { .. })));

        let section = trained_step(&model, &data, &[0, 1, 2, 3, 4, 5]).expect("a step").section();
        let left_out = section.blocks.iter().filter_map(|block| match block {
            Block::Omitted { count, .. } => Some(*count),
            _ => None,
        });
        assert_eq!(left_out.collect::<Vec<_>>(), [5, 2]);
    }

    #[test]
    fn the_engine_computes_the_same_step_to_its_precision() {
        let data = table(TABLE);
        for (precision, tolerance) in [(Precision::F32, 1e-5), (Precision::F64, 1e-12)] {
            let config = TrainingConfig { precision, label_smoothing: 0.2, ..config() };
            let model = model(config, &data);
            let rows = [4, 0, 2];
            let step = step_of(&model, &data, &rows).expect("a step");
            let trace = Trace::new(&step);
            let comparison = match &model.network {
                AnyNetwork::F32(_) => {
                    let values = engine_f32(&model, &data, &rows, &step.optimizer).expect("values");
                    values.expect("an f32 model").compare(&trace)
                }
                AnyNetwork::F64(network) => {
                    assert_eq!(engine_f32(&model, &data, &rows, &step.optimizer).expect("none"), None);
                    let (samples, _) = samples::<f64>(&model, &data, &rows).expect("rows");
                    let values = EngineValues::new(network, &model.objective, &samples, &step.optimizer);
                    values.expect("values").compare(&trace)
                }
            };
            // Z, A and δ of 3 + 2 units and 3 rows, the loss, 5·3 + 3 + 3·2 + 2 gradients and as many parameters.
            assert_eq!(comparison.compared, 3 * (3 * 5) + 1 + 2 * 26);
            assert!(comparison.largest_error < tolerance, "{precision:?}: {}", comparison.largest_error);
            assert!(precision == Precision::F64 || comparison.largest_error > 0.0);
        }
    }

    #[test]
    fn a_wrong_value_of_the_engine_is_seen_by_its_size() {
        let data = table(TABLE);
        let model = model(config(), &data);
        let step = step_of(&model, &data, &[1]).expect("a step");
        let values = engine_f32(&model, &data, &[1], &step.optimizer).expect("values").expect("an f32 model");
        let compared = |change: fn(&mut EngineValues)| {
            let mut values = values.clone();
            change(&mut values);
            values.compare(&Trace::new(&step)).largest_error
        };
        assert!(compared(|_| ()) < 1e-5);
        assert!(compared(|values| values.loss *= 2.0) > 0.9);
        assert!(compared(|values| values.deltas[0].values_mut()[0] = f64::NAN).is_nan());
        assert!(compared(|values| values.parameters[1].weights.values_mut()[0] += 10.0) > 1.0);
    }

    #[test]
    fn the_values_of_the_engine_stand_beside_those_of_the_derivation() {
        let data = table(TABLE);
        let model = model(config(), &data);
        let trained = trained_step(&model, &data, &[1, 2]).expect("a step");
        let values = engine_f32(&model, &data, &[1, 2], &trained.step.optimizer).expect("values");
        let (values, trace) = (values.expect("an f32 model"), Trace::new(&trained.step));
        let blocks = values.section(&trace, &trained.outputs).blocks;
        let [_, Block::Table { rows, .. }, Block::Table { rows: tensors, .. }] = &blocks[..] else {
            panic!("{blocks:?}")
        };
        assert_eq!(rows[0], ("loss".into(), vec![Some(trace.forward.loss), Some(values.loss)]));
        let output = (trace.forward.a[1].row(0)[1], values.a[1].row(0)[1]);
        assert_eq!(rows[2], ("output b".into(), vec![Some(output.0), Some(output.1)]));
        assert!(output.0 != output.1 && (output.0 - output.1).abs() < 1e-6);
        let names: Vec<&str> = tensors.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..4], ["loss", "Z1", "Z2", "A1"]);
        assert_eq!(names.last(), Some(&"b2 after the step"));
        assert_eq!(names.len(), 1 + 3 * 2 + 2 * 4);
    }

    #[test]
    fn regression_targets_are_in_the_units_of_the_loss() {
        let data = table("x,y\n0,10\n1,30\n2,20\n3,40.5\n");
        let model = model(config(), &data);
        let step = step_of(&model, &data, &[1, 3]).expect("a step");
        let Outputs::Numbers { scalers } = &model.preprocessing.outputs else { panic!("a regression") };
        assert_eq!(step.y.values(), [scalers[0].apply(30.0), scalers[0].apply(40.5)]);
        assert_eq!(step.sample_weights, None);
    }

    #[test]
    fn the_optimizer_is_that_of_the_training_and_what_is_assumed_is_said() {
        let data = table(TABLE);
        let mut model = model(config(), &data);
        let of = |model: &Model| {
            let trained = trained_step(model, &data, &[0]).expect("a step");
            (trained.step.optimizer, trained.notes.join("\n"))
        };
        let (adam, notes) = of(&model);
        assert_eq!((adam.rule, adam.learning_rate), (Rule::Adam, 0.001));
        assert!(notes.contains("first of adam"), "{notes}");
        model.training.insert("optimizer".into(), "lbfgs".into());
        let (sgd, notes) = of(&model);
        assert_eq!((sgd.rule, sgd.learning_rate), (Rule::Sgd, 0.1));
        assert!(notes.contains("lbfgs"), "{notes}");
        model.training.insert("optimizer".into(), "sgd".into());
        model.training.insert("learning_rate".into(), "-1".into());
        let (sgd, notes) = of(&model);
        assert_eq!((sgd.rule, sgd.learning_rate), (Rule::Sgd, 0.1));
        assert!(notes.contains("does not say its learning rate"), "{notes}");
        model.training.clear();
        assert!(of(&model).1.contains("does not say how it was trained"));
    }

    #[test]
    fn rows_that_are_not_there_are_refused_by_the_number_that_people_give_them() {
        let data = table(TABLE);
        let model = model(config(), &data);
        let error = step_of(&model, &data, &[0, 6]).expect_err("six rows");
        assert_eq!(error.kind(), ErrorKind::Data);
        assert_eq!(error.to_string(), "table.csv: there is no data row 7: the rows are numbered from 1 to 6");
        let error = step_of(&model, &data, &[]).expect_err("no rows");
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
}
