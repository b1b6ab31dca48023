//! What the options say of checkpoints, and the command that goes on from them.

use crate::errors::Failure;
use crate::settings::Settings;
use crate::settings::numbers::Size;
use crate::settings::values::{CheckpointInterval, FilePath};
use chainrule::training::{CheckpointConfig, Differences, Resume};
use std::ffi::OsString;
use std::path::Path;

/// The checkpoints of a command, which may train with several seeds.
#[derive(Debug)]
pub(crate) struct Wanted {
    config: Option<CheckpointConfig>,
    /// Whether `--checkpoint`, here or in the run file, names the folder.
    is_named: bool,
}

impl Wanted {
    pub(crate) fn new(settings: &Settings, resume: Option<&FilePath>, force: bool) -> Result<Self, Failure> {
        let named = settings.output.checkpoint.as_ref().and_then(FilePath::given);
        let resume = match resume {
            None => Resume::No,
            Some(path) if path.as_path() == Path::new("auto") => Resume::Auto,
            Some(path) => Resume::From(path.as_path().to_owned()),
        };
        let folder = match (named, &resume) {
            (Some(folder), _) => folder.to_owned(),
            (None, Resume::From(folder)) => folder.clone(),
            (None, Resume::Auto) => {
                return Err(Failure::usage(
                    "--resume auto looks in the folder of --checkpoint, and none is named\n\
                     name it, or the folder to go on from: --resume DIR",
                ));
            }
            (None, Resume::No) => return Ok(Self { config: None, is_named: false }),
        };
        let usual = CheckpointConfig::new(folder);
        let config = CheckpointConfig {
            every: settings.output.checkpoint_every.as_ref().map_or(usual.every, CheckpointInterval::get),
            keep: settings.output.keep.map_or(usual.keep, Size::get),
            resume,
            differences: if force { Differences::Accept } else { Differences::Refuse },
            ..usual
        };
        Ok(Self { config: Some(config), is_named: named.is_some() })
    }

    /// The folder, if there is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.config.as_ref().map(|config| config.folder.as_path())
    }

    /// Whether the training is to go on from a checkpoint.
    pub(crate) fn go_on(&self) -> bool {
        self.config.as_ref().is_some_and(|config| config.resume != Resume::No)
    }

    /// The configuration for a training; each of several seeds has a folder of its own within the folder.
    pub(crate) fn of(&self, seed: Option<u64>) -> Option<CheckpointConfig> {
        let mut config = self.config.clone()?;
        if let Some(seed) = seed {
            let own = format!("seed-{seed}");
            config.folder.push(&own);
            // A seed that was not reached begins at its beginning.
            config.resume = match config.resume {
                Resume::From(folder) if folder.join(&own).is_dir() => Resume::From(folder.join(own)),
                Resume::From(_) => Resume::Auto,
                other => other,
            };
        }
        Some(config)
    }

    /// This command as it goes on.
    pub(crate) fn command(&self, arguments: impl IntoIterator<Item = OsString>) -> String {
        let resume = match &self.config {
            Some(config) if !self.is_named => config.folder.to_string_lossy().into_owned(),
            _ => "auto".to_owned(),
        };
        command(arguments, Some(&resume))
    }
}

/// A command of `train` with another resume, or without one.
pub(super) fn command(arguments: impl IntoIterator<Item = OsString>, resume: Option<&str>) -> String {
    let mut words = Vec::new();
    let mut arguments = arguments.into_iter().map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = arguments.next() {
        match (word.as_str(), resume) {
            ("--resume", _) => drop(arguments.next()),
            ("--force-resume", _) => {}
            _ if word.starts_with("--resume=") => {}
            ("train", Some(resume)) if words.len() == 1 => {
                words.extend([word, "--resume".into(), quoted(resume)]);
            }
            _ => words.push(quoted(&word)),
        }
    }
    words.join(" ")
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(config: Option<&str>, words: &[&str]) -> String {
        let config = config.map(CheckpointConfig::new);
        let wanted = Wanted { is_named: config.is_none(), config };
        wanted.command(words.iter().map(OsString::from))
    }

    #[test]
    fn the_command_that_goes_on_is_this_one_with_another_resume() {
        let words = ["./chainrule", "train", "my data.csv", "--checkpoint", "d", "--target", "it's"];
        let expected = r"./chainrule train --resume auto 'my data.csv' --checkpoint d --target 'it'\''s'";
        assert_eq!(command(None, &words), expected);
        let words = ["chainrule", "train", "iris", "--resume", "d", "--force-resume"];
        assert_eq!(command(Some("d"), &words), "chainrule train --resume d iris");
        assert_eq!(command(None, &["chainrule", "train", "--resume=auto"]), "chainrule train --resume auto");
    }
}
