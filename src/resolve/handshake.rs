//! Client credentials × server authentication × client version → Outcome (the truth table of facts.md §1).
