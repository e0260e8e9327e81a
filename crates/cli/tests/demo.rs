//! The demo as a stranger meets it: made, audited, damaged, audited again. One season for all of it, since making
//! one is most of the time.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn nguon(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nguon"))
        .args(arguments)
        .env("NGUON_LOG", "warn")
        .output()
        .expect("nguon runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

struct Report {
    code: Option<i32>,
    json: serde_json::Value,
}

impl Report {
    fn of(target: &Path) -> Self {
        let out = nguon(&["verify", "--json", target.to_str().expect("a plain path")]);
        let json = serde_json::from_slice(&out.stdout)
            .unwrap_or_else(|_| panic!("no report: {}", text(&out.stderr)));
        Self { code: out.status.code(), json }
    }

    fn holds(&self) -> bool {
        assert_eq!(
            self.code,
            Some(i32::from(self.json["holds"] != true)),
            "the exit code says what the report says"
        );
        self.json["holds"] == true
    }

    fn places(&self) -> String {
        let faults = self.json["first_faults"].as_array().expect("a list");
        faults.iter().map(|fault| format!("{} {}\n", fault["place"], fault["sentence"])).collect()
    }
}

/// Changes one bit and puts it back.
struct Damage {
    file: PathBuf,
    sound: Vec<u8>,
}

impl Damage {
    fn at(file: PathBuf, place: usize) -> Self {
        let sound = std::fs::read(&file).expect("the file is there");
        let mut bytes = sound.clone();
        bytes[place] ^= 0x10;
        std::fs::write(&file, bytes).expect("writable");
        Self { file, sound }
    }
}

impl Drop for Damage {
    fn drop(&mut self) {
        std::fs::write(&self.file, &self.sound).expect("writable");
    }
}

#[test]
fn the_demo_is_made_and_audited_and_every_change_is_found_and_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = folder.path().join("demo");
    let arguments = ["demo", "--no-serve", "--dir", dir.to_str().expect("a plain path")];
    let made = nguon(&arguments);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let said = text(&made.stdout);
    for word in [
        "nguon verify",
        "/api/v1/listings",
        "đã thu hồi",
        "tem chưa kích hoạt",
        "cosigned by the operator only",
    ] {
        assert!(said.contains(word), "{word} is missing in:\n{said}");
    }

    let whole = Report::of(&dir);
    assert!(whole.holds(), "{}", whole.places());
    assert_eq!(whole.json["database_checked"], true);
    let size = whole.json["size"].as_u64().expect("a number");
    assert!(size > 4_000, "several thousand records, not {size}");

    // A second start goes on with what is there.
    let again = nguon(&arguments);
    assert!(again.status.success(), "{}", text(&again.stderr));

    let public = dir.join("public");
    assert!(Report::of(&public).holds(), "the published files stand by themselves");
    let named = [
        ("tile/entries/003", 5_000, "tile/entries/003"),
        ("tile/0/007", 100, "tile/0/007"),
        ("tile/1/000.p", 40, "tile/1/000.p"),
        ("openings/002", 9_000, "openings/002"),
        ("checkpoint", 60, "checkpoint"),
    ];
    for (name, place, expected) in named {
        let file = newest(&public.join(name));
        let damage = Damage::at(file, place);
        let report = Report::of(&public);
        assert!(!report.holds(), "a changed {name} went unnoticed");
        assert!(report.places().contains(expected), "{expected} is not named in:\n{}", report.places());
        drop(damage);
    }

    // A byte of a record, then of an opening's salt, inside the database file.
    let entries = std::fs::read(public.join("tile/entries/004")).expect("a full bundle");
    let openings = std::fs::read(public.join("openings/004")).expect("a full file");
    let opened = nguon_ledger::openings::decode(&openings, 256).expect("openings");
    let (index, opened) =
        (1_024..).zip(&opened).find(|(_, opened)| !opened.is_empty()).expect("some are open");
    let section = format!("section {index}/{}", opened[0].position);
    let database = dir.join("ledger.sqlite");
    for (needle, table) in [(&entries[300..340], "record 1024"), (&opened[0].salt[..], section.as_str())] {
        let bytes = std::fs::read(&database).expect("the database");
        let place =
            bytes.windows(needle.len()).position(|window| window == needle).expect("it is in the database");
        let damage = Damage::at(database.clone(), place + 20);
        let report = Report::of(&dir);
        assert!(!report.holds(), "a changed {table} went unnoticed");
        assert!(report.places().contains(table), "{table} is not named in:\n{}", report.places());
        drop(damage);
    }

    let config = dir.join("nguon.toml");
    let rebuilt = nguon(&["rebuild", "--config", config.to_str().expect("a plain path")]);
    assert!(rebuilt.status.success(), "{}", text(&rebuilt.stderr));
    assert!(text(&rebuilt.stdout).contains("Nothing was changed"), "{}", text(&rebuilt.stdout));

    offices(&dir);
    evidence(&dir);

    let vkey = std::fs::read_to_string(public.join("log.vkey")).expect("the key");
    let checkpoint = public.join("checkpoint");
    let seen = nguon(&["inspect", checkpoint.to_str().expect("a plain path"), "--log-vkey", vkey.trim()]);
    assert!(seen.status.success(), "{}\n{}", text(&seen.stdout), text(&seen.stderr));
    assert!(text(&seen.stdout).contains("nguon.example/demo"));
}

/// A server that ends with the test.
struct Served(std::process::Child);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().expect("it can be stopped");
        self.0.wait().expect("it ends");
    }
}

/// Evidence about lots of every kind holds offline, by the log's key from elsewhere; and not by another.
fn evidence(dir: &Path) {
    let folder = dir.to_str().expect("a plain path");
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let mut server = Command::new(env!("CARGO_BIN_EXE_nguon"));
    server.args(["demo", "--dir", folder, "--listen", &address]).env("NGUON_LOG", "warn");
    let nothing = std::process::Stdio::null;
    let _served = Served(server.stdout(nothing()).stderr(nothing()).spawn().expect("nguon runs"));
    for _ in 0..600 {
        if std::net::TcpStream::connect(&address).is_ok() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let vkey = std::fs::read_to_string(dir.join("public/log.vkey")).expect("the key");
    let lots = [
        "/01/09521100700023/10/260615-A",
        "/01/09521101000016/10/260302-A",
        "/p/ca-chua-don-duong/l/260228-DO016",
        "/p/khoai-tay-da-lat/l/260721-S",
        "/p/che-shan-tuyet-100g/l/260916-A",
        "/01/09521100200028/10/261002-Z",
    ];
    for lot in lots {
        let file = dir.join("evidence.zip");
        let file = file.to_str().expect("a plain path");
        let made = nguon(&["export", "evidence", lot, "--server", &format!("http://{address}"), "-o", file]);
        assert!(made.status.success(), "{lot}: {}", text(&made.stderr));
        let checked = nguon(&["verify", file, "--log-vkey", vkey.trim()]);
        assert!(checked.status.success(), "{lot}: {}{}", text(&checked.stdout), text(&checked.stderr));
        let stranger = "nguon.example/demo+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let refused = nguon(&["verify", file, "--log-vkey", stranger]);
        assert!(!refused.status.success(), "{lot} holds by a key that nobody has");
    }
}

/// What an office asks for is written beside the ledger, or refused in plain words.
fn offices(dir: &Path) {
    let folder = dir.to_str().expect("a plain path");
    let file = dir.join("file");
    let export = |arguments: &[&str]| {
        let place = ["--dir", folder, "-o", file.to_str().expect("a plain path")];
        nguon(&[&["export"], arguments, &place].concat())
    };
    let made = export(&["eudr", "/01/09521100700023/10/261018-A"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let plots: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("GeoJSON is JSON");
    assert_eq!(plots["nguon:exportable"], true);
    let features = plots["features"].as_array().expect("a list");
    let grams: f64 = features.iter().filter_map(|plot| plot["properties"]["nguon:netMassKg"].as_f64()).sum();
    let whole = plots["nguon:lots"][0]["netMassKg"].as_f64().expect("a weight");
    assert!((grams - whole).abs() < 0.001, "{grams} kg of {whole}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "nobody else may read it");
    }

    let season = ["--from", "2026-01-01", "--until", "2026-06-30"];
    let made = export(&[&["diary", "DO016"][..], &season].concat());
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(std::fs::read(&file).expect("a file").starts_with(b"%PDF-"));
    let made = export(&["fsma", "/01/09521101000016/10/260302-A"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(std::fs::read(&file).expect("a file").starts_with(b"PK"), "a spreadsheet is a zip archive");

    let refused = export(&["eudr", "/p/che/l/NONE"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("the ledger has no lot /p/che/l/NONE"),
        "{}",
        text(&refused.stderr)
    );
    let refused = export(&[&["diary", "KHÔNG-CÓ"][..], &season].concat());
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("no plot KHÔNG-CÓ"), "{}", text(&refused.stderr));
    std::fs::remove_file(&file).expect("it was written");
}

/// The file itself, or the widest partial form of it.
fn newest(path: &Path) -> PathBuf {
    if path.is_file() {
        return path.to_owned();
    }
    let widths = std::fs::read_dir(path).expect("a folder of partial forms");
    let width = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u16>().ok());
    widths.map(|entry| entry.expect("readable").path()).max_by_key(width).expect("at least one")
}
