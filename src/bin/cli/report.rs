//! What came of a run, as JSON for programs. `README.md` beside this file lists the members.

use super::tally::{Operations, Tally};
use replicarium::{
    check::{Difference, Lost, StaleRead, Verdict, Verdicts},
    explain::{gossip, plain, why_lost},
    lab::{LabWorld, Run},
    measure::{Ended, spread::Rumour},
    protocol::NodeView,
    scenario::{ENGINE_VERSION, Scenario},
    sim::id::NodeId,
};
use serde_json::{Value as Json, json};

/// Everything there is to say about a run that is over.
pub struct Report<'a> {
    pub scenario: &'a Scenario,
    pub run: &'a Run,
    pub tally: &'a Tally,
    pub verdicts: &'a Verdicts,
    /// Text of the link to this run, if asked for.
    pub link: Option<String>,
}

impl Report<'_> {
    pub fn stale_reads(&self) -> impl Iterator<Item = &StaleRead> + Clone {
        self.run.judge().stale_reads().values()
    }

    /// One object, with a newline at its end.
    pub fn to_json(&self) -> String {
        let Report { scenario, tally, verdicts, .. } = self;
        let world = self.run.world();
        let figures = self.run.reading();
        let latencies = |ended: &[Ended]| {
            let [p50, p95, p99] = figures.percentiles(ended);
            json!({ "count": figures.all.count(ended), "p50": p50, "p95": p95, "p99": p99 })
        };
        let named = || tally.named.iter().enumerate();
        let named_latencies = |name: usize| {
            let all = figures.named(name);
            let [p50, p95, p99] = [50, 95, 99].map(|percent| all.percentile(Ended::WELL, percent));
            json!({ "count": all.count(Ended::WELL), "p50": p50, "p95": p95, "p99": p99 })
        };
        let by_name = |(index, (name, count)): (usize, &(String, Operations))| json!({ "name": name, "operations": count.to_json(), "latency_us": named_latencies(index) });
        let list = |items: &mut dyn Iterator<Item = Json>| Json::Array(items.collect());
        let report = json!({
            "engine": ENGINE_VERSION,
            "title": scenario.title,
            "seed": scenario.seed,
            "until_us": scenario.until.0,
            "reached_us": world.now().0,
            "steps": world.steps(),
            "operations": { "writes": tally.writes.to_json(), "reads": tally.reads.to_json(), "skipped": tally.skipped },
            "latency_us": {
                "all": latencies(Ended::WELL),
                "reads": latencies(&[Ended::Read]),
                "writes": latencies(&[Ended::Write]),
                "failed": latencies(Ended::ILL),
            },
            "by_name": list(&mut named().map(by_name)),
            "messages": {
                "sent": tally.sent,
                "duplicated": tally.duplicated,
                "delivered": tally.delivered,
                "dropped": tally.dropped,
                "under_way": world.flights().count(),
            },
            "commands": {
                "listed": scenario.commands.len(),
                "given": world.commands_done(),
                "without_effect": list(&mut tally.idle.iter().map(|(number, why)| json!({ "command": number, "why": why }))),
            },
            "verdicts": {
                "fresh": verdict(&verdicts.fresh),
                "durable": verdict(&verdicts.durable),
                "converged": verdict(&verdicts.converged),
            },
            "stale_reads": list(&mut self.stale_reads().map(stale_read)),
            "lost_writes": list(&mut verdicts.lost.iter().map(lost_write)),
            "differing_copies": list(&mut verdicts.convergence.differing.iter().map(differing_copy)),
            "rumours": list(&mut self.run.measures().spread().rumours().iter().map(|one| rumour(world, one))),
            "nodes": list(&mut world.members().into_iter().filter_map(|id| node(world, id))),
            "link": self.link.as_ref().map(|link| format!("#{link}")),
        });
        serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
    }
}

fn verdict(verdict: &Verdict) -> Json {
    match verdict {
        Verdict::Holds => json!({ "verdict": "holds" }),
        Verdict::Broken { since, operations } => json!({ "verdict": "broken", "since_us": since.0, "operations": operations }),
        Verdict::CannotTell { why } => json!({ "verdict": "cannot_tell", "why": why }),
    }
}

fn stale_read(one: &StaleRead) -> Json {
    let StaleRead { at, began, operation, node, key, read, missed, behind, .. } = one;
    json!({
        "at_us": at.0, "began_us": began.0, "operation": operation, "node": node, "key": key, "read": read, "missed": missed,
        "behind": behind, "age_us": one.age().0,
    })
}

fn lost_write(one: &Lost) -> Json {
    let Lost { write, what, acknowledged_at, acknowledged_by, missing_at, among_peers: _, since, instead } = one;
    json!({
        "write": write, "action": what.map(|(action, _)| action), "acknowledged_us": acknowledged_at.0, "acknowledged_by": acknowledged_by, "missing_at": missing_at,
        "since_us": since.0, "instead": instead, "in_words": plain(&why_lost(one)),
    })
}

fn differing_copy(one: &Difference) -> Json {
    json!({ "node": one.node, "key": one.key, "expected": one.expected, "held": one.held })
}

/// Figures as Demers et al. 1987 have them: residue s, traffic m, delays.
fn rumour(world: &LabWorld, one: &Rumour) -> Json {
    let nodes = world.stores().len();
    let residue = gossip::residue(world, &one.write);
    json!({
        "write": one.write,
        "began_us": one.began.0,
        "known_by": one.known(),
        "by_rumour": one.by_rumour,
        "by_comparing": one.by_comparing,
        "told": one.told,
        "messages_per_node": one.told as f64 / nodes.max(1) as f64,
        "average_wait_us": one.average_wait().map(|wait| wait.0),
        "last_wait_us": one.last_heard.map(|at| at.saturating_sub(one.began).0),
        "residue": residue.len() as f64 / nodes.max(1) as f64,
        "never_heard": residue,
        "over": gossip::is_over(world, &one.write),
    })
}

fn node(world: &LabWorld, id: NodeId) -> Option<Json> {
    let (host, view) = (world.host(id)?, world.view(id));
    let load = host.load;
    let position = |of: fn(&NodeView) -> u64| view.as_ref().map(of);
    Some(json!({
        "node": id,
        "running": host.is_up(),
        "role": view.as_ref().map(|view| view.role),
        "epoch": view.as_ref().map(|view| view.epoch),
        "written": position(|view| view.written.0),
        "flushed": position(|view| view.flushed.0),
        "applied": position(|view| view.applied.0),
        "reads": load.reads,
        "writes": load.writes,
        "messages_in": load.messages_in,
        "messages_out": load.messages_out,
        "bytes_out": load.bytes_out,
        "busy_us": load.busy.0,
    }))
}
