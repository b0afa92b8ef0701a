//! Every field of a scenario, documented.
