# shellcheck shell=bash
# script.sh - what the test scripts have in common. To be sourced.
#
# CC, CXX, CFLAGS and LIBDIR (the folder of libcovey.so) come from the
# environment.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
include=$root/include
# shellcheck disable=SC2034 # used by those who source this
libdir=${LIBDIR:-$root/build/lib}
: "${CC:=cc}" "${CXX:=c++}"

passed=0
failed=0

# check NAME COMMAND...: one test, which passes when the command does. What the
# command says is shown only when it fails.
check() {
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf '%s\nFAILED %s\n' "$said" "$name"
  fi
}

# Ends a script: the last line that each of them says.
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}

# The names of the functions that the headers declare, sorted.
declared_functions() {
  prototypes | sed 's/(.*//; s/.*[ *]//' | LC_ALL=C sort
}

# prototypes [FOLDER]: those of its headers, one a line, without their
# semicolons. Directives and comments go, and what is left is cut at semicolons
# and braces.
prototypes() {
  local folder=${1:-$include}
  sed -e ':more' -e '/\\$/{N;s/\\\n//;b more' -e '}' -e '/^#/d' \
    "$folder/covey.h" "$folder"/covey/*.h |
    tr '\n' ' ' |
    sed -e 's|/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/| |g' -e 's/[;{}]/&\n/g' |
    sed -n -e 's/^ *//' -e 's/  */ /g' -e '/^typedef/d' \
      -e 's/^\(.*[ *]covey_[a-z0-9_]*(.*)\) *;$/\1/p'
}

# stub FOLDER [FOLDER]: makes a library with an empty body for each function of
# the headers in the second one.
stub() {
  {
    echo '#include "covey.h"'
    prototypes "${2:-$include}" | sed 's/^void .*/&{}/; t; s/$/{ return 0; }/'
  } >"$1/stub.c"
  cp -r "${2:-$include}"/covey* "$1/"
  (cd "$1" && "$CC" -std=c99 -g -w -fPIC -shared -I. \
    -Wl,-soname=libcovey.so.1 -o libcovey.so.1 stub.c)
}

# describe FOLDER: describes the interface of such a library, without any path.
describe() {
  (cd "$1" && abidw --no-architecture --no-corpus-path --no-comp-dir-path \
    --no-show-locs --no-elf-needed --type-id-style hash libcovey.so.1)
}
