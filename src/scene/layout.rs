//! Where things stand: the first node on top, the others in rows below, clients beside the first.
//!
//! Places depend on the stage's size and on who takes part, never on roles or time: nothing jumps when a node is
//! promoted or dies.

use super::geometry::{Point, Rect};
use crate::sim::{
    id::{Address, ClientId, NodeId},
    small::SmallMap,
};

/// How much a node card has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardSize {
    Large,
    Medium,
    Small,
}

impl CardSize {
    const ALL: [CardSize; 3] = [CardSize::Large, CardSize::Medium, CardSize::Small];

    pub fn width(self) -> f64 {
        match self {
            CardSize::Large => 216.0,
            CardSize::Medium => 170.0,
            CardSize::Small => 136.0,
        }
    }

    pub fn height(self) -> f64 {
        match self {
            CardSize::Large => 146.0,
            CardSize::Medium => 130.0,
            CardSize::Small => 96.0,
        }
    }

    /// How many entries of the log fit.
    pub fn log_cells(self) -> u64 {
        match self {
            CardSize::Large => 6,
            CardSize::Medium => 5,
            CardSize::Small => 5,
        }
    }

    /// Between the first node and the rows at least: messages must be seen to travel.
    fn span_min(self) -> f64 {
        match self {
            CardSize::Large | CardSize::Medium => 76.0,
            CardSize::Small => 58.0,
        }
    }

    /// How many keys fit.
    pub fn keys(self) -> usize {
        2
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub card: CardSize,
    pub places: SmallMap<Address, Rect>,
    /// Clients for which there is no room; they still take part.
    pub hidden_clients: Vec<ClientId>,
    /// What the stage needs; more than there is if even the smallest cards do not fit.
    pub height: f64,
}

const PAD: f64 = 12.0;
const GAP: f64 = 16.0;
const SPAN_MAX: f64 = 190.0;
const CLIENT: f64 = 50.0;
const CLIENT_SLOT: f64 = 112.0;
/// Room for a client's two lines of text below its figure.
const CLIENT_LABEL: f64 = 44.0;

impl Layout {
    pub fn new(width: f64, height: f64, nodes: &[NodeId], clients: &[ClientId]) -> Layout {
        let fits = |card: &CardSize| Rows::new(*card, width, nodes.len().saturating_sub(1)).needed_height() <= height;
        let narrow = |card: &CardSize| width < 2.0 * (card.width() + PAD) + GAP;
        let card = CardSize::ALL.into_iter().find(|card| fits(card) && !narrow(card)).unwrap_or(CardSize::Small);
        let card = if narrow(&CardSize::Medium) || !fits(&CardSize::Small) { CardSize::Small } else { card };
        let rows = Rows::new(card, width, nodes.len().saturating_sub(1));
        let mut layout =
            Layout { card, places: SmallMap::new(), hidden_clients: Vec::new(), height: height.max(rows.needed_height()) };
        layout.place_nodes(width, nodes, &rows);
        layout.place_clients(width, nodes, clients);
        layout
    }

    fn place_nodes(&mut self, width: f64, nodes: &[NodeId], rows: &Rows) {
        let (w, h) = (self.card.width(), self.card.height());
        let Some((first, others)) = nodes.split_first() else { return };
        let free = (self.height - rows.needed_height()).max(0.0);
        let span = (self.card.span_min() + free * 0.6).min(SPAN_MAX);
        let used = rows.needed_height() - self.card.span_min() + span;
        let top = PAD + (self.height - used).max(0.0) / 2.0;
        self.places.insert((*first).into(), Rect { x: (width - w) / 2.0, y: top, width: w, height: h });
        for (row, chunk) in others.chunks(rows.per_row.max(1)).enumerate() {
            let y = top + h + span + row as f64 * (h + GAP);
            // A row spreads over the width as far as it looks good.
            let pitch = ((width - 2.0 * PAD) / chunk.len() as f64).clamp(w + GAP.min(8.0), w * 1.75);
            let left = (width - pitch * chunk.len() as f64) / 2.0;
            for (column, node) in chunk.iter().enumerate() {
                let x = left + pitch * column as f64 + (pitch - w) / 2.0;
                self.places.insert((*node).into(), Rect { x, y, width: w, height: h });
            }
        }
    }

    fn place_clients(&mut self, width: f64, nodes: &[NodeId], clients: &[ClientId]) {
        let first = nodes.first().and_then(|node| self.places.get(&Address::Node(*node)).copied());
        let first = first.unwrap_or(Rect { x: width / 2.0, y: PAD, ..Rect::default() });
        let room = first.x - PAD;
        let slots = ((room / CLIENT_SLOT) as usize).clamp(1, 3);
        let y = (first.y + (first.height - CLIENT - CLIENT_LABEL) / 2.0).max(4.0);
        for (index, client) in clients.iter().enumerate() {
            let (side, slot) = (index % 2, index / 2);
            if slot >= slots {
                self.hidden_clients.push(*client);
                continue;
            }
            let pitch = room / slots as f64;
            let from_edge = PAD + pitch * (slot as f64 + 0.5) - CLIENT / 2.0;
            let x = if side == 0 { from_edge } else { width - from_edge - CLIENT };
            self.places.insert((*client).into(), Rect { x, y, width: CLIENT, height: CLIENT });
        }
    }

    pub fn place(&self, address: Address) -> Option<Rect> {
        self.places.get(&address).copied()
    }

    pub fn centre(&self, address: Address) -> Option<Point> {
        self.place(address).map(|rect| rect.centre())
    }
}

struct Rows {
    card: CardSize,
    rows: usize,
    per_row: usize,
}

impl Rows {
    fn new(card: CardSize, width: f64, others: usize) -> Rows {
        let columns = (((width - 2.0 * PAD + 8.0) / (card.width() + 8.0)) as usize).max(1);
        let rows = others.div_ceil(columns);
        Rows { card, rows, per_row: others.div_ceil(rows.max(1)) }
    }

    fn needed_height(&self) -> f64 {
        let card = self.card.height();
        match self.rows {
            0 => 2.0 * PAD + card,
            rows => 2.0 * PAD + card + self.card.span_min() + rows as f64 * (card + GAP) - GAP,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On every stage from phone to projector, with every number of nodes: inside, and nothing over anything else.
    #[test]
    fn nothing_overlaps_and_nothing_is_cut() {
        for (width, height) in [(320.0, 330.0), (390.0, 380.0), (700.0, 480.0), (757.0, 620.0), (1100.0, 900.0)] {
            for count in 1..=10 {
                let nodes: Vec<NodeId> = (0..count).map(NodeId).collect();
                let clients: Vec<ClientId> = (0..6).map(ClientId).collect();
                let layout = Layout::new(width, height, &nodes, &clients);
                let all: Vec<(&Address, &Rect)> = layout.places.iter().collect();
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
                assert_eq!(layout.places.len() + layout.hidden_clients.len(), nodes.len() + clients.len());
            }
        }
    }

    #[test]
    fn cards_are_as_large_as_fits() {
        let card = |width, height, count| {
            let nodes: Vec<NodeId> = (0..count).map(NodeId).collect();
            Layout::new(width, height, &nodes, &[]).card
        };
        assert_eq!(card(757.0, 600.0, 3), CardSize::Large);
        assert_eq!(card(390.0, 400.0, 3), CardSize::Medium);
        assert_eq!(card(320.0, 400.0, 3), CardSize::Small);
        assert_eq!(card(757.0, 560.0, 10), CardSize::Small);
    }
}
