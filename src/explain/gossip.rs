//! What is told of groups that gossip: rumours heard, told in vain and given up, what comparing finds, who is taken for what.

use super::{Sentence, Writer, chip::Chip, narrate::Weight, peers::chips, words::counted};
use crate::{
    lab::LabWorld,
    protocol::PeerView,
    sim::{
        id::{Address, Key, NodeId},
        operation::Write,
    },
    store::stamp::Stamp,
    trace::{Fact, MemberState},
};

fn all(nodes: &[NodeId]) -> Vec<Address> {
    nodes.iter().copied().map(Address::Node).collect()
}

/// The sentence for such a fact, if it is one.
pub(super) fn told(node: NodeId, fact: &Fact) -> Option<(Weight, Sentence)> {
    let start = Writer::default().who(node);
    let (weight, said) = match fact {
        Fact::Heard { write, from } => {
            let said = start.text(" hears of ").write(Chip::of(*write)).text(" from ").who(*from);
            (Weight::Quiet, said.text(" for the first time, and tells others from its next round on."))
        }
        Fact::HeardAgain { rumours, from } => {
            let what = if *rumours == 1 { "a rumour".into() } else { counted(*rumours as u64, "rumour") };
            (Weight::Quiet, start.text(format!(" knows {what} already that ")).who(*from).text(" tells it: told in vain."))
        }
        Fact::LostInterest { write } => {
            let said = start.strong(" loses interest").text(" in ").write(Chip::of(*write));
            (Weight::Quiet, said.text(": it has told it in vain often enough."))
        }
        Fact::FoundMissing { writes, from } => {
            let said = start.text(" compares all it has with ").who(*from).text(" and finds ");
            (Weight::Told, chips(said, writes).strong(", which no rumour had told it").text("."))
        }
        Fact::AsksOthers { member, through } => {
            let said = start.text(" gets no answer from ").who(*member).text(" and asks ").all(&all(through));
            (Weight::Quiet, said.text(" to try."))
        }
        Fact::MemberIs { member, state, by, .. } => return Some(is(node, *member, *state, *by)),
        Fact::Refutes { was, by, incarnation } => {
            let said = start.text(" hears from ").who(*by).text(match was {
                MemberState::Dead => " that it is taken for dead, and ",
                _ => " that it is suspected, and ",
            });
            (Weight::Told, said.strong("denies it").text(format!(", under the higher number {incarnation}.")))
        }
        _ => return None,
    };
    Some((weight, said.done()))
}

/// What a node believes of a member from now on, and where it has that from.
fn is(node: NodeId, member: NodeId, state: MemberState, by: NodeId) -> (Weight, Sentence) {
    let start = Writer::default().who(node);
    let own = by == node;
    let (weight, said) = match (state, own) {
        (MemberState::Suspect, true) => {
            let said = start.strong(" suspects ").who(member).text(": it answered neither ").who(node);
            (Weight::Loud, said.text(" nor those who tried for it."))
        }
        (MemberState::Suspect, false) => {
            let said = start.text(" hears from ").who(by).text(" that ").who(member).text(" is ");
            (Weight::Quiet, said.strong("suspected").text("."))
        }
        (MemberState::Dead, true) => {
            let said = start.strong(" declares ").who(member).strong(" dead");
            (Weight::Loud, said.text(": nobody has denied the suspicion in time."))
        }
        (MemberState::Dead, false) => {
            let said = start.text(" hears from ").who(by).text(" that ").who(member).text(" is ");
            (Weight::Quiet, said.strong("dead").text("."))
        }
        (MemberState::Alive, _) => {
            let said = start.text(" hears from ").who(by).text(" that ").who(member).text(" is ");
            (Weight::Quiet, said.strong("there").text("."))
        }
    };
    (weight, said.done())
}

/// Whether somebody who holds this for a key holds what a node shows, or something newer.
pub(super) fn knows(other: &PeerView, own: &PeerView, write: &Write) -> bool {
    stamp(other, write.key) >= stamp(own, write.key)
}

fn stamp(peer: &PeerView, key: Key) -> Option<Stamp> {
    peer.keys.iter().find(|view| view.key == key)?.versions.first().map(|version| version.stamp)
}

/// Of how many keys somebody has something newer.
pub(super) fn backlog(world: &LabWorld, own: &PeerView) -> u64 {
    let keys = (0..world.setup().keys.max(own.keys.last().map_or(0, |view| view.key.0 + 1))).map(Key);
    let newest = |key: Key| world.stores().iter().map(|node| world.stamp(*node, key)).max().flatten();
    keys.filter(|key| newest(*key) > stamp(own, *key)).count() as u64
}

/// The newest write that any running node has.
pub fn newest(world: &LabWorld) -> Option<Write> {
    let keys = || (0..world.setup().keys.max(1)).map(Key);
    let each = world.stores().iter().flat_map(|node| keys().map(move |key| (world.stamp(*node, key), *node, key)));
    let (stamp, node, key) = each.max()?;
    stamp.and_then(|_| world.copy(node, key))
}

/// The running nodes that have not heard of a write, nor of a newer one.
pub fn residue(world: &LabWorld, write: &Write) -> Vec<NodeId> {
    let stamp = |node: NodeId| world.stamp(node, write.key);
    let holder = world.stores().iter().find(|node| world.copy(**node, write.key) == Some(*write));
    let least = holder.and_then(|holder| stamp(*holder));
    let lacks = |node: &NodeId| world.standing(*node).is_some() && stamp(*node) < least;
    world.stores().iter().copied().filter(lacks).collect()
}

/// Whether nobody tells a write any more, and no message brings it to anybody.
pub fn is_over(world: &LabWorld, write: &Write) -> bool {
    let tells = |node: &NodeId| world.copy(*node, write.key) == Some(*write) && world.spreads(*node, write.key);
    !world.stores().iter().any(tells) && !world.flights().any(|flight| super::search::carries(&flight.cargo, write))
}

/// How far a write has come, as one sentence. `without`: who has not heard of it; `over`: whether nobody tells it any more.
pub fn how_far(world: &LabWorld, write: &Write, without: &[NodeId], over: bool) -> Sentence {
    let running = world.stores().iter().filter(|node| world.standing(**node).is_some()).count();
    let (said, chip, count) = (Writer::default(), Chip::of(*write), without.len());
    if count == 0 {
        return said.text(format!("All {running} nodes know ")).write(chip).text(".").done();
    }
    if over {
        let said = said.strong(format!("{count} of {running}")).text(" nodes never heard of ").write(chip);
        return said.text("; nobody tells it any more.").done();
    }
    said.text(format!("{count} of {running} nodes have not heard of ")).write(chip).text(" yet.").done()
}
