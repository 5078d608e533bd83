#!/bin/sh
# Runs each fuzz target for so many seconds (20). A finding stays in build/fuzzing/<target>/; put a
# small one into a test.
#
#   Tests/Fuzzing/run.sh [SECONDS [TARGET...]]
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-20}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- json frames calls proxies

out=$PWD/build/fuzzing
mkdir -p "$out"
newer=$(find Sources/CoveyCore Tests/Fuzzing -name '*.swift' -newer "$out/fuzz" 2>/dev/null || echo new)
if [ ! -x "$out/fuzz" ] || [ -n "$newer" ]; then
  find "$PWD/Sources/CoveyCore" "$PWD/Tests/Fuzzing" -name '*.swift' | sort >"$out/sources"
  # There, for it leaves files behind.
  cd "$out"
  swiftc -O -g -wmo -parse-as-library -use-ld=lld -sanitize=fuzzer,address -package-name covey \
    -module-name CoveyFuzzing -swift-version 6 -enable-upcoming-feature ExistentialAny \
    "@$out/sources" -o "$out/fuzz"
  cd ../..
fi

for target in "$@"; do
  mkdir -p "$out/$target/corpus"
  COVEY_FUZZ=$target "$out/fuzz" -max_total_time="$seconds" -max_len=2048 -timeout=10 \
    -rss_limit_mb=1024 -dict=Tests/Fuzzing/covey.dict -artifact_prefix="$out/$target/" \
    -print_final_stats=0 -verbosity=0 "$out/$target/corpus" "Tests/Fuzzing/seeds/$target" \
    2>"$out/$target/log" || { tail -40 "$out/$target/log" >&2; exit 1; }
  echo "fuzzing $target: $seconds s, $(find "$out/$target/corpus" -type f | wc -l) inputs kept"
done
