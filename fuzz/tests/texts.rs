//! H6 and its kin: texts that people type in, hostile ones; an error that says what is wrong, at most 64 MiB held.

#[path = "../../crates/chainrule/tests/held/mod.rs"]
mod held;

use chainrule_cli::check_run_file;
use chainrule_explain::{Prose, Worked};
use held::{assert_that_bytes_count, most_held};

/// What no text may make a reader hold.
const BOUND: usize = 64 << 20;

/// The error of a run file that must have one.
fn refused(text: &[u8]) -> String {
    assert_that_bytes_count();
    let (checked, most) = most_held(|| check_run_file(text, "run.toml"));
    assert!(most <= BOUND, "{most} bytes of memory for {}", text.len());
    let message = checked.expect_err("a run file to refuse");
    assert!(message.starts_with("error:"), "{message:.200}");
    message
}

#[test]
fn h6_unknown_keys_have_their_nearest_known_one() {
    assert!(refused(b"[network]\nhiden = [3]\n").contains("did you mean 'hidden'?"));
    assert!(refused(b"[netwrk]\nhidden = [3]\n").contains("did you mean 'network'?"));
}

#[test]
fn h6_wrong_types_negative_and_huge_numbers() {
    for line in [
        "[training]\nepochs = \"many\"",
        "[training]\nepochs = -3",
        "[training]\nepochs = 1e300",
        "[training]\nseed = 99999999999999999999",
        "[network]\nhidden = [9223372036854775808]",
        "[network]\nhidden = { a = 1 }",
        "[optimizer]\nlearning_rate = inf",
        "[optimizer]\nlearning_rate = -0.1",
        "[data]\nvalidation = 1e999",
    ] {
        assert!(refused(line.as_bytes()).contains("run.toml:2:"), "{line}");
    }
}

#[test]
fn h6_nul_in_a_path_and_bytes_that_are_no_text() {
    assert!(refused(b"[data]\npath = \"a\\u0000b\"\n").contains("run.toml:2:"));
    assert!(refused(b"[data]\npath = \"\xff\"\n").contains("line 2"));
}

#[test]
fn h6_brackets_without_end() {
    for bracket in ["[", "{a=", "[[", "{", "a.", "\"\"\""] {
        refused(format!("x = {}", bracket.repeat(100_000)).as_bytes());
        refused(bracket.repeat(100_000).as_bytes());
    }
}

#[test]
fn h6_keys_and_lists_that_fill_the_largest_file() {
    let keys = (0..40_000).fold(String::new(), |keys, k| keys + &format!("k{k} = 1\n"));
    refused(keys.as_bytes());
    refused(format!("[network]\nhidden = [{}]", "0,".repeat(200_000)).as_bytes());
}

#[test]
fn a_step_by_hand_with_brackets_without_end_is_an_error() {
    assert_that_bytes_count();
    for bracket in ["[", "{a=", "[[layers]]\n", "a."] {
        let text = format!("x = {}", bracket.repeat(50_000));
        let markdown = format!("```toml\n[[layers]]\n{text}\n```\n");
        let (errors, most) = most_held(|| {
            [
                Worked::parse(&text, "file").is_err(),
                Prose::from_markdown(&markdown, "file").is_err(),
                Prose::from_latex(&format!("\\iffalse\n[[layers]]\n{text}\n\\fi"), "file").is_err(),
            ]
        });
        assert_eq!(errors, [true; 3], "{bracket}");
        assert!(most <= BOUND, "{most} bytes of memory for {}", text.len());
    }
}
