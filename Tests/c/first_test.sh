#!/usr/bin/env bash
# first_test.sh - a program that was built against the first header of this
# major version (first/covey.h, never to be changed) runs with this library.
set -u
# shellcheck source=script.sh
. "$(dirname "$0")/script.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

it_builds() {
  "$CC" -std=c11 -D_GNU_SOURCE -g -pthread -Wall -Wextra -Wpedantic -Werror \
    -I"$here/first" "$here"/first/program.c "$here"/check.c "$here"/client.c \
    -o "$work/program" -L"$libdir" -lcovey -Wl,-rpath,"$libdir" -lssl -lcrypto
}

no_function_of_then_is_gone() {
  local gone
  gone=$(LC_ALL=C comm -23 \
    <(grep -ohE '\bcovey_[a-z_]+\(' "$here/first/covey.h" | tr -d '(' | LC_ALL=C sort -u) \
    <(grep -rohE '\bcovey_[a-z_]+\(' "$include" | tr -d '(' | LC_ALL=C sort -u))
  [ -z "$gone" ] || { echo "$gone" && return 1; }
}

check "it builds" it_builds
check "it runs" "$work/program"
check "no function of then is gone" no_function_of_then_is_gone
finish
