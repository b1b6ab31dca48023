//! `cargo xtask machine-code`: looks whether the compiler has kept the micro-kernels as fast as they were written.
//!
//! A micro-kernel is fast because its sums stay in registers. Nothing in the source says so: a harmless change of its
//! epilogue, or a new compiler, and the sums are moved to the stack and back in every turn of the loop, at a third of
//! the speed and with the same results. A benchmark would see it on a quiet machine; the machine code shows it anywhere.
//! So this task builds an example that uses the kernels as a release does, disassembles it, and holds the loops
//! against [`rules`].

mod listing;
mod rules;

use crate::aarch64;
use crate::libtest::Tally;
use crate::process::{Project, Result, find_program, output_of, succeeds, write};
use crate::system;
use crate::test::Outcome;
use listing::Processor;
use rules::Kernels;

/// The name of every micro-kernel; its last generics are MR and NV.
const FUNCTION: &str = "tile_kernel";

/// In both precisions each.
const NUMBERS: &[&str] = &["f32", "f64"];

/// On x86-64 the generic way is not looked at: its multiply-adds are calls.
const KERNELS: [Kernels; 2] = [
    Kernels { processor: Processor::X86_64, function: FUNCTION, sets: &["avx512", "avx2"], numbers: NUMBERS },
    Kernels { processor: Processor::Aarch64, function: FUNCTION, sets: &["neon"], numbers: NUMBERS },
];

/// The program of `chainrule-kernels` that is disassembled: it must use every micro-kernel.
const EXAMPLE: &str = "speed";

/// For the command line, and whether nothing is wrong.
pub(crate) fn run(project: &Project) -> Result<bool> {
    let outcome = stage(project)?;
    eprintln!("machine code: {}", outcome.note());
    Ok(outcome.succeeded())
}

/// The stage of `cargo xtask test`.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    let mut outcome = Outcome::new(Tally::default(), "");
    for kernels in KERNELS {
        outcome.add(check(project, kernels)?);
    }
    Ok(outcome)
}

/// Builds, disassembles and checks for one processor.
fn check(project: &Project, kernels: Kernels) -> Result<Outcome> {
    let is_arm = kernels.processor == Processor::Aarch64;
    let objdump =
        if is_arm && !cfg!(target_arch = "aarch64") { "aarch64-linux-gnu-objdump" } else { "objdump" };
    let cross = if is_arm { aarch64::Tools::find(project) } else { None };
    let can_build = if is_arm { cross.is_some() } else { cfg!(target_arch = "x86_64") };
    if !can_build || find_program(objdump).is_none() {
        let why = format!("{:?}: {}", kernels.processor, system::advice(project));
        return Ok(Outcome::new(Tally::SKIPPED, why));
    }
    let target = project.target.join("machine-code");
    let mut cargo = project.cargo();
    cargo.args(["build", "--quiet", "--release", "--package", "chainrule-kernels", "--example", EXAMPLE]);
    // What the kernels stand on is not looked at, and need not be optimised.
    cargo.args(["--config", "profile.release.package.'*'.opt-level=0"]);
    cargo.env("CARGO_TARGET_DIR", &target).env("CARGO_PROFILE_RELEASE_STRIP", "none");
    cargo.env("RUSTFLAGS", "-Csymbol-mangling-version=v0"); // the older names leave out the generics
    if let Some(tools) = &cross {
        tools.apply(&mut cargo);
    }
    if !succeeds(&mut cargo)? {
        return Ok(Outcome::new(Tally::FAILED, "the example of the kernels does not build"));
    }
    let folder = if is_arm { target.join(aarch64::TARGET) } else { target.clone() };
    let program = folder.join("release/examples").join(EXAMPLE);
    let mut command = project.command(objdump);
    command.args(["--disassemble", "--demangle", "--no-show-raw-insn"]);
    if !is_arm {
        command.arg("--disassembler-options=intel");
    }
    let listing = output_of(command.arg(&program))?;
    let report = kernels.check(&listing);
    for finding in &report.findings {
        eprintln!("{finding}");
    }
    let (count, kept) = (report.findings.len(), target.join(format!("{:?}.txt", kernels.processor)));
    if count == 0 {
        return Ok(Outcome::new(
            Tally::PASSED,
            format!("{:?}: {} kernels", kernels.processor, report.kernels),
        ));
    }
    write(&kept, &listing)?;
    Ok(Outcome::new(Tally::FAILED, format!("{count} findings, see above; the listing is {}", kept.display())))
}
