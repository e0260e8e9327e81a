#!/usr/bin/env bash
# One record, checked by hand: with openssl, b3sum, sha256sum and nothing of ours.
#
#   walkthrough.sh FOLDER
#
# FOLDER holds
#   receipt.tlog-proof      the record (as "extra"), its place, the proof and the checkpoint
#   log.vkey                the log's verifier key: origin+hash+key
#   section-I.salt, .payload   the opening of section I (0, 1, …); those that are there are checked
#   witness.vkey            if there: a witness whose cosignature must hold
#
# What it does not check: whether the author's key was enrolled and not revoked (that is decided
# by the records before this one: `nguon verify`), and whether the log shows others the same.
# Ends with 0 when all of it holds, 1 at a fault, 77 when a program is not here.
set -Eeuo pipefail
for program in openssl b3sum sha256sum basenc awk; do
  command -v "$program" >/dev/null || { echo "skipped: $program is not here"; exit 77; }
done
cd "$1"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

fault() { echo "FAULT: $*" >&2; exit 1; }
trap 'fault "it cannot be read: $BASH_COMMAND"' ERR
hold() { [ "$2" = "$3" ] || fault "$1: $2, not $3"; echo "holds: $1"; }

# Bytes and hexadecimal.
hex() { od -An -v -tx1 | tr -d ' \n'; }
unhex() { tr 'a-f' 'A-F' | basenc --base16 --decode; }
# slice FILE OFFSET BYTES
slice() { head -c "$(($2 + $3))" "$1" | tail -c "$3"; }
# number FILE OFFSET BYTES, big-endian
number() { echo $((16#$(slice "$1" "$2" "$3" | hex))); }
sha() { sha256sum | cut -d ' ' -f 1; }
blake() { b3sum --no-names --derive-key "$1"; }

# verify KEY(hex) MESSAGE SIGNATURE: strict Ed25519. openssl takes a public key wrapped as RFC 8410
# says; a signature whose R is the identity is the one case in which verifiers differ.
verify() {
  [ "$(head -c 32 "$3" | hex)" != "01$(printf '0%.0s' {1..62})" ] || return 1
  { printf '302a300506032b6570032100' | unhex; printf '%s' "$1" | unhex; } >"$made/key.der"
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$made/key.der" -rawin -in "$2" -sigfile "$3" >"$made/said"
}

# --- The receipt: C2SP tlog-proof, taken apart ---------------------------------------------------
[ "$(head -n 1 receipt.tlog-proof)" = "c2sp.org/tlog-proof@v1" ] || fault "not a tlog-proof"
sed -n '2s/^extra //p' receipt.tlog-proof | base64 --decode >"$made/record.bin"
index=$(sed -n '3s/^index //p' receipt.tlog-proof)
awk 'NR > 3 && /^$/ { exit } NR > 3' receipt.tlog-proof >"$made/proof"
sed '1,/^$/d' receipt.tlog-proof >"$made/checkpoint"

# --- The log's key: name + hash + base64(01 ‖ key) -------------------------------------------------
IFS=+ read -r origin id key64 <log.vkey
printf '%s' "$key64" | base64 --decode >"$made/key" || fault "log.vkey is not base64"
[ "$(head -c 1 "$made/key" | hex)" = 01 ] || fault "log.vkey is not an Ed25519 key"
log_key=$(slice "$made/key" 1 32 | hex)
key_hash=$({ printf '%s\n' "$origin"; cat "$made/key"; } | sha)
hold "the key's hash is of its name and bytes" "${key_hash:0:8}" "$id"

# --- The record ------------------------------------------------------------------------------------
record=$made/record.bin
[ "$(head -c 4 "$record")" = NGN1 ] || fault "not a record"
size=$(stat -c %s "$record")
head -c $((size - 64)) "$record" >"$made/body"
tail -c 64 "$record" >"$made/signature"
subjects=$(number "$record" 6 1)
sections=$(number "$record" 7 1)
hold "the length follows from the first 16 bytes" \
  "$size" $((200 + 64 * subjects + 34 * sections + $(number "$record" 8 2) + 64))

hold "the record is for this log" "$(slice "$record" 16 32 | hex)" \
  "$({ printf '%s\n' "$origin"; tail -c 32 "$made/key"; } | blake 'nguon 2026-11 ledger id v1')"

author=$(slice "$record" 80 32 | hex)
{ printf 'DSSEv1 31 application/vnd.nguon.record.v1 %d ' $((size - 64)); cat "$made/body"; } >"$made/signed"
verify "$author" "$made/signed" "$made/signature" || fault "the author's signature"
echo "holds: signed by $author"

echo "event id $(blake 'nguon 2026-11 event id v1' <"$made/body")"

for ((i = 0; i < sections; i++)); do
  at=$((200 + 64 * subjects + 34 * i))
  if [ -e "section-$i.salt" ]; then
    [ "$(stat -c %s "section-$i.salt")" = 32 ] || fault "section-$i.salt is not 32 bytes"
    hold "section $i is what the record commits to" \
      "$({ cat "section-$i.salt"; slice "$record" $at 2; cat "section-$i.payload"; } | blake 'nguon 2026-11 section v1')" \
      "$(slice "$record" $((at + 2)) 32 | hex)"
  else
    echo "closed: section $i, of type $(number "$record" $at 2)"
  fi
done

# --- The checkpoint: text, an empty line, signatures -----------------------------------------------
sed '/^$/,$d' "$made/checkpoint" >"$made/text"
[ "$(wc -l <"$made/text")" = 3 ] || fault "the checkpoint is not three lines"
hold "the checkpoint is of this log" "$(sed -n 1p "$made/text")" "$origin"
tree=$(sed -n 2p "$made/text")
root=$(sed -n 3p "$made/text" | base64 --decode | hex)

# signature_of NAME ID: what follows the key's hash on the line of that key
signature_of() {
  sed '1,/^$/d' "$made/checkpoint" | while read -r dash name signature; do
    [ "$dash" = — ] && [ "$name" = "$1" ] || continue
    printf '%s' "$signature" | base64 --decode >"$made/line"
    [ "$(head -c 4 "$made/line" | hex)" != "$2" ] || tail -c +5 "$made/line"
  done
}
signature_of "$origin" "$id" >"$made/signature"
verify "$log_key" "$made/text" "$made/signature" || fault "the log's signature on the checkpoint"
echo "holds: the log signed a tree of $tree entries, root $root"

if [ -e witness.vkey ]; then
  # C2SP tlog-cosignature: time (8 bytes) ‖ signature over a header, the time, and the text.
  IFS=+ read -r witness id key64 <witness.vkey
  printf '%s' "$key64" | base64 --decode >"$made/key"
  [ "$(head -c 1 "$made/key" | hex)" = 04 ] || fault "witness.vkey is not a cosigner's key"
  signature_of "$witness" "$id" >"$made/cosignature"
  [ "$(stat -c %s "$made/cosignature")" = 72 ] || fault "no cosignature of $witness"
  seconds=$(number "$made/cosignature" 0 8)
  { printf 'cosignature/v1\ntime %d\n' "$seconds"; cat "$made/text"; } >"$made/signed"
  tail -c 64 "$made/cosignature" >"$made/signature"
  verify "$(tail -c 32 "$made/key" | hex)" "$made/signed" "$made/signature" || fault "the witness's cosignature"
  echo "holds: $witness saw it at $(date -u -d "@$seconds" '+%Y-%m-%d %H:%M:%S') UTC"
fi

# --- Inclusion: RFC 9162 section 2.1.3.2 -----------------------------------------------------------
# A leaf is SHA-256(00 ‖ record), a node SHA-256(01 ‖ left ‖ right).
node() { { printf '01%s%s' "$1" "$2" | unhex; } | sha; }
((index < tree)) || fault "entry $index of a tree of $tree"
hash=$({ printf '00' | unhex; cat "$record"; } | sha)
echo "leaf hash $hash"
fn=$index
sn=$((tree - 1))
while read -r line; do
  ((sn > 0)) || fault "the proof is too long"
  sibling=$(printf '%s' "$line" | base64 --decode | hex)
  if ((fn % 2 == 1 || fn == sn)); then
    hash=$(node "$sibling" "$hash")
    while ((fn % 2 == 0 && fn != 0)); do ((fn >>= 1, sn >>= 1)) || :; done
  else
    hash=$(node "$hash" "$sibling")
  fi
  ((fn >>= 1, sn >>= 1)) || :
done <"$made/proof"
hold "the proof is long enough" "$sn" 0
hold "entry $index is under the signed root" "$hash" "$root"
