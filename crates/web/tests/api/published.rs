//! The log as plain files.

use axum::http::StatusCode;
use nguon_ledger::merkle::TreeSize;
use nguon_ledger::tile::{decode_entries, root_from_tiles};

use crate::given::{self, cooperative};

#[tokio::test]
async fn anybody_recomputes_the_root_from_the_published_tiles() {
    let ledger = given::ledger().await;
    let (_, mut phone) = cooperative(&ledger).await;
    let notes: Vec<_> = (0..300).map(|n| phone.note(&format!("lần {n}"))).collect();
    ledger.send(&notes).await;
    ledger.service.settle().await;

    let note = ledger.get("/checkpoint").await;
    assert_eq!(note.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(note.header("cache-control"), "public, max-age=1");
    assert_eq!(note.header("access-control-allow-origin"), "*");
    let (checkpoint, _) =
        nguon_ledger::checkpoint::open_checkpoint(&note.body, ledger.service.log_key()).unwrap();
    let size = checkpoint.size().0;
    assert!(size > 256, "{size}");
    let by_size = ledger.get(&format!("/checkpoints/{}", nguon_service::checkpoint_name(size))).await;
    assert_eq!(by_size.body, note.body);

    // Every tile that the tree of this size needs, over HTTP.
    let mut tiles = std::collections::HashMap::new();
    for tile in nguon_ledger::tile::tiles_for(TreeSize(0), checkpoint.size()) {
        let answered = ledger.get(&format!("/{}", tile.path())).await;
        assert_eq!(answered.status, StatusCode::OK, "{tile}");
        assert_eq!(answered.header("content-type"), "application/octet-stream");
        let is_openings = tile.path().starts_with("openings/");
        let caching = if is_openings { "public, max-age=60" } else { "public, max-age=31536000, immutable" };
        assert_eq!(answered.header("cache-control"), caching, "{tile}");
        tiles.insert(tile.path(), answered.body);
    }
    let root = root_from_tiles(checkpoint.size(), |tile| {
        tiles.get(&tile.path()).cloned().ok_or_else(|| std::io::Error::other(tile.path()))
    });
    assert_eq!(root.unwrap(), checkpoint.root());
    assert_eq!(decode_entries(&tiles["tile/entries/000"], 256).unwrap().len(), 256);
}

#[tokio::test]
async fn a_path_is_the_name_of_a_tile_or_nothing() {
    let ledger = given::ledger().await;
    cooperative(&ledger).await;
    ledger.service.settle().await;
    std::fs::write(ledger.folder.path().join("public/secret"), "x").unwrap();
    for path in [
        "/tile/0/../../secret",
        "/tile/0/..%2f..%2fsecret",
        "/tile/%2e%2e/secret",
        "/tile/entries/..",
        "/tile/0//000",
        "/tile//etc/passwd",
        "/tile/0/0",
        "/tile/0/000.p/0",
        "/tile/0/999",
        "/openings/../secret",
        "/openings/%2e%2e%2fsecret",
        "/openings/x000/000",
        "/checkpoints/../secret",
        "/checkpoints/..%2fcheckpoint",
        "/checkpoints/1",
        "/checkpoints/001.p/1",
        "/checkpoints/x000/001",
        "/tile/0/000%00",
    ] {
        let answered = ledger.get(path).await;
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{path}: {}", answered.text());
        answered.problem();
    }
}

#[tokio::test]
async fn who_has_a_file_already_gets_304_and_who_asks_for_its_head_gets_no_body() {
    let ledger = given::ledger().await;
    cooperative(&ledger).await;
    ledger.service.settle().await;
    let size = ledger.get("/api/v1/ledger").await.json()["size"]["published"].as_u64().unwrap();
    let tile = format!("/tile/0/000.p/{size}");
    for path in ["/checkpoint", tile.as_str(), "/log.vkey", "/witnesses.vkey", "/api/v1/log/entries/0"] {
        let whole = ledger.get(path).await;
        assert_eq!(whole.status, StatusCode::OK, "{path}");
        let tag = whole.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{path}: a strong tag, {tag}");

        let head = ledger.ask("HEAD", path, &[]).await;
        assert_eq!((head.status, head.header("etag")), (StatusCode::OK, tag.as_str()), "{path}");
        assert!(head.body.is_empty(), "{path}");
        assert_eq!(head.header("content-length"), whole.body.len().to_string(), "{path}");

        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let same = ledger.ask("GET", path, &[("if-none-match", &known)]).await;
            assert_eq!(same.status, StatusCode::NOT_MODIFIED, "{path} {known}");
            assert!(same.body.is_empty());
            assert_eq!(same.header("etag"), tag, "{path}");
            assert_eq!(same.header("cache-control"), whole.header("cache-control"), "{path}");
        }
        let other = ledger.ask("GET", path, &[("if-none-match", "\"x\"")]).await;
        assert_eq!(other.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn keys_are_one_a_line() {
    let ledger = given::ledger().await;
    let text = ledger.get("/witnesses.vkey").await.text();
    let keys: Vec<nguon_ledger::note::VerifierKey> = text.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(keys, ledger.service.witness_keys());
    assert!(text.ends_with('\n'));
}
