//! Sets up the log: lines for people, or JSON for machines, on standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Why the log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `log.filter` is not a filter.
    #[error("log.filter is not valid: {0}")]
    Filter(String),
    /// The log has been set up before.
    #[error("the log is already set up")]
    Twice,
}

/// Sets the log up for the whole process.
///
/// # Errors
/// When `filter` cannot be understood, or the log is set up already.
pub fn start(json: bool, filter: &str) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(filter).map_err(|e| LogError::Filter(e.to_string()))?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = if json {
        registry.with(layer.json().flatten_event(true)).try_init()
    } else {
        registry.with(layer.with_target(false)).try_init()
    };
    started.map_err(|_| LogError::Twice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_understood_is_refused() {
        let error = start(false, "lenderbox=loudly").unwrap_err();
        assert!(matches!(error, LogError::Filter(_)), "{error}");
    }
}
