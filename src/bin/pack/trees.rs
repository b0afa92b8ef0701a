//! Which bits stand for a byte: few for those that are frequent in their class (Huffman codes), so that fewer have to be guessed.
//! That is for speed; how well guesses are decides how small the program gets.

use super::walk::CLASSES;

pub const BITS_MAX: usize = 12;
/// How many bits stand for each byte of each class; 0 where it does not occur.
pub type Lengths = Vec<[u8; 256]>;

/// The shortest codes for so many of each byte that are not longer than [`BITS_MAX`].
pub fn lengths(counts: &[[usize; 256]; CLASSES]) -> Lengths {
    counts.iter().map(of_class).collect()
}

fn of_class(counts: &[usize; 256]) -> [u8; 256] {
    let mut counts = *counts;
    loop {
        let mut lengths = [0; 256];
        // Trees that are not joined yet: how many, and which bytes.
        let mut trees: Vec<(usize, Vec<usize>)> =
            (0..256).filter(|byte| counts[*byte] > 0).map(|byte| (counts[byte], vec![byte])).collect();
        if let [(_, bytes)] = &trees[..] {
            lengths[bytes[0]] = 1;
        }
        while trees.len() > 1 {
            trees.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
            let (Some((one, mut bytes)), Some((other, more))) = (trees.pop(), trees.pop()) else { break };
            bytes.extend(more);
            bytes.iter().for_each(|byte| lengths[*byte] += 1);
            trees.push((one + other, bytes));
        }
        if lengths.iter().all(|length| usize::from(*length) <= BITS_MAX) {
            return lengths;
        }
        counts.iter_mut().filter(|count| **count > 0).for_each(|count| *count = *count / 2 + 1);
    }
}

/// For each byte of each class a one and then its bits; 0 where it does not occur. Shorter ones come first, then by byte.
pub fn leaves(lengths: &Lengths) -> Vec<[u32; 256]> {
    lengths
        .iter()
        .map(|lengths| {
            let (mut leaves, mut leaf) = ([0; 256], 1);
            for length in 1..=BITS_MAX {
                leaf *= 2;
                for byte in (0..256).filter(|byte| usize::from(lengths[*byte]) == length) {
                    leaves[byte] = leaf;
                    leaf += 1;
                }
            }
            leaves
        })
        .collect()
}
