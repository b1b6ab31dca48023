//! System packages that a stage needs and cargo does not bring.
//!
//! Installed without asking only where nobody is there to ask (`CI=true`) or the user is root anyway, as in a container;
//! elsewhere the one command that installs them is named, and what needs them is skipped.

use crate::libtest::Tally;
use crate::process::{Project, Result, find_program, in_ci, output_of, succeeds};
use crate::test::Outcome;
use crate::toolchain::Toolchain;
use crate::{aarch64, python, wasm};

/// Debian's packages for one purpose, and whether it is served without them.
struct Group {
    packages: &'static [&'static str],
    is_served: fn(&Project) -> bool,
}

const GROUPS: [Group; 6] = [
    // A compiler that can build its own standard library for other processors, and the linker for wasm32.
    Group {
        packages: &["rustc-web", "libstd-rust-web-dev", "rust-web-src", "lld"],
        is_served: |project| {
            wasm::toolchain(project).is_some() && Toolchain::find(project, aarch64::TARGET).is_some()
        },
    },
    // What links for AArch64 and runs its programs.
    Group { packages: aarch64::PACKAGES, is_served: |_| aarch64::can_link_and_run() },
    // The disassembler.
    Group { packages: &["binutils"], is_served: |_| find_program("objdump").is_some() },
    // What makes virtual environments for the Python package.
    Group { packages: python::PACKAGES, is_served: python::is_there },
    // The LaTeX that compiles derivations in the tests of `chainrule-explain`; 50 MB to load.
    Group {
        packages: &["texlive-latex-base", "texlive-latex-recommended"],
        is_served: |project| {
            let style = output_of(project.command("kpsewhich").arg("booktabs.sty")); // of texlive-latex-recommended
            style.is_ok() && find_program("pdflatex").is_some()
        },
    },
    // The browser that looks at pages in the same tests.
    Group { packages: &["chromium"], is_served: |_| find_program("chromium").is_some() },
];

/// What a person does where this program does not.
pub(crate) fn advice(project: &Project) -> String {
    let without = [wasm::TARGET, aarch64::TARGET].map(|target| (target, Toolchain::find(project, target)));
    let without = without.iter().filter(|(_, found)| found.is_none()).map(|(target, _)| *target);
    let targets = without.collect::<Vec<_>>().join(" ");
    let rustup = if targets.is_empty() {
        String::new()
    } else {
        format!("; in place of rustc-web and its like, `rustup target add {targets}` will do as well")
    };
    format!(
        "on Debian, `sudo apt-get install --no-install-recommends {}`{rustup}",
        missing(project).join(" ")
    )
}

/// The packages of all purposes that are not served.
fn missing(project: &Project) -> Vec<&'static str> {
    GROUPS
        .iter()
        .filter(|group| !(group.is_served)(project))
        .flat_map(|group| group.packages)
        .copied()
        .collect()
}

/// The stage: sees to it that the packages are there.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    let packages = missing(project);
    if packages.is_empty() {
        return Ok(Outcome::new(Tally::PASSED, "nothing to install"));
    }
    if find_program("apt-get").is_none() || !(in_ci() || is_root()) {
        return Ok(Outcome::new(Tally::SKIPPED, advice(project)));
    }
    let lists = apt(project, &["update"])?; // without it, an old list may name packages that are gone
    let install = ["install", "--yes", "--no-install-recommends"];
    if !lists || !apt(project, &[&install, packages.as_slice()].concat())? {
        return Ok(Outcome::new(Tally::FAILED, "the packages could not be installed"));
    }
    Ok(Outcome::new(Tally::PASSED, format!("installed {}", packages.join(" "))))
}

fn apt(project: &Project, arguments: &[&str]) -> Result<bool> {
    let mut command = if is_root() { project.command("apt-get") } else { project.command("sudo") };
    if !is_root() {
        command.args(["--non-interactive", "apt-get"]);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet=2").args(arguments);
    succeeds(&mut command)
}

fn is_root() -> bool {
    output_of(std::process::Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
