//! From a root key on paper to a device that may write, without a network; judged by the ledger's own rules.

use std::path::{Path, PathBuf};

use clap::Parser;
use nguon_ledger::authority::Rights;
use nguon_ledger::{Admission, Authority, AuthorityFinding, Roles};

use server::server;

use super::*;
use crate::parcel::Parcel;

mod server;

const LEDGER: &str = "85539e369bf8c076696769638fff355f4b0a66d2f5f73386c834f1a7c849d044";

#[derive(Parser)]
#[command(no_binary_name = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// A folder and the commands given in it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `nguon org …`; words that begin with `@` are files of the folder.
    fn org(&self, words: &[&str]) -> anyhow::Result<()> {
        let files = words.iter().map(|word| match word.strip_prefix('@') {
            Some(name) => self.path(name).into_os_string(),
            None => (*word).into(),
        });
        let command = Line::try_parse_from(files).unwrap_or_else(|error| panic!("{error}")).command;
        run(Args { command: Box::new(command) }).map(|code| assert_eq!(code, ExitCode::SUCCESS))
    }

    fn public(&self, key: &str) -> PublicKey {
        open_key(&self.path(key)).unwrap().public()
    }

    fn with_root() -> Self {
        let desk = Self::new();
        desk.org(&["new-root", "--out", "@root.key", "--paper", "@paper.txt"]).unwrap();
        desk
    }

    fn genesis(&self) -> anyhow::Result<()> {
        self.org(&[
            "genesis",
            "--key",
            "@root.key",
            "--next",
            "@root-next.pub",
            "--ledger",
            LEDGER,
            "--name",
            "HTX Rau Đơn Dương",
            "--kind",
            "cooperative",
            "--address",
            "Đơn Dương, Lâm Đồng",
            "--commune",
            "24805@2025-07-01",
            "--identifier",
            "tax=5800000000",
            "--out",
            "@genesis.json",
        ])
    }

    fn admit_manager(&self) {
        std::fs::write(self.path("manager-card.json"), r#"{"type": "nguon:Person", "name": "Trần Thị B"}"#)
            .unwrap();
        self.org(&[
            "invite",
            "--key",
            "@root.key",
            "--role",
            "diary,lot,admin",
            "--not-after",
            "2028-12-31",
            "--person",
            "@manager-card.json",
            "--out",
            "@invitation.json",
        ])
        .unwrap();
        std::fs::create_dir_all(self.path("phone")).unwrap();
        self.org(&["accept", "@invitation.json", "--key", "@phone/manager.key", "--out", "@accepted.json"])
            .unwrap();
        self.org(&[
            "delegate",
            "--key",
            "@root.key",
            "--invitation",
            "@invitation.json",
            "--accepted",
            "@accepted.json",
            "--out",
            "@delegate.json",
        ])
        .unwrap();
    }

    /// What the log makes of these files, in order.
    fn log(&self, files: &[&str]) -> Authority {
        let mut authority = Authority::new(LEDGER.parse().unwrap());
        let mut index = 0;
        for file in files {
            for signed in Parcel::open(&self.path(file)).unwrap().unpack().unwrap() {
                signed.record.verify(&signed.record.author().check_enrolment().unwrap()).unwrap();
                assert_eq!(authority.admit(&signed.record, None), Ok(Admission::Append), "{file}");
                let mut findings = authority.append(&signed.record, index);
                // The operator has not given it its standing yet.
                findings.retain(|finding| *finding != AuthorityFinding::NotRecognised);
                assert_eq!(findings, [], "{file}");
                index += 1;
            }
        }
        authority
    }
}

fn error(result: anyhow::Result<()>) -> String {
    format!("{:#}", result.unwrap_err())
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_root_key_comes_back_from_its_paper() {
    let desk = Desk::with_root();
    for file in ["root.key", "root-next.key", "paper.txt"] {
        assert_eq!(mode(&desk.path(file)), 0o600, "{file}");
    }
    let paper = std::fs::read_to_string(desk.path("paper.txt")).unwrap();
    let second = paper.match_indices("nguon · ").nth(1).unwrap().0;
    std::fs::write(desk.path("first.txt"), &paper[..second]).unwrap();
    std::fs::write(desk.path("second.txt"), &paper[second..]).unwrap();
    desk.org(&["restore", "@first.txt", "--out", "@again.key"]).unwrap();
    assert_eq!(desk.public("again.key"), desk.public("root.key"));
    let named = desk.public("root.key").to_string();
    assert!(
        error(desk.org(&["restore", "@second.txt", "--public", &named, "--out", "@x.key"]))
            .contains("the rows make")
    );
    assert!(error(desk.org(&["restore", "@paper.txt", "--out", "@x.key"])).contains("one key at a time"));
}

#[test]
fn a_root_key_is_never_overwritten() {
    let desk = Desk::with_root();
    let before = desk.public("root.key");
    assert!(
        error(desk.org(&["new-root", "--out", "@root.key", "--paper", "@other.txt"]))
            .contains("is there already")
    );
    assert_eq!(desk.public("root.key"), before);
    assert!(!desk.path("other.txt").exists());
}

#[test]
fn an_organisation_admits_a_device_offline() {
    let desk = Desk::with_root();
    desk.genesis().unwrap();
    desk.admit_manager();
    let authority = desk.log(&["genesis.json", "delegate.json"]);
    let root = authority.key(&desk.public("root.key")).unwrap();
    assert_eq!(root.rights, Rights::Root);
    let manager = authority.key(&desk.public("phone/manager.key")).unwrap();
    assert_eq!(manager.organisation, root.organisation);
    let Rights::Delegated { roles, not_after_ms, .. } = manager.rights else { panic!("{manager:?}") };
    assert_eq!(roles, Roles::DIARY | Roles::LOT | Roles::ADMIN);
    assert_eq!(
        crate::report::time(not_after_ms),
        "2028-12-31T16:59:59.999Z · 31/12/2028 23:59:59 (giờ Việt Nam)"
    );

    let card = &Parcel::open(&desk.path("genesis.json")).unwrap().unpack().unwrap()[1];
    let document = nguon_epcis::read(&card.openings[0].payload).unwrap();
    assert_eq!(document.subjects[0].0, format!("urn:nguon:org:{}", root.organisation));
}

#[test]
fn a_name_is_in_the_opening_and_in_nothing_that_is_sent_around() {
    let desk = Desk::with_root();
    desk.genesis().unwrap();
    desk.admit_manager();
    for file in ["invitation.json", "accepted.json", "subjects.json"] {
        assert!(!std::fs::read_to_string(desk.path(file)).unwrap().contains("Trần"), "{file}");
    }
    let delegation = &Parcel::open(&desk.path("delegate.json")).unwrap().unpack().unwrap()[0];
    assert_eq!(delegation.openings.len(), 1);
}

#[test]
fn a_root_makes_one_organisation_only() {
    let desk = Desk::with_root();
    desk.genesis().unwrap();
    std::fs::remove_file(desk.path("genesis.json")).unwrap();
    assert!(error(desk.genesis()).contains("signed already"));
}

#[test]
fn a_device_that_changed_its_rights_is_refused() {
    let desk = Desk::with_root();
    desk.genesis().unwrap();
    desk.org(&[
        "invite",
        "--key",
        "@root.key",
        "--role",
        "diary",
        "--not-after",
        "2028-12-31",
        "--out",
        "@mine.json",
    ])
    .unwrap();
    let mine = std::fs::read_to_string(desk.path("mine.json")).unwrap();
    std::fs::write(desk.path("greedy.json"), mine.replace("\"roles\": 1", "\"roles\": 63")).unwrap();
    std::fs::create_dir_all(desk.path("phone")).unwrap();
    desk.org(&["accept", "@greedy.json", "--key", "@phone/x.key", "--out", "@accepted.json"]).unwrap();
    let delegate = [
        "delegate",
        "--key",
        "@root.key",
        "--invitation",
        "@mine.json",
        "--accepted",
        "@accepted.json",
        "--out",
        "@d.json",
    ];
    assert!(error(desk.org(&delegate)).contains("accepted other rights"));
}

#[test]
fn a_stolen_phone_is_ended_and_what_it_wrote_late_is_adopted() {
    let desk = Desk::with_root();
    desk.genesis().unwrap();
    desk.admit_manager();
    let phone = desk.public("phone/manager.key").to_string();
    desk.org(&[
        "revoke",
        "--key",
        "@root.key",
        "--revoke",
        &phone,
        "--last-good",
        "none",
        "--out",
        "@revoke.json",
    ])
    .unwrap();
    let event = "11".repeat(32);
    // From a saved file instead of what is remembered.
    desk.org(&[
        "adopt",
        &event,
        "--key",
        "@root.key",
        "--head",
        "@revoke.json",
        "--subjects",
        "@other.json",
        "--out",
        "@adopt.json",
    ])
    .unwrap();
    let authority = desk.log(&["genesis.json", "delegate.json", "revoke.json", "adopt.json"]);
    assert!(authority.key(&phone.parse().unwrap()).unwrap().revoked.is_some());
    let root = desk.public("root.key").to_string();
    let own = ["revoke", "--key", "@root.key", "--revoke", &root, "--last-good", "none", "--out", "@r.json"];
    assert!(error(desk.org(&own)).contains("does not end itself"));
}

#[test]
fn the_next_root_takes_over() {
    let desk = Desk::with_root();
    desk.genesis().unwrap();
    let organisation =
        desk.log(&["genesis.json"]).key(&desk.public("root.key")).unwrap().organisation.to_string();
    desk.org(&["new-root", "--out", "@spare.key", "--paper", "@spare.txt"]).unwrap();
    let spare = desk.public("spare.key").to_string();
    desk.org(&[
        "rotate",
        "--key",
        "@root-next.key",
        "--org",
        &organisation,
        "--next",
        &spare,
        "--ledger",
        LEDGER,
        "--out",
        "@rotate.json",
    ])
    .unwrap();
    let authority = desk.log(&["genesis.json", "rotate.json"]);
    assert_eq!(authority.key(&desk.public("root.key")).unwrap().rights, Rights::FormerRoot);
    assert_eq!(authority.key(&desk.public("root-next.key")).unwrap().rights, Rights::Root);
}

#[test]
fn a_command_that_lacks_something_says_what() {
    let desk = Desk::with_root();
    desk.org(&["new-root", "--out", "@b.key", "--paper", "@b.txt"]).unwrap();
    let ask = |words: &[&str]| error(desk.org(words));
    let event = "11".repeat(32);
    assert!(ask(&["adopt", &event, "--key", "@root.key"]).contains("--out FILE"));
    assert!(ask(&["adopt", &event, "--key", "@root.key", "--out", "@x.json"]).contains("--head FILE"));
    assert!(
        ask(&["adopt", &event, "--key", "@root.key", "--seq", "3", "--ledger", LEDGER, "--out", "@x.json"])
            .contains("--org")
    );
    assert!(
        ask(&[
            "adopt",
            &event,
            "--key",
            "@root.key",
            "--seq",
            "3",
            "--ledger",
            LEDGER,
            "--org",
            &event,
            "--out",
            "@x.json"
        ])
        .contains("--prev")
    );
    assert!(ask(&["adopt", &event, "--key", "@paper.txt", "--out", "@x.json"]).contains("64 hex digits"));
    assert!(ask(&["adopt", &event, "--key", "@root.key", "--out", "@root.key"]).contains("is there already"));
    assert!(!desk.path("x.json").exists());
}

#[test]
fn what_could_not_be_sent_is_kept_and_its_place_remembered() {
    let desk = Desk::with_root();
    desk.genesis().unwrap();
    let card = Parcel::open(&desk.path("genesis.json")).unwrap().unpack().unwrap().remove(1).record;
    let (root, organisation) = (desk.public("root.key"), card.organisation().to_string());
    let event = "11".repeat(32);
    let adopt = |server: &str| desk.org(&["adopt", &event, "--key", "@root.key", "--server", server]);
    let unsent = || -> Vec<PathBuf> {
        let files = std::fs::read_dir(desk.0.path()).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("unsent-")).collect()
    };

    // Sent and taken: nothing is left lying about.
    let known = (card.seq(), card.event_id().to_string());
    adopt(&server(&root, &organisation, known.clone(), 1)).unwrap();
    assert!(unsent().is_empty());

    // The line breaks: the signed record is there, and the next one follows it, though the server still knows the old head.
    let line_breaks = server(&root, &organisation, known, 0);
    assert!(error(adopt(&line_breaks)).contains("nguon record submit"));
    let [kept] = unsent().try_into().unwrap();
    let kept = Parcel::open(&kept).unwrap().unpack().unwrap().remove(0).record;
    assert_eq!(kept.seq(), card.seq() + 2);
    desk.org(&["adopt", &event, "--key", "@root.key", "--out", "@next.json"]).unwrap();
    let next = Parcel::open(&desk.path("next.json")).unwrap().unpack().unwrap().remove(0).record;
    assert_eq!((next.seq(), next.prev()), (kept.seq() + 1, kept.event_id()));
}

#[test]
fn nothing_is_signed_while_the_head_is_not_known() {
    let desk = Desk::with_root();
    desk.genesis().unwrap();
    let remembered = std::fs::read(desk.path("subjects.json")).unwrap();
    // Nobody listens there.
    let event = "11".repeat(32);
    let refused = error(desk.org(&["adopt", &event, "--key", "@root.key", "--server", "http://127.0.0.1:9"]));
    assert!(refused.contains("cannot reach"), "{refused}");
    assert_eq!(std::fs::read(desk.path("subjects.json")).unwrap(), remembered);
}
