#!/usr/bin/env bash
# header_test.sh - the headers in every C and C++ that it promises, by gcc and by
# clang; and the layout of its structs.
set -u
# shellcheck source=script.sh
. "$(dirname "$0")/script.sh"

strict=(-I"$root/include" -pedantic -Wall -Wextra -Werror
  -Wmissing-field-initializers -Wconversion -fsyntax-only)

for compiler in gcc clang; do
  for standard in c99 c11 c17; do
    check "header in $standard by $compiler" "$compiler" -std=$standard \
      -Wstrict-prototypes "${strict[@]}" "$here/header_c99.c"
    for part in state context describe layer listen watch; do
      check "covey/$part.h alone in $standard by $compiler" "$compiler" \
        -std=$standard -Wstrict-prototypes "${strict[@]}" \
        -include "covey/$part.h" -xc /dev/null
    done
  done
  check "layout by $compiler" "$compiler" -std=c11 "${strict[@]}" \
    "$here/layout.c"
done
for compiler in g++ clang++; do
  for standard in c++11 c++17 c++20; do
    check "header in $standard by $compiler" "$compiler" -std=$standard \
      "${strict[@]}" "$here/header_cxx17.cc"
    for part in state context describe layer listen watch; do
      check "covey/$part.h alone in $standard by $compiler" "$compiler" \
        -std=$standard "${strict[@]}" -include "covey/$part.h" -xc++ /dev/null
    done
  done
done
finish
