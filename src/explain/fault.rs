//! What goes wrong: nodes that crash, messages that go no further.

use super::{Sentence, Writer, actions, chip::Chip, narrate::Weight, peers, search::carries};
use crate::{
    lab::LabWorld,
    protocol::NodeView,
    sim::{
        id::{Address, NodeId},
        network::MessageClass,
        operation::Write,
    },
    trace::{Cargo, CrashKind, DropReason, Role},
};

pub(super) fn crashed(world: &LabWorld, node: NodeId, how: CrashKind) -> Sentence {
    let what = match how {
        CrashKind::Process => " crashed.",
        CrashKind::Machine => " lost power.",
        CrashKind::Wipe => " lost its disk.",
    };
    let said = Writer::default().who(node).strong(what);
    let Some(own) = world.remains(node) else { return said.done() };
    if !cfg!(feature = "primary-replica") {
        return peers::without(world, node, &own, said);
    }
    // The newest write of its log that no running node has.
    let elsewhere = |write: &Write| {
        let others = world.stores().iter().copied().filter(|other| *other != node);
        others.filter_map(|other| world.view(other)).any(|view| view.tail.iter().any(|entry| entry.operation() == Some(write.id)))
    };
    let alone: Vec<Write> = own.tail.iter().filter_map(|entry| entry.write).filter(|write| !elsewhere(write)).collect();
    let Some(last) = alone.last().filter(|_| own.role == Role::Primary) else {
        return match own.role {
            Role::Primary => match world.primary() {
                Some(other) => said.text(" ").who(other).text(" leads, and takes writes.").done(),
                None => said.text(" No node takes writes now; reads at replicas go on.").done(),
            },
            Role::Replica | Role::Candidate => without_replica(world, &own, node, how, said),
            Role::Monitor => said.done(),
            Role::Peer => peers::without(world, node, &own, said),
        };
    };
    let travelling: Vec<Address> =
        world.flights().filter(|flight| carries(&flight.cargo, last)).map(|flight| flight.to).collect();
    let said = match alone.len() {
        1 => said.text(" No other node has ").write(Chip::of(*last)),
        count => said.text(format!(" No other node has its last {count} writes up to ")).write(Chip::of(*last)),
    };
    match travelling.is_empty() {
        true => said.text(".").done(),
        false => said.text("; a copy is still on the wire to ").all(&travelling).text(".").done(),
    }
}

/// What is left of the flow of the log without this replica.
fn without_replica(world: &LabWorld, own: &NodeView, node: NodeId, how: CrashKind, said: Writer) -> Sentence {
    let config = world.setup().config.primary_replica();
    let source = own.source.filter(|source| world.view(*source).is_some());
    let said = match (how, source) {
        (CrashKind::Wipe, _) => said.text(" When it is back it needs everything anew."),
        (_, None) => said,
        (_, Some(source)) => {
            let Some(config) = config else { return said.done() };
            let kept = match (config.retention.slots, config.retention.slot_limit_entries) {
                (true, None) => "all that it misses".to_string(),
                (true, Some(most)) => format!("what it misses, up to {most} entries"),
                (false, _) => format!("the last {} entries", config.log_retention_entries),
            };
            said.text(" ").who(source).text(format!(" keeps {kept} for when it is back."))
        }
    };
    let is_fed = |other: &NodeId| world.view(*other).is_some_and(|view| view.source == Some(node));
    let fed: Vec<Address> = world.stores().iter().copied().filter(is_fed).map(Address::Node).collect();
    if fed.is_empty() { said.done() } else { said.text(" Nobody feeds ").all(&fed).text(" meanwhile.").done() }
}

/// A message that went no further.
pub(super) fn dropped(
    world: &LabWorld,
    (from, to): (Address, Address),
    class: MessageClass,
    cargo: &Cargo,
    reason: DropReason,
) -> Option<(Weight, Sentence)> {
    let start = Writer::default();
    let (what, weight) = match cargo {
        Cargo::Entries { last_write: Some(write), .. } => (start.text("The copy of ").write(Chip::of(*write)), Weight::Told),
        Cargo::Entries { .. } => (start.text("The copy of a no-op"), Weight::Quiet),
        Cargo::Changes { count: 1, last, .. } if cfg!(feature = "peers") => {
            let what = match actions::change(world, last) {
                Some(what) => start.text("The change").called(Some(&what)),
                None => start.text("The change ").write(Chip::of(*last)),
            };
            (what, Weight::Told)
        }
        Cargo::Changes { count, last, .. } if cfg!(feature = "peers") => {
            (start.text(format!("The message with {count} changes up to ")).write(actions::mark(world, *last)), Weight::Told)
        }
        Cargo::State { .. } => (start.text("The state"), Weight::Told),
        #[cfg(feature = "quorum")]
        Cargo::Hint { of, write } => (start.text("The copy of ").write(Chip::of(*write)).text(" for ").who(*of), Weight::Told),
        #[cfg(feature = "quorum")]
        Cargo::Fetch { key } => (start.text(format!("The question for {key}")), Weight::Told),
        #[cfg(feature = "quorum")]
        Cargo::Fetched { .. } => (start.text("The answer of ").who(from), Weight::Told),
        #[cfg(feature = "quorum")]
        Cargo::Copies { .. } => (start.text("The copies"), Weight::Told),
        #[cfg(feature = "gossip")]
        Cargo::Rumours { writes, .. } if !writes.is_empty() => {
            (super::peers::chips(start.text("The rumour "), writes), Weight::Quiet)
        }
        #[cfg(feature = "gossip")]
        Cargo::Missing { count, .. } if *count > 0 => (start.text("What was missing,"), Weight::Told),
        #[cfg(feature = "documents")]
        Cargo::Documents { last: Some(last), .. } => (start.text("The revision ").write(Chip::of(*last)), Weight::Told),
        Cargo::Ask { .. } => (start.text("The request of ").who(from), Weight::Told),
        Cargo::Answer { .. } => (start.text("The answer of ").who(from), Weight::Told),
        Cargo::Snapshot { .. } => (start.text("The snapshot"), Weight::Told),
        // Small talk between nodes is not worth a headline.
        _ => return None,
    };
    let said = what.text(" to ").who(to);
    let said = match reason {
        DropReason::Loss => said.strong(" was lost").text(" on the way."),
        DropReason::Cut => said.strong(" did not get through:").text(" the link is cut."),
        DropReason::NodeDown => said.text(" found ").strong("nobody there."),
        DropReason::ByHand => said.strong(" was taken").text(" off the wire."),
        DropReason::LinkFull => said.strong(" did not fit").text(" on the link."),
        DropReason::QueueFull => said.text(" was turned away: ").strong("too much was waiting there."),
        DropReason::CrashedWaiting => said.text(" died waiting: the node crashed first."),
    };
    let resend = class == MessageClass::Replicate && reason == DropReason::Loss;
    let said = if resend { said.text(" It will be sent again.") } else { said };
    Some((weight, said.done()))
}
