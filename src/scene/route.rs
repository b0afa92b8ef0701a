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
            (Form::Tree, false, _) if self.is_first(from) || self.is_first(to) => {
                Point { x: TRUNK_X, y: if self.is_first(from) { curve.end.y } else { curve.start.y } }
            }
            (Form::Tree, true, false) => Point {
                x: place.x + place.width + MARGIN_X,
                y: if from.client().is_some() { curve.end.y } else { curve.start.y },
            },
            // Near the client, where no other handles are.
            (Form::Row, true, false) => curve.at(if from.client().is_some() { 0.3 } else { 0.7 }),
            (Form::Fan, true, false) => curve.at(if from.client().is_some() { 0.15 } else { 0.85 }),
            _ => curve.at(0.5),
        }
    }

    /// Where words of this size stand beside the line that log entries follow from one to the other, clear of what is
    /// `taken`, at best on the side of what comes back, which is small.
    pub fn beside_line(&self, from: Address, to: Address, (width, height): (f64, f64), taken: &[Rect]) -> Option<Rect> {
        let curve = self.curve(from, to)?;
        // As large as what can be grasped must be.
        let height = height.max(24.0);
        let first = self.is_first(from) || self.is_first(to);
        // At the middle messages are lost.
        let parts = match self.form {
            Form::Row if first => [0.64, 0.36, 0.5, 0.76, 0.24],
            Form::Fan if first => [0.8, 0.72, 0.6, 0.5, 0.4],
            _ => [0.5, 0.4, 0.6, 0.3, 0.7],
        };
        let place = |(step, part): (usize, f64)| {
            let side = if step % 2 == 0 { -1.0 } else { 1.0 };
            let (on, off) = (curve.at(part), curve.beside(part, 1.0));
            let half = ((off.x - on.x) * width / 2.0).abs() + ((off.y - on.y) * height / 2.0).abs();
            Rect::around(curve.beside(part, side * (half + AIR + step.div_euclid(2) as f64 * 10.0)), (width, height))
        };
        let all = Rect { x: 0.0, y: 0.0, width: self.width, height: self.height };
        let free = |place: &Rect| all.contains(place) && taken.iter().all(|other| !other.overlaps(place));
        // Both sides, farther and farther. The lines of a tree lie too close to each other.
        let steps = match self.form {
            Form::Row => 11,
            Form::Fan => 5,
            Form::Tree => 0,
        };
        (0..steps).flat_map(|step| parts.map(|part| (step, part))).map(place).find(free)
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
            Form::Tree => {
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
        let out = (18.0 + (b.y - a.y).abs() * 0.2).min(if self.form == Form::Tree { 44.0 } else { 72.0 }) * 4.0 / 3.0;
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
            Form::Tree => {
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
