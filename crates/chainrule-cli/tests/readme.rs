//! The documentation, carried out: what it tells people to type works, and what it shows is what they see.
//!
//! Every Markdown page that tells what to type gets an empty folder, and its fenced blocks are worked through from the top:
//!
//! - a block whose first line names a file behind the language (as in ```` ```toml flats.toml ````) is written to that
//!   file;
//! - `sh` is run by the shell, with the program that was just built as `chainrule`; every command must succeed.
//!   `cargo run --release --` stands for `chainrule`; other lines that begin with `cargo` are left out;
//! - `text` is what the commands before it print: each line must be among theirs, in this order. Whole numbers are
//!   compared as they stand, others to a quarter, since their last digits depend on the processor. Lines with
//!   "rows/s" tell of time and are only looked for; `…` alone on a line leaves lines out.
//!
//! Rust blocks are compiled and run as doctests of the library.

mod common;

use common::{chainrule, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A fenced block of a page.
struct Block {
    language: String,
    /// The file that it shows.
    file: Option<String>,
    content: String,
    /// Where it begins.
    line: usize,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (line, text) in (1..).zip(page.lines()) {
        match (&mut open, text.strip_prefix("```")) {
            (None, Some(info)) => {
                let mut words = info.split_whitespace().map(str::to_owned);
                let (language, file) = (words.next().unwrap_or_default(), words.next());
                open = Some(Block { language, file, content: String::new(), line });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.content += &format!("{text}\n"),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// Works through a page; returns how many blocks of commands and of output there were.
fn work_through(path: &str) -> (usize, usize) {
    let folder = TempDir::new().expect("a temporary folder");
    let (mut printed, mut commands, mut outputs) = (String::new(), 0, 0);
    for block in blocks(&page(path)) {
        let place = format!("{path}, line {}", block.line);
        if let Some(file) = &block.file {
            fs::write(folder.path().join(file), &block.content).expect("a temporary folder is writable");
        } else if block.language == "sh" {
            printed = shell(folder.path(), &block.content, &place);
            commands += 1;
        } else if block.language == "text" {
            must_show(&block.content, &printed, &place);
            outputs += 1;
        }
    }
    (commands, outputs)
}

/// Runs commands; returns what they say, stderr and stdout one after the other.
fn shell(folder: &Path, script: &str, place: &str) -> String {
    let script = script.replace("cargo run --release -- ", "chainrule ");
    let lines: Vec<&str> = script.lines().filter(|line| !line.starts_with("cargo ")).collect();
    let program = Path::new(env!("CARGO_BIN_EXE_chainrule")).parent().expect("a program lies in a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(program.to_owned()).chain(std::env::split_paths(&path)));
    let output = Command::new("sh")
        .args(["-e", "-u", "-c", &lines.join("\n")])
        .current_dir(folder)
        .env("PATH", path.expect("a folder of the build has no ':' in its name"))
        .env_remove("OMP_NUM_THREADS")
        .output()
        .expect("there is a shell");
    let printed = text(&output.stderr) + &text(&output.stdout);
    assert!(output.status.success(), "{place}:\n{script}\n{printed}");
    printed
}

/// Checks that all lines of `shown` are among those `printed`, in their order.
fn must_show(shown: &str, printed: &str, place: &str) {
    let mut rest = printed.lines();
    for line in shown.lines().map(str::trim_end).filter(|line| !line.is_empty() && *line != "…") {
        assert!(
            rest.any(|found| is_like(line, found.trim_end())),
            "{place}: the program does not print\n{line}\nhere:\n{printed}"
        );
    }
}

/// Whether two lines say the same, but for digits that depend on the processor.
fn is_like(shown: &str, found: &str) -> bool {
    if shown.contains("rows/s") {
        return found.contains("rows/s");
    }
    let ((shown_words, shown_numbers), (found_words, found_numbers)) = (apart(shown), apart(found));
    shown_words == found_words
        && shown_numbers.len() == found_numbers.len()
        && shown_numbers.iter().zip(&found_numbers).all(|(a, b)| (a - b).abs() <= 0.25 * a.abs().max(0.04))
}

/// A line with its words on one side, blanks made equal, and its numbers with a decimal point on the other.
fn apart(line: &str) -> (Vec<String>, Vec<f64>) {
    let mut numbers = Vec::new();
    let words = line.split_whitespace().map(|word| {
        let number = word.trim_end_matches([',', ')']);
        match number.parse() {
            Ok(value) if number.contains('.') || value == 0.0 => {
                numbers.push(value);
                word.replace(number, "#")
            }
            _ => word.to_owned(),
        }
    });
    (words.collect(), numbers)
}

#[test]
fn the_readme_works_as_written() {
    let (commands, outputs) = work_through("README.md");
    assert!(commands >= 4 && outputs >= 3, "{commands} blocks of commands, {outputs} of output");
}

#[test]
fn numbers_are_compared_to_a_quarter_and_words_exactly() {
    assert!(is_like("  test  0.5  98.05 %", "  test  0.51  97.50 %"));
    assert!(!is_like("  test  0.5", "  test  0.7"));
    assert!(!is_like("  test  0.5", "  train  0.5"));
    assert!(!is_like("1797 rows", "1798 rows"));
    assert!(!is_like("a 0.5", "a 0.5 0.5"));
}
