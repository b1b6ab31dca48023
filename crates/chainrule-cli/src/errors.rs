//! What happens when something fails: the message on stderr, and the exit code.
//!
//! Scripts rely on the codes. A message says what was expected, what came and where.
//! Hints stand on lines of their own. On a terminal there is colour, elsewhere plain text of the same shape.

use chainrule::ErrorKind;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use std::{fmt, io::IsTerminal, ops::Range, process::ExitCode};

/// A command that could not do its work.
#[derive(Debug)]
pub(crate) struct Failure(Box<Details>);

#[derive(Debug)]
struct Details {
    code: u8,
    message: String,
    hint: Option<String>,
    place: Option<(NamedSource<String>, Range<usize>)>,
}

/// A text in which something is wrong, with the name of its file.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The exit codes.
pub(crate) mod code {
    pub(crate) const WRONG: u8 = 1;
    pub(crate) const USAGE: u8 = 2;
    pub(crate) const DATA: u8 = 65;
    pub(crate) const MEMORY: u8 = 69;
    pub(crate) const INTERNAL: u8 = 70;
    pub(crate) const IO: u8 = 74;
    /// The number of the signal comes on top: 129, 130, 143.
    pub(crate) const SIGNAL: u8 = 128;
}

impl Failure {
    /// A failure with an exit code. What follows the first newline of the message is a hint.
    pub(crate) fn new(code: u8, message: impl Into<String>) -> Self {
        let message = crate::output::escaped(&message.into());
        let (message, hint) = match message.split_once('\n') {
            Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
            None => (message, None),
        };
        Self(Box::new(Details { code, message, hint, place: None }))
    }

    /// A wrong option or run file.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(code::USAGE, message)
    }

    /// Something that cannot be read or written: `doing` completes "cannot …".
    pub(crate) fn io(doing: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::new(code::IO, format!("cannot {doing}: {error}"))
    }

    /// The same failure, shown at a place in a text.
    pub(crate) fn at(mut self, source: &Source, span: Range<usize>) -> Self {
        let name = crate::output::escaped(&source.name);
        self.0.place = Some((NamedSource::new(name, blanked(&source.text)), span));
        self
    }

    /// The same failure, with the name of a file.
    pub(crate) fn in_file(mut self, name: &str) -> Self {
        self.0.message = format!("{}: {}", crate::output::escaped(name), self.0.message);
        self
    }

    /// Writes the message to stderr and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        crate::output::show(&self.render(Style::of_stderr()));
        ExitCode::from(self.0.code)
    }

    fn render(&self, style: Style) -> String {
        let mut text = String::new();
        match style.handler().render_report(&mut text, &*self.0) {
            Ok(()) => text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned(),
            Err(fmt::Error) => format!("error: {}", self.0.message),
        }
    }
}

/// A text without control characters in which every place is where it was.
fn blanked(text: &str) -> String {
    let blank = |c: char| match c {
        '\n' | '\t' => c,
        c if c.is_control() && c.len_utf8() == 1 => ' ',
        // The controls of Latin-1 have two bytes, and so has this space.
        c if c.is_control() => '\u{a0}',
        c => c,
    };
    text.chars().map(blank).collect()
}

impl From<chainrule::Error> for Failure {
    fn from(error: chainrule::Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Configuration | ErrorKind::Unsupported => code::USAGE,
            ErrorKind::Data | ErrorKind::Model | ErrorKind::Diverged => code::DATA,
            ErrorKind::Memory => code::MEMORY,
            ErrorKind::Io => code::IO,
            _ => code::INTERNAL,
        };
        Self::new(code, error.to_string())
    }
}

/// As it is written to a file.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Style::Plain))
    }
}

impl fmt::Display for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Details {}

impl Diagnostic for Details {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint.as_ref().map(|hint| Box::new(hint) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|(source, _)| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.place.as_ref()?;
        Some(Box::new(std::iter::once(LabeledSpan::underline(span.clone()))))
    }
}

/// How messages look.
#[derive(Clone, Copy)]
enum Style {
    Plain,
    Coloured,
}

impl Style {
    fn of_stderr() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stderr().is_terminal() && !plain { Self::Coloured } else { Self::Plain }
    }

    fn handler(self) -> GraphicalReportHandler {
        let mut theme = match self {
            Self::Plain => GraphicalTheme::none(),
            Self::Coloured => GraphicalTheme::unicode(),
        };
        theme.characters.error = "error:".into();
        GraphicalReportHandler::new_themed(theme).with_wrap_lines(false).with_links(false)
    }
}

/// Makes a panic say what it is: a bug of this program, never of its user. The decoder of Parquet panics over broken files; the library
/// catches that and returns an error, which says all that there is to say.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        if panic.location().is_some_and(|place| place.file().contains("/parquet-")) {
            return;
        }
        crate::output::talk(&format!(
            "error: internal error, please report it together with the command that led here\n  {panic}"
        ));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [(ErrorKind, u8); 7] = [
        (ErrorKind::Configuration, 2),
        (ErrorKind::Unsupported, 2),
        (ErrorKind::Data, 65),
        (ErrorKind::Model, 65),
        (ErrorKind::Diverged, 65),
        (ErrorKind::Memory, 69),
        (ErrorKind::Io, 74),
    ];

    #[test]
    fn every_kind_of_error_has_the_exit_code_of_the_interface() {
        for (kind, expected) in KINDS {
            assert_eq!(Failure::from(chainrule::Error::new(kind, "x")).0.code, expected, "{kind:?}");
        }
    }

    /// The cells of the row of the page of errors that begins so.
    fn row(begin: &str) -> Vec<&'static str> {
        let page = include_str!("../../../docs/reference/errors.md");
        let begin = format!("| {begin} |");
        let mut rows = page.lines().filter(|line| line.starts_with(&begin));
        let row = rows.next().unwrap_or_else(|| panic!("docs/reference/errors.md has no row '{begin}'"));
        assert_eq!(rows.next(), None, "two rows");
        row.trim_matches('|').split('|').map(str::trim).collect()
    }

    #[test]
    fn every_exit_code_is_on_the_page_of_errors_with_cause_and_remedy() {
        let source = include_str!("errors.rs");
        let constants = source.lines().filter_map(|line| line.trim().strip_prefix("pub(crate) const "));
        let codes = constants
            .filter_map(|constant| constant.split_once(": u8 = ")?.1.trim_end_matches(';').parse().ok());
        let codes: Vec<u8> = codes.collect();
        assert!(codes.len() >= 7, "{codes:?}");
        let [hup, int, term] = [1, 2, 15].map(|signal| code::SIGNAL + signal);
        for code in codes.into_iter().filter(|&code| code != code::SIGNAL).chain([hup, int, term]) {
            let cells = row(&code.to_string());
            assert!(cells.len() == 3 && cells[1..].iter().all(|cell| !cell.is_empty()), "{cells:?}");
        }
    }

    #[test]
    fn every_kind_of_error_is_on_the_page_of_errors_with_its_code_and_its_exception() {
        let library = include_str!("../../chainrule/src/error.rs");
        let kinds = library.split_once("pub enum ErrorKind {").and_then(|(_, rest)| rest.split_once('}'));
        let lines = kinds.expect("the library has kinds").0.lines().map(str::trim);
        let named: Vec<&str> =
            lines.filter(|line| !line.starts_with("//")).filter_map(|l| l.strip_suffix(',')).collect();
        assert_eq!(named.len(), KINDS.len(), "{named:?}");
        let python = include_str!("../../chainrule-python/src/errors.rs");
        let arm = |of: &str| {
            python.split_once(of).map(|(_, arm)| arm.split("\n        ErrorKind::").next().unwrap_or(arm))
        };
        for (kind, code) in KINDS {
            let cells = row(&format!("`{kind:?}`"));
            assert!(cells.len() == 5 && cells.iter().all(|cell| !cell.is_empty()), "{cells:?}");
            assert_eq!(cells[1], code.to_string(), "{kind:?}");
            let arm = arm(&format!("ErrorKind::{kind:?} =>")).or_else(|| arm("\n        _ => Py"));
            let exception = format!("Py{}", cells[2].trim_matches('`'));
            // The arm for all others begins behind the letters that it was found by.
            let arm = format!("Py{}", arm.expect("every kind has an exception"));
            assert!(arm.contains(&exception), "{kind:?}: no {exception} in {arm}");
        }
    }

    #[test]
    fn a_plain_message_begins_with_error_and_ends_with_its_hint() {
        let failure = Failure::usage("no such column 'b'\nthe columns are: a, c");
        assert_eq!(failure.render(Style::Plain), "error: no such column 'b'\n  help: the columns are: a, c");
    }

    #[test]
    fn nothing_from_a_file_steers_the_terminal() {
        let source = Source { name: "\x1brun".into(), text: "key = \x1b\u{9b}1 # x\r\nb = 2".into() };
        let failure = Failure::usage("bad \x1b[31m\nhint \x07").at(&source, 0..3).in_file("\x1bf");
        let text = failure.render(Style::Plain);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert!(text.contains("bad \\u{1b}[31m"), "{text}");
    }
}
