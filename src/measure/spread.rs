//! How far rumours have come: who knows a write, since when, and how often it was told. Only of groups that gossip.
//!
//! Followed event by event, so that a thousand nodes cost no more than what happens at them; whenever a node may have lost what it
//! knew, it is looked at itself. The last [`Spread::RUMOURS_MAX`] writes are followed. It must not say what should be: that is
//! `theory`.

use crate::{
    protocol::Protocol,
    sim::{
        chunked::Chunked,
        id::{Key, NodeId},
        operation::Write,
        time::Micros,
    },
    trace::{Cargo, Event, Fact, Kind},
    world::World,
};

/// One write and who knows it.
#[derive(Clone, Debug)]
pub struct Rumour {
    pub write: Write,
    /// When its node had it on disk and began to tell it.
    pub began: Micros,
    /// How many knew it after each change, oldest first.
    pub curve: Chunked<(Micros, u32)>,
    /// How often it was sent to somebody as a rumour.
    pub told: u64,
    /// How many learned of it by a rumour, how many by comparing.
    pub by_rumour: u32,
    pub by_comparing: u32,
    /// Sum of the times after which those who were told of it knew it, and the last of them.
    waited: u64,
    pub last_heard: Option<Micros>,
    /// A bit for each node that knows it.
    known: Vec<u64>,
}

impl Rumour {
    fn new(write: Write, began: Micros) -> Rumour {
        Rumour {
            write,
            began,
            curve: Chunked::default(),
            told: 0,
            by_rumour: 0,
            by_comparing: 0,
            waited: 0,
            last_heard: None,
            known: Vec::new(),
        }
    }

    pub fn is_known_at(&self, node: NodeId) -> bool {
        let (word, bit) = place(node);
        self.known.get(word).is_some_and(|word| word & bit != 0)
    }

    pub fn known(&self) -> u32 {
        self.curve.last().map_or(0, |(_, count)| *count)
    }

    /// How many knew it then.
    pub fn known_at(&self, at: Micros) -> u32 {
        let after = self.curve.partition_point(|(time, _)| *time <= at);
        after.checked_sub(1).and_then(|before| self.curve.get(before)).map_or(0, |(_, count)| *count)
    }

    /// After how long, on average, those knew it who were told (Demers et al. 1987: t_ave).
    pub fn average_wait(&self) -> Option<Micros> {
        self.waited.checked_div(self.by_rumour as u64).map(Micros)
    }

    fn set(&mut self, node: NodeId, knows: bool, now: Micros) -> bool {
        if self.is_known_at(node) == knows {
            return false;
        }
        let (word, bit) = place(node);
        if self.known.len() <= word {
            self.known.resize(word + 1, 0);
        }
        self.known[word] ^= bit;
        let count = if knows { self.known() + 1 } else { self.known() - 1 };
        self.curve.push((now, count));
        true
    }
}

fn place(node: NodeId) -> (usize, u64) {
    (node.0 as usize / 64, 1 << (node.0 % 64))
}

#[derive(Clone, Debug, Default)]
pub struct Spread {
    /// Index of the next event to read.
    next: u64,
    /// Oldest first.
    rumours: Vec<Rumour>,
}

impl Spread {
    /// Most writes that are followed; of more the oldest is forgotten.
    pub const RUMOURS_MAX: usize = 16;

    /// Those that are followed, oldest first.
    pub fn rumours(&self) -> &[Rumour] {
        &self.rumours
    }

    /// The newest write of a key.
    pub fn latest(&self, key: Key) -> Option<&Rumour> {
        self.rumours.iter().rev().find(|rumour| rumour.write.key == key)
    }

    pub fn look<P: Protocol>(&mut self, world: &World<P>) {
        let trace = world.trace();
        if P::gossips(&world.setup().config) {
            trace.range(self.next, trace.next()).for_each(|(_, event)| self.read(event, world));
        }
        self.next = trace.next();
    }

    fn of(&mut self, write: &Write) -> Option<&mut Rumour> {
        self.rumours.iter_mut().rev().find(|rumour| rumour.write.id == write.id)
    }

    fn read<P: Protocol>(&mut self, event: &Event, world: &World<P>) {
        let now = event.at;
        match (&event.kind, event.node) {
            (Kind::Send { cargo: Cargo::Rumours { writes, .. }, .. }, _) => {
                for write in writes.iter() {
                    self.of(write).into_iter().for_each(|rumour| rumour.told += 1);
                }
            }
            (Kind::Fact(Fact::Merged { write, .. }), Some(node)) => {
                if self.rumours.len() == Self::RUMOURS_MAX {
                    self.rumours.remove(0);
                }
                let mut rumour = Rumour::new(*write, now);
                rumour.set(node, true, now);
                self.rumours.push(rumour);
            }
            (Kind::Fact(Fact::Heard { write, .. }), Some(node)) => {
                if let Some(rumour) = self.of(write).filter(|rumour| !rumour.is_known_at(node)) {
                    rumour.set(node, true, now);
                    rumour.by_rumour += 1;
                    rumour.waited += now.saturating_sub(rumour.began).0;
                    rumour.last_heard = Some(now);
                }
            }
            (Kind::Fact(Fact::FoundMissing { writes, .. }), Some(node)) => {
                for write in writes {
                    if let Some(rumour) = self.of(write) {
                        rumour.by_comparing += u32::from(rumour.set(node, true, now));
                    }
                }
            }
            // It may have forgotten something.
            (Kind::Crash { .. } | Kind::Restart | Kind::Removed, Some(node)) => {
                for rumour in &mut self.rumours {
                    let key = rumour.write.key;
                    let has = world.remains(node).is_some_and(|view| view.copies.iter().any(|copy| copy.key == key));
                    let is_gone = world.host(node).is_none_or(|host| host.removed);
                    let knows = rumour.is_known_at(node) && has && !is_gone;
                    rumour.set(node, knows, now);
                }
            }
            _ => {}
        }
    }
}
