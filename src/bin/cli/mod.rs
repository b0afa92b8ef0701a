//! What can be asked of the command line, and the exit code as the answer.
//!
//! Nothing that comes from outside ends in a panic: a bad file, an unwritable one or a reader that went away is a
//! [`Fault`] with a sentence. It must not know how the engine works inside.

mod input;
mod output;
mod report;
mod run;
mod summary;
mod tally;

use clap::{Parser, Subcommand, ValueEnum};
use replicarium::{scenario::fields, sim::time::Micros};
use std::{fmt, path::PathBuf, process::ExitCode};

/// Bad input, or an output that cannot be written. One reason a line, fit to be shown.
#[derive(Debug)]
pub struct Fault(pub Vec<String>);

impl Fault {
    fn one(reason: impl fmt::Display) -> Fault {
        Fault(vec![reason.to_string()])
    }
}

const GOOD: u8 = 0;
const NEGATIVE: u8 = 1;
const BAD_INPUT: u8 = 2;

const EXIT_CODES: &str = "\
Exit code:
  0  good
  1  a verdict is negative: an acknowledged write was lost, or with --require,
     one of the verdicts named there does not hold or cannot be told
  2  bad input, or an output that cannot be written; the reason is on stderr";

/// Runs and checks scenarios of replication, the same way as the page does, bit for bit.
#[derive(Parser)]
#[command(name = "replicarium", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Runs a scenario and says what came of it.
    #[command(after_help = EXIT_CODES)]
    Run(RunArguments),
    /// Says what is wrong with scenario files, a line each as `FILE: where: what`, and what is risky about good ones.
    Validate {
        /// Scenario files (.toml or .json), names of built-in scenarios, or - for standard input.
        #[arg(required = true)]
        files: Vec<String>,
    },
    /// Prints every field of a scenario and every command with its meaning, unit, range and default.
    Fields,
}

#[derive(clap::Args)]
pub struct RunArguments {
    /// A scenario file (.toml or .json), the name of a built-in scenario, or - for standard input.
    file: String,
    /// Another seed than the scenario's.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Run to this moment instead of the scenario's `until`: 800ms, 10s, 2min.
    #[arg(long, value_name = "TIME")]
    until: Option<Micros>,
    /// Write every event of the run, a JSON object a line; - for standard output.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write what the clients saw, a JSON object a line; - for standard output.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Write the outcome as JSON; - for standard output.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write the figures over time (lag, throughput, latencies, queues), as comma-separated values; - for standard output.
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Also print the link that opens this run in the page, at the moment it was run to: put it behind the page's address.
    #[arg(long)]
    link: bool,
    /// The verdicts that must hold, separated by commas. Without this, a lost write alone is negative: stale reads and
    /// copies that still differ are normal when replication is asynchronous.
    #[arg(long, value_name = "VERDICTS", value_delimiter = ',')]
    require: Option<Vec<Requirement>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Requirement {
    /// No read returned a value that had provably been overwritten before the read began.
    Fresh,
    /// No acknowledged write was lost.
    Durable,
    /// All running nodes hold the same copies at the end.
    Converged,
    /// Nothing: the exit code is 1 for no verdict.
    None,
}

/// Parses the arguments and does what they ask.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nobody may be listening; the exit code says it all the same.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { BAD_INPUT } else { GOOD });
        }
    };
    let done = match arguments.what {
        What::Run(arguments) => run::run(&arguments),
        What::Validate { files } => validate(&files),
        What::Fields => output::print(&fields::document()).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::from(GOOD),
        Ok(false) => ExitCode::from(NEGATIVE),
        Err(Fault(reasons)) => {
            output::complain(&reasons);
            ExitCode::from(BAD_INPUT)
        }
    }
}

/// Looks at every file, also after a bad one.
fn validate(files: &[String]) -> Result<bool, Fault> {
    let mut reasons = Vec::new();
    for file in files {
        match input::read(file) {
            Ok(input) => {
                let warnings = input.scenario.warnings().into_iter().map(|warning| format!("{file}: warning: {warning}\n"));
                output::print(&format!("{file}: good\n{}", warnings.collect::<String>()))?;
            }
            Err(Fault(more)) => reasons.extend(more),
        }
    }
    if reasons.is_empty() { Ok(true) } else { Err(Fault(reasons)) }
}
