//! Words beside lines: where nothing stands nor comes along, and nearer to their own line than to any other. Without room
//! there are none; the link's details say them.

use super::{
    geometry::{Point, Rect},
    layout::{Form, Layout},
};
use crate::sim::id::Address;

/// Words that want a place beside the line that log entries follow from one to the other.
pub(super) struct Label {
    pub from: Address,
    pub to: Address,
    pub words: String,
    pub size: (f64, f64),
}

/// Between words and their line.
const AIR: f64 = 3.0;
/// Farther away words are tried on both sides, step by step; between the lines of a fan every pixel counts.
const STEP: f64 = 10.0;
const FAN_STEP: f64 = 3.0;
/// How near words may be to a client's line, as part of how near they are to their own.
const CLIENTS: f64 = 0.75;

/// A place for each of the labels that has one. `taken` is what they must not cover, `lines` all lines that are drawn.
pub(super) fn place(layout: &Layout, labels: &[Label], taken: &[Rect], lines: &[(Address, Address)]) -> Vec<Option<Rect>> {
    let is_first = |label: &Label| layout.is_first(label.from) || layout.is_first(label.to);
    // At the middle messages are lost.
    let parts = |label: &Label| match layout.form {
        Form::Row if is_first(label) => [0.64, 0.36, 0.5, 0.76, 0.24],
        Form::Fan if is_first(label) => [0.97, 0.92, 0.86, 0.78, 0.6],
        _ => [0.5, 0.4, 0.6, 0.3, 0.7],
    };
    let try_all = |wanted: Option<usize>| {
        let mut free = Free { layout, taken: taken.to_vec(), lines };
        let mut places: Vec<Option<Rect>> = labels.iter().map(|_| None).collect();
        let (mut far, mut askew) = (0, 0);
        for (label, place) in labels.iter().zip(&mut places).filter(|(label, _)| wanted.is_some() && is_first(label)) {
            let part = wanted.map_or(0.5, |index| parts(label)[index]);
            *place = free.find(label, &[part], &mut far);
            askew += usize::from(place.is_none());
        }
        for (label, place) in labels.iter().zip(&mut places).filter(|(_, place)| place.is_none()) {
            *place = free.find(label, &parts(label), &mut far);
        }
        (places.iter().filter(|place| place.is_none()).count(), askew, far, places)
    };
    // Side by side they stand at one height.
    if layout.form != Form::Row {
        return try_all(None).3;
    }
    let mut best = try_all(Some(0));
    for index in 1..5 {
        let other = try_all(Some(index));
        if (other.0, other.1, other.2) < (best.0, best.1, best.2) {
            best = other;
        }
    }
    best.3
}

struct Free<'a> {
    layout: &'a Layout,
    taken: Vec<Rect>,
    lines: &'a [(Address, Address)],
}

impl Free<'_> {
    /// The nearest free place beside one of these parts of the line; it is taken then. `far` counts the steps away.
    fn find(&mut self, label: &Label, parts: &[f64], far: &mut usize) -> Option<Rect> {
        let Label { from, to, size: (width, height), .. } = *label;
        let curve = self.layout.curve(from, to)?;
        // As large as what can be grasped must be.
        let height = height.max(24.0);
        let is_steep = (curve.end.x - curve.start.x).abs() < 1.2 * (curve.end.y - curve.start.y).abs();
        let (steps, wide) = match self.layout.form {
            Form::Row | Form::Ring => (14, STEP),
            Form::Fan => (18, FAN_STEP),
            // Its lines lie too close to each other.
            Form::Tree => (0, STEP),
        };
        for (step, part) in (0..steps).flat_map(|step| parts.iter().map(move |part| (step, *part))) {
            let side = if step % 2 == 0 { -1.0 } else { 1.0 };
            let away = AIR + (step / 2) as f64 * wide;
            let (on, off) = (curve.at(part), curve.beside(part, side));
            // Beside a line that goes down, above or below one that goes across.
            let centre = if self.layout.form == Form::Row {
                let (x, y) = if is_steep { ((off.x - on.x).signum(), 0.0) } else { (0.0, (off.y - on.y).signum()) };
                Point { x: on.x + x * (width / 2.0 + away), y: on.y + y * (height / 2.0 + away) }
            } else {
                let half = ((off.x - on.x) * width / 2.0).abs() + ((off.y - on.y) * height / 2.0).abs();
                curve.beside(part, side * (half + away))
            };
            let place = Rect::around(centre, (width, height));
            // What is grasped may reach into the way of a message between the lines of a fan, but not over a card.
            let seen = if self.layout.form == Form::Fan { Rect::around(centre, label.size) } else { place };
            let over = || self.layout.shapes().iter().any(|(_, shape)| shape.overlaps(&place));
            if self.is_free(&seen) && self.all().contains(&place) && !over() && self.is_nearest(centre, (from, to)) {
                *far += step;
                self.taken.push(place);
                return Some(place);
            }
        }
        None
    }

    fn all(&self) -> Rect {
        Rect { x: 0.0, y: 0.0, width: self.layout.width, height: self.layout.height }
    }

    fn is_free(&self, place: &Rect) -> bool {
        self.all().contains(place) && self.taken.iter().all(|other| !other.overlaps(place))
    }

    /// Whether it is clear which line words here belong to. Lines of clients have none, so they may be a little nearer.
    fn is_nearest(&self, at: Point, (from, to): (Address, Address)) -> bool {
        let distance = |a: Address, b: Address| {
            let nearest = self.layout.curve(a, b).map(|curve| curve.at(curve.nearest(at)).distance(at));
            nearest.unwrap_or(f64::INFINITY)
        };
        let own = distance(from, to);
        let is_own = |(a, b): (Address, Address)| (a, b) == (from, to) || (b, a) == (from, to);
        let least = |a: Address| if a.node().is_some() { own } else { CLIENTS * own };
        self.lines.iter().all(|(a, b)| is_own((*a, *b)) || distance(*a, *b) >= least(*a))
    }
}
