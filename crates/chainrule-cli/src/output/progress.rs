//! How a training is going, on stderr: a bar on a terminal, some lines elsewhere.
//!
//! Lines are for logs of batch jobs, where a thousand of them help nobody: the first epochs are told one by one, then
//! ever fewer, so that about twenty lines tell any number of epochs.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// The bar is short, so that the losses and the score beside it fit a terminal of 80 columns; what does not fit a
/// narrower one is cut off and not wrapped, because a wrapped line could not be drawn over.
const TEMPLATE: &str = "{bar:8} {pos}/{len}  {wide_msg} {elapsed:>3}";

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
        Self::bar(epochs, ProgressDrawTarget::stderr())
    }

    fn bar(epochs: usize, target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(epochs as u64), target);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
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
    use indicatif::TermLike;
    use std::io::Result;
    use std::sync::{Arc, Mutex};

    /// A terminal that remembers what was written.
    #[derive(Clone, Debug)]
    struct Terminal {
        width: u16,
        written: Arc<Mutex<String>>,
    }

    impl TermLike for Terminal {
        fn width(&self) -> u16 {
            self.width
        }

        fn move_cursor_up(&self, _: usize) -> Result<()> {
            self.write_line("")
        }

        fn move_cursor_down(&self, _: usize) -> Result<()> {
            self.write_line("")
        }

        fn move_cursor_right(&self, _: usize) -> Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> Result<()> {
            self.write_str(&format!("{text}\n"))
        }

        fn write_str(&self, text: &str) -> Result<()> {
            self.written.lock().expect("no other test has it").push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> Result<()> {
            self.write_line("")
        }

        fn flush(&self) -> Result<()> {
            self.write_line("")
        }
    }

    /// The lines that a bar draws on a terminal of this width.
    fn drawn(width: u16, epochs: usize, message: &str) -> Vec<String> {
        let terminal = Terminal { width, written: Arc::default() };
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let mut progress = Progress::bar(epochs, target);
        progress.epoch(epochs, message);
        if let Progress::Bar(bar) = &progress {
            bar.force_draw();
        }
        let written = terminal.written.lock().expect("the bar is done");
        written.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    #[test]
    fn the_bar_fits_a_terminal_of_80_columns_with_all_that_it_says() {
        let message = "loss 0.2500, validation loss 0.5000, accuracy 97.50 %";
        for (width, is_whole) in [(80, true), (60, false)] {
            let lines = drawn(width, 1000, message);
            assert!(lines.iter().all(|line| line.chars().count() <= usize::from(width)), "{lines:?}");
            assert_eq!(lines.iter().any(|line| line.contains(message)), is_whole, "{lines:?}");
        }
    }

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
