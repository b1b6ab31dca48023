//! Reading RUN.toml.
//!
//! Everything that is wrong in it is reported at its place, with the line as it stands in the file.

use super::{DEFAULTS, Embedded, Settings};
use crate::errors::{Failure, Source, code};
use crate::nearest::nearest;
use crate::settings::values::{FilePath, Part};
use crate::text_file;
use std::path::Path;

/// What a run file is called in messages.
const WHAT: &str = "a run file";

/// Reads a run file. Its paths are seen from its own folder.
pub(crate) fn read(path: &Path) -> Result<Settings, Failure> {
    let mut settings = parse(text_file::read(path, WHAT, code::USAGE)?, path.display().to_string())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for path in paths(&mut settings) {
        path.seen_from(folder);
    }
    Ok(settings)
}

/// Whether the bytes are a run file that can be trained by; what is wrong with it is what a user would see.
///
/// # Errors
/// The message of the first thing that is wrong.
pub fn check(bytes: &[u8], name: &str) -> Result<(), String> {
    let checked = || -> Result<(), Failure> {
        let text = text_file::decode(bytes.to_vec(), name, WHAT, code::USAGE)?;
        let settings = parse(text, name.to_owned())?.complete();
        settings.training_config()?;
        settings.data.read_options().validate()?;
        Ok(())
    };
    checked().map_err(|failure| failure.to_string())
}

fn parse(text: String, name: String) -> Result<Settings, Failure> {
    toml::from_str(&text).map_err(|error| explain(&error, &Source { name, text }))
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
    let outputs = [
        &mut output.out,
        &mut output.report,
        &mut output.report_html,
        &mut output.log,
        &mut output.tensorboard,
        &mut output.checkpoint,
    ];
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
