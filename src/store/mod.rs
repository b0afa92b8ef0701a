//! What a node keeps: a log and the copies made from it. Plain data; who may write it is the protocol's business.

pub mod log;
pub mod register;
