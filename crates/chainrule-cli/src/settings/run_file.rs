//! Reading RUN.toml.
//!
//! Everything that is wrong in it is reported at its place, with the line as it stands in the file.

use super::{DEFAULTS, Embedded, Settings};
use crate::errors::{Failure, Source};
use crate::nearest::nearest;
use crate::settings::values::{FilePath, Part};
use std::path::Path;

/// Run files are short; this is far beyond any, and keeps a mistyped data file from being read as one.
const LARGEST: u64 = 4 << 20;

/// Reads a run file. Its paths are seen from its own folder.
pub(crate) fn read(path: &Path) -> Result<Settings, Failure> {
    let name = path.display().to_string();
    let text = read_text(path, &name)?;
    let mut settings: Settings =
        toml::from_str(&text).map_err(|error| explain(&error, &Source { name, text: text.clone() }))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for path in paths(&mut settings) {
        path.seen_from(folder);
    }
    Ok(settings)
}

fn read_text(path: &Path, name: &str) -> Result<String, Failure> {
    let read = |error| chainrule::Error::io(format!("read the run file {name}"), error);
    let size = std::fs::metadata(path).map_err(read)?.len();
    if size > LARGEST {
        return Err(Failure::usage(format!("{name} has {size} bytes; a run file has at most {LARGEST}")));
    }
    let bytes = std::fs::read(path).map_err(read)?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].split(|&byte| byte == b'\n').count();
        Failure::usage(format!("{name}, line {line}: a run file is UTF-8 text, and this is none"))
    })
}

/// The paths of settings, but not the names of embedded sets.
fn paths(settings: &mut Settings) -> impl Iterator<Item = &mut FilePath> {
    let (data, output) = (&mut settings.data, &mut settings.output);
    let part = |part| match part {
        &mut Some(Part::File(ref mut path)) => Some(path),
        _ => None,
    };
    let labels = [&mut data.labels, &mut data.validation_labels, &mut data.test_labels];
    let folder = data.stream_folder.as_mut();
    let outputs = [&mut output.out, &mut output.report, &mut output.log, &mut output.checkpoint];
    let parts = [part(&mut data.validation), part(&mut data.test)];
    let tables = parts.into_iter().chain([data.path.as_mut()]).flatten();
    let tables = tables.filter(|path| Embedded::named(path).is_none());
    tables.chain(folder).chain(labels.into_iter().chain(outputs).filter_map(Option::as_mut))
}

/// A failure at a place in a run file.
fn explain(error: &toml::de::Error, source: &Source) -> Failure {
    let (message, hint) = match error.message().split_once('\n') {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => unknown_key(error.message()).unwrap_or_else(|| (error.message().to_owned(), None)),
    };
    let failure = Failure::usage(match hint {
        Some(hint) => format!("{message}\n{hint}"),
        None => message,
    });
    match error.span() {
        Some(span) => failure.at(source, span),
        None => failure.in_file(&source.name),
    }
}

/// Serde's message for an unknown key, with the nearest known one. The names in it stand between backticks.
fn unknown_key(message: &str) -> Option<(String, Option<String>)> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut names = rest.split('`').skip(1).step_by(2);
    let given = names.next()?;
    let known: Vec<&str> = names.collect();
    let meant = nearest(given, known.iter().copied()).map(|name| format!("did you mean '{name}'? "));
    let elsewhere = section_of(given).map(|section| format!("'{given}' belongs to [{section}]; "));
    let hint = format!("{}known here: {}", meant.or(elsewhere).unwrap_or_default(), known.join(", "));
    Some((format!("unknown key '{given}'"), Some(hint)))
}

/// The section that has this key.
fn section_of(key: &str) -> Option<String> {
    let sections: toml::Table = toml::from_str(DEFAULTS).ok()?;
    let mut sections = sections.into_iter();
    sections
        .find(|(_, keys)| keys.as_table().is_some_and(|keys| keys.contains_key(key)))
        .map(|(name, _)| name)
}
