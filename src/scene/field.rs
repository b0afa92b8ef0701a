//! A large group as a field: a place for each node in rows, what each knows of the newest write, what is on its way between them.
//!
//! Plain data, made anew for every frame: its cost grows with the nodes and not with the messages, of which no more than
//! [`Field::DOTS_MAX`] are drawn. What a node is shows in shape and colour, and every count is there in words. It must not decide
//! what is true: who knows what is asked of the world.

use super::{
    geometry::{Point, Rect},
    layout::Layout,
    look::{Look, look},
};
use crate::{
    explain::{chip::Chip, gossip, plain, words::counted},
    lab::LabWorld,
    sim::{
        id::{Address, NodeId},
        time::Micros,
    },
    trace::MemberState,
};

/// What a node is to the newest write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// It has not heard of it, or nobody has written yet.
    Unheard,
    /// It tells others.
    Spreading,
    /// It knows it, and tells nobody.
    Knows,
    /// Nothing runs there, or it is paused.
    Down,
}

impl Cell {
    pub const ALL: [Cell; 4] = [Cell::Unheard, Cell::Spreading, Cell::Knows, Cell::Down];

    /// What it is called in the key below the field.
    pub fn words(self) -> &'static str {
        match self {
            Cell::Unheard => "not heard",
            Cell::Spreading => "spreading",
            Cell::Knows => "no longer spreading",
            Cell::Down => "down or paused",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    pub node: NodeId,
    pub at: Point,
    pub cell: Cell,
    /// The worst that any running node believes of it, if that is not that it is alive.
    pub doubted: Option<MemberState>,
}

/// A message between two nodes, where it is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    pub at: Point,
    /// Whether it brings a write.
    pub brings: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// In order of the nodes, row by row.
    pub spots: Vec<Spot>,
    pub columns: usize,
    /// From place to place.
    pub pitch: f64,
    pub write: Option<Chip>,
    pub dots: Vec<Dot>,
    /// One of so many messages is drawn.
    pub one_of: usize,
    /// How far the write has come, in words.
    pub words: String,
    /// Names of those who have not heard of it, where rumours have ended.
    pub names: String,
}

/// Below the field.
const BOTTOM: f64 = 12.0;
const PITCH_MAX: f64 = 46.0;
const PITCH_MIN: f64 = 9.0;
const MARGIN: f64 = 14.0;
/// Above the field: room for clients and, beside them, words and key.
fn top(width: f64) -> f64 {
    if width < 450.0 { 176.0 } else { 116.0 }
}

/// Most names that are listed.
const NAMES_MAX: usize = 12;

impl Field {
    /// With fewer nodes than these there is room for cards.
    pub const NODES_MIN: usize = 11;
    /// Most messages that are drawn.
    pub const DOTS_MAX: usize = 400;

    /// Places for so many nodes on a stage of this size, and how high the stage has to be.
    pub fn places(width: f64, height: f64, count: usize) -> (usize, f64, f64) {
        let (wide, high) = ((width - 2.0 * MARGIN).max(PITCH_MIN), (height - top(width) - BOTTOM).max(120.0));
        let mut pitch = PITCH_MAX;
        let fits = |pitch: f64| ((wide / pitch).floor().max(1.0) * (high / pitch).floor()) as usize >= count;
        while pitch > PITCH_MIN && !fits(pitch) {
            pitch -= 0.5;
        }
        let columns = (wide / pitch).floor().max(1.0) as usize;
        let rows = count.div_ceil(columns) as f64;
        (columns, pitch, (top(width) + rows * pitch + BOTTOM).max(height))
    }

    pub fn spot(&self, node: NodeId) -> Option<&Spot> {
        let found = self.spots.binary_search_by_key(&node, |spot| spot.node).ok()?;
        self.spots.get(found)
    }

    /// The node at a point, if one is.
    pub fn at(&self, point: Point) -> Option<NodeId> {
        let near = |spot: &&Spot| {
            let (x, y) = (spot.at.x - point.x, spot.at.y - point.y);
            x.abs() <= self.pitch / 2.0 && y.abs() <= self.pitch / 2.0
        };
        self.spots.iter().find(near).map(|spot| spot.node)
    }

    /// The one so many places on, as far as there are places.
    pub fn moved(&self, from: NodeId, by: isize) -> Option<NodeId> {
        let place = self.spots.binary_search_by_key(&from, |spot| spot.node).ok()?;
        let to = place.checked_add_signed(by)?;
        self.spots.get(to).map(|spot| spot.node)
    }

    pub fn count(&self, cell: Cell) -> usize {
        self.spots.iter().filter(|spot| spot.cell == cell).count()
    }

    pub fn doubted(&self, state: MemberState) -> usize {
        self.spots.iter().filter(|spot| spot.doubted == Some(state)).count()
    }

    /// A node in a sentence.
    pub fn spoken(&self, node: NodeId) -> String {
        let Some(spot) = self.spot(node) else { return String::new() };
        let what = self.write.map_or("any write".into(), |chip| chip.text());
        let state = match spot.cell {
            Cell::Unheard => format!("has not heard of {what}"),
            Cell::Spreading => format!("spreads {what}"),
            Cell::Knows => format!("knows {what} and spreads it no longer"),
            Cell::Down => "is down or paused".into(),
        };
        let doubt = match spot.doubted {
            Some(MemberState::Suspect) => ", and is suspected",
            Some(MemberState::Dead) => ", and is declared dead",
            _ => "",
        };
        format!("Node {node} {state}{doubt}.")
    }
}

/// The field of a group that is too large for cards; `layout` has places for its clients.
pub fn field(world: &LabWorld, layout: &Layout, height: f64) -> Field {
    let members = world.members();
    let (columns, pitch, _) = Field::places(layout.width, height, members.len());
    let left = (layout.width - columns.min(members.len()) as f64 * pitch) / 2.0;
    let write = gossip::newest(world);
    let stamp = |node: NodeId| write.and_then(|write| world.stamp(node, write.key));
    let best = members.iter().map(|node| stamp(*node)).max().flatten();
    let cell = |node: NodeId| match world.host(node) {
        Some(host) if host.is_up() && !host.paused => match write {
            Some(write) if stamp(node) == best => match world.spreads(node, write.key) {
                true => Cell::Spreading,
                false => Cell::Knows,
            },
            _ => Cell::Unheard,
        },
        _ => Cell::Down,
    };
    let spot = |(index, node): (usize, &NodeId)| {
        let (column, row) = ((index % columns) as f64, (index / columns) as f64);
        let at = Point { x: left + (column + 0.5) * pitch, y: top(layout.width) + (row + 0.5) * pitch };
        Spot { node: *node, at, cell: cell(*node), doubted: None }
    };
    let mut field = Field {
        spots: members.iter().enumerate().map(spot).collect(),
        columns,
        pitch,
        write: write.map(Chip::of),
        dots: Vec::new(),
        one_of: 1,
        words: String::new(),
        names: String::new(),
    };
    doubts(world, &mut field);
    dots(world, layout, &mut field);
    if let Some(write) = write {
        let without = gossip::residue(world, &write);
        let over = gossip::is_over(world, &write);
        field.words = plain(&gossip::how_far(world, &write, &without, over));
        field.names = if over { named(&without) } else { String::new() };
    }
    field
}

fn doubts(world: &LabWorld, field: &mut Field) {
    for node in world.stores() {
        for doubt in world.doubts(*node) {
            if let Ok(place) = field.spots.binary_search_by_key(&doubt.node, |spot| spot.node) {
                let spot = &mut field.spots[place];
                spot.doubted = spot.doubted.max(Some(doubt.state));
            }
        }
    }
}

/// What is on its way: all if they are few, else the same part of them in every frame.
fn dots(world: &LabWorld, layout: &Layout, field: &mut Field) {
    let count = world.flights().count();
    field.one_of = count.div_ceil(Field::DOTS_MAX).max(1);
    let now = world.now();
    let place = |address: Address| match address {
        Address::Node(node) => field.spot(node).map(|spot| spot.at),
        Address::Client(_) => layout.place(address).map(|place: Rect| place.centre()),
    };
    let drawn = world.flights().filter(|flight| flight.id.0 % field.one_of as u64 == 0);
    let dot = |flight: &crate::world::Flight<crate::protocol::node::Node>| {
        let (from, to) = (place(flight.from)?, place(flight.to)?);
        let part = part(flight.sent_at, flight.ends_at, flight.lost, now);
        let at = Point { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
        Some(Dot { at, brings: matches!(look(world, &flight.cargo), Look::Write { .. } | Look::Value(_)) })
    };
    let dots: Vec<Dot> = drawn.filter_map(dot).take(Field::DOTS_MAX).collect();
    field.dots = dots;
}

/// How far along its way a message is; one that will be lost goes half of it.
fn part(sent: Micros, ends: Micros, lost: bool, now: Micros) -> f64 {
    let part = now.saturating_sub(sent).0 as f64 / ends.saturating_sub(sent).0.max(1) as f64;
    part.min(1.0) * if lost { 0.5 } else { 1.0 }
}

fn named(nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes.iter().take(NAMES_MAX).map(NodeId::to_string).collect();
    match nodes.len().saturating_sub(NAMES_MAX) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// All counts in one sentence, for those who do not see the field.
pub fn counts(field: &Field) -> String {
    let of = |cell: Cell| (field.count(cell) > 0).then(|| format!("{} {}", field.count(cell), cell.words()));
    let mut parts: Vec<String> = Cell::ALL.into_iter().filter_map(of).collect();
    for (state, words) in [(MemberState::Suspect, "suspected"), (MemberState::Dead, "declared dead")] {
        if field.doubted(state) > 0 {
            parts.push(format!("{} {words}", field.doubted(state)));
        }
    }
    format!("{}: {}.", counted(field.spots.len() as u64, "node"), parts.join(", "))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::{lab::Lab, scenario::link::Source, scenario::presets, scene::stage::stage};

    fn lab(name: &str) -> Lab {
        Lab::new(Source::Preset(name.into()), presets::get(name).expect("a preset"))
    }

    #[test]
    fn every_node_has_a_place_of_its_own_on_every_stage() {
        for count in [11, 30, 100, 999, 1_000] {
            for (width, height) in [(757.0, 560.0), (1_100.0, 800.0), (540.0, 420.0), (374.0, 520.0), (304.0, 460.0)] {
                let (columns, pitch, needed) = Field::places(width, height, count);
                assert!(columns as f64 * pitch <= width, "{count} on {width}: no sideways scroll");
                assert!(pitch >= PITCH_MIN, "{count} on {width}");
                let rows = count.div_ceil(columns) as f64;
                assert!(top(width) + rows * pitch + BOTTOM <= needed + 1e-9, "{count} on {width} × {height}");
            }
        }
    }

    /// What is drawn adds up to all nodes at every moment, and at the end says who never heard of the write.
    #[test]
    fn a_rumour_is_shown_from_its_beginning_to_its_residue() {
        let mut lab = lab("gossip-early-death");
        let mut spread = 0;
        for tenth in 0..80 {
            lab.run_until(Micros::from_millis(tenth * 100), u64::MAX);
            let stage = stage(lab.world(), 757.0, 560.0);
            assert!(stage.nodes.is_empty() && stage.links.is_empty());
            let field = stage.field.expect("a field");
            assert_eq!(Cell::ALL.into_iter().map(|cell| field.count(cell)).sum::<usize>(), 100);
            spread = spread.max(field.count(Cell::Spreading));
            assert!(field.dots.len() <= Field::DOTS_MAX);
        }
        let field = stage(lab.world(), 757.0, 560.0).field.expect("a field");
        let residue = field.count(Cell::Unheard);
        assert!(spread > 20 && field.count(Cell::Spreading) == 0);
        assert!((8..=30).contains(&residue), "{residue}");
        assert_eq!(field.words, format!("{residue} of 100 nodes never heard of x = 5; nobody tells it any more."));
        assert!(field.names.contains(" more") || field.names.split(", ").count() == residue, "{}", field.names);
        assert!(counts(&field).starts_with(&format!("100 nodes: {residue} not heard")), "{}", counts(&field));
    }

    #[test]
    fn a_node_is_found_where_it_stands() {
        let lab = lab("gossip-thousand");
        let field = stage(lab.world(), 374.0, 520.0).field.expect("a field");
        for spot in &field.spots {
            assert_eq!(field.at(spot.at), Some(spot.node));
        }
        assert_eq!(field.moved(NodeId(0), 1), Some(NodeId(1)));
        assert_eq!(field.moved(NodeId(0), -1), None);
        assert_eq!(field.moved(NodeId(999), 1), None);
        assert_eq!(field.spoken(NodeId(999)), "Node N1000 has not heard of any write.");
    }

    #[test]
    fn who_is_suspected_and_who_is_dead_can_be_told() {
        let mut lab = lab("gossip-members");
        let doubted =
            |lab: &Lab, node: u16| stage(lab.world(), 757.0, 560.0).field.and_then(|field| field.spot(NodeId(node))?.doubted);
        let mut seen = Vec::new();
        for tenth in 0..120 {
            lab.run_until(Micros::from_millis(tenth * 100), u64::MAX);
            seen.push(doubted(&lab, 3));
        }
        assert!(seen.contains(&Some(MemberState::Suspect)) && !seen.contains(&Some(MemberState::Dead)), "D denies it");
        assert_eq!(doubted(&lab, 3), None);
        assert_eq!(doubted(&lab, 5), Some(MemberState::Dead));
    }
}
