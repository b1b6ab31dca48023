//! `cargo xtask goldens`: re-makes the values from other programs that tests compare with.
//!
//! Each is made by a Python script that is committed beside it, anywhere in a folder `testdata`. The script says on a line of
//! its own what it needs, `# requirements: numpy==2.3.4 torch==2.9.0`, and writes its files into the folder it stands in. Every
//! set of requirements gets a virtual environment under `target/venvs`. By hand, since some of them are large and the values
//! change only when a definition does; `git diff` shows afterwards whether anything did.

use crate::process::{Project, Result, read, succeeds, write};
use std::path::PathBuf;

/// Runs the scripts whose path contains one of the names; without names, all.
pub(crate) fn run(project: &Project, names: &[&str]) -> Result<bool> {
    let files = project.files()?;
    let scripts: Vec<&str> = files.iter().map(String::as_str).filter(|path| is_script(path)).collect();
    let chosen = |path: &&str| names.is_empty() || names.iter().any(|name| path.contains(name));
    let chosen: Vec<&str> = scripts.iter().copied().filter(chosen).collect();
    if chosen.is_empty() {
        return Err(format!("no Python script in testdata/ fits; there are:\n{}", scripts.join("\n")));
    }
    let mut all = true;
    for path in chosen {
        let text = read(&project.root.join(path))?;
        let python = python_with(project, &requirements(&text))?;
        all &= succeeds(project.command(python).arg(path))?;
    }
    succeeds(project.command("git").args(["diff", "--stat", "--", "testdata", "crates"]))?;
    Ok(all)
}

fn is_script(path: &str) -> bool {
    path.split('/').any(|part| part == "testdata") && path.strip_suffix(".py").is_some()
}

/// The packages that a script asks for.
fn requirements(script: &str) -> Vec<&str> {
    let line = script.lines().find_map(|line| line.strip_prefix("# requirements:"));
    line.unwrap_or("").split_whitespace().collect()
}

/// The interpreter of a virtual environment that has the packages; makes it at the first time.
pub(crate) fn python_with(project: &Project, packages: &[&str]) -> Result<PathBuf> {
    let name = if packages.is_empty() { "bare".to_owned() } else { packages.join("+").replace("==", "-") };
    environment(project, &name, packages)
}

/// The interpreter of the virtual environment of a name; makes it at the first time, with what pip is told to install.
pub(crate) fn environment(project: &Project, name: &str, installed: &[&str]) -> Result<PathBuf> {
    let folder = project.target.join("venvs").join(name);
    let python = folder.join("bin/python");
    let complete = folder.join("complete"); // an interrupted installation has none
    if complete.is_file() {
        return Ok(python);
    }
    let made = succeeds(project.command("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut install = project.command(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(installed);
    if !made || !(installed.is_empty() || succeeds(&mut install)?) {
        return Err(format!("could not make the Python environment {}", project.relative(&folder)));
    }
    write(&complete, "")?;
    Ok(python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_says_what_it_needs() {
        let script = "\"\"\"Losses.\"\"\"\n# requirements: numpy==2.3.4 torch==2.9.0\nimport torch\n";
        assert_eq!(requirements(script), ["numpy==2.3.4", "torch==2.9.0"]);
        assert!(requirements("import json\n").is_empty());
    }

    #[test]
    fn scripts_are_python_files_in_testdata() {
        assert!(is_script("testdata/external/make_losses.py"));
        assert!(is_script("crates/chainrule/testdata/make_losses.py"));
        assert!(!is_script("testdata/external/losses.json"));
        assert!(!is_script("crates/chainrule/scripts/make_table.py"));
    }
}
