#!/usr/bin/env bash
# install_test.sh - `make install` puts everything where it belongs, and a
# program finds it there, by pkg-config and by CMake.
set -u
# shellcheck source=script.sh
. "$(dirname "$0")/script.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
staged=$work/staged  # as a package is built: DESTDIR, then PREFIX
prefix=$work/prefix  # as a user installs: PREFIX alone

cat >"$work/program.c" <<'END'
#include <covey/context.h>
#include <covey/describe.h>
#include <covey/layer.h>
#include <covey/state.h>
#include <covey.h>
#include <stdio.h>

int main(void) {
  covey_server *server = NULL;
  covey_error error = COVEY_ERROR_INIT;
  covey_model model = COVEY_MODEL_INIT;
  model.name = "Model";
  if (covey_server_new(NULL, &server, &error) != COVEY_OK ||
      covey_model_register(server, &model, NULL, &error) != COVEY_OK ||
      covey_server_listen(server, NULL, NULL, &error) != COVEY_OK)
    return fprintf(stderr, "%s\n", error.message), 1;
  printf("covey %s\n", covey_version());
  return covey_server_free(server) == COVEY_OK ? 0 : 1;
}
END

mkdir "$work/project"
cp "$work/program.c" "$work/project/program.c"
cat >"$work/project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.16)
project(program C)
find_package(covey 1.0 REQUIRED)
add_executable(program program.c)
target_link_libraries(program PRIVATE covey::covey)
END

install_into() { make -C "$root" --no-print-directory install "$@"; }

# everything_is_below FOLDER: all files and links, and nothing else.
everything_is_below() {
  diff -u - <(cd "$1" && find . ! -type d | LC_ALL=C sort) <<'END'
./include/covey.h
./include/covey/context.h
./include/covey/describe.h
./include/covey/layer.h
./include/covey/listen.h
./include/covey/state.h
./include/covey/watch.h
./lib/cmake/covey/covey-config-version.cmake
./lib/cmake/covey/covey-config.cmake
./lib/libcovey.so
./lib/libcovey.so.1
./lib/libcovey.so.1.0.0
./lib/pkgconfig/covey.pc
END
}

links_are_relative() {
  [ "$(readlink "$1/lib/libcovey.so.1")" = libcovey.so.1.0.0 ] &&
    case $(readlink "$1/lib/libcovey.so") in
    libcovey.so.1 | libcovey.so.1.0.0) ;;
    *) return 1 ;;
    esac
}

# No file that was installed as a package may name the folder it was staged in,
# or the one it was built in.
no_path_leaks() {
  ! grep -rIF -e "$work" -e "$root" "$1/lib/pkgconfig" "$1/lib/cmake"
}

runs() { # runs PROGRAM FOLDER: with the library of that folder
  local said
  said=$(LD_LIBRARY_PATH=$2 "$1") || return 1
  echo "$said"
  [ "$said" = "covey 1.0.0" ]
}

by_pkg_config_staged() {
  local flags
  flags=$(PKG_CONFIG_PATH=$staged/usr/lib/pkgconfig \
    PKG_CONFIG_SYSROOT_DIR=$staged pkg-config --cflags --libs covey) ||
    return 1
  # shellcheck disable=SC2086 # these are words
  "$CC" -o "$work/staged_program" "$work/program.c" $flags &&
    runs "$work/staged_program" "$staged/usr/lib"
}

by_pkg_config() {
  local flags
  export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
  flags=$(pkg-config --cflags --libs covey) || return 1
  # shellcheck disable=SC2086 # these are words
  "$CC" -o "$work/program" "$work/program.c" $flags &&
    runs "$work/program" "$prefix/lib" &&
    [ "$(pkg-config --modversion covey)" = 1.0.0 ]
}

by_cmake() { # by_cmake FOLDER NAME
  cmake -S "$work/project" -B "$work/$2" -DCMAKE_PREFIX_PATH="$1" \
    -DCMAKE_C_COMPILER="$CC" && cmake --build "$work/$2" &&
    runs "$work/$2/program" "$1/lib"
}

refuses_another_major() {
  sed -i 's/covey 1\.0/covey 2.0/' "$work/project/CMakeLists.txt"
  ! by_cmake "$prefix" other_major
}

check "installs into DESTDIR" install_into PREFIX=/usr DESTDIR="$staged"
check "installs into PREFIX" install_into PREFIX="$prefix"
check "everything is staged" everything_is_below "$staged/usr"
check "everything is installed" everything_is_below "$prefix"
check "links are relative" links_are_relative "$staged/usr"
check "no path leaks" no_path_leaks "$staged/usr"
check "a staged program builds by pkg-config" by_pkg_config_staged
check "a program builds by pkg-config" by_pkg_config
check "a staged program builds by CMake" by_cmake "$staged/usr" cmake_staged
check "a program builds by CMake" by_cmake "$prefix" cmake_prefix
check "CMake refuses another major version" refuses_another_major
finish
