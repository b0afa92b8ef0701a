//! What a client is told, in words that also say what it does not know.

use super::{
    Sentence, Writer, actions,
    chip::Chip,
    election,
    narrate::{Weight, action_of, logged_otherwise},
    peers,
    search::{lsn_of, recent},
    words::duration,
};
use crate::{
    check::StaleRead,
    lab::LabWorld,
    sim::{
        chunked::Chunked,
        id::{Address, NodeId},
        network::MessageClass,
        operation::{Action, KeyType, Outcome, Refusal, Write},
    },
    store::log::Epoch,
    trace::{Event, Kind, Role},
};

/// What became of an operation, as its client saw it.
pub(super) fn told(
    world: &LabWorld,
    event: &Event,
    client: Address,
    outcome: &Outcome,
    stale: &Chunked<StaleRead>,
) -> (Weight, Sentence) {
    let start = Writer::default();
    let action = event.operation.and_then(|operation| action_of(world, operation));
    let chip = match (action, event.operation) {
        (Some(Action::Write { key, value }), Some(id)) => Some(Chip::of(Write { id, key, value })),
        _ => None,
    };
    let node = world.history().iter().rev().find(|(_, row)| Some(row.operation) == event.operation && row.outcome.is_some());
    let node = node.and_then(|(_, row)| row.node);
    let name = event.operation.and_then(|operation| world.operation_name(operation));
    let is_write = action.is_some_and(Action::is_write);
    let holds = action.map_or(KeyType::Register, |action| world.setup().config.key_type(action.key()));
    let what = action.and_then(|action| actions::noun(action, holds));
    let called = name.unwrap_or(if is_write { "write" } else { "read" });
    match *outcome {
        Outcome::Written if what.is_some() => {
            let said = start.who(client).text(format!("’s {}", what.unwrap_or_default())).called(name).strong(" is acknowledged");
            let said = match node {
                // Where each key has homes of its own, they were asked.
                Some(node) => {
                    said.text(" by ").who(node).text(if world.placement().is_by_key() { "." } else { ", which asked nobody." })
                }
                None => said.text("."),
            };
            (Weight::Told, said.done())
        }
        Outcome::Written => {
            let Some(chip) = chip else { return (Weight::Told, start.who(client).text(" was told OK.").done()) };
            let said = start.who(client).text("’s ").text(called).text(" ").write(chip).strong(" is acknowledged");
            let said = match node {
                Some(node) => said.text(" by ").who(node).text("."),
                None => said.text("."),
            };
            (Weight::Told, on_its_way(world, said, &chip, node).done())
        }
        Outcome::Generated(write) => {
            let chip = Chip::of(write);
            let said = start.who(client).text("’s ").text(called).text(" is ").strong("acknowledged");
            let said = match node {
                Some(node) => said.text(" by ").who(node).text(", which made the value: ").write(chip).text("."),
                None => said.text(" with the value ").write(chip).text("."),
            };
            (Weight::Told, on_its_way(world, said, &chip, node).done())
        }
        Outcome::Read(value) => {
            let missed = stale.values().rev().find(|read| Some(read.operation) == event.operation);
            let said = match name {
                Some(name) => start.who(client).text("’s ").text(name),
                None => start.who(client),
            };
            let said = said.text(" reads ");
            let said = match value {
                Some(write) => said.write(Chip::of(write)),
                None => match action {
                    Some(action) => said.strong("nothing").text(format!(" for {}", action.key())),
                    None => said.strong("nothing"),
                },
            };
            let said = match node {
                Some(node) => said.text(" at ").who(node),
                None => said,
            };
            match missed {
                Some(read) => {
                    let age = duration(read.began.saturating_sub(read.acknowledged_at));
                    let said = said.text(": ").strong("an old value.").text(" ");
                    let said = match action_of(world, read.missed.id).and_then(|action| actions::noun(action, holds)) {
                        Some(deletion) => said.text(format!("The {deletion}")),
                        None => said.write(Chip::of(read.missed)),
                    };
                    let said = said.text(" had been acknowledged");
                    let said = if read.behind > 1 {
                        said.text(format!("; the first of {} newer writes was, {age} before the question.", read.behind))
                    } else {
                        said.text(format!(" {age} before the question."))
                    };
                    (Weight::Loud, said.done())
                }
                // Peers do not order what is counted, so that nothing is newer or older.
                None if holds != KeyType::Register => (Weight::Told, said.text(".").done()),
                None if value.is_none() && is_deleted_once(world, action) => {
                    (Weight::Told, said.text(": nobody wrote it, or it was deleted.").done())
                }
                None if value.is_some() => (Weight::Told, said.text(": nothing newer had been acknowledged.").done()),
                None => (Weight::Told, said.text(": no write of it had been acknowledged.").done()),
            }
        }
        Outcome::Several(ref writes) => {
            let said = match name {
                Some(name) => start.who(client).text("’s ").text(name),
                None => start.who(client),
            };
            if holds != KeyType::Register {
                let key = action.map_or(String::new(), |action| action.key().to_string());
                let said = said.text(format!(" reads the {holds} {key}"));
                let said = if let Some(node) = node { said.text(" at ").who(node) } else { said };
                let said = match writes.len() {
                    0 => said.text(": ").strong("it is empty").text("."),
                    _ => said.text(": ").strong(actions::contents(holds, writes)).text("."),
                };
                return (Weight::Told, said.done());
            }
            let mut said = said.text(" reads ");
            for (index, write) in writes.iter().enumerate() {
                let between = if index + 1 == writes.len() { " and " } else { ", " };
                said = if index == 0 { said } else { said.text(between) };
                said = said.write(Chip::of(*write));
            }
            let said = match node {
                Some(node) => said.text(" at ").who(node),
                None => said,
            };
            (
                Weight::Loud,
                said.text(": ").strong(format!("{} values", writes.len())).text(", none of which replaced another.").done(),
            )
        }
        Outcome::Refused(refusal) => {
            let said = start.who(client).text("’s ");
            let said = match (chip, what) {
                (Some(chip), _) => said.text(called).text(" ").write(chip),
                (None, Some(what)) => said.text(what).called(name),
                (None, None) => said.text(called),
            };
            let said = said.strong(" is refused: ");
            let said = match refusal {
                _ if asked(world, event).len() > 1 && actions::refusal(refusal, None).is_none() => {
                    said.all(&asked(world, event)).text(" were asked, and none of them takes it.")
                }
                Refusal::NotPrimary { .. } => match node {
                    Some(node) => said.who(node).text(" is a replica and takes no writes."),
                    None => said.text("the node is a replica and takes no writes."),
                },
                Refusal::NoProcess => match node {
                    Some(node) => said.text("nothing runs at ").who(node).text("."),
                    None => said.text("nothing runs there."),
                },
                Refusal::NotReady => said.text("the node has no data yet."),
                Refusal::TooFewReplicas => said.text("too few replicas are in touch with the primary."),
                Refusal::NoMajority => said.text("the primary has not heard from a majority, so another may lead by now."),
                Refusal::Monitor => said.text("the node holds no data."),
                Refusal::TooStale => said.text("the node may be further behind than the read allows."),
                Refusal::DiskFull => said.text("the primary’s disk is full of log."),
                #[cfg(feature = "quorum")]
                Refusal::TooFewCopies { have, need } => {
                    said.text(format!("{need} nodes with a copy are needed, and {have} can be reached."))
                }
                #[cfg(feature = "documents")]
                Refusal::OldRevision => super::documents::refused(world, event, said),
                Refusal::WrongType { .. } | Refusal::GrowsOnly | Refusal::Gone | Refusal::Absent | Refusal::Full => {
                    said.text(actions::refusal(refusal, action.map(Action::key)).unwrap_or_default())
                }
            };
            (Weight::Loud, said.done())
        }
        Outcome::Unconfirmed => {
            if let Some(deposed) = election::deposed(world, event).filter(|_| cfg!(feature = "primary-replica")) {
                let said = start.who(client).text("’s ").text(called).text(" ");
                let said = if let Some(chip) = chip { said.write(chip) } else { said };
                let said = said.strong(" is in doubt: ").who(deposed).text(" was deposed before it was confirmed.");
                return (Weight::Loud, said.text(" The write may stay, or be thrown away.").done());
            }
            #[cfg(feature = "quorum")]
            if let Some(said) = super::quorum::unconfirmed(world, event, client) {
                return (Weight::Loud, said);
            }
            let said = start.text("For ").who(client).text(" the wait is over: ").strong("done here, but not confirmed.");
            (Weight::Loud, said.text(" The write stays; if its primary is lost, it may be lost too.").done())
        }
        Outcome::TimedOut => {
            let said = start.who(client).text(" got ").strong("no answer").text(" to the ");
            let what = match (chip, what) {
                (Some(chip), _) => said.text(called).text(" ").write(chip),
                (None, Some(what)) => said.text(what).called(name),
                (None, None) => said.text(called),
            };
            let tail = if is_write { ". Whether it happened, the client cannot know." } else { "." };
            (Weight::Loud, what.text(tail).done())
        }
    }
}

/// Whether somebody asked for the key of this operation to be deleted.
fn is_deleted_once(world: &LabWorld, action: Option<Action>) -> bool {
    let deletes = |of: Action| of.deletes() && Some(of.key()) == action.map(Action::key);
    world.history().iter().any(|(_, row)| deletes(row.action))
}

/// The nodes that were asked to do the operation that ends with `event`, in the order they were asked.
fn asked(world: &LabWorld, event: &Event) -> Vec<Address> {
    let of_operation = recent(world).filter(|other| other.operation == event.operation && other.at <= event.at);
    let mut nodes: Vec<Address> = of_operation
        .filter_map(|other| match other.kind {
            Kind::Send { to, class: MessageClass::Request, .. } => Some(to),
            _ => None,
        })
        .collect();
    nodes.reverse();
    nodes.dedup();
    nodes
}

/// Adds which of the running nodes do not have the write yet. Having had it is enough: it may have been overwritten since.
/// `by`: who acknowledged it.
fn on_its_way(world: &LabWorld, said: Writer, chip: &Chip, by: Option<NodeId>) -> Writer {
    let unreached = peers::unreached(world, &chip.write);
    if !unreached.is_empty() {
        return said.text(" It has yet to reach ").all(&unreached).text(".");
    }
    let Some(lsn) = lsn_of(world, chip.write.id).filter(|_| cfg!(feature = "primary-replica")) else { return said };
    let lacks = |node: &NodeId| {
        let view = world.view(*node)?;
        let other = view.tail.iter().any(|entry| entry.lsn == lsn && entry.operation() != Some(chip.write.id));
        Some(view.applied < lsn || other)
    };
    let missing: Vec<Address> =
        world.stores().iter().copied().filter(|node| lacks(node) == Some(true)).map(Address::Node).collect();
    if let Some((leader, epoch)) = deposed_by(world, by).filter(|(leader, _)| missing.contains(&Address::Node(*leader))) {
        let said = said.text(" But ").who(leader).strong(format!(" leads epoch {epoch}"));
        return said.text(" and does not have it: when they hear of each other, it is thrown away.");
    }
    let differs = |node: &NodeId| logged_otherwise(world, *node, lsn, &chip.write).is_some();
    let others: Vec<Address> = world.stores().iter().copied().filter(differs).map(Address::Node).collect();
    match missing.is_empty() {
        true if !others.is_empty() => said.text(" Of the same statement another value was made by ").all(&others).text("."),
        true => said.text(" Every running node has it."),
        false => said.text(" It has yet to reach ").all(&missing).text("."),
    }
}

/// Who leads a newer epoch than this node, which takes itself for the primary.
fn deposed_by(world: &LabWorld, node: Option<NodeId>) -> Option<(NodeId, Epoch)> {
    let own = node.and_then(|node| world.standing(node)).filter(|own| own.role == Role::Primary)?;
    let leader = world.primary().filter(|leader| Some(*leader) != node)?;
    world.standing(leader).filter(|standing| standing.epoch > own.epoch).map(|standing| (leader, standing.epoch))
}
