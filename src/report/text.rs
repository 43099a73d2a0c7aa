//! Findings for people: the lines at both ends with labels, how the value came there, and what to do.
