//! Adapters to the outside: files, PBX, mail, SMS. They speak foreign formats and know no service.

pub mod ami;
pub mod tables;
