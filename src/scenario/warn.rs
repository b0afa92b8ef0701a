//! What can happen with settings that are allowed but risky: said where they are made, refused nowhere.

use super::{
    check::Problem,
    model::{ProtocolSettings, Scenario},
};
use crate::{
    protocol::primary_replica::{Shipping, Upstream},
    sim::id::NodeId,
};

impl Scenario {
    /// Where, and what can happen. Of each group of settings the first thing only.
    pub fn warnings(&self) -> Vec<Problem> {
        let ProtocolSettings::PrimaryReplica(config) = &self.protocol;
        let stores = (self.nodes.count as usize).saturating_sub(config.failover.monitors.len());
        let fed = config.upstreams.iter().filter(|Upstream { node, from }| *from != config.primary && *node != config.primary);
        let unseen: Vec<NodeId> = fed.map(|upstream| upstream.node).collect();
        let statement = "Clocks and random numbers come out differently at each replica.";
        let all = [
            ("commit", config.commit.warning(stores, &unseen)),
            ("failover", config.failover.warning(stores)),
            ("retention", config.retention.warning()),
            ("shipping", (config.shipping == Shipping::Statement).then_some(statement)),
        ];
        let problem =
            |(at, what): (&str, Option<&str>)| Some(Problem { at: format!("protocol.primary_replica.{at}"), what: what?.into() });
        all.into_iter().filter_map(problem).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::text::from_toml;

    #[test]
    fn risky_settings_are_named() {
        let cases: [(&str, &[&str]); 6] = [
            ("", &[]),
            ("commit = { level = \"async\" }", &["commit"]),
            ("commit = { level = \"remote_flush\" }\nupstreams = [{ node = \"C\", from = \"B\" }]", &[]),
            ("commit = { level = \"remote_flush\", count = 2 }\nupstreams = [{ node = \"C\", from = \"B\" }]", &["commit"]),
            ("retention = { slots = true }\nshipping = \"statement\"", &["retention", "shipping"]),
            ("failover = { by = \"election\", detect = \"timeout\" }", &["failover"]),
        ];
        for (text, expected) in cases {
            let scenario = from_toml(&format!("nodes.count = 3\n[protocol.primary_replica]\n{text}")).expect(text);
            let places: Vec<String> = scenario.warnings().into_iter().map(|problem| problem.at).collect();
            let expected: Vec<String> = expected.iter().map(|at| format!("protocol.primary_replica.{at}")).collect();
            assert_eq!(places, expected, "{text}");
        }
    }
}
