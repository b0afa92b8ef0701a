//! What is told of peers: writes that meet, that win and lose, that wait for each other, and who lacks what.

use super::{Sentence, Writer, chip::Chip, narrate::Weight, search::carries};
use crate::{
    lab::LabWorld,
    protocol::{NodeView, PeerView, conflicts::Conflicts},
    sim::{
        id::{Address, Key, NodeId},
        operation::Write,
    },
    store::object::register::Strategy,
    trace::Fact,
};

/// Who wins, as part of a sentence.
pub fn strategy_words(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::LastWriteWins => "the latest by the clocks of the peers wins",
        Strategy::LastWriteWinsHybrid => "the latest by hybrid time wins",
        Strategy::HighestNode => "the peer that comes last in the alphabet wins",
        Strategy::FirstWriterWins => "the first one wins",
        Strategy::KeepSiblings => "all are kept, and the reader decides",
    }
}

/// The sentence for such a fact, if it is one.
pub(super) fn told(world: &LabWorld, node: NodeId, fact: &Fact) -> Option<(Weight, Sentence)> {
    // A page that has no peers on board needs none of these.
    if !cfg!(feature = "peers") {
        return None;
    }
    let start = Writer::default().who(node);
    let (weight, said) = match fact {
        Fact::Accepted { write, over } => {
            let said = start.text(" takes ").write(Chip::of(*write));
            let said = match over.as_slice() {
                [] => said.text(", asking nobody, and writes it to disk."),
                [one] => said.text(" in place of ").write(Chip::of(*one)).text(", asking nobody."),
                several => chips(said.text(" in place of "), several).text(": they are ").strong("one value again").text("."),
            };
            (if over.len() > 1 { Weight::Loud } else { Weight::Quiet }, said)
        }
        Fact::Merged { write, by } if *by == node => {
            let said = start.text(" has ").write(Chip::of(*write)).text(" on disk and shows it.");
            (Weight::Quiet, said)
        }
        Fact::Merged { write, by } => {
            let said = start.text(" learns of ").write(Chip::of(*write)).text(", which was written at ").who(*by).text(".");
            (Weight::Quiet, said)
        }
        Fact::Conflict { writes } => {
            let said = chips(start.text(" holds "), writes).strong(": a conflict.");
            (Weight::Loud, said.text(" None was written by someone who had seen another, so all are kept."))
        }
        Fact::Dropped { writes, kept, strategy } => {
            let said = chips(start.text(" hides "), writes);
            let said = match kept {
                Some(kept) => said.text(" behind ").write(Chip::of(*kept)).text(": "),
                None => said.text(": "),
            };
            let said = said.strong(strategy_words(*strategy)).text(".");
            let acknowledged = writes.iter().filter(|write| is_acknowledged(world, write)).count();
            let said = match (acknowledged, writes.len()) {
                (0, _) => said,
                (1, 1) => said.text(" Its client was told OK."),
                (count, all) if count == all => said.text(" Their clients were told OK."),
                (count, all) => said.text(format!(" {count} of these {all} clients were told OK.")),
            };
            (Weight::Loud, said)
        }
        Fact::Overtook { write } => {
            let said = start.text(" shows ").write(Chip::of(*write)).strong(" too early").text(": its writer had seen something");
            (Weight::Loud, said.text(" that is not here yet."))
        }
        Fact::HeldBack { write, of } => {
            let said = start.text(" holds ").write(Chip::of(*write)).strong(" back").text(": its writer had seen a write at ");
            (Weight::Told, said.who(*of).text(" that is not here yet."))
        }
        Fact::AlreadyKnown { changes } => {
            let what = if *changes == 1 { "a change".into() } else { format!("{changes} changes") };
            (Weight::Quiet, start.text(format!(" knows {what} already, some other way: it goes no further.")))
        }
        Fact::SentMissing { to, changes } => {
            let what = if *changes == 1 { "the change".into() } else { format!("the {changes} changes") };
            (Weight::Told, start.text(" sends ").who(*to).text(format!(" {what} that it has not confirmed.")))
        }
        Fact::StateNeeded { peer } => {
            let said = start.text(" sends ").who(*peer).text(" everything it has: the changes that ");
            (Weight::Told, said.who(*peer).text(" lacks are no longer kept one by one."))
        }
        _ => return None,
    };
    Some((weight, said.done()))
}

fn is_acknowledged(world: &LabWorld, write: &Write) -> bool {
    world.history().iter().any(|(_, row)| row.operation == write.id && row.written().is_some())
}

/// "x = 1, x = 2 and x = 3"
pub(super) fn chips(mut said: Writer, writes: &[Write]) -> Writer {
    for (index, write) in writes.iter().enumerate() {
        said = match index {
            0 => said,
            last if last + 1 == writes.len() => said.text(" and "),
            _ => said.text(", "),
        };
        said = said.write(Chip::of(*write));
    }
    said
}

/// What remains when a peer is gone.
pub(super) fn without(world: &LabWorld, node: NodeId, own: &NodeView, said: Writer) -> Sentence {
    if !cfg!(feature = "peers") {
        return said.done();
    }
    let others = || world.stores().iter().copied().filter(|other| *other != node);
    let views: Vec<NodeView> = others().filter_map(|other| world.view(other)).collect();
    let said = match views.len() {
        0 => return said.text(" No peer runs any more.").done(),
        _ => said.text(" The others go on taking reads and writes."),
    };
    let Some(peer) = &own.peer else { return said.done() };
    let covered = |write: &Write| views.iter().filter_map(|view| view.peer.as_deref()).any(|other| knows(other, peer, write));
    let alone: Vec<Write> = own.copies.iter().copied().filter(|write| !covered(write)).collect();
    if alone.is_empty() {
        return said.done();
    }
    chips(said.text(" Nobody else has "), &alone).text(".").done()
}

/// Whether another peer has seen a write that this one shows.
fn knows(other: &PeerView, own: &PeerView, write: &Write) -> bool {
    let of_key = |peer: &PeerView| peer.keys.iter().position(|view| view.key == write.key);
    let (Some(theirs), Some(ours)) = (of_key(other), of_key(own)) else { return false };
    let dot = own.keys[ours].versions.iter().find(|version| version.write == *write).and_then(|version| version.dot);
    dot.is_some_and(|dot| other.keys[theirs].seen.includes(dot))
}

/// The peers that have not seen an acknowledged write.
pub(super) fn unreached(world: &LabWorld, write: &Write) -> Vec<Address> {
    if !cfg!(feature = "peers") {
        return Vec::new();
    }
    let peers: Vec<(NodeId, Box<PeerView>)> =
        world.stores().iter().filter_map(|node| Some((*node, world.view(*node)?.peer?))).collect();
    let Some((_, holder)) = peers.iter().find(|(_, peer)| shows(peer, write)) else { return Vec::new() };
    peers.iter().filter(|(_, peer)| !knows(peer, holder, write)).map(|(node, _)| Address::Node(*node)).collect()
}

fn shows(peer: &PeerView, write: &Write) -> bool {
    peer.keys.iter().flat_map(|key| &key.versions).any(|version| version.write == *write)
}

/// Why a peer does not show what another one shows, which has seen all that this one has seen of the key. None if there is no such.
pub fn why_old(world: &LabWorld, node: NodeId, key: Key) -> Option<Sentence> {
    if !cfg!(feature = "peers") {
        return None;
    }
    let own = world.remains(node)?;
    let mine = own.peer.as_deref()?;
    let others = world.stores().iter().copied().filter(|other| *other != node);
    let newer = |other: NodeId| {
        let peer = world.view(other)?.peer?;
        let theirs = peer.keys.iter().find(|view| view.key == key)?;
        let ours = mine.keys.iter().find(|view| view.key == key);
        let covers = ours.is_none_or(|ours| theirs.seen.covers(&ours.seen) && theirs.seen != ours.seen);
        let write = theirs.versions.iter().find(|one| one.shown && !shows(mine, &one.write))?.write;
        covers.then_some((other, write))
    };
    let (holder, write) = others.filter_map(newer).next()?;
    let start = Writer::default().who(holder).text(" has ").write(Chip::of(write));
    let flight = world.flights().find(|flight| flight.to == node.into() && carries(&flight.cargo, &write));
    let said = match flight {
        _ if world.view(node).is_none() => start.text(", and ").who(node).text(" is down."),
        Some(flight) if !flight.lost => start.text("; a copy is on its way and arrives at ").when(flight.ends_at).text("."),
        Some(flight) => start.text("; the copy on its way will be lost at ").when(flight.ends_at).text("."),
        None if world.network().is_cut(holder.into(), node.into()) => {
            start.text(", and between them ").strong("nothing passes").text(".")
        }
        None if mine.held > 0 => start.text(". What has arrived here waits for an earlier change."),
        None => start.text(", and it has not come this far yet."),
    };
    Some(said.done())
}

/// Of the rule that now says who wins.
pub(super) fn rule(conflicts: &Conflicts) -> Sentence {
    if !cfg!(feature = "peers") {
        return Sentence::new();
    }
    let said = Writer::default().text("Of writes that did not know of each other ");
    said.strong(strategy_words(conflicts.register)).text(" from now on, also of those that are there.").done()
}

/// The nodes that lack something another peer has, with how many changes of all that are known to running peers.
pub fn backlog(world: &LabWorld, view: &NodeView) -> u64 {
    let Some(own) = view.peer.as_deref() else { return 0 };
    let mut all = own.vector.clone();
    for node in world.stores() {
        if let Some(peer) = world.view(*node).and_then(|view| view.peer) {
            all.merge(&peer.vector);
        }
    }
    all.iter().map(|dot| dot.counter.saturating_sub(own.vector.get(dot.actor)) as u64).sum()
}
