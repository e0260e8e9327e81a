# The guardian of one PostgreSQL server: guardian BIN PORT, told to stop by the end of its input.
bin=$1
port=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/nguon-postgres.XXXXXX")
server=
trap '[ -z "$server" ] || { kill -INT "$server" && wait "$server"; } || :; rm -rf "$dir"' EXIT

# Texts sort as in a Vietnamese dictionary, on purpose: SQLite sorts by bytes, so a query that
# forgets COLLATE "C" gives another order here and a story fails.
"$bin/initdb" --pgdata="$dir/data" --username=nguon --auth=trust --encoding=UTF8 --locale=C \
  --locale-provider=icu --icu-locale=vi --no-sync >"$dir/initdb.log" 2>&1 || {
  cat "$dir/initdb.log" >&2
  exit 1
}

# Under a name of its own, because whatever tidies up "postgres" processes on the machine
# (another project's test run, say) would take this one along.
cp "$bin/postgres" "$dir/nguon-postgres"
"$dir/nguon-postgres" -D "$dir/data" -h 127.0.0.1 -p "$port" -k "$dir" \
  -c fsync=off -c max_connections=200 >"$dir/server.log" 2>&1 </dev/null &
server=$!

until "$bin/pg_isready" --quiet --host=127.0.0.1 --port="$port"; do
  kill -0 "$server" 2>/dev/null || {
    server=
    cat "$dir/server.log" >&2
    exit 1
  }
  sleep 0.1
done
echo ready
cat >/dev/null
