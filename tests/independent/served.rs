//! A running ledger's own files, and the receipts it gives, laid out as somebody with curl has them.

use std::fs;
use std::path::Path;

use nguon_ledger::EventId;
use nguon_tests::World;

/// Puts the keys where `nguon serve` puts them: beside the files.
pub(crate) fn write_keys(world: &World) {
    let service = world.service();
    write(&world.public(), "log.vkey", format!("{}\n", service.log_key()).as_bytes());
    write(&world.public(), "witnesses.vkey", format!("{}\n", service.witness_keys()[0]).as_bytes());
}

/// What `FORMAT.md` tells to fetch for one record: its receipt, the openings that are public, and the keys.
pub(crate) async fn write_receipt(world: &World, event: EventId, folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        fs::remove_file(entry.expect("an entry").path()).expect("a plain file");
    }
    let service = world.service();
    let entry = service.lookup().entry(event).await.expect("the database answers").expect("it is logged");
    let receipt = service.lookup().receipt(&entry).await.expect("tiles are there").expect("it is published");
    write(folder, "receipt.tlog-proof", receipt.to_string().as_bytes());
    write(folder, "log.vkey", format!("{}\n", service.log_key()).as_bytes());
    write(folder, "witness.vkey", format!("{}\n", service.witness_keys()[0]).as_bytes());
    for (section, opening) in &entry.openings {
        write(folder, &format!("section-{section}.salt"), &opening.salt);
        write(folder, &format!("section-{section}.payload"), &opening.payload);
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    fs::write(folder.join(name), bytes).expect("writable");
}
