//! Messages on the wire at a moment, and those that were lost just now: small enough to be drawn every frame.

use super::{
    geometry::{Curve, Point, Rect},
    layout::Layout,
};
use crate::{
    explain::chip::Chip,
    lab::LabWorld,
    protocol::primary_replica::PrimaryReplica,
    sim::{
        id::{Address, MessageId},
        network::MessageClass,
        operation::{Action, Outcome, Write},
        time::Micros,
    },
    trace::{Cargo, DropReason, Kind},
    world::Flight,
};

/// What a message looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// A write, or log entries ending with this one; `more` others with it.
    Write {
        chip: Chip,
        more: u32,
    },
    /// A client asks for a value.
    Ask,
    /// A value on its way back to a reader; none if the key was never written.
    Value(Option<Chip>),
    Ok,
    /// Done here, but not confirmed by those who should.
    Unconfirmed,
    No,
    /// An acknowledgement between nodes.
    Position,
    /// All data at once.
    Snapshot,
    /// Who leads, who follows.
    Control,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sprite {
    pub message: MessageId,
    pub way: Way,
    pub at: Point,
    pub look: Look,
    /// Messages right behind it on the same way, for which there is no room.
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

/// What the visitor wants of the drawing.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Losses stay visible for this long.
    pub linger: Micros,
    /// Messages stand at a few places instead of gliding.
    pub still: bool,
    pub selected: Option<MessageId>,
}

pub fn look(cargo: &Cargo) -> Look {
    match cargo {
        Cargo::Ask { action: Action::Write { key, value }, operation } => {
            Look::Write { chip: Chip::of(Write { id: *operation, key: *key, value: *value }), more: 0 }
        }
        Cargo::Ask { .. } => Look::Ask,
        Cargo::Answer { outcome: Outcome::Written } => Look::Ok,
        Cargo::Answer { outcome: Outcome::Read(value) } => Look::Value(value.map(Chip::of)),
        Cargo::Answer { outcome: Outcome::Unconfirmed } => Look::Unconfirmed,
        Cargo::Answer { .. } => Look::No,
        Cargo::Entries { count, last_write, .. } => Look::Write { chip: Chip::of(*last_write), more: count - 1 },
        Cargo::Position { .. } => Look::Position,
        Cargo::Snapshot { .. } => Look::Snapshot,
        Cargo::Probe { .. } | Cargo::Follow { .. } | Cargo::Announce { .. } => Look::Control,
    }
}

/// Where lost messages end on their way: half-way, as in the engine, so that until then they travel like any other.
const LOST_AT: f64 = 0.5;
/// Half of what a wall with its word covers, across and down.
const WALL: (f64, f64) = (26.0, 15.0);

/// How far along its way a message is at `now`, 0 to 1.
fn progress(sent: Micros, ends: Micros, lost: bool, now: Micros) -> f64 {
    let span = ends.saturating_sub(sent).0.max(1) as f64;
    let part = (now.saturating_sub(sent).0 as f64 / span).min(1.0);
    if lost { part * LOST_AT } else { part }
}

pub fn flights(world: &LabWorld, layout: &Layout, wish: Wish) -> Flights {
    let now = world.now();
    let mut flights = Flights::default();
    for (index, flight) in world.flights().enumerate() {
        let (way, selected) = ((flight.from, flight.to), wish.selected == Some(flight.id));
        let Some(line) = Line::of(world, layout, way) else { continue };
        if index >= FLIGHTS_MAX {
            flights.not_drawn += 1;
            continue;
        }
        let part = progress(flight.sent_at, flight.ends_at, flight.lost, now);
        let part = if wish.still { ((part * 4.0).floor().min(3.0) + 0.5) / 4.0 } else { part };
        let look = look(&flight.cargo);
        let at = line.place(look, part);
        // The first one stays where it is; those that touch it wait in its count, until it arrives.
        let room = flights.sprites.len() < SPRITES_MAX;
        let near = flights.sprites.iter_mut().find(|other| other.way == way && touch((other.look, other.at), (look, at), layout));
        match near.filter(|other| !selected && !other.selected) {
            Some(other) => other.behind += 1 + look.more(),
            None if room => flights.sprites.push(Sprite { message: flight.id, way, at, look, behind: 0, selected }),
            None => flights.not_drawn += 1,
        }
    }
    let trace = world.trace();
    for (_, event) in trace.range(trace.next().saturating_sub(RECENT_EVENTS), trace.next()).rev() {
        if event.at + wish.linger < now {
            break;
        }
        let Kind::Drop { from, to, cargo, reason, .. } = &event.kind else { continue };
        let (way, look) = ((*from, *to), look(cargo));
        let Some(line) = Line::of(world, layout, way) else { continue };
        let at = match reason {
            DropReason::Cut => line.at_the_wall(look),
            DropReason::Loss | DropReason::ByHand => line.place(look, LOST_AT),
            DropReason::LinkFull => line.place(look, 0.0),
            DropReason::NodeDown | DropReason::QueueFull | DropReason::CrashedWaiting => line.place(look, 0.95),
        };
        let strength = 1.0 - now.saturating_sub(event.at).0 as f64 / wish.linger.0.max(1) as f64;
        let same = |other: &&mut Lost| other.way == way && touch((other.look, other.at), (look, at), layout);
        match flights.lost.iter_mut().find(same) {
            Some(newer) => newer.behind += 1 + look.more(),
            None => flights.lost.push(Lost { way, at, look, behind: 0, reason: *reason, strength }),
        }
    }
    flights
}

/// Whether they cannot both be read. Small talk does not count as a write.
fn touch((one, at): (Look, Point), (other, there): (Look, Point), layout: &Layout) -> bool {
    let compact = layout.is_compact();
    one.is_dot() == other.is_dot() && Rect::around(at, one.size(compact)).overlaps(&Rect::around(there, other.size(compact)))
}

impl Look {
    /// Small talk between nodes.
    pub fn is_dot(self) -> bool {
        matches!(self, Look::Position | Look::Control)
    }

    /// Log entries beyond the one it shows.
    fn more(self) -> u32 {
        if let Look::Write { more, .. } = self { more } else { 0 }
    }

    /// Room it is given at cards and walls.
    fn covers(self, compact: bool) -> (f64, f64) {
        if self.is_dot() { (26.0, 26.0) } else { self.size(compact) }
    }

    /// About how wide and high it is drawn.
    pub fn size(self, compact: bool) -> (f64, f64) {
        let (chip, more) = match self {
            Look::Write { chip, more } => (chip, more),
            Look::Value(Some(chip)) => (chip, 0),
            Look::Position | Look::Control => return (9.0, 9.0),
            _ => return (20.0, 20.0),
        };
        let letters = chip.value().to_string().len() + if more > 0 { 2 + more.to_string().len() } else { 0 };
        if compact { (28.0 + 7.0 * letters as f64, 20.0) } else { (46.0 + 7.5 * letters as f64, 25.0) }
    }
}

/// The line that messages follow one way.
struct Line {
    curve: Curve,
    /// Where a cut stops everybody.
    wall: Option<Point>,
    compact: bool,
}

impl Line {
    fn of(world: &LabWorld, layout: &Layout, (from, to): Way) -> Option<Line> {
        let curve = layout.curve(from, to)?;
        let wall = world.network().is_cut(from, to).then(|| layout.handle(from, to, &curve));
        Some(Line { curve, wall, compact: layout.is_compact() })
    }

    /// Where something is that has gone `part` of its way: it begins and ends beside the cards, not over or under them.
    fn place(&self, look: Look, part: f64) -> Point {
        let (first, last) = (self.leaves(&self.curve, look), 1.0 - self.leaves(&self.curve.reversed(), look));
        let (t, stop) = (first + (last - first) * part, self.wall_at(look));
        self.stopped(look, t, stop, first)
    }

    /// How far along the curve something is clear of its beginning.
    fn leaves(&self, curve: &Curve, look: Look) -> f64 {
        let (width, height) = look.covers(self.compact);
        let inside = |t: &f64| {
            let at = curve.at(*t);
            (at.x - curve.start.x).abs() < width / 2.0 + 1.0 && (at.y - curve.start.y).abs() < height / 2.0 + 1.0
        };
        (0..24).map(|step| f64::from(step) * 0.02).find(|t| !inside(t)).unwrap_or(0.48)
    }

    /// Where those end that were stopped there, now or before the cut was mended.
    fn at_the_wall(&self, look: Look) -> Point {
        self.stopped(look, 1.0, self.wall_at(look).min(0.4), 0.2)
    }

    /// At `t`, or before the wall; where the way is too short to stand before it, beside it.
    fn stopped(&self, look: Look, t: f64, stop: f64, first: f64) -> Point {
        let (point, beside) =
            (self.beside(look, t.min(stop.max(first))), WALL.0 / 2.0 + look.covers(self.compact).0 / 2.0 + 16.0);
        if t <= stop || stop >= first { point } else { self.curve.beside(first.max(0.3), beside) }
    }

    /// How far one gets that is stopped just before the wall; all the way where there is none.
    fn wall_at(&self, look: Look) -> f64 {
        let Some(wall) = self.wall else { return 1.0 };
        let (width, height) = look.covers(self.compact);
        let curve = &self.curve;
        let steps = (0..=20).map(|step| f64::from(step) / 20.0);
        let nearest = |best: f64, t: f64| if curve.at(t).distance(wall) < curve.at(best).distance(wall) { t } else { best };
        (steps.fold(0.0, nearest) - covered(curve.start, curve.end, width + 2.0 * WALL.0, height + 2.0 * WALL.1)).max(0.0)
    }

    fn beside(&self, look: Look, t: f64) -> Point {
        let Curve { start, end, .. } = self.curve;
        // What is written on is wider than high: dots, which come the other way, keep clear of it.
        let lane = if !look.is_dot() {
            if look.size(true).0 > 20.0 { LANE } else { LANE - 3.0 }
        } else {
            8.0 + 14.0 * (end.y - start.y).abs() / start.distance(end).max(1.0)
        };
        self.curve.beside(t, lane)
    }
}

/// Where log entries pass on their way, and acknowledgements on theirs.
pub(super) fn passed(layout: &Layout, from: Address, to: Address) -> Vec<Rect> {
    let Some(curve) = layout.curve(from, to) else { return vec![] };
    let line = Line { curve, wall: None, compact: layout.is_compact() };
    let back = Line { curve: curve.reversed(), ..line };
    let size = if line.compact { (42.0, 20.0) } else { (62.0, 25.0) };
    let steps = (1..=9).map(|step| f64::from(step) / 10.0);
    steps
        .flat_map(|t| [Rect::around(curve.beside(t, LANE), size), Rect::around(back.beside(Look::Position, t), (13.0, 13.0))])
        .collect()
}

/// How much of the way from one point to another half of a box covers.
fn covered(from: Point, to: Point, width: f64, height: f64) -> f64 {
    let (dx, dy) = ((to.x - from.x).abs(), (to.y - from.y).abs());
    (dx * width + dy * height) / 2.0 / (dx * dx + dy * dy).max(1.0)
}

/// What a message is, in words: `write x = 7, Ana to A`; with the name of the operation if it has one.
pub fn words(world: &LabWorld, flight: &Flight<PrimaryReplica>) -> String {
    let Flight { from, to, class, cargo, .. } = flight;
    let name = flight.operation.and_then(|operation| world.operation_name(operation));
    let what = match look(cargo) {
        Look::Write { chip, more: 0 } if *class == MessageClass::Request => {
            format!("{} {}", name.unwrap_or("write"), chip.text())
        }
        Look::Write { chip, more: 0 } => format!("log entry {}", chip.text()),
        Look::Write { chip, more } => format!("{} log entries up to {}", more + 1, chip.text()),
        Look::Ask => match cargo {
            Cargo::Ask { action, .. } => format!("{} {}", name.unwrap_or("question for"), action.key()),
            _ => "question".into(),
        },
        Look::Value(Some(chip)) => format!("answer {}", chip.text()),
        Look::Value(None) => "answer: nothing there".into(),
        Look::Ok => "answer: OK".into(),
        Look::Unconfirmed => "answer: done, but not confirmed".into(),
        Look::No => "answer: no".into(),
        Look::Position => match cargo {
            Cargo::Position { flushed, .. } => format!("acknowledgement up to LSN {flushed}"),
            _ => "acknowledgement".into(),
        },
        Look::Snapshot => "snapshot of all data".into(),
        Look::Control => match cargo {
            Cargo::Follow { from } => format!("request for the log from LSN {from}"),
            Cargo::Announce { epoch } => format!("announcement of epoch {epoch}"),
            _ => "sign of life".into(),
        },
    };
    format!("{what}, {from} to {to}")
}
