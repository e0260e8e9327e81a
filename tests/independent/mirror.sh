#!/usr/bin/env bash
# mirror.sh URL FOLDER: brings FOLDER up to what URL publishes now, with curl and nothing of ours.
#
# Run it again and again on the same folder. Full tiles are fetched once; every checkpoint that was ever fetched stays, so
# that `nguon verify FOLDER` notices a log that took something back in between. The keys of the first run stay, too.
set -euo pipefail
command -v curl >/dev/null || { echo "skipped: curl is not here"; exit 77; }
site=$1
mkdir -p "$2"
cd "$2"

get() { mkdir -p "$(dirname "$1")"; curl -fsS --retry 3 "$site/$1" -o "$1.new" && mv "$1.new" "$1"; }
# number 1234067: x001/x234/067
number() {
  local n=$1 path
  path=$(printf %03d $((n % 1000)))
  while ((n >= 1000)); do
    n=$((n / 1000))
    path=$(printf 'x%03d/%s' $((n % 1000)) "$path")
  done
  echo "$path"
}
# level NAME COUNT: every file of one level. Between checkpoint and here a partial tile may have become a full one.
level() {
  local n
  for ((n = 0; n < $2 / 256; n++)); do
    [ -e "$1/$(number $n)" ] || get "$1/$(number $n)"
  done
  (($2 % 256 == 0)) || get "$1/$(number $n).p/$(($2 % 256))" 2>/dev/null || get "$1/$(number $n)"
}

for keys in log.vkey witnesses.vkey; do
  [ -e $keys ] || get $keys
done
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
curl -fsS --retry 3 "$site/checkpoint" -o "$fresh"
size=$(sed -n 2p "$fresh")
level tile/entries "$size"
# An erasure takes openings out: old ones are not kept.
rm -rf openings
level openings "$size"
for ((l = 0, count = size; count > 0; l++, count /= 256)); do
  level "tile/$l" "$count"
done
for name in "checkpoints/$(number "$size")" checkpoint; do
  mkdir -p "$(dirname "$name")"
  cat "$fresh" >"$name.new"
  mv "$name.new" "$name"
done
echo "$size entries"
