//! The report of a training as a page (`--report-html`): one file that opens anywhere.
//!
//! It loads nothing. Each picture is in it for a light and a dark ground, for wide windows and narrow ones, and the style shows
//! the one that suits the reader; below it are its numbers. Whatever comes from files is text, never markup, and a policy in the
//! head forbids the browser to load or run anything all the same.

use super::inspection::Inspection;
use super::report::Report;
use super::summary;
use super::table::{Table, count, figure};
use chainrule_explain::render::html;
use chainrule_plot::{Figure, Style, Theme, render};

/// Pixels of a picture in a wide window and in a narrow one.
const WIDTHS: [(&str, u32); 2] = [("wide", 720), ("narrow", 360)];

const THEMES: [(&str, Theme); 2] = [("light", Theme::Light), ("dark", Theme::Dark)];

/// Columns that are listed; a picture's pixels would fill pages.
const LISTED: usize = 20;

const STYLE: &str = "
:root { --ground: #ffffff; --ink: #1a1c20; --muted: #5b6068; --line: #d5d8dc; --shade: #f4f5f7; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #16181d; --ink: #e8eaed; --muted: #a6abb3; --line: #3a3f48; --shade: #20242b; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: min(100% - 2rem, 720px); margin: 1.5rem auto 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; border-bottom: 1px solid var(--line); }
p { margin: .5rem 0; overflow-wrap: anywhere; }
.muted { color: var(--muted); }
.note { font-size: .9rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .9rem .2rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
tr > :first-child { text-align: left; }
tbody th { font-weight: 400; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--shade); padding: .6rem .8rem; overflow-x: auto; font-size: .85rem; border-radius: 4px; }
figure { margin: .75rem 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figure > div { display: none; }
figure > .light.wide { display: block; }
@media (max-width: 719px) {
  figure > .light.wide { display: none; }
  figure > .light.narrow { display: block; }
  th, td { padding-right: .6rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .4rem; }
}
@media (prefers-color-scheme: dark) {
  figure > .light.wide, figure > .light.narrow { display: none; }
  figure > .dark.wide { display: block; }
}
@media (prefers-color-scheme: dark) and (max-width: 719px) {
  figure > .dark.wide { display: none; }
  figure > .dark.narrow { display: block; }
}
#command { white-space: pre-wrap; overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--muted); }
";

/// What a page says, besides what the report and the model have.
pub(crate) struct Page<'a> {
    pub(crate) report: &'a Report,
    pub(crate) model: &'a Inspection,
    /// The name of the data.
    pub(crate) data: &'a str,
    /// Sentences about the data and what was made of them.
    pub(crate) remarks: &'a [String],
    /// What is drawn, each under its heading.
    pub(crate) figures: &'a [(&'static str, Figure)],
    /// The command that trains the same once more.
    pub(crate) command: &'a str,
    /// The same as a run file.
    pub(crate) run_file: &'a str,
}

impl Page<'_> {
    /// The page as HTML.
    pub(crate) fn html(&self) -> String {
        let title = escaped(&format!("Training on {}", self.data));
        let figures: String = self.figures.iter().map(|(heading, figure)| drawn(heading, figure)).collect();
        let sections = [self.what(), self.results(), figures, self.network(), self.again()].concat();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<main>\n<h1>{title}</h1>\n{sections}</main>\n</body>\n</html>\n"
        )
    }

    /// Data, settings, and how it went.
    fn what(&self) -> String {
        let report = self.report;
        let rows = report.rows;
        let columns = self.model.columns();
        let mut listed: Vec<String> = columns.iter().take(LISTED).map(ToString::to_string).collect();
        if columns.len() > LISTED {
            listed.push(format!("and {} more", count(columns.len() - LISTED)));
        }
        let listed = listed.join(", ");
        let facts = [
            ("Task", format!("{} of {}", report.task, self.model.targets().join(", "))),
            (
                "Rows",
                format!(
                    "{}: {} to train, {} to validate, {} to test",
                    count(rows.train + rows.validation + rows.test),
                    count(rows.train),
                    count(rows.validation),
                    count(rows.test)
                ),
            ),
            ("Columns", format!("{}: {listed}", count(columns.len()))),
            (
                "Training",
                format!(
                    "{} in {} s, {} rows per second; stopped by {}",
                    summary::plural(report.epochs, "epoch"),
                    figure(report.seconds),
                    count(report.samples_per_second as usize),
                    report.stopped_by
                ),
            ),
            (
                "Computed",
                format!(
                    "{}, {}, seed {}",
                    summary::plural(report.threads, "thread"),
                    report.precision,
                    report.seed
                ),
            ),
            ("Model", report.model.clone()),
        ];
        let remarks: Vec<String> =
            self.remarks.iter().map(|remark| format!("<p>{}</p>\n", escaped(remark))).collect();
        format!("<section>\n<h2>What was trained</h2>\n{}{}</section>\n", list(&facts), remarks.concat())
    }

    fn results(&self) -> String {
        let note = format!(
            "The last lines are baselines, measured on the {} rows: a network that is no better has learned nothing.",
            self.report.baselines.measured_on
        );
        let scores = table(&summary::scores(self.report), "Results", &note);
        let seeds = self.report.seeds.as_ref().map(|seeds| {
            let name = format!("{} seeds", seeds.len());
            table(&summary::ranges(seeds), &name, &format!("{name}: mean (lowest to highest)."))
        });
        format!("<section>\n<h2>Results</h2>\n{scores}{}</section>\n", seeds.unwrap_or_default())
    }

    fn network(&self) -> String {
        let report = self.report;
        let line = format!("{}, {} parameters", self.model.network(), count(report.parameters));
        let settings: Vec<(&str, String)> =
            self.model.training().iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        format!(
            "<section>\n<h2>Network and settings</h2>\n<p>{}</p>\n{}{}</section>\n",
            escaped(&line),
            table(&self.model.layers(), "Layers", "The layers, from the inputs to the output."),
            list(&settings)
        )
    }

    fn again(&self) -> String {
        format!(
            "<section>\n<h2>Once more</h2>\n<p>The same data, options and program give the same model, byte for byte.</p>\n\
             <pre id=\"command\"><code>{}</code></pre>\n<details>\n<summary>All settings, as a run file</summary>\n\
             <pre><code>{}</code></pre>\n</details>\n</section>\n",
            escaped(self.command),
            escaped(self.run_file)
        )
    }
}

/// A picture in all its forms, and its numbers.
fn drawn(heading: &str, figure: &Figure) -> String {
    let mut forms = Vec::new();
    for (width_name, width) in WIDTHS {
        for (theme_name, theme) in THEMES {
            let svg = render::svg(figure, &Style { width, theme });
            forms.push(format!("<div class=\"{theme_name} {width_name}\">\n{svg}</div>\n"));
        }
    }
    let (forms, numbers) = (forms.concat(), escaped(&render::text(figure)));
    format!(
        "<section>\n<h2>{}</h2>\n<figure>\n{forms}</figure>\n<details>\n<summary>The same in numbers</summary>\n\
         <pre>{numbers}</pre>\n</details>\n</section>\n",
        escaped(heading)
    )
}

/// Names and what there is to say of them.
fn list(facts: &[(&str, String)]) -> String {
    let fact =
        |(name, value): &(&str, String)| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value));
    format!("<dl>\n{}</dl>\n", facts.iter().map(fact).collect::<String>())
}

/// A table; one that is too wide for the window can be moved, by the keyboard too.
fn table(table: &Table, name: &str, note: &str) -> String {
    let mut rows = table.rows();
    let header: String = rows
        .next()
        .into_iter()
        .flatten()
        .map(|cell| {
            if cell.is_empty() {
                "<td></td>".to_owned()
            } else {
                format!("<th scope=\"col\">{}</th>", escaped(cell))
            }
        })
        .collect();
    let body: String = rows.map(row).collect();
    // The note stands outside: it must not move with the table.
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n<table>\n\
         <thead><tr>{header}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n</div>\n<p class=\"muted note\">{}</p>\n",
        escaped(name),
        escaped(note)
    )
}

fn row(cells: &[String]) -> String {
    let cell = |(column, cell): (usize, &String)| {
        let cell = escaped(cell);
        if column == 0 { format!("<th scope=\"row\">{cell}</th>") } else { format!("<td>{cell}</td>") }
    };
    format!("<tr>{}</tr>\n", cells.iter().enumerate().map(cell).collect::<String>())
}

/// Text in which nothing is markup, and no character steers anything.
fn escaped(text: &str) -> String {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    html::escaped(&text.replace(steers, "\u{fffd}"))
}
