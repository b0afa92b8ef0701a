//! Our types against those of the crate `crdts`, which was written by others: the same histories, the same answers.

use super::*;
use crate::store::{
    object::{counter::Counter, set::ReplicatedSet, set::SetKind, text::Text},
    siblings::Siblings,
    stamp::Stamp,
    version::VersionVector,
};
use crdts::{CmRDT, CvRDT};
use proptest::prelude::*;
use std::collections::BTreeSet;

type Step = (usize, u8, u8);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..PEERS, any::<u8>(), any::<u8>()), 0..24)
}

/// Steps that only merge: whose state, if any.
fn met(what: u8, argument: u8) -> Option<usize> {
    (what < 90).then_some(argument as usize % PEERS)
}

proptest! {
    #[test]
    fn version_vectors(a in prop::collection::vec((0..PEERS, 1_u32..6), 0..5), b in prop::collection::vec((0..PEERS, 1_u32..6), 0..5)) {
        let ours = |dots: &[(usize, u32)]| dots.iter().map(|(peer, counter)| dot(*peer, *counter)).collect::<VersionVector>();
        let theirs = |dots: &[(usize, u32)]| {
            dots.iter().map(|(peer, counter)| crdts::Dot::new(*peer, *counter as u64)).collect::<crdts::VClock<usize>>()
        };
        let (mut one, two, mut their_one, their_two) = (ours(&a), ours(&b), theirs(&a), theirs(&b));
        prop_assert_eq!(one.compare(&two), their_one.partial_cmp(&their_two));
        prop_assert_eq!(one.compare(&two).is_none(), their_one.concurrent(&their_two));
        one.merge(&two);
        their_one.merge(their_two);
        for peer in 0..PEERS {
            prop_assert_eq!(one.get(actor(peer)) as u64, their_one.get(&peer));
            prop_assert_eq!(one.next(actor(peer)).counter as u64, their_one.inc(peer).counter);
        }
    }

    #[test]
    fn counters(steps in steps(), grow_only in any::<bool>()) {
        let mut ours: [Counter; PEERS] = Default::default();
        let mut both: [crdts::PNCounter<usize>; PEERS] = Default::default();
        let mut up: [crdts::GCounter<usize>; PEERS] = Default::default();
        for (who, what, argument) in steps {
            if let Some(whom) = met(what, argument) {
                let (state, their, their_up) = (ours[whom].clone(), both[whom].clone(), up[whom].clone());
                ours[who].merge(&state);
                both[who].merge(their);
                up[who].merge(their_up);
            } else {
                let amount = argument as u64 % 9;
                let down = !grow_only && what.is_multiple_of(2);
                ours[who].add(actor(who), if down { -(amount as i64) } else { amount as i64 }, mark(who, 0));
                let change = if down { both[who].dec_many(who, amount) } else { both[who].inc_many(who, amount) };
                both[who].apply(change);
                let change = up[who].inc_many(who, if down { 0 } else { amount });
                up[who].apply(change);
            }
            prop_assert_eq!(ours[who].value().to_string(), both[who].read().to_string());
            prop_assert_eq!(ours[who].plus().map(|(_, total)| total).sum::<u64>().to_string(), up[who].read().to_string());
        }
    }

    /// Theirs is the observed-remove set without tombstones.
    #[test]
    fn observed_remove_sets(steps in steps()) {
        let mut ours: [ReplicatedSet; PEERS] = Default::default();
        let mut theirs: [crdts::Orswot<i64, usize>; PEERS] = Default::default();
        for (time, (who, what, argument)) in steps.into_iter().enumerate() {
            let element = argument as i64 / 3 % 4;
            if let Some(whom) = met(what, argument) {
                let (state, their) = (ours[whom].clone(), theirs[whom].clone());
                ours[who].merge(&state);
                theirs[who].merge(their);
            } else if what.is_multiple_of(3) {
                ours[who].remove(actor(who), element, mark(who, time as i64));
                let change = theirs[who].rm(element, theirs[who].contains(&element).derive_rm_ctx());
                theirs[who].apply(change);
            } else {
                ours[who].add(actor(who), element, mark(who, time as i64));
                let change = theirs[who].add(element, theirs[who].read_ctx().derive_add_ctx(who));
                theirs[who].apply(change);
            }
            let members: BTreeSet<i64> = theirs[who].read().val.into_iter().collect();
            prop_assert_eq!(ours[who].elements(SetKind::ObservedRemove), members.into_iter().collect::<Vec<_>>());
        }
    }

    /// Every write over what was read here: their register knows no other.
    #[test]
    fn registers_with_siblings(steps in steps()) {
        let mut ours: [Siblings<i64>; PEERS] = Default::default();
        let mut theirs: [crdts::MVReg<i64, usize>; PEERS] = Default::default();
        for (time, (who, what, argument)) in steps.into_iter().enumerate() {
            if let Some(whom) = met(what, argument) {
                let (state, their) = (ours[whom].clone(), theirs[whom].clone());
                ours[who].merge(&state);
                theirs[who].merge(their);
            } else {
                let seen = ours[who].seen().clone();
                ours[who].put(actor(who), time as i64, &seen);
                let change = theirs[who].write(time as i64, theirs[who].read_ctx().derive_add_ctx(who));
                theirs[who].apply(change);
            }
            let values: BTreeSet<i64> = theirs[who].read().val.into_iter().collect();
            prop_assert_eq!(ours[who].values().copied().collect::<BTreeSet<_>>(), values);
        }
    }

    #[test]
    fn last_write_wins_registers(steps in steps()) {
        use crate::store::{object::register::{Register, Strategy}, version::Seen};
        let mut ours: [Register; PEERS] = Default::default();
        let first = crdts::LWWReg { val: None, marker: Stamp::wall(i64::MIN, actor(0)) };
        let mut theirs: [crdts::LWWReg<Option<i64>, Stamp>; PEERS] = std::array::from_fn(|_| first.clone());
        for (time, (who, what, argument)) in steps.into_iter().enumerate() {
            if let Some(whom) = met(what, argument) {
                let (state, their) = (ours[whom].clone(), theirs[whom].clone());
                ours[who].merge(&state);
                theirs[who].merge(their);
            } else {
                let version = version(who, time as i64, false, time as i64);
                let context = if what.is_multiple_of(2) { ours[who].seen().clone() } else { Seen::default() };
                ours[who].put(actor(who), version, &context);
                theirs[who].update(Some(time as i64), version.stamp);
            }
            let shown = ours[who].view(Strategy::LastWriteWins).live().next().map(|version| version.write.value);
            prop_assert_eq!(shown, theirs[who].val);
        }
    }

    /// Concurrent insertions are ordered differently by every algorithm, so peers here take turns; then all say the same.
    #[test]
    fn texts_in_turns(steps in steps()) {
        let (mut ours, mut theirs, mut plain) = (Text::default(), crdts::List::<char, usize>::new(), Vec::new());
        for (who, what, argument) in steps {
            let position = argument as usize % (plain.len() + 1);
            let value = (b'a' + what % 26) as char;
            if what.is_multiple_of(4) {
                ours.erase(position);
                theirs.delete_index(position, who).into_iter().for_each(|change| theirs.apply(change));
                if position < plain.len() {
                    plain.remove(position);
                }
            } else {
                ours.insert(actor(who), position, value, mark(who, 0).id);
                theirs.apply(theirs.insert_index(position, value, who));
                plain.insert(position, value);
            }
            prop_assert_eq!(ours.text(), plain.iter().collect::<String>());
            prop_assert_eq!(ours.text(), theirs.read::<String>());
        }
    }

    /// Two people type a word each, at a random place of a random text, forwards or backwards: the words stay whole, in both.
    #[test]
    fn words_typed_at_once_stay_whole(steps in steps(), place in any::<u8>(), backwards in any::<[bool; 2]>()) {
        let mut text = Text::default();
        for (who, what, argument) in steps {
            let length = text.characters().len();
            let _ = if what.is_multiple_of(3) { text.erase(argument as usize % (length + 1)) }
                else { text.insert(actor(who), argument as usize % (length + 1), '.', mark(who, 0).id) };
        }
        let place = place as usize % (text.characters().len() + 1);
        let (mut a, mut b) = (text.clone(), text);
        for (text, who, word) in [(&mut a, 0, "milk"), (&mut b, 1, "eggs")] {
            let letters: Vec<char> = if backwards[who] { word.chars().rev().collect() } else { word.chars().collect() };
            for (index, letter) in letters.into_iter().enumerate() {
                text.insert(actor(who), if backwards[who] { place } else { place + index }, letter, mark(who, 0).id);
            }
        }
        a.merge(&b);
        b.merge(&a);
        prop_assert_eq!(a.text(), b.text());
        prop_assert!(["milkeggs", "eggsmilk"].contains(&a.text().trim_matches('.')), "{}", a.text());
    }
}
