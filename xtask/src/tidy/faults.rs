//! The list of faults (docs/reference/faults.md) against the tests that bear their numbers.
//!
//! A test of fault T3 is a function whose name begins with `t3_`, or `test_t3_` in Python; one that shows several has all of
//! their numbers in front. Each row of the list names the files that its tests are in.

use super::Hit;
use super::source::{Tree, extension};
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = "docs/reference/faults.md";
/// The letters that numbers of faults begin with: durability, hostile files, tables, numerics, memory.
const LETTERS: &str = "dhtnm";

/// Rows without a test, files named in a row that have no test of it, and tests of faults that are not in the list.
pub(super) fn tested(tree: &Tree) -> Vec<Hit> {
    let Some((_, page)) = tree.texts.iter().find(|(path, _)| path == PAGE) else { return Vec::new() };
    let tests = tests(tree);
    let hit = |line: usize, found: String| Hit { file: PAGE.into(), line: line + 1, found };
    let mut hits = Vec::new();
    let mut listed = BTreeSet::new();
    for (index, fault, files) in rows(page) {
        listed.insert(fault.to_lowercase());
        let with_tests = tests.get(&fault.to_lowercase());
        if files.is_empty() {
            hits.push(hit(index, format!("{fault} names no file")));
        }
        for file in files.iter().filter(|file| !with_tests.is_some_and(|with| with.contains(**file))) {
            hits.push(hit(index, format!("no test of {fault} in {file}")));
        }
    }
    for (fault, files) in tests.iter().filter(|(fault, _)| !listed.contains(*fault)) {
        let files: Vec<&str> = files.iter().copied().collect();
        hits.push(hit(
            0,
            format!("no row for {}, of which there are tests in {}", fault.to_uppercase(), files.join(", ")),
        ));
    }
    hits
}

/// The rows of all tables: line, number of the fault, files in the last column.
fn rows(page: &str) -> Vec<(usize, &str, Vec<&str>)> {
    let mut rows = Vec::new();
    for (index, line) in page.lines().enumerate() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let is_fault = cells.first().is_some_and(|cell| number(&cell.to_lowercase()).is_some());
        if let (true, Some(files)) = (is_fault && line.starts_with('|'), cells.last()) {
            // Every second piece between back-ticks is a name.
            rows.push((index, cells[0], files.split('`').skip(1).step_by(2).collect()));
        }
    }
    rows
}

/// The faults that tests are named after, each with the files that have them.
fn tests(tree: &Tree) -> BTreeMap<String, BTreeSet<&str>> {
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (path, text) in tree.texts.iter().filter(|(path, _)| matches!(extension(path), "rs" | "py")) {
        for line in text.lines() {
            let line = line.trim_start();
            let name = line.strip_prefix("fn ").or_else(|| line.strip_prefix("def test_")).unwrap_or("");
            for fault in name.split('_').map_while(number) {
                found.entry(fault.to_owned()).or_default().insert(path);
            }
        }
    }
    found
}

/// The number of a fault, if a text is one: a letter and digits.
fn number(text: &str) -> Option<&str> {
    let (letter, digits) = text.split_at_checked(1)?;
    let is_number =
        LETTERS.contains(letter) && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(page: &str, rust: &str, python: &str) -> Vec<String> {
        let tree = Tree::of(&[(PAGE, page), ("crates/a.rs", rust), ("python/b.py", python)]);
        tested(&tree).into_iter().map(|hit| hit.found).collect()
    }

    const PAGE_OF_TWO: &str = "| | fault | tests in |\n|---|---|---|\n| T3 | ragged row | `crates/a.rs` |\n\
                               | D1 | kill | `crates/a.rs` `python/b.py` |\n";

    #[test]
    fn rows_with_their_tests_are_fine() {
        let rust = "#[test]\nfn t3_d1_both() {}\nfn helper_d9() {}\nfn number() {}";
        assert!(hits(PAGE_OF_TWO, rust, "def test_d1_kill(tmp_path):\n    pass").is_empty());
    }

    #[test]
    fn rows_without_tests_and_tests_without_rows_are_found() {
        let found = hits(PAGE_OF_TWO, "#[test]\nfn d1_kill() {}\nfn m1_big() {}", "");
        let expected = [
            "no test of T3 in crates/a.rs",
            "no test of D1 in python/b.py",
            "no row for M1, of which there are tests in crates/a.rs",
        ];
        assert_eq!(found, expected);
        assert_eq!(hits("| T1 | empty | nowhere |", "fn t1_empty() {}", ""), ["T1 names no file"]);
    }
}
