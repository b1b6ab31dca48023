//! `chainrule train`: gather what is wanted, read the data, train, save, report.
//!
//! Whatever can be refused is refused before the training: a model that nobody can write is worse than none.

mod checkpoints;
mod inputs;
mod measured;
mod page;
mod signals;
mod target;
mod watcher;

use super::{json, outputs};
use crate::args::TrainArguments;
use crate::errors::{Failure, code};
use crate::output::events::EventFolder;
use crate::output::log::Log;
use crate::output::progress::Progress;
use crate::output::report::{Baselines, Report, Rows, Scores, SeedScores};
use crate::output::{self, describe, files, summary};
use crate::settings::values::{FilePath, Part};
use crate::settings::{Settings, run_file};
use chainrule::files::free_memory;
use chainrule::training::{Results, Run, Trainer, TrainingConfig};
use checkpoints::Wanted;
use inputs::Inputs;
use signals::Signals;
use std::path::{Path, PathBuf};
use watcher::Watcher;

/// Trains as the options say.
pub(crate) fn run(arguments: TrainArguments) -> Result<(), Failure> {
    let run_file = arguments.data.clone().filter(is_run_file);
    let settings = gather(arguments.data, arguments.settings)?;
    let config = settings.training_config()?;
    check_measures(&settings)?;
    if arguments.print_config {
        let text = settings.to_toml().map_err(|error| Failure::new(code::INTERNAL, error.to_string()))?;
        return output::result(text.as_bytes());
    }
    let model_file = target::choose(&settings);
    let report_file = settings.output.report.as_ref().and_then(FilePath::given);
    let page_file = settings.output.report_html.as_ref().and_then(FilePath::given);
    let log_file = settings.output.log.as_ref().and_then(FilePath::given);
    check_outputs(&settings, run_file.as_ref(), &model_file)?;
    report_file.map_or(Ok(()), files::check)?;
    page_file.map_or(Ok(()), files::check)?;
    let checkpoints = Wanted::new(&settings, arguments.resume.as_ref(), arguments.force_resume)?;
    let inputs = Inputs::open(&settings, &model_file)?;
    let config = TrainingConfig { memory_limit: free_memory(), ..config };
    let open_log = if checkpoints.go_on() { Log::reopen } else { Log::create };
    let mut log = log_file.map(open_log).transpose()?;
    let events = settings.output.tensorboard.as_ref().and_then(FilePath::given);
    let open_events =
        |folder| EventFolder::open(folder, settings.n_seeds(), config.seed, checkpoints.go_on());
    let events = events.map(open_events).transpose()?;
    let talks = !arguments.quiet;
    // Until now there was nothing to keep.
    let signals = Signals::watch().map_err(|error| Failure::io("watch for signals", &error))?;
    let going = Going { talks, checkpoints, signals, events, model_file: &model_file };
    let (run, results, seeds) = train(&config, &inputs, settings.n_seeds(), &going, log.as_mut())?;
    run.model.save(&model_file)?;
    let report = report(&config, &run, &results, &model_file, seeds);
    report_file.map_or(Ok(()), |path| files::write(path, &json(&report)?))?;
    if let Some(path) = page_file {
        let measured = measured::figure(&run, &results, &inputs, &settings)?;
        let page = page::html(&report, &run, &inputs.name(), &settings, measured)?;
        files::write(path, page.as_bytes())?;
    }
    if arguments.json {
        return output::result(&json(&report)?);
    }
    let network = describe::network(&run.model.network.config());
    output::result(summary::training(&report, &inputs.name(), &network).as_bytes())?;
    if talks {
        output::talk(&summary::what_next(&model_file, &inputs.name(), settings.data.embedded().is_some()));
    }
    Ok(())
}

/// The command line over the run file, if one is given, over the defaults.
fn gather(data: Option<FilePath>, mut settings: Settings) -> Result<Settings, Failure> {
    match data {
        Some(path) if is_run_file(&path) => Ok(settings.over(run_file::read(path.as_path())?).complete()),
        data => {
            settings.data.path = data;
            Ok(settings.complete())
        }
    }
}

fn is_run_file(path: &FilePath) -> bool {
    path.as_path().extension().is_some_and(|extension| extension == "toml")
}

/// Refuses outputs that would replace what they must not.
fn check_outputs(settings: &Settings, run_file: Option<&FilePath>, model: &Path) -> Result<(), Failure> {
    let (data, output) = (&settings.data, &settings.output);
    let inputs = [
        outputs::input("the run file", run_file),
        outputs::input("the data", data.path.as_ref()),
        outputs::input("--labels", data.labels.as_ref()),
        outputs::input("--validation-labels", data.validation_labels.as_ref()),
        outputs::input("--test-labels", data.test_labels.as_ref()),
        outputs::input("--validation", file_of(data.validation.as_ref())),
        outputs::input("--test", file_of(data.test.as_ref())),
    ];
    let inputs: Vec<_> = inputs.into_iter().flatten().collect();
    let others =
        [("--report", &output.report), ("--report-html", &output.report_html), ("--log", &output.log)];
    let others = others.into_iter().filter_map(|(option, path)| Some((option, path.as_ref()?.given()?)));
    let others: Vec<_> = others.map(|(option, path)| outputs::named(option, path)).collect();
    let all: Vec<_> = std::iter::once(outputs::named("--out", model)).chain(others.iter().copied()).collect();
    outputs::check_distinct(&inputs, &all)?;
    target::check(model)?;
    others.into_iter().try_for_each(outputs::check_no_model)
}

/// Refuses measures that nobody would be told of.
fn check_measures(settings: &Settings) -> Result<(), Failure> {
    let output = &settings.output;
    let told = [&output.log, &output.tensorboard, &output.report_html];
    let is_told = told.into_iter().any(|path| path.as_ref().is_some_and(|path| path.given().is_some()));
    let norms = output.log_norms.unwrap_or(false).then_some("--log-norms");
    let weights = output.log_weights.as_ref().filter(|names| !names.0.is_empty()).map(|_| "--log-weights");
    match norms.or(weights).filter(|_| !is_told) {
        Some(option) => Err(Failure::usage(format!(
            "{option} says what a log is to have, and there is none\n\
             name one: --log FILE.jsonl, --tensorboard DIR or --report-html FILE"
        ))),
        None => Ok(()),
    }
}

fn file_of(part: Option<&Part>) -> Option<&FilePath> {
    match part {
        Some(Part::File(path)) => Some(path),
        _ => None,
    }
}

/// How a training goes, beside what it is.
struct Going<'a> {
    talks: bool,
    checkpoints: Wanted,
    signals: Signals,
    events: Option<EventFolder>,
    model_file: &'a Path,
}

impl Going<'_> {
    /// Where to go on after an interruption, and the exit code that tells of it.
    fn interrupted(&self, run: &Run) -> Failure {
        let (signal, name) = self.signals.last();
        let what = match self.checkpoints.folder() {
            Some(folder) => format!(
                "interrupted by {name}; the state of the training is in {}\ngo on with: {}",
                folder.display(),
                self.checkpoints.command(std::env::args_os())
            ),
            None => match self.save_partial(run) {
                Ok(path) => format!(
                    "interrupted by {name}; the model so far is in {}\n\
                     with --checkpoint DIR a training can go on where it was",
                    path.display()
                ),
                Err(failure) => return failure,
            },
        };
        Failure::new(code::SIGNAL + signal, what)
    }

    fn save_partial(&self, run: &Run) -> Result<PathBuf, Failure> {
        let mut path = self.model_file.as_os_str().to_owned();
        path.push(".partial");
        let path = PathBuf::from(path);
        target::check(&path)?;
        run.model.save(&path)?;
        Ok(path)
    }
}

/// Trains once for every seed. The run of the first seed is the one that is kept.
fn train(
    config: &TrainingConfig,
    inputs: &Inputs,
    n_seeds: usize,
    going: &Going<'_>,
    mut log: Option<&mut Log>,
) -> Result<(Run, Results, Vec<SeedScores>), Failure> {
    let mut seeds = Vec::new();
    let mut first = None;
    for seed in (config.seed..).take(n_seeds) {
        let progress = if going.talks { Progress::on_stderr(config.epochs) } else { Progress::Quiet };
        let (log, is_first, of_several) = (log.as_deref_mut(), first.is_none(), n_seeds > 1);
        let (goes_on, signals) = (going.checkpoints.go_on(), Some(&going.signals));
        let events = going.events.as_ref().map(|folder| folder.begin(seed, of_several)).transpose()?;
        let (task, watched) = (None, Vec::new());
        let mut watcher =
            Watcher { progress, log, events, seed, task, watched, is_first, of_several, goes_on, signals };
        let mut trainer = Trainer::new(TrainingConfig { seed, ..config.clone() });
        if let Some(checkpoints) = going.checkpoints.of(of_several.then_some(seed)) {
            trainer = trainer.with_checkpoints(checkpoints);
        }
        let run = trainer.run(inputs.data(), &mut watcher);
        watcher.progress.finish();
        let mut run = run?;
        let Some(results) = run.results.take() else { return Err(going.interrupted(&run)) };
        seeds.push(SeedScores::new(seed, &results));
        first.get_or_insert((run, results));
    }
    let (run, results) = first.ok_or_else(|| Failure::usage("--seeds: there is no seed beyond 2^64 - 1"))?;
    Ok((run, results, seeds))
}

fn report(
    config: &TrainingConfig,
    run: &Run,
    results: &Results,
    model_file: &Path,
    seeds: Vec<SeedScores>,
) -> Report {
    let (results, baselines) = (&results.model, &results.baselines);
    let rows = |part: &Option<chainrule::model::Evaluation>| part.as_ref().map_or(0, |part| part.n_rows);
    let scores = |part: &chainrule::model::Evaluation| Scores::new(Some(part.loss), &part.metrics);
    let history = &run.history;
    Report {
        task: describe::task(run.model.preprocessing.task()).to_owned(),
        rows: Rows {
            train: results.train.n_rows,
            validation: rows(&results.validation),
            test: rows(&results.test),
        },
        parameters: run.model.network.n_parameters(),
        epochs: history.epochs.len(),
        seconds: history.seconds,
        samples_per_second: history.samples_seen as f64 / history.seconds,
        train: Some(scores(&results.train)),
        validation: results.validation.as_ref().map(scores),
        test: results.test.as_ref().map(scores),
        baselines: Baselines::new(baselines, run.model.objective),
        model: model_file.display().to_string(),
        seed: config.seed,
        threads: run.threads,
        precision: run.model.network.precision().to_owned(),
        device: "cpu".to_owned(),
        stopped_by: history.stopped_by.map_or_else(String::new, |reason| reason.to_string()),
        seeds: (seeds.len() > 1).then_some(seeds),
    }
}
