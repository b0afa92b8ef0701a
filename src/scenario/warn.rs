//! What can happen with settings that are allowed but risky: said where they are made, refused nowhere.

use super::{check::Problem, model::Scenario};
use crate::{
    client::workload::ClientSettings,
    protocol::{commit::Group, primary_replica::Shipping},
    sim::{id::NodeId, operation::Concern},
};

impl Scenario {
    /// Where, and what can happen. With a primary, of each group of settings the first thing only.
    pub fn warnings(&self) -> Vec<Problem> {
        #[cfg(feature = "quorum")]
        if let Some(config) = self.protocol.quorum() {
            let problem = |what: &str| Problem { at: "protocol.quorum".into(), what: what.into() };
            return config.quorums().warnings().into_iter().map(problem).collect();
        }
        let Some(config) = self.protocol.primary_replica() else { return Vec::new() };
        let stores: Vec<NodeId> = (0..self.nodes.count).map(NodeId).filter(|node| !config.failover.is_monitor(*node)).collect();
        let group = config.group(&stores, Some(config.primary));
        let statement = "Clocks and random numbers come out differently at each replica.";
        let all = [
            ("commit", config.commit.warning(&group)),
            ("failover", config.failover.warning(stores.len())),
            ("retention", config.retention.warning()),
            ("shipping", (config.shipping == Shipping::Statement).then_some(statement)),
        ];
        let problem =
            |(at, what): (&str, Option<&str>)| Some(Problem { at: format!("protocol.primary_replica.{at}"), what: what?.into() });
        all.into_iter().filter_map(problem).chain(self.reads_that_wait(&group)).collect()
    }

    /// Majority and linearizable reads show what a majority has as far as the primary sees.
    fn reads_that_wait(&self, group: &Group) -> Option<Problem> {
        let seen = group.stores.len() - group.unseen.len();
        let asks = |client: &&ClientSettings| matches!(client.concern, Concern::Majority | Concern::Linearizable);
        let index = self.clients.iter().position(|client| asks(&client))?;
        let what =
            "The primary does not see replicas that others feed, and the others are no majority: such reads wait for ever.";
        (2 * seen <= group.stores.len()).then(|| Problem { at: format!("clients[{index}].concern"), what: what.into() })
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::text::from_toml;

    #[test]
    fn risky_settings_are_named() {
        let cases: [(&str, &[&str]); 11] = [
            ("", &[]),
            ("commit = { level = \"async\" }", &["commit"]),
            ("commit = { level = \"remote_flush\" }\nupstreams = [{ node = \"C\", from = \"B\" }]", &[]),
            ("commit = { level = \"remote_flush\", count = 2 }\nupstreams = [{ node = \"C\", from = \"B\" }]", &["commit"]),
            ("commit = { level = \"remote_flush\", among = [\"A\"] }", &["commit"]),
            ("commit = { min_replicas = 2 }\nupstreams = [{ node = \"C\", from = \"B\" }]", &["commit"]),
            ("commit = { level = \"remote_write\" }", &["commit"]),
            ("commit = { level = \"remote_apply\", among = [\"B\"] }\ndelayed = [{ node = \"B\", by = \"9s\" }]", &["commit"]),
            ("commit = { level = \"remote_flush\", visible_early = true }", &["commit"]),
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

    #[test]
    fn risky_quorums_are_named() {
        for (text, expected) in [("", 0), ("r = 1", 1), ("r = 1\nw = 1", 2), ("sloppy = true", 1)] {
            let scenario = from_toml(&format!("nodes.count = 3\n[protocol.quorum]\n{text}")).expect(text);
            assert_eq!(scenario.warnings().len(), expected, "{text}");
        }
    }
}
