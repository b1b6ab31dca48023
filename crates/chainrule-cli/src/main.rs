//! The program `chainrule`; all of it is in the library beside this file.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    chainrule_cli::main()
}
