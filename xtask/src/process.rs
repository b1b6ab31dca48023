//! Where the project stands, and how its child processes are started.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// What a task may go wrong with: a message for a person.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// The folders of this checkout.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// The folder of real data sets, where there is one.
    pub(crate) data: Option<PathBuf>,
}

impl Project {
    /// Asks cargo, which started this program, where it stands.
    pub(crate) fn locate() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let manifest = manifest.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let root = manifest.parent().ok_or("the project's folder has no parent")?.to_path_buf();
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        let given = std::env::var_os("CHAINRULE_DATA").map(|dir| root.join(dir));
        if let Some(missing) = given.as_ref().filter(|dir| !dir.is_dir()) {
            return Err(format!("CHAINRULE_DATA names a folder that is not there: {}", missing.display()));
        }
        let data = given.unwrap_or_else(|| root.join("../shared/data"));
        let data = data.canonicalize().ok().filter(|dir| dir.is_dir());
        Ok(Self { root, target, data })
    }

    /// A command in the project's root that knows where the data is.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        if let Some(data) = &self.data {
            command.env("CHAINRULE_DATA", data);
        }
        command
    }

    /// The cargo that started this program.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        if in_ci() {
            command.env("CARGO_INCREMENTAL", "0"); // a clean build only writes those files, and never reads them
        }
        command
    }

    /// The paths from the root of all files that git tracks or would track.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let list = output_of(self.command("git").args(["ls-files", "-z", "-co", "--exclude-standard"]))?;
        Ok(list.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// A path below the root as it is written in messages: relative, with `/`.
    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }
}

/// Whether this is a run of continuous integration.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// Runs to the end, output straight through; whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    let shown = shown(command);
    eprintln!("$ {shown}");
    let status = command.status().map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    Ok(report_failure(&shown, status))
}

/// What a command prints on its standard output, or why there is none.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.output().map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{shown}` ended with {}: {}", output.status, said.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs to the end and hands every line of both outputs, in their order, to `each`; whether it succeeded.
pub(crate) fn succeeds_by_line(command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool> {
    let shown = shown(command);
    eprintln!("$ {shown}");
    let failed = |error: std::io::Error| format!("cannot run `{shown}`: {error}");
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    command.stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    let mut child = command.spawn().map_err(failed)?;
    // The command holds writing ends of the pipe; as long as one is open, reading would never end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    for line in BufReader::new(reader).split(b'\n') {
        each(String::from_utf8_lossy(&line.map_err(failed)?).trim_end_matches('\r'));
    }
    Ok(report_failure(&shown, child.wait().map_err(failed)?))
}

/// Says how a command ended that did not succeed: a signal leaves no other trace.
fn report_failure(shown: &str, status: ExitStatus) -> bool {
    if !status.success() {
        eprintln!("`{shown}` ended with {status}");
    }
    status.success()
}

/// A command as one would type it, with its last part of the path only.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// The first of the folders in `PATH` that has the program, joined with its name.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The text of a file; none where there is no such file.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String> {
    read_if_there(path)?.ok_or_else(|| format!("there is no file {}", path.display()))
}

/// Writes a file, and makes the folders above it.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let written = folder.and_then(|()| std::fs::write(path, text));
    written.map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_outputs_arrive_in_order_and_the_end_is_seen() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; echo three; exit 3"]);
        assert_eq!(succeeds_by_line(&mut command, |line| lines.push(line.to_owned())), Ok(false));
        assert_eq!(lines, ["one", "two", "three"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_and_is_not_taken_for_none() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let message = read_if_there(here).unwrap_err();
        assert!(message.contains(&here.display().to_string()), "{message}");
        assert_eq!(read_if_there(&here.join("no-such-file")), Ok(None));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let message = succeeds(&mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert!(message.contains("no-such-program-anywhere"), "{message}");
    }
}
