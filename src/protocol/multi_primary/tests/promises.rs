//! Everything that clients were told is done, whatever its key holds: what of it is gone at the end of a run, and which facts have said
//! so. Worked out from the whole run at once, and held beside what the judge says, who looks at a run as it goes on.

use super::*;
use crate::{
    check::Judge,
    explain::versions::tests::written_over,
    sim::{id::OperationId, operation::Action},
    trace::Kind,
};
use std::collections::{BTreeMap, BTreeSet};

/// An operation that is done, at which node, and what it took away there.
struct Promise {
    action: Action,
    write: Write,
    node: Option<NodeId>,
    away: Vec<Write>,
}

/// Of operations that one node took twice nobody can say which of both it acknowledged: they are left out.
fn promises(play: &Play) -> Vec<Promise> {
    let mut taken: BTreeMap<(OperationId, Option<NodeId>), Vec<Vec<Write>>> = BTreeMap::new();
    for event in play.events() {
        if let Kind::Fact(Fact::Accepted { write, over }) = &event.kind {
            taken.entry((write.id, event.node)).or_default().push(over.clone());
        }
    }
    let promise = |row: &crate::client::history::Row| {
        let overs = taken.get(&(row.operation, row.node)).filter(|overs| overs.len() == 1)?;
        Some(Promise { action: row.action, write: row.done()?, node: row.node, away: overs[0].clone() })
    };
    play.world.history().iter().filter_map(|(_, row)| promise(row)).collect()
}

/// Over what somebody has written, or taken it away, who had been shown it.
fn covered(play: &Play) -> BTreeSet<OperationId> {
    let mut covered = written_over(&play.world);
    for event in play.events() {
        if let Kind::Fact(Fact::Accepted { over, .. }) = &event.kind {
            covered.extend(over.iter().map(|write| write.id));
        }
    }
    covered
}

/// Of a group whose peers are all equal: what is gone that nobody has covered. Counters are looked at elsewhere.
fn gone(play: &Play) -> Vec<Promise> {
    let (covered, shown) = (covered(play), play.view(play.world.members()[0]).copies);
    let is_gone = |promise: &Promise| match promise.action {
        Action::Add { .. } => false,
        action if action.takes_away() => promise.away.iter().any(|write| shown.contains(write)),
        Action::AddElement { key, element } => !shown.iter().any(|write| (write.key, write.value) == (key, element)),
        _ => !shown.contains(&promise.write),
    };
    promises(play).into_iter().filter(|promise| !covered.contains(&promise.write.id) && is_gone(promise)).collect()
}

/// Operations that are gone and of which no fact says why; `losers`: nodes that lost a disk.
pub fn unlisted(play: &Play, losers: &BTreeSet<NodeId>) -> Vec<(Action, OperationId)> {
    let (mut hidden, mut back, mut taken) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::<OperationId, usize>::new());
    // Of what tombstones nothing is kept: whoever never heard of them may bring the value back.
    let mut forgotten = BTreeSet::new();
    for event in play.events() {
        let Kind::Fact(fact) = &event.kind else { continue };
        match fact {
            Fact::Dropped { writes, .. } | Fact::Hidden { writes, .. } => {
                hidden.extend(writes.iter().map(|write| (write.key, write.value)));
            }
            Fact::BroughtBack { writes } | Fact::RemovalIgnored { writes, .. } => back.extend(writes.iter().copied()),
            Fact::Forgotten { writes } => forgotten.extend(writes.iter().map(|write| write.id)),
            // What comes twice happens twice, and so is there again.
            Fact::Accepted { write, .. } => *taken.entry(write.id).or_default() += 1,
            _ => {}
        }
    }
    let conflicts = play.world.setup().config.conflicts().cloned().expect("peers");
    // By the wall clock what is older may hide a deletion, as any other write.
    let by_wall = |action: Action| matches!(action, Action::Delete { .. }) && conflicts.register == Strategy::LastWriteWins;
    let is_listed = |promise: &Promise| match promise.action {
        // Not every return of an element is told by a fact (seed 954): there the judge alone says it.
        Action::RemoveElement { .. } => true,
        action if action.takes_away() => {
            let is_back = |write: &Write| back.contains(write) || taken.get(&write.id).is_some_and(|times| *times > 1);
            by_wall(action) || forgotten.contains(&promise.write.id) || promise.away.iter().any(is_back)
        }
        _ => hidden.contains(&(promise.write.key, promise.write.value)),
    };
    let kept_its_disk = |promise: &Promise| promise.node.is_none_or(|node| !losers.contains(&node));
    let unlisted = gone(play).into_iter().filter(|promise| kept_its_disk(promise) && !is_listed(promise));
    unlisted.map(|promise| (promise.action, promise.write.id)).collect()
}

/// The judge overlooks nothing that is gone, and claims nothing but what is gone, or was before somebody covered it.
pub fn judge_agrees(play: &Play, judge: &Judge) {
    let judged: BTreeSet<OperationId> = judge.verdicts(&play.world).lost.iter().map(|lost| lost.write.id).collect();
    let gone: BTreeMap<OperationId, Action> = gone(play).iter().map(|one| (one.write.id, one.action)).collect();
    let overlooked: Vec<_> = gone.iter().filter(|(id, _)| !judged.contains(id)).collect();
    assert!(overlooked.is_empty(), "the judge overlooks {overlooked:?}");
    let (covered, known) = (covered(play), promises(play));
    let is_known = |id: &OperationId| known.iter().any(|promise| promise.write.id == *id);
    let claimed: Vec<_> = judged.iter().filter(|id| is_known(id) && !gone.contains_key(id) && !covered.contains(id)).collect();
    assert!(claimed.is_empty(), "the judge claims {claimed:?}");
}
