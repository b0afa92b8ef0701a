//! Where a link is cut a wall stands across its line. Where many are cut, each wall stands where it can be told apart.

use super::{
    flights::sets_out,
    geometry::{Curve, Point, Rect},
    layout::{Form, Layout},
};
use crate::sim::id::Address;

/// What stands across the line of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wall {
    pub(super) from: Address,
    pub(super) to: Address,
    /// How far it reaches to each side of the line.
    pub(super) reach: f64,
    /// With its words.
    pub(super) covers: Rect,
}

/// Walls that do not reach so far have smaller words.
const LOW: f64 = 25.0;
/// How thick a wall is drawn.
const THICK: f64 = 12.0;

/// What is said of a link that is cut from the first to the second, and back; nothing of one that is not.
pub fn words(from: Address, to: Address, cut: (bool, bool)) -> String {
    match cut {
        (true, true) => "cut".into(),
        (true, false) => format!("cut to {to}"),
        (false, true) => format!("cut to {from}"),
        (false, false) => String::new(),
    }
}

impl Wall {
    pub(super) fn is_low(&self) -> bool {
        self.reach < LOW
    }
}

impl Layout {
    /// The wall of a link that is cut.
    pub(super) fn wall(&self, from: Address, to: Address, curve: &Curve) -> Wall {
        let mut walls = self.walls.iter();
        let placed = walls.find(|wall| (wall.from, wall.to) == (from, to) || (wall.from, wall.to) == (to, from));
        placed
            .copied()
            .unwrap_or_else(|| self.wall_at((from, to), curve, self.handle(from, to, curve), (self.reaches()[0], "cut")))
    }

    /// How far walls reach, and how far where there is little room.
    fn reaches(&self) -> [f64; 3] {
        [if self.is_compact() { 22.0 } else { 30.0 }, 14.0, 8.0]
    }

    fn wall_at(&self, (from, to): (Address, Address), curve: &Curve, at: Point, (reach, words): (f64, &str)) -> Wall {
        let (letter, edge, high) = if reach < LOW { (6.2, 9.0, 17.0) } else { (7.0, 13.0, 23.0) };
        let t = curve.nearest(at);
        let (on, off) = (curve.at(t), curve.beside(t, 1.0));
        let (across, along) = ((off.x - on.x).abs(), (off.y - on.y).abs());
        let stroke = |out: f64, thick: f64| 2.0 * reach * out + THICK * thick;
        let wide = (edge + letter * words.len() as f64).max(stroke(across, along));
        Wall { from, to, reach, covers: Rect::around(at, (wide, stroke(along, across).max(high))) }
    }

    /// Puts up a wall for each of these links: off cards, clients and other walls, at best off other lines, too, and with
    /// room for a log entry before it.
    pub(super) fn put_walls(&mut self, cuts: &[(Address, Address, String)], all: &[(Address, Address)]) {
        let mut shapes: Vec<Rect> = self.shapes().iter().map(|(_, shape)| shape.grown(1.0)).collect();
        let is_whole = |(a, b): &&(Address, Address)| !cuts.iter().any(|(from, to, _)| (from, to) == (a, b));
        let handle = |(a, b): &(Address, Address)| Some(Rect::around(self.handle(*a, *b, &self.curve(*a, *b)?), (11.0, 11.0)));
        shapes.extend(all.iter().filter(is_whole).filter_map(handle));
        let inside = Rect { x: 0.0, y: 0.0, width: self.width, height: self.height };
        for (from, to, words) in cuts {
            let Some(curve) = self.curve(*from, *to) else { continue };
            let entries = [sets_out(self, *from, *to), sets_out(self, *to, *from)];
            let is_other = |(a, b): &&(Address, Address)| (a, b) != (from, to);
            let lines: Vec<Rect> = all.iter().filter(is_other).flat_map(|(a, b)| self.along(*a, *b)).collect();
            let parts = [0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7, 0.25, 0.75, 0.2, 0.8, 0.85, 0.15];
            // At the trunk of a tree all lines lie on each other.
            let parts = if self.form == Form::Tree && from.node().is_some() { Vec::new() } else { parts.to_vec() };
            let points: Vec<Point> =
                [self.handle(*from, *to, &curve)].into_iter().chain(parts.iter().map(|part| curve.at(*part))).collect();
            let [large, small, least] = self.reaches().map(|reach| {
                let wall = |at: &Point| self.wall_at((*from, *to), &curve, *at, (reach, words));
                points.iter().map(wall).collect::<Vec<Wall>>()
            });
            let free = |wall: &&Wall| {
                let walls = self.walls.iter().map(|wall| &wall.covers);
                inside.contains(&wall.covers) && shapes.iter().chain(walls).all(|shape| !shape.overlaps(&wall.covers))
            };
            let room = |entry: &Option<Rect>, wall: &Wall| entry.is_none_or(|entry| !entry.overlaps(&wall.covers));
            let passable = |wall: &&Wall| entries.iter().all(|entry| room(entry, wall));
            let alone = |wall: &&Wall| lines.iter().all(|line| !line.overlaps(&wall.covers));
            let best = large.iter().find(|wall| free(wall) && passable(wall) && alone(wall));
            let best = best.or_else(|| large.iter().find(|wall| free(wall) && passable(wall)));
            // The first of two is the one that mostly writes.
            let best = best.or_else(|| large.iter().chain(&small).find(|wall| free(wall) && room(&entries[0], wall)));
            let best = best.or_else(|| large.iter().chain(&small).chain(&least).find(free));
            let wall = best.unwrap_or(&least[0]);
            self.walls.push(*wall);
        }
    }

    /// Small boxes along a line.
    pub(super) fn along(&self, from: Address, to: Address) -> Vec<Rect> {
        let Some(curve) = self.curve(from, to) else { return vec![] };
        (0..=24).map(|step| Rect::around(curve.at(f64::from(step) / 24.0), (6.0, 6.0))).collect()
    }
}
