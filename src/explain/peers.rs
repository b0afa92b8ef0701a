//! What is told of peers: writes that meet, that win and lose, that wait for each other, and who lacks what.

use super::{
    Sentence, Writer, actions,
    chip::Chip,
    narrate::Weight,
    search::{acknowledged, carries},
};
use crate::{
    lab::LabWorld,
    protocol::{NodeView, PeerView, conflicts::Conflicts},
    sim::{
        id::{Address, Key, NodeId},
        operation::{KeyType, Write},
        small::SmallMap,
    },
    store::{
        object::{counter::CounterKind, register::Strategy, set::SetKind},
        version::Seen,
    },
    trace::Fact,
};

/// Who wins, as part of a sentence.
pub fn strategy_words(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::LastWriteWins => "the latest by the clocks of the peers wins",
        Strategy::LastWriteWinsHybrid => "the latest by hybrid time wins",
        Strategy::LastWriteWinsLamport => "the one with the highest Lamport count wins",
        Strategy::HighestNode => "the peer that comes last in the alphabet wins",
        Strategy::FirstWriterWins => "the first one wins",
        Strategy::KeepSiblings => "all are kept, and the reader decides",
    }
}

/// Which elements a set has, as part of a sentence.
pub fn kind_words(kind: SetKind) -> &'static str {
    match kind {
        SetKind::GrowOnly => "a grow-only set has whatever was ever added",
        SetKind::TwoPhase => "in a two-phase set removal is for good",
        SetKind::LastWriteWins => "in a last-write-wins set the clocks of the peers decide between addition and removal",
        SetKind::ObservedRemove => "in an observed-remove set a removal takes away only the additions it has seen",
        SetKind::PositiveNegative => "in a PN-set additions and removals are counted against each other",
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
            let said = change(world, start.text(" takes "), write);
            let is_value = actions::change(world, write).is_none();
            let said = match over.as_slice() {
                _ if !is_value => said.text(", asking nobody, and writes it to disk."),
                [] => said.text(", asking nobody, and writes it to disk."),
                [one] => said.text(" in place of ").write(Chip::of(*one)).text(", asking nobody."),
                several => chips(said.text(" in place of "), several).text(": they are ").strong("one value again").text("."),
            };
            (if over.len() > 1 && is_value { Weight::Loud } else { Weight::Quiet }, said)
        }
        Fact::Merged { write, by } if *by == node => {
            let said = change(world, start.text(" has "), write).text(" on disk and shows it.");
            (Weight::Quiet, said)
        }
        Fact::Merged { write, by } => {
            let said = change(world, start.text(" learns of "), write).text(", which was written at ").who(*by).text(".");
            (Weight::Quiet, said)
        }
        Fact::Conflict { writes } => {
            let said = chips(start.text(" holds "), writes).strong(": a conflict.");
            (Weight::Loud, said.text(" None was written over another, so all are kept."))
        }
        Fact::Dropped { writes, kept, strategy } => {
            let said = chips(start.text(" hides "), writes);
            let said = match kept {
                Some(kept) => said.text(" behind ").write(Chip::of(*kept)).text(": "),
                None => said.text(": "),
            };
            let said = said.strong(strategy_words(*strategy)).text(".");
            let acknowledged = writes.iter().filter(|write| acknowledged(world, write.id)).count();
            let said = match (acknowledged, writes.len()) {
                (0, _) => said,
                (1, 1) => said.text(" Its client was told OK."),
                (count, all) if count == all => said.text(" Their clients were told OK."),
                (count, all) => said.text(format!(" {count} of these {all} clients were told OK.")),
            };
            (Weight::Loud, said)
        }
        Fact::Overtook { write } => {
            let said =
                change(world, start.text(" shows "), write).strong(" too early").text(": the peer that took it had something");
            (Weight::Loud, said.text(" that is not here yet."))
        }
        Fact::HeldBack { write, of } => {
            let said =
                change(world, start.text(" holds "), write).strong(" back").text(": the peer that took it had a write of ");
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
        Fact::Hidden { writes, kind } => {
            let said = start.text(" does not show ").strong(elements(writes)).text(format!(" in {}", of_key(world, writes)));
            let said = said.text(", although nobody removed it who had seen it added: ").text(kind_words(*kind)).text(".");
            (Weight::Loud, said)
        }
        Fact::RemovalIgnored { writes, kind } => {
            let said = start.text(" still shows ").strong(elements(writes)).text(format!(" in {}", of_key(world, writes)));
            let said = said.text(", although it was removed by somebody who had seen it: ").text(kind_words(*kind)).text(".");
            (Weight::Loud, said)
        }
        Fact::SetSwitched { kind, back, gone } => {
            let said = start.text(" shows another view of ").text(of_key(world, if back.is_empty() { gone } else { back }));
            let said = match back.is_empty() {
                true => said,
                false => said.text(": ").strong(elements(back)).text(if back.len() == 1 { " is back" } else { " are back" }),
            };
            let said = match gone.is_empty() {
                true => said,
                false => said.text(if back.is_empty() { ": " } else { ", " }).strong(elements(gone)).text(" no longer shown"),
            };
            (Weight::Loud, said.text("; ").text(kind_words(*kind)).text("."))
        }
        Fact::BroughtBack { writes } => {
            let said = match world.setup().config.key_type(writes.first()?.key) {
                KeyType::Register => chips(start.text(" has "), writes).strong(" back").text(", which had been deleted: the "),
                _ => {
                    let said = start.text(" has ").strong(elements(writes)).text(" in ").text(of_key(world, writes));
                    let said = said.strong(" again").text(", which had been taken out: ");
                    return Some((Weight::Loud, said.text("carts that met are merged by union.").done()));
                }
            };
            (Weight::Loud, said.text("tombstone has been forgotten, and somebody had not heard of it."))
        }
        Fact::Forgotten { writes } => {
            let said = start.strong(" forgets").text(format!(" that {} was deleted", writes.first()?.key));
            (Weight::Told, said.text(": nothing is kept of it any more."))
        }
        #[cfg(feature = "multi-primary")]
        Fact::BelowZero { total } => {
            let said = Writer::default().text(format!("{} at ", total.key)).who(node).strong(" falls below zero");
            let said = said
                .text(format!(", to −{}. Each peer counts what it takes and asks nobody first, ", total.value.unsigned_abs()));
            (Weight::Loud, said.text("so all together may take more than there is."))
        }
        _ => return None,
    };
    Some((weight, said.done()))
}

/// A change: a value that is written by its mark, everything else in words.
fn change(world: &LabWorld, said: Writer, write: &Write) -> Writer {
    match actions::change(world, write) {
        Some(what) if what.starts_with(['a', 'r', 'e', 'd']) && !what.starts_with("a change") => said.text(format!("the {what}")),
        Some(what) => said.text(what),
        None => said.write(Chip::of(*write)),
    }
}

/// "1, 3 and 5"
fn elements(writes: &[Write]) -> String {
    let all: Vec<String> = writes.iter().map(|write| write.value.to_string()).collect();
    match all.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => all.concat(),
    }
}

/// "the set x"
fn of_key(world: &LabWorld, writes: &[Write]) -> String {
    let Some(write) = writes.first() else { return String::new() };
    format!("the {} {}", world.setup().config.key_type(write.key), write.key)
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
    #[cfg(feature = "quorum")]
    if world.placement().is_by_key() {
        return super::quorum::without(world, node, said);
    }
    let others = || world.stores().iter().copied().filter(|other| *other != node);
    let views: Vec<NodeView> = others().filter_map(|other| world.view(other)).collect();
    let said = match views.len() {
        0 => return said.text(" No peer runs any more.").done(),
        _ => said.text(" The others go on taking reads and writes."),
    };
    let Some(peer) = &own.peer else { return said.done() };
    let is_register = |write: &Write| world.setup().config.key_type(write.key) == KeyType::Register;
    let knows = |other: &NodeView, write: &Write| match other.peer.as_deref() {
        Some(other) if is_register(write) => knows(other, peer, write),
        Some(theirs) => theirs.vector.covers(&peer.vector) || other.copies.contains(write),
        None => false,
    };
    let covered = |write: &Write| views.iter().any(|other| knows(other, write));
    let alone: Vec<Write> = own.copies.iter().copied().filter(|write| !covered(write)).collect();
    if alone.is_empty() {
        return said.done();
    }
    chips(said.text(" Nobody else has "), &alone).text(".").done()
}

/// Whether another peer has seen a write that this one shows.
fn knows(other: &PeerView, own: &PeerView, write: &Write) -> bool {
    #[cfg(feature = "documents")]
    if own.documents.is_some() {
        return super::documents::knows(other, own, write);
    }
    #[cfg(feature = "gossip")]
    if own.gossip.is_some() {
        return super::gossip::knows(other, own, write);
    }
    let of_key = |peer: &PeerView| peer.keys.iter().position(|view| view.key == write.key);
    let (Some(theirs), Some(ours)) = (of_key(other), of_key(own)) else { return false };
    let dot = own.keys[ours].versions.iter().find(|version| version.write == *write).and_then(|version| version.dot);
    dot.is_some_and(|dot| other.keys[theirs].seen.includes(dot))
}

fn backlog_by_key(world: &LabWorld, node: NodeId, own: &PeerView) -> u64 {
    let peers: Vec<Box<PeerView>> = world.stores().iter().filter_map(|node| world.view(*node)?.peer).collect();
    let mut known: SmallMap<Key, Seen> = SmallMap::new();
    for view in peers.iter().flat_map(|peer| &peer.keys).chain(&own.keys) {
        known.or_default(view.key).merge(&view.seen);
    }
    let has = |key: Key| own.keys.iter().find(|view| view.key == key).map_or(0, |view| view.seen.count());
    let homely = known.iter().filter(|(key, _)| world.placement().is_home(node, **key));
    homely.map(|(key, seen)| seen.count() - has(*key)).sum()
}

/// The peers that have not seen an acknowledged write, of those that keep its key.
pub(super) fn unreached(world: &LabWorld, write: &Write) -> Vec<Address> {
    if !cfg!(feature = "peers") {
        return Vec::new();
    }
    #[cfg(feature = "gossip")]
    if world.setup().config.gossip().is_some() {
        return super::gossip::residue(world, write).into_iter().map(Address::Node).collect();
    }
    #[cfg(feature = "documents")]
    if world.setup().config.documents().is_some() {
        return super::documents::unreached(world, write);
    }
    let peers: Vec<(NodeId, Box<PeerView>)> =
        world.stores().iter().filter_map(|node| Some((*node, world.view(*node)?.peer?))).collect();
    let Some((_, holder)) = peers.iter().find(|(_, peer)| shows(peer, write)) else { return Vec::new() };
    let lacks =
        |(node, peer): &&(NodeId, Box<PeerView>)| world.placement().is_home(*node, write.key) && !knows(peer, holder, write);
    peers.iter().filter(lacks).map(|(node, _)| Address::Node(*node)).collect()
}

fn shows(peer: &PeerView, write: &Write) -> bool {
    peer.keys.iter().flat_map(|key| &key.versions).any(|version| version.write == *write)
}

/// Why a peer does not show what another one shows, which has seen all that this one has seen of the key. None if there is no such.
pub fn why_old(world: &LabWorld, node: NodeId, key: Key) -> Option<Sentence> {
    if !cfg!(feature = "peers") {
        return None;
    }
    let own = world.remains(node).filter(|_| world.placement().is_home(node, key))?;
    let mine = own.peer.as_deref()?;
    let others = world.stores().iter().copied().filter(|other| *other != node);
    let newer = |other: NodeId| {
        let peer = world.view(other)?.peer?;
        #[cfg(feature = "documents")]
        if let (Some(ours), Some(theirs)) = (&mine.documents, &peer.documents) {
            return Some((other, super::documents::newer(ours, theirs, key)?));
        }
        let theirs = peer.keys.iter().find(|view| view.key == key)?;
        let ours = mine.keys.iter().find(|view| view.key == key);
        let covers = match &mine.gossip {
            // The newest alone counts.
            Some(_) => world.stamp(other, key) > ours.and_then(|ours| ours.versions.first()).map(|version| version.stamp),
            None => ours.is_none_or(|ours| theirs.seen.covers(&ours.seen) && theirs.seen != ours.seen),
        };
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
        None => match no_way(world, (holder, node), &write) {
            Some(why) => start.text(", and ").and(why),
            None => start.text(", and it has not come this far yet."),
        },
    };
    Some(said.done())
}

/// Why a write cannot come to a peer as things are: of the links on which it could, each is cut or ends at a peer that is down;
/// or nobody tells the rumour any more. None if there is a way.
fn no_way(world: &LabWorld, (holder, node): (NodeId, NodeId), write: &Write) -> Option<Sentence> {
    let first = world.view(holder)?.peer?;
    let has_it = |other: &NodeId| world.view(*other).and_then(|view| view.peer).filter(|peer| knows(peer, &first, write));
    let start = Writer::default();
    #[cfg(feature = "gossip")]
    if world.setup().config.gossip().is_some() {
        let mut holders = world.stores().iter().filter_map(has_it).filter_map(|peer| peer.gossip);
        let is_told = holders.any(|gossip| gossip.spreads.iter().any(|rumour| rumour.write == *write));
        let said = start.strong("nobody tells it any more").text(": by rumour it will not come.");
        return (!is_told).then(|| said.done());
    }
    if !cfg!(feature = "multi-primary") {
        return None;
    }
    let (config, members) = (world.setup().config.multi_primary()?, world.members());
    let mut reached: Vec<NodeId> = world.stores().iter().copied().filter(|other| has_it(other).is_some()).collect();
    let (mut next, mut ends) = (0, Vec::new());
    while let Some(from) = reached.get(next).copied() {
        next += 1;
        for to in config.targets(from, &members) {
            let is_cut = world.network().is_cut(from.into(), to.into());
            if is_cut || world.view(to).is_none() {
                ends.push((from, to, is_cut));
            } else if !reached.contains(&to) {
                reached.push(to);
            }
        }
    }
    let (from, to, is_cut) = ends.into_iter().find(|(_, to, _)| !reached.contains(to)).filter(|_| !reached.contains(&node))?;
    let start = start.text("there is no way here: ");
    Some(match is_cut {
        true => start.text("between ").who(from).text(" and ").who(to).strong(" nothing passes").text(".").done(),
        false => start.who(to).strong(" is down").text(".").done(),
    })
}

/// Of the rule that now says who wins.
pub(super) fn rule(conflicts: &Conflicts) -> Sentence {
    if !cfg!(feature = "peers") {
        return Sentence::new();
    }
    let said = Writer::default().text("Of writes that did not know of each other ");
    let said = said.strong(strategy_words(conflicts.register)).text(" from now on, also of those that are there; ");
    let said = said.text(kind_words(conflicts.set));
    said.text(match conflicts.counter {
        CounterKind::GrowOnly => "; counters only grow.",
        CounterKind::PositiveNegative => "; counters go up and down.",
    })
    .done()
}

/// How many changes this node lacks of all that are known to running peers; of keys whose home it is.
pub fn backlog(world: &LabWorld, node: NodeId, view: &NodeView) -> u64 {
    let Some(own) = view.peer.as_deref() else { return 0 };
    #[cfg(feature = "gossip")]
    if own.gossip.is_some() {
        return super::gossip::backlog(world, own);
    }
    #[cfg(feature = "documents")]
    if let Some(documents) = &own.documents {
        return super::documents::backlog(world, documents);
    }
    if world.placement().is_by_key() {
        return backlog_by_key(world, node, own);
    }
    let mut all = own.vector.clone();
    for node in world.stores() {
        if let Some(peer) = world.view(*node).and_then(|view| view.peer) {
            all.merge(&peer.vector);
        }
    }
    all.iter().map(|dot| dot.counter.saturating_sub(own.vector.get(dot.actor)) as u64).sum()
}
