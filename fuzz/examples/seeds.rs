//! Writes the seeds of a target into a folder: `cargo run -p chainrule-fuzz --example seeds TARGET FOLDER`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, folder] = &arguments[..] else {
        eprintln!("expected TARGET FOLDER");
        return ExitCode::from(2);
    };
    let folder = std::path::Path::new(folder);
    for (number, seed) in chainrule_fuzz::seeds::of(target).iter().enumerate() {
        if let Err(error) = std::fs::write(folder.join(format!("seed-{number:02}")), seed) {
            eprintln!("cannot write into {}: {error}", folder.display());
            return ExitCode::from(74);
        }
    }
    ExitCode::SUCCESS
}
