//! `cargo xtask results`: trains on the real data sets with the program as users have it, and writes down what came out.
//!
//! Each [`Experiment`] is one command line, run once per seed. What the runs reported is kept as
//! `docs/results/NAME.json`, with date, commit and machine; `docs/results.md` is rendered from these records alone. One
//! experiment can so be repeated without repeating all, and the page says of each figure how old it is.

mod experiments;
mod peers;
mod record;
mod render;

use crate::process::{Project, Result, output_of, read, read_if_there, shown, succeeds, write};
use experiments::{EXPERIMENTS, Experiment};
use record::{Origin, Record};
use serde_json::Value;
use std::path::{Path, PathBuf};

const FOLDER: &str = "docs/results";

/// Runs the named experiments (all, without names) and renders the page; whether every bar is reached.
pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<bool> {
    match arguments {
        ["--list"] => {
            for experiment in EXPERIMENTS {
                println!("{:<24} {}", experiment.name, experiment.title);
            }
            Ok(true)
        }
        ["--render"] => write_page(project),
        names => {
            let chosen = choose(names)?;
            let data = project
                .data
                .as_deref()
                .ok_or("the data sets are missing: set CHAINRULE_DATA to their folder")?;
            // Asked before the build: whoever commits while the experiments run does not change what they run.
            let origin = origin(project)?;
            if !succeeds(project.cargo().args(["build", "--release", "--package", "chainrule-cli"]))? {
                return Ok(false);
            }
            for experiment in chosen {
                let record = measure(project, data, experiment, &origin)?;
                write(&record_path(project, experiment), &record.to_json())?;
            }
            write_page(project)
        }
    }
}

fn choose(names: &[&str]) -> Result<Vec<&'static Experiment>> {
    if names.is_empty() {
        return Ok(EXPERIMENTS.iter().collect());
    }
    let find = |name: &&str| EXPERIMENTS.iter().find(|experiment| experiment.name == *name);
    names.iter().map(|name| find(name).ok_or_else(|| format!("no experiment `{name}`; try --list"))).collect()
}

/// One experiment with all its seeds, and with what other programs make of the same data.
fn measure(project: &Project, data: &Path, experiment: &Experiment, origin: &Origin) -> Result<Record> {
    let folder = project.target.join("results");
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let mut reports = Vec::new();
    for seed in experiment.seeds {
        let report = folder.join(format!("{}-{seed}.json", experiment.name));
        let mut command = project.command(project.target.join("release/chainrule"));
        command.arg("train").args(experiment.arguments_with(&data.to_string_lossy()));
        command.args(["--seed", &seed.to_string(), "--quiet"]).arg("--report").arg(&report);
        command.arg("--out").arg(report.with_extension("safetensors"));
        if !succeeds(&mut command)? {
            return Err(format!("{} failed: `{}`", experiment.name, shown(&command)));
        }
        let value: Value = serde_json::from_str(&read(&report)?)
            .map_err(|error| format!("{}: {error}", report.display()))?;
        reports.push(value);
    }
    let peers = experiment.peer.map(|peer| peers::measure(project, data, peer)).transpose()?;
    Record::new(experiment, origin.clone(), &reports, peers)
}

/// Date, commit and machine.
fn origin(project: &Project) -> Result<Origin> {
    let text = |program: &str, arguments: &[&str]| {
        output_of(project.command(program).args(arguments)).map(|text| text.trim().to_owned())
    };
    let changed = !text("git", &["status", "--porcelain", "--", ".", ":!docs"])?.is_empty();
    let commit = text("git", &["rev-parse", "--short=12", "HEAD"])?;
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Origin {
        date: text("date", &["-u", "+%Y-%m-%d"])?,
        commit: if changed { format!("{commit} with changes") } else { commit },
        machine: format!("{}, {cores} threads", model.map_or("unknown processor", |(_, name)| name)),
    })
}

/// Renders the page from the records there are; whether each of them reaches its bar.
fn write_page(project: &Project) -> Result<bool> {
    let mut records = Vec::new();
    for experiment in EXPERIMENTS {
        let path = record_path(project, experiment);
        let Some(text) = read_if_there(&path)? else {
            eprintln!("{}: not yet measured", experiment.name);
            continue;
        };
        let record = Record::from_json(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        records.push((experiment, record));
    }
    write(&project.root.join("docs/results.md"), &render::page(&records))?;
    let missed = records.iter().filter(|(experiment, record)| !experiment.bar.is_reached_by(record.mean()));
    Ok(missed.inspect(|(experiment, _)| eprintln!("{}: the bar is not reached", experiment.name)).count()
        == 0)
}

fn record_path(project: &Project, experiment: &Experiment) -> PathBuf {
    project.root.join(FOLDER).join(format!("{}.json", experiment.name))
}
