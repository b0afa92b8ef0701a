//! What somebody did to the run, in a sentence.

#[cfg(feature = "documents")]
use super::documents;
#[cfg(feature = "quorum")]
use super::quorum;
use super::{Sentence, Writer, election, logs, narrate::Weight, peers, words::duration};
use crate::{
    sim::{
        decimal::{fixed, short},
        network::{End, LinkRule},
        operation::Concern,
    },
    world::command::Command,
};

/// None where an event that follows says more.
pub(super) fn commanded(command: &Command) -> Option<(Weight, Sentence)> {
    let start = Writer::default();
    let of_primary = cfg!(feature = "primary-replica");
    let said = match command {
        Command::Cut { from, to, both: true } => {
            start.text("Between ").who(*from).text(" and ").who(*to).strong(" nothing passes now.")
        }
        Command::Cut { from, to, both: false } => {
            start.text("From ").who(*from).text(" to ").who(*to).strong(" nothing passes now.")
        }
        Command::Heal { from, to, .. } => {
            start.text("The link between ").who(*from).text(" and ").who(*to).strong(" is whole again.")
        }
        Command::Partition { .. } => start.strong("The network is partitioned.").text(" Nothing passes between the groups."),
        Command::HealAll => start.strong("The network is whole again."),
        Command::SetLink(rule) => link(start, rule),
        Command::DelayMessage { by, .. } => start.text(format!("The message will take {} longer.", duration(*by))),
        Command::DuplicateMessage { .. } => start.text("The message will arrive twice."),
        Command::SetClock { node, clock } => {
            let off = short(clock.skew_us.unsigned_abs() as f64 / 1e3);
            let way = if clock.skew_us < 0 { "behind" } else { "ahead" };
            let said = start.text("The clock of ").who(*node);
            said.text(if clock.skew_us == 0 { " is right now.".into() } else { format!(" is {off} ms {way} now.") })
        }
        Command::SetToken { client, on: true } => {
            start.text("Reads of ").who(*client).strong(" wait for what it has seen").text(" from now on.")
        }
        Command::SetToken { client, on: false } => start.text("Reads of ").who(*client).strong(" no longer wait."),
        Command::SetConcern { client, concern } => {
            let said = start.text("Reads of ").who(*client);
            match concern {
                Concern::Local => said.text(" show whatever the node has."),
                Concern::Bounded(most) => {
                    said.text(" show nothing that is ").strong(format!("older than {}", duration(*most))).text(".")
                }
                Concern::Majority => said.text(" show what ").strong("a majority").text(" has on disk."),
                Concern::Linearizable => said.text(" show ").strong("the latest").text(": the primary makes sure that it leads."),
            }
        }
        Command::SetCommit(rule) if of_primary => {
            let said = start.strong("Writes are acknowledged by another rule now").text(format!(": {}.", rule.words()));
            match rule.min_replicas {
                0 => said,
                1 => said.text(" Without a replica in touch they are refused."),
                least => said.text(format!(" With fewer than {least} replicas in touch they are refused.")),
            }
        }
        Command::SetFailover(failover) if of_primary => return Some((Weight::Loud, election::rule(failover))),
        Command::SetUpstream { node, from } if of_primary => {
            let said = start.who(*node).text(" gets the log from ");
            match from {
                Some(from) => said.who(*from).text(" from now on, whoever leads."),
                None => said.strong("whoever is primary").text(" from now on."),
            }
        }
        Command::SetTimeout { client, timeout } => {
            start.who(*client).text(" gives up after ").strong(duration(*timeout)).text(" without an answer from now on.")
        }
        Command::SetDelay { node, by } if of_primary => {
            let said = start.who(*node).text(" shows what it gets ");
            match by {
                Some(by) => said.strong(format!("{} late", duration(*by))).text(" from now on, on purpose."),
                None => said.strong("at once").text(" from now on."),
            }
        }
        Command::SetConflicts(conflicts) => return Some((Weight::Loud, peers::rule(conflicts))),
        #[cfg(feature = "quorum")]
        Command::SetQuorum(rule) => return Some((Weight::Loud, quorum::rule(rule))),
        #[cfg(feature = "documents")]
        Command::SetDocuments(terms) => return Some((Weight::Loud, documents::rule(*terms))),
        Command::SetLogs(rule) if of_primary => return Some((Weight::Loud, logs::rule(rule))),
        Command::Slow { node, factor } => {
            start.who(*node).text(format!(" takes {} times as long for everything now.", short(*factor)))
        }
        _ => return None,
    };
    Some((Weight::Loud, said.done()))
}

/// Which links, and what of them is different.
fn link(start: Writer, LinkRule { from, to, both, set, .. }: &LinkRule) -> Writer {
    let start = match (from, to, both) {
        (End::One(one), End::One(other), true) => start.text("The link between ").who(*one).text(" and ").who(*other),
        (End::One(one), End::One(other), false) => start.text("The way from ").who(*one).text(" to ").who(*other),
        (_, End::One(one), false) => start.text("Every way to ").who(*one),
        (End::One(one), _, false) => start.text("Every way from ").who(*one),
        _ => start.text("The network"),
    };
    let percent = |share: f64| fixed(share * 100.0, 0);
    let words: Vec<String> = [
        set.latency.as_ref().map(|latency| format!("typically {} one way", duration(latency.typical()))),
        set.jitter.map(|most| format!("up to {} more at random", duration(most))),
        set.loss.map(|share| format!("{} % of messages lost", percent(share))),
        set.duplicate.map(|share| format!("{} % of messages doubled", percent(share))),
        set.in_order.map(|in_order| if in_order { "in order" } else { "messages may overtake each other" }.into()),
        set.bandwidth_bytes_per_s.map(|room| match room {
            0 => "any number of bytes at once".into(),
            _ => format!("{} bytes per s", short(room as f64)),
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    start.strong(" is different now").text(if words.is_empty() { ".".into() } else { format!(": {}.", words.join(", ")) })
}
