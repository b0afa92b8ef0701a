//! The lines between those on the stage, the words beside them, and what of them can be grasped.

use super::{
    flights::passed,
    geometry::{Point, Rect},
    layout::Layout,
};
use crate::{
    client::session::Session,
    explain::words::duration,
    lab::LabWorld,
    protocol::NodeView,
    sim::{
        decimal::fixed,
        id::{Address, NodeId},
    },
};

#[derive(Clone, Debug, PartialEq)]
pub struct LinkLine {
    pub from: Address,
    pub to: Address,
    pub path: String,
    /// Where it can be grasped: at its words, or on the line.
    pub middle: Point,
    /// Across the line where it can be grasped: where a wall is drawn.
    pub wall: String,
    /// In use: drawn solid, else dotted.
    pub active: bool,
    /// Cut from the first to the second, and back.
    pub cut: (bool, bool),
    /// Words beside the line, one or two lines: the delay, and how much is lost.
    pub label: Option<String>,
    pub spoken: String,
}

impl LinkLine {
    /// How wide and high its words are drawn.
    pub fn label_size(label: &str) -> (f64, f64) {
        let letters = label.lines().map(str::len).max().unwrap_or_default();
        (12.0 + 7.0 * letters as f64, 4.0 + 15.0 * label.lines().count() as f64)
    }
}

pub(super) fn links(world: &LabWorld, layout: &Layout, views: &[(NodeId, NodeView)]) -> Vec<LinkLine> {
    let mut pairs: Vec<(Address, Address, bool)> = Vec::new();
    let follows = |one: &(NodeId, NodeView), other: NodeId| one.1.follows == Some(other);
    for (index, one) in views.iter().enumerate() {
        for other in &views[index + 1..] {
            let active = follows(one, other.0) || follows(other, one.0);
            let (a, b) = (Address::Node(one.0), Address::Node(other.0));
            if active || views.len() <= 4 || world.network().is_cut(a, b) || world.network().is_cut(b, a) {
                pairs.push((a, b, active));
            }
        }
    }
    for session in world.sessions() {
        let client = Address::Client(session.id);
        for (node, _) in views {
            let node_address = Address::Node(*node);
            let asked = session.open.as_ref().is_some_and(|open| open.node == *node);
            let usual = usual_nodes(session).contains(node);
            let cut = world.network().is_cut(client, node_address) || world.network().is_cut(node_address, client);
            if asked || usual || cut {
                pairs.push((client, node_address, asked));
            }
        }
    }
    let busy = |from: Address, to: Address| world.flights().any(|f| (f.from, f.to) == (from, to) || (f.to, f.from) == (from, to));
    let cut = |from: Address, to: Address| (world.network().is_cut(from, to), world.network().is_cut(to, from));
    // Words stand beside their line where nothing else does nor comes along; without room the link's details say them.
    let labels: Vec<Option<Label>> = pairs
        .iter()
        .map(|&(from, to, active)| {
            let wanted = from.node().is_some() && (active || busy(from, to)) && cut(from, to) == (false, false);
            wanted.then(|| delay_label(world, from, to, views))
        })
        .collect();
    let mut taken: Vec<Rect> = layout.places.keys().filter_map(|address| layout.whole(*address)).collect();
    labels.iter().flatten().for_each(|label| taken.extend(passed(layout, label.from, label.to)));
    taken.extend(pairs.iter().filter(|(from, ..)| from.node().is_none()).flat_map(|(from, to, _)| along(layout, *from, *to)));
    let mut lines = Vec::new();
    for ((from, to, active), label) in pairs.into_iter().zip(labels) {
        let Some(curve) = layout.curve(from, to) else { continue };
        let (active, cut) = (active || busy(from, to), cut(from, to));
        let middle = layout.handle(from, to, &curve);
        let label = label.and_then(|label| {
            let place = layout.beside_line(label.from, label.to, LinkLine::label_size(&label.words), &taken)?;
            taken.push(place);
            Some((label.words, place.centre()))
        });
        let spoken = format!(
            "Link {from} to {to}{}",
            match cut {
                (true, true) => ", cut both ways".to_string(),
                (true, false) => format!(", cut from {from} to {to}"),
                (false, true) => format!(", cut from {to} to {from}"),
                (false, false) => String::new(),
            }
        );
        let wall = curve.wall(middle, if layout.is_compact() { 20.0 } else { 34.0 });
        let (label, middle) = label.map_or((None, middle), |(label, place)| (Some(label), place));
        lines.push(LinkLine { from, to, path: curve.path(), wall, middle, active, cut, label, spoken });
    }
    lines
}

/// Small boxes along a line.
fn along(layout: &Layout, from: Address, to: Address) -> Vec<Rect> {
    let Some(curve) = layout.curve(from, to) else { return vec![] };
    (0..=16).map(|step| Rect::around(curve.at(f64::from(step) / 16.0), (6.0, 6.0))).collect()
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

/// Words at a line, and the way that log entries go on it.
struct Label {
    words: String,
    from: Address,
    to: Address,
}

/// One-way delay of log entries.
fn delay_label(world: &LabWorld, from: Address, to: Address, views: &[(NodeId, NodeView)]) -> Label {
    let follower = |address: Address, other: Address| {
        views.iter().any(|(node, view)| Address::Node(*node) == address && view.follows.map(Address::Node) == Some(other))
    };
    let (from, to) = if follower(from, to) { (to, from) } else { (from, to) };
    let settings = world.network().settings(from, to, crate::sim::network::MessageClass::Replicate);
    let loss = if settings.loss > 0.0 { format!("\n{} % lost", fixed(settings.loss * 100.0, 0)) } else { String::new() };
    Label { words: format!("{}{loss}", duration(settings.latency.typical())), from, to }
}
