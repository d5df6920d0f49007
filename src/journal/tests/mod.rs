//! Tests of the logs.
mod round_trip;
