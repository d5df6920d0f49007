//! From an exchange's wire to the operator's frames: a peer on loopback speaks the manager
//! interface with recorded streams, the box's services do the rest.

#![allow(clippy::unwrap_used, missing_docs)]

mod telephony {
    mod absent;
    mod calls;
    mod checks;
    mod commands;
    mod joined;
    mod link;
    mod recordings;
    mod routing;
    mod stage;
}
