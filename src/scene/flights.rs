//! Messages on the wire at a moment, and those that were lost just now: small enough to be drawn every frame.

use super::{
    geometry::{Curve, Point},
    layout::Layout,
};
use crate::{
    explain::chip::Chip,
    lab::LabWorld,
    sim::{
        id::{Address, MessageId},
        network::MessageClass,
        operation::{Action, Outcome, Write},
        time::Micros,
    },
    trace::{Cargo, DropReason, Kind},
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
    pub at: Point,
    pub look: Look,
    pub selected: bool,
}

/// A message that went no further.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lost {
    pub at: Point,
    pub look: Look,
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

/// Most messages drawn one by one.
pub const SPRITES_MAX: usize = 300;
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
        Cargo::Answer { .. } => Look::No,
        Cargo::Entries { count, last_write, .. } => Look::Write { chip: Chip::of(*last_write), more: count - 1 },
        Cargo::Position { .. } => Look::Position,
        Cargo::Snapshot { .. } => Look::Snapshot,
        Cargo::Probe { .. } | Cargo::Follow { .. } | Cargo::Announce { .. } => Look::Control,
    }
}

/// Where lost messages end on their way: half-way, as in the engine, so that until then they travel like any other.
const LOST_AT: f64 = 0.5;
/// Where messages end at a cut: just before the wall in the middle of the link.
const WALL_AT: f64 = 0.28;

/// How far along its link a message is at `now`, 0 to 1.
fn progress(sent: Micros, ends: Micros, lost: bool, blocked: bool, now: Micros) -> f64 {
    let span = ends.saturating_sub(sent).0.max(1) as f64;
    let part = (now.saturating_sub(sent).0 as f64 / span).min(1.0);
    // A message that is going to be lost ends half-way; one on a cut link stops at the wall.
    match (lost, blocked) {
        (_, true) => part * WALL_AT,
        (true, false) => part * LOST_AT,
        (false, false) => part,
    }
}

pub fn flights(world: &LabWorld, layout: &Layout, wish: Wish) -> Flights {
    let now = world.now();
    let mut flights = Flights::default();
    for flight in world.flights() {
        let Some(curve) = layout.curve(flight.from, flight.to) else { continue };
        if flights.sprites.len() >= SPRITES_MAX {
            flights.not_drawn += 1;
            continue;
        }
        let blocked = world.network().is_cut(flight.from, flight.to);
        let part = progress(flight.sent_at, flight.ends_at, flight.lost, blocked, now);
        let part = if wish.still { ((part * 4.0).floor().min(3.0) + 0.5) / 4.0 } else { part };
        let look = look(&flight.cargo);
        flights.sprites.push(Sprite {
            message: flight.id,
            at: place(layout, &curve, look, part),
            look,
            selected: wish.selected == Some(flight.id),
        });
    }
    let trace = world.trace();
    for (_, event) in trace.range(trace.next().saturating_sub(RECENT_EVENTS), trace.next()).rev() {
        if event.at + wish.linger < now {
            break;
        }
        let Kind::Drop { from, to, cargo, reason, .. } = &event.kind else { continue };
        let Some(curve) = layout.curve(*from, *to) else { continue };
        let part = match reason {
            DropReason::Cut => WALL_AT,
            DropReason::Loss | DropReason::ByHand => LOST_AT,
            DropReason::LinkFull => 0.0,
            DropReason::NodeDown | DropReason::QueueFull | DropReason::CrashedWaiting => 0.95,
        };
        let age = now.saturating_sub(event.at).0 as f64 / wish.linger.0.max(1) as f64;
        let look = look(cargo);
        let at = place(layout, &curve, look, part);
        flights.lost.push(Lost { at, look, reason: *reason, strength: 1.0 - age });
    }
    flights
}

impl Look {
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

/// Where something is that has gone `part` of its way: it begins and ends beside the cards, not over or under them.
fn place(layout: &Layout, curve: &Curve, look: Look, part: f64) -> Point {
    let (width, height) = look.size(layout.is_compact());
    let is_dot = width < 10.0;
    let (width, height) = if is_dot { (26.0, 26.0) } else { (width, height) };
    // How much of the curve it covers at an end that heads for `towards`.
    let covers = |end: Point, towards: Point| {
        let (dx, dy) = ((towards.x - end.x).abs(), (towards.y - end.y).abs());
        let length = (dx * dx + dy * dy).max(1.0);
        ((dx * width + dy * height) / 2.0 / length / 3.0 + 0.02).min(0.44)
    };
    let Curve { start, bends, end } = *curve;
    let (first, last) = (covers(start, bends.0), 1.0 - covers(end, bends.1));
    // What is written on is wider than high: dots, which come the other way, keep clear of it.
    let lane = if !is_dot { LANE } else { 8.0 + 14.0 * (end.y - start.y).abs() / start.distance(end).max(1.0) };
    curve.beside(first + (last - first) * part, lane)
}

/// What a message is, in words: `x = 7 on its way from A to B`.
pub fn words(from: Address, to: Address, class: MessageClass, cargo: &Cargo) -> String {
    let what = match look(cargo) {
        Look::Write { chip, more: 0 } if class == MessageClass::Request => format!("write {}", chip.text()),
        Look::Write { chip, more: 0 } => format!("log entry {}", chip.text()),
        Look::Write { chip, more } => format!("{} log entries up to {}", more + 1, chip.text()),
        Look::Ask => match cargo {
            Cargo::Ask { action, .. } => format!("question for {}", action.key()),
            _ => "question".into(),
        },
        Look::Value(Some(chip)) => format!("answer {}", chip.text()),
        Look::Value(None) => "answer: nothing there".into(),
        Look::Ok => "answer: OK".into(),
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
