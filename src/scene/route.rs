//! How lines run between shapes: in the gutters of the layout, never behind a card.

use super::{
    geometry::{Curve, Point, Rect},
    layout::{CLIENT, CLIENT_LABEL, Form, Layout},
};
use crate::sim::{decimal::between, id::Address};

/// Where the lines of a tree go down, left of its strips.
const TRUNK_X: f64 = 37.0;
/// How far from the strips' right edge lines from clients go down.
const MARGIN_X: f64 = 15.0;
/// Between a client's figure and the line.
const AIR: f64 = 3.0;

impl Layout {
    /// The line from one to the other; the same both ways.
    pub fn curve(&self, from: Address, to: Address) -> Option<Curve> {
        // Nodes from the first on, then clients.
        let (a, b) = (self.place(from)?, self.place(to)?);
        let rank = |address: Address| (address.node().is_none(), address);
        if rank(from) > rank(to) {
            return self.curve(to, from).map(Curve::reversed);
        }
        if self.form == Form::Ring {
            return Some(Curve::between(&a, &self.whole(to)?));
        }
        Some(match (to.client(), self.is_first(from)) {
            (None, true) => self.first_to_other(&a, &b),
            (None, false) => self.between_others(&a, &b),
            (Some(_), true) => self.first_to_client(&a, &b),
            (Some(client), false) => self.other_to_client(&a, &b, if client.0 % 2 == 0 { -13.0 } else { 13.0 }),
        })
    }

    /// Where a line can be grasped: in the middle of what is seen of it.
    pub fn handle(&self, from: Address, to: Address, curve: &Curve) -> Point {
        let (node, other) = if from.node().is_some() { (from, to) } else { (to, from) };
        let (Some(place), Some(other_place)) = (self.place(node), self.place(other)) else { return curve.at(0.5) };
        match (self.form, other.client().is_some(), self.is_first(node)) {
            // Between the words of the client, which are wider than its figure, and the card.
            (Form::Row | Form::Tree, true, true) if (other_place.centre().y - curve.start.y).abs() < CLIENT / 2.0 + AIR + 1.0 => {
                let side = if other_place.x < place.x { -1.0 } else { 1.0 };
                let edge = place.centre().x + side * place.width / 2.0;
                let words = other_place.centre().x - side * self.client_width / 2.0;
                let x = (edge + words) / 2.0;
                // The line is nearly straight.
                let (near, far) = (curve.start, curve.end);
                curve.at(between((x - near.x) / (far.x - near.x), 0.1, 0.9))
            }
            // On the level piece before the strip: at the trunk all lines lie on each other.
            (Form::Tree, false, _) if self.is_first(from) || self.is_first(to) => {
                curve.at(if self.is_first(from) { 0.8 } else { 0.2 })
            }
            (Form::Ring, true, _) => self.first_clear(from, curve, [0.35, 0.3, 0.4, 0.25, 0.45, 0.2]),
            // Two that cross do so in their middles.
            (Form::Ring, false, _) => curve.at(if from < to { 0.42 } else { 0.58 }),
            (Form::Fan, false, false) if !self.is_first(to) => self.first_clear(from, curve, [0.5, 0.4, 0.3, 0.25, 0.2, 0.15]),
            // Where it is clear of the strip.
            (Form::Tree, true, false) => {
                let down = if from.client().is_some() { curve.reversed() } else { *curve };
                let clear = |t: &f64| down.at(*t).x >= place.x + place.width + 12.0;
                down.at((4..=10).map(|step| f64::from(step) / 20.0).find(clear).unwrap_or(0.5))
            }
            // Near the client, where no other handles are.
            (Form::Row, true, false) => self.first_clear(from, curve, [0.3, 0.25, 0.2, 0.15, 0.4, 0.5]),
            (Form::Fan, true, false) => self.first_clear(from, curve, [0.15, 0.2, 0.1, 0.25, 0.3, 0.4]),
            // Off the level pieces, which end at the middles of the strips.
            (Form::Tree, false, _) => {
                let middle = curve.at(0.5);
                let is_beside = (other_place.y - place.y).abs() < 1.5 * place.height;
                if is_beside { middle } else { curve.at(curve.nearest(Point { y: middle.y + 17.0, ..middle })) }
            }
            _ => curve.at(0.5),
        }
    }

    /// The first of these parts of the way from a client that is clear of all cards.
    fn first_clear(&self, from: Address, curve: &Curve, parts: [f64; 6]) -> Point {
        let down = if from.client().is_some() { *curve } else { curve.reversed() };
        let clear = |at: &Point| {
            let own = Rect::around(*at, (17.0, 17.0));
            self.places.iter().all(|(who, card)| who.node().is_none() || !card.overlaps(&own))
        };
        parts.map(|part| down.at(part)).into_iter().find(clear).unwrap_or(down.at(parts[0]))
    }

    fn first_to_other(&self, first: &Rect, other: &Rect) -> Curve {
        let end = Point { x: other.x, y: other.centre().y };
        match self.form {
            Form::Row => Curve::between(first, other),
            Form::Fan => {
                let x = first.x + first.width;
                // Not all from one point.
                let off = between((end.y - first.centre().y) * 0.3, -0.4 * first.height, 0.4 * first.height);
                sideways(Point { x, y: first.centre().y + off }, end)
            }
            _ => {
                let corner = Point { x: TRUNK_X, y: end.y };
                Curve { start: Point { x: TRUNK_X, y: first.y + first.height }, bends: (corner, corner), end }
            }
        }
    }

    fn between_others(&self, a: &Rect, b: &Rect) -> Curve {
        if self.form == Form::Row {
            let neighbours = (b.x - a.x).abs() < 2.0 * a.width;
            if neighbours {
                return Curve::between(a, b);
            }
            // Below those between them.
            let depth = 10.0 + (b.x - a.x).abs() * 0.045;
            let under = |rect: &Rect, towards: f64| {
                let start = Point { x: rect.centre().x + towards * rect.width / 4.0, y: rect.y + rect.height };
                (start, Point { y: start.y + depth, ..start })
            };
            let towards = (b.x - a.x).signum();
            let ((start, bend), (end, last)) = (under(a, towards), under(b, -towards));
            return Curve { start, bends: (bend, last), end };
        }
        // A bracket left of the strips.
        let towards = (b.y - a.y).signum() * 9.0;
        let (start, end) = (Point { x: a.x, y: a.centre().y + towards }, Point { x: b.x, y: b.centre().y - towards });
        let (least, more, most) = if self.form == Form::Tree { (14.0, 0.12, 44.0) } else { (18.0, 0.2, 72.0) };
        let out = (least + (b.y - a.y).abs() * more).min(most) * 4.0 / 3.0;
        let bend = |point: Point| Point { x: point.x - out, ..point };
        Curve { start, bends: (bend(start), bend(end)), end }
    }

    fn first_to_client(&self, first: &Rect, client: &Rect) -> Curve {
        let (centre, middle) = (client.centre(), first.centre());
        let side = if centre.x < middle.x { -1.0 } else { 1.0 };
        if self.form == Form::Fan {
            let x = between(centre.x, first.x + 24.0, first.x + first.width - 24.0);
            return match client.y < first.y {
                true => upright(Point { x, y: first.y }, below(client)),
                false => upright(Point { x, y: first.y + first.height }, Point { x: centre.x, y: client.y - AIR }),
            };
        }
        let between = |rect: &Rect| (client.x < rect.x) == (rect.x < middle.x) && rect.x != client.x;
        if !self.places.iter().any(|(who, rect)| who.client().is_some() && between(rect)) {
            let start = Point { x: middle.x + side * first.width / 2.0, y: centre.y };
            return sideways(start, Point { x: centre.x - side * (CLIENT / 2.0 + AIR), y: centre.y });
        }
        // Somebody stands between: below their words.
        let start = Point { x: middle.x + side * (first.width / 2.0 - 20.0), y: first.y + first.height };
        let end = below(client);
        let low = start.y.max(end.y) + 14.0;
        Curve { start, bends: (Point { y: low, ..start }, Point { y: low, ..end }), end }
    }

    /// Whether a client stands between another one and the strips.
    fn in_between(&self, client: &Rect, node: &Rect) -> bool {
        let near = |rect: &Rect| rect.x > client.x && rect.x < node.x && (rect.y - client.y).abs() < 2.0 * CLIENT;
        self.places.iter().any(|(who, rect)| who.client().is_some() && near(rect))
    }

    /// `off`: two clients do not end at the same point.
    fn other_to_client(&self, node: &Rect, client: &Rect, off: f64) -> Curve {
        let (middle, end) = (node.centre(), below(client));
        match self.form {
            Form::Row => {
                let towards = between(end.x - middle.x, -1.0, 1.0) * node.width / 4.0;
                upright(Point { x: middle.x + towards, y: node.y }, end)
            }
            Form::Fan => {
                let start = Point { x: node.x, y: middle.y + off };
                let end = Point { x: client.x + client.width + AIR, y: client.centre().y };
                // Past the first node first, then up or down; over the heads of those who stand between.
                let over = self.in_between(client, node);
                let end = if over { Point { x: end.x - 15.0, y: end.y - 27.0 } } else { end };
                let past = (end.x + 2.0 * start.x) / 3.0;
                let level = if over { 1.5 * start.x - 0.5 * end.x } else { start.x - 8.0 };
                Curve { start, bends: (Point { x: past, ..start }, Point { x: level, ..end }), end }
            }
            _ => {
                let start = Point { x: node.x + node.width, y: middle.y + off };
                // Above the strips to the right first, then down beside them.
                let x = start.x + MARGIN_X;
                let out = Point { x: end.x + 1.5 * (x - end.x), ..end };
                Curve { start, bends: (Point { x, y: end.y + 10.0 }, out), end }
            }
        }
    }
}

/// The point below a client's words.
fn below(client: &Rect) -> Point {
    Point { x: client.centre().x, y: client.y + CLIENT + CLIENT_LABEL }
}

/// Leaves and arrives level.
fn sideways(start: Point, end: Point) -> Curve {
    let x = (start.x + end.x) / 2.0;
    Curve { start, bends: (Point { x, ..start }, Point { x, ..end }), end }
}

/// Leaves and arrives upright.
fn upright(start: Point, end: Point) -> Curve {
    let y = (start.y + end.y) / 2.0;
    Curve { start, bends: (Point { y, ..start }, Point { y, ..end }), end }
}
