//! Python text → ruff's syntax tree (the only module that touches its unstable API on the parsing side).
