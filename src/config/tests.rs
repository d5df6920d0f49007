use super::*;
use std::os::unix::fs::PermissionsExt;

fn faults(text: &str) -> Vec<(String, String)> {
    match Config::from_text(text, Path::new("/nowhere")) {
        Err(ConfigError::Invalid { faults }) => {
            faults.into_iter().map(|fault| (fault.key, fault.message)).collect()
        }
        other => panic!("expected faults, got {other:?}"),
    }
}

fn keys(text: &str) -> Vec<String> {
    faults(text).into_iter().map(|(key, _)| key).collect()
}

#[test]
fn the_shipped_file_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/lenderbox.toml");
    let generated = default_text();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let shipped = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(shipped == generated, "config/lenderbox.toml is old: run with UPDATE_SCHEMAS=1");
}

#[test]
fn the_shipped_file_is_valid_and_says_the_defaults() {
    let shipped = Config::from_text(&default_text(), Path::new("/x")).unwrap();
    let empty = Config::from_text("", Path::new("/x")).unwrap();
    assert_eq!(format!("{shipped:?}"), format!("{empty:?}"));
    assert_eq!(empty.storage.folder, Path::new("/x/data"));
    assert_eq!(format!("{empty:?}"), format!("{:?}", Config::default_in(Path::new("/x"))));
}

#[test]
fn every_fault_is_named_at_once() {
    let text = r#"
        colour = "red"
        [lender]
        time_zone = "Mars"
        curency = "RUB"
        languages = ["de"]
        inn = "7707083894"
        ogrn = "12345"
        address = "a\nb"
        [listen]
        address = "0.0.0.0:80"
        tls = "off"
        [storage]
        flush_seconds = "often"
        [security]
        totp = "maybe"
        password_length = 2
        [identification]
        fields = ["full_name", "birth_date", "shoe_size"]
        [search]
        fields = ["phone", "iban", "phone"]
        [retention]
        access_log_days = 30
    "#;
    let found = keys(text);
    for key in [
        "colour",
        "lender.time_zone",
        "lender.curency",
        "lender.languages",
        "lender.inn",
        "lender.ogrn",
        "lender.address",
        "listen.tls",
        "storage.flush_seconds",
        "security.totp",
        "security.password_length",
        "identification.fields",
        "identification.level_2_one_of",
        "search.fields",
        "retention.access_log_days",
    ] {
        assert!(found.iter().any(|name| name == key), "{key} is not named in {found:?}");
    }
    let search = faults("[search]\nfields = [\"phone\", \"iban\", \"phone\"]");
    assert_eq!(search.len(), 2, "{search:?}");
    assert!(search[0].1.starts_with("\"iban\" is not one of: phone, name, "), "{search:?}");
    assert_eq!(search[1].1, "\"phone\" stands here twice");
    let hint = faults("[lender]\ncurency = \"RUB\"");
    assert_eq!(hint[0].1, "there is no such setting; did you mean currency?");
}

#[test]
fn a_secret_comes_from_a_value_or_a_private_file_never_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ami.secret");
    std::fs::write(&file, "s3cret\n").unwrap();
    let read = |text: &str| Config::from_text(text, folder.path());
    let set_mode = |mode| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(0o644);
    let open = read("[[pbx.ami]]").unwrap_err().to_string();
    assert!(open.contains("pbx.ami[0].secret") && open.contains("chmod o-rwx"), "{open}");
    set_mode(0o600);
    let source = &read("[[pbx.ami]]").unwrap().pbx.ami[0];
    assert_eq!(source.secret.reveal(), "s3cret");
    let inline = read("[[pbx.ami]]\nsecret = \"x\"").unwrap();
    assert_eq!(inline.pbx.ami[0].secret.reveal(), "x");
    assert!(!format!("{inline:?}").contains("\"x\""), "a secret is printed");
    let both = read("[[pbx.ami]]\nsecret = \"x\"\nsecret_file = \"ami.secret\"");
    assert!(both.unwrap_err().to_string().contains("not both"));
    let none = read("[[pbx.ami]]\nsecret_file = \"\"").unwrap_err().to_string();
    assert!(none.contains("give the secret"), "{none}");
}

#[test]
fn sources_are_checked_one_by_one() {
    let text = r#"
        [[pbx.ami]]
        secret = "x"
        operator_channel = "PJSIP/101"
        [[pbx.webhook]]
        name = "Cloud PBX"
        secret = "x"
        fields = { caller = "a" }
        event_types = { start = "begun" }
        [[pbx.webhook]]
        name = "asterisk"
        secret = "x"
    "#;
    let found = keys(text);
    let expected = [
        "pbx.ami[0].operator_channel",
        "pbx.webhook[0].name",
        "pbx.webhook[0].fields",
        "pbx.webhook[0].fields",
        "pbx.webhook[0].fields",
        "pbx.webhook[0].event_types",
        "pbx",
    ];
    assert_eq!(found, expected);
    assert_eq!(keys("pbx = 5"), ["pbx"]);
    assert_eq!(keys("[pbx]\nami = 5"), ["pbx.ami"]);
}

#[test]
fn what_is_not_toml_is_said_to_be_so() {
    let error = Config::from_text("[lender", Path::new("/x")).unwrap_err();
    assert!(error.to_string().contains("not valid TOML"), "{error}");
}

#[test]
fn accounts_and_numbers_of_agreements_are_checked_one_by_one() {
    let read = |text: &str| Config::from_text(text, Path::new("/x"));
    let text = "[lender]\naccounts = [\"4070 2810 2000 0000 0001\", \"DE89370400440532013000\"]";
    let lender = read(text).unwrap().lender;
    assert_eq!(lender.accounts, ["40702810200000000001", "DE89370400440532013000"]);
    assert_eq!(lender.agreement_numbers, ["POS-####-######", "POS-####-#######"]);
    let text =
        "[lender]\naccounts = [\"4070\", \"40702810200000000001\", \"407 02810200000000001\"]
        agreement_numbers = [\"POS-##\", \"А-####\", \"\"]";
    let expected = [
        "lender.accounts[0]",
        "lender.accounts[2]",
        "lender.agreement_numbers[0]",
        "lender.agreement_numbers[2]",
    ];
    assert_eq!(keys(text), expected);
}
