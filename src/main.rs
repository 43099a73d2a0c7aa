//! Arguments in, exit code out. The only place that prints.

fn main() {}
