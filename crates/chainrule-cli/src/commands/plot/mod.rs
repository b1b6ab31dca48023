//! `chainrule plot`: pictures of trainings.

mod anew;
mod curves;
mod descent;
mod gradients;
mod log_file;
mod measured;
mod network;
mod regions;
mod slice;
mod subject;
mod surface;

use super::outputs;
use crate::args::plot::{PictureArguments, Plot};
use crate::errors::{Failure, code};
use crate::output::{self, files};
use crate::settings::names::PictureFormatName;
use chainrule_plot::render::{self, TerminalColours};
use chainrule_plot::{Figure, Style, Theme};
use std::io::IsTerminal;
use std::path::Path;

/// Draws what is asked for.
pub(crate) fn run(plot: &Plot) -> Result<(), Failure> {
    match plot {
        Plot::Curves(arguments) => curves::run(arguments),
        Plot::Surface(arguments) => surface::run(arguments),
        Plot::Confusion(arguments) => measured::confusion(arguments),
        Plot::Residuals(arguments) => measured::residuals(arguments),
        Plot::Gradients(arguments) => gradients::run(arguments),
        Plot::Regions(arguments) => regions::run(arguments),
        Plot::Network(arguments) => network::run(arguments),
        Plot::Weights(arguments) => network::weights(arguments),
        Plot::Slice(arguments) => slice::run(arguments),
        Plot::Descent(arguments) => descent::run(arguments),
    }
}

/// Characters side by side where nobody says how many a terminal has.
const COLUMNS: usize = 80;

/// What a figure is drawn with where it is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Lines, which characters can draw.
    Lines,
    /// A surface, which they cannot.
    Surface,
    /// Other areas of colour, which they cannot either.
    Areas,
}

/// Writes a figure as the options say.
fn write(figure: &Figure, kind: Kind, arguments: &PictureArguments) -> Result<(), Failure> {
    let theme = if arguments.theme.as_str() == "dark" { Theme::Dark } else { Theme::Light };
    let style = Style { width: arguments.width, theme };
    let bytes = match format(arguments, kind)? {
        "svg" => render::svg(figure, &style).into_bytes(),
        "png" => render::png(figure, &style).map_err(|message| Failure::new(code::MEMORY, message))?,
        "text" => output::escaped(&render::text(figure)).into_bytes(),
        _ => drawn(figure, arguments).into_bytes(),
    };
    match &arguments.out {
        Some(path) => files::write(path, &bytes),
        None => output::result(&bytes),
    }
}

/// Lines drawn with characters. Names that come from files cannot steer the terminal.
fn drawn(figure: &Figure, arguments: &PictureArguments) -> String {
    let mut figure = figure.clone();
    figure.title = output::escaped(&figure.title);
    for panel in &mut figure.panels {
        for name in [&mut panel.title, &mut panel.x.name, &mut panel.y.name] {
            *name = output::escaped(name);
        }
        for layer in &mut panel.layers {
            if let chainrule_plot::Layer::Line(line) = layer {
                line.name = output::escaped(&line.name);
            }
        }
    }
    figure.notes.iter_mut().for_each(|note| *note = output::escaped(note));
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let shown = arguments.out.is_none() && std::io::stdout().is_terminal();
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let colours = if shown && wanted { TerminalColours::Ansi } else { TerminalColours::None };
    render::terminal(&figure, columns.unwrap_or(COLUMNS), colours)
}

/// The format that is asked for, or that the file's name says.
fn format(arguments: &PictureArguments, kind: Kind) -> Result<&str, Failure> {
    let asked = arguments.format.as_ref().map(PictureFormatName::as_str);
    if asked == Some("terminal") && kind != Kind::Lines {
        let what = if kind == Kind::Surface { "surface" } else { "areas of colour" };
        return Err(Failure::usage(format!(
            "characters can draw lines, but no {what}\ntake --format text, svg or png"
        )));
    }
    let Some(path) = &arguments.out else {
        return match asked {
            Some("png") if std::io::stdout().is_terminal() => {
                Err(Failure::usage("a terminal does not show PNG\nname a file: --out FILE.png"))
            }
            asked => Ok(asked.unwrap_or(if kind == Kind::Lines { "terminal" } else { "text" })),
        };
    };
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
    match (asked, ending.as_deref()) {
        (Some(asked), _) => Ok(asked),
        (None, Some("svg")) => Ok("svg"),
        (None, Some("png")) => Ok("png"),
        (None, Some("txt")) => Ok("text"),
        (None, _) => Err(Failure::usage(format!(
            "{} does not say what kind of picture it will be\n\
             let it end in .svg, .png or .txt, or say --format",
            path.display()
        ))),
    }
}

/// Refuses an output that cannot be written, or that would replace what is read or a model.
fn check_output(
    arguments: &PictureArguments,
    kind: Kind,
    what: &'static str,
    inputs: &[impl AsRef<Path>],
) -> Result<(), Failure> {
    format(arguments, kind)?;
    let Some(out) = &arguments.out else { return Ok(()) };
    files::check(out)?;
    let out = outputs::named("--out", out);
    let inputs: Vec<_> = inputs.iter().map(|path| outputs::named(what, path.as_ref())).collect();
    outputs::check_distinct(&inputs, &[out])?;
    outputs::check_no_model(out)
}
