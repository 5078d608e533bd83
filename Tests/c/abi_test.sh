#!/usr/bin/env bash
# abi_test.sh - the interface is still what abi/covey.abi.xml says. libabigail
# reads the debug information of a stub library made from the header: it checks
# what the header promises. The first tests ask whether it would notice.
set -u
# shellcheck source=script.sh
. "$(dirname "$0")/script.sh"

baseline=$here/abi/covey.abi.xml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# same_as_baseline FOLDER: compares the headers there with the baseline.
same_as_baseline() {
  local folder
  folder=$(mktemp -d -p "$work") || return 1
  stub "$folder" "$1" && describe "$folder" >"$folder/now.xml" || return 1
  abidiff --harmless "$baseline" "$folder/now.xml"
}

# notices SED-SCRIPT: whether such a change of the headers is noticed.
notices() {
  local changed
  changed=$(mktemp -d -p "$work") || return 1
  cp -r "$include"/covey* "$changed/"
  sed -i "$1" "$changed/covey.h" "$changed"/covey/*.h
  ! diff -rq "$include" "$changed" >/dev/null && ! same_as_baseline "$changed"
}

no_path_is_in_it() {
  ! grep -nE "(path|dir|file)[a-z-]*='[^']*/" "$baseline"
}

check "a field of another width is noticed" \
  notices 's/uint16_t close_code_slow;/uint32_t close_code_slow;/'
check "a field that is gone is noticed" \
  notices '/^  uint64_t drops_gone;/d'
check "a function that is gone is noticed" \
  notices 's/^covey_status covey_timer_stop(/covey_status covey_timer_end(/'
check "a parameter of another type is noticed" \
  notices 's/covey_server_wait(covey_server \*server, int32_t/&*/'
check "a change in a header below is noticed" \
  notices 's/^covey_status covey_store_put(/covey_status covey_store_set(/'
check "the baseline holds no path" no_path_is_in_it
check "the interface is that of the baseline" same_as_baseline "$include"
finish
