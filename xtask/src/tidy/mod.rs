//! `cargo xtask tidy`: the repository checks its own rules.
//!
//! What can be checked by reading is checked here rather than asked for in reviews. A rule is a row of [`RULES`]: what is
//! expected, why, and a function that finds the places where it is otherwise. The functions read text, with comments and
//! literals blanked out ([`source`]); they know no types, so each errs on the side of finding nothing. To add a rule, write
//! such a function with a good and a bad sample as its test, and add a row.

mod arrows;
mod faults;
mod house;
mod numbers;
mod places;
mod size;
mod source;
mod unsafe_code;

use crate::libtest::Tally;
use crate::process::{Project, Result};
use crate::test::Outcome;
use source::{File, Tree};

/// A place where a rule is broken.
#[derive(Clone, Debug, PartialEq)]
struct Hit {
    file: String,
    line: usize,
    found: String,
}

impl Hit {
    /// In a Rust file; `index` counts lines from 0.
    fn at(file: &File, index: usize, found: impl Into<String>) -> Self {
        Self { file: file.path.clone(), line: index + 1, found: found.into() }
    }
}

struct Rule {
    expected: &'static str,
    why: &'static str,
    find: fn(&Tree) -> Vec<Hit>,
}

const RULES: &[Rule] = &[
    Rule {
        expected: "a crate depends only on crates that stand before it (CRATES in xtask/src/tidy/arrows.rs)",
        why: "one direction keeps the kernels free of networks, and the library free of the terminal",
        find: arrows::between_crates,
    },
    Rule {
        expected: "a module imports only from modules above it (MODULES in xtask/src/tidy/arrows.rs)",
        why: "the tree then reads in the order in which data flows, and a module is understood without those below it",
        find: arrows::between_modules,
    },
    Rule {
        expected: "`#![forbid(unsafe_code)]` in the root of every crate but kernels, cuda, mpi and python",
        why: "memory safety is then a question about a few files",
        find: unsafe_code::forbidden,
    },
    Rule {
        expected: "a comment `// SAFETY:` (or `# Safety` in the docs of an unsafe function) directly above",
        why: "the argument belongs where the next editor sees it",
        find: unsafe_code::argued,
    },
    Rule {
        expected: "at most 400 lines before the tests (kernels: 600)",
        why: "a file is one thought; a second one deserves a name of its own",
        find: size::of_files,
    },
    Rule {
        expected: "functions of at most 60 lines (kernels excepted)",
        why: "one that fits the screen is read as a whole; most here have under 20",
        find: size::of_functions,
    },
    Rule {
        expected: "no `unwrap`, `todo` or `unimplemented`; `expect` only under a comment `// Cannot fail: …` or with `# Panics` docs",
        why: "what a user or a file can cause is an error with a place and a hint, never a panic",
        find: house::panics,
    },
    Rule {
        expected: "the library prints nothing, and asks neither the clock nor the network",
        why: "it runs in other people's programs and in a browser; the clock is a function in the configuration",
        find: house::side_effects,
    },
    Rule {
        expected: "files are touched in files, data, model and checkpoints only",
        why: "all else works on readers and memory, and so anywhere",
        find: house::files,
    },
    Rule {
        expected: "no bool parameter in a public function",
        why: "`fit(&data, true)` says nothing at the call; an enum of two does",
        find: house::bool_parameters,
    },
    Rule {
        expected: "a first line that begins with `//!`",
        why: "a file opens by saying what it is for and which decision it embodies",
        find: house::essays,
    },
    Rule {
        expected: "`#[ignore = \"reason\"]`",
        why: "a test that is silently off is worse than none",
        find: house::ignored_tests,
    },
    Rule {
        expected: "no iteration over a HashMap or HashSet; take a BTreeMap, or a Vec",
        why: "its order differs from run to run, and the same seed must give the same bits",
        find: numbers::hash_order,
    },
    Rule {
        expected: "data in testdata/ named in a script (or README.md) beside or above it",
        why: "a number that nobody can make again cannot be trusted or corrected",
        find: numbers::test_data,
    },
    Rule {
        expected: "a named test for every row of docs/reference/faults.md, in the files that it names, and a row for every number",
        why: "a promise about a fault is worth as much as the test that makes it happen",
        find: faults::tested,
    },
    Rule {
        expected: "no absolute path of somebody's machine",
        why: "it works there only",
        find: places::absolute_paths,
    },
    Rule {
        expected: "no host of a package registry",
        why: "people have mirrors; the clients know where to ask",
        find: places::registries,
    },
];

/// For the command line: prints the findings; whether there are none.
pub(crate) fn run(project: &Project) -> Result<bool> {
    Ok(print_findings(project)? == 0)
}

/// The stage of `cargo xtask test`.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    Ok(match print_findings(project)? {
        0 => Outcome::new(Tally::PASSED, ""),
        count => Outcome::new(Tally::FAILED, format!("{count} findings, see above")),
    })
}

fn print_findings(project: &Project) -> Result<usize> {
    let tree = read(project)?;
    let mut count = 0;
    for rule in RULES {
        for hit in (rule.find)(&tree) {
            eprintln!("{}:{}: {}", hit.file, hit.line, hit.found);
            eprintln!("    expected: {}\n    why: {}", rule.expected, rule.why);
            count += 1;
        }
    }
    let (rules, files) = (RULES.len(), tree.texts.len());
    eprintln!("tidy: {rules} rules, {files} files, {count} findings");
    Ok(count)
}

/// Every file that git tracks or would track.
fn read(project: &Project) -> Result<Tree> {
    let mut tree = Tree::default();
    for path in project.files()? {
        match std::fs::read(project.root.join(&path)) {
            Ok(bytes) => tree.add(&path, String::from_utf8(bytes).ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {} // deleted, and not yet committed
            Err(error) => return Err(format!("cannot read {path}: {error}")),
        }
    }
    Ok(tree)
}
