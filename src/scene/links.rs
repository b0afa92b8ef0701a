//! The lines between those on the stage, the words beside them, and what of them can be grasped.

use super::{
    flights::passed,
    geometry::Rect,
    labels::{self, Label},
    layout::{CardSize, Form, Layout},
    walls,
};
use crate::{
    client::session::Session,
    explain::words::duration,
    lab::LabWorld,
    protocol::NodeView,
    sim::{
        decimal::fixed,
        id::{Address, NodeId},
        network::MessageClass,
    },
};

#[derive(Clone, Debug, PartialEq)]
pub struct LinkLine {
    pub from: Address,
    pub to: Address,
    /// With the head of an arrow where changes go one way only.
    pub path: String,
    /// What can be grasped, with its words or its wall: beside the line, or on it.
    pub covers: Rect,
    /// The stroke across the line where it is cut.
    pub wall: String,
    /// In use: drawn solid, else dotted.
    pub active: bool,
    /// Cut from the first to the second, and back.
    pub cut: (bool, bool),
    /// There is room for small words only.
    pub is_low: bool,
    /// Words beside the line, one or two lines: the delay, and how much is lost. At a wall, what is cut. Empty without room.
    pub words: String,
    pub spoken: String,
}

impl LinkLine {
    /// How wide and high its words are drawn.
    pub fn label_size(label: &str) -> (f64, f64) {
        let letters = label.lines().map(str::len).max().unwrap_or_default();
        (12.0 + 7.0 * letters as f64, 4.0 + 15.0 * label.lines().count() as f64)
    }
}

pub(super) fn links(world: &LabWorld, layout: &mut Layout, views: &[(NodeId, NodeView)]) -> Vec<LinkLine> {
    let busy = |from: Address, to: Address| world.flights().any(|f| (f.from, f.to) == (from, to) || (f.to, f.from) == (from, to));
    let cut = |from: Address, to: Address| (world.network().is_cut(from, to), world.network().is_cut(to, from));
    let pairs = drawn(world, layout, views, busy);
    let lines: Vec<(Address, Address)> = pairs.iter().map(|(from, to, _)| (*from, *to)).collect();
    let is_cut = |&(from, to): &(Address, Address)| {
        let words = walls::words(from, to, cut(from, to));
        (!words.is_empty()).then_some((from, to, words))
    };
    let cuts: Vec<(Address, Address, String)> = lines.iter().filter_map(is_cut).collect();
    layout.put_walls(&cuts, &lines);
    let layout = &*layout;
    // Words stand beside their line where nothing else does nor comes along.
    let labels: Vec<Label> = pairs
        .iter()
        .filter(|&&(from, to, active)| from.node().is_some() && (active || busy(from, to)) && cut(from, to) == (false, false))
        .map(|(from, to, _)| delay_label(world, *from, *to, views))
        .collect();
    let mut taken: Vec<Rect> = layout.shapes().into_iter().map(|(_, shape)| shape).collect();
    labels.iter().for_each(|label| taken.extend(passed(layout, label.from, label.to)));
    for (from, to) in lines.iter().filter(|(from, _)| from.node().is_none()) {
        taken.extend(layout.along(*from, *to));
        taken.extend(layout.curve(*from, *to).map(|curve| Rect::around(layout.handle(*from, *to, &curve), (14.0, 14.0))));
    }
    taken.extend(layout.walls.iter().map(|wall| wall.covers));
    let mut places = labels::place(layout, &labels, &taken, &lines);
    let mut place_of = |from: Address, to: Address| {
        let own = labels.iter().position(|label| (label.from, label.to) == (from, to) || (label.to, label.from) == (from, to))?;
        Some((labels[own].words.clone(), places[own].take()?))
    };
    let mut found: Vec<LinkLine> = Vec::new();
    for (from, to, active) in pairs {
        let Some(curve) = layout.curve(from, to) else { continue };
        let (active, cut) = (active || busy(from, to), cut(from, to));
        let is_cut = cut != (false, false);
        let (words, covers, wall, is_low) = if is_cut {
            let wall = layout.wall(from, to, &curve);
            (walls::words(from, to, cut), wall.covers, curve.wall(wall.covers.centre(), wall.reach), wall.is_low())
        } else {
            let bare = Rect::around(layout.handle(from, to, &curve), (9.0, 9.0));
            let (words, covers) = place_of(from, to).unwrap_or((String::new(), bare));
            (words, covers, String::new(), false)
        };
        // Of several cuts between strips those are left out for whose walls there is no room.
        let is_between = to.node().is_some() && !layout.is_first(from) && !layout.is_first(to);
        if is_cut && is_between && found.iter().any(|other| other.covers.overlaps(&covers)) {
            continue;
        }
        let spoken = format!(
            "Link {from} to {to}{}",
            match cut {
                (true, true) => ", cut both ways".to_string(),
                (true, false) => format!(", cut from {from} to {to}"),
                (false, true) => format!(", cut from {to} to {from}"),
                (false, false) => String::new(),
            }
        );
        let path = match one_way(world, from, to) {
            None => curve.path(),
            Some(end) => curve.path() + &if end == to { curve.arrow() } else { curve.reversed().arrow() },
        };
        found.push(LinkLine { from, to, path, wall, covers, active, cut, is_low, words, spoken });
    }
    found
}

/// The links that are drawn: those in use, between few nodes all, and those that are cut; where there is little room not those that
/// a client does not use. True where log entries go, or a client waits.
fn drawn(
    world: &LabWorld,
    layout: &Layout,
    views: &[(NodeId, NodeView)],
    busy: impl Fn(Address, Address) -> bool,
) -> Vec<(Address, Address, bool)> {
    let is_cut = |a: Address, b: Address| world.network().is_cut(a, b) || world.network().is_cut(b, a);
    // A monitor is fed by nobody; it watches.
    let follows = |one: &(NodeId, NodeView), other: NodeId| one.1.source.or(one.1.follows) == Some(other);
    let is_few = views.len() <= if layout.form == Form::Ring { 5 } else { 4 };
    // Whoever coordinates talks to anybody.
    let is_anybody = world.placement().is_by_key();
    let has_room = views.iter().all(|(node, _)| layout.size_of(*node) == CardSize::Large);
    // Votes go between nodes that have nothing else to say to each other.
    let votes: Vec<(Address, Address)> =
        world.flights().filter(|flight| flight.class == MessageClass::Vote).map(|flight| (flight.from, flight.to)).collect();
    let mut pairs = Vec::new();
    for (index, one) in views.iter().enumerate() {
        for other in &views[index + 1..] {
            let active = follows(one, other.0) || follows(other, one.0) || exchange(world, one.0, other.0);
            let (a, b) = (Address::Node(one.0), Address::Node(other.0));
            let votes = votes.contains(&(a, b)) || votes.contains(&(b, a));
            if active || is_few || votes || is_cut(a, b) || is_anybody && busy(a, b) {
                pairs.push((a, b, active));
            }
        }
    }
    for session in world.sessions() {
        let (client, usual) = (Address::Client(session.id), usual_nodes(session));
        for (node, _) in views {
            let to = Address::Node(*node);
            let asked = session.open.as_ref().is_some_and(|open| open.node == *node);
            if asked || usual.contains(node) || busy(client, to) || (is_cut(client, to) && has_room) {
                pairs.push((client, to, asked));
            }
        }
    }
    pairs
}

/// Whether two peers send each other changes, one way at least.
fn exchange(world: &LabWorld, one: NodeId, other: NodeId) -> bool {
    ways(world, one, other) != (false, false)
}

/// Whether the first sends the second changes, and the second the first.
fn ways(world: &LabWorld, one: NodeId, other: NodeId) -> (bool, bool) {
    let Some(config) = world.setup().config.multi_primary().filter(|_| cfg!(feature = "peers")) else { return (false, false) };
    let members = world.members();
    (config.targets(one, &members).contains(&other), config.targets(other, &members).contains(&one))
}

/// Where a link ends on which changes go one way only.
fn one_way(world: &LabWorld, from: Address, to: Address) -> Option<Address> {
    match ways(world, from.node()?, to.node()?) {
        (true, false) => Some(to),
        (false, true) => Some(from),
        _ => None,
    }
}

/// The nodes a client turns to by its settings.
fn usual_nodes(session: &Session) -> Vec<NodeId> {
    use crate::client::workload::Target;
    let node = |target: Target| match target {
        Target::Node(node) => Some(node),
        Target::Primary => Some(session.believed_primary()),
        Target::Replica | Target::Any | Target::Nearest | Target::Sticky => None,
    };
    let reads_only = session.settings.workload.is_none() && session.settings.writes_to == Target::Primary;
    let writes = node(session.settings.writes_to).filter(|_| !reads_only || session.settings.reads_from == Target::Primary);
    let reads_too = session.settings.workload.as_ref().is_none_or(|workload| workload.reads() > 0.0);
    let reads = node(session.settings.reads_from).filter(|_| reads_too);
    writes.into_iter().chain(reads).collect()
}

/// One-way delay of log entries.
fn delay_label(world: &LabWorld, from: Address, to: Address, views: &[(NodeId, NodeView)]) -> Label {
    let follower = |address: Address, other: Address| {
        views.iter().any(|(node, view)| Address::Node(*node) == address && view.source.map(Address::Node) == Some(other))
    };
    let (from, to) = if follower(from, to) { (to, from) } else { (from, to) };
    let settings = world.network().settings(from, to, MessageClass::Replicate);
    let loss = if settings.loss > 0.0 { format!("\n{} % lost", fixed(settings.loss * 100.0, 0)) } else { String::new() };
    let words = format!("{}{loss}", duration(settings.latency.typical()));
    Label { from, to, size: LinkLine::label_size(&words), words }
}
