//! Points, boxes and the curves of links, in CSS pixels of the stage.

use crate::sim::decimal::fixed;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    pub fn distance(self, other: Point) -> f64 {
        let (dx, dy) = (other.x - self.x, other.y - self.y);
        (dx * dx + dy * dy).sqrt()
    }
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
    pub fn around(centre: Point, (width, height): (f64, f64)) -> Rect {
        Rect { x: centre.x - width / 2.0, y: centre.y - height / 2.0, width, height }
    }

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

    /// Larger by so much on every side.
    pub fn grown(&self, by: f64) -> Rect {
        Rect { x: self.x - by, y: self.y - by, width: self.width + 2.0 * by, height: self.height + 2.0 * by }
    }

    pub fn contains(&self, other: &Rect) -> bool {
        let (right, bottom) = (self.x + self.width, self.y + self.height);
        other.x >= self.x && other.x + other.width <= right && other.y >= self.y && other.y + other.height <= bottom
    }

    pub fn overlaps(&self, other: &Rect) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }
}

/// A cubic curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    pub start: Point,
    /// Where it heads for at first, and where it comes from at last.
    pub bends: (Point, Point),
    pub end: Point,
}

impl Curve {
    /// Between two boxes, from edge to edge, bent a little.
    pub fn between(from: &Rect, to: &Rect) -> Curve {
        let (start, end) = (from.exit(to.centre()), to.exit(from.centre()));
        let (dx, dy) = (end.x - start.x, end.y - start.y);
        // Bent the same way whichever end it is drawn from.
        let side = if (dx, dy) < (0.0, 0.0) { -0.047 } else { 0.047 };
        let bend = |part: f64| Point { x: start.x + dx * part - dy * side, y: start.y + dy * part + dx * side };
        Curve { start, bends: (bend(1.0 / 3.0), bend(2.0 / 3.0)), end }
    }

    pub fn reversed(self) -> Curve {
        Curve { start: self.end, bends: (self.bends.1, self.bends.0), end: self.start }
    }

    /// The point at `t` from 0 (start) to 1 (end).
    pub fn at(&self, t: f64) -> Point {
        let s = 1.0 - t;
        let (a, b, c, d) = (s * s * s, 3.0 * t * s * s, 3.0 * t * t * s, t * t * t);
        let mix = |of: fn(&Point) -> f64| a * of(&self.start) + b * of(&self.bends.0) + c * of(&self.bends.1) + d * of(&self.end);
        Point { x: mix(|point| point.x), y: mix(|point| point.y) }
    }

    /// The point at `t`, moved `by` pixels to the right of the direction of travel: opposite ways do not collide.
    pub fn beside(&self, t: f64, by: f64) -> Point {
        let (before, after) = (self.at((t - 0.05).max(0.0)), self.at((t + 0.05).min(1.0)));
        let (dx, dy) = (after.x - before.x, after.y - before.y);
        let length = after.distance(before).max(1.0);
        let point = self.at(t);
        Point { x: point.x - dy / length * by, y: point.y + dx / length * by }
    }

    /// How far along the curve its nearest point is.
    pub fn nearest(&self, to: Point) -> f64 {
        let steps = (0..=40).map(|step| f64::from(step) / 40.0);
        steps.fold(0.0, |best, t| if self.at(t).distance(to) < self.at(best).distance(to) { t } else { best })
    }

    /// A stroke across the curve where it passes a point, so far to each side, as an SVG path.
    pub fn wall(&self, at: Point, reach: f64) -> String {
        let t = self.nearest(at);
        let (right, left) = (self.beside(t, reach), self.beside(t, -reach));
        let across = [at.x + right.x - self.at(t).x, at.y + right.y - self.at(t).y, left.x - right.x, left.y - right.y];
        let [x, y, to_x, to_y] = across.map(|number| fixed(number, 0));
        format!("M{x} {y}l{to_x} {to_y}")
    }

    /// A head of an arrow where the curve ends, as an SVG path.
    pub fn arrow(&self) -> String {
        let back = 1.0 - 9.0 / self.start.distance(self.end).max(18.0);
        let (right, left) = (self.beside(back, 5.0), self.beside(back, -5.0));
        let [rx, ry, x, y, lx, ly] = [right.x, right.y, self.end.x, self.end.y, left.x, left.y].map(|number| fixed(number, 0));
        format!("M{rx} {ry}L{x} {y}L{lx} {ly}")
    }

    /// As an SVG path.
    pub fn path(&self) -> String {
        let Curve { start, bends: (a, b), end } = self;
        let places = [start.x, start.y, a.x, a.y, b.x, b.y, end.x, end.y];
        let [sx, sy, ax, ay, bx, by, ex, ey] = places.map(|number| fixed(number, 0));
        format!("M{sx} {sy}C{ax} {ay} {bx} {by} {ex} {ey}")
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
    fn an_arrow_points_to_the_end() {
        let straight = Curve::between(&BOX, &Rect { x: 300.0, ..BOX });
        let arrow = straight.arrow();
        let places: Vec<f64> = arrow.split(['M', 'L', ' ']).filter_map(|number| number.parse().ok()).collect();
        let [x, y, tip_x, tip_y, other_x, other_y] = places[..] else { panic!("{arrow}") };
        assert_eq!((tip_x, tip_y), (300.0, 25.0));
        assert!((288.0..294.0).contains(&x) && (288.0..294.0).contains(&other_x), "{arrow}");
        assert!((y - other_y).abs() >= 9.0, "{arrow}");
    }

    #[test]
    fn both_ways_share_one_line_and_keep_to_their_side() {
        let (there, back) = (Curve::between(&BOX, &FAR), Curve::between(&FAR, &BOX));
        let (a, b) = (there.at(0.3), back.at(0.7));
        assert!((a.x - b.x).abs() < 1e-9 && (a.y - b.y).abs() < 1e-9);
        let (a, b) = (there.beside(0.5, 8.0), back.beside(0.5, 8.0));
        assert!((a.distance(b) - 16.0).abs() < 1e-9);
    }
}
