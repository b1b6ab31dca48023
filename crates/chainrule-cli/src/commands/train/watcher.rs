//! Watching a training: progress for people, the log for programs.

use super::signals::Signals;
use crate::output::log::{EpochLine, Log};
use crate::output::progress::Progress;
use crate::output::table::{figure, percent};
use chainrule::data::Task;
use chainrule::training::{Callback, Continue, Epoch, Resumed, TrainingConfig};

/// What is told of a training while it runs.
#[derive(Debug)]
pub(crate) struct Watcher<'a> {
    pub(crate) progress: Progress,
    pub(crate) log: Option<&'a mut Log>,
    pub(crate) seed: u64,
    /// What is predicted, once it is known.
    pub(crate) task: Option<Task>,
    /// Whether this is the first training: the others would warn of the same.
    pub(crate) is_first: bool,
    /// Whether this is one of several trainings with a seed each.
    pub(crate) of_several: bool,
    /// Whether it was to go on from a checkpoint, so that the log is cut to where it begins.
    pub(crate) goes_on: bool,
    /// What may ask it to stop.
    pub(crate) signals: Option<&'a Signals>,
}

impl Callback for Watcher<'_> {
    fn warns(&mut self, warning: &str) {
        if self.is_first {
            crate::output::warn(&[warning.to_owned()]);
        }
    }

    fn begins(&mut self, config: &TrainingConfig, notes: &[String], _: usize) {
        self.task = config.task;
        if let Some(log) = self.log.as_mut().filter(|_| self.goes_on) {
            log.cut_back(self.seed, &[]);
        }
        if !matches!(self.progress, Progress::Quiet) {
            if self.of_several {
                crate::output::talk(&format!("seed {}", self.seed));
            }
            for note in notes {
                crate::output::talk(note);
            }
        }
    }

    fn resumes(&mut self, from: &Resumed) {
        let passed_over = from.passed_over.iter().map(|file| format!("a checkpoint cannot be used: {file}"));
        crate::output::warn(&passed_over.collect::<Vec<_>>());
        if !matches!(self.progress, Progress::Quiet) {
            crate::output::talk(&format!("goes on after step {} from {}", from.step, from.file));
        }
        let lines: Vec<_> =
            from.history.epochs.iter().map(|epoch| line(epoch, self.seed, self.task)).collect();
        if let Some(log) = &mut self.log {
            log.cut_back(self.seed, &lines);
        }
    }

    fn step_ends(&mut self) -> Continue {
        if self.signals.is_some_and(Signals::came) { Continue::Interrupted } else { Continue::Yes }
    }

    fn epoch_ends(&mut self, epoch: &Epoch) -> Continue {
        self.progress.epoch(epoch.epoch, &self.message(epoch));
        if let Some(log) = &mut self.log {
            log.write(&line(epoch, self.seed, self.task));
        }
        Continue::Yes
    }
}

impl Watcher<'_> {
    fn message(&self, epoch: &Epoch) -> String {
        let score = match (epoch.validation_score, self.task) {
            (Some(r2), Some(Task::Regression)) => format!(", R² {}", figure(r2)),
            (Some(accuracy), _) => format!(", accuracy {}", percent(accuracy)),
            (None, _) => String::new(),
        };
        let loss = epoch.validation_loss.map(|loss| format!(", validation loss {}", figure(loss)));
        format!("loss {}{}{score}", figure(epoch.train_loss), loss.unwrap_or_default())
    }
}

fn line(epoch: &Epoch, seed: u64, task: Option<Task>) -> EpochLine {
    let (r2, accuracy) = if task == Some(Task::Regression) {
        (epoch.validation_score, None)
    } else {
        (None, epoch.validation_score)
    };
    EpochLine {
        seed,
        epoch: epoch.epoch,
        step: epoch.step,
        train_loss: epoch.train_loss,
        validation_loss: epoch.validation_loss,
        validation_accuracy: accuracy,
        validation_r2: r2,
        learning_rate: epoch.learning_rate,
        seconds: epoch.seconds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch {
        epoch: 2,
        step: 80,
        train_loss: 0.25,
        validation_loss: Some(0.5),
        validation_score: Some(0.975),
        learning_rate: 0.001,
        seconds: 0.5,
        best: true,
    };

    #[test]
    fn the_score_is_named_by_the_task() {
        let message = |task: Task| {
            let (progress, goes_on, signals) = (Progress::Quiet, false, None);
            Watcher {
                progress,
                log: None,
                seed: 0,
                task: Some(task),
                is_first: true,
                of_several: false,
                goes_on,
                signals,
            }
            .message(&EPOCH)
        };
        assert_eq!(message(Task::Classification), "loss 0.2500, validation loss 0.5000, accuracy 97.50 %");
        assert_eq!(message(Task::Regression), "loss 0.2500, validation loss 0.5000, R² 0.9750");
    }

    #[test]
    fn a_line_of_the_log_has_every_number_of_the_epoch() {
        let json = serde_json::to_value(line(&EPOCH, 7, Some(Task::Classification))).expect("a line is JSON");
        let expected = serde_json::json!({
            "seed": 7, "epoch": 2, "step": 80, "train_loss": 0.25, "validation_loss": 0.5,
            "validation_accuracy": 0.975, "learning_rate": 0.001, "seconds": 0.5
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn without_validation_the_log_says_null() {
        let epoch =
            Epoch { validation_loss: None, validation_score: None, train_loss: f64::INFINITY, ..EPOCH };
        let json = serde_json::to_value(line(&epoch, 0, Some(Task::Regression))).expect("a line is JSON");
        assert_eq!(
            (&json["validation_loss"], &json["train_loss"]),
            (&serde_json::Value::Null, &serde_json::Value::Null)
        );
    }
}
