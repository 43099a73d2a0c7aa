//! Trees → facts, a file or folder per kind of input. Reads no disk and judges nothing: what it can't follow becomes an
//! opaque value, what it needs becomes a request.

pub mod compose;
pub mod pins;
pub mod python;
