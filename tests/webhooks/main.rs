//! What we send, read by two libraries of Standard Webhooks that others keep: PyPI's and npm's `standardwebhooks`.

#![expect(clippy::unwrap_used, reason = "all of it is tests")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nguon_service::webhooks::sign::Signer;
use nguon_service::{Clock, SystemClock};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("webhooks")
}

/// Messages as they are sent, and ways to break them.
fn messages(signer: &Signer) -> (Vec<Value>, Vec<bool>) {
    // The libraries look at the clock: five minutes either way.
    let now_s = SystemClock.now_ms() / 1_000;
    let body = "{\"type\":\"listing.recalled\",\"timestamp\":\"2026-11-28T01:02:03Z\",\"data\":{\"title\":\"Dâu tây 🍓\"}}";
    let told = |endpoint: &str, generation| signer.secret(endpoint, generation).reveal().to_string();
    let sent = |secrets: &[(&str, i64)], secret: String, at_s: i64, body: &str| {
        let all: Vec<_> =
            secrets.iter().map(|(endpoint, generation)| signer.secret(endpoint, *generation)).collect();
        let signature = signer.signatures(&all, "msg_9c2f", at_s, body);
        json!({
            "secret": secret,
            "headers": {
                "webhook-id": "msg_9c2f",
                "webhook-timestamp": at_s.to_string(),
                "webhook-signature": signature,
            },
            "body": body,
        })
    };
    let good = sent(&[("ep_1", 0)], told("ep_1", 0), now_s, body);
    let mut changed = good.clone();
    changed["body"] = json!(body.replace("recalled", "gone"));
    let mut renamed = good.clone();
    renamed["headers"]["webhook-id"] = json!("msg_9c2e");
    let both = [("ep_1", 1), ("ep_1", 0)];
    let all = vec![
        (good, true),
        (sent(&both, told("ep_1", 0), now_s, body), true),
        (sent(&both, told("ep_1", 1), now_s, body), true),
        // Sent again an hour later: the old time is refused, a new one is taken.
        (sent(&[("ep_1", 0)], told("ep_1", 0), now_s - 3_600, body), false),
        (sent(&[("ep_1", 0)], told("ep_2", 0), now_s, body), false),
        (changed, false),
        (renamed, false),
    ];
    all.into_iter().unzip()
}

/// What a program says of the messages; nothing if it is not here.
#[expect(clippy::print_stdout, reason = "the test command shows what was skipped")]
fn answers(test: &str, program: &Path, script: &str, needs: &Path, given: &Value) -> Option<Vec<Value>> {
    if !needs.exists() {
        println!("skipped: {test}: its packages are not here (cargo xtask test installs them)");
        return None;
    }
    let mut child = Command::new(program)
        .arg(script)
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn the_library_for_python_takes_what_we_sign_and_nothing_else() {
    let signer = Signer::new(&[7; 32].into());
    let (messages, expected) = messages(&signer);
    let given = json!({ "messages": messages, "public_key": signer.public_text() });
    let python = folder().join("python/bin/python");
    let found = answers("webhooks in Python", &python, "verify.py", &python, &given);
    for (answer, expected) in found.into_iter().flatten().zip(expected) {
        assert_eq!(answer["library"] == json!(true), expected, "{answer}");
    }
}

#[test]
fn the_library_for_javascript_takes_what_we_sign_and_nothing_else_and_so_does_ed25519_of_node() {
    let signer = Signer::new(&[7; 32].into());
    let (messages, expected) = messages(&signer);
    let given = json!({ "messages": messages, "public_key": signer.public_text() });
    let needs = folder().join("node_modules/standardwebhooks");
    let found = answers("webhooks in JavaScript", Path::new("node"), "verify.mjs", &needs, &given);
    // The operator's own signature holds however old it is and whoever's secret the other is; not for other words.
    let v1a = [true, true, true, true, true, false, false];
    for ((answer, expected), v1a) in found.into_iter().flatten().zip(expected).zip(v1a) {
        assert_eq!(answer["library"] == json!(true), expected, "{answer}");
        assert_eq!(answer["v1a"], json!(v1a), "{answer}");
    }
}
