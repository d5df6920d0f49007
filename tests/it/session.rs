//! Signing in and out.

use super::harness::Lenderbox;
use serde_json::json;

#[test]
fn a_person_signs_in_works_and_signs_out() {
    let lenderbox = Lenderbox::demo();
    let operator = lenderbox.sign_in("operator", 0);
    assert_eq!(operator.get("/session").ok()["user"]["role"], "operator");
    assert_eq!(operator.delete("/session").status, 204);
    assert_eq!(operator.get("/session").status, 401);
}

#[test]
fn a_wrong_password_and_a_missing_proof_are_refused() {
    let lenderbox = Lenderbox::demo();
    let (login, _) = lenderbox.login("operator", 0);
    let wrong =
        lenderbox.nobody().post("/session", &json!({"login": login, "password": "not this one"}));
    assert_eq!((wrong.status, wrong.code()), (401, "bad_credentials"));
    assert_eq!(lenderbox.nobody().get("/search?q=a").status, 401);
}
