//! Runs a scenario step by step, writes out what happens while it happens, and judges.
//!
//! Trace and history are bounded in memory; here they are complete, because they are written before anything is dropped.

use super::{
    Fault, Requirement, RunArguments, input,
    output::{self, Sink},
    report::Report,
    tally::Tally,
};
use replicarium::{
    check::{Verdict, Verdicts},
    lab::Run,
    scenario::{Scenario, link::Shared},
    trace::{self, Kind},
};
use std::sync::Arc;

/// Whether no verdict that counts is negative.
pub fn run(arguments: &RunArguments) -> Result<bool, Fault> {
    let input = input::read(&arguments.file)?;
    let scenario = adjusted(input.scenario, arguments)?;
    let RunArguments { trace, history, report, metrics, .. } = arguments;
    let outputs = [("--trace", trace), ("--history", history), ("--report", report), ("--metrics", metrics)];
    let outputs = outputs.map(|(name, path)| (name, path.as_ref()));
    output::check_places(&arguments.file, &outputs)?;
    let open = |path: &Option<std::path::PathBuf>| path.as_deref().map(Sink::open).transpose();
    let (mut trace, mut history, report, metrics) = (open(trace)?, open(history)?, open(report)?, open(metrics)?);

    let mut run = Run::new(Arc::new(scenario.setup()), Arc::new(scenario.commands.clone()));
    let mut written = Written::default();
    written.tally.named = scenario.operation_names().into_iter().map(|name| (name.into(), Default::default())).collect();
    written.news(&run, &mut trace, &mut history)?;
    while run.world().next_at().is_some_and(|at| at < scenario.until) && run.step() {
        written.news(&run, &mut trace, &mut history)?;
    }
    // Nothing is due before `until` any more, so this only moves the clock; unless the run has had all its steps.
    run.run_until(scenario.until, 1);
    let verdicts = run.verdicts();
    let link =
        arguments.link.then(|| Shared::new(input.source, scenario.seed, scenario.commands.clone(), run.position()).to_text());
    let done = Report { scenario: &scenario, run: &run, tally: &written.tally, verdicts: &verdicts, link };
    for sink in [trace, history].into_iter().flatten() {
        sink.finish()?;
    }
    if let Some(mut sink) = report {
        sink.write(&done.to_json())?;
        sink.finish()?;
    }
    if let Some(mut sink) = metrics {
        sink.write(&run.reading().to_csv())?;
        sink.finish()?;
    }
    let summary = done.summary();
    if outputs.iter().any(|(_, path)| path.is_some_and(|path| output::is_standard(path))) {
        output::complain(&[summary.trim_end().to_string()]);
    } else {
        output::print(&summary)?;
    }
    Ok(is_good(&verdicts, arguments.require.as_deref()))
}

/// The scenario with what the arguments change.
fn adjusted(scenario: Scenario, arguments: &RunArguments) -> Result<Scenario, Fault> {
    let (seed, until) = (arguments.seed.unwrap_or(scenario.seed), arguments.until.unwrap_or(scenario.until));
    let scenario = Scenario { seed, until, ..scenario };
    match scenario.check().first() {
        Some(problem) => Err(Fault::one(format!("--{problem}"))),
        None => Ok(scenario),
    }
}

fn is_good(verdicts: &Verdicts, required: Option<&[Requirement]>) -> bool {
    let Some(required) = required else { return !verdicts.durable.is_broken() };
    required.iter().all(|one| match one {
        Requirement::Fresh => verdicts.fresh == Verdict::Holds,
        Requirement::Durable => verdicts.durable == Verdict::Holds,
        Requirement::Converged => verdicts.converged == Verdict::Holds,
        Requirement::None => true,
    })
}

/// How many events and rows were counted and written out.
#[derive(Default)]
struct Written {
    tally: Tally,
    events: u64,
    rows: u64,
}

impl Written {
    /// Counts and writes what is new.
    fn news(&mut self, run: &Run, trace: &mut Option<Sink>, history: &mut Option<Sink>) -> Result<(), Fault> {
        let (events, rows) = (run.world().trace(), run.world().history());
        if events.first() > self.events || rows.first() > self.rows {
            return Err(Fault::one("more happened in one moment than the engine keeps; the files would not be complete"));
        }
        for (id, event) in events.range(self.events, events.next()) {
            self.tally.event(event);
            let Some(sink) = trace else { continue };
            let mut line = trace::to_json(replicarium::sim::id::EventId(id), event);
            if let Kind::Command { number } = event.kind
                && let Some(command) = run.world().commands().get(number as usize)
                && let Ok(command) = serde_json::to_string(command)
            {
                // So that a trace can be read without its scenario.
                line.truncate(line.len() - 1);
                line.push_str(&format!(",\"command\":{command}}}"));
            }
            line.push('\n');
            sink.write(&line)?;
        }
        for (_, row) in rows.range(self.rows, rows.next()) {
            let name = run.world().operation_name(row.operation);
            self.tally.row(row, name);
            if let Some(sink) = history {
                sink.write(&(row.to_json(name) + "\n"))?;
            }
        }
        (self.events, self.rows) = (events.next(), rows.next());
        Ok(())
    }
}
