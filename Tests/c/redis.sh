# shellcheck shell=bash
# redis.sh - a redis-server for tests, on loopback. To be sourced. REDIS_SERVER is
# the program: another one, or valkey-server.

# Starts one, and exports COVEY_TEST_REDIS, its port. It ends with this shell.
start_redis() {
  local folder port try server=${REDIS_SERVER:-redis-server}
  [ -z "${redis_process-}" ] || return 0
  command -v "$server" >/dev/null || {
    echo "$server is missing: install the package of that name"
    return 1
  }
  folder=$(mktemp -d)
  for try in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    "$server" --port "$port" --bind 127.0.0.1 --save '' --appendonly no \
      --dir "$folder" >"$folder/log" 2>&1 &
    redis_process=$!
    if redis_answers "$port"; then
      export COVEY_TEST_REDIS=$port
      trap 'stop_redis "'"$folder"'"' EXIT
      return 0
    fi
    kill "$redis_process" 2>/dev/null
    wait "$redis_process"
  done
  tail -n 3 "$folder/log"
  echo "$server did not start, in $try attempts"
  rm -rf "$folder"
  redis_process=
  return 1
}

# Whether the one that was just started listens there, and not another one.
redis_answers() {
  local i
  for ((i = 0; i < 100; i++)); do
    kill -0 "$redis_process" 2>/dev/null || return 1
    redis-cli -h 127.0.0.1 -p "$1" info server 2>/dev/null | tr -d '\r' |
      grep -qx "process_id:$redis_process" && return 0
    sleep 0.1
  done
  return 1
}

stop_redis() {
  kill "$redis_process" 2>/dev/null
  wait "$redis_process" 2>/dev/null
  rm -rf "$1"
}
