//! The timeline: everything worth jumping to, as marks on one axis, and the other branches.

#[cfg(feature = "gossip")]
use crate::trace::MemberState;
use crate::{
    check::StaleRead,
    explain::chip::Chip,
    lab::{BranchId, Lab},
    sim::{chunked::Chunked, time::Micros},
    trace::{CrashKind, Event, Fact, Kind, Role},
    world::command::{Command, TimedCommand},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    Write,
    Suspicion,
    Action,
    Fault,
    Election,
    Violation,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub at: Micros,
    pub kind: MarkKind,
    /// Colour of the write, if it is one.
    pub colour: u8,
    pub label: String,
}

/// Another future, drawn below the line.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherBranch {
    pub branch: BranchId,
    pub from: Micros,
    pub to: Micros,
    /// Its number, and what happened first there but did not here.
    pub label: String,
    /// What happened there, writes left out.
    pub marks: Vec<Mark>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The axis goes from 0 to here.
    pub span: Micros,
    pub horizon: Micros,
    pub marks: Vec<Mark>,
    pub others: Vec<OtherBranch>,
    /// Number of the current branch, from 1, for people.
    pub branch: usize,
    pub steps_known: u64,
    /// Marks left out because too many fall on one place.
    pub merged: usize,
    /// Of which branch, and how many events and stale reads were looked at.
    read: (BranchId, u64, u64),
}

/// Most marks drawn; where more fall together the weightier kind stays.
const COLUMNS: u64 = 240;
/// Most other branches drawn, and most marks on each.
const OTHERS_MAX: usize = 4;
const OTHER_MARKS_MAX: usize = 24;

/// `before`: what it was a moment ago, of the same lab. Then only what came since is looked at, so that a long run costs no more
/// than a short one; and what was marked stays, though the trace may have forgotten it.
pub fn timeline(lab: &Lab, stale: &Chunked<StaleRead>, before: Option<&Timeline>) -> Timeline {
    let world = lab.furthest();
    let horizon = world.now();
    let before = before.filter(|before| before.read.0 == lab.current() && before.read.1 <= world.trace().next());
    let (_, events_read, stale_read) = before.map_or((lab.current(), 0, 0), |before| before.read);
    let span = nice_span(horizon);
    let mut slots: Vec<Option<Mark>> = vec![None; COLUMNS as usize + 1];
    let mut merged = before.map_or(0, |before| before.merged);
    let mut place = |mark: Mark| {
        let slot = &mut slots[(mark.at.0 * COLUMNS / span.0.max(1)).min(COLUMNS) as usize];
        match slot {
            Some(old) if old.kind >= mark.kind => {
                merged += 1;
                also(old, &mark, mark.at >= old.at);
            }
            Some(old) => {
                merged += 1;
                let less = std::mem::replace(old, mark);
                let is_later = less.at > old.at;
                also(old, &less, is_later);
            }
            None => *slot = Some(mark),
        }
    };
    before.iter().flat_map(|before| &before.marks).for_each(|mark| place(mark.clone()));
    for (_, event) in world.trace().range(events_read, world.trace().next()) {
        if let Some(mark) = mark_of(event, world.commands()) {
            place(mark);
        }
    }
    for (_, read) in stale.range(stale_read, stale.next()) {
        let label = format!("{} reads an old {}", read.client, read.key);
        place(Mark { at: read.at, kind: MarkKind::Violation, colour: 0, label });
    }
    let marks = slots.into_iter().flatten().collect();
    Timeline {
        span,
        horizon,
        marks,
        others: others(lab),
        branch: lab.future_number(lab.current()),
        steps_known: world.steps(),
        merged,
        read: (lab.current(), world.trace().next(), stale.next()),
    }
}

/// Says with a mark what else happened at its place, before it or later, as far as there is room; writes go without saying.
fn also(mark: &mut Mark, other: &Mark, is_later: bool) {
    // Who is elected is primary from that moment on.
    let elected = mark.kind == MarkKind::Election && (mark.kind, mark.at) == (other.kind, other.at);
    // As `contains` of strings does it, without the search for long texts that it brings along.
    let said = other.label.as_bytes();
    let known = elected || mark.label.as_bytes().windows(said.len().max(1)).any(|part| part == said);
    if other.kind != MarkKind::Write && mark.kind != MarkKind::Write && !known && mark.label.len() < 40 {
        let (first, next) = if is_later { (&mark.label, &other.label) } else { (&other.label, &mark.label) };
        mark.label = format!("{first}, {next}");
    }
}

/// A round number of seconds somewhat beyond the horizon, so that the axis seldom changes.
pub fn nice_span(horizon: Micros) -> Micros {
    let wanted = horizon.0 + horizon.0 / 8;
    let mut step = 5_000_000;
    loop {
        for factor in [1, 2, 4] {
            if wanted <= step * factor {
                return Micros(step * factor);
            }
        }
        step *= 10;
        if step >= Micros::MAX.0 / 10 {
            return Micros::MAX;
        }
    }
}

/// Whether peers are on board at all.
const PEERS: bool = cfg!(feature = "peers");

fn mark_of(event: &Event, commands: &[TimedCommand]) -> Option<Mark> {
    let mark = |kind, label: String| Some(Mark { at: event.at, kind, colour: 0, label });
    match &event.kind {
        Kind::Fact(Fact::Appended { write: Some(write), .. } | Fact::Accepted { write, .. }) => {
            let chip = Chip::of(*write);
            let label = format!("{} writes {}", write.id.client, chip.text());
            Some(Mark { at: event.at, kind: MarkKind::Write, colour: chip.colour, label })
        }
        #[cfg(feature = "quorum")]
        Kind::Fact(Fact::Coordinates { write, .. }) => {
            let chip = Chip::of(*write);
            let label = format!("{} writes {}", write.id.client, chip.text());
            Some(Mark { at: event.at, kind: MarkKind::Write, colour: chip.colour, label })
        }
        Kind::Crash { how } => {
            let node = event.node?;
            // Who leaves is switched off first.
            let leaves = |timed: &TimedCommand| {
                timed.at == event.at && matches!(timed.command, Command::RemoveNode { node: own } if own == node)
            };
            if commands.iter().any(leaves) {
                return mark(MarkKind::Action, format!("{node} leaves"));
            }
            let how = match how {
                CrashKind::Process => "crashes",
                CrashKind::Machine => "loses power",
                CrashKind::Wipe => "loses its disk",
            };
            mark(MarkKind::Fault, format!("{node} {how}"))
        }
        Kind::Pause => mark(MarkKind::Fault, format!("{} pauses", event.node?)),
        Kind::Restart => mark(MarkKind::Action, format!("{} restarts", event.node?)),
        Kind::Fact(Fact::RoleChanged { role: Role::Primary, .. }) => {
            mark(MarkKind::Election, format!("{} becomes primary", event.node?))
        }
        Kind::Fact(Fact::Elected { .. }) => mark(MarkKind::Election, format!("{} is elected", event.node?)),
        Kind::Fact(Fact::Suspects { suspect, .. }) => mark(MarkKind::Suspicion, format!("{} suspects {suspect}", event.node?)),
        #[cfg(feature = "gossip")]
        Kind::Fact(Fact::MemberIs { member, state, by, .. }) if event.node == Some(*by) => match state {
            MemberState::Suspect => mark(MarkKind::Suspicion, format!("{by} suspects {member}")),
            MemberState::Dead => mark(MarkKind::Suspicion, format!("{by} declares {member} dead")),
            MemberState::Alive => None,
        },
        Kind::Fact(Fact::LeaseLost { .. }) => mark(MarkKind::Fault, format!("{} loses its lease", event.node?)),
        Kind::Fact(Fact::FellBack { .. }) => mark(MarkKind::Fault, format!("{} goes on alone", event.node?)),
        Kind::Fact(Fact::SyncAgain) => mark(MarkKind::Action, format!("{} waits for replicas again", event.node?)),
        Kind::Fact(Fact::Parted { .. }) => mark(MarkKind::Fault, format!("{} stops: its log has parted", event.node?)),
        Kind::Fact(Fact::Conflict { writes }) if PEERS => {
            mark(MarkKind::Suspicion, format!("{} has a conflict over {}", event.node?, writes.first()?.key))
        }
        Kind::Fact(Fact::Dropped { writes, .. }) if PEERS => {
            mark(MarkKind::Violation, format!("{} hides {}", event.node?, Chip::of(*writes.first()?).text()))
        }
        #[cfg(feature = "quorum")]
        Kind::Fact(Fact::HandedOver { to, .. }) => {
            mark(MarkKind::Action, format!("{} hands over to {}", event.node?, to.first()?))
        }
        #[cfg(feature = "multi-primary")]
        Kind::Fact(Fact::BroughtBack { writes }) => {
            mark(MarkKind::Violation, format!("{} has a deleted {} back", event.node?, writes.first()?.key))
        }
        #[cfg(feature = "multi-primary")]
        Kind::Fact(Fact::BelowZero { total }) => {
            mark(MarkKind::Violation, format!("{} falls below zero at {}", total.key, event.node?))
        }
        Kind::Fact(Fact::Discarded { .. }) => mark(MarkKind::Violation, format!("{} discards writes", event.node?)),
        Kind::Command { number } => match &commands.get(*number as usize)?.command {
            Command::Cut { from, to, .. } => mark(MarkKind::Fault, format!("{from}–{to} is cut")),
            Command::Partition { .. } => mark(MarkKind::Fault, "the network is partitioned".into()),
            Command::Heal { from, to, .. } => mark(MarkKind::Action, format!("{from}–{to} is healed")),
            Command::HealAll => mark(MarkKind::Action, "the network is healed".into()),
            Command::SetUpstream { node, .. } => mark(MarkKind::Action, format!("{node} is fed by another")),
            Command::SetLink(_) => mark(MarkKind::Action, "the network changes".into()),
            _ => None,
        },
        _ => None,
    }
}

fn others(lab: &Lab) -> Vec<OtherBranch> {
    let lineage: Vec<BranchId> = lab.lineage().collect();
    let is_parent = |id: BranchId| lab.branches().iter().any(|branch| branch.parent == Some(id) && !branch.is_fork);
    let all = lab.branches().iter().enumerate().map(|(index, branch)| (BranchId(index), branch));
    // A branch is a future of its own if it is not the current one and nothing simply goes on from it.
    let ends = all.filter(|(id, _)| !lineage.contains(id) && !is_parent(*id));
    let mut found: Vec<OtherBranch> = ends
        .map(|(id, branch)| {
            let mut from = branch.forked_at.at;
            let mut at = branch;
            while let Some(parent) = at.parent.filter(|parent| !lineage.contains(parent)) {
                at = &lab.branches()[parent.0];
                from = at.forked_at.at;
            }
            other(lab, id, from)
        })
        .collect();
    // Ancestors that were run on beyond the fork are futures too.
    for pair in lineage.windows(2) {
        let (child, parent) = (&lab.branches()[pair[0].0], &lab.branches()[pair[1].0]);
        if child.is_fork && parent.head.position() > child.forked_at {
            found.push(other(lab, pair[1], child.forked_at.at));
        }
    }
    // The newest first.
    let mut newest = Vec::new();
    while newest.len() < OTHERS_MAX && !found.is_empty() {
        let index = (0..found.len()).max_by_key(|index| found[*index].branch).unwrap_or(0);
        newest.push(found.remove(index));
    }
    newest
}

/// The future of this branch from where it parts.
fn other(lab: &Lab, branch: BranchId, from: Micros) -> OtherBranch {
    let world = &lab.branches()[branch.0].head.world();
    let recent = world.trace().iter().rev().take_while(|(_, event)| event.at >= from);
    let marks = recent.filter_map(|(_, event)| mark_of(event, world.commands())).filter(|mark| mark.kind != MarkKind::Write);
    let mut marks: Vec<Mark> = marks.collect();
    marks.reverse();
    marks.truncate(OTHER_MARKS_MAX);
    let number = lab.future_number(branch);
    let label = match marks.first() {
        Some(mark) => format!("branch {number}: {}", mark.label),
        None => format!("branch {number}"),
    };
    OtherBranch { branch, from, to: world.now().max(from), label, marks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_round_and_long_enough() {
        for (horizon_s, span_s) in [(0, 5), (4, 5), (5, 10), (8, 10), (9, 20), (40, 50), (90, 200)] {
            assert_eq!(nice_span(Micros::from_secs(horizon_s)), Micros::from_secs(span_s), "{horizon_s} s");
        }
    }
}
