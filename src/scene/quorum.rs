//! What of a node without a leader is shown: which keys are at home there, what it asks others for its clients, what it keeps for
//! whom, and where keys and nodes stand on the ring.

use super::layout::Layout;
use crate::{
    explain::{chip::Chip, peers::backlog, words::counted},
    lab::LabWorld,
    protocol::{CallView, NodeView, PeerView, quorum::Ring},
    sim::id::{ClientId, Key, NodeId},
};

/// In a circle, if there is room for one.
pub(super) fn layout(world: &LabWorld, (width, height): (f64, f64), nodes: &[NodeId], clients: &[ClientId]) -> Option<Layout> {
    if world.placement().is_by_key() { Layout::ring(width, height, nodes, clients) } else { None }
}

/// The first few in words.
pub fn rank(place: usize) -> &'static str {
    ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th"].get(place).copied().unwrap_or("home")
}

/// The keys that are at home at a node, and the how manieth of their homes it is.
fn at_home(world: &LabWorld, node: NodeId) -> Vec<(Key, usize)> {
    let keys = (0..world.setup().keys.max(1)).map(Key);
    keys.filter_map(|key| Some((key, world.placement().homes(key).iter().position(|home| *home == node)?))).collect()
}

/// On its card: `home of x, y`; `brief`: beside a badge.
pub(super) fn role(world: &LabWorld, node: NodeId, brief: bool) -> String {
    let keys = at_home(world, node);
    match keys.as_slice() {
        [] if brief => String::new(),
        all if brief && all.len() <= 2 => names(all.iter().map(|(key, _)| *key)),
        all if brief => counted(all.len() as u64, "key"),
        [] => "home of no key".into(),
        all if all.len() == world.setup().keys.max(1) as usize && all.len() > 1 => "home of all keys".into(),
        all if all.len() <= 3 => format!("home of {}", names(all.iter().map(|(key, _)| *key))),
        all => format!("home of {} keys", all.len()),
    }
}

fn names(keys: impl Iterator<Item = Key>) -> String {
    keys.map(|key| key.to_string()).collect::<Vec<_>>().join(", ")
}

/// The line of a card below its values: what it asks others for a client, else what it keeps for others.
pub(super) fn line(view: &NodeView) -> String {
    let open = view.calls.iter().filter(|call| !call.is_answered).collect::<Vec<_>>();
    match open.as_slice() {
        [] => hints(view).unwrap_or("keeps no hints".into()),
        [call] => called(call),
        [call, more @ ..] => format!("{} +{}", called(call), more.len()),
    }
}

fn called(call: &CallView) -> String {
    let CallView { key, write, have, need, .. } = *call;
    match write {
        Some(write) => format!("{key}={} on {have} of {need}", write.value),
        None => format!("reads {key}: {have} of {need}"),
    }
}

/// `2 hints for D, 1 for E`.
fn hints(view: &NodeView) -> Option<String> {
    let kept = &view.peer.as_deref()?.hints;
    let mut whom: Vec<NodeId> = kept.iter().map(|(of, _)| *of).collect();
    whom.dedup();
    let count = |of: &NodeId| kept.iter().filter(|(own, _)| own == of).count();
    let mut words = whom.iter().enumerate().map(|(index, of)| match index {
        0 => format!("{} for {of}", counted(count(of) as u64, "hint")),
        _ => format!("{} for {of}", count(of)),
    });
    let first = words.next()?;
    Some(words.fold(first, |all, one| format!("{all}, {one}")))
}

/// What its details say, name by name.
pub(super) fn rows(world: &LabWorld, node: NodeId, view: &NodeView, peer: &PeerView) -> Vec<(&'static str, String)> {
    let homes = at_home(world, node).into_iter().map(|(key, place)| format!("{key} ({})", rank(place))).collect::<Vec<_>>();
    let mut rows = vec![
        ("at home here", if homes.is_empty() { "no key".into() } else { homes.join(", ") }),
        ("lacks", backlog(world, node, view).to_string()),
    ];
    for call in &view.calls {
        let whose = format!("{}’s {}", call.operation.client, call.write.map_or("read".into(), |write| Chip::of(write).text()));
        let late = if call.is_answered { ", answered" } else { "" };
        rows.push(("coordinates", format!("{whose}: {} of {}{late}", call.have, call.need)));
    }
    for (of, write) in &peer.hints {
        rows.push(("keeps for others", format!("{} for {of}", Chip::of(*write).text())));
    }
    if peer.hints.is_empty() {
        rows.push(("keeps for others", "nothing".into()));
    }
    rows
}

/// The ring, as it is drawn: places are parts of a full turn, from the top on.
#[derive(Clone, Debug, PartialEq)]
pub struct RingPicture {
    pub key: Key,
    pub key_at: f64,
    /// Where the nodes stand; of those that come first after the key, each where it is met first: its place in the key’s list.
    pub points: Vec<RingPoint>,
    pub homes: Vec<NodeId>,
    /// Who stands in when home nodes cannot be reached, in turn.
    pub others: Vec<NodeId>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RingPoint {
    pub at: f64,
    pub node: NodeId,
    pub rank: Option<usize>,
}

fn turn(place: u64) -> f64 {
    // The upper half of the bits is more than a picture can show.
    (place >> 32) as f64 / 4_294_967_296.0
}

pub fn ring(world: &LabWorld, key: Key) -> Option<RingPicture> {
    let (ring, n) = world.placement().ring()?;
    let list = ring.preference(key);
    let (homes, others) = list.split_at(list.len().min(n as usize));
    let from = ring.points().partition_point(|(place, _)| *place < Ring::place(key));
    let count = ring.points().len();
    let mut met: Vec<NodeId> = Vec::new();
    let mut points: Vec<RingPoint> = Vec::new();
    for step in 0..count {
        let (place, node) = ring.points()[(from + step) % count];
        let is_new = !met.contains(&node);
        if is_new {
            met.push(node);
        }
        let rank = Some(met.len() - 1).filter(|rank| is_new && *rank < homes.len());
        points.push(RingPoint { at: turn(place), node, rank });
    }
    Some(RingPicture { key, key_at: turn(Ring::place(key)), points, homes: homes.to_vec(), others: others.to_vec() })
}

impl RingPicture {
    /// The same in words.
    pub fn words(&self) -> String {
        let home = |(place, node): (usize, &NodeId)| format!("{node} ({})", rank(place));
        let homes = self.homes.iter().enumerate().map(home).collect::<Vec<_>>().join(", ");
        let homes = format!("{} is at home at {homes}.", self.key);
        let others = self.others.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if others.is_empty() { homes } else { format!("{homes} Stand-ins: {others}.") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        protocol::quorum::Config,
        scenario::{ProtocolSettings, Scenario},
        world::World,
    };
    use std::sync::Arc;

    #[test]
    fn the_ring_is_drawn_as_the_engine_places_keys() {
        for (n, virtual_nodes) in [(3, 8), (2, 1), (5, 64)] {
            let mut scenario = Scenario {
                protocol: ProtocolSettings::Quorum(Config { n, virtual_nodes, ..Config::default() }),
                ..Scenario::default()
            };
            scenario.nodes.count = 5;
            let world: LabWorld = World::new(Arc::new(scenario.setup()), Arc::new(Vec::new()));
            for key in (0..9).map(Key) {
                let picture = ring(&world, key).expect("a ring");
                assert_eq!(picture.homes, world.placement().homes(key));
                assert_eq!(picture.points.len(), 5 * virtual_nodes as usize);
                // Going on from the key, the first places of n different nodes are its homes.
                let way = |point: &RingPoint| (point.at - picture.key_at).rem_euclid(1.0);
                let mut ordered = picture.points.clone();
                ordered.sort_by(|one, other| way(one).total_cmp(&way(other)));
                let ranked: Vec<_> = ordered.iter().filter_map(|point| Some((point.rank?, point.node))).collect();
                assert_eq!(ranked, picture.homes.iter().copied().enumerate().collect::<Vec<_>>(), "{key}");
            }
        }
    }

    #[test]
    fn hints_are_counted_by_whom_they_are_for() {
        use crate::{
            sim::{id::OperationId, id::Origin, operation::Write},
            store::version::VersionVector,
        };
        let id = OperationId { client: ClientId(0), origin: Origin::Hand, number: 0 };
        let of = |nodes: &[u16]| {
            let hint = |node: &u16| (NodeId(*node), Write { id, key: Key(0), value: 1 });
            let peer = PeerView {
                actor: NodeId(0).into(),
                vector: VersionVector::default(),
                keys: vec![],
                ready: true,
                held: 0,
                unconfirmed: vec![],
                gossip: None,
                #[cfg(feature = "documents")]
                documents: None,
                hints: nodes.iter().map(hint).collect(),
            };
            line(&NodeView { peer: Some(Box::new(peer)), ..NodeView::default() })
        };
        for (nodes, words) in [
            (&[][..], "keeps no hints"),
            (&[2], "1 hint for C"),
            (&[2, 2], "2 hints for C"),
            (&[2, 2, 3], "2 hints for C, 1 for D"),
        ] {
            assert_eq!(of(nodes), words);
        }
    }
}
