#!/bin/sh
# Types, lint and format, layers: what can be said about the code without running it.
set -u
cd "$(dirname "$0")/.."
PEBBLE_INSTALL_ONLY=1 ./pebble || exit
bin=node_modules/.bin
failed=0
"$bin/node" "$bin/tsc" --noEmit || failed=1
"$bin/node" "$bin/tsc" --noEmit -p src/dashboard || failed=1
"$bin/biome" check --error-on-warnings . || failed=1
"$bin/node" --disable-warning=ExperimentalWarning scripts/layers.ts || failed=1
exit "$failed"
