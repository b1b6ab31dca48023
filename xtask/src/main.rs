//! The project's own tasks: `cargo xtask TASK`.
//!
//! Everything that a contributor or CI does to this repository is a task here, so that it is written in one language,
//! is tested like other code, and is the same on every machine. CI runs `cargo xtask test` and nothing else. What
//! takes longer than CI has patience for (`results`, `bench`, `benchsuite`, `goldens`) is a task of its own, run by hand, and what it
//! writes is committed.
#![forbid(unsafe_code)]

mod aarch64;
mod bench;
mod benchsuite;
mod deny;
mod fuzz;
mod goldens;
mod libtest;
mod machine_code;
mod process;
mod python;
mod results;
mod sanitizer;
mod system;
mod test;
mod tidy;
mod toolchain;
mod wasm;

use process::Project;
use std::process::ExitCode;

const HELP: &str = "\
The project's own tasks.

    cargo xtask test [STAGE…]     every test there is: packages, format, tidy, deny, clippy, build, tests, asan,
                                  machine-code, python, docs, aarch64, wasm32, benchsuite; ends with the counts
    cargo xtask check             the quick ones of these: format, tidy, clippy
    cargo xtask tidy              the repository's own rules alone, in a second
    cargo xtask asan              the tests of kernels and training under AddressSanitizer
    cargo xtask machine-code      whether the loops of the micro-kernels keep their sums in registers
    cargo xtask fuzz TARGET…      drives readers of files towards what no test reaches (by hand; --seconds N, --minimise)
    cargo xtask goldens [NAME…]   re-makes the values from other programs in testdata/ by their scripts (by hand)
    cargo xtask results [NAME…]   trains on the real data sets and rewrites docs/results.md (by hand, takes hours)
    cargo xtask results --list    names the experiments
    cargo xtask results --render  rewrites docs/results.md from the committed records, without training
    cargo xtask bench [ARGS…]     the criterion benchmarks of the library (by hand)
    cargo xtask benchsuite [ARGS…]  our training speed beside that of other programs (by hand; --help)
    cargo xtask help              this text

Environment:
    CHAINRULE_DATA   folder of the real data sets; where it is not set, ../shared/data if there is one.
                     Tests that need it say so and count as skipped.
    CI               `true`: installs missing system packages (so does root), builds without incremental files
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = Project::locate().and_then(|project| match arguments.as_slice() {
        ["test", stages @ ..] => test::run(&project, stages),
        ["check"] => test::run(&project, test::QUICK),
        ["tidy"] => tidy::run(&project),
        ["asan"] => sanitizer::run(&project),
        ["machine-code"] => machine_code::run(&project),
        ["fuzz", rest @ ..] => fuzz::run(&project, rest),
        ["goldens", names @ ..] => goldens::run(&project, names),
        ["results", rest @ ..] => results::run(&project, rest),
        ["bench", rest @ ..] => bench::run(&project, rest),
        ["benchsuite", rest @ ..] => benchsuite::run(&project, rest),
        ["help" | "--help" | "-h"] | [] => {
            print!("{HELP}");
            Ok(true)
        }
        other => Err(format!("`cargo xtask {}`: no such task\n\n{HELP}", other.join(" "))),
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}
