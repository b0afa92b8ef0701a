//! What of a peer is shown: whose changes it has, values that did not know of each other, what it has yet to hear of. A page that
//! has no peers on board leaves all of it out.

use super::{
    layout::Layout,
    stage::{Copy, Tone},
};
use crate::{
    explain::{
        actions::contents,
        chip::Chip,
        peers::backlog,
        words::{clock, clock_off},
    },
    lab::LabWorld,
    protocol::{GossipView, KeyView, NodeView, PeerView, RumourView, VersionView},
    sim::{
        id::{ClientId, Key, NodeId},
        operation::{KeyType, Write},
    },
    trace::MemberState,
};

/// The values of a key on a peer's card.
pub(super) fn copy(world: &LabWorld, node: NodeId, key: Key, view: &NodeView) -> Copy {
    if !cfg!(feature = "peers") {
        return Copy::empty(key);
    }
    #[cfg(feature = "documents")]
    if let Some(copy) = super::documents::copy(world, node, key, view) {
        return copy;
    }
    let holds = world.setup().config.key_type(key);
    if matches!(holds, KeyType::Set | KeyType::Cart | KeyType::Text) {
        let all: Vec<Write> = view.copies.iter().filter(|write| write.key == key).copied().collect();
        let old = is_old(world, node, key, view);
        return Copy { contents: Some(contents(holds, &all)), old, ..Copy::empty(key) };
    }
    let mut shown = view.copies.iter().filter(|write| write.key == key).copied().map(Chip::of);
    let chip = shown.next();
    Copy { chip, siblings: shown.collect(), old: is_old(world, node, key, view), ..Copy::empty(key) }
}

/// Whether another running peer has written over what this one shows.
fn is_old(world: &LabWorld, node: NodeId, key: Key, view: &NodeView) -> bool {
    let Some(own) = view.peer.as_deref().filter(|_| world.placement().is_home(node, key)) else { return false };
    if own.gossip.is_some() {
        let stamp = own.keys.iter().find(|view| view.key == key).and_then(|view| view.versions.first()).map(|one| one.stamp);
        return world.stores().iter().any(|other| world.stamp(*other, key) > stamp);
    }
    let others = world.stores().iter().filter(|other| **other != node);
    let mut others = others.filter_map(|other| world.view(*other)?.peer);
    others.any(|other| newer(own, &other, key))
}

/// Whether `other` has seen everything that `own` shows of a key, and shows something else.
fn newer(own: &PeerView, other: &PeerView, key: Key) -> bool {
    let of = |peer: &PeerView| peer.keys.iter().find(|view| view.key == key).cloned();
    let Some(theirs) = of(other) else { return false };
    let shown = |view: &KeyView| -> Vec<Write> { view.versions.iter().filter(|one| one.shown).map(|one| one.write).collect() };
    match of(own) {
        // Of these nobody writes over anything: what counts is who has heard of more.
        Some(ours) if ours.holds != KeyType::Register => theirs.parts != ours.parts && other.vector.covers(&own.vector),
        None if theirs.holds != KeyType::Register => true,
        Some(ours) => theirs.seen.covers(&ours.seen) && theirs.seen != ours.seen && shown(&theirs) != shown(&ours),
        None => !shown(&theirs).is_empty(),
    }
}

/// Where everybody stands.
pub(super) fn layout(world: &LabWorld, size: (f64, f64), nodes: &[NodeId], clients: &[ClientId]) -> Layout {
    #[cfg(feature = "quorum")]
    if let Some(ring) = super::quorum::layout(world, size, nodes, clients) {
        return ring;
    }
    let _ = world;
    Layout::new(size.0, size.1, nodes, clients)
}

/// What a peer is.
pub(super) fn role(world: &LabWorld, node: NodeId, brief: bool) -> String {
    #[cfg(feature = "quorum")]
    if world.placement().is_by_key() {
        return super::quorum::role(world, node, brief);
    }
    let _ = (world, node, brief);
    "peer".into()
}

/// That its clock is off, beside what it is; nothing if the clock is right.
pub(super) fn clock_words(world: &LabWorld, node: NodeId) -> String {
    match world.host(node).map_or(0, |host| host.clock.skew_us) {
        skew_us if skew_us != 0 && cfg!(feature = "multi-primary") => format!(", clock {}", clock_off(skew_us)),
        _ => String::new(),
    }
}

/// What stands on a card in place of a log.
pub(super) fn line(world: &LabWorld, view: &NodeView, peer: &PeerView) -> String {
    #[cfg(feature = "quorum")]
    if world.placement().is_by_key() {
        return super::quorum::line(view);
    }
    let _ = view;
    vector(world, peer)
}

/// `A2 B1 C0`: how many changes of each peer it has. Peers that nobody has heard of are left out.
fn vector(world: &LabWorld, peer: &PeerView) -> String {
    if !cfg!(feature = "peers") {
        return String::new();
    }
    #[cfg(feature = "documents")]
    if let Some(own) = &peer.documents {
        return super::documents::line(own);
    }
    if let Some(gossip) = &peer.gossip {
        return match gossip.spreads.len() {
            0 => "spreads nothing".into(),
            count => format!("spreads {count}"),
        };
    }
    let mut all = peer.vector.clone();
    world.stores().iter().filter_map(|node| world.view(*node)?.peer).for_each(|other| all.merge(&other.vector));
    let count = |actor| format!("{actor}{}", peer.vector.get(actor));
    all.iter().map(|dot| count(dot.actor)).collect::<Vec<_>>().join(" ")
}

/// What a running peer is up to. `brief`: in few words.
pub(super) fn status(world: &LabWorld, node: NodeId, view: &NodeView, brief: bool) -> (Tone, String) {
    let Some(peer) = view.peer.as_deref().filter(|_| cfg!(feature = "peers")) else { return (Tone::Plain, String::new()) };
    if !peer.ready {
        return (Tone::Warn, if brief { "not ready" } else { "has no data yet · takes nothing" }.into());
    }
    let conflicts = peer.keys.iter().filter(|key| is_conflict(key)).count();
    #[cfg(feature = "documents")]
    let conflicts = peer.documents.as_ref().map_or(conflicts, super::documents::conflicts);
    let lacks = backlog(world, node, view);
    let (tone, what) = match (conflicts, lacks, peer.held) {
        (0, 0, _) => return (Tone::Good, has_all(world, brief).into()),
        (0, _, 0) => (Tone::Warn, lacks_words(lacks, brief)),
        (0, _, held) if brief => (Tone::Warn, format!("{held} held back")),
        (0, _, held) => (Tone::Warn, format!("{} · {held} held back", lacks_words(lacks, true))),
        (conflicts, ..) if brief => (Tone::Bad, conflict_words(conflicts)),
        (conflicts, 0, _) => {
            let most = peer.keys.iter().map(values).max().unwrap_or_default();
            // Two are what is usual.
            let more = if most > 2 { format!(" of {most} values") } else { " to resolve".into() };
            (Tone::Bad, conflict_words(conflicts) + &more)
        }
        (conflicts, ..) => (Tone::Bad, format!("{} · {}", conflict_words(conflicts), lacks_words(lacks, true))),
    };
    (tone, what)
}

fn has_all(world: &LabWorld, brief: bool) -> &'static str {
    match (world.placement().is_by_key(), brief) {
        (true, _) => "up to date",
        (false, true) => "has all",
        (false, false) => "has every change",
    }
}

fn lacks_words(lacks: u64, brief: bool) -> String {
    match (lacks, brief) {
        (_, true) => format!("lacks {lacks}"),
        (1, false) => "lacks 1 change of others".into(),
        (_, false) => format!("lacks {lacks} changes of others"),
    }
}

pub(super) fn conflict_words(conflicts: usize) -> String {
    if conflicts == 1 { "1 conflict".into() } else { format!("{conflicts} conflicts") }
}

/// Whether readers are shown several values that did not know of each other.
pub fn is_conflict(key: &KeyView) -> bool {
    values(key) > 1
}

/// How many values of a register readers are shown.
fn values(key: &KeyView) -> usize {
    key.versions.iter().filter(|one| one.shown && !one.deleted).count()
}

/// A version in the details of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionRow {
    pub chip: Chip,
    /// Which write of which peer, like `A2`; none: overwritten, and shown by its clock all the same.
    pub dot: Option<String>,
    /// What it was written over, and who wrote it when, by whose clock.
    pub said: String,
    pub shown: bool,
}

/// The versions of a key at a peer, as its details show them, and what the peer has seen of the key.
#[derive(Clone, Debug, PartialEq)]
pub struct Versions {
    pub key: Key,
    pub seen: String,
    pub rows: Vec<VersionRow>,
    /// Several of them are shown: somebody has to choose.
    pub is_conflict: bool,
    /// Of a key that holds more than a value: what it comes to, and what that is made of.
    pub made_of: Option<(String, Vec<(String, String)>)>,
}

pub fn versions(view: &NodeView, key: Key) -> Option<Versions> {
    let own = view.peer.as_deref()?.keys.iter().find(|own| own.key == key)?;
    let row = |one: &VersionView| VersionRow {
        chip: Chip::of(one.write),
        dot: one.dot.map(|dot| dot.to_string()),
        said: said(one),
        shown: one.shown,
    };
    let rows = own.versions.iter().map(row).collect();
    let made_of = super::parts::made_of(view, own);
    Some(Versions { key, seen: own.seen.to_string(), rows, is_conflict: is_conflict(own), made_of })
}

fn said(one: &VersionView) -> String {
    let client = one.write.id.client;
    let by_clock = clock(one.stamp.wall_us);
    let state = match (one.shown, one.dot) {
        (true, Some(_)) => "",
        (true, None) => " · overwritten, and wins by its clock",
        (false, _) => " · hidden",
    };
    format!("{client} at {}, {by_clock} by its clock{state}", one.stamp.actor)
}

/// What a peer has, name by name.
pub fn rows(world: &LabWorld, node: NodeId, view: &NodeView, peer: &PeerView) -> Vec<(&'static str, String)> {
    if !cfg!(feature = "peers") {
        return Vec::new();
    }
    #[cfg(feature = "quorum")]
    if world.placement().is_by_key() {
        return super::quorum::rows(world, node, view, peer);
    }
    #[cfg(feature = "documents")]
    if let Some(own) = &peer.documents {
        return super::documents::rows(world, node, view, peer, own);
    }
    if let Some(gossip) = &peer.gossip {
        return gossip_rows(world, node, view, gossip, peer);
    }
    let mut rows = vec![
        ("has changes", vector(world, peer)),
        ("lacks", backlog(world, node, view).to_string()),
        ("counts its own as", peer.actor.to_string()),
    ];
    if peer.held > 0 {
        rows.push(("held back", peer.held.to_string()));
    }
    let waits: Vec<String> = peer.unconfirmed.iter().map(|(node, count)| format!("{count} by {node}")).collect();
    if !waits.is_empty() {
        rows.push(("not confirmed", waits.join(", ")));
    }
    rows
}

/// The same of a node that gossips.
fn gossip_rows(
    world: &LabWorld,
    node: NodeId,
    view: &NodeView,
    gossip: &GossipView,
    peer: &PeerView,
) -> Vec<(&'static str, String)> {
    let told = |rumour: &RumourView| format!("{}, {} times in vain", Chip::of(rumour.write).text(), rumour.counter);
    let spreads: Vec<String> = gossip.spreads.iter().map(told).collect();
    let believed = |wanted: MemberState| {
        let names = gossip.doubts.iter().filter(|doubt| doubt.state == wanted).map(|doubt| doubt.node.to_string());
        names.collect::<Vec<String>>().join(", ")
    };
    let mut rows = vec![
        ("spreads", if spreads.is_empty() { "nothing".into() } else { spreads.join("; ") }),
        ("lacks", backlog(world, node, view).to_string()),
        ("counts its own as", peer.actor.to_string()),
    ];
    for (name, state) in [("suspects", MemberState::Suspect), ("takes for dead", MemberState::Dead)] {
        let names = believed(state);
        if !names.is_empty() {
            rows.push((name, names));
        }
    }
    rows
}
