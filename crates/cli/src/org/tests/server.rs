//! As much of a server as a signer asks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use nguon_ledger::PublicKey;

use super::LEDGER;

/// A server that knows the root's head, takes `taken` requests with records and breaks off at the next.
pub(super) fn server(root: &PublicKey, organisation: &str, head: (u64, String), taken: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (seq, event) = head;
    let key = format!(
        r#"{{"key": "{root}", "organisation_id": "{organisation}", "head": {{"seq": {seq}, "event_id": "{event}"}}}}"#
    );
    std::thread::spawn(move || {
        let mut posts = 0;
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = request(&mut stream);
            let answer = match request.as_str() {
                get if get.starts_with("GET /api/v1/ledger") => format!(r#"{{"ledger_id": "{LEDGER}"}}"#),
                get if get.starts_with("GET /api/v1/keys/") => key.clone(),
                post if post.starts_with("POST /api/v1/records") && posts < taken => {
                    posts += 1;
                    r#"{"results": [{"status": 201, "state": "logged", "index": 7}]}"#.to_owned()
                }
                _ => return,
            };
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
            stream.write_all(format!("{head}{answer}").as_bytes()).unwrap();
        }
    });
    address
}

/// The request with its body.
fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        text.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    text + &String::from_utf8(body).unwrap()
}
