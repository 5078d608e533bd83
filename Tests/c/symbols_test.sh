#!/usr/bin/env bash
# symbols_test.sh - the library exports what the header declares and nothing
# else, carries its runtime inside, and every function has a test in C.
set -u
# shellcheck source=script.sh
. "$(dirname "$0")/script.sh"

library=$libdir/libcovey.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# All names, without their versions and without the version itself.
exported() {
  nm -D --defined-only "$library" | sed 's/@.*//' |
    awk '!($2 == "A" && $3 ~ /^COVEY_[0-9]+$/) { print $3 }' | LC_ALL=C sort
}

declared_are_listed() { diff -u "$here/abi/symbols.txt" <(declared_functions); }
exported_are_listed() { diff -u "$here/abi/symbols.txt" <(exported); }

all_are_functions() {
  ! nm -D --defined-only "$library" | awk '$2 != "A"' | grep -v ' T '
}

no_runtime_is_named() {
  ldd "$library" && ! ldd "$library" |
    grep -Ei 'swift|foundation|dispatch|BlocksRuntime|not found'
}

hiredis_is_needed_as_it_was_asked_for() {
  [ "$(ldd "$library" | grep -c hiredis)" = "${REDIS-1}" ]
}

name_carries_the_major_version() {
  readelf -d "$library" | grep SONAME
  readelf -d "$library" | grep -q 'SONAME.*\[libcovey\.so\.1\]'
}

links_lead_to_the_library() {
  [ -L "$libdir/libcovey.so" ] && [ -L "$libdir/libcovey.so.1" ] &&
    [ "$(basename "$(readlink -f "$library")")" = libcovey.so.1.0.0 ]
}

# What cannot be unloaded must say so: the Swift runtime cannot.
is_never_unloaded() { readelf -d "$library" | grep -q NODELETE; }

no_text_relocations_or_executable_stack() {
  ! readelf -d "$library" | grep TEXTREL &&
    ! readelf -lW "$library" | grep 'GNU_STACK.*RWE'
}

every_function_is_tested() {
  local name missing=0
  for name in $(declared_functions); do
    if ! grep -qw "$name" "$here"/*.c; then
      echo "no test mentions $name"
      missing=1
    fi
  done
  return $missing
}

is_as_small_as_promised() {
  strip -o "$work/stripped" "$library" &&
    [ "$(stat -c %s "$work/stripped")" -lt 12000000 ]
}

check "declared functions are those of symbols.txt" declared_are_listed
check "exported names are those of symbols.txt" exported_are_listed
check "nothing but functions is exported" all_are_functions
check "no Swift library is needed" no_runtime_is_named
check "hiredis is needed, or not, as it was asked for" \
  hiredis_is_needed_as_it_was_asked_for
check "the SONAME is libcovey.so.1" name_carries_the_major_version
check "the links lead to libcovey.so.1.0.0" links_lead_to_the_library
check "it is never unloaded" is_never_unloaded
check "no text relocations, no executable stack" \
  no_text_relocations_or_executable_stack
check "every function is mentioned in a test" every_function_is_tested
check "it is smaller than 12 MB" is_as_small_as_promised
[ -f "$work/stripped" ] &&
  echo "stripped: $(stat -c %s "$work/stripped") bytes"
finish
