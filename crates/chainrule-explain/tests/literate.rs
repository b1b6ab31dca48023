//! Derivations as they are read: every page of `testdata/explain` has steps in `toml` blocks, and behind each the text
//! that it must give.
//!
//! A ```` ```text ```` block may name forms and a number of digits (```` ```text matrix,tensor 4 ````). With
//! `UPDATE_LITERATE=1` the blocks are written anew; then read `git diff` as a reader would.

use std::fs;
use std::path::{Path, PathBuf};

use chainrule_explain::{Example, Form, Options, explain_step, render};

/// A page after its last fence.
struct Page {
    text: String,
    /// The step of the last `toml` block.
    example: Option<String>,
    n_blocks: usize,
}

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/explain");
    let mut pages: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

/// The text that the words behind `text` ask for.
fn derived(example: &str, words: &str, place: &str) -> String {
    let example = Example::parse(example, place).unwrap_or_else(|error| panic!("{error}"));
    let mut options = Options { conventions: example.conventions, ..Options::default() };
    let mut digits = render::number::DIGITS;
    for word in words.split_whitespace() {
        if let Ok(number) = word.parse() {
            digits = number;
        } else {
            let is_named = |form: &Form| word.split(',').any(|name| name == form.name());
            options.forms = Form::ALL.into_iter().filter(is_named).collect();
        }
    }
    let derivation = explain_step(&example.step, &options).unwrap_or_else(|error| panic!("{place}: {error}"));
    assert_eq!(derivation.verification.first_difference(), None, "{place}");
    render::text::render(&derivation, digits)
}

/// The page as it must be.
fn remade(page: &str, place: &str) -> Page {
    let mut made = Page { text: String::new(), example: None, n_blocks: 0 };
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        made.text.extend([line, "\n"]);
        let Some(language) = line.strip_prefix("```").filter(|language| !language.is_empty()) else {
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if let Some(words) = language.strip_prefix("text") {
            let example = made.example.as_ref().unwrap_or_else(|| panic!("{place}: no step before the text"));
            made.text += &derived(example, words, place);
            made.n_blocks += 1;
        } else {
            let block = block.join("\n") + "\n";
            made.text += &block;
            made.example = Some(block);
        }
        made.text += "```\n";
    }
    made
}

#[test]
fn every_page_reads_as_the_program_writes_it() {
    let pages = pages();
    assert!(pages.len() >= 6, "{pages:?}");
    for path in pages {
        let page = fs::read_to_string(&path).expect("a page of text");
        let place = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let made = remade(&page, &place);
        assert!(made.n_blocks > 0, "{place} shows nothing");
        if std::env::var_os("UPDATE_LITERATE").is_some() {
            fs::write(&path, made.text).expect("a page that can be written");
            continue;
        }
        for (i, (is, must)) in (1..).zip(page.lines().zip(made.text.lines())) {
            assert_eq!(is, must, "{place}, line {i}; UPDATE_LITERATE=1 writes it anew");
        }
        assert_eq!(page.lines().count(), made.text.lines().count(), "{place}");
    }
}
