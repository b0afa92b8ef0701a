//! Points, boxes and the curves of links, in CSS pixels of the stage.

use crate::sim::decimal::fixed;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// A box by its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn centre(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }

    /// Where the line from the centre towards `to` leaves the box.
    pub fn exit(&self, to: Point) -> Point {
        let centre = self.centre();
        let (dx, dy) = (to.x - centre.x, to.y - centre.y);
        let reach = |half: f64, delta: f64| if delta == 0.0 { f64::INFINITY } else { half / delta.abs() };
        let scale = reach(self.width / 2.0, dx).min(reach(self.height / 2.0, dy)).min(1.0);
        Point { x: centre.x + dx * scale, y: centre.y + dy * scale }
    }

    pub fn overlaps(&self, other: &Rect) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }
}

/// A quadratic curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    pub start: Point,
    pub bend: Point,
    pub end: Point,
}

impl Curve {
    /// Between two boxes, from edge to edge, bent a little.
    pub fn between(from: &Rect, to: &Rect) -> Curve {
        let (start, end) = (from.exit(to.centre()), to.exit(from.centre()));
        let (dx, dy) = (end.x - start.x, end.y - start.y);
        // Bent the same way whichever end it is drawn from.
        let side = if (dx, dy) < (0.0, 0.0) { -0.07 } else { 0.07 };
        let bend = Point { x: (start.x + end.x) / 2.0 - dy * side, y: (start.y + end.y) / 2.0 + dx * side };
        Curve { start, bend, end }
    }

    /// The point at `t` from 0 (start) to 1 (end).
    pub fn at(&self, t: f64) -> Point {
        let (a, b, c) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
        Point { x: a * self.start.x + b * self.bend.x + c * self.end.x, y: a * self.start.y + b * self.bend.y + c * self.end.y }
    }

    /// The point at `t`, moved `by` pixels to the right of the direction of travel: opposite ways do not collide.
    pub fn beside(&self, t: f64, by: f64) -> Point {
        let (dx, dy) = (self.end.x - self.start.x, self.end.y - self.start.y);
        let length = dx.hypot(dy).max(1.0);
        let point = self.at(t);
        Point { x: point.x - dy / length * by, y: point.y + dx / length * by }
    }

    /// As an SVG path.
    pub fn path(&self) -> String {
        let Curve { start, bend, end } = self;
        let [sx, sy, bx, by, ex, ey] = [start.x, start.y, bend.x, bend.y, end.x, end.y].map(|number| fixed(number, 1));
        format!("M{sx} {sy}Q{bx} {by} {ex} {ey}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: Rect = Rect { x: 0.0, y: 0.0, width: 100.0, height: 50.0 };
    const FAR: Rect = Rect { x: 300.0, y: 200.0, width: 100.0, height: 50.0 };

    #[test]
    fn curves_begin_and_end_at_the_edges() {
        let curve = Curve::between(&BOX, &FAR);
        assert_eq!(curve.at(0.0), curve.start);
        assert_eq!(curve.at(1.0), curve.end);
        assert!(curve.start.x == 100.0 || curve.start.y == 50.0);
        assert!(curve.end.x == 300.0 || curve.end.y == 200.0);
    }

    #[test]
    fn both_ways_share_one_line_and_keep_to_their_side() {
        let (there, back) = (Curve::between(&BOX, &FAR), Curve::between(&FAR, &BOX));
        let (a, b) = (there.at(0.3), back.at(0.7));
        assert!((a.x - b.x).abs() < 1e-9 && (a.y - b.y).abs() < 1e-9);
        let (a, b) = (there.beside(0.5, 8.0), back.beside(0.5, 8.0));
        assert!(((a.x - b.x).hypot(a.y - b.y) - 16.0).abs() < 1e-9);
    }
}
