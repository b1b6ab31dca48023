//! What the tests of the command line share.

use assert_cmd::Command;

/// The program, without the settings of whoever runs the tests.
pub(crate) fn chainrule() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainrule"));
    command.env_remove("NO_COLOR").env_remove("OMP_NUM_THREADS");
    command
}

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}
