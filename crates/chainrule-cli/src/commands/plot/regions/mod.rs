//! `chainrule plot regions`: what a network decides over two of its features, with the data.

mod table;

use super::{Kind, anew, check_output, write};
use crate::args::plot::RegionsArguments;
use crate::commands::{data, load_model};
use crate::errors::{Failure, code};
use crate::output;
use chainrule::data::{Dataset, Outputs, Targets, Task, Weighting};
use chainrule::model::{Answers, AnyNetwork, Model};
use chainrule_plot::pictures::{Moment, PlaneAnswers, RegionsPicture};
use table::Table;

/// Asks the model, and networks on their way to it, at every place of a plane.
pub(crate) fn run(arguments: &RegionsArguments) -> Result<(), Failure> {
    let subject = &arguments.subject;
    check_output(&arguments.picture, Kind::Areas, "what is read", &subject.files())?;
    let mut model = load_model("plot regions", &subject.model, subject.data.as_path())?;
    check_task(&model)?;
    let dataset = data::read_answers(&subject.data, &subject.answers, &mut model)?;
    write(&picture(&model, &dataset, arguments)?.figure(), Kind::Areas, &arguments.picture)
}

fn check_task(model: &Model) -> Result<(), Failure> {
    let n = model.preprocessing.targets.len();
    match model.preprocessing.task() {
        Task::MultiLabel => Err(Failure::usage(
            "this model gives several yes-or-no answers for a row, and a plane can show one\n\
             train a model of one of the targets: chainrule train DATA --target NAME",
        )),
        Task::Regression if n > 1 => Err(Failure::usage(format!(
            "this model predicts {n} numbers for a row, and a plane can show one\n\
             train a model of one of the targets: chainrule train DATA --target NAME"
        ))),
        _ => Ok(()),
    }
}

fn picture(
    model: &Model,
    dataset: &Dataset,
    arguments: &RegionsArguments,
) -> Result<RegionsPicture, Failure> {
    let rows: Vec<u32> = arguments.rows.of(dataset);
    let table = Table::new(model, dataset, &rows, arguments.features.as_ref())?;
    let n = usize::from(arguments.points);
    let grid = [table.places(0, n)?, table.places(1, n)?];
    let plane = table.plane(&grid);
    let mut notes: Vec<String> = table.held().into_iter().collect();
    let mut moments = Vec::new();
    if let Some(epochs) = &arguments.over_training {
        let epochs = anew::epochs(epochs);
        let (samples, warnings) = model.preprocessing.samples(dataset, Some(&rows), Weighting::Training)?;
        output::warn(&warnings);
        let cpu = arguments.subject.threads.cpu();
        let (networks, note) = anew::networks(model, &samples, &epochs, arguments.seed, cpu)?;
        for (epochs, network) in epochs.iter().zip(networks) {
            let then = Model { network: AnyNetwork::F64(network), ..model.clone() };
            moments.push(moment(&then, anew::named(*epochs), &plane, arguments)?);
        }
        notes.push(note);
    }
    let name = if moments.is_empty() { String::new() } else { "the model".to_owned() };
    moments.push(moment(model, name, &plane, arguments)?);
    let classes = match &model.preprocessing.outputs {
        Outputs::Classes { labels, .. } => labels.names.clone(),
        _ => Vec::new(),
    };
    let points = points(model, dataset, &rows, &table, classes.len())?;
    Ok(RegionsPicture { features: table.names(), grid, moments, classes, points, notes })
}

/// What a model says at every place.
fn moment(
    model: &Model,
    name: String,
    plane: &Dataset,
    arguments: &RegionsArguments,
) -> Result<Moment, Failure> {
    let said = model.predict_with(&arguments.subject.threads.cpu(), plane)?;
    let k = model.preprocessing.n_outputs();
    let answers = match (said.answers, said.probabilities) {
        (Answers::Classes(_), Some(shares)) => PlaneAnswers::Classes(
            (0..k).map(|k| (0..shares.rows()).map(|n| shares.row(n)[k]).collect()).collect(),
        ),
        // Outputs that are no probabilities still have a largest one.
        (Answers::Classes(classes), None) => {
            let is =
                |k: usize| classes.iter().map(|class| f64::from(u8::from(*class as usize == k))).collect();
            PlaneAnswers::Classes((0..k).map(is).collect())
        }
        (Answers::Numbers(numbers), _) => {
            PlaneAnswers::Numbers(model.preprocessing.targets[0].clone(), numbers.values().to_vec())
        }
        (Answers::Flags(_), _) => return Err(Failure::new(code::INTERNAL, "several labels came this far")),
    };
    Ok(Moment { name, answers })
}

/// The rows on the plane by class, or all in one.
fn points(
    model: &Model,
    dataset: &Dataset,
    rows: &[u32],
    table: &Table<'_>,
    n_classes: usize,
) -> Result<Vec<Vec<[f64; 2]>>, Failure> {
    let mut points = vec![Vec::new(); n_classes.max(1)];
    let targets: Targets<f64> = model.preprocessing.targets(dataset, Some(rows))?;
    for (n, row) in rows.iter().enumerate() {
        let class = match &targets {
            Targets::Classes(classes) => classes[n] as usize,
            Targets::Values(_) => 0,
        };
        points[class].push(table.point(*row as usize));
    }
    Ok(points)
}
