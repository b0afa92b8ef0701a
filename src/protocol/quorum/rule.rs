//! What of a leaderless group may change while it runs: how many copies, how many of them are asked, and what becomes of copies
//! that fell behind.

use super::{Config, ReadRepair};
use crate::sim::time::Micros;
use serde::{Deserialize, Serialize};

/// As the fields of the same names of [`Config`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quorums {
    pub n: u8,
    pub r: u8,
    pub w: u8,
    pub sloppy: bool,
    pub read_repair: ReadRepair,
    pub anti_entropy_every: Option<Micros>,
}

impl Default for Quorums {
    fn default() -> Self {
        Config::default().quorums()
    }
}

impl Config {
    pub fn quorums(&self) -> Quorums {
        let Config { n, r, w, sloppy, read_repair, anti_entropy_every, .. } = *self;
        Quorums { n, r, w, sloppy, read_repair, anti_entropy_every }
    }

    pub fn with_quorums(&self, rule: Quorums) -> Config {
        let Quorums { n, r, w, sloppy, read_repair, anti_entropy_every } = rule;
        Config { n, r, w, sloppy, read_repair, anti_entropy_every, ..self.clone() }
    }
}

impl Quorums {
    /// The field that asks for what so many nodes cannot give, and why, in words.
    pub fn problem(&self, nodes: u16) -> Option<(&'static str, String)> {
        let Quorums { n, r, w, .. } = *self;
        [
            ("n", n, nodes, "copies of a key", "the group has"),
            ("r", r, n as u16, "answers", "a key has"),
            ("w", w, n as u16, "copies on disk", "a key has"),
        ]
        .into_iter()
        .find_map(|(field, asked, there, what, who)| match asked as u16 {
            0 => Some((field, "0 would ask nobody; allowed is 1 and more".to_string())),
            asked if asked > there && field == "n" => {
                Some((field, format!("{asked} {what} are asked for, and {who} {there} nodes")))
            }
            asked if asked > there => Some((field, format!("{asked} {what} are asked for, and {who} {there} home nodes"))),
            _ => None,
        })
    }

    /// What can happen with settings that are allowed but risky, the worst first.
    pub fn warnings(&self) -> Vec<&'static str> {
        let Quorums { n, r, w, sloppy, read_repair, anti_entropy_every } = *self;
        let is_overlap = r as u16 + w as u16 > n as u16;
        let is_repaired = read_repair != ReadRepair::Off || anti_entropy_every.is_some();
        [
            (!is_overlap, "R + W is not more than N: a read may miss the last write."),
            (w == 1 && n > 1, "W = 1: a write is acknowledged while it is on one disk only, and is lost with it."),
            (
                sloppy && is_overlap,
                "Sloppy: a write may be with stand-ins, whom no read asks, so even with R + W > N a read may miss it.",
            ),
            (
                n > 1 && (w == n || r == n),
                "One home node that is down is enough to stop reads or writes, since all have to answer.",
            ),
            (!is_repaired && w < n, "Nothing repairs copies that fell behind: they stay old until they are written again."),
        ]
        .into_iter()
        .filter_map(|(is_so, what)| is_so.then_some(what))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quorums_that_cannot_be_are_refused_in_words() {
        for ((n, r, w), nodes, word) in [
            ((3, 2, 2), 3, ""),
            ((1, 1, 1), 1, ""),
            ((5, 5, 1), 9, ""),
            ((4, 2, 2), 3, "n: 4 copies of a key are asked for, and the group has 3 nodes"),
            ((3, 4, 2), 5, "r: 4 answers are asked for, and a key has 3 home nodes"),
            ((3, 2, 4), 5, "w: 4 copies on disk are asked for, and a key has 3 home nodes"),
            ((3, 0, 2), 5, "r: 0 would ask nobody; allowed is 1 and more"),
        ] {
            let problem = Quorums { n, r, w, ..Quorums::default() }.problem(nodes);
            assert_eq!(problem.map_or(String::new(), |(field, what)| format!("{field}: {what}")), word);
        }
    }

    #[test]
    fn what_is_risky_is_said() {
        let rule = |[n, r, w]: [u8; 3]| Quorums { n, r, w, ..Quorums::default() };
        let sloppy = Quorums { sloppy: true, ..rule([3, 2, 2]) };
        let unrepaired = Quorums { read_repair: ReadRepair::Off, ..rule([3, 2, 2]) };
        for (rule, begins) in [
            (rule([3, 2, 2]), vec![]),
            (rule([1, 1, 1]), vec![]),
            (rule([5, 3, 3]), vec![]),
            (rule([3, 1, 1]), vec!["R + W", "W = 1"]),
            (rule([3, 1, 2]), vec!["R + W"]),
            (rule([3, 3, 1]), vec!["W = 1", "One home"]),
            (rule([3, 1, 3]), vec!["One home"]),
            (sloppy, vec!["Sloppy"]),
            (Quorums { r: 1, w: 1, ..sloppy }, vec!["R + W", "W = 1"]),
            (unrepaired, vec!["Nothing repairs"]),
            (Quorums { anti_entropy_every: Some(Micros::from_secs(1)), ..unrepaired }, vec![]),
        ] {
            let warnings = rule.warnings();
            assert_eq!(warnings.len(), begins.len(), "{rule:?}: {warnings:?}");
            warnings.iter().zip(begins).for_each(|(warning, begin)| assert!(warning.starts_with(begin), "{rule:?}: {warning}"));
        }
    }
}
