#!/bin/sh
# Builds the client and its tests, and runs them. BOARD names the board example, and SIMULATION the
# simulation of the server, to try against them.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist/test
tsc -p .
tsc -p test
exec node --experimental-websocket --disable-warning=ExperimentalWarning --test "$@" \
  dist/test/*.test.js
