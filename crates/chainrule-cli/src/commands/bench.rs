//! `chainrule bench`.
//!
//! What is timed, and how, the library decides; here stand the options, and what they are there.

use super::json;
use crate::args::BenchArguments;
use crate::errors::Failure;
use crate::output::{self, speed::Report};
use chainrule::files::free_memory;
use chainrule::optimizer::OptimizerConfig;
use chainrule::training::Benchmark;

/// Times training on random data.
pub(crate) fn run(arguments: &BenchArguments) -> Result<(), Failure> {
    let benchmark = benchmark(arguments)?;
    benchmark.validate()?;
    output::talk("timing whole epochs, and the processor before and after them");
    let report = Report::new(&benchmark, &benchmark.run()?);
    let text = if arguments.json { json(&report)? } else { report.text().into_bytes() };
    output::result(&text)
}

/// What the options ask for.
fn benchmark(arguments: &BenchArguments) -> Result<Benchmark, Failure> {
    let usual = Benchmark::default();
    let rule = arguments.optimizer.as_str().parse()?;
    Ok(Benchmark {
        layers: arguments.layers.0.iter().map(|width| width.get()).collect(),
        batch_size: arguments.batch_size.get(),
        rows: arguments.rows.get(),
        threads: arguments.threads,
        precision: arguments.precision.as_str().parse()?,
        optimizer: OptimizerConfig { rule, ..usual.optimizer },
        seed: arguments.seed.get(),
        seconds: arguments.seconds.0,
        memory_limit: free_memory(),
        ..usual
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Arguments, Command};
    use clap::Parser;

    #[test]
    fn the_defaults_of_the_command_line_are_those_of_the_library() {
        let Command::Bench(arguments) = Arguments::parse_from(["chainrule", "bench"]).command else {
            panic!("bench is another command");
        };
        let benchmark = benchmark(&arguments).expect("the defaults are valid");
        assert_eq!(Benchmark { memory_limit: None, ..benchmark }, Benchmark::default());
    }
}
