//! redislint proves, for every environment that a repository describes, whether each Redis client can log in to its
//! server and whether anyone outside can reach that server, without starting anything.

pub mod extract;
pub mod facts;
pub mod finding;
pub mod library;
pub mod model;
pub mod resolve;
pub mod rule;
pub mod rules;
pub mod source;
pub mod symbol;
pub mod syntax;
pub mod text;
pub mod tree;
