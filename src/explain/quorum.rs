//! What is told of groups without a leader: copies counted, readers who find old ones, what is kept for others, trees compared.

use super::{
    Writer,
    chip::Chip,
    narrate::Weight,
    peers::chips,
    search::recent,
    words::{counted, duration},
};
use crate::{
    explain::Sentence,
    lab::LabWorld,
    protocol::quorum::{Config, Quorums, ReadRepair},
    sim::id::{Address, Key, NodeId},
    trace::{Event, Fact, Kind},
};

fn all(nodes: &[NodeId]) -> Vec<Address> {
    nodes.iter().copied().map(Address::Node).collect()
}

/// The sentence for such a fact, if it is one.
pub(super) fn told(node: NodeId, fact: &Fact) -> Option<(Weight, Sentence)> {
    let start = Writer::default().who(node);
    let (weight, said) = match fact {
        Fact::Coordinates { write, over, homes } => {
            let said = start.text(" sends ").write(Chip::of(*write)).text(" to ").all(&all(homes)).text(", who keep the key");
            let said = match over.as_slice() {
                [] => said,
                over => chips(said.text(", in place of "), over),
            };
            (if over.len() > 1 { Weight::Loud } else { Weight::Quiet }, said.text("."))
        }
        Fact::EnoughCopies { write, on } => {
            let said = start.text(" acknowledges ").write(Chip::of(*write)).text(": it is ").strong("on disk").text(" at ");
            (Weight::Quiet, said.all(&all(on)).text("."))
        }
        Fact::TooFewCopies { write, have, need } => {
            let said = start.text(" cannot acknowledge ").write(Chip::of(*write)).text(": ").strong(copies(*have, *need));
            let said = said.text(" have confirmed it in time.");
            (Weight::Loud, if *have == 0 { said } else { said.text(" Nothing is taken back, so readers may find it.") })
        }
        Fact::TooFewReachable { have, need } => {
            let said = start.strong(" refuses").text(format!(": it needs {}", counted(*need as u64, "node")));
            (Weight::Loud, said.text(format!(" with a copy, and knows of {have} that it can reach.")))
        }
        Fact::Gathered { writes, from } => {
            let said = start.text(" hears from ").all(&all(from)).text(": ");
            let said = match writes.as_slice() {
                [] => said.text("nothing there."),
                writes => chips(said, writes).text("."),
            };
            (Weight::Quiet, said)
        }
        Fact::TooFewAnswers { have, need } => {
            let said = start.text(" cannot answer: ").strong(copies(*have, *need));
            (Weight::Loud, said.text(" were heard of in time."))
        }
        Fact::ReadRepaired { nodes, writes } => {
            let said = chips(start.text(" sends "), writes).text(" to ").all(&all(nodes));
            (Weight::Told, said.strong(", whose answers were behind").text(": read repair."))
        }
        Fact::HintKept { write, of, .. } => {
            let said = start.text(" keeps ").write(Chip::of(*write)).strong(" for ").who(*of);
            (Weight::Told, said.text(", which gave no answer. Its own readers are not shown it."))
        }
        Fact::HandedOver { to, writes } => {
            let said = chips(start.text(" has handed "), writes).text(" over to ").all(&all(to));
            (Weight::Told, said.text(" and keeps it no longer."))
        }
        Fact::HintDropped { of, writes } => {
            let said = chips(start.strong(" drops ").text("what it kept for ").who(*of).text(": "), writes);
            (Weight::Loud, said.text(". That node was away for too long."))
        }
        Fact::TreesCompared { with, hashes, keys } => {
            let said = start.text(" and ").who(*with).text(format!(" have compared {}: ", words(*hashes, "hash", "hashes")));
            match keys.as_slice() {
                [] => (Weight::Quiet, said.text("they have the same.")),
                keys => {
                    let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
                    (Weight::Told, said.strong(format!("they differ in {}", names.join(", "))).text("."))
                }
            }
        }
        Fact::HashesCompared { with, hashes } => {
            let differ = hashes.iter().filter(|one| one.own != one.theirs).count() as u32;
            let said = start.text(format!(" compares {} of ", words(hashes.len() as u32, "hash", "hashes"))).who(*with);
            let said = said.text(" with its own: ");
            (Weight::Quiet, if differ == 0 { said.text("they are equal.") } else { said.text(format!("{differ} differ.")) })
        }
        Fact::Unreachable { node: other, after } => {
            let said = start.text(" takes ").who(*other).strong(" for unreachable");
            (Weight::Told, said.text(format!(": it gave no answer for {}.", duration(*after))))
        }
        Fact::Reachable { node: other } => (Weight::Told, start.text(" hears from ").who(*other).text(" again.")),
        Fact::Restored { from } => {
            let said = match from.as_slice() {
                [] => start.text(" had nobody to ask, "),
                from => start.text(" has taken over what ").all(&all(from)).text(" had, "),
            };
            (Weight::Told, said.text("and ").strong("answers readers").text(" from now on."))
        }
        _ => return None,
    };
    Some((weight, said.done()))
}

fn copies(have: u8, need: u8) -> String {
    format!("{have} of {need} nodes")
}

fn words(count: u32, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// Of the rule that now says how many copies there are, and how many of them are asked.
pub(super) fn rule(rule: &Quorums) -> Sentence {
    let Quorums { n, r, w, sloppy, read_repair, anti_entropy_every } = *rule;
    let said = Writer::default().text("From now on ").strong(format!("N = {n}, R = {r}, W = {w}"));
    let said = said.text(format!(
        ": each key has {}, {} make a read, {} on disk a write.",
        counted(n as u64, "home node"),
        words(r as u32, "answer", "answers"),
        words(w as u32, "copy", "copies"),
    ));
    let said = if sloppy { said.text(" Others stand in for home nodes that cannot be reached.") } else { said };
    let said = match read_repair {
        ReadRepair::Off => said.text(" Readers repair nothing."),
        ReadRepair::Asynchronous => said.text(" Reads repair copies that are behind, beside the answer."),
        ReadRepair::BeforeAnswer => said.text(" Reads repair copies that are behind before they answer."),
    };
    match anti_entropy_every {
        Some(every) => said.text(format!(" Home nodes compare what they have every {}.", duration(every))).done(),
        None => said.done(),
    }
}

/// What its client does not know of a write that reached too few.
pub(super) fn unconfirmed(world: &LabWorld, event: &Event, client: Address) -> Option<Sentence> {
    let too_few = |other: &Event| match &other.kind {
        Kind::Fact(Fact::TooFewCopies { write, have, need }) if other.operation == event.operation => {
            Some((*write, *have, *need))
        }
        _ => None,
    };
    let (write, have, need) = recent(world).find_map(too_few)?;
    let said = Writer::default().who(client).text("’s write ").write(Chip::of(write)).strong(" is not confirmed: ");
    let said = said.text(format!("{} of the {need} copies asked for {} on disk. ", have, if have == 1 { "is" } else { "are" }));
    Some(said.text(if have == 0 { "It may still get there." } else { "It is not taken back: readers may find it." }).done())
}

/// What is left of the homes of keys without a node.
pub(super) fn without(world: &LabWorld, node: NodeId, said: Writer) -> Sentence {
    let Some(rule) = world.setup().config.quorum().map(Config::quorums) else { return said.done() };
    let (mut few, mut touched) = (None, false);
    for key in (0..world.setup().keys.max(1)).map(Key) {
        let homes = world.placement().homes(key);
        let left = homes.iter().filter(|home| world.view(**home).is_some()).count() as u8;
        touched |= homes.contains(&node);
        if left < rule.r.max(rule.w) && few.is_none() {
            few = Some((key, left));
        }
    }
    match few {
        _ if !touched => said.text(" No key was at home there."),
        None => said.text(" Enough home nodes are left for every read and write."),
        Some((key, left)) => {
            let said = said.text(format!(" Of the {} home nodes of {key} ", rule.n)).strong(format!("{left} run"));
            said.text(format!(": a read needs {}, a write {}.", rule.r, rule.w))
        }
    }
    .done()
}
