//! Reads what `cargo test -- --show-output` prints: counts, skipped tests, and which binary took how long.
//!
//! A Rust test cannot say at run time that it was skipped. Here a test that lacks what it needs prints one line that
//! begins with `SKIPPED: ` and returns; the harness captures that line, and with `--show-output` prints it under the
//! test's name. Such a test is counted as skipped, not as passed. The rest of what passing tests print is left out.

/// How many tests or stages ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Tally {
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    pub(crate) const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// One test binary, or the doc tests of one crate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Binary {
    pub(crate) name: String,
    pub(crate) tally: Tally,
    pub(crate) seconds: f64,
}

/// Takes the output line by line.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// What has ended so far.
    pub(crate) binaries: Vec<Binary>,
    /// The skipped tests with what they said.
    pub(crate) skipped: Vec<String>,
    running: String,
    in_successes: bool,
    test: String,
    skipped_in_binary: usize,
}

impl Reader {
    /// Takes a line; the line to show to a person, if any.
    pub(crate) fn take(&mut self, line: &str) -> Option<String> {
        if let Some(name) = binary_name(line) {
            self.running = name;
            return Some(line.to_owned());
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            self.end_binary(result);
            return Some(line.to_owned());
        }
        match line {
            "successes:" => self.in_successes = true,
            "failures:" => self.in_successes = false,
            _ if self.in_successes => return self.take_success(line),
            _ => return Some(line.to_owned()),
        }
        (!self.in_successes).then(|| line.to_owned())
    }

    /// The sum over everything that ended.
    pub(crate) fn total(&self) -> Tally {
        let mut total = Tally::default();
        for binary in &self.binaries {
            total.add(binary.tally);
        }
        total
    }

    /// A line of what a passing test printed.
    fn take_success(&mut self, line: &str) -> Option<String> {
        if let Some(name) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            name.clone_into(&mut self.test);
        } else if line.starts_with("SKIPPED: ") && !self.test.is_empty() {
            let shown = format!("test {} ... {line}", std::mem::take(&mut self.test)); // counted once
            self.skipped_in_binary += 1;
            self.skipped.push(shown.clone());
            return Some(shown);
        }
        None
    }

    /// `ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.52s`.
    fn end_binary(&mut self, result: &str) {
        let number = |what: &str| {
            let words: Vec<&str> = result.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
            let place = words.iter().position(|word| *word == what)?;
            words.get(place.checked_sub(1)?)?.parse::<usize>().ok()
        };
        let count = |what| number(what).unwrap_or(0);
        let skipped = std::mem::take(&mut self.skipped_in_binary);
        let tally = Tally {
            passed: count("passed").saturating_sub(skipped),
            failed: count("failed"),
            skipped: count("ignored") + skipped,
        };
        let seconds =
            result.rsplit_once("finished in ").and_then(|(_, rest)| rest.trim_end_matches('s').parse().ok());
        self.binaries.push(Binary { name: self.running.clone(), tally, seconds: seconds.unwrap_or(0.0) });
        self.in_successes = false;
        self.test.clear();
    }
}

/// `     Running unittests src/lib.rs (target/debug/deps/chainrule-0f1e)` or `   Doc-tests chainrule`.
fn binary_name(line: &str) -> Option<String> {
    let line = line.trim_start();
    if let Some(name) = line.strip_prefix("Doc-tests ") {
        return Some(format!("{name} (doc tests)"));
    }
    let (source, file) = line.strip_prefix("Running ")?.strip_suffix(')')?.split_once(" (")?;
    let stem = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let name = stem.rsplit_once('-').map_or(stem, |(name, _)| name);
    Some(format!("{name} ({})", source.trim_start_matches("unittests ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str) -> (Reader, Vec<String>) {
        let mut reader = Reader::default();
        let shown = output.lines().filter_map(|line| reader.take(line)).collect();
        (reader, shown)
    }

    const OUTPUT: &str = "     Running unittests src/lib.rs (target/debug/deps/chainrule_cli-0f1e2d)

running 3 tests
test a ... ok
test b ... ok
test c ... ignored, too large

successes:

---- a stdout ----
SKIPPED: needs CHAINRULE_DATA
SKIPPED: needs CHAINRULE_DATA

---- b stdout ----
chatter


successes:
    a
    b

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.52s

   Doc-tests chainrule

running 2 tests

failures:

---- x stdout ----
SKIPPED: not really, it failed

failures:
    x

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.25s
";

    #[test]
    fn counts_are_the_sums_over_binaries_and_a_skipped_test_counts_once() {
        let (reader, _) = read(OUTPUT);
        assert_eq!(reader.total(), Tally { passed: 2, failed: 1, skipped: 2 });
        assert_eq!(reader.skipped, ["test a ... SKIPPED: needs CHAINRULE_DATA"]);
        assert_eq!(reader.binaries[0].name, "chainrule_cli (src/lib.rs)");
        assert_eq!(reader.binaries[1].name, "chainrule (doc tests)");
        assert_eq!((reader.binaries[0].seconds, reader.binaries[1].seconds), (0.52, 1.25));
    }

    #[test]
    fn what_passing_tests_print_is_left_out_and_what_failing_tests_print_is_shown() {
        let (_, shown) = read(OUTPUT);
        let shown = shown.join("\n");
        assert!(!shown.contains("chatter"), "{shown}");
        assert!(shown.contains("test a ... SKIPPED: needs CHAINRULE_DATA"), "{shown}");
        assert!(shown.contains("SKIPPED: not really, it failed"), "{shown}");
        assert!(shown.contains("test c ... ignored, too large"), "{shown}");
    }
}
