#!/bin/sh
# How long it takes from `git clone` to the dashboard with live data, with nothing in npm's cache: `sudo sh bench/first-run.sh`. The bar is 90 s.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
demo=
trap '[ -z "$demo" ] || { kill -INT "$demo"; wait "$demo" || true; }; rm -rf "$work"' EXIT
begin=$(date +%s)
since() { echo "$(($(date +%s) - begin)) s: $1"; }
git clone -q . "$work/pebble"
since 'cloned'
export npm_config_cache="$work/cache"
"$work/pebble/pebble" demo --duration 600 --interval 1 --json >"$work/rows" 2>"$work/log" &
demo=$!
until [ -s "$work/rows" ]; do kill -0 "$demo"; sleep 1; done
since 'rows of live data on standard output (the page of the demo has the same)'
