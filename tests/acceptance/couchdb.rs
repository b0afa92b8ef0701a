//! Documents that sync: CouchDB and PouchDB. Which revisions of the published trees have which names is tested where trees are
//! (`src/store/revisions/tests.rs`); here trees of the same shapes come about by what clients do.

use crate::*;
use replicarium::{
    protocol::documents::DocumentsView,
    sim::revision::Revision,
    trace::{DocumentFact, Shows},
};

fn documents(play: &Play, node: NodeId) -> DocumentsView {
    play.view(node).peer.and_then(|peer| peer.documents).expect("documents")
}

/// The live branches of x: their ends and values, the one that is shown first.
fn branches(play: &Play, node: NodeId) -> Vec<(Revision, i64)> {
    let view = documents(play, node);
    let leaves = view.tree(X).expect("a document").leaves();
    leaves.iter().filter(|leaf| !leaf.deleted).map(|leaf| (leaf.revision, leaf.body.value)).collect()
}

/// The same at all nodes.
fn agreed(play: &Play) -> Vec<(Revision, i64)> {
    agree(play);
    let first = branches(play, A);
    [B, C].into_iter().for_each(|node| assert_eq!(branches(play, node), first, "{node} and A"));
    assert_eq!(play.held(A, X), first.first().map(|(_, value)| *value));
    first
}

fn shown_for(play: &Play, wanted: Shows) -> usize {
    everywhere(play, |fact| matches!(fact, Fact::Document(DocumentFact::Branched { why, .. }) if *why == wanted)).len()
}

const CONFLICT: Option<Outcome> = Some(Outcome::Refused(Refusal::OldRevision));

#[test]
fn c1_of_one_length_the_greater_name_wins_and_the_other_is_kept() {
    let play = played("c1-one-length");
    let ends = agreed(&play);
    let values: Vec<i64> = ends.iter().map(|(_, value)| *value).collect();
    assert!(values == [7, 9] || values == [9, 7], "{values:?}");
    assert!(ends.iter().all(|(revision, _)| revision.generation == 2) && ends[0].0.id > ends[1].0.id);
    assert_eq!(shown_for(&play, Shows::GreaterId), 3, "each node says so");
    assert_eq!(judged("c1-one-length").lost, [], "what is kept is not lost");
}

#[test]
fn c2_the_longer_line_wins() {
    let play = played("c2-longer-line");
    let ends: Vec<(u32, i64)> = agreed(&play).iter().map(|(revision, value)| (revision.generation, *value)).collect();
    assert_eq!(ends, [(3, 9), (2, 7)]);
    assert!(shown_for(&play, Shows::LongerLine) > 0);
}

#[test]
fn c3_two_roots_are_one_document_with_three_branches() {
    let play = played("c3-two-roots");
    let ends = agreed(&play);
    assert_eq!(ends.iter().map(|(revision, _)| revision.generation).collect::<Vec<_>>(), [3, 3, 2]);
    assert!(ends[0].0.id > ends[1].0.id, "between the two longest the name decides");
    assert_eq!(ends.iter().map(|(_, value)| *value).collect::<std::collections::BTreeSet<_>>(), [3, 6, 7].into());
    assert_eq!(judged("c3-two-roots").lost, []);
}

#[test]
fn c4_deleting_the_winner_promotes_the_next_branch() {
    let play = played("c4-deleted-winner");
    let [before, after] = reads_of(&play, CLEO)[..] else { panic!("Cleo read twice") };
    assert_eq!([before, after].into_iter().flatten().collect::<std::collections::BTreeSet<_>>(), [7, 9].into());
    assert_eq!(agreed(&play).iter().map(|(_, value)| Some(*value)).collect::<Vec<_>>(), [after]);
    assert_eq!(everywhere(&play, |fact| matches!(fact, Fact::Document(DocumentFact::Promoted { .. }))).len(), 3);
}

#[test]
fn c5_an_old_revision_is_refused_within_a_node_and_never_between_nodes() {
    let here = played("c5-refused-here");
    let read = |end: &Option<Outcome>| !matches!(end, Some(Outcome::Read(_)));
    assert_eq!(ends(&here, ANA), [OK, OK]);
    assert_eq!(ends(&here, BEN).into_iter().filter(read).collect::<Vec<_>>(), [CONFLICT, OK]);
    assert_eq!(agreed(&here).len(), 1);
    let apart = played("c5-not-between-nodes");
    assert_eq!(ends(&apart, BEN).into_iter().filter(read).collect::<Vec<_>>(), [OK]);
    assert_eq!(agreed(&apart).len(), 2);
    assert_eq!(everywhere(&apart, |fact| matches!(fact, Fact::Document(DocumentFact::EditRefused { .. }))), []);
}

#[test]
fn c6_what_is_not_deleted_wins() {
    let play = played("c6-deletion-loses");
    let ends: Vec<(u32, i64)> = agreed(&play).iter().map(|(revision, value)| (revision.generation, *value)).collect();
    assert_eq!(ends, [(2, 9)]);
    assert_eq!(shown_for(&play, Shows::NotDeleted), 1, "to readers of A it comes back");
}

#[test]
fn c7_a_replication_goes_on_from_its_checkpoint() {
    for (name, since, fetched) in [("c7-checkpoint", 2, 1), ("c7-wiped", 0, 1)] {
        let play = played(name);
        assert_eq!(agreed(&play).iter().map(|(_, value)| *value).collect::<Vec<_>>(), [3], "{name}");
        let asked = play.facts(B).filter_map(|(at, fact)| match fact {
            Fact::Document(DocumentFact::FeedAsked { of, since }) if *of == A && at > ms(2_500) => Some(*since),
            _ => None,
        });
        assert_eq!(asked.take(1).collect::<Vec<_>>(), [since], "{name}");
        let writes = play.facts(B).filter_map(|(at, fact)| match fact {
            Fact::Document(DocumentFact::Fetched { writes, .. }) if at > ms(2_500) => Some(writes.len()),
            _ => None,
        });
        assert!(writes.sum::<usize>() >= fetched, "{name}");
    }
}
