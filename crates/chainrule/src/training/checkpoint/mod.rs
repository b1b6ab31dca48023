//! Checkpoints: a training that was killed goes on where it was, with the same bits as if nothing had happened.
//!
//! A checkpoint is one file with everything that the steps to come depend on ([`format`]), written whole at a boundary of
//! steps into a folder of the training's own ([`folder`]). The best weights so far are in each of them. It also has the
//! fingerprint of data and configuration ([`fingerprint`]): going on with others would be neither the old training
//! nor a new one, so it is refused unless asked for.

mod fingerprint;
mod folder;
mod format;
#[cfg(test)]
mod tests;

use super::snapshot::{Keeper, Resumed, Snapshot};
use crate::model::file::tensors::Stored;
use crate::network::Tensor;
use crate::optimizer::Progress;
use crate::{Error, Result};
pub(super) use fingerprint::Fingerprint;
pub(super) use folder::Folder;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where and when a training keeps its state.
///
/// ```
/// use chainrule::training::CheckpointConfig;
///
/// let checkpoints = CheckpointConfig { every: "50steps".parse()?, ..CheckpointConfig::new("runs/first") };
/// assert_eq!(checkpoints.keep, 3);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointConfig {
    /// The folder; it is made if there is none.
    pub folder: PathBuf,
    /// How often.
    pub every: Interval,
    /// How many of the newest stay, at least 1. The best weights so far are in each.
    pub keep: usize,
    /// Whether to go on from a checkpoint.
    pub resume: Resume,
    /// What happens when data or configuration are not those of the checkpoint.
    pub differences: Differences,
}

/// The distance between two checkpoints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Interval {
    /// So many seconds or, since a step is finished first, a little more.
    Seconds(f64),
    /// So many steps.
    Steps(u64),
    /// So many epochs.
    Epochs(u64),
}

/// Whether a training goes on from a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// It begins anew; a folder that has checkpoints already is refused.
    #[default]
    No,
    /// From the newest valid checkpoint in the folder; at the beginning where there is none.
    Auto,
    /// From the newest valid checkpoint in this folder, which must have one.
    From(PathBuf),
}

/// What happens when data or configuration are not those of the checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Differences {
    /// An error that names them.
    #[default]
    Refuse,
    /// The training goes on with the new ones, as far as they fit.
    Accept,
}

impl CheckpointConfig {
    /// Checkpoints in a folder, every 30 seconds, of which the newest three stay.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let (every, resume, differences) = (Interval::default(), Resume::No, Differences::Refuse);
        Self { folder: folder.into(), every, keep: 3, resume, differences }
    }

    fn validate(&self) -> Result<()> {
        let refused = |message: String| Err(Error::configuration(message));
        match self.every {
            Interval::Seconds(s) if !(s.is_finite() && s > 0.0) => {
                refused(format!("checkpoints every {s} seconds; it must be finite and above 0"))
            }
            Interval::Steps(0) | Interval::Epochs(0) => {
                refused("checkpoints every 0 steps or epochs; it must be at least 1".into())
            }
            _ if self.keep == 0 => refused("keep is 0 checkpoints; it must be at least 1".into()),
            _ => Ok(()),
        }
    }
}

impl Default for Interval {
    fn default() -> Self {
        Self::Seconds(30.0)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(f, "{seconds}s"),
            Self::Steps(steps) => write!(f, "{steps}steps"),
            Self::Epochs(epochs) => write!(f, "{epochs}epochs"),
        }
    }
}

impl FromStr for Interval {
    type Err = Error;

    /// `30s`, `50steps` or `1epoch`.
    fn from_str(text: &str) -> Result<Self> {
        let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
        let (number, unit) = (text[..unit].trim(), &text[unit..]);
        let whole = || number.parse().ok().filter(|&n: &u64| n > 0);
        let found = match unit {
            "s" => number.parse().ok().filter(|s: &f64| s.is_finite() && *s > 0.0).map(Self::Seconds),
            "step" | "steps" => whole().map(Self::Steps),
            "epoch" | "epochs" => whole().map(Self::Epochs),
            _ => None,
        };
        found.ok_or_else(|| {
            Error::configuration(format!(
                "expected seconds, steps or epochs, such as 30s, 50steps or 1epoch, not '{text}'"
            ))
        })
    }
}

/// The checkpoints of a training that is under way.
#[derive(Debug)]
pub(super) struct Checkpoints {
    config: CheckpointConfig,
    folder: Folder,
    fingerprint: Fingerprint,
    /// When the last one was written, in seconds of the training.
    last: f64,
}

impl Checkpoints {
    /// Takes the folder for this process.
    pub(super) fn open(config: &CheckpointConfig) -> Result<Folder> {
        config.validate()?;
        // Looked for before a folder is made: its name may be a slip of the pen.
        if let Resume::From(from) = &config.resume
            && (!from.is_dir() || folder::list(from)?.is_empty())
        {
            return Err(Error::configuration(format!(
                "there is no checkpoint in {}\nname the folder that an earlier --checkpoint named",
                from.display()
            )));
        }
        let folder = Folder::open(&config.folder)?;
        if config.resume == Resume::No && !folder.list()?.is_empty() {
            return Err(Error::configuration(format!(
                "the folder {} has checkpoints of an earlier training\n\
                 go on with it by --resume auto, or name another folder",
                config.folder.display()
            )));
        }
        Ok(folder)
    }

    pub(super) fn new(config: CheckpointConfig, folder: Folder, fingerprint: Fingerprint) -> Self {
        Self { config, folder, fingerprint, last: 0.0 }
    }
}

impl<F: Stored> Keeper<F> for Checkpoints {
    fn resume(&mut self, table: &[Tensor]) -> Result<Option<(Snapshot<F>, Resumed)>> {
        let files = match &self.config.resume {
            Resume::No => return Ok(None),
            Resume::Auto => self.folder.list()?,
            Resume::From(folder) => folder::list(folder)?,
        };
        if files.is_empty() {
            return Ok(None);
        }
        let mut passed_over = Vec::new();
        for file in files {
            let name = file.display().to_string();
            match folder::read(&file).and_then(|bytes| format::decode::<F>(&bytes, table, &self.fingerprint))
            {
                Err(error) => passed_over.push(format!("{name}: {}", error.to_string().replace('\n', ", "))),
                Ok(found) => {
                    if self.config.differences == Differences::Refuse {
                        found.refuse_differences(&name)?;
                    }
                    let snapshot = found.snapshot(&name)?;
                    self.last = snapshot.history.seconds;
                    let (step, history) = (snapshot.progress.step, snapshot.history.clone());
                    return Ok(Some((snapshot, Resumed { file: name, step, history, passed_over })));
                }
            }
        }
        Err(Error::model(format!(
            "no checkpoint can be used: {}\nbegin anew in another folder",
            passed_over.join("; ")
        )))
    }

    fn is_due(&self, progress: &Progress, position: usize, seconds: f64) -> bool {
        match self.config.every {
            Interval::Seconds(every) => seconds - self.last >= every,
            Interval::Steps(every) => progress.step.is_multiple_of(every),
            Interval::Epochs(every) => position == 0 && progress.epoch.is_multiple_of(every),
        }
    }

    fn steps_to_go(&self, progress: &Progress) -> u64 {
        match self.config.every {
            Interval::Steps(every) => every - progress.step % every,
            Interval::Seconds(_) | Interval::Epochs(_) => u64::MAX,
        }
    }

    fn keep(&mut self, snapshot: &Snapshot<F>, table: &[Tensor]) -> Result<()> {
        let bytes = format::encode(snapshot, table, &self.fingerprint)?;
        self.folder.write(snapshot.progress.step, &bytes, self.config.keep)?;
        self.last = snapshot.history.seconds;
        Ok(())
    }

    fn is_there(&self) -> bool {
        true
    }
}
