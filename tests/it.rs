//! End to end: the real binary on a free port with a data folder of its own, real HTTP, real
//! WebSockets. Tests wait for a state with a deadline and never sleep for luck.

#![allow(clippy::unwrap_used, missing_docs)]

mod it {
    mod access;
    mod bad_input;
    mod calls;
    mod cli;
    mod crash;
    mod daily_run;
    pub mod described;
    mod errors;
    pub mod harness;
    mod imports;
    mod loans;
    mod operator_day;
    mod papers;
    mod payments;
    mod redaction;
    mod repeats;
    mod search;
    mod session;
    mod tls;
}
