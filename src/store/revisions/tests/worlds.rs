//! Small worlds, enumerated: everything that three peers can do to one document in four steps, against a model that has no trees.
//!
//! In the model an edit is what it replaces, whether it deletes, and its value; a peer has a set of edits. Its ends are those that no
//! edit in the set replaces, and the rule says in words which of them is shown.

use super::*;

const PEERS: usize = 3;
const STEPS: usize = 4;

/// A set of edits, one bit each.
type Edits = u32;

#[derive(Clone, Copy, PartialEq)]
struct Edit {
    over: Option<usize>,
    deleted: bool,
    value: i64,
    revision: Revision,
}

#[derive(Clone, Default)]
struct World {
    edits: Vec<Edit>,
    known: [Edits; PEERS],
    peers: [Revisions<i64>; PEERS],
}

impl World {
    /// The ends of branches at a peer, by the model.
    fn ends(&self, peer: usize) -> Vec<usize> {
        let known = |edit: &usize| self.known[peer] & 1 << edit != 0;
        let is_replaced =
            |edit: &usize| (0..self.edits.len()).any(|other| known(&other) && self.edits[other].over == Some(*edit));
        (0..self.edits.len()).filter(|edit| known(edit) && !is_replaced(edit)).collect()
    }

    fn length(&self, edit: usize) -> u32 {
        1 + self.edits[edit].over.map_or(0, |over| self.length(over))
    }

    /// An edit at a peer; equal ones are one.
    fn edit(&self, peer: usize, over: Option<usize>, deleted: bool, value: i64) -> World {
        let mut next = self.clone();
        let named = over.map(|over| self.edits[over].revision).filter(|_| !over.is_some_and(|over| self.edits[over].deleted));
        let path = next.peers[peer].edit(named, deleted, value).expect("it names a current revision");
        let edit = Edit { over, deleted, value, revision: path.last().expect("itself") };
        let place = self.edits.iter().position(|own| (own.over, own.deleted, own.value) == (over, deleted, value));
        let place = place.unwrap_or_else(|| {
            next.edits.push(edit);
            self.edits.len()
        });
        assert_eq!(next.edits[place].revision, edit.revision, "equal edits are one revision");
        next.known[peer] |= 1 << place;
        next
    }

    /// One peer fetches what it lacks from another: the ends of branches, with their lines.
    fn pull(&self, to: usize, from: usize) -> World {
        let mut next = self.clone();
        let missing = self.peers[to].missing(self.peers[from].leaves().iter().map(|leaf| leaf.revision));
        for revision in missing {
            next.peers[to].merge_path(&self.peers[from].path(revision).expect("the end of a branch"));
        }
        next.known[to] |= self.known[from];
        next
    }

    fn moves(&self) -> Vec<World> {
        let mut next = Vec::new();
        for peer in 0..PEERS {
            let ends = self.ends(peer);
            let (live, deleted): (Vec<usize>, Vec<usize>) = ends.into_iter().partition(|edit| !self.edits[*edit].deleted);
            for over in &live {
                next.extend(
                    [(false, 1), (false, 2), (true, 0)].map(|(deleted, value)| self.edit(peer, Some(*over), deleted, value)),
                );
            }
            if live.is_empty() {
                // Made anew, it follows the deletion that would be shown.
                let over = deleted.into_iter().max_by_key(|edit| (self.length(*edit), self.edits[*edit].revision));
                next.extend([1, 2].map(|value| self.edit(peer, over, false, value)));
            }
            next.extend((0..PEERS).filter(|from| *from != peer).map(|from| self.pull(peer, from)));
        }
        next
    }

    fn look(&self) {
        for peer in 0..PEERS {
            let tree = &self.peers[peer];
            let mut ends: Vec<(bool, u32, RevisionId)> = self
                .ends(peer)
                .iter()
                .map(|edit| (!self.edits[*edit].deleted, self.length(*edit), self.edits[*edit].revision.id))
                .collect();
            ends.sort_by(|one, other| other.cmp(one));
            let own = tree.leaves();
            let own: Vec<_> = own.iter().map(|leaf| (!leaf.deleted, leaf.revision.generation, leaf.revision.id)).collect();
            assert_eq!(own, ends, "peer {peer}");
            assert_eq!(tree.len(), self.known[peer].count_ones() as usize, "peer {peer} forgets nothing");
            for (place, edit) in self.edits.iter().enumerate() {
                assert_eq!(tree.knows(edit.revision), self.known[peer] & 1 << place != 0);
            }
        }
        for one in 0..PEERS {
            for other in (0..PEERS).filter(|other| self.known[*other] == self.known[one]) {
                assert_eq!(self.peers[one], self.peers[other], "who knows the same has the same");
            }
        }
    }
}

fn explore(world: &World, steps: usize, count: &mut usize) {
    world.look();
    *count += 1;
    if steps > 0 {
        world.moves().iter().for_each(|next| explore(next, steps - 1, count));
    }
}

#[test]
fn three_peers_in_four_steps_agree_with_the_model() {
    let mut count = 0;
    explore(&World::default(), STEPS, &mut count);
    assert!(count > 20_000, "{count} worlds");
}
