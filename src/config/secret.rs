//! Secrets: from a value or from a file, never both; a file that others can read is refused.

use super::SettingFault;
use crate::base::personal::Personal;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Takes the secret of `place`; an empty one, and a fault, when there is none.
pub fn take(
    value: &str,
    file: &str,
    place: &str,
    folder: &Path,
    faults: &mut Vec<SettingFault>,
) -> Personal<String> {
    let secret = match (value.is_empty(), file.is_empty()) {
        (true, true) => Err("give the secret, or the file that holds it".to_owned()),
        (false, false) => Err("give the secret or its file, not both".to_owned()),
        (false, true) => Ok(value.to_owned()),
        (true, false) => from_file(&folder.join(file)),
    };
    Personal::new(secret.unwrap_or_else(|message| {
        faults.push(SettingFault::new(format!("{place}.secret"), message));
        String::new()
    }))
}

fn from_file(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let metadata = std::fs::metadata(path)
        .map_err(|error| format!("cannot open the secret's file {shown}: {error}"))?;
    if metadata.permissions().mode() & 0o007 != 0 {
        return Err(format!("everybody can read {shown}; run: chmod o-rwx {shown}"));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read the secret's file {shown}: {error}"))?;
    let secret = text.trim().to_owned();
    if secret.is_empty() { Err(format!("the secret's file {shown} is empty")) } else { Ok(secret) }
}
