//! Everything that leaves the program: results on stdout, talk on stderr, files.

pub(crate) mod describe;
pub(crate) mod evaluation;
pub(crate) mod events;
pub(crate) mod files;
pub(crate) mod inspection;
pub(crate) mod log;
pub(crate) mod page;
pub(crate) mod ports;
pub(crate) mod predictions;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod speed;
pub(crate) mod summary;
pub(crate) mod table;

use crate::errors::Failure;
use std::io::{ErrorKind, Write};

/// Writes a result to stdout. A reader that has seen enough (`| head`) is no failure.
pub(crate) fn result(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::io("write to stdout", &error)),
        _ => Ok(()),
    }
}

/// Says something on stderr. What comes from files in it cannot steer the terminal.
pub(crate) fn talk(text: &str) {
    show(&escaped(text));
}

/// Text with control characters spelled out, but for those that only separate lines and columns.
pub(crate) fn escaped(text: &str) -> String {
    let is_harmless = |c: char| !c.is_control() || c == '\n' || c == '\t';
    let mut escaped = String::new();
    for c in text.chars() {
        if is_harmless(c) { escaped.push(c) } else { escaped.extend(c.escape_default()) }
    }
    escaped
}

/// Writes text with colours of our own to stderr. That nobody listens must not stop the work.
pub(crate) fn show(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says what the user should know although the work goes on.
pub(crate) fn warn(warnings: &[String]) {
    for warning in warnings {
        talk(&format!("warning: {}", warning.replace('\n', "\n  help: ")));
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(escaped("a\x1b]0;b\x07\u{9b}c\r\n\td – ü"), "a\\u{1b}]0;b\\u{7}\\u{9b}c\\r\n\td – ü");
    }
}
