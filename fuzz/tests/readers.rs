//! Every target: over its corpus under `cargo test`, over what libFuzzer thinks of under `cargo xtask fuzz`.
//!
//! The memory that a reader takes is counted for every input, so that a length that a file makes up is found even where the
//! system hands out memory that nobody touches.

#[path = "../../crates/chainrule/tests/held/mod.rs"]
mod held;

use std::path::Path;

use held::{assert_that_bytes_count, most_held};

/// The most that any small file may make a reader hold.
const BOUND: usize = 64 << 20;

/// Set by `cargo xtask fuzz`, for libFuzzer.
const FUZZING: &str = "BOLERO_LIBFUZZER_ARGS";

macro_rules! targets {
    ($($name:ident),+) => {
        $(#[test]
        fn $name() {
            let bounded = |bytes: &[u8]| {
                let ((), most) = most_held(|| chainrule_fuzz::$name(bytes));
                assert!(most <= BOUND, "{most} bytes of memory for {} bytes", bytes.len());
            };
            if std::env::var_os(FUZZING).is_none() {
                return replay(stringify!($name), bounded);
            }
            bolero::check!(name = stringify!($name)).for_each(bounded);
        })+
    };
}

targets!(csv, npy, idx, gzip, parquet, model, checkpoint, run_file, derivation, predict);

/// Hands a target every file of its corpus.
fn replay(name: &str, target: impl Fn(&[u8])) {
    assert_that_bytes_count();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|file| file.expect("an entry of the corpus").path()).collect();
    paths.sort();
    assert!(paths.len() >= 2, "{} has no corpus", folder.display());
    for path in paths {
        let bytes = std::fs::read(&path).expect("a file of the corpus");
        // A test that fails shows the last line.
        println!("{name}: {}", path.display());
        target(&bytes);
    }
}
