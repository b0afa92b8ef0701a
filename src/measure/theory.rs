//! What theory says of a rumour: which share of the nodes has not heard of it, spreads it, or spreads it no more, round by round.
//!
//! Mean values of a large group without losses, as recurrences: who has not heard of it stays so with probability e^(−f·i) if those
//! who spread it tell f others, and (1 − i)^f if everybody asks f others (Demers et al. 1987, §1.3, there of anti-entropy: s² and
//! s·e^(s−1)). Loss of interest follows the rule of the scenario: a round is in vain with probability (1 − s)^f for who tells,
//! e^(−f·s) − e^(−f) for who is asked (§1.4; in continuous time s = e^(−(k+1)(1−s)) for a coin with feedback). One run of a small
//! group goes its own way, mostly at the beginning, where chance decides.

use crate::protocol::gossip::{Config, Lose};

/// Shares of the nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    /// They have not heard of it.
    pub susceptible: f64,
    /// They spread it, by how often they have told it in vain.
    infective: Vec<f64>,
}

impl Shares {
    /// One node of so many knows it.
    pub fn first(config: &Config, nodes: u16) -> Shares {
        Shares::known_by(config, 1.0 / nodes.max(1) as f64)
    }

    /// This share knows it, and all of them spread it.
    pub fn known_by(config: &Config, share: f64) -> Shares {
        let classes = if config.interest.lose == Lose::Counter { config.interest.k.max(1) as usize } else { 1 };
        let mut infective = vec![0.0; classes];
        infective[0] = share;
        Shares { susceptible: 1.0 - share, infective }
    }

    pub fn infective(&self) -> f64 {
        self.infective.iter().sum()
    }

    pub fn known(&self) -> f64 {
        1.0 - self.susceptible
    }

    /// After one more round.
    pub fn next(&self, config: &Config) -> Shares {
        let (s, i, f) = (self.susceptible, self.infective(), config.fanout as f64);
        let (pushes, pulls) = (config.mode.pushes(), config.mode.pulls());
        let mut stays = 1.0;
        if pushes {
            stays *= libm::exp(-f * i);
        }
        if pulls {
            stays *= power(1.0 - i, config.fanout);
        }
        // Of one who spreads it: nobody it was in contact with needed it; it was in contact with nobody.
        let all_knew = if pushes { power(1.0 - s, config.fanout) } else { 1.0 } * if pulls { libm::exp(-f * s) } else { 1.0 };
        let nobody = if pushes { 0.0 } else { libm::exp(-f) };
        let in_vain = if config.interest.feedback { all_knew } else { 1.0 } - nobody;
        let useful = if config.interest.feedback { 1.0 - all_knew } else { 0.0 };
        let mut infective = self.infective.clone();
        match config.interest.lose {
            Lose::Never => {}
            Lose::Coin => infective[0] *= 1.0 - in_vain / config.interest.k.max(1) as f64,
            Lose::Counter => {
                let back = if config.interest.reset { useful } else { 0.0 };
                for class in (0..infective.len()).rev() {
                    let here = self.infective[class];
                    infective[class] -= here * (in_vain + back);
                    infective[0] += here * back;
                    if let Some(next) = infective.get_mut(class + 1) {
                        *next += here * in_vain;
                    }
                }
            }
        }
        infective[0] += s * (1.0 - stays);
        Shares { susceptible: s * stays, infective }
    }
}

fn power(base: f64, times: u16) -> f64 {
    (0..times).fold(1.0, |product, _| product * base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::gossip::{Interest, Mode};

    fn residue(config: &Config) -> f64 {
        let mut shares = Shares::first(config, 1_000);
        for _ in 0..400 {
            shares = shares.next(config);
            assert!((0.0..=1.0).contains(&shares.susceptible) && shares.infective() > -1e-9, "{shares:?}");
        }
        shares.susceptible
    }

    /// Demers et al. 1987, Table 1, within what a mean value can say of it.
    #[test]
    fn residues_are_those_of_the_table() {
        for (k, expected) in [(1, 0.174), (2, 0.0368), (3, 0.0107), (4, 0.00356)] {
            let config = Config { interest: Interest { k, ..Interest::default() }, ..Config::default() };
            let found = residue(&config);
            assert!((found / expected - 1.0).abs() < 0.15, "k = {k}: {found} and {expected}");
        }
    }

    #[test]
    fn who_never_loses_interest_leaves_nobody_out() {
        for mode in [Mode::Push, Mode::Pull, Mode::PushPull] {
            let config = Config { mode, interest: Interest { lose: Lose::Never, ..Interest::default() }, ..Config::default() };
            assert!(residue(&config) < 1e-9, "{mode:?}");
        }
    }

    /// Pull squares what is left, push divides it by e: so in the end pull is far quicker.
    #[test]
    fn pull_ends_faster_than_push() {
        let last = |mode| {
            let config = Config { mode, interest: Interest { lose: Lose::Never, ..Interest::default() }, ..Config::default() };
            let end = Shares { susceptible: 0.01, infective: vec![0.99] }.next(&config);
            end.susceptible
        };
        assert!((last(Mode::Pull) - 0.0001).abs() < 1e-9);
        assert!((last(Mode::Push) - 0.01 * libm::exp(-0.99)).abs() < 1e-9);
    }
}
