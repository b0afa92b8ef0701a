//! What came of a run, in a few lines for people.

use super::{report::Report, tally::Operations};
use replicarium::{
    check::{StaleRead, Verdict},
    explain::{gossip, plain, why_lost, words::duration},
    lab::LabWorld,
    measure::{Ended, spread::Rumour},
    sim::{decimal::fixed, time::Micros},
};

/// Most lost writes and idle commands that are listed; the report lists all.
const LISTED_MAX: usize = 5;

impl Report<'_> {
    /// Lines, each with a newline at its end.
    pub fn summary(&self) -> String {
        let (scenario, now) = (self.scenario, self.run.now());
        let mut text = format!("{}, seed {}, {now} of simulated time\n", scenario.title, scenario.seed);
        if now < scenario.until {
            text += &format!("stopped there: that was step {}, the last one a run may have\n", LabWorld::STEPS_MAX);
        }
        text += "\n";
        let mut line = |label: &str, what: String| text += &format!("{label:<11}{what}\n");
        line("writes", operations(&self.tally.writes));
        line("reads", operations(&self.tally.reads));
        for (index, (name, count)) in self.tally.named.iter().enumerate() {
            line("", format!("  {name}: {}{}", operations(count), self.waits(index)));
        }
        if self.tally.skipped > 0 {
            line("skipped", format!("{}, as too many were waiting already", counted(self.tally.skipped, "operation")));
        }
        line("messages", self.messages());
        if !scenario.commands.is_empty() {
            line("commands", self.commands());
        }
        let idle = self.tally.idle.iter().map(|(number, why)| format!("  commands[{number}] had no effect: {why}"));
        listed(idle).for_each(|what| line("", what));
        line("stale", self.stale());
        let lost = &self.verdicts.lost;
        line("lost", counted(lost.len() as u64, "acknowledged write"));
        listed(lost.iter().map(|lost| format!("  {}", plain(&why_lost(lost))))).for_each(|what| line("", what));
        let compared = &self.verdicts.convergence;
        let differing = match compared.differing.len() {
            1 => "1 copy".to_string(),
            count => format!("{count} copies"),
        };
        line("differing", format!("{differing} on {}", counted(compared.nodes as u64, "running node")));
        for rumour in self.run.measures().spread().rumours() {
            line("rumour", self.rumour(rumour));
        }
        line("", String::new());
        line("fresh", in_words(&self.verdicts.fresh));
        line("durable", in_words(&self.verdicts.durable));
        line("converged", in_words(&self.verdicts.converged));
        if let Some(link) = &self.link {
            line("", String::new());
            line("link", format!("#{link}"));
        }
        text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// How long operations of a name took.
    fn waits(&self, name: usize) -> String {
        let latencies = self.run.reading().named(name);
        let [half, most] = [50, 95].map(|percent| latencies.percentile(Ended::WELL, percent).map(|us| duration(Micros(us))));
        half.zip(most).map(|(half, most)| format!("; half within {half}, 95 % within {most}")).unwrap_or_default()
    }

    fn messages(&self) -> String {
        let (tally, flying) = (self.tally, self.run.world().flights().count());
        let duplicated = if tally.duplicated > 0 { format!(", {} duplicated", tally.duplicated) } else { String::new() };
        let dropped: u64 = tally.dropped.values().sum();
        let reasons: Vec<String> = tally.dropped.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let reasons = if dropped > 0 { format!(" ({})", reasons.join(", ")) } else { String::new() };
        format!("{} sent{duplicated}, {} delivered, {flying} under way, {dropped} dropped{reasons}", tally.sent, tally.delivered)
    }

    /// How far a rumour came, and at what cost.
    fn rumour(&self, one: &Rumour) -> String {
        let nodes = self.run.world().stores().len().max(1);
        let waits = one.average_wait().zip(one.last_heard).map(|(average, last)| {
            format!("; heard after {} on average, {} at last", duration(average), duration(last.saturating_sub(one.began)))
        });
        let per_node = fixed(one.told as f64 / nodes as f64, 2);
        let world = self.run.world();
        let (without, over) = (gossip::residue(world, &one.write), gossip::is_over(world, &one.write));
        let far = plain(&gossip::how_far(world, &one.write, &without, over));
        format!("{far} {} told, {per_node} a node{}", counted(one.told, "time"), waits.unwrap_or_default())
    }

    fn commands(&self) -> String {
        format!("{} of {} given", self.run.world().commands_done(), self.scenario.commands.len())
    }

    fn stale(&self) -> String {
        let stale = self.stale_reads();
        let count = counted(self.verdicts.stale_reads as u64, "read");
        let Some(age) = stale.clone().map(StaleRead::age).max() else { return count };
        let behind = stale.map(|read| read.behind as u64).max().unwrap_or_default();
        format!("{count}, up to {age} and {} behind", counted(behind, "write"))
    }
}

fn operations(count: &Operations) -> String {
    let open = if count.open() > 0 { format!(", {} under way", count.open()) } else { String::new() };
    format!("{} acknowledged, {} refused, {} unknown{open}", count.acknowledged, count.refused, count.unknown)
}

/// The first few, and how many more there are.
fn listed(lines: impl ExactSizeIterator<Item = String>) -> impl Iterator<Item = String> {
    let more = lines.len().saturating_sub(LISTED_MAX);
    lines.take(LISTED_MAX).chain((more > 0).then(|| format!("  and {more} more")))
}

fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn in_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Holds => "yes".into(),
        Verdict::Broken { since, .. } => format!("NO, since {since}"),
        Verdict::CannotTell { why } => format!("cannot be told: {why}"),
    }
}
