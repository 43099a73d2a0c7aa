//! Client credentials × server authentication × client version → Outcome (the truth table of facts.md §1).
//!
//! [`connect()`] reads a client's settings with the grammar and precedence of its own library; [`outcomes`] says how
//! the connection ends. Names and networks are somebody else's business: the two ends are known to meet here.

mod connect;
mod grammar;
mod outcome;
mod sha256;
#[cfg(test)]
mod tests;

pub use connect::connect;
pub use grammar::is_bare_address;
pub use outcome::outcomes;
