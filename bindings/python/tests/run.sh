#!/usr/bin/env bash
# run.sh - checks and tests the Python package.
#
#   run.sh test WHEEL [WORD...]        installs the wheel for one Python, and runs
#                                      pytest
#   run.sh others WHEEL [WORD...]      the same for each other Python from 3.10 on
#                                      that is found; there may be none
#   run.sh address WHEEL LIBRARY [WORD...]
#                                      the same for one Python, against a
#                                      library built with AddressSanitizer
#   run.sh lint                        ruff on all Python there is, and mypy
#   run.sh format                      ruff format
#
# PYTHON comes before all others; WORDs go to pytest. The environments are kept
# below build/python and made anew only where something changed.
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
environments=$(cd "$package/../.." && pwd)/build/python
requirements=$package/tests/requirements.txt
unset PYTHONPATH PYTHONHOME COVEY_LIBRARY

# Everything that may be a Python, the most wanted first.
candidates() {
  echo "${PYTHON:-python3}"
  printf 'python3%s\n' "" .10 .11 .12 .13 .14
  if command -v pyenv >/dev/null; then
    find "$(pyenv root)/versions" -path '*/bin/python3' 2>/dev/null | sort || true
  fi
}

# One line "VERSION EXECUTABLE" for each version that will do.
pythons() {
  local candidate
  while read -r candidate; do
    "$candidate" -c '
import sys
if sys.version_info >= (3, 10) and sys.implementation.name == "cpython":
    print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null || true
  done < <(candidates) | awk '!seen[$1]++'
}

# changed STAMP FILE: whether the file is another than when the stamp was made.
changed() { [ "$(cat "$1" 2>/dev/null)" != "$(sha256sum <"$2")" ]; }

has_venv() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

pip() { # pip VERSION ARGUMENT...
  local folder=$environments/$1
  shift
  "$folder/bin/python" -m pip --quiet --disable-pip-version-check "$@"
}

# environment VERSION EXECUTABLE: $environments/VERSION with what the tests need.
environment() {
  local folder=$environments/$1
  changed "$folder/requirements.stamp" "$requirements" || return 0
  "$2" -m venv --clear "$folder" && pip "$1" install -r "$requirements" &&
    sha256sum <"$requirements" >"$folder/requirements.stamp"
}

# install VERSION WHEEL
install() {
  local stamp=$environments/$1/wheel.stamp
  changed "$stamp" "$2" || return 0
  pip "$1" install --no-deps --force-reinstall "$2" && sha256sum <"$2" >"$stamp"
}

# run VERSION OPTION...: from a folder where nothing can be imported.
run() {
  local folder=$environments/$1
  shift
  cd "$folder" && COVEY_TEST_INSTALLED=1 bin/pytest -q "$package/tests" "$@"
}

# Says the version of the first Python that can have an environment, and makes it.
first() {
  local version executable
  while read -r version executable; do
    if has_venv "$executable"; then
      environment "$version" "$executable" >&2 && echo "$version"
      return
    fi
  done < <(pythons)
  echo "covey: no Python from 3.10 on with venv and pip was found" >&2
  return 1
}

test_one() { # test_one VERSION EXECUTABLE WHEEL WORD...
  local version=$1 executable=$2 wheel=$3
  shift 3
  echo "Python $version"
  environment "$version" "$executable" && install "$version" "$wheel" && (run "$version" "$@")
}

test_first() { # test_first WHEEL WORD...
  local version
  version=$(first)
  echo "Python $version"
  install "$version" "$(realpath "$1")"
  (run "$version" "${@:2}")
}

# Two at a time: they wait for sockets and clocks most of the time.
test_others() { # test_others WHEEL WORD...
  local version executable wheel before failed="" count=0 logs
  wheel=$(realpath "$1")
  shift
  before=$(first)
  logs=$(mktemp -d)
  while read -r version executable <&3; do
    [ "$version" != "$before" ] || continue
    if ! has_venv "$executable"; then
      echo "Python $version: skipped, it has no venv or no pip"
      continue
    fi
    count=$((count + 1))
    [ "$(jobs -pr | wc -l)" -lt 2 ] || wait -n || true
    { test_one "$version" "$executable" "$wheel" "$@" || touch "$logs/$version.failed"; } \
      >"$logs/$version.log" 2>&1 &
  done 3< <(pythons)
  wait
  [ "$count" -eq 0 ] || cat "$logs"/*.log
  for version in "$logs"/*.failed; do
    [ ! -e "$version" ] || failed="$failed $(basename "$version" .failed)"
  done
  rm -rf "$logs"
  [ "$count" -gt 0 ] || echo "covey: there is no Python from 3.10 on but $before"
  [ -z "$failed" ] || { echo "FAILED with Python$failed" && return 1; }
}

test_address() { # test_address WHEEL LIBRARY WORD...
  local version wheel library runtime
  wheel=$(realpath "$1")
  library=$(realpath "$2")
  shift 2
  runtime=$(clang -print-file-name="libclang_rt.asan-$(uname -m).so")
  [ -f "$runtime" ] || { echo "covey: clang has no $runtime" >&2 && return 1; }
  version=$(first)
  install "$version" "$wheel"
  echo "Python $version, AddressSanitizer"
  # malloc: so that the sanitizer knows where Python's own objects end.
  export ASAN_OPTIONS=detect_leaks=0:exitcode=66 PYTHONMALLOC=malloc COVEY_LIBRARY=$library
  (LD_PRELOAD=$runtime run "$version" --timeout 300 "$@")
}

tool() { # tool NAME ARGUMENT...
  local version name=$1
  shift
  version=$(first)
  cd "$package"
  "$environments/$version/bin/$name" "$@"
}

usage() {
  sed -n '2,16s/^# \{0,1\}//p' "$0"
  exit 2
}

case ${1-} in
test)
  shift
  test_first "${@:?the wheel}"
  ;;
others)
  shift
  test_others "${@:?the wheel}"
  ;;
address)
  shift
  test_address "${1:?the wheel}" "${2:?the library}" "${@:3}"
  ;;
lint)
  (tool ruff format --quiet --check ../..)
  (tool ruff check --quiet ../..)
  (tool mypy --no-error-summary --cache-dir "$environments/mypy" src)
  ;;
format) (tool ruff format --quiet ../..) ;;
*) usage ;;
esac
