#!/bin/sh
# How large the client is: minified and compressed, without React. Needs esbuild.
set -eu
cd "$(dirname "$0")/.."
limit=6144
tsc -p .
bytes=$(esbuild dist/index.js --bundle --minify --format=esm --target=es2022 --log-level=warning |
  gzip -9 | wc -c)
echo "client, minified and compressed: $bytes bytes, limit $limit"
test "$bytes" -le "$limit"
