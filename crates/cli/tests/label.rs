//! `nguon label` as a co-operative meets it: a ledger that answers, files on disk, and files that somebody changed.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

const LOT: &str = "/01/09521100700023/10/260615-A";

/// A ledger that knows one lot, for as long as the test runs.
fn ledger() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let answer = format!(
        r#"{{"uri":"https://id.gs1.org{LOT}","short_code":"C7YF-4Q9V","page_url":"https://nguon.example{LOT}",
        "product":{{"name":{{"vi":"Gạo Séng Cù Điện Biên, túi 5 kg"}},"net_content":{{"amount":5000,"unit":"gram"}},
        "storage":{{"vi":"Để nơi khô ráo, thoáng mát."}}}},
        "state":{{"number":"260615-A","produced_on":"2026-06-15","best_before":"2027-02-10","country_of_origin":"VN",
        "maker":"ab","status":{{"state":"active"}},"findings":[],"certificates":[]}},
        "organisations":{{"ab":{{"name":{{"vi":"HTX Bản Nước Trong"}},"address":{{"vi":"Xã Thanh Yên, Điện Biên"}}}}}},
        "certificates":{{}}}}"#
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let known = request[..read].starts_with(format!("GET /api/v1/lots{LOT} ").as_bytes());
            let (status, body) = if known { ("200 OK", answer.as_str()) } else { ("404 Not Found", "{}") };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            // A client that went away is its own affair.
            drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())));
        }
    });
    address
}

fn label(folder: &Path, server: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nguon"))
        .arg("label")
        .args(arguments)
        .current_dir(folder)
        .env("NGUON_SERVER", server)
        .output()
        .expect("nguon runs")
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

#[test]
fn a_lots_labels_are_written_in_every_format() {
    let (folder, server) = (tempfile::tempdir().expect("a folder"), ledger());
    let at = folder.path();
    for (name, begins) in [
        ("tem.svg", b"<svg ".as_slice()),
        ("tem.png", b"\x89PNG\r\n\x1a\n"),
        ("tem.pdf", b"%PDF-"),
        ("tem.tspl", b"SIZE 50 mm,30 mm\r\n"),
        ("tem.zpl", b"^XA^PW400^LL240"),
    ] {
        let out = label(at, &server, &[LOT, "-o", name, "--field", "best_before=10/02/2027"]);
        assert_eq!(out.status.code(), Some(0), "{name}: {}", said(&out));
        let written = std::fs::read(at.join(name)).expect("written");
        assert!(written.starts_with(begins), "{name}");
    }
    let svg = std::fs::read_to_string(at.join("tem.svg")).expect("written");
    assert!(svg.contains("Gạo Séng Cù Điện Biên") && svg.contains("C7YF-4Q9V") && svg.contains("15/06/2026"));

    let sheet = ["--sheet", "l7651", "--start", "60", "--offset-x", "-0.5", "--cut-lines"];
    let out = label(at, &server, &[&[LOT, "-o", "to.pdf"], sheet.as_slice()].concat());
    assert!(said(&out).contains("6 tem · labels, 1 trang · pages"), "{}", said(&out));

    // Standard output holds the file and nothing else.
    let out = label(at, &server, &[LOT, "-o", "-", "--format", "zpl", "--count", "12000"]);
    let zpl = String::from_utf8(out.stdout).expect("text");
    assert_eq!(zpl.lines().filter(|line| line.ends_with("^XZ")).count(), 2);
    assert!(zpl.contains("^PQ9999^XZ") && zpl.contains("^PQ2001^XZ"));
}

#[test]
fn each_pack_gets_the_label_that_the_file_of_serials_says() {
    let (folder, server) = (tempfile::tempdir().expect("a folder"), ledger());
    let at = folder.path();
    let row = |n: u32| format!("{n},K{n:05}X,https://nguon.example{LOT}/21/K{n:05}X\n");
    let rows: String = (1..=60).map(row).collect();
    std::fs::write(at.join("serials.csv"), format!("number,serial,url\n{rows}")).expect("written");
    let out = label(
        at,
        &server,
        &[LOT, "--serials", "serials.csv", "-o", "tem.pdf", "--sheet", "a4-3x8", "--pages-per-file", "2"],
    );
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    assert!(at.join("tem-001.pdf").is_file() && at.join("tem-002.pdf").is_file());
    assert!(!at.join("tem.pdf").exists() && !at.join("tem-003.pdf").exists());
    let out = label(at, &server, &[LOT, "--serials", "serials.csv", "-o", "tem.zpl"]);
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    let zpl = std::fs::read_to_string(at.join("tem.zpl")).expect("written");
    assert_eq!(zpl.lines().count(), 60);
    let out = label(at, &server, &[LOT, "--serials", "serials.csv", "-o", "each", "--format", "svg"]);
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    let svg = std::fs::read_to_string(at.join("each/000042.svg")).expect("written");
    assert!(svg.contains("K00042X"));

    // One changed row, and nothing is printed.
    let changed = rows.replace(&row(30), "30,K00030X,https://evil.example/21/K00030X\n");
    std::fs::write(at.join("serials.csv"), format!("number,serial,url\n{changed}")).expect("written");
    let out = label(at, &server, &[LOT, "--serials", "serials.csv", "-o", "changed.zpl"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(said(&out).contains("line 31") && said(&out).contains("does not lead to"), "{}", said(&out));
    assert!(!at.join("changed.zpl").exists());
}

#[test]
fn what_cannot_be_printed_is_said_and_nothing_is_left_behind() {
    let (folder, server) = (tempfile::tempdir().expect("a folder"), ledger());
    let at = folder.path();
    for (arguments, code, words) in [
        (vec!["/p/no/l/SUCH", "-o", "x.pdf"], 1, "the ledger has no such lot"),
        (vec![LOT], 2, "-o FILE"),
        (vec!["-o", "x.pdf"], 2, "which lot?"),
        (vec![LOT, "-o", "x.doc"], 2, "--format"),
        (vec![LOT, "-o", "x.pdf", "--design", "no-such"], 2, "neither a folder"),
        (vec![LOT, "-o", "x.pdf", "--sheet", "l7651", "--start", "66"], 2, "labels 1 to 65"),
        (
            vec![LOT, "-o", "x.pdf", "--sheet", "l7651", "--design", "retail-100x60"],
            2,
            "the design is 100 × 60 mm",
        ),
        (vec![LOT, "-o", "x.pdf", "--sheet", "a5"], 2, "no sheet of that name"),
        (vec![LOT, "-o", "x.pdf", "--offset-x", "20"], 2, "millimetres to a tenth"),
        (vec![LOT, "-o", "x.png", "--dpi", "20"], 2, "--dpi goes from"),
        (vec![LOT, "-o", "x.pdf", "--field", "price=1"], 2, "no field"),
        (vec![LOT, "-o", "no/such/folder/x.pdf"], 2, "cannot write"),
    ] {
        let out = label(at, &server, &arguments);
        assert_eq!(out.status.code(), Some(code), "{arguments:?}: {}", said(&out));
        assert!(said(&out).contains(words), "{arguments:?}: {}", said(&out));
    }
    assert_eq!(std::fs::read_dir(at).expect("listed").count(), 0);
}
