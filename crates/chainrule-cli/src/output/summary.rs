//! What a person reads after a training: what was trained, how good it is, and how good simple models are.

use super::report::{Report, Scores, SeedScores, text};
use super::table::{Table, count, figure, printable};
use std::path::Path;

/// The report as text. `data` and `network` name what was trained on what.
pub(crate) fn training(report: &Report, data: &str, network: &str) -> String {
    let rows = report.rows;
    let total = rows.train + rows.validation + rows.test;
    let head = format!(
        "{}: {}, {} rows ({} train, {} validation, {} test)",
        printable(data),
        report.task,
        count(total),
        count(rows.train),
        count(rows.validation),
        count(rows.test),
    );
    let model = format!(
        "network {network}, {} parameters, {}, {}",
        count(report.parameters),
        report.precision,
        plural(report.threads, "thread"),
    );
    let course = format!(
        "{} in {} s, {} rows/s, stopped by {}",
        plural(report.epochs, "epoch"),
        figure(report.seconds),
        count(report.samples_per_second as usize),
        report.stopped_by,
    );
    let measured_on =
        format!("  (the last lines are baselines, on the {} rows)", report.baselines.measured_on);
    let saved = format!("model saved to {}", printable(&report.model));
    let seeds = report
        .seeds
        .as_ref()
        .map(|seeds| format!("\n{} seeds, mean (lowest to highest)\n{}", seeds.len(), ranges(seeds)));
    let scores = scores(report);
    format!("{head}\n{model}\n{course}\n\n{scores}{measured_on}\n\n{saved}\n{}", seeds.unwrap_or_default())
}

/// One line per part of the data, and one per baseline.
pub(crate) fn scores(report: &Report) -> Table {
    let baselines = report.baselines;
    let lines = [
        ("train", report.train),
        ("validation", report.validation),
        ("test", report.test),
        ("most frequent class", baselines.majority),
        ("mean", baselines.mean),
        ("linear model", baselines.linear),
    ];
    let mut lines = lines.into_iter().filter_map(|(name, scores)| Some((name, scores?))).peekable();
    let names = lines.peek().map_or(&[][..], |(_, scores)| scores.names());
    let table = Table::new(std::iter::once("").chain(names.iter().copied()));
    lines.fold(table, |table, (name, scores)| {
        table.row(std::iter::once(name.to_owned()).chain(scores.texts()))
    })
}

/// Mean and range over the seeds, for each part of the data.
pub(crate) fn ranges(seeds: &[SeedScores]) -> Table {
    let parts = [
        ("train", seeds.iter().filter_map(|seed| seed.train).collect::<Vec<_>>()),
        ("validation", seeds.iter().filter_map(|seed| seed.validation).collect()),
        ("test", seeds.iter().filter_map(|seed| seed.test).collect()),
    ];
    let names = seeds.iter().find_map(|seed| seed.train).map_or(&[][..], Scores::names);
    let mut table = Table::new(std::iter::once("").chain(names.iter().copied()));
    for (part, scores) in parts {
        let scores: Vec<Vec<f64>> = scores.into_iter().map(Scores::figures).collect();
        if scores.is_empty() {
            continue;
        }
        let range = |column: usize| {
            let of_column = || scores.iter().map(|figures| figures[column]);
            let mean = of_column().sum::<f64>() / scores.len() as f64;
            let (lowest, highest) =
                (of_column().fold(f64::INFINITY, f64::min), of_column().fold(f64::NEG_INFINITY, f64::max));
            let text = |x| text(names[column], x);
            format!("{} ({} to {})", text(mean), text(lowest), text(highest))
        };
        table = table.row(std::iter::once(part.to_owned()).chain((0..names.len()).map(range)));
    }
    table
}

/// What can be done with the model, in commands that work as they are.
pub(crate) fn what_next(model: &Path, data: &str, is_embedded: bool) -> String {
    let (model, data) = (quoted(&model.display().to_string()), quoted(data));
    let mut text = format!(
        "\nnext, try\n  chainrule inspect {model}\n  chainrule evaluate {model} {data}\n  \
         chainrule predict {model} {data} -o predictions.csv"
    );
    if is_embedded {
        text += "\n  chainrule train your-table.csv --target COLUMN";
    }
    text
}

/// A file name as a shell takes it.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./+=:,@%".contains(c);
    if name.chars().all(plain) { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}

/// A count with its noun.
pub(crate) fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", count(n)) }
}

#[cfg(test)]
mod tests {
    use super::super::report::{Baselines, Rows};
    use super::*;

    fn regression(loss: f64) -> Scores {
        Scores::Regression { loss, rmse: 2.0 * loss, mae: loss, r2: Some(1.0 - loss) }
    }

    fn report() -> Report {
        let seed = |seed, loss| SeedScores {
            seed,
            train: Some(regression(loss)),
            validation: None,
            test: Some(regression(2.0 * loss)),
        };
        Report {
            task: "regression".into(),
            rows: Rows { train: 14_000, validation: 0, test: 6640 },
            parameters: 9473,
            epochs: 1,
            seconds: 12.5,
            samples_per_second: 112_000.4,
            train: Some(regression(0.25)),
            validation: None,
            test: Some(Scores::Regression { loss: 0.5, rmse: 1.0, mae: 0.5, r2: None }),
            baselines: Baselines {
                measured_on: "test",
                majority: None,
                mean: Some(regression(1.0)),
                linear: Some(regression(0.75)),
            },
            model: "housing.safetensors".into(),
            seed: 0,
            threads: 1,
            precision: "f32".into(),
            device: "cpu".into(),
            stopped_by: "epochs".into(),
            seeds: Some(vec![seed(0, 0.25), seed(1, 0.5)]),
        }
    }

    #[test]
    fn a_summary_shows_results_baselines_and_seeds() {
        insta::assert_snapshot!(training(&report(), "housing.csv", "8-128-64-1, relu relu identity"));
    }

    #[test]
    fn commands_to_copy_quote_what_a_shell_would_split() {
        assert!(
            what_next(Path::new("my model's.safetensors"), "digits", true)
                .contains("inspect 'my model'\\''s.safetensors'\n")
        );
    }

    #[test]
    fn one_seed_has_no_range() {
        let report = Report { seeds: None, ..report() };
        assert!(!training(&report, "x", "y").contains("seeds"));
    }
}
