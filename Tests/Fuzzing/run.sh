#!/bin/sh
# Runs each fuzz target for so many seconds (20), three at a time. A finding stays in build/fuzzing/<target>/; put a
# small one into a test.
#
#   Tests/Fuzzing/run.sh [SECONDS [TARGET...]]
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
seconds=${1:-20}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- json frames calls requests proxies layers

out=$PWD/build/fuzzing
mkdir -p "$out"
newer=$(find Sources/CoveyCore Sources/CoveyRedis Tests/Fuzzing -name '*.swift' -newer "$out/fuzz" 2>/dev/null || echo new)
if [ ! -x "$out/fuzz" ] || [ -n "$newer" ]; then
  # One module of all that is fuzzed: what of the layers does no I/O imports nothing then.
  rm -rf "$out/layers"
  mkdir "$out/layers"
  for file in Sources/CoveyRedis/Formats/*.swift Sources/CoveyRedis/Drivers/*.swift \
    Sources/CoveyRedis/Connecting/RedisReply.swift Sources/CoveyRedis/Connecting/RedisPush.swift \
    Sources/CoveyRedis/EventCarrier.swift; do
    sed '/import CoveyCore$/d' "$file" >"$out/layers/${file##*/}"
  done
  find "$PWD/Sources/CoveyCore" "$PWD/Tests/Fuzzing" "$out/layers" -name '*.swift' | sort >"$out/sources"
  # There, for it leaves files behind.
  cd "$out"
  swiftc -O -g -wmo -parse-as-library -use-ld=lld -sanitize=fuzzer,address -package-name covey \
    -module-name CoveyFuzzing -swift-version 6 -enable-upcoming-feature ExistentialAny \
    -I "$root/Sources/CLibcrypto" \
    "@$out/sources" -o "$out/fuzz"
  cd ../..
fi

fuzz() {
  mkdir -p "$out/$1/corpus"
  COVEY_FUZZ=$1 "$out/fuzz" -max_total_time="$seconds" -max_len=2048 -timeout=10 \
    -rss_limit_mb=1024 -dict=Tests/Fuzzing/covey.dict -artifact_prefix="$out/$1/" \
    -print_final_stats=0 -verbosity=0 "$out/$1/corpus" "Tests/Fuzzing/seeds/$1" \
    2>"$out/$1/log" || { tail -40 "$out/$1/log" >&2; return 1; }
  echo "fuzzing $1: $seconds s, $(find "$out/$1/corpus" -type f | wc -l) inputs kept"
}

failed=0
while [ $# -gt 0 ]; do
  besides=
  for _ in 1 2; do
    [ $# -gt 1 ] || break
    fuzz "$1" &
    besides="$besides $!"
    shift
  done
  fuzz "$1" || failed=1
  shift
  for beside in $besides; do wait "$beside" || failed=1; done
done
exit "$failed"
