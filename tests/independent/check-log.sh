#!/usr/bin/env bash
# check-log.sh FOLDER LOG.VKEY: runs main.go on a published log with Debian's Go and its packages.
# Ends with 0 when all holds, 1 at a fault, 77 when Go or the packages are not here.
set -euo pipefail
packages=/usr/share/gocode
command -v go >/dev/null && [ -d "$packages/src/golang.org/x/mod/sumdb" ] || {
  echo "skipped: Go with golang.org/x/mod is not here (Debian: golang-go golang-golang-x-mod-dev)"
  exit 77
}
export GO111MODULE=off GOPATH=$packages GOFLAGS= GOCACHE=${GOCACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/go-build}
program=$(dirname "$0")/main.go
exec go run "$program" "$1" "$2"
