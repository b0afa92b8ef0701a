//! What there is room for between the cards, and where.

use super::{
    geometry::{Curve, Point, Rect},
    layout::{CLIENT, CLIENT_LABEL, Form, Layout},
};
use crate::sim::{decimal::between, id::Address};

/// How much of a write there is room for on a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    Full,
    Value,
    /// Its shape and colour.
    Mark,
}

impl Layout {
    /// All that is put on the stage: cards, figures, and the words below figures.
    pub fn shapes(&self) -> Vec<(Address, Rect)> {
        let words = |(who, place): (&Address, &Rect)| {
            let x = place.centre().x - self.client_width / 2.0;
            who.client().map(|_| (*who, Rect { x, y: place.y + CLIENT, width: self.client_width, height: CLIENT_LABEL }))
        };
        self.places.iter().map(|(who, place)| (*who, *place)).chain(self.places.iter().filter_map(words)).collect()
    }

    /// How much of a write is drawn on the way from one to the other.
    pub(super) fn detail(&self, from: Address, to: Address, curve: &Curve) -> Detail {
        let (is_client, is_first) = (from.client().or(to.client()).is_some(), self.is_first(from) || self.is_first(to));
        let is_gap = self.form == Form::Row && (curve.start.x - curve.end.x).abs() < 70.0;
        match (is_client, is_first) {
            // Beside the strips.
            (true, false) if self.form == Form::Tree => Detail::Mark,
            (false, false) if is_gap => Detail::Value,
            _ if self.is_compact() => Detail::Value,
            _ => Detail::Full,
        }
    }

    /// The nearest place for something of this size where it covers no card and is inside.
    pub(super) fn clear(&self, at: Point, size: (f64, f64)) -> Point {
        let cards = || self.places.iter().filter(|(who, _)| who.node().is_some()).map(|(_, card)| card);
        let half = size.0 / 2.0 + 3.0;
        let inside = |at: Point| Point { x: between(at.x, half, self.width - half), ..at };
        let own = |at: Point| Rect::around(at, size).grown(1.5);
        let mut at = at;
        for card in cards() {
            let own_now = own(at);
            if !own_now.overlaps(card) {
                continue;
            }
            let ways = [
                (card.x - own_now.x - own_now.width, 0.0),
                (card.x + card.width - own_now.x, 0.0),
                (0.0, card.y - own_now.y - own_now.height),
                (0.0, card.y + card.height - own_now.y),
            ];
            let far = |(x, y): (f64, f64)| x.abs() + y.abs();
            let to = |(x, y): (f64, f64)| Point { x: at.x + x, y: at.y + y };
            // Not from one card onto the next.
            let is_free = |way: (f64, f64)| {
                let there = own(inside(to(way))).grown(-0.5);
                !cards().any(|other| there.overlaps(other))
            };
            let nearer = |best: (f64, f64), way: (f64, f64)| {
                let better = (is_free(way), -far(way)) > (is_free(best), -far(best));
                if better { way } else { best }
            };
            at = to(ways.into_iter().fold(ways[0], nearer));
        }
        inside(at)
    }
}
