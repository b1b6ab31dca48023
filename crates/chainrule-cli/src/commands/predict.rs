//! `chainrule predict`.

use super::{data, load_model, outputs};
use crate::args::PredictArguments;
use crate::errors::{Failure, code};
use crate::output::{self, files, predictions, predictions::Cell};
use chainrule::data::{Outputs, Target};
use chainrule::model::{Answers, Model, Predictions};

/// Writes one line of CSV per row of the data.
pub(crate) fn run(arguments: &PredictArguments) -> Result<(), Failure> {
    check_output(arguments)?;
    let model = load_model("predict", &arguments.model, arguments.data.as_path())?;
    let options = arguments.table.read_options(Target::None, &model);
    let dataset = data::read(&arguments.data, None, &options)?;
    let predicted = model.predict_with(&arguments.threads.cpu(), &dataset)?;
    output::warn(&predicted.warnings);
    if arguments.proba && predicted.probabilities.is_none() {
        return Err(Failure::usage("--proba: the outputs of this model are no probabilities"));
    }
    let csv = csv(&model, &predicted, arguments.proba)?;
    match &arguments.out {
        Some(path) => files::write(path, &csv),
        None => output::result(&csv),
    }
}

/// Refuses to write over what is read, or over any model.
fn check_output(arguments: &PredictArguments) -> Result<(), Failure> {
    let Some(out) = &arguments.out else { return Ok(()) };
    files::check(out)?;
    let out = outputs::named("--out", out);
    let model = outputs::named("MODEL", &arguments.model);
    let inputs: Vec<_> =
        outputs::input("the data", Some(&arguments.data)).into_iter().chain([model]).collect();
    outputs::check_distinct(&inputs, &[out])?;
    outputs::check_no_model(out)
}

fn csv(model: &Model, predicted: &Predictions, proba: bool) -> Result<Vec<u8>, Failure> {
    let labels = match &model.preprocessing.outputs {
        Outputs::Classes { labels, .. } => &labels.names[..],
        Outputs::Numbers { .. } | Outputs::Flags => &[],
    };
    let targets = &model.preprocessing.targets;
    let probabilities = predicted.probabilities.as_ref().filter(|_| proba);
    let mut header = match &targets[..] {
        [_] => vec!["prediction".to_owned()],
        several => several.iter().map(|name| format!("prediction_{name}")).collect(),
    };
    if probabilities.is_some() {
        let names = if labels.is_empty() { targets } else { labels };
        header.extend(names.iter().map(|name| format!("probability_{name}")));
    }
    let row = |i: usize| {
        let mut cells: Vec<Cell<'_>> = match &predicted.answers {
            Answers::Classes(classes) => vec![Cell::Text(&labels[classes[i] as usize])],
            Answers::Numbers(numbers) => numbers.row(i).iter().map(|&x| Cell::Number(x)).collect(),
            Answers::Flags(flags) => flags.row(i).iter().map(|&flag| Cell::Number(f64::from(flag))).collect(),
        };
        cells.extend(probabilities.iter().flat_map(|p| p.row(i)).map(|&p| Cell::Number(p)));
        cells
    };
    let n_rows = match &predicted.answers {
        Answers::Classes(classes) => classes.len(),
        Answers::Numbers(numbers) => numbers.rows(),
        Answers::Flags(flags) => flags.rows(),
    };
    let mut csv = Vec::new();
    predictions::write(&mut csv, &header, (0..n_rows).map(row))
        .map_err(|error| Failure::new(code::INTERNAL, error.to_string()))?;
    Ok(csv)
}
