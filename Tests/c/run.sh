#!/usr/bin/env bash
# run.sh - builds and runs the tests in C, all of them, and sums up.
#
#   run.sh                                     everything
#   run.sh --sanitizer thread|address LIBDIR   the programs, by clang, against a
#                                              library built with that sanitizer
#   run.sh --valgrind                          the programs, under valgrind
#   run.sh --tls                               the programs, all clients with TLS
#   run.sh ... WORD...                         only what has a WORD in its name
#
# CC, CXX, CFLAGS, LIBDIR (the folder of libcovey.so) and WITHOUT (a script that
# is left out) come from the environment, and REDIS=0 for a library without
# layers over Redis. The last line is "N passed, N failed".
set -u
# shellcheck source=script.sh
. "$(dirname "$0")/script.sh"
# shellcheck source=redis.sh
. "$(dirname "$0")/redis.sh"

parts=(check certificates client host calls boards workshop layered)
programs=(misuse_nulls misuse_ids misuse_numbers misuse_sizes misuse_text
  misuse_structs misuse_setup misuse_places misuse_destroy misuse_tasks
  misuse_models misuse_state misuse_contexts misuse_actions misuse_clients
  misuse_describe addresses
  connect request groups endings limits drive descriptor
  models store changes transactions letting_in contexts owners anchors variables
  actions answers writes refusals loads sessions slow mailbox drain watching
  listening tls handshakes unix proxies
  rates memory outboxes expiry log_records
  describe describe_shapes describe_files describe_names)
threads=(threads_state threads)
# What takes a layer, and a redis-server; or what says that there is none.
if [ "${REDIS-1}" = 0 ]; then
  programs+=(without_layers)
else
  programs+=(misuse_layers layers layers_lost)
  threads+=(layers_threads)
fi
scripts=(header_test abi_test first_test symbols_test install_test)
under=()
mode=normal
cflags=(-std=c11 -D_GNU_SOURCE -O1 -g -pthread -Wall -Wextra -Wpedantic
  -Werror -I"$root/include")
ldflags=(-lssl -lcrypto)

# The folder of the Swift toolchain's own libraries.
swift_libraries() {
  local swift
  swift=$(readlink -f "$(command -v swiftc)") || return 1
  echo "$(dirname "$(dirname "$swift")")/lib/swift/linux"
}

use_sanitizer() { # use_sanitizer KIND LIBDIR
  local swift_libs
  mode=$1
  libdir=$(cd "$2" && pwd) || exit 2
  CC=clang
  scripts=()
  cflags+=("-fsanitize=$1" -fno-omit-frame-pointer)
  if [ "$1" = thread ]; then
    swift_libs=$(swift_libraries) || exit 2
    ldflags+=(-L"$swift_libs" "-Wl,-rpath,$swift_libs" "-Wl,--no-as-needed"
      -ldispatch -lBlocksRuntime)
  fi
  export CHECK_FACTOR=5 CHECK_SECONDS=300
  export TSAN_OPTIONS=${TSAN_OPTIONS:-exitcode=66}
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:exitcode=66}
}

use_valgrind() {
  mode=valgrind
  scripts=()
  threads=() # ThreadSanitizer's
  under=(valgrind -q --error-exitcode=66 --leak-check=full
    --show-leak-kinds=definite --errors-for-leak-kinds=definite
    "--suppressions=$here/valgrind.supp")
  export CHECK_FACTOR=10 CHECK_SECONDS=600 CHECK_WARM_UP=1
}

case ${1-} in
--sanitizer)
  case ${2-} in
  thread | address) ;;
  *) sed -n '2,12s/^# \{0,1\}//p' "$0" && exit 2 ;;
  esac
  use_sanitizer "$2" "${3:?the folder of the library}"
  shift 3
  ;;
--valgrind)
  use_valgrind
  shift
  ;;
--tls)
  scripts=()
  export COVEY_TEST_TLS=1
  shift
  ;;
-*) sed -n '2,12s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
words=("$@")

is_wanted() {
  local word
  [ ${#words[@]} -eq 0 ] && return 0
  for word in "${words[@]}"; do
    case $1 in *"$word"*) return 0 ;; esac
  done
  return 1
}

read -ra more <<<"${CFLAGS-}"
cflags+=("${more[@]}")
folder=$root/build/tests/c/$mode
mkdir -p "$folder"

compile() { "$CC" "${cflags[@]}" -c -o "$folder/$1.o" "$here/$1.c"; }

link() {
  compile "$1" && "$CC" "${cflags[@]}" -o "$folder/$1" "$folder/$1.o" \
    "${objects[@]}" -L"$libdir" -lcovey "-Wl,-rpath,$libdir" "${ldflags[@]}"
}

# add NAME COMMAND...: runs what ends with "N passed, N failed", and adds that.
add() {
  local name=$1 said sum status
  shift
  said=$(timeout 1800 "$@" 2>&1)
  status=$?
  sum=$(tail -n 1 <<<"$said" | grep -xE '[0-9]+ passed, [0-9]+ failed')
  if [ -z "$sum" ]; then
    sum='0 passed, 1 failed'
  elif [ $status -ne 0 ] && [[ $sum == *', 0 failed' ]]; then
    sum=${sum/, 0 failed/, 1 failed} # the sanitizer's word at the end
  fi
  # What was said, but not the sum; of what went well, only the sum.
  [[ $sum == *', 0 failed' ]] || printf '%s\n' "$said"
  printf '%-16s %s\n' "$name" "$sum"
  passed=$((passed + ${sum%% *}))
  sum=${sum#*, }
  failed=$((failed + ${sum%% *}))
}

# A library without the sanitizer would find nothing.
has_sanitizer() {
  nm -D --undefined-only "$libdir/libcovey.so" | grep -q "__${1:0:1}san_"
}

case $mode in
thread | address)
  check "the library was built with -sanitize=$mode" has_sanitizer "$mode"
  ;;
esac

objects=()
for part in "${parts[@]}"; do
  check "compile $part" compile "$part"
  objects+=("$folder/$part.o")
done
for program in "${programs[@]}" "${threads[@]}"; do
  is_wanted "$program" || continue
  case $program in
  layers*) start_redis || { failed=$((failed + 1)) && continue; } ;;
  esac
  if said=$(link "$program" 2>&1); then
    add "$program" "${under[@]}" "$folder/$program"
  else
    add "$program" echo "$said"
  fi
done
for script in "${scripts[@]}"; do
  is_wanted "$script" && [ "$script" != "${WITHOUT-}" ] &&
    add "$script" bash "$here/$script.sh"
done
finish
