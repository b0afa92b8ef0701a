//! How long something takes: distributions of delays, sampled with `libm` so that native and wasm agree to the bit.

use super::{decimal::short, draw::Draw, time::Micros};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A distribution of durations. Sampling formulas: inverse transform for exponential and Pareto,
/// Box–Muller (1958) for the normal inside the log-normal.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(Micros),
    /// Evenly between `low` and `high`.
    Uniform { low: Micros, high: Micros },
    /// Memoryless with this mean.
    Exponential { mean: Micros },
    /// exp(ln median + sigma · N(0, 1)).
    LogNormal { median: Micros, sigma: f64 },
    /// scale / u^(1/shape): never below `scale`, heavy tail for a small `shape`.
    Pareto { scale: Micros, shape: f64 },
    /// One of the parts, chosen by weight.
    Mixture(Vec<Part>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Share among the parts; weights need not sum to 1.
    pub weight: f64,
    pub delay: Distribution,
}

impl Distribution {
    pub const ZERO: Distribution = Distribution::Constant(Micros::ZERO);
    /// Most parts in one mixture.
    pub const PARTS_MAX: usize = 8;
    pub const SIGMA_MAX: f64 = 5.0;
    pub const SHAPE_MAX: f64 = 1_000.0;
    pub const WEIGHT_MAX: f64 = 1e9;

    pub fn sample(&self, draw: &mut Draw) -> Micros {
        match self {
            Distribution::Constant(value) => *value,
            Distribution::Uniform { low, high } => {
                let span = high.0.saturating_sub(low.0);
                Micros(low.0 + draw.below(span + 1))
            }
            Distribution::Exponential { mean } => Micros::from_f64(-libm::log1p(-draw.unit()) * mean.0 as f64),
            Distribution::LogNormal { median, sigma } => {
                let radius = libm::sqrt(-2.0 * libm::log1p(-draw.unit()));
                let normal = radius * libm::cos(2.0 * core::f64::consts::PI * draw.unit());
                Micros::from_f64(median.0 as f64 * libm::exp(sigma * normal))
            }
            Distribution::Pareto { scale, shape } => Micros::from_f64(scale.0 as f64 / libm::pow(1.0 - draw.unit(), 1.0 / shape)),
            Distribution::Mixture(parts) => {
                let mut rest = draw.unit() * parts.iter().map(|part| part.weight).sum::<f64>();
                for part in parts {
                    rest -= part.weight;
                    if rest < 0.0 {
                        return part.delay.sample(draw);
                    }
                }
                parts.last().map_or(Micros::ZERO, |part| part.delay.sample(draw))
            }
        }
    }

    /// The value half of the samples stay below; what a label shows for "about this long".
    /// For a mixture: the weighted mean of its parts' medians.
    pub fn typical(&self) -> Micros {
        match self {
            Distribution::Constant(value) => *value,
            Distribution::Uniform { low, high } => Micros(low.0 / 2 + high.0 / 2),
            Distribution::Exponential { mean } => Micros::from_f64(mean.0 as f64 * core::f64::consts::LN_2),
            Distribution::LogNormal { median, .. } => *median,
            Distribution::Pareto { scale, shape } => Micros::from_f64(scale.0 as f64 * libm::pow(2.0, 1.0 / shape)),
            Distribution::Mixture(parts) => {
                let total: f64 = parts.iter().map(|part| part.weight).sum();
                Micros::from_f64(parts.iter().map(|p| p.delay.typical().0 as f64 * p.weight / total).sum())
            }
        }
    }

    /// What is wrong with the numbers, if anything, in words.
    pub fn problem(&self) -> Option<String> {
        let positive = |value: f64, name: &str, high: f64| {
            (!(value > 0.0 && value <= high))
                .then(|| format!("{name} is {}; allowed is above 0 up to {}", short(value), short(high)))
        };
        match self {
            Distribution::Constant(_) | Distribution::Exponential { .. } => None,
            Distribution::Uniform { low, high } => (low > high).then(|| format!("low ({low}) is above high ({high}); swap them")),
            Distribution::LogNormal { sigma, .. } => positive(*sigma, "sigma", Self::SIGMA_MAX),
            Distribution::Pareto { shape, .. } => positive(*shape, "shape", Self::SHAPE_MAX),
            Distribution::Mixture(parts) => {
                if parts.is_empty() || parts.len() > Self::PARTS_MAX {
                    return Some(format!("a mixture has {} parts; allowed is 1 to {}", parts.len(), Self::PARTS_MAX));
                }
                parts.iter().find_map(|part| match &part.delay {
                    Distribution::Mixture(_) => Some("a mixture inside a mixture; list its parts instead".into()),
                    other => positive(part.weight, "weight", Self::WEIGHT_MAX).or_else(|| other.problem()),
                })
            }
        }
    }
}

/// The form in files: a duration alone is a constant, everything else is named.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Named {
    Constant(Micros),
    Uniform { low: Micros, high: Micros },
    Exponential { mean: Micros },
    LogNormal { median: Micros, sigma: f64 },
    Pareto { scale: Micros, shape: f64 },
    Mixture(Vec<Part>),
}

impl From<Named> for Distribution {
    fn from(named: Named) -> Distribution {
        match named {
            Named::Constant(value) => Distribution::Constant(value),
            Named::Uniform { low, high } => Distribution::Uniform { low, high },
            Named::Exponential { mean } => Distribution::Exponential { mean },
            Named::LogNormal { median, sigma } => Distribution::LogNormal { median, sigma },
            Named::Pareto { scale, shape } => Distribution::Pareto { scale, shape },
            Named::Mixture(parts) => Distribution::Mixture(parts),
        }
    }
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = match self.clone() {
            Distribution::Constant(value) if serializer.is_human_readable() => return value.serialize(serializer),
            Distribution::Constant(value) => Named::Constant(value),
            Distribution::Uniform { low, high } => Named::Uniform { low, high },
            Distribution::Exponential { mean } => Named::Exponential { mean },
            Distribution::LogNormal { median, sigma } => Named::LogNormal { median, sigma },
            Distribution::Pareto { scale, shape } => Named::Pareto { scale, shape },
            Distribution::Mixture(parts) => Named::Mixture(parts),
        };
        named.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Distribution, D::Error> {
        if !deserializer.is_human_readable() {
            return Named::deserialize(deserializer).map(Distribution::from);
        }
        deserializer.deserialize_any(TextOrNamed)
    }
}

/// Reads `"40ms"` or `{ exponential = { mean = "40ms" } }`, with the inner error kept (an untagged enum hides it).
struct TextOrNamed;

impl<'de> serde::de::Visitor<'de> for TextOrNamed {
    type Value = Distribution;

    fn expecting(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        out.write_str("a duration like \"40ms\" or a table with constant, uniform, exponential, log_normal, pareto or mixture")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Distribution, E> {
        text.parse().map(Distribution::Constant).map_err(E::custom)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Distribution, A::Error> {
        Named::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Distribution::from)
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::{Chance, Lineage, Purpose};
    use super::*;

    fn samples(distribution: &Distribution, n: u64) -> Vec<f64> {
        let draw = |i| Chance::new(3).draw(Purpose::Latency, Lineage::root(&[i]));
        let mut all: Vec<f64> = (0..n).map(|i| distribution.sample(&mut draw(i)).0 as f64).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// Quantiles against the closed forms; 200,000 samples, tolerance 2 %.
    #[test]
    fn samples_follow_the_closed_forms() {
        let ms = Micros::from_millis;
        let table: [(Distribution, &[(f64, f64)]); 5] = [
            (Distribution::Uniform { low: ms(10), high: ms(30) }, &[(0.1, 12_000.0), (0.5, 20_000.0), (0.9, 28_000.0)]),
            (Distribution::Exponential { mean: ms(10) }, &[(0.5, 6_931.5), (0.9, 23_025.9), (0.99, 46_051.7)]),
            (Distribution::LogNormal { median: ms(10), sigma: 0.5 }, &[(0.5, 10_000.0), (0.9, 18_980.0), (0.1, 5_268.6)]),
            (Distribution::Pareto { scale: ms(10), shape: 2.0 }, &[(0.5, 14_142.1), (0.9, 31_622.8), (0.99, 100_000.0)]),
            (
                // 30 % constant 1 ms, 70 % uniform 10..20 ms.
                Distribution::Mixture(vec![
                    Part { weight: 3.0, delay: Distribution::Constant(ms(1)) },
                    Part { weight: 7.0, delay: Distribution::Uniform { low: ms(10), high: ms(20) } },
                ]),
                &[(0.2, 1_000.0), (0.65, 15_000.0), (0.93, 19_000.0)],
            ),
        ];
        for (distribution, quantiles) in &table {
            let all = samples(distribution, 200_000);
            for (q, expected) in *quantiles {
                let measured = all[(all.len() as f64 * q) as usize];
                assert!((measured / expected - 1.0).abs() < 0.02, "{distribution:?} at {q}: {measured}, expected {expected}");
            }
            if !matches!(distribution, Distribution::Mixture(_)) {
                assert!((all[100_000] / distribution.typical().0 as f64 - 1.0).abs() < 0.02, "typical of {distribution:?}");
            }
        }
    }

    #[test]
    fn a_duration_alone_is_a_constant() {
        let read = |text| serde_json::from_str::<Distribution>(text);
        assert_eq!(read(r#""40ms""#).unwrap(), Distribution::Constant(Micros::from_millis(40)));
        let named = read(r#"{"exponential":{"mean":"5ms"}}"#).unwrap();
        assert_eq!(named, Distribution::Exponential { mean: Micros::from_millis(5) });
        assert_eq!(serde_json::to_string(&named).unwrap(), r#"{"exponential":{"mean":"5ms"}}"#);
        let binary = postcard::to_allocvec(&named).unwrap();
        assert_eq!(postcard::from_bytes::<Distribution>(&binary).unwrap(), named);
        let error = read(r#"{"exponential":{"mean":"5 parsecs"}}"#).unwrap_err().to_string();
        assert!(error.contains("parsecs"), "{error}");
    }

    #[test]
    fn bad_numbers_are_named() {
        let bad = Distribution::Pareto { scale: Micros(1), shape: 0.0 };
        assert!(bad.problem().unwrap().contains("shape is 0"));
        assert!(Distribution::Mixture(vec![]).problem().is_some());
        assert!(Distribution::Uniform { low: Micros(5), high: Micros(4) }.problem().unwrap().contains("swap"));
    }
}
