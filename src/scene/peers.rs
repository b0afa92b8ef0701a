//! What of a peer is shown: whose changes it has, values that did not know of each other, what it has yet to hear of. A page that
//! has no peers on board leaves all of it out.

use super::stage::{Copy, Tone};
use crate::{
    explain::{chip::Chip, peers::backlog},
    lab::LabWorld,
    protocol::{KeyView, NodeView, PeerView, VersionView},
    sim::{
        id::{Key, NodeId},
        operation::Write,
    },
};

/// The values of a key on a peer's card.
pub(super) fn copy(world: &LabWorld, node: NodeId, key: Key, view: &NodeView) -> Copy {
    if !cfg!(feature = "peers") {
        return Copy { key, chip: None, siblings: Vec::new(), old: false };
    }
    let mut shown = view.copies.iter().filter(|write| write.key == key).copied().map(Chip::of);
    let chip = shown.next();
    Copy { key, chip, siblings: shown.collect(), old: is_old(world, node, key, view) }
}

/// Whether another running peer has written over what this one shows.
fn is_old(world: &LabWorld, node: NodeId, key: Key, view: &NodeView) -> bool {
    let Some(own) = view.peer.as_deref() else { return false };
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
        Some(ours) => theirs.seen.covers(&ours.seen) && theirs.seen != ours.seen && shown(&theirs) != shown(&ours),
        None => !shown(&theirs).is_empty(),
    }
}

/// `A2 B1 C0`: how many changes of each peer it has. Peers that nobody has heard of are left out.
pub(super) fn vector(world: &LabWorld, peer: &PeerView) -> String {
    if !cfg!(feature = "peers") {
        return String::new();
    }
    let mut all = peer.vector.clone();
    world.stores().iter().filter_map(|node| world.view(*node)?.peer).for_each(|other| all.merge(&other.vector));
    let count = |actor| format!("{actor}{}", peer.vector.get(actor));
    all.iter().map(|dot| count(dot.actor)).collect::<Vec<_>>().join(" ")
}

/// What a running peer is up to. `brief`: in few words.
pub(super) fn status(world: &LabWorld, view: &NodeView, brief: bool) -> (Tone, String) {
    let Some(peer) = view.peer.as_deref().filter(|_| cfg!(feature = "peers")) else { return (Tone::Plain, String::new()) };
    if !peer.ready {
        return (Tone::Warn, if brief { "not ready" } else { "has no data yet · takes nothing" }.into());
    }
    let conflicts = peer.keys.iter().filter(|key| is_conflict(key)).count();
    let lacks = backlog(world, view);
    let (tone, what) = match (conflicts, lacks, peer.held) {
        (0, 0, _) => return (Tone::Good, if brief { "has all" } else { "has every change" }.into()),
        (0, _, 0) => (Tone::Warn, lacks_words(lacks, brief)),
        (0, _, held) if brief => (Tone::Warn, format!("{held} held back")),
        (0, _, held) => (Tone::Warn, format!("{} · {held} held back", lacks_words(lacks, true))),
        (conflicts, ..) if brief => (Tone::Bad, conflict_words(conflicts)),
        (conflicts, 0, _) => (Tone::Bad, format!("{} to resolve", conflict_words(conflicts))),
        (conflicts, ..) => (Tone::Bad, format!("{} · {}", conflict_words(conflicts), lacks_words(lacks, true))),
    };
    (tone, what)
}

fn lacks_words(lacks: u64, brief: bool) -> String {
    match (lacks, brief) {
        (_, true) => format!("lacks {lacks}"),
        (1, false) => "lacks 1 change of others".into(),
        (_, false) => format!("lacks {lacks} changes of others"),
    }
}

fn conflict_words(conflicts: usize) -> String {
    if conflicts == 1 { "1 conflict".into() } else { format!("{conflicts} conflicts") }
}

/// Whether readers are shown several values that did not know of each other.
pub fn is_conflict(key: &KeyView) -> bool {
    key.versions.iter().filter(|one| one.shown && !one.deleted).count() > 1
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
    Some(Versions { key, seen: own.seen.to_string(), rows, is_conflict: is_conflict(own) })
}

fn said(one: &VersionView) -> String {
    let client = one.write.id.client;
    let ms = one.stamp.wall_us / 1_000;
    let state = match (one.shown, one.dot) {
        (true, Some(_)) => "",
        (true, None) => " · overwritten, and wins by its clock",
        (false, _) => " · hidden",
    };
    format!("{client} at {}, {ms} ms by its clock{state}", one.stamp.actor)
}

/// What a peer has, name by name.
pub fn rows(world: &LabWorld, view: &NodeView, peer: &PeerView) -> Vec<(&'static str, String)> {
    if !cfg!(feature = "peers") {
        return Vec::new();
    }
    let mut rows = vec![
        ("has changes", vector(world, peer)),
        ("lacks", backlog(world, view).to_string()),
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
