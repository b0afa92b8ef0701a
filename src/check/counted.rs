//! Counters: whether some copy has all that was acknowledged.
//!
//! A sum does not say what it is made of, so that a copy which lacks something can be right by chance and no copy is proof of a loss.
//! It must not claim one: as long as no copy has all, it cannot tell.

use crate::sim::{
    id::{Key, Value},
    operation::Write,
    small::SmallMap,
};

/// The least and the most that each counter can be with everything in it that was acknowledged.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted(SmallMap<Key, (Value, Value)>);

const INCOMPLETE: &str = "no copy of a counter adds up to all that was acknowledged, and a sum does not say what it lacks";

impl Counted {
    /// A node takes it, and it may come to nothing if the node fails first; what comes twice counts twice.
    pub fn accepted(&mut self, write: &Write) {
        let (least, most) = self.0.or_default(write.key);
        *least = least.saturating_add(write.value.min(0));
        *most = most.saturating_add(write.value.max(0));
    }

    /// From now on it has to be in there once.
    pub fn acknowledged(&mut self, key: Key, amount: Value) {
        let (least, most) = self.0.or_default(key);
        *least = least.saturating_add(amount.max(0));
        *most = most.saturating_add(amount.min(0));
    }

    /// Why nobody can tell whether all is there; `totals`: what each copy of a key is.
    pub fn unsure<T: Iterator<Item = Value>>(&self, totals: impl Fn(Key) -> T) -> Option<&'static str> {
        let is_whole =
            |(key, (least, most)): (&Key, &(Value, Value))| totals(*key).any(|total| *least <= total && total <= *most);
        (!self.0.iter().all(is_whole)).then_some(INCOMPLETE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::id::{ClientId, OperationId, Origin};

    #[test]
    fn a_copy_has_all_or_nobody_can_tell() {
        let id = OperationId { client: ClientId(0), origin: Origin::Hand, number: 0 };
        // What was taken by nodes, what of it was acknowledged, the copies, and whether one of them may have all.
        for (taken, told, totals, expected) in [
            (&[][..], &[][..], &[0][..], true),
            (&[3], &[3], &[0, 3], true),
            (&[3], &[3], &[0, 0], false),
            (&[3], &[3], &[4], false),
            // Nobody was told, so both are right.
            (&[3], &[], &[0], true),
            (&[3], &[], &[3], true),
            // Taken twice, told once.
            (&[3, 3], &[3], &[6], true),
            (&[3, 3], &[3], &[0], false),
            // Both sides are equal by chance and lack what the other has.
            (&[1, 3, 4, -1], &[1, 3, 4, -1], &[4, 4], false),
            (&[1, 3, 4, -1], &[1, 3, 4, -1], &[4, 7], true),
            (&[2, -5], &[2], &[-3], true),
            (&[2, -5], &[2], &[-5], false),
        ] {
            let mut counted = Counted::default();
            taken.iter().for_each(|value| counted.accepted(&Write { id, key: Key(0), value: *value }));
            told.iter().for_each(|amount| counted.acknowledged(Key(0), *amount));
            let said = counted.unsure(|_| totals.iter().copied());
            assert_eq!(said.is_none(), expected, "{taken:?} {told:?} {totals:?}");
        }
    }
}
