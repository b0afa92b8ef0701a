//! Messages on the wire at a moment, and those that were lost just now: small enough to be drawn every frame.

pub use super::look::{Look, look, words};

use super::{
    geometry::{Curve, Point, Rect},
    layout::Layout,
    room::Detail,
};
use crate::{
    lab::LabWorld,
    sim::{
        id::{Address, MessageId},
        time::Micros,
    },
    trace::{DropReason, Kind},
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sprite {
    pub message: MessageId,
    pub way: Way,
    pub at: Point,
    pub look: Look,
    pub detail: Detail,
    /// Messages of the same sender at the same place, for which there is no room.
    pub behind: u32,
    pub selected: bool,
}

/// From whom, to whom.
pub type Way = (Address, Address);

/// A message that went no further.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lost {
    pub way: Way,
    pub at: Point,
    pub look: Look,
    pub detail: Detail,
    /// Others that ended at the same place just before.
    pub behind: u32,
    pub reason: DropReason,
    /// 1 just now, 0 gone.
    pub strength: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flights {
    pub sprites: Vec<Sprite>,
    pub lost: Vec<Lost>,
    /// Messages on the wire beyond those drawn.
    pub not_drawn: usize,
}

/// Most messages drawn one by one, and most that are looked at.
pub const SPRITES_MAX: usize = 300;
const FLIGHTS_MAX: usize = 2_000;
/// How many recent events are searched for losses.
const RECENT_EVENTS: u64 = 2_000;
/// Distance of what is written on, and of dots on their way back, from the middle of a link: side by side they are.
const LANE: f64 = 12.0;

/// How far a word on what became of a message goes for others, too.
const SAID: f64 = 50.0;

/// What the visitor wants of the drawing.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Losses stay visible for this long.
    pub linger: Micros,
    /// Messages stand at a few places instead of gliding.
    pub still: bool,
    pub selected: Option<MessageId>,
}

/// Where lost messages end on their way: half-way, as in the engine, so that until then they travel like any other.
const LOST_AT: f64 = 0.5;
/// Air between two that are drawn apart, and between a message and a card.
const AIR: f64 = 1.5;

/// How far along its way a message is at `now`, 0 to 1.
fn progress(sent: Micros, ends: Micros, lost: bool, now: Micros) -> f64 {
    let span = ends.saturating_sub(sent).0.max(1) as f64;
    let part = (now.saturating_sub(sent).0 as f64 / span).min(1.0);
    if lost { part * LOST_AT } else { part }
}

pub fn flights(world: &LabWorld, layout: &Layout, wish: Wish) -> Flights {
    let now = world.now();
    let mut flights = Flights::default();
    // How far each has gone.
    let mut parts = Vec::new();
    for (index, flight) in world.flights().enumerate() {
        let (way, selected) = ((flight.from, flight.to), wish.selected == Some(flight.id));
        let Some(line) = Line::of(world, layout, way) else { continue };
        if index >= FLIGHTS_MAX {
            flights.not_drawn += 1;
            continue;
        }
        let part = progress(flight.sent_at, flight.ends_at, flight.lost, now);
        let part = if wish.still { ((part * 4.0).floor().min(3.0) + 0.5) / 4.0 } else { part };
        let look = look(world, &flight.cargo);
        let (at, detail) = (line.place((look, 0), part), line.detail);
        let sprite = Sprite { message: flight.id, way, at, look, detail, behind: 0, selected };
        // The first one stays where it is; those that touch it wait in its count, until it arrives or their ways part.
        match flights.sprites.iter().position(|other| other.takes_in(&sprite)) {
            Some(other) => {
                // They may go to different nodes.
                let line = Line::of(world, layout, flights.sprites[other].way).unwrap_or(line);
                take_in(&mut flights.sprites[other], &sprite, &line, parts[other]);
            }
            None if flights.sprites.len() < SPRITES_MAX => {
                flights.sprites.push(sprite);
                parts.push(part);
            }
            None => flights.not_drawn += 1,
        }
    }
    // A count makes wider: it may touch the next one now.
    while let Some((first, next)) = touching(&flights.sprites) {
        let (sprite, _) = (flights.sprites.remove(next), parts.remove(next));
        let Some(line) = Line::of(world, layout, flights.sprites[first].way) else { break };
        take_in(&mut flights.sprites[first], &sprite, &line, parts[first]);
    }
    // Small talk is not seen below what can be read.
    let chips: Vec<(Way, Rect)> =
        flights.sprites.iter().filter(|own| !own.look.is_dot()).map(|own| (own.way, own.room())).collect();
    let hidden = |own: &Sprite| chips.iter().any(|(way, chip)| *way == own.way && chip.overlaps(&own.room()));
    flights.sprites.retain(|own| own.selected || !own.look.is_dot() || !hidden(own));
    let trace = world.trace();
    for (_, event) in trace.range(trace.next().saturating_sub(RECENT_EVENTS), trace.next()).rev() {
        if event.at + wish.linger < now {
            break;
        }
        let Kind::Drop { from, to, cargo, reason, .. } = &event.kind else { continue };
        let (way, look) = ((*from, *to), look(world, cargo));
        let Some(line) = Line::of(world, layout, way) else { continue };
        let place = |drawn: Drawn| match reason {
            DropReason::Cut => line.at_the_wall(drawn),
            DropReason::Loss | DropReason::ByHand => line.place(drawn, LOST_AT),
            DropReason::LinkFull => line.place(drawn, 0.0),
            DropReason::NodeDown | DropReason::QueueFull | DropReason::CrashedWaiting => line.place(drawn, 0.95),
        };
        let at = place((look, 0));
        let strength = 1.0 - now.saturating_sub(event.at).0 as f64 / wish.linger.0.max(1) as f64;
        let own = Rect::around(at, look.size(0, line.detail));
        let same = |other: &&mut Lost| {
            let is_lesser = look.is_dot() || !other.look.is_dot();
            other.way == way && is_lesser && own.overlaps(&other.covers())
        };
        match flights.lost.iter_mut().find(same) {
            // Small talk that was lost with something that can be read is not told beside it.
            Some(newer) if newer.look.is_dot() == look.is_dot() => {
                newer.behind += 1 + look.more();
                newer.at = place((newer.look, newer.behind));
            }
            Some(_) => {}
            None => flights.lost.push(Lost { way, at, look, detail: line.detail, behind: 0, reason: *reason, strength }),
        }
    }
    flights
}

/// Counts another one to a sprite that has gone so far.
fn take_in(first: &mut Sprite, other: &Sprite, line: &Line, part: f64) {
    first.behind += 1 + other.look.more() + other.behind;
    first.at = line.place((first.look, first.behind), part);
}

impl Flights {
    /// What became of the lost, in words beside them where there is room: off cards, links (`taken`) and messages. Once for
    /// those that end beside each other.
    pub fn said(&self, taken: impl Iterator<Item = Rect>, width: f64) -> Vec<(&Lost, Point)> {
        let mut taken: Vec<Rect> =
            taken.chain(self.sprites.iter().map(Sprite::covers)).chain(self.lost.iter().map(Lost::covers)).collect();
        let mut said: Vec<(&Lost, Point)> = Vec::new();
        for lost in &self.lost {
            let known = |(other, _): &(&Lost, Point)| other.word() == lost.word() && other.at.distance(lost.at) < SAID;
            // Where links are cut their walls say it.
            if lost.reason == DropReason::Cut || said.iter().any(known) {
                continue;
            }
            let (own, size) = (lost.covers(), (7.5 * lost.word().len() as f64, 14.0));
            let (x, y) = ((own.width + size.0) / 2.0 + 5.0, (own.height + size.1) / 2.0 + 1.0);
            for (x, y) in [(x, 0.0), (-x, 0.0), (0.0, y), (0.0, -y)] {
                let at = Point { x: lost.at.x + x, y: lost.at.y + y };
                let place = Rect::around(at, size);
                let inside = place.x > 0.0 && place.x + size.0 < width;
                if inside && taken.iter().all(|other| !other.overlaps(&place)) {
                    taken.push(place);
                    said.push((lost, at));
                    break;
                }
            }
        }
        said
    }
}

impl Lost {
    /// What became of it.
    pub fn word(&self) -> &'static str {
        match self.reason {
            DropReason::Loss => "lost",
            DropReason::Cut => "cut off",
            DropReason::NodeDown => "nobody there",
            DropReason::ByHand => "taken away",
            DropReason::LinkFull => "link full",
            DropReason::QueueFull => "turned away",
            DropReason::CrashedWaiting => "died waiting",
        }
    }
}

/// Two that cannot both be read.
fn touching(sprites: &[Sprite]) -> Option<(usize, usize)> {
    let next = |(index, own): (usize, &Sprite)| {
        let later = sprites.iter().enumerate().skip(index + 1);
        Some((index, later.into_iter().find(|(_, other)| own.takes_in(other))?.0))
    };
    sprites.iter().enumerate().find_map(next)
}

impl Sprite {
    /// Whether another one of the same sender is counted with this one, since both cannot be read. Small talk does not
    /// count as a write.
    fn takes_in(&self, other: &Sprite) -> bool {
        let is_apart = self.selected || other.selected || self.way.0 != other.way.0 || self.look.is_dot() != other.look.is_dot();
        !is_apart && (self.way == other.way || !self.look.is_dot()) && self.room().overlaps(&other.room())
    }

    /// What is drawn.
    pub fn covers(&self) -> Rect {
        Rect::around(self.at, self.look.size(self.behind, self.detail))
    }

    /// The same, with what keeps others apart.
    fn room(&self) -> Rect {
        self.covers().grown(if self.look.is_dot() { 0.0 } else { AIR / 2.0 })
    }
}

impl Lost {
    pub fn covers(&self) -> Rect {
        Rect::around(self.at, self.look.size(self.behind, self.detail))
    }
}

impl Look {
    /// Small talk between nodes.
    pub fn is_dot(self) -> bool {
        matches!(self, Look::Position | Look::Control | Look::Heartbeat)
    }

    /// Log entries beyond the one it shows.
    fn more(self) -> u32 {
        if let Look::Write { more, .. } | Look::Values { more, .. } | Look::Generate(.., more) = self { more } else { 0 }
    }

    /// Room it is given at cards and walls.
    fn covers(self, behind: u32, detail: Detail) -> (f64, f64) {
        if self.is_dot() { (26.0, 26.0) } else { self.size(behind, detail) }
    }

    /// About how wide and high it is drawn, with the number of those that are counted with it.
    pub fn size(self, behind: u32, detail: Detail) -> (f64, f64) {
        let (text, more) = match self {
            Look::Write { chip, more } | Look::Values { chip, more } => (chip.short(), more + behind),
            Look::Value(Some(chip)) => (chip.value().to_string(), behind),
            Look::Generate(_, function, more) if detail == Detail::Full => (function.to_string(), more + behind),
            Look::Position | Look::Control | Look::Heartbeat => return (9.0, 9.0),
            // Votes are asked of all: it goes without saying how many.
            Look::AskVote { .. } => return (42.0, 20.0),
            Look::Vote { .. } => return (30.0, 20.0),
            Look::NoOp => return (48.0, 20.0),
            _ if self.more() + behind > 0 => return (40.0, 20.0),
            _ => return (20.0, 20.0),
        };
        let count = if more > 0 { 2 + more.to_string().len() } else { 0 };
        let letters = (text.chars().count() + count) as f64;
        match detail {
            Detail::Full => (46.0 + 7.5 * letters, 23.0),
            Detail::Value => (28.0 + 7.0 * letters, 20.0),
            Detail::Mark => (20.0 + 7.0 * count as f64, 20.0),
        }
    }
}

/// What is drawn, and how many are counted with it.
type Drawn = (Look, u32);

/// The line that messages follow one way.
struct Line<'a> {
    curve: Curve,
    /// What stops everybody where the link is cut.
    wall: Option<Rect>,
    detail: Detail,
    layout: &'a Layout,
}

impl Line<'_> {
    fn of<'a>(world: &LabWorld, layout: &'a Layout, (from, to): Way) -> Option<Line<'a>> {
        let curve = layout.curve(from, to)?;
        let wall = world.network().is_cut(from, to).then(|| layout.wall(from, to, &curve).covers);
        Some(Line { curve, wall, detail: layout.detail(from, to, &curve), layout })
    }

    fn covers(&self, (look, behind): Drawn) -> (f64, f64) {
        look.covers(behind, self.detail)
    }

    /// Where something is that has gone `part` of its way: it begins and ends beside the cards, not over or under them.
    fn place(&self, drawn: Drawn, part: f64) -> Point {
        let size = self.covers(drawn);
        let (first, last) = (leaves(&self.curve, size), 1.0 - leaves(&self.curve.reversed(), size));
        self.stopped(drawn, first + (last - first) * part, first)
    }

    /// Where those end that were stopped there, now or before the cut was mended.
    fn at_the_wall(&self, drawn: Drawn) -> Point {
        self.stopped(drawn, if self.wall.is_some() { 1.0 } else { 0.4 }, leaves(&self.curve, self.covers(drawn)))
    }

    /// At `t`, or as far as one gets before the wall; where there is no room before it, beside it.
    fn stopped(&self, drawn: Drawn, t: f64, first: f64) -> Point {
        let Some(wall) = self.wall else { return self.beside(drawn, t) };
        let size = self.covers(drawn);
        let free = |t: &f64| !Rect::around(self.beside(drawn, *t), size).overlaps(&wall);
        if !free(&first) {
            let away = (wall.width + size.0) / 2.0 + AIR;
            let ways = [(0.3, 1.0), (0.3, -1.0), (0.1, 1.0), (0.1, -1.0), (0.3, 1.3), (0.3, -1.3), (0.1, 1.6), (0.5, 1.6)];
            let place = |(t, far): (f64, f64)| self.layout.clear(self.curve.beside(first.max(t), away * far), size);
            let mut places = ways.into_iter().map(place);
            let nearest = place(ways[0]);
            return places.find(|at| !Rect::around(*at, size).overlaps(&wall)).unwrap_or(nearest);
        }
        let steps = (0..=40).map(|step| first + (t - first) * f64::from(step) / 40.0);
        self.beside(drawn, steps.take_while(free).last().unwrap_or(first))
    }

    /// Beside the line, off the cards.
    fn beside(&self, (look, behind): Drawn, t: f64) -> Point {
        // What is written on is wider than high: dots, which come the other way, keep clear of it.
        let lane = if !look.is_dot() {
            if look.size(0, self.detail).0 > 20.0 { LANE } else { LANE - 3.0 }
        } else {
            8.0 + 14.0 * (self.curve.beside(t, 1.0).x - self.curve.at(t).x).abs()
        };
        self.layout.clear(self.curve.beside(t, lane), look.size(behind, self.detail))
    }
}

/// Where log entries pass on their way, and acknowledgements on theirs.
pub(super) fn passed(layout: &Layout, from: Address, to: Address) -> Vec<Rect> {
    let Some(curve) = layout.curve(from, to) else { return vec![] };
    let detail = layout.detail(from, to, &curve);
    let line = Line { curve, wall: None, detail, layout };
    let back = Line { curve: curve.reversed(), ..line };
    let steps = (1..=9).map(|step| f64::from(step) / 10.0);
    let dot = |t: f64| Rect::around(back.beside((Look::Position, 0), t), (13.0, 13.0));
    steps.flat_map(|t| [Rect::around(curve.beside(t, LANE), entry(detail)), dot(t)]).collect()
}

/// How large a log entry is drawn.
fn entry(detail: Detail) -> (f64, f64) {
    if detail == Detail::Full { (62.0, 23.0) } else { (42.0, 20.0) }
}

/// Where a log entry begins its way.
pub(super) fn sets_out(layout: &Layout, from: Address, to: Address) -> Option<Rect> {
    let curve = layout.curve(from, to)?;
    let size = entry(layout.detail(from, to, &curve));
    Some(Rect::around(layout.clear(curve.beside(leaves(&curve, size), LANE), size), size))
}

/// How far along a curve something of this size is clear of its beginning.
fn leaves(curve: &Curve, (width, height): (f64, f64)) -> f64 {
    let inside = |t: &f64| {
        let at = curve.at(*t);
        (at.x - curve.start.x).abs() < width / 2.0 + AIR && (at.y - curve.start.y).abs() < height / 2.0 + AIR
    };
    (0..24).map(|step| f64::from(step) * 0.02).find(|t| !inside(t)).unwrap_or(0.48)
}
