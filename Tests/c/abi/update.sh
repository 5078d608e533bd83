#!/usr/bin/env bash
# update.sh - writes symbols.txt and covey.abi.xml anew from the header. Look at
# what changed: additions are fine, anything else breaks programs.
set -eu
# shellcheck source=SCRIPTDIR/../script.sh
. "$(dirname "$0")/../script.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stub "$work"
describe "$work" >"$here/abi/covey.abi.xml"
declared_functions >"$here/abi/symbols.txt"
