//! The documentation, carried out: what it tells people to type works, and what it shows is what they see.
//!
//! Every Markdown page that tells what to type gets an empty folder, and its fenced blocks are worked through from the top:
//!
//! - a block whose first line names a file behind the language (as in ```` ```toml flats.toml ````) is written to that
//!   file;
//! - `sh` is run by the shell, with the program that was just built as `chainrule`; every command must succeed, but
//!   for ```` ```sh !65 ````, which must end with that exit code. `cargo run --release --` stands for `chainrule`;
//!   other lines that begin with `cargo` are left out;
//! - `text` is what the commands before it print: each line must be among theirs, in this order. Whole numbers are
//!   compared as they stand, others to a quarter, since their last digits depend on the processor. Lines with
//!   "rows/s" tell of time and are only looked for, and the number of threads is the machine's; `…` alone on a line
//!   leaves lines out;
//! - `text exact` shows lines as they are printed, but for blanks at their ends, and leaves none out without a `…`; empty
//!   lines do not count.
//!
//! On the pages in [`EXACT`] nothing is computed by hand: all output on them is exact, and every number with a decimal
//! point in their prose must have been printed, digit for digit but for its sign, by a command further up.
//!
//! Rust blocks are compiled and run as doctests of the library. The reference is compared with `--help` and with the
//! defaults, and every link to a file or a heading with what is there.

#![allow(clippy::format_push_string, reason = "a test has time")]

mod common;

use common::{chainrule, text};
use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// All pages with something to check.
const PAGES: [&str; 17] = [
    "README.md",
    "python/README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/README.md",
    "docs/gallery.md",
    "docs/guide/train.md",
    "docs/guide/explain.md",
    "docs/guide/long-runs.md",
    "docs/reference/cli.md",
    "docs/reference/run-file.md",
    "docs/reference/model-file.md",
    "docs/reference/errors.md",
    "docs/reference/faults.md",
    "docs/concepts/losses.md",
    "docs/concepts/backpropagation.md",
];

/// Pages on which every number is the program's.
const EXACT: [&str; 2] = ["docs/guide/explain.md", "docs/concepts/backpropagation.md"];

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
    /// The file that it shows, or `!` and an exit code, or `exact`.
    word: Option<String>,
    content: String,
    /// Where it begins.
    line: usize,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Block)> = None;
    for (line, text) in (1..).zip(page.lines()) {
        let (fence, info) = text.split_at(text.len() - text.trim_start_matches('`').len());
        match &mut open {
            // A longer fence may have shorter ones in it, which are then part of what it shows.
            Some((begin, _)) if fence.len() >= begin.len() && info.is_empty() => {
                blocks.extend(open.take().map(|(_, block)| block));
            }
            Some((_, block)) => block.content += &format!("{text}\n"),
            None if fence.len() >= 3 => {
                let mut words = info.split_whitespace().map(str::to_owned);
                let (language, word) = (words.next().unwrap_or_default(), words.next());
                open = Some((fence, Block { language, word, content: String::new(), line }));
            }
            None => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// Works through a page in an empty folder; returns how many blocks of commands and of output there were.
fn work_through(path: &str) -> (usize, usize) {
    work_through_in(path, TempDir::new().expect("a temporary folder").path())
}

/// Works through a page in a folder, which then has the files that its commands write.
fn work_through_in(path: &str, folder: &Path) -> (usize, usize) {
    let (mut printed, mut commands, mut outputs) = (String::new(), 0, 0);
    let mut numbers = Numbers::of(path);
    for Block { language, word, content, line } in blocks(&page(path)) {
        let place = format!("{path}, line {line}");
        match (language.as_str(), word) {
            ("sh", word) => {
                let code = word.map_or(0, |word| word[1..].parse().expect("an exit code behind '!'"));
                printed = shell(folder, &content, code, &place);
                numbers.must_be_printed_before(line);
                numbers.printed.extend(decimals(&printed));
                commands += 1;
            }
            ("text", Some(word)) if word == "exact" => {
                must_show_exactly(&content, &printed, &place);
                outputs += 1;
            }
            ("text", _) => {
                assert!(!EXACT.contains(&path), "{place}: the output on this page is exact");
                must_show(&content, &printed, &place);
                outputs += 1;
            }
            (_, Some(file)) => {
                fs::write(folder.join(file), &content).expect("a temporary folder is writable");
            }
            _ => {}
        }
    }
    numbers.must_be_printed_before(usize::MAX);
    (commands, outputs)
}

/// The numbers in the prose of a page, and those that its commands have printed so far.
struct Numbers {
    path: String,
    /// With the lines that they stand in.
    told: VecDeque<(usize, String)>,
    printed: BTreeSet<String>,
}

impl Numbers {
    /// The numbers of a page in [`EXACT`]; none of another.
    fn of(path: &str) -> Self {
        let content = if EXACT.contains(&path) { page(path) } else { String::new() };
        let blocks = blocks(&content);
        let is_shown = |line: usize| {
            blocks
                .iter()
                .any(|block| (block.line..=block.line + block.content.lines().count()).contains(&line))
        };
        let prose = (1..).zip(content.lines()).filter(|(line, _)| !is_shown(*line));
        let told =
            prose.flat_map(|(line, text)| decimals(text).into_iter().map(move |number| (line, number)));
        Self { path: path.to_owned(), told: told.collect(), printed: BTreeSet::new() }
    }

    /// Checks the prose above a line of the page.
    fn must_be_printed_before(&mut self, end: usize) {
        while let Some((line, number)) = self.told.pop_front_if(|(line, _)| *line < end) {
            assert!(
                self.printed.contains(&number),
                "{}, line {line}: nothing has printed {number}",
                self.path
            );
        }
    }
}

/// The numbers with a decimal point in a text, without their signs.
fn decimals(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (mut numbers, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let mut end = digits(at);
        if end > at && bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
            if bytes.get(end) == Some(&b'e') && digits(end + 1 + sign) > end + 1 + sign {
                end = digits(end + 1 + sign);
            }
            numbers.push(text[at..end].to_owned());
        }
        at = end.max(at + 1);
    }
    numbers
}

/// Runs commands that end with an exit code; returns what they say, stderr and stdout one after the other.
fn shell(folder: &Path, script: &str, code: i32, place: &str) -> String {
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
    assert_eq!(output.status.code(), Some(code), "{place}:\n{script}\n{printed}");
    printed
}

/// Checks that all lines of `shown` are among those `printed`, in their order.
fn must_show(shown: &str, printed: &str, place: &str) {
    let mut rest = printed.lines();
    for line in shown.lines().map(str::trim_end).filter(|line| !line.is_empty() && *line != "…") {
        assert!(
            rest.any(|found| is_like(line, found)),
            "{place}: the program does not print\n{line}\nhere:\n{printed}"
        );
    }
}

/// Checks that what is `shown` is in `printed`, line by line, and that nothing is left out but where `…` says so.
fn must_show_exactly(shown: &str, printed: &str, place: &str) {
    let lines = |text: &'_ str| -> Vec<String> {
        text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let (shown, printed) = (lines(shown), lines(printed));
    let mut rest = &printed[..];
    for part in shown.split(|line| line == "…").filter(|part| !part.is_empty()) {
        let found = rest.windows(part.len()).position(|lines| lines == part);
        let found = found.unwrap_or_else(|| {
            panic!("{place}: the program does not print\n{}\nhere:\n{}", part.join("\n"), rest.join("\n"))
        });
        rest = &rest[found + part.len()..];
    }
}

/// Whether two lines say the same, but for digits that depend on the processor.
fn is_like(shown: &str, found: &str) -> bool {
    if shown.contains("rows/s") {
        return found.contains("rows/s");
    }
    if let Some((before, _)) = shown.rsplit_once(" at step") {
        return found.starts_with(before);
    }
    let (shown, found) = (without_threads(shown), without_threads(found));
    let ((shown_words, shown_numbers), (found_words, found_numbers)) = (apart(shown), apart(found));
    shown_words == found_words
        && shown_numbers.len() == found_numbers.len()
        && shown_numbers.iter().zip(&found_numbers).all(|(a, b)| (a - b).abs() <= 0.25 * a.abs().max(0.04))
}

/// A line without the number of threads at its end, which is that of the machine.
fn without_threads(line: &str) -> &str {
    let line = line.trim_end();
    line.strip_suffix(" threads")
        .or(line.strip_suffix(" thread"))
        .map_or(line, |line| line.trim_end_matches(|c: char| c.is_ascii_digit()))
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
fn the_guide_works_as_written() {
    let (commands, outputs) = work_through("docs/guide/train.md");
    assert!(commands >= 7 && outputs >= 6, "{commands} blocks of commands, {outputs} of output");
}

#[test]
fn the_guide_to_derivations_works_as_written() {
    let (commands, outputs) = work_through("docs/guide/explain.md");
    assert!(commands >= 10 && outputs >= 8, "{commands} blocks of commands, {outputs} of output");
}

#[test]
fn backpropagation_is_what_the_program_prints() {
    let (commands, outputs) = work_through("docs/concepts/backpropagation.md");
    assert!(commands >= 6 && outputs >= 12, "{commands} blocks of commands, {outputs} of output");
}

/// The same training gives the same bits everywhere, and the same numbers the same picture.
#[test]
fn the_gallery_shows_what_its_commands_draw() {
    let folder = TempDir::new().expect("a temporary folder");
    work_through_in("docs/gallery.md", folder.path());
    let gallery = page("docs/gallery.md");
    let links = gallery.split("](gallery/").skip(1).filter_map(|rest| rest.split_once(')'));
    let pictures: BTreeSet<&str> = links.map(|(name, _)| name).collect();
    assert!(pictures.len() >= 4, "{pictures:?}");
    for name in pictures {
        let drawn = fs::read(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let stored = root().join("docs/gallery").join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&stored, &drawn).expect("the repository is writable");
        }
        let is_current = fs::read(&stored).is_ok_and(|stored| stored == drawn);
        assert!(
            is_current,
            "{name} has changed; UPDATE_DOCS=1 cargo test -p chainrule-cli --test readme, and look at it"
        );
    }
}

#[test]
fn exact_lines_are_equal_and_follow_each_other() {
    let printed = "a 0.5\n\nb 0.25\nc\n";
    must_show_exactly("a 0.5\nb 0.25  \n…\nc\n", printed, "here");
    for other in ["a 0.50", "a 0.5\nc", "c\n…\nb 0.25", " c"] {
        assert!(std::panic::catch_unwind(|| must_show_exactly(other, printed, "here")).is_err(), "{other}");
    }
}

#[test]
fn decimals_are_found_in_formulas_and_beside_signs() {
    assert_eq!(decimals("δ = (−0.22)·0.5, z=-1.1; 3 in 4."), ["0.22", "0.5", "1.1"]);
    assert_eq!(decimals("`0.1` 4.4e-12 [0.2,0.30] www.x.y"), ["0.1", "4.4e-12", "0.2", "0.30"]);
    assert_eq!(decimals("1-0.5 w0.7x 2.5e 1."), ["0.5", "0.7", "2.5"]);
}

#[test]
fn numbers_are_compared_to_a_quarter_and_words_exactly() {
    assert!(is_like("  test  0.5  98.05 %", "  test  0.51  97.50 %"));
    assert!(!is_like("  test  0.5", "  test  0.7"));
    assert!(!is_like("  test  0.5", "  train  0.5"));
    assert!(!is_like("1797 rows", "1798 rows"));
    assert!(!is_like("a 0.5", "a 0.5 0.5"));
    assert!(is_like("f32, 2 threads", "f32, 16 threads"));
    assert!(!is_like("f32, 2 threads", "f64, 2 threads"));
}

/// One option of `--help`, as a row of the reference.
struct HelpOption {
    names: String,
    words: String,
}

/// The options that a command's help lists, under their headings.
fn options_of(command: &str) -> Vec<(String, Vec<HelpOption>)> {
    let output = chainrule().args(command.split(' ').chain(["--help"])).output().expect("the program starts");
    let mut groups: Vec<(String, Vec<HelpOption>)> = Vec::new();
    for line in text(&output.stdout).lines() {
        let trimmed = line.trim_start();
        let heading = line.strip_suffix(':').filter(|_| !line.starts_with(' '));
        match (heading, groups.last_mut()) {
            (Some(heading), _) => groups.push((heading.to_owned(), Vec::new())),
            (None, Some((_, options))) if trimmed.starts_with('-') => {
                let (names, words) = trimmed.split_once("  ").unwrap_or((trimmed, ""));
                options.push(HelpOption { names: names.to_owned(), words: words.trim().to_owned() });
            }
            (None, Some((_, options))) => {
                if let (Some(option), false) = (options.last_mut(), trimmed.is_empty()) {
                    option.words += &format!(" {trimmed}");
                }
            }
            _ => {}
        }
    }
    groups.retain(|(_, options)| !options.is_empty());
    groups
}

/// The options of a command as tables of Markdown.
fn tables_of(command: &str) -> String {
    let cell = |text: &str| text.trim().replace('|', "\\|");
    let mut tables = String::new();
    for (heading, options) in options_of(command) {
        tables += &format!("\n**{heading}**\n\n| option | what it does | default |\n|---|---|---|\n");
        for HelpOption { names, words } in options {
            let (words, default) = match words.split_once("[default: ") {
                Some((before, rest)) => {
                    let (default, after) = rest.split_once(']').expect("a bracket is closed");
                    (format!("{}{after}", before.trim_end()), default.to_owned())
                }
                None => (words, String::new()),
            };
            tables += &format!("| `{}` | {} | {} |\n", cell(&names), cell(&words), cell(&default));
        }
    }
    tables
}

#[test]
fn the_reference_of_the_command_line_is_what_help_says() {
    let path = root().join("docs/reference/cli.md");
    let mut reference = page("docs/reference/cli.md");
    let commands = [
        "train",
        "predict",
        "evaluate",
        "inspect",
        "explain",
        "check",
        "gradcheck",
        "plot curves",
        "plot surface",
        "plot confusion",
        "plot residuals",
        "plot gradients",
        "plot regions",
        "plot network",
        "plot weights",
        "plot slice",
        "plot descent",
        "export",
        "bench",
    ];
    for command in commands {
        let (begin, end) = (format!("<!-- options of {command} -->\n"), "\n<!-- end -->");
        let from = reference.find(&begin).unwrap_or_else(|| panic!("no '{begin}'")) + begin.len();
        let to = from + reference[from..].find(end).expect("the tables have an end");
        reference.replace_range(from..to, &tables_of(command));
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &reference).expect("the repository is writable");
    }
    let is_current = reference == page("docs/reference/cli.md");
    assert!(is_current, "the options have changed; UPDATE_DOCS=1 cargo test -p chainrule-cli --test readme");
}

#[test]
fn the_complete_run_file_of_the_reference_is_that_of_the_program() {
    let reference = blocks(&page("docs/reference/run-file.md"));
    let defaults = fs::read_to_string(root().join("crates/chainrule-cli/src/settings/defaults.toml"));
    let complete = reference.iter().find(|block| block.language == "toml").expect("a block of TOML");
    assert_eq!(complete.content.trim(), defaults.expect("the defaults").trim());
}

#[test]
fn every_run_file_of_the_reference_is_accepted() {
    let folder = TempDir::new().expect("a temporary folder");
    let reference = blocks(&page("docs/reference/run-file.md"));
    let run_files: Vec<&Block> = reference.iter().filter(|block| block.language == "toml").collect();
    assert!(run_files.len() >= 2);
    for block in run_files {
        fs::write(folder.path().join("run.toml"), &block.content).expect("a temporary folder is writable");
        let mut command = chainrule();
        command.current_dir(folder.path()).args(["train", "run.toml", "--print-config"]).assert().success();
    }
}

/// The heading as a link names it: in small letters, blanks as hyphens, without signs.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | ' ' | '_');
    heading.trim().to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for path in PAGES {
        let content = page(path);
        for target in content.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(to, _)| to) {
            if target.starts_with("http") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let folder = root().join(path).parent().expect("a page lies in a folder").to_owned();
            let file = if file.is_empty() { root().join(path) } else { folder.join(file) };
            assert!(file.exists(), "{path}: there is no {target}");
            if !heading.is_empty() {
                let content = fs::read_to_string(&file).expect("a page");
                let mut headings = content.lines().filter(|line| line.starts_with('#'));
                let is_there = headings.any(|line| anchor(line.trim_start_matches('#')) == heading);
                assert!(is_there, "{path}: there is no heading for {target}");
            }
            links += 1;
        }
    }
    assert!(links > 20, "only {links} links");
}
