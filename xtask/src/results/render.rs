//! The page `docs/results.md`.

use super::experiments::{Experiment, Measure};
use super::record::{Record, mean, numbers};
use serde_json::Value;
use std::fmt::Write as _;

const HEAD: &str = "\
# Results on real data

Rendered by `cargo xtask results` from the records in `docs/results/`; do not edit. Each experiment is one command, run once
per seed: the seed decides the first weights, the order of the samples and, where no test file is given, the split. Settings
were chosen on a validation split of the training rows. Shown are the mean over the seeds and, in brackets, the range.

";

/// The whole page.
pub(super) fn page(records: &[(&Experiment, Record)]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| data and network | measure | mean (range) | bar | linear baseline | published |\n|---|---|---|---|---|---|\n");
    for (experiment, record) in records {
        let linear = record.baselines.get("linear").and_then(Value::as_f64);
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} |",
            experiment.title,
            experiment.measure.title(),
            spread(&record.values, experiment.measure),
            experiment.bar.title(),
            linear.map_or("–".into(), |value| number(value, experiment.measure)),
            if experiment.published.is_empty() { "–" } else { experiment.published },
        );
    }
    for (experiment, record) in records {
        section(&mut page, experiment, record);
    }
    page
}

fn section(page: &mut String, experiment: &Experiment, record: &Record) {
    let measure = experiment.measure;
    let _ = writeln!(page, "\n## {}\n\n```sh\n{}\n```\n", experiment.title, record.command);
    let values: Vec<String> = record.values.iter().map(|value| number(*value, measure)).collect();
    let _ = writeln!(page, "- {} by seed: {}", measure.title(), values.join(", "));
    if !record.r2.is_empty() {
        let _ = writeln!(page, "- R²: {:.4}", mean(record.r2.iter().copied()));
    }
    for (name, value) in &record.baselines {
        let _ =
            writeln!(page, "- baseline `{name}`: {}", number(value.as_f64().unwrap_or(f64::NAN), measure));
    }
    let Record { parameters, epochs, origin, .. } = record;
    let _ = writeln!(page, "- {parameters} parameters; {epochs:.0} epochs a training");
    let _ = writeln!(page, "- measured on {} at commit {}, {}", origin.date, origin.commit, origin.machine);
    if let Some(peers) = record.peers.as_object() {
        page.push_str(
            "\n| beside it, same file, own splits | RMSE, mean (range) | R², mean |\n|---|---|---|\n",
        );
        let own = spread(&record.values, measure);
        let _ = writeln!(page, "| chainrule | {own} | {:.4} |", mean(record.r2.iter().copied()));
        for (name, measures) in peers {
            let r2 = mean(numbers(&measures["r2"]).into_iter());
            let _ = writeln!(
                page,
                "| {name} | {} | {r2:.4} |",
                spread(&numbers(&measures["rmse"]), Measure::Rmse)
            );
        }
    }
}

/// `98.12 (97.80 – 98.50)`.
fn spread(values: &[f64], measure: Measure) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let [middle, least, most] =
        [mean(values.iter().copied()), least, most].map(|value| number(value, measure));
    format!("{middle} ({least} – {most})")
}

/// Percentages with two digits, errors in the target's unit with five significant ones.
fn number(value: f64, measure: Measure) -> String {
    match measure {
        Measure::Accuracy | Measure::TestError => format!("{value:.2}"),
        Measure::Rmse if value.abs() >= 10_000.0 => format!("{value:.0}"),
        Measure::Rmse if value.abs() >= 10.0 => format!("{value:.2}"),
        Measure::Rmse => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::sample;
    use super::*;
    use serde_json::json;

    #[test]
    fn the_page_has_a_row_and_a_section_with_the_command() {
        let page = page(&[sample()]);
        assert!(
            page.contains(
                "| Digits, the defaults | accuracy, % | 98.00 (97.00 – 99.00) | ≥ 97.5 | 90.00 | – |"
            ),
            "{page}"
        );
        assert!(page.contains("```sh\nchainrule train digits --test 0.2\n```"), "{page}");
        assert!(page.contains("- measured on 2026-11-20 at commit 0f1e2d, a machine"), "{page}");
    }

    #[test]
    fn other_programs_stand_beside_ours() {
        let (experiment, mut record) = sample();
        record.peers = json!({"scikit-learn MLPRegressor": {"rmse": [40.0, 42.0], "r2": [0.94, 0.95]}});
        let page = page(&[(experiment, record)]);
        assert!(page.contains("| scikit-learn MLPRegressor | 41.00 (40.00 – 42.00) | 0.9450 |"), "{page}");
    }
}
