//! How a training is going, on stderr: a bar on a terminal, some lines elsewhere.
//!
//! Lines are for logs of batch jobs, where a thousand of them help nobody: the first epochs are told one by one, then
//! ever fewer, so that about twenty lines tell any number of epochs.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// How progress is shown.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Not at all.
    Quiet,
    /// As a bar that moves.
    Bar(ProgressBar),
    /// As lines. A line told is followed by the next at or after this epoch.
    Lines { next: usize, last: usize },
}

impl Progress {
    /// Progress towards so many epochs, in the way that suits stderr.
    pub(crate) fn on_stderr(epochs: usize) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::lines(epochs);
        }
        let bar = ProgressBar::with_draw_target(Some(epochs as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} epoch {pos}/{len}  {msg}  {elapsed}") {
            bar.set_style(style.progress_chars("━╸ "));
        }
        Self::Bar(bar)
    }

    fn lines(epochs: usize) -> Self {
        Self::Lines { next: 1, last: epochs }
    }

    /// Shows that an epoch has ended.
    pub(crate) fn epoch(&mut self, epoch: usize, message: &str) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => {
                bar.set_position(epoch as u64);
                bar.set_message(message.to_owned());
            }
            Self::Lines { .. } => {
                if self.tells(epoch) {
                    super::talk(&format!("epoch {epoch}: {message}"));
                }
            }
        }
    }

    /// Whether lines tell this epoch; if so, the next one told is a fifth further on.
    fn tells(&mut self, epoch: usize) -> bool {
        let Self::Lines { next, last } = self else { return false };
        let tells = epoch >= *next || epoch == *last;
        if tells {
            *next = epoch + (epoch / 5).max(1) * if epoch > 5 { 2 } else { 1 };
        }
        tells
    }

    /// Ends the display.
    pub(crate) fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(epochs: usize) -> Vec<usize> {
        let mut progress = Progress::lines(epochs);
        (1..=epochs).filter(|&epoch| progress.tells(epoch)).collect()
    }

    #[test]
    fn about_twenty_lines_tell_any_number_of_epochs() {
        assert_eq!(told(5), [1, 2, 3, 4, 5]);
        for epochs in [10, 100, 1000, 10_000] {
            let lines = told(epochs);
            assert!((7..=30).contains(&lines.len()), "{epochs} epochs: {lines:?}");
            assert_eq!((lines[0], lines[lines.len() - 1]), (1, epochs));
        }
    }
}
