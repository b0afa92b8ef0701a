//! Where things stand: the first node, the others, the clients beside the first.
//!
//! A few nodes make a triangle or a row below the first. Many make a fan: strips in one column, so that no line runs behind
//! a card and their logs can be compared. Where even that is too wide they make a tree, like folders in a list.
//!
//! Places depend on the stage's size and on who takes part, never on roles or time: nothing jumps when a node is
//! promoted or dies.

use super::{
    geometry::{Point, Rect},
    stage::Copy,
    walls::Wall,
};
use crate::sim::{
    decimal::between,
    id::{Address, ClientId, NodeId},
    small::SmallMap,
};

/// How much a node card has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardSize {
    Large,
    Medium,
    Small,
    /// Two lines of the width that is left.
    Strip,
}

impl CardSize {
    pub(super) const CARDS: [CardSize; 3] = [CardSize::Large, CardSize::Medium, CardSize::Small];

    pub fn width(self) -> f64 {
        match self {
            CardSize::Large => 216.0,
            CardSize::Medium => 170.0,
            CardSize::Small => 136.0,
            CardSize::Strip => STRIP_MAX,
        }
    }

    pub fn height(self) -> f64 {
        match self {
            CardSize::Large => 146.0,
            CardSize::Medium => 130.0,
            CardSize::Small => 96.0,
            CardSize::Strip => 56.0,
        }
    }

    /// Between the first node and a row at least: messages must be seen to travel.
    fn span_min(self) -> f64 {
        if self == CardSize::Small { 64.0 } else { 76.0 }
    }

    /// How many of these copies fit on a card so wide: two if their values are not too long.
    pub fn keys(self, width: f64, badge: bool, copies: &[Copy]) -> usize {
        let two = copies.get(..2).unwrap_or(copies);
        let letters: usize = two.iter().map(Copy::letters).sum();
        let head = match (self, badge) {
            (CardSize::Strip, true) => 120.0,
            (CardSize::Strip, false) if width > 260.0 => 92.0,
            (CardSize::Strip, false) => 70.0,
            _ => 0.0,
        };
        let more = if copies.len() > 2 { 21.0 } else { 0.0 };
        let wide = 94.0 + 7.0 * letters as f64 + more + head;
        if wide > width { 1.min(copies.len()) } else { two.len() }
    }
}

/// How the nodes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The first on top, the others side by side below it.
    Row,
    /// The first on the left, the others below each other on the right.
    Fan,
    /// The first on top, the others below each other, lines left and right of them.
    Tree,
    /// In a circle, clients between nodes: nobody is first.
    Ring,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub form: Form,
    first: Option<NodeId>,
    first_size: CardSize,
    others_size: CardSize,
    pub places: SmallMap<Address, Rect>,
    /// Clients for which there is no room; they still take part.
    pub hidden_clients: Vec<ClientId>,
    /// Where it is said that there are more.
    pub more_at: Point,
    /// Left edge of the words beside the clients, where they stand above a field.
    #[cfg(feature = "gossip")]
    pub words_at: f64,
    /// Room for one client, figure and words.
    pub client_width: f64,
    /// What stands across the links that are cut.
    pub(super) walls: Vec<Wall>,
    pub width: f64,
    /// What the stage needs; more than there is if even the smallest cards do not fit.
    pub height: f64,
}

/// Between cards of a row at least: room for the words at a link.
const GAP: f64 = 56.0;
/// Below a row, for lines between its ends.
const ARCS: f64 = 34.0;
/// Most nodes below the first that stand in a row.
const ROW_MAX: usize = 4;
const SPAN_MAX: f64 = 190.0;
pub(super) const CLIENT: f64 = 50.0;
/// Room for a client's name and two lines of words below its figure.
pub(super) const CLIENT_LABEL: f64 = 52.0;
/// How much higher a client stands than the next one to its right.
const STEP: f64 = 29.0;
/// Above and below the clients of a fan, and between them and the first node: room for what is grasped of their line.
const EDGE: f64 = 4.0;
const SHORT: f64 = 24.0;
/// Clients side by side above and below the first node of a fan.
const FAN_COLUMNS_MAX: usize = 3;
/// What a link needs to be grasped between two shapes.
const GRASP: f64 = 28.0;
const STRIP_MIN: f64 = 216.0;
const STRIP_MAX: f64 = 300.0;
const STRIP_GAP: f64 = 8.0;
/// Left of the strips of a tree, and right of them.
const TRUNK: f64 = 74.0;
const MARGIN: f64 = 30.0;

fn pad(width: f64) -> f64 {
    if width < 450.0 { 8.0 } else { 12.0 }
}

fn client_width(width: f64) -> f64 {
    match width {
        ..350.0 => 70.0,
        ..450.0 => 80.0,
        _ => 92.0,
    }
}

/// The largest cards with which everybody fits into one row.
fn row_size(width: f64, height: f64, others: usize) -> Option<CardSize> {
    let sides = 2.0 * (client_width(width) + GRASP + pad(width));
    let wide = |card: &CardSize| {
        let row = others as f64 * (card.width() + GAP) - GAP + 2.0 * pad(width);
        row.max(card.width() + sides) <= width
    };
    let high = |card: &CardSize| *card == CardSize::Small || row_height(*card, others, pad(width)) <= height;
    CardSize::CARDS.into_iter().find(|card| others <= ROW_MAX && wide(card) && high(card))
}

fn row_height(card: CardSize, others: usize, pad: f64) -> f64 {
    let below = if others > 0 { card.span_min() + card.height() } else { 0.0 };
    2.0 * pad + card.height() + below + if others > 2 { ARCS } else { 0.0 }
}

fn strips_height(count: usize) -> f64 {
    (count as f64 * (CardSize::Strip.height() + STRIP_GAP) - STRIP_GAP).max(0.0)
}

impl Layout {
    pub fn new(width: f64, height: f64, nodes: &[NodeId], clients: &[ClientId]) -> Layout {
        let others = nodes.len().saturating_sub(1);
        let row = row_size(width, height, others);
        let fan = |card: CardSize| 2.0 * pad(width) + card.width() + TRUNK + STRIP_MIN <= width;
        let (form, first_size, others_size) = match row {
            Some(card) => (Form::Row, card, card),
            None if width >= 620.0 => (Form::Fan, CardSize::Large, CardSize::Strip),
            None if fan(CardSize::Medium) => (Form::Fan, CardSize::Medium, CardSize::Strip),
            None => (Form::Tree, CardSize::Small, CardSize::Strip),
        };
        let mut layout = Layout::empty(form, width, height, nodes, [first_size, others_size]);
        match form {
            Form::Row => layout.place_row(nodes, clients),
            Form::Fan => layout.place_fan(nodes, clients),
            _ => layout.place_tree(nodes, clients),
        }
        layout
    }

    /// Nobody has a place yet.
    pub(super) fn empty(form: Form, width: f64, height: f64, nodes: &[NodeId], sizes: [CardSize; 2]) -> Layout {
        Layout {
            form,
            first: nodes.first().copied(),
            first_size: sizes[0],
            others_size: sizes[1],
            places: SmallMap::new(),
            hidden_clients: Vec::new(),
            more_at: Point::default(),
            #[cfg(feature = "gossip")]
            words_at: 0.0,
            client_width: client_width(width),
            walls: Vec::new(),
            width,
            height,
        }
    }

    /// Clients side by side on top, and nothing else.
    #[cfg(feature = "gossip")]
    pub fn of_clients(width: f64, height: f64, clients: &[ClientId]) -> Layout {
        let mut layout = Layout::new(width, height, &[], &[]);
        (layout.places, layout.height) = (SmallMap::new(), height);
        let (room, pad) = (layout.client_width + GRASP, pad(width));
        // The room beside them is for words.
        let most = if width < 700.0 { 1 } else { 2 };
        layout.put_clients(clients, most, |index| Point { x: pad + (index as f64 + 0.5) * room, y: pad });
        layout.words_at = pad + most.min(clients.len()) as f64 * room;
        layout.more_at = Point { x: pad, y: pad + CLIENT + CLIENT_LABEL };
        layout
    }

    pub fn size_of(&self, node: NodeId) -> CardSize {
        if self.first == Some(node) { self.first_size } else { self.others_size }
    }

    /// How many entries of the log fit on every card.
    pub fn log_cells(&self) -> u64 {
        if self.others_size == CardSize::Large { 6 } else { 5 }
    }

    pub fn place(&self, address: Address) -> Option<Rect> {
        self.places.get(&address).copied()
    }

    /// What somebody covers, a client with its words.
    pub fn whole(&self, address: Address) -> Option<Rect> {
        let place = self.place(address)?;
        if address.node().is_some() {
            return Some(place);
        }
        let x = place.centre().x - self.client_width / 2.0;
        Some(Rect { x, width: self.client_width, height: CLIENT + CLIENT_LABEL, ..place })
    }

    pub fn is_first(&self, address: Address) -> bool {
        self.first.map(Address::Node) == Some(address)
    }

    /// Whether ways are so short that messages are drawn smaller.
    pub fn is_compact(&self) -> bool {
        self.width < if self.form == Form::Fan { 620.0 } else { 450.0 }
    }

    pub(super) fn put(&mut self, address: impl Into<Address>, place: Rect) {
        self.places.insert(address.into(), place);
    }

    /// Gives clients their places, `place` by number and how many there are; those beyond `most` get none.
    fn put_clients(&mut self, clients: &[ClientId], most: usize, place: impl Fn(usize) -> Point) {
        for (index, client) in clients.iter().enumerate() {
            if index >= most {
                self.hidden_clients.push(*client);
                continue;
            }
            let Point { x, y } = place(index);
            self.put(*client, Rect { x: x - CLIENT / 2.0, y, width: CLIENT, height: CLIENT });
        }
    }

    fn place_row(&mut self, nodes: &[NodeId], clients: &[ClientId]) {
        let (width, pad, card) = (self.width, pad(self.width), self.first_size);
        let (w, h) = (card.width(), card.height());
        let others = nodes.get(1..).unwrap_or_default();
        let needed = row_height(card, others.len(), pad);
        self.height = self.height.max(needed);
        let free = self.height - needed;
        let span = (card.span_min() + free * 0.6).min(SPAN_MAX);
        let top = pad + (free - (span - card.span_min())).max(0.0) / 2.0;
        let first = Rect { x: (width - w) / 2.0, y: top, width: w, height: h };
        if let Some(node) = nodes.first() {
            self.put(*node, first);
        }
        // A row spreads over the width as far as it looks good.
        let pitch = between((width - 2.0 * pad) / others.len().max(1) as f64, w + GAP, (w * 1.75).max(w + GAP));
        let left = (width - pitch * others.len() as f64) / 2.0;
        for (column, node) in others.iter().enumerate() {
            let x = left + pitch * column as f64 + (pitch - w) / 2.0;
            self.put(*node, Rect { x, y: top + h + span, width: w, height: h });
        }
        let room = first.x - pad - GRASP;
        let slots = ((room / self.client_width) as usize).max(1).min(clients.len().div_ceil(2).max(1));
        let slot = (room / slots as f64).min(150.0);
        let y = (top + (h - CLIENT - CLIENT_LABEL) / 2.0).max(4.0);
        // Below two or more clients run the lines of the outer ones.
        let below = slots == 1 || y < 24.0;
        self.more_at = Point { x: pad, y: if below { y + CLIENT + CLIENT_LABEL + 8.0 } else { y - 20.0 } };
        self.put_clients(clients, 2 * slots, |index| {
            let from_edge = pad + slot * (index as f64 / 2.0).floor() + slot / 2.0;
            Point { x: if index % 2 == 0 { from_edge } else { width - from_edge }, y }
        });
    }

    fn place_fan(&mut self, nodes: &[NodeId], clients: &[ClientId]) {
        let (width, pad, own) = (self.width, pad(self.width), self.client_width);
        let (w, h) = (self.first_size.width(), self.first_size.height());
        let others = nodes.get(1..).unwrap_or_default();
        let client_height = CLIENT + CLIENT_LABEL;
        let strip_width = (width - 2.0 * pad - w - TRUNK).min(STRIP_MAX);
        // Clients above and below the first node, one or more side by side.
        // Further to the right they would stand where log entries pass.
        let most = (((width - 2.0 * pad - strip_width - TRUNK / 2.0) / own) as usize).clamp(1, FAN_COLUMNS_MAX);
        let columns = clients.len().div_ceil(2).clamp(1, most);
        // Those on the left a step higher: their lines run over the heads of the others.
        let steps = STEP * (columns - 1) as f64;
        let words = if clients.len() > 2 * columns { 16.0 } else { 0.0 };
        let seen = self.height.max(h + 2.0 * (EDGE + client_height + SHORT + steps) + words);
        self.height = seen.max(strips_height(others.len()) + 2.0 * pad);
        // In the middle of what is seen without scrolling.
        let first = Rect { x: pad, y: (seen - words - h) / 2.0, width: w, height: h };
        if let Some(node) = nodes.first() {
            self.put(*node, first);
        }
        let free = (self.height - 2.0 * pad - strips_height(others.len())) / others.len() as f64;
        let pitch = CardSize::Strip.height() + STRIP_GAP + between(free, 0.0, 44.0);
        let top = (self.height - pitch * others.len() as f64 + pitch - CardSize::Strip.height()) / 2.0;
        for (row, node) in others.iter().enumerate() {
            let place = Rect {
                x: width - pad - strip_width,
                y: top + pitch * row as f64,
                width: strip_width,
                height: CardSize::Strip.height(),
            };
            self.put(*node, place);
        }
        let left = (first.centre().x - own * columns as f64 / 2.0).max(pad);
        let away = between(first.y - EDGE - client_height - steps, SHORT, 96.0);
        self.more_at = Point { x: pad, y: first.y + h + away + steps + client_height };
        self.put_clients(clients, 2 * columns, |index| {
            let column = (index as f64 / 2.0).floor();
            let y = match index % 2 {
                0 => first.y - away - client_height - steps + STEP * column,
                _ => first.y + h + away + STEP * column,
            };
            Point { x: left + own * (column + 0.5), y }
        });
    }

    fn place_tree(&mut self, nodes: &[NodeId], clients: &[ClientId]) {
        let (width, pad, own) = (self.width, pad(self.width), self.client_width);
        let first = Rect { x: pad, y: pad, width: self.first_size.width(), height: self.first_size.height() };
        if let Some(node) = nodes.first() {
            self.put(*node, first);
        }
        let others = nodes.get(1..).unwrap_or_default();
        let room = width - pad - first.width - GRASP - pad;
        let slots = ((room / own) as usize).max(1).min(clients.len().max(1));
        // Below the lines that begin below the clients.
        let words = if clients.len() > slots { 18.0 } else { 0.0 };
        let top = pad + CLIENT + CLIENT_LABEL + 20.0 + words;
        for (row, node) in others.iter().enumerate() {
            let y = top + (CardSize::Strip.height() + STRIP_GAP) * row as f64;
            self.put(*node, Rect { x: TRUNK, y, width: width - TRUNK - MARGIN, height: CardSize::Strip.height() });
        }
        self.height = self.height.max(top + strips_height(others.len()) + pad);
        let slot = room / slots as f64;
        self.more_at = Point { x: TRUNK, y: top - 17.0 };
        self.put_clients(clients, slots, |index| Point { x: width - pad - slot * (slots - index) as f64 + slot / 2.0, y: pad });
    }
}

#[cfg(test)]
mod tests {
    use super::{super::geometry::Curve, *};

    const STAGES: [(f64, f64); 6] =
        [(320.0, 215.0), (390.0, 297.0), (484.0, 488.0), (700.0, 480.0), (784.0, 620.0), (1100.0, 900.0)];

    fn of(width: f64, height: f64, nodes: u16, clients: u16) -> Layout {
        let nodes: Vec<NodeId> = (0..nodes).map(NodeId).collect();
        let clients: Vec<ClientId> = (0..clients).map(ClientId).collect();
        Layout::new(width, height, &nodes, &clients)
    }

    /// On every stage from phone to projector, with every number of nodes: inside, and nothing over anything else.
    #[test]
    fn nothing_overlaps_and_nothing_is_cut() {
        for (width, height) in STAGES {
            for count in 1..=10 {
                let layout = of(width, height, count, 6);
                let whole = |address: &Address| (*address, layout.whole(*address).expect("it has a place"));
                let all: Vec<(Address, Rect)> = layout.places.keys().map(whole).collect();
                for (index, (address, rect)) in all.iter().enumerate() {
                    let bottom = rect.y + rect.height;
                    assert!(
                        rect.x >= 0.0 && rect.x + rect.width <= width && rect.y >= 0.0 && bottom <= layout.height,
                        "{address} at {rect:?} is outside of {width} × {}, {count} nodes",
                        layout.height
                    );
                    for (other, place) in &all[index + 1..] {
                        assert!(!rect.overlaps(place), "{address} and {other} overlap: {width} × {height}, {count} nodes");
                    }
                }
                assert_eq!(layout.places.len() + layout.hidden_clients.len(), count as usize + 6);
            }
        }
    }

    /// The usual one, and a circle where there is room for one.
    fn both(width: f64, height: f64, nodes: u16, clients: u16) -> Vec<Layout> {
        let all: Vec<NodeId> = (0..nodes).map(NodeId).collect();
        let ring = Layout::ring(width, height, &all, &(0..clients).map(ClientId).collect::<Vec<_>>());
        [of(width, height, nodes, clients)].into_iter().chain(ring).collect()
    }

    /// Between any two who may talk there is a line that no card hides, from edge to edge, the same one both ways.
    #[test]
    fn no_line_runs_behind_a_card() {
        for (width, height) in STAGES {
            for (count, layout) in
                (2..=10).flat_map(|count| both(width, height, count, 2).into_iter().map(move |one| (count, one)))
            {
                let all: Vec<(Address, Rect)> = layout.places.iter().map(|(address, rect)| (*address, *rect)).collect();
                for (from, _) in &all {
                    for (to, _) in all.iter().filter(|(to, _)| to != from && (from.node().is_some() || to.node().is_some())) {
                        let curve = layout.curve(*from, *to).expect("both have a place");
                        assert_eq!(layout.curve(*to, *from).map(Curve::reversed), Some(curve));
                        for part in 0..=40 {
                            let at = curve.at(f64::from(part) / 40.0);
                            let inside = |rect: &Rect| {
                                at.x > rect.x + 1.0
                                    && at.x < rect.x + rect.width - 1.0
                                    && at.y > rect.y + 1.0
                                    && at.y < rect.y + rect.height - 1.0
                            };
                            let hides = all.iter().find(|(who, rect)| who.node().is_some() && inside(rect));
                            assert_eq!(hides, None, "{from} to {to} at {at:?}: {width} × {height}, {count} nodes");
                            assert!(
                                at.x >= 0.0 && at.x <= width && at.y >= 0.0 && at.y <= layout.height,
                                "{from} to {to} at {at:?}"
                            );
                        }
                    }
                }
            }
        }
    }

    /// Not through a client either that stands between.
    #[test]
    fn no_line_of_a_client_runs_through_another_in_a_fan() {
        for (width, height) in STAGES {
            for (count, clients) in (2..=10).flat_map(|count| (1..=8).map(move |clients| (count, clients))) {
                let layout = of(width, height, count, clients);
                if layout.form != Form::Fan {
                    continue;
                }
                let heads: Vec<(Address, Rect)> = layout.places.iter().map(|(address, rect)| (*address, *rect)).collect();
                let heads: Vec<_> = heads.into_iter().filter(|(who, _)| who.client().is_some()).collect();
                for ((client, _), node) in heads.iter().flat_map(|client| (0..count).map(move |node| (client, NodeId(node)))) {
                    let curve = layout.curve(*client, node.into()).expect("both have a place");
                    for at in (0..=40).map(|part| curve.at(f64::from(part) / 40.0)) {
                        let hit = heads.iter().find(|(who, head)| who != client && head.centre().distance(at) < CLIENT / 2.0);
                        assert_eq!(hit, None, "{client} to {node}: {width} × {height}, {count} nodes, {clients} clients");
                    }
                }
            }
        }
    }

    #[test]
    fn cards_are_as_large_as_fits() {
        let form = |width, height, count| {
            let layout = of(width, height, count, 2);
            (layout.form, layout.first_size)
        };
        assert_eq!(form(784.0, 620.0, 3), (Form::Row, CardSize::Large));
        assert_eq!(form(484.0, 488.0, 3), (Form::Row, CardSize::Medium));
        assert_eq!(form(390.0, 297.0, 3), (Form::Row, CardSize::Small));
        assert_eq!(form(784.0, 620.0, 5), (Form::Row, CardSize::Small));
        assert_eq!(form(784.0, 620.0, 6), (Form::Fan, CardSize::Large));
        assert_eq!(form(484.0, 488.0, 10), (Form::Fan, CardSize::Medium));
        assert_eq!(form(320.0, 215.0, 3), (Form::Tree, CardSize::Small));
    }
}
