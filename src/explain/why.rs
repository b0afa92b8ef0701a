//! Why a node shows an old value: what became of the newer write on its way there. And why a write counts as lost.

use super::{Sentence, Writer, actions, chip::Chip, narrate::logged_otherwise, peers, search::carries, words::duration};
use crate::{
    check::Lost,
    lab::LabWorld,
    sim::{
        id::{Address, Key, MessageId, NodeId},
        operation::{KeyType, Write},
    },
    trace::{DropReason, Event, Fact, Kind, Role},
};

/// Who was promised what, and who broke the promise.
pub fn why_lost(lost: &Lost) -> Sentence {
    let Lost { write, what, acknowledged_at, acknowledged_by, missing_at, among_peers, since, instead } = *lost;
    let start = match what.and_then(|(action, holds)| actions::noun(action, holds)) {
        Some(noun) => Writer::default().who(write.id.client).text(format!("’s {noun} was acknowledged")),
        None => Writer::default().write(Chip::of(write)).text(" was acknowledged to ").who(write.id.client),
    };
    let said = match acknowledged_by {
        Some(node) => start.text(" by ").who(node),
        None => start,
    };
    let said = said.text(" at ").when(acknowledged_at).text(", but at ").when(since);
    if let Some((action, holds)) = what {
        if !action.takes_away() {
            return said.text(" no peer shows it.").done();
        }
        let said = said.text(" every peer shows ");
        let said = match instead.filter(|_| holds == KeyType::Register) {
            Some(back) => said.write(Chip::of(back)),
            None => said.text("what it took away"),
        };
        return said.strong(" all the same").text(".").done();
    }
    if among_peers {
        let said = said.text(" no peer shows it: ").who(missing_at).text(" has ");
        let said = match instead {
            Some(other) => said.write(Chip::of(other)).text(" instead."),
            None => said.strong("nothing").text(format!(" for {}.", write.key)),
        };
        return said.done();
    }
    let said = said.text(" the primary, ").who(missing_at).text(", had ");
    let said = match instead {
        Some(other) => said.write(Chip::of(other)).text(" instead."),
        None => said.strong("nothing").text(format!(" for {}.", write.key)),
    };
    said.done()
}

/// What happened to the copies of one write on their way to one node, in the order it happened.
struct Way {
    sent: Option<(Event, MessageId)>,
    dropped: Option<(Event, DropReason)>,
    received: Option<Event>,
}

/// Why `node` does not show what the primary holds for `key`. None if it does, or if there is no primary to compare with.
pub fn why_old(world: &LabWorld, node: NodeId, key: Key) -> Option<Sentence> {
    if !cfg!(feature = "primary-replica") {
        return peers::why_old(world, node, key);
    }
    why_old_at_end(world, node, key, world.stores().len()).or_else(|| peers::why_old(world, node, key))
}

/// The end of a chain of replicas, `length` long at most: nodes that do not agree who leads may feed each other in a circle.
fn why_old_at_end(world: &LabWorld, node: NodeId, key: Key, length: usize) -> Option<Sentence> {
    let primary = world.primary().filter(|primary| *primary != node)?;
    let holds = |of: NodeId| world.remains(of)?.copies.into_iter().find(|write| write.key == key);
    let newest = holds(primary)?;
    let view = world.remains(node)?;
    if view.role == Role::Monitor {
        return None;
    }
    if let Some(own) = holds(node).filter(|own| own.id == newest.id) {
        let same = Writer::default().who(node).text(" was sent the statement, not the value, and made ").write(Chip::of(own));
        let said = same.text(" of it; ").who(primary).text(" has ").write(Chip::of(newest)).text(".");
        let lsn = world.view(node)?.tail.iter().find(|entry| entry.in_log && entry.write == Some(own))?.lsn;
        return logged_otherwise(world, primary, lsn, &own).map(|_| said.done());
    }
    let start = Writer::default().text("The write ").write(Chip::of(newest));
    let host = world.host(node)?;
    if !host.is_up() {
        let since = host.down_since()?.0;
        return Some(start.text(" cannot arrive: ").who(node).text(" has been down since ").when(since).text(".").done());
    }
    if let Some(lead) = world.standing(primary).filter(|lead| view.role == Role::Primary && view.epoch < lead.epoch) {
        let said = start.text(" is on a log that ").who(node).text(" does not have: it still leads epoch ");
        let said = said.text(format!("{}, and ", view.epoch)).who(primary);
        return Some(said.text(format!(" leads epoch {}.", lead.epoch)).done());
    }
    if view.stopped {
        let said = start.text(" does not arrive: ").who(node).strong(" follows no further");
        return Some(said.text(", since its log and the primary’s have parted.").done());
    }
    if let Some(flight) = world.flights().find(|flight| flight.to == Address::Node(node) && carries(&flight.cargo, &newest)) {
        let left = duration(flight.ends_at.saturating_sub(world.now()));
        let said = start.text(" left ").who(flight.from).text(" at ").when(flight.sent_at);
        let said = if world.network().is_cut(flight.from, flight.to) {
            said.text(" and will not get through: the link is cut.")
        } else if flight.lost {
            said.text(" and is being lost on the way.")
        } else {
            said.text(format!(" and is still on the wire: {left} to go."))
        };
        return Some(said.done());
    }
    let source = view.source.unwrap_or(primary);
    let way = way(world, node, &newest);
    if source != primary && way.received.is_none() && way.sent.is_none() {
        let said = start.text(" comes to ").who(node).text(" by way of ").who(source);
        if world.host(source)?.removed {
            return Some(said.text(", which has left the group.").done());
        }
        if let Some((since, _)) = world.host(source)?.down_since() {
            return Some(said.text(", which has been down since ").when(since).text(".").done());
        }
        let there = if length > 0 { why_old_at_end(world, source, key, length - 1) } else { None };
        return Some(match there {
            Some(there) => said.text(", which does not show it either. ").and(there).done(),
            None => said.text(", which has not sent it yet.").done(),
        });
    }
    let said = match (way.received, way.dropped, way.sent) {
        (Some(received), ..) => {
            let said = start.text(" arrived at ").when(received.at);
            match world.setup().config.delay(node) {
                Some(by) => said
                    .text(" and is held back: ")
                    .who(node)
                    .text(format!(" shows everything {} late, on purpose.", duration(by))),
                None => said.text(" and waits to be made visible."),
            }
        }
        (None, Some((dropped, reason)), _) => {
            let why = match reason {
                DropReason::Loss => " was lost on the way at ",
                DropReason::Cut => " ran into the cut link at ",
                DropReason::ByHand => " was taken off the wire at ",
                _ => " did not get through at ",
            };
            start.text(why).when(dropped.at).text(". ").who(source).text(" sends it again when no acknowledgement comes.")
        }
        (None, None, Some((sent, _))) => {
            start.text(" was sent at ").when(sent.at).text(" and has arrived, but an earlier one is missing.")
        }
        (None, None, None) => start.text(" has not been sent to ").who(node).text(" yet."),
    };
    Some(said.done())
}

fn way(world: &LabWorld, node: NodeId, write: &Write) -> Way {
    let mut way = Way { sent: None, dropped: None, received: None };
    for (_, event) in world.trace().iter().rev() {
        match &event.kind {
            Kind::Drop { to, cargo, reason, .. } if *to == Address::Node(node) && carries(cargo, write) => {
                way.dropped.get_or_insert((event.clone(), *reason));
            }
            Kind::Send { message, to, cargo, .. } if *to == Address::Node(node) && carries(cargo, write) => {
                way.sent.get_or_insert((event.clone(), *message));
            }
            Kind::Fact(Fact::Received { write: Some(own), .. }) if event.node == Some(node) && own.id == write.id => {
                way.received.get_or_insert(event.clone());
            }
            // Nothing about the write happened before it was first written.
            Kind::Fact(Fact::Appended { write: Some(own), .. }) if own.id == write.id => break,
            _ => {}
        }
    }
    way
}
