//! Watching a training: progress for people, the log for programs.

use super::signals::Signals;
use crate::output::events::EventFile;
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
    pub(crate) events: Option<EventFile>,
    pub(crate) seed: u64,
    /// What is predicted, once it is known.
    pub(crate) task: Option<Task>,
    /// The weights whose values each epoch has.
    pub(crate) watched: Vec<String>,
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
        self.watched = config.measures.weights.iter().map(|name| name.trim().to_owned()).collect();
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
        let lines: Vec<_> = from.history.epochs.iter().map(|epoch| self.line(epoch)).collect();
        if let Some(log) = &mut self.log {
            log.cut_back(self.seed, &lines);
        }
        if let Some(events) = &mut self.events {
            events.goes_on(&lines);
        }
    }

    fn step_ends(&mut self) -> Continue {
        if self.signals.is_some_and(Signals::came) { Continue::Interrupted } else { Continue::Yes }
    }

    fn epoch_ends(&mut self, epoch: &Epoch) -> Continue {
        self.progress.epoch(epoch.epoch, &self.message(epoch));
        let line = self.line(epoch);
        if let Some(log) = &mut self.log {
            log.write(&line);
        }
        if let Some(events) = &mut self.events {
            events.epoch(&line);
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

    fn line(&self, epoch: &Epoch) -> EpochLine {
        let (r2, accuracy) = if self.task == Some(Task::Regression) {
            (epoch.validation_score, None)
        } else {
            (None, epoch.validation_score)
        };
        EpochLine {
            seed: self.seed,
            epoch: epoch.epoch,
            step: epoch.step,
            train_loss: epoch.train_loss,
            validation_loss: epoch.validation_loss,
            validation_accuracy: accuracy,
            validation_r2: r2,
            learning_rate: epoch.learning_rate,
            seconds: epoch.seconds,
            gradient_norms: epoch.norms.iter().map(|norms| norms.gradient).collect(),
            update_norms: epoch.norms.iter().map(|norms| norms.update).collect(),
            weights: self.watched.iter().cloned().zip(epoch.weights.iter().copied()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule::training::LayerNorms;

    fn watcher(task: Task) -> Watcher<'static> {
        let progress = Progress::Quiet;
        let watched = vec!["layers.0.weight[1,0]".to_owned(), "layers.0.bias[0]".to_owned()];
        let (log, events, signals) = (None, None, None);
        let (is_first, of_several, goes_on) = (true, false, false);
        Watcher {
            progress,
            log,
            events,
            seed: 7,
            task: Some(task),
            watched,
            is_first,
            of_several,
            goes_on,
            signals,
        }
    }

    const EPOCH: Epoch = Epoch {
        epoch: 2,
        step: 80,
        train_loss: 0.25,
        validation_loss: Some(0.5),
        validation_score: Some(0.975),
        learning_rate: 0.001,
        seconds: 0.5,
        best: true,
        norms: Vec::new(),
        weights: Vec::new(),
    };

    #[test]
    fn the_score_is_named_by_the_task() {
        let message = |task: Task| watcher(task).message(&EPOCH);
        assert_eq!(message(Task::Classification), "loss 0.2500, validation loss 0.5000, accuracy 97.50 %");
        assert_eq!(message(Task::Regression), "loss 0.2500, validation loss 0.5000, R² 0.9750");
    }

    #[test]
    fn a_line_of_the_log_has_every_number_of_the_epoch() {
        let json = serde_json::to_value(watcher(Task::Classification).line(&EPOCH)).expect("a line is JSON");
        let expected = serde_json::json!({
            "seed": 7, "epoch": 2, "step": 80, "train_loss": 0.25, "validation_loss": 0.5,
            "validation_accuracy": 0.975, "learning_rate": 0.001, "seconds": 0.5
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn what_was_asked_for_is_in_the_line_in_the_order_of_asking() {
        let norms =
            vec![LayerNorms { gradient: 0.5, update: 0.25 }, LayerNorms { gradient: 2.0, update: f64::NAN }];
        let epoch = Epoch { norms, weights: vec![1.5, -2.0], ..EPOCH };
        let json =
            serde_json::to_string(&watcher(Task::Classification).line(&epoch)).expect("a line is JSON");
        assert!(
            json.ends_with(
                "\"gradient_norms\":[0.5,2.0],\"update_norms\":[0.25,null],\
             \"weights\":{\"layers.0.weight[1,0]\":1.5,\"layers.0.bias[0]\":-2.0}}"
            ),
            "{json}"
        );
    }

    #[test]
    fn without_validation_the_log_says_null() {
        let epoch =
            Epoch { validation_loss: None, validation_score: None, train_loss: f64::INFINITY, ..EPOCH };
        let json = serde_json::to_value(watcher(Task::Regression).line(&epoch)).expect("a line is JSON");
        assert_eq!(
            (&json["validation_loss"], &json["train_loss"]),
            (&serde_json::Value::Null, &serde_json::Value::Null)
        );
    }
}
