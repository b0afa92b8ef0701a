//! How long operations took: counts by length, on a logarithmic scale of whole numbers.
//!
//! As in an HDR histogram (Tene, 2012): lengths below 16 µs are exact; above, every doubling is parted into 16 equal bins. A
//! bin stands for the length in its middle, so what is read off is wrong by at most 1/32, about 3 %.

/// What an operation was, and whether it ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Read,
    Write,
    Refused,
    /// No answer in time, or none that says whether it happened.
    Unknown,
}

impl Ended {
    /// All operations that ended well.
    pub const WELL: &[Ended] = &[Ended::Read, Ended::Write];
    /// All others.
    pub const ILL: &[Ended] = &[Ended::Refused, Ended::Unknown];
}

const SUB_BITS: u32 = 4;
const SUB_BINS: u64 = 1 << SUB_BITS;

/// How many operations took how long. Few lengths differ in a stretch of time, so only bins with something in them are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies(
    /// In order of (bin, kind), in one number.
    Vec<(u16, u32)>,
);

fn bin(length_us: u64) -> u64 {
    if length_us < SUB_BINS {
        return length_us;
    }
    let octave = length_us.ilog2() - SUB_BITS;
    (octave as u64 + 1) * SUB_BINS + ((length_us >> octave) - SUB_BINS)
}

/// The length in the middle of a bin.
fn middle(bin: u64) -> u64 {
    if bin < 2 * SUB_BINS {
        return bin;
    }
    let octave = bin / SUB_BINS - 1;
    ((SUB_BINS + bin % SUB_BINS) << octave) + (1 << octave >> 1)
}

impl Latencies {
    pub fn add(&mut self, ended: Ended, length_us: u64) {
        self.put((bin(length_us) as u16) << 2 | ended as u16, 1);
    }

    fn put(&mut self, place: u16, count: u32) {
        match self.0.binary_search_by(|(own, _)| own.cmp(&place)) {
            Ok(at) => self.0[at].1 += count,
            Err(at) => self.0.insert(at, (place, count)),
        }
    }

    pub fn merge(&mut self, other: &Latencies) {
        other.0.iter().for_each(|(place, count)| self.put(*place, *count));
    }

    fn of<'a>(&'a self, ended: &'a [Ended]) -> impl Iterator<Item = (u64, u64)> + 'a {
        let wanted = move |place: u16| ended.iter().any(|one| *one as u16 == place & 3);
        self.0.iter().filter(move |(place, _)| wanted(*place)).map(|(place, count)| ((place >> 2) as u64, *count as u64))
    }

    pub fn count(&self, ended: &[Ended]) -> u64 {
        self.of(ended).map(|(_, count)| count).sum()
    }

    /// The length, in µs, that so many of 100 operations did not exceed; the nearest rank. None if there were no operations.
    pub fn percentile(&self, ended: &[Ended], percent: u64) -> Option<u64> {
        let rank = (self.count(ended) * percent).div_ceil(100).max(1);
        let mut before = 0;
        let found = self.of(ended).find(|(_, count)| {
            before += count;
            before >= rank
        });
        found.map(|(bin, _)| middle(bin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bins_follow_each_other_without_gaps() {
        for bin_before in 0..767 {
            let (here, next) = (middle(bin_before), middle(bin_before + 1));
            assert!(here < next && bin(here) == bin_before && bin(next) == bin_before + 1, "{bin_before}");
            let edge = (here..next).find(|length| bin(*length) != bin_before).unwrap_or(next);
            assert_eq!(bin(edge), bin_before + 1);
            assert!(bin_before < 400 || edge > here, "a middle is inside");
            if next > 1 << 20 {
                break;
            }
        }
        assert!(bin(crate::sim::time::Micros::MAX.0) < 1 << 12);
    }

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let mut some = Latencies::default();
        assert_eq!(some.percentile(Ended::WELL, 50), None);
        (1..=10).for_each(|length| some.add(Ended::Read, length));
        some.add(Ended::Refused, 15);
        for (percent, length) in [(1, 1), (10, 1), (11, 2), (50, 5), (51, 6), (95, 10), (99, 10), (100, 10)] {
            assert_eq!(some.percentile(Ended::WELL, percent), Some(length), "{percent} %");
        }
        assert_eq!((some.count(Ended::WELL), some.percentile(Ended::ILL, 50)), (10, Some(15)));
        assert_eq!(some.percentile(&[Ended::Write], 50), None);
    }

    proptest! {
        /// Against the lengths themselves, sorted.
        #[test]
        fn percentiles_are_wrong_by_3_percent_at_most(
            mut lengths in prop::collection::vec((0u32..40).prop_flat_map(|bits| 0u64..1 << bits.max(1)), 1..200),
            percent in 1u64..=100, cut in 0usize..200,
        ) {
            let (mut one, mut other) = (Latencies::default(), Latencies::default());
            for (index, length) in lengths.iter().enumerate() {
                let part = if index < cut { &mut one } else { &mut other };
                part.add(if index % 2 == 0 { Ended::Read } else { Ended::Write }, *length);
            }
            one.merge(&other);
            lengths.sort_unstable();
            let exact = lengths[(lengths.len() * percent as usize).div_ceil(100) - 1] as f64;
            let said = one.percentile(Ended::WELL, percent).unwrap() as f64;
            prop_assert!((said - exact).abs() <= exact / 32.0 + 0.5, "{} for {}", said, exact);
        }
    }
}
