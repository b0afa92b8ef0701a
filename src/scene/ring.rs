//! Places in a circle: where nobody is first, nodes and clients stand around the same ellipse, so that the straight line between any
//! two passes nobody else.

use super::{
    geometry::{Point, Rect},
    layout::{CLIENT, CLIENT_LABEL, CardSize, Form, Layout},
};
use crate::sim::id::{Address, ClientId, NodeId};
use core::f64::consts::{PI, TAU};

/// Most clients that stand in the circle.
const CLIENTS_MAX: usize = 4;
/// How long a line is at least: messages must be seen to travel.
const LINE_MIN: f64 = 60.0;
/// Between a line and whoever it passes.
const AIR: f64 = 4.0;
/// Half the width and height of the ellipse at most, as far as the middles of cards.
const REACH_MAX: (f64, f64) = (400.0, 300.0);
const MARGIN: f64 = 10.0;

impl Layout {
    /// A circle of the largest cards with which all lines are free; none where there is no room for one.
    pub(super) fn ring(width: f64, height: f64, nodes: &[NodeId], clients: &[ClientId]) -> Option<Layout> {
        let all = CardSize::CARDS.into_iter().map(|size| Layout::in_circle((width, height), size, nodes, clients));
        all.into_iter().find(|layout| nodes.len() > 1 && layout.is_clear())
    }

    fn in_circle((width, height): (f64, f64), size: CardSize, nodes: &[NodeId], clients: &[ClientId]) -> Layout {
        let mut layout = Layout::empty(Form::Ring, width, height, nodes, [size, size]);
        let (shown, hidden) = clients.split_at(clients.len().min(CLIENTS_MAX));
        layout.hidden_clients = hidden.to_vec();
        layout.more_at = Point { x: MARGIN, y: MARGIN };
        let label = (layout.client_width, CLIENT + CLIENT_LABEL);
        let (wide, high) = (size.width().max(label.0), size.height().max(label.1));
        let reach = ((width - wide) / 2.0 - MARGIN, (height - high) / 2.0 - MARGIN);
        let reach = (reach.0.min(REACH_MAX.0), reach.1.min(REACH_MAX.1));
        let order = order(nodes, shown);
        let unit = |slot: usize| {
            let angle = TAU * slot as f64 / order.len() as f64 - PI / 2.0;
            Point { x: libm::cos(angle), y: libm::cos(angle - PI / 2.0) }
        };
        // Of an odd number the lowest stand above the bottom: the circle is drawn out to fill the stage.
        let lowest = (0..order.len()).map(|slot| unit(slot).y).fold(0.0, f64::max);
        let drawn_out = 2.0 / (1.0 + lowest);
        for (slot, address) in order.iter().enumerate() {
            let at = unit(slot);
            let y = (at.y + 1.0) * drawn_out - 1.0;
            let centre = Point { x: width / 2.0 + reach.0 * at.x, y: height / 2.0 + reach.1 * y };
            let place = match address {
                Address::Node(_) => Rect::around(centre, (size.width(), size.height())),
                Address::Client(_) => {
                    Rect { y: centre.y - label.1 / 2.0, height: CLIENT, ..Rect::around(centre, (CLIENT, CLIENT)) }
                }
            };
            layout.put(*address, place);
        }
        layout
    }

    /// Whether nobody stands in another’s place or line, and all lines are long enough.
    fn is_clear(&self) -> bool {
        let all: Vec<(Address, Rect)> = self.places.keys().filter_map(|who| Some((*who, self.whole(*who)?))).collect();
        let inside = Rect { x: 0.0, y: 0.0, width: self.width, height: self.height };
        let mut pairs = all.iter().enumerate().flat_map(|(index, one)| all[index + 1..].iter().map(move |other| (one, other)));
        all.iter().all(|(_, place)| inside.contains(place))
            && pairs.all(|((from, a), (to, b))| {
                let talk = from.node().is_some() || to.node().is_some();
                let Some(curve) = self.curve(*from, *to).filter(|_| talk) else { return !a.overlaps(b) };
                let mut way = (0..=20).map(|step| Rect::around(curve.at(f64::from(step) / 20.0), (2.0 * AIR, 2.0 * AIR)));
                let others = || all.iter().filter(|(who, _)| who != from && who != to);
                !a.overlaps(b)
                    && curve.start.distance(curve.end) >= LINE_MIN
                    && way.all(|at| others().all(|(_, other)| !other.overlaps(&at)))
            })
    }
}

/// Nodes in their order, from the top on, and the clients spread evenly between them.
fn order(nodes: &[NodeId], clients: &[ClientId]) -> Vec<Address> {
    let total = nodes.len() + clients.len();
    let (mut nodes, mut clients) = (nodes.iter().copied().map(Address::Node), clients.iter().copied().map(Address::Client));
    let count = clients.len();
    let is_client = |slot: usize| (0..count).any(|own| (2 * own + 1) * total / (2 * count) == slot);
    (0..total).filter_map(|slot| if is_client(slot) { clients.next() } else { nodes.next() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(width: f64, height: f64, nodes: u16, clients: u16) -> Option<Layout> {
        let nodes: Vec<NodeId> = (0..nodes).map(NodeId).collect();
        let clients: Vec<ClientId> = (0..clients).map(ClientId).collect();
        Layout::ring(width, height, &nodes, &clients)
    }

    #[test]
    fn clients_stand_between_nodes() {
        let shown = |nodes: u16, clients: u16| {
            let nodes: Vec<NodeId> = (0..nodes).map(NodeId).collect();
            let clients: Vec<ClientId> = (0..clients).map(ClientId).collect();
            order(&nodes, &clients).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(3, 0), "A B C");
        assert_eq!(shown(3, 2), "A Ana B Ben C");
        assert_eq!(shown(5, 2), "A Ana B C D Ben E");
        assert_eq!(shown(5, 3), "A Ana B C Ben D Cleo E");
    }

    /// Where there is a circle, no line runs behind anybody, however large the stage; and on common stages there is one.
    #[test]
    fn circles_are_there_where_there_is_room() {
        let sizes: Vec<String> = [
            (757.0, 600.0, 3, 2),
            (757.0, 600.0, 5, 2),
            (1_100.0, 900.0, 5, 3),
            (1_100.0, 900.0, 10, 2),
            (484.0, 488.0, 3, 2),
            (484.0, 488.0, 5, 2),
            (320.0, 215.0, 3, 2),
            (757.0, 600.0, 1, 2),
        ]
        .into_iter()
        .map(|(width, height, nodes, clients)| match of(width, height, nodes, clients) {
            Some(layout) => format!("{:?}", layout.size_of(NodeId(0))),
            None => "–".into(),
        })
        .collect();
        assert_eq!(sizes.join(" "), "Medium Small Small – Small – – –");
    }
}
