//! Facts → Model: which files run together, what each container gets, who reaches whom, and how that ends.

pub mod compose;
pub mod conditions;
pub mod evaluate;
pub mod handshake;
pub mod healthcheck;
pub mod images;
pub mod network;
pub mod placement;
pub mod project;
pub mod server_auth;
pub mod stage;
pub mod versions;
