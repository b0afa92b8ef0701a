//! Which primary's log holds which positions, and where two logs part.
//!
//! As PostgreSQL's timeline history files: a promotion begins a new epoch at the LSN after the last one received. Two
//! logs of the same id agree exactly as far as their timelines do.

use crate::store::log::{Epoch, Lsn};

/// (epoch, first LSN written in it), both ascending. Epochs in which nothing was written leave no trace, unless it is
/// the last one.
pub type History = Vec<(Epoch, Lsn)>;

/// From `first` on entries are of `epoch`, which begins there or, if it is the one before, goes on. An epoch that began there
/// too stayed empty and is forgotten.
pub fn begin_epoch(history: &mut History, epoch: Epoch, first: Lsn) {
    history.retain(|(_, other)| *other < first);
    if history.last().is_none_or(|(last, _)| *last != epoch) {
        history.push((epoch, first));
    }
}

/// The epoch in which the entry at `lsn` was written on this timeline; LSN 0 belongs to no epoch.
pub fn epoch_at(history: &[(Epoch, Lsn)], lsn: Lsn) -> Epoch {
    if lsn == Lsn::ZERO {
        return Epoch(0);
    }
    history.iter().rev().find(|(_, first)| *first <= lsn).map_or(Epoch(0), |(epoch, _)| *epoch)
}

/// The last position up to which two timelines are the same.
pub fn fork(one: &[(Epoch, Lsn)], other: &[(Epoch, Lsn)]) -> Lsn {
    let common = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let next = |history: &[(Epoch, Lsn)]| history.get(common).map_or(Lsn(u64::MAX), |(_, first)| *first);
    if common == 0 { Lsn::ZERO } else { next(one).min(next(other)).previous() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(rows: &[(u32, u64)]) -> History {
        let mut history = History::new();
        rows.iter().for_each(|(epoch, first)| begin_epoch(&mut history, Epoch(*epoch), Lsn(*first)));
        history
    }

    #[test]
    fn an_epoch_without_writes_leaves_no_trace() {
        assert_eq!(history(&[(1, 1), (2, 51), (3, 51)]), [(Epoch(1), Lsn(1)), (Epoch(3), Lsn(51))]);
        assert_eq!(history(&[(1, 1), (2, 1)]), [(Epoch(2), Lsn(1))]);
        // The one before goes on, as for a node promoted too early that then follows another.
        assert_eq!(history(&[(1, 1), (2, 51), (1, 51)]), [(Epoch(1), Lsn(1))]);
    }

    #[test]
    fn an_entry_belongs_to_the_epoch_begun_last_before_it() {
        let rows = history(&[(1, 1), (2, 51), (5, 60)]);
        for (lsn, epoch) in [(0, 0), (1, 1), (50, 1), (51, 2), (59, 2), (60, 5), (99, 5)] {
            assert_eq!(epoch_at(&rows, Lsn(lsn)), Epoch(epoch), "{lsn}");
        }
    }

    #[test]
    fn timelines_part_where_the_first_of_them_begins_another_epoch() {
        for (one, other, last_common) in [
            (&[(1, 1)][..], &[(1, 1), (2, 51)][..], 50),
            (&[(1, 1), (2, 51)], &[(1, 1), (3, 41)], 40),
            (&[(1, 1), (2, 51)], &[(1, 1), (2, 51), (3, 70)], 69),
            (&[(2, 1)], &[(1, 1)], 0),
        ] {
            assert_eq!(fork(&history(one), &history(other)), Lsn(last_common));
            assert_eq!(fork(&history(other), &history(one)), Lsn(last_common));
        }
        assert_eq!(fork(&history(&[(1, 1)]), &history(&[(1, 1)])), Lsn(u64::MAX - 1), "never");
    }
}
