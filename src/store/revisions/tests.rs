//! Revision trees against the published cases of CouchDB and PouchDB, and by hand.

mod worlds;

use super::*;
use proptest::prelude::*;

/// Words as ids, as in the published cases.
fn id(word: &str) -> RevisionId {
    let mut bytes = [0; 16];
    bytes[..word.len()].copy_from_slice(word.as_bytes());
    RevisionId(bytes)
}

fn hex(text: &str) -> RevisionId {
    RevisionId(u128::from_str_radix(text, 16).expect("hexadecimal").to_be_bytes())
}

/// `1 2_0 3` is a path from generation 1, `2: 2_0 3` one that begins at 2. What is deleted ends in `-`.
fn path(text: &str) -> Path<i64> {
    let (first, words) = text.split_once(": ").map_or((1, text), |(first, rest)| (first.parse().expect("a number"), rest));
    let deleted = words.ends_with('-');
    let mut ids: Vec<RevisionId> = words.trim_end_matches('-').split(' ').map(id).collect();
    ids.reverse();
    let body = ids[0].0.iter().map(|byte| *byte as i64).sum();
    Path { generation: first + ids.len() as u32 - 1, ids, deleted, body }
}

fn tree(paths: &[&str]) -> Revisions<i64> {
    let mut tree = Revisions::default();
    for text in paths {
        tree.merge_path(&path(text));
    }
    tree
}

fn ends(leaves: &[Leaf<i64>]) -> Vec<String> {
    leaves.iter().map(|leaf| String::from_utf8_lossy(&leaf.revision.id.0).trim_end_matches('\0').to_string()).collect()
}

/// CouchDB's and PouchDB's cases of merging one path: tree, path, result, what was said.
#[test]
fn paths_are_merged_as_published() {
    use Merged::*;
    type Case<'a> = (&'a [&'a str], &'a str, &'a [&'a str], Merged);
    let cases: &[Case] = &[
        (&[], "1", &["1"], NewLeaf),
        (&["1"], "1", &["1"], InternalNode),
        (&[], "1 2_0", &["1 2_0"], NewLeaf),
        (&["1 2_0"], "1 2_0", &["1 2_0"], InternalNode),
        (&["1 2_0"], "1", &["1 2_0"], InternalNode),
        (&["1 2_0"], "2: 2_0 3", &["1 2_0 3"], NewLeaf),
        (&["1 2_0"], "1 2_1", &["1 2_0", "1 2_1"], NewBranch),
        (&["1 2_1"], "1 2_0", &["1 2_0", "1 2_1"], NewBranch),
        (&["1 2_0", "1 2_1"], "2: 2_0 3", &["1 2_0 3", "1 2_1"], NewLeaf),
        (&["1 2_0 3", "1 2_1"], "2: 2_0 3_1", &["1 2_0 3", "1 2_0 3_1", "1 2_1"], NewBranch),
        // What stemming had parted is joined again.
        (&["1", "3: 3"], "1 2_0 3", &["1 2_0 3"], NewLeaf),
        (&["1 1a", "3: 1aa"], "1 1a 1aa", &["1 1a 1aa"], NewLeaf),
        (&["2: 2_1", "3: 3", "3: 3_1"], "1 2_0 3", &["1 2_0 3", "2: 2_1", "3: 3_1"], InternalNode),
        // Several roots.
        (&["1", "2"], "1", &["1", "2"], InternalNode),
        (&["1", "2"], "3", &["1", "2", "3"], NewBranch),
        (&["1 1a"], "3: 1aa", &["1 1a", "3: 1aa"], NewBranch),
        // Stems of what is known.
        (&["1 1a", "1 1b"], "2: 1a", &["1 1a", "1 1b"], InternalNode),
        (&["1 1a", "1 1b 1bb"], "3: 1bb", &["1 1a", "1 1b 1bb"], InternalNode),
        (&["2: 1a", "2: 1b 1bb"], "3: 1bb", &["2: 1a", "2: 1b 1bb"], InternalNode),
        (&["1 1a 1aa"], "2: 1a 1aa", &["1 1a 1aa"], InternalNode),
        (&["2: 1a 1aa"], "3: 1aa", &["2: 1a 1aa"], InternalNode),
        (&["1 1a 1aa"], "1 1b", &["1 1a 1aa", "1 1b"], NewBranch),
        (&["foo foo2", "foo foo3"], "foo foo3 foo4", &["foo foo2", "foo foo3 foo4"], NewLeaf),
    ];
    for (before, text, after, said) in cases {
        let mut merged = tree(before);
        assert_eq!((merged.merge_path(&path(text)), &merged), (*said, &tree(after)), "{before:?} and {text}");
    }
}

#[test]
fn stems_as_published() {
    let cases: [(&[&str], u32, &[&str]); 6] = [
        (&["1 2_0 3"], 2, &["2: 2_0 3"]),
        (&["1 2_0 3", "1 2_0 3_1", "1 2_1"], 10, &["1 2_0 3", "1 2_0 3_1", "1 2_1"]),
        (&["1 2_0 3", "1 2_0 3_1", "1 2_1"], 3, &["1 2_0 3", "1 2_0 3_1", "1 2_1"]),
        (&["1 2_0 3", "1 2_0 3_1", "1 2_1"], 2, &["1 2_1", "2: 2_0 3", "2: 2_0 3_1"]),
        (&["1 2_0 3", "1 2_0 3_1", "1 2_1"], 1, &["2: 2_1", "3: 3", "3: 3_1"]),
        (&["1 2_0 3"], 0, &["3: 3"]),
    ];
    for (before, depth, after) in cases {
        let mut stemmed = tree(before);
        stemmed.stem(depth);
        assert_eq!(stemmed, tree(after), "{before:?} to {depth}");
    }
}

/// The two trees of the shared results, with their real ids.
#[test]
fn the_winner_is_the_published_one() {
    let cases: [(&[&[&str]], &str, usize); 2] = [
        (
            &[
                &["44d71a718b90e4696c06a90e08912c8f", "bfe70372c90ded1087239e5191984f76"],
                &["93c3db16462f656f7172ccabd3cf6cd6", "56e657612d55ab1a402dcb281c874f2a", "bfe70372c90ded1087239e5191984f76"],
            ],
            "3-93c3db16462f656f7172ccabd3cf6cd6",
            1,
        ),
        (
            &[
                &["28cd77a3ca30f79e1cfffcd6a41ca308", "bf5e08a4f9fa6d33a53f4a00ae3ea399", "203db1a1810a838895d561f67b224b5d"],
                &["1b8dfbb1267e213328920bae43f2f597", "c6d5cce35bcfbef90b20f140d723cbdb"],
                &["64a9842c6aea50bf24660378e496e853", "59ed830b84b276ab776c3c51aaf93a16", "c6d5cce35bcfbef90b20f140d723cbdb"],
            ],
            "3-64a9842c6aea50bf24660378e496e853",
            2,
        ),
    ];
    for (paths, winner, conflicts) in cases {
        let mut tree = Revisions::default();
        for ids in paths {
            let ids: Vec<RevisionId> = ids.iter().map(|text| hex(text)).collect();
            tree.merge_path(&Path { generation: ids.len() as u32, ids, deleted: false, body: 0_i64 });
        }
        assert_eq!(tree.winner().map(|leaf| leaf.revision.to_string()).as_deref(), Some(winner));
        assert_eq!(tree.conflicts().len(), conflicts);
    }
}

#[test]
fn winners_and_conflicts() {
    for (paths, leaves, conflicts) in [
        (&["1 a", "1 b"][..], vec!["b", "a"], vec!["a"]),
        (&["1 a a2", "1 b"], vec!["a2", "b"], vec!["b"]),
        // What lives wins over what is deleted, however old it is.
        (&["1 a a2 a3-", "1 b"], vec!["b", "a3"], vec![]),
        (&["1 a-", "1 b-"], vec!["b", "a"], vec![]),
        (&["1 a", "1 b", "1 c-"], vec!["b", "a", "c"], vec!["a"]),
    ] {
        let tree = tree(paths);
        assert_eq!((ends(&tree.leaves()), ends(&tree.conflicts())), (to_strings(&leaves), to_strings(&conflicts)), "{paths:?}");
    }
}

fn to_strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}

/// Clients edit at two peers at once; both pick the same winner, and deleting it brings the other one up.
#[test]
fn edits_make_a_conflict_and_a_deletion_ends_it() {
    let mut a = Revisions::default();
    let first = a.edit(None, false, 1_i64).unwrap();
    assert_eq!(a.edit(None, false, 2), Err(Conflict), "it must say what it replaces");
    let mut b = a.clone();
    let root = a.winner().unwrap().revision;
    assert_eq!(b.merge_path(&first), Merged::InternalNode);
    let at_a = a.edit(Some(root), false, 2).unwrap();
    assert_eq!(a.edit(Some(root), false, 3), Err(Conflict), "it is no leaf any more");
    let at_b = b.edit(Some(root), false, 3).unwrap();
    assert_eq!((a.merge_path(&at_b), b.merge_path(&at_a)), (Merged::NewBranch, Merged::NewBranch));
    assert_eq!(a, b);
    let (winner, loser) = (a.winner().unwrap(), a.conflicts()[0]);
    assert_ne!(winner.body, loser.body);
    let (winner, loser, promoted) = (winner.revision, loser.revision, *loser.body);
    assert!(winner.generation == loser.generation && winner.id > loser.id);
    b.edit(Some(winner), true, 0).unwrap();
    assert_eq!(b.winner().map(|leaf| (leaf.revision, *leaf.body)), Some((loser, promoted)));
    assert!(b.conflicts().is_empty());
    b.edit(Some(loser), true, 0).unwrap();
    assert!(b.winner().unwrap().deleted);
    // A document can be made anew: it goes on from where it was deleted.
    let again = b.edit(None, false, 9).unwrap();
    assert_eq!((again.generation, b.winner().map(|leaf| *leaf.body)), (4, Some(9)));
    assert_eq!(b.path(b.winner().unwrap().revision), Some(again));
}

#[test]
fn the_same_edit_twice_is_one_revision() {
    let (mut a, mut b) = (Revisions::default(), Revisions::default());
    let path = a.edit(None, false, 7_i64).unwrap();
    assert_eq!(b.edit(None, false, 7), Ok(path.clone()));
    assert_eq!(a, b);
    b.edit(b.winner().map(|leaf| leaf.revision), false, 8).unwrap();
    let theirs: Vec<Revision> = b.leaves().iter().map(|leaf| leaf.revision).collect();
    assert_eq!((a.missing(theirs.clone()), b.missing(theirs.clone())), (theirs, vec![]));
    assert_eq!(b.len(), 2);
    assert_eq!(path.ids[0].to_string().len(), 32);
}

/// Three edits on, a peer that forgets all but two revisions cannot tell that the old copy is where it came from.
#[test]
fn too_little_history_makes_a_conflict_of_nothing() {
    for (depth, conflicts) in [(2, vec!["1"]), (4, vec![])] {
        let mut tree = tree(&["1 2 3 4"]);
        tree.stem(depth);
        tree.merge_path(&path("1"));
        assert_eq!((ends(&tree.leaves())[0].as_str(), ends(&tree.conflicts())), ("4", to_strings(&conflicts)));
    }
}

/// A random piece of one big tree, in which the parent of a revision is a function of its name.
fn paths() -> impl Strategy<Value = Vec<Path<i64>>> {
    let one = (prop::collection::vec(0_u8..2, 1..6), 0_usize..5, any::<bool>());
    let to_path = |(turns, known, deleted): (Vec<u8>, usize, bool)| {
        let name = |length: usize| turns[..length].iter().fold(String::from("r"), |name, turn| name + &turn.to_string());
        let first = known.min(turns.len() - 1) + 1;
        let ids: Vec<RevisionId> = (first..=turns.len()).rev().map(|length| id(&name(length))).collect();
        let deleted = deleted && turns.len().is_multiple_of(2);
        Path { generation: turns.len() as u32, ids, deleted, body: turns.iter().map(|turn| *turn as i64).sum() }
    };
    prop::collection::vec(one.prop_map(to_path), 0..8)
}

fn grown(paths: &[Path<i64>]) -> Revisions<i64> {
    let mut tree = Revisions::default();
    for path in paths {
        tree.merge_path(path);
    }
    tree
}

fn joined(a: &Revisions<i64>, b: &Revisions<i64>) -> Revisions<i64> {
    let mut joined = a.clone();
    joined.merge(b);
    joined
}

proptest! {
    #[test]
    fn merging_trees_is_a_join(a in paths(), b in paths(), c in paths()) {
        let (x, y, z) = (grown(&a), grown(&b), grown(&c));
        prop_assert_eq!(joined(&x, &y), joined(&y, &x));
        prop_assert_eq!(joined(&joined(&x, &y), &z), joined(&x, &joined(&y, &z)));
        prop_assert_eq!(joined(&x, &x), x.clone());
        let all: Vec<Path<i64>> = c.iter().chain(&a).chain(&b).rev().chain(&a).cloned().collect();
        let whole = grown(&all);
        prop_assert_eq!(&joined(&joined(&x, &y), &z), &whole);
        prop_assert!(a.iter().flat_map(Path::revisions).all(|revision| whole.missing([revision]).is_empty()));
        prop_assert_eq!(whole.leaves().len(), whole.nodes.keys().filter(|revision| whole.is_leaf(**revision)).count());
        prop_assert_eq!(words::digest(&x) == words::digest(&y), x == y);
    }

    /// Stemming takes no leaf away, and does nothing the second time.
    #[test]
    fn stemming_keeps_all_leaves(a in paths(), depth in 1_u32..5) {
        let tree = grown(&a);
        let mut stemmed = tree.clone();
        stemmed.stem(depth);
        prop_assert_eq!(ends(&stemmed.leaves()), ends(&tree.leaves()));
        let mut again = stemmed.clone();
        again.stem(depth);
        prop_assert_eq!(&again, &stemmed);
        for leaf in stemmed.leaves() {
            prop_assert!(stemmed.path(leaf.revision).is_some_and(|path| !path.ids.is_empty()));
            let (kept, full) = (stemmed.line(leaf.revision), tree.line(leaf.revision));
            prop_assert!(full.starts_with(&kept[..kept.len().min(depth as usize)]));
            prop_assert!(kept.len() >= full.len().min(depth as usize));
        }
    }
}
