#!/usr/bin/env bash
# run.sh - builds Covey in a tree of Debian 13, which has libwebsockets 4.3, and
# runs the tests in C and in Swift there; those of layers with its Redis 8.0 and
# with Valkey 8.1.
#
#   run.sh FOLDER    keeps the tree in FOLDER/root; delete it to have a new one
#
# Needs root, the package debootstrap, and a Swift toolchain that is a folder of
# its own: it is seen inside, too. Mounts are those of a namespace, which ends
# with this script.
set -euo pipefail

folder=${1:?a folder for the tree}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
root=$folder/root
packages=(build-essential pkg-config cmake git openssl file abigail-tools clang-format
  libwebsockets-dev libuv1-dev libwebsockets-evlib-uv libssl-dev libjansson-dev zlib1g-dev
  libhiredis-dev redis-server valkey-server libncurses6 libxml2 libcurl4t64 libedit2 libsqlite3-0
  tzdata procps)

if [ "${2-}" != inside ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "$0: must be root, to make a tree of another release" >&2
    exit 1
  fi
  exec unshare --mount "$0" "$folder" inside
fi

# Anew when other packages are needed than it was made with.
if [ "$(cat "$folder/ready" 2>/dev/null)" != "${packages[*]}" ]; then
  rm -rf "$root"
  include=$(IFS=,; echo "${packages[*]}")
  debootstrap --variant=minbase --include="$include" trixie "$root" >"$folder/debootstrap.log" 2>&1 ||
    { tail -5 "$folder/debootstrap.log" >&2 && exit 1; }
  echo "${packages[*]}" >"$folder/ready"
fi

# The folder of the toolchain: .../usr/bin/swift-driver is three below.
toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
mkdir -p "$root$toolchain" "$root/covey"
mount --bind "$toolchain" "$root$toolchain"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"

# The sources, without what git ignores; what was built there stays.
find "$root/covey" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
git -C "$source" ls-files -z --cached --others --exclude-standard |
  (cd "$source" && xargs -0 -r tar -c --) | tar -x -C "$root/covey"

# 4.3.5 leaves the descriptor of its event pipe open when a context is destroyed. libabigail 2.6
# describes the same headers in other words than that which wrote the baseline.
inside=(env -i HOME=/root "PATH=$toolchain/usr/bin:/usr/bin:/bin:/usr/sbin:/sbin"
  CC=gcc CHECK_DESCRIPTORS_LEFT=1 WITHOUT=abi_test)
chroot "$root" dpkg-query -W libwebsockets-dev libuv1-dev
chroot "$root" "${inside[@]}" bash -c '
  set -e
  cd /covey
  make lib
  Tests/c/run.sh
  REDIS_SERVER=valkey-server Tests/c/run.sh layers
  swift test --scratch-path build/swift-debug'
