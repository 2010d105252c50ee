#!/bin/sh
# `npm test`: installs what is missing, checks the code, runs every test. `npm test -- FILE…` runs some of them.
set -u
cd "$(dirname "$0")/.."
checked=0
PEBBLE_INSTALL_ONLY=1 ./pebble || exit
[ $# -gt 0 ] || sh scripts/check.sh || checked=$?
NODE_COMPILE_CACHE=node_modules/.cache/pebble node_modules/.bin/node --disable-warning=ExperimentalWarning \
  scripts/suite/main.ts "$@" </dev/null
status=$?
[ "$checked" -eq 0 ] || echo 'the checks failed, see above'
[ "$status" -eq 0 ] && [ "$checked" -eq 0 ]
