//! Named points of the program at which a test may kill it, as a power cut would.
//!
//! `LENDERBOX_KILL_AT=point`, `point:nth` or `point:nth:microseconds` (after the point). Debug
//! builds only: a release binary holds nothing of it.

/// Says that the program has come to `point`.
#[inline]
pub fn reached(point: &str) {
    #[cfg(debug_assertions)]
    asked::reached(point);
    #[cfg(not(debug_assertions))]
    let _ = point;
}

#[cfg(debug_assertions)]
mod asked {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    struct Asked {
        point: String,
        /// Times that the point is yet to be reached.
        left: AtomicU64,
        after: Duration,
    }

    fn asked() -> Option<Asked> {
        let text = std::env::var("LENDERBOX_KILL_AT").ok()?;
        let mut parts = text.split(':');
        let point = parts.next()?.to_owned();
        let mut number = |default| parts.next().map_or(Some(default), |text| text.parse().ok());
        let (nth, micros) = (number(1)?, number(0)?);
        Some(Asked { point, left: AtomicU64::new(nth), after: Duration::from_micros(micros) })
    }

    pub fn reached(point: &str) {
        static ASKED: OnceLock<Option<Asked>> = OnceLock::new();
        let Some(asked) = ASKED.get_or_init(asked).as_ref().filter(|asked| asked.point == point)
        else {
            return;
        };
        if asked.left.fetch_sub(1, Ordering::Relaxed) != 1 {
            return;
        }
        if asked.after.is_zero() {
            die();
        }
        std::thread::spawn(|| {
            let (_open, nobody) = std::sync::mpsc::channel::<()>();
            // Nobody ever sends: this only lets the time pass.
            let _ = nobody.recv_timeout(asked.after);
            die();
        });
    }

    fn die() -> ! {
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort();
    }
}
