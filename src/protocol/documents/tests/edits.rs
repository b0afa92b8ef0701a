//! Edits: refused within a node, never between nodes; which branch is shown, and what becomes of the others.

use super::*;
use crate::{sim::revision::Revision, world::command::Command};

/// All have x = 1, and Ana and Cleo have seen it; then Ana writes 7 at A and Cleo 9 at C, and neither hears of the other.
fn branched() -> Play {
    let mut play = Play::new(nodes(3, |_| {}));
    play.write(ANA, X, 1);
    play.run(200);
    play.read(CLEO, X, C);
    play.run(50);
    play.act(Command::Partition { groups: vec![vec![A.into(), B.into()], vec![C.into()]] });
    let (ana, cleo) = (play.write(ANA, X, 7), play.write(CLEO, X, 9));
    play.run(200);
    assert_eq!((play.outcome(ana), play.outcome(cleo)), (OK, OK));
    assert_eq!([A, B, C].map(|node| kept(&play, node, X)), [[7], [7], [9]]);
    play
}

fn healed() -> Play {
    let mut play = branched();
    play.act(Command::HealAll);
    play.run(12_000);
    play
}

/// The ends of the branches of a document, the one that is shown first.
fn leaves(play: &Play, node: NodeId) -> Vec<(Revision, bool)> {
    let documents = play.view(node).peer.and_then(|peer| peer.documents).expect("documents");
    let tree = documents.tree(X).expect("a document");
    tree.leaves().iter().map(|leaf| (leaf.revision, leaf.deleted)).collect()
}

#[test]
fn two_edits_offline_make_a_branch_that_all_show_alike() {
    let mut play = healed();
    assert_equal(&play);
    let shown = kept(&play, A, X);
    let ends = leaves(&play, A);
    assert!(shown.len() == 2 && ends[0].0.generation == 2 && ends[0].0.id > ends[1].0.id, "{shown:?} {ends:?}");
    for node in [A, B, C] {
        assert_eq!((kept(&play, node, X), play.held(node, X)), (shown.clone(), Some(shown[0])));
        let told = play
            .facts(node)
            .filter(|(_, fact)| matches!(fact, Fact::Document(DocumentFact::Branched { why: Shows::GreaterId, .. })))
            .count();
        assert_eq!(told, 1, "{node} says so once");
    }
    let read = play.read(BEN, X, B);
    play.run(50);
    assert_eq!(play.value(read), Some(shown[0]), "a reader gets one value");
}

/// Whoever deletes the branch that is shown brings the other one up, at all nodes; deleting that, too, leaves nothing.
#[test]
fn deleting_what_is_shown_promotes_the_next() {
    let mut play = healed();
    let shown = kept(&play, A, X);
    play.read(BEN, X, B);
    play.run(50);
    let deleted = play.issue(BEN, Action::Delete { key: X }, None);
    play.run(200);
    assert_eq!(play.outcome(deleted), OK);
    assert_equal(&play);
    for node in [A, B, C] {
        assert_eq!(kept(&play, node, X), [shown[1]]);
        let promoted = play
            .facts(node)
            .filter(|(_, fact)| matches!(fact, Fact::Document(DocumentFact::Promoted { shown: branch, .. }) if branch.write.value == shown[1]));
        assert_eq!(promoted.count(), 1, "{node}");
    }
    play.read(BEN, X, B);
    play.run(50);
    play.issue(BEN, Action::Delete { key: X }, None);
    play.run(200);
    assert_eq!([A, B, C].map(|node| play.held(node, X)), [None; 3]);
    let again = [play.issue(BEN, Action::Delete { key: X }, None), play.write(BEN, X, 5)];
    play.run(200);
    assert_eq!(again.map(|one| play.outcome(one)), [Some(Outcome::Refused(Refusal::Absent)), OK], "it can be made anew");
    assert_eq!([A, B, C].map(|node| kept(&play, node, X)), [[5]; 3]);
}

/// Resolved by hand: the branch that is not wanted is deleted, whichever it is.
#[test]
fn a_branch_can_be_deleted_by_name() {
    for place in [0, 1] {
        let mut play = healed();
        let (ends, values) = (leaves(&play, A), kept(&play, A, X));
        let revision = ends[place].0;
        let resolve = play.issue(ANA, Action::DeleteRevision { key: X, revision }, None);
        play.run(200);
        assert_eq!(play.outcome(resolve), OK);
        assert_equal(&play);
        assert_eq!([A, B, C].map(|node| kept(&play, node, X)), [[values[1 - place]]; 3]);
        let ended = play.issue(ANA, Action::DeleteRevision { key: X, revision }, None);
        let read = play.read(ANA, X, A);
        play.run(100);
        let next = play.write(ANA, X, 3);
        play.run(200);
        assert_eq!((play.outcome(ended), play.value(read), play.outcome(next)), (CONFLICT, Some(values[1 - place]), OK));
    }
}

/// What is not deleted wins over what is, however long its line.
#[test]
fn an_edit_wins_over_a_deletion_that_it_did_not_know_of() {
    let mut play = Play::new(nodes(2, |_| {}));
    play.write(ANA, X, 1);
    play.run(200);
    play.read(BEN, X, B);
    play.run(50);
    play.act(Command::Partition { groups: vec![vec![A.into()], vec![B.into()]] });
    play.write(ANA, X, 2);
    play.write(ANA, X, 3);
    let (deleted, edited) = (play.issue(ANA, Action::Delete { key: X }, None), play.write(BEN, X, 9));
    play.run(200);
    assert_eq!((play.outcome(deleted), play.outcome(edited)), (OK, OK));
    assert_eq!(play.held(A, X), None);
    play.act(Command::HealAll);
    play.run(12_000);
    assert_eq!([A, B].map(|node| kept(&play, node, X)), [[9]; 2]);
    let told = |node| {
        play.facts(node)
            .filter(|(_, fact)| matches!(fact, Fact::Document(DocumentFact::Branched { why: Shows::NotDeleted, .. })))
            .count()
    };
    assert_eq!([A, B].map(told), [1, 0], "only readers of A see another thing");
}

/// A longer line wins over a greater name.
#[test]
fn the_branch_with_more_edits_is_shown() {
    let mut play = branched();
    play.write(ANA, X, 8);
    play.run(200);
    play.act(Command::HealAll);
    play.run(12_000);
    assert_eq!([A, B, C].map(|node| kept(&play, node, X)), [[8, 9]; 3]);
    let why = play
        .facts(C)
        .filter(|(_, fact)| matches!(fact, Fact::Document(DocumentFact::Branched { why: Shows::LongerLine, .. })))
        .count();
    assert_eq!(why, 1);
}

#[test]
fn an_edit_that_names_no_current_revision_is_refused() {
    let mut scenario = nodes(1, |_| {});
    scenario.clients = vec![scenario.clients[0].clone(), scenario.clients[0].clone()];
    let mut play = Play::new(scenario);
    let write = |value| Action::Write { key: X, value };
    let (read, wrong) = (Action::Read { key: X }, Some(Outcome::Refused(Refusal::WrongType { holds: KeyType::Register })));
    for (step, (client, action, expected)) in [
        (ANA, write(1), OK),
        // Who has read nothing names nothing; a refusal teaches him nothing.
        (BEN, write(2), CONFLICT),
        (BEN, write(2), CONFLICT),
        (BEN, read, None),
        (BEN, write(2), OK),
        // An answer to a write says what to name next.
        (BEN, write(3), OK),
        (ANA, write(4), CONFLICT),
        (ANA, Action::Delete { key: X }, CONFLICT),
        (ANA, read, None),
        (ANA, Action::Delete { key: X }, OK),
        (BEN, write(5), CONFLICT),
        (BEN, Action::Add { key: X, amount: 1 }, wrong),
        (ANA, write(6), OK),
    ]
    .into_iter()
    .enumerate()
    {
        let operation = play.issue(client, action, None);
        play.run(100);
        let is_read = matches!(play.outcome(operation), Some(Outcome::Read(_)));
        assert!(is_read || play.outcome(operation) == expected, "step {step}: {:?}", play.outcome(operation));
    }
    assert_eq!(kept(&play, A, X), [6]);
    assert_eq!(play.facts(A).filter(|(_, fact)| matches!(fact, Fact::Document(DocumentFact::EditRefused { .. }))).count(), 5);
}

/// Both name the same revision before the first of them is on disk.
#[test]
fn of_two_edits_at_once_one_is_refused() {
    let mut scenario = nodes(1, |_| {});
    scenario.clients = vec![scenario.clients[0].clone(), scenario.clients[0].clone()];
    scenario.nodes.each.flush = constant(30);
    let mut play = Play::new(scenario);
    play.write(ANA, X, 1);
    play.run(100);
    play.read(BEN, X, A);
    play.run(50);
    let both = [play.write(ANA, X, 2), play.write(BEN, X, 3)];
    play.run(200);
    assert_eq!(both.map(|one| play.outcome(one)), [OK, CONFLICT]);
    assert_eq!(kept(&play, A, X), [2]);
}

#[test]
fn the_latest_revision_is_replaced_if_the_application_fetches_it_first() {
    let mut scenario = nodes(1, |config| config.edits = Edits::Latest);
    scenario.clients = vec![scenario.clients[0].clone(), scenario.clients[0].clone()];
    let mut play = Play::new(scenario);
    for (client, value) in [(ANA, 1), (BEN, 2), (ANA, 3)] {
        let write = play.write(client, X, value);
        play.run(100);
        assert_eq!((play.outcome(write), kept(&play, A, X)), (OK, vec![value]));
    }
    play.act(Command::SetDocuments(Terms { edits: Edits::Shown, ..Terms::default() }));
    let write = play.write(BEN, X, 4);
    play.run(100);
    assert_eq!(play.outcome(write), CONFLICT, "from now on it has to be the one that he was shown");
}

/// The same edit of the same revision at two nodes is one revision, and no conflict.
#[test]
fn equal_edits_are_one_revision() {
    let mut play = Play::new(nodes(2, |_| {}));
    play.write(ANA, X, 1);
    play.run(200);
    play.read(BEN, X, B);
    play.run(50);
    play.act(Command::Partition { groups: vec![vec![A.into()], vec![B.into()]] });
    let both = [play.write(ANA, X, 5), play.write(BEN, X, 5)];
    play.run(100);
    assert_eq!(both.map(|one| play.outcome(one)), [OK, OK]);
    play.act(Command::HealAll);
    play.run(12_000);
    assert_equal(&play);
    assert_eq!((kept(&play, A, X), kept(&play, B, X)), (vec![5], vec![5]));
}
