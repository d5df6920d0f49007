//! Adapters to the outside: files, PBX, mail, SMS. They speak foreign formats and know no service.

pub mod ami;
pub mod box_api;
pub mod box_line;
pub mod import_poster;
pub mod pbx_poster;
pub mod pbx_simulator;
pub mod statements;
pub mod tables;
pub mod webhook;
