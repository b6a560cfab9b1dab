# What the scripts here share: programs, a certificate, servers and checks.

say() { printf 'interop: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cache=${INTEROP_DIR:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/websocket-proto-interop}
servers=() checker='' passed=0 failed=0

# make_work_directory: sets `work`, which goes with the script, as do all that it has started.
make_work_directory() {
  work=$(mktemp -d)
  trap stop_all EXIT
  trap 'exit 130' INT TERM
}

# install_package PROGRAM PACKAGE: installs Debian's package if the program is missing.
install_package() {
  command -v "$1" >/dev/null && return
  say "installing $2"
  mkdir -p "$cache"
  local log=$cache/$2.log
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$2"; } \
    </dev/null >"$log" 2>&1 || die "cannot install $2 (it needs root and Debian's packages): $(tail -n 3 "$log")"
}

# find_program EXAMPLE COMMAND: sets `program` to the given command, or else builds our example.
find_program() {
  read -ra program <<<"$2"
  [ ${#program[@]} -eq 0 ] || return 0
  say "building the example $1"
  local built
  built=$(cd "$here/../.." && cargo build --release --all-features --example "$1" \
    --message-format=json-render-diagnostics) || die "cannot build the example $1"
  program=("$(sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' <<<"$built" | tail -n 1)")
  [ -x "${program[0]}" ] || die "cargo did not say where the example $1 is"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server NAME SCHEME COMMAND...: starts a server and sets `url` to the address that it prints.
start_server() {
  local name=$1 scheme=$2 tries=100
  shift 2
  timeout -k 5 600 "$@" >"$work/$name.out" 2>"$work/$name.err" &
  servers+=($!)
  until url=$(grep -sxo "listening on $scheme://127.0.0.1:[0-9]*" "$work/$name.out"); do
    [ $((tries--)) -gt 0 ] && kill -0 "${servers[-1]}" 2>/dev/null ||
      die "$name did not say 'listening on $scheme://…': $(tail -n 3 "$work/$name.err")"
    sleep 0.1
  done
  url=${url#listening on }
}

# checks WHO COMMAND...: runs a command that prints 'ok NAME' or 'FAILED NAME: why' for each check.
checks() {
  local who=$1 line code=0
  shift
  # In the background, because bash handles a signal only between foreground commands.
  timeout -k 5 60 "$@" >"$work/checks" 2>"$work/errors" &
  checker=$!
  wait "$checker" || code=$?
  checker=''
  while read -r line; do
    case $line in
      'ok '*) success "$who" "${line#ok }" ;;
      'FAILED '*) failure "$who" "${line#FAILED }" ;;
    esac
  done <"$work/checks"
  # Each program exits with 0 when it has finished, whatever the results of its checks.
  [ "$code" -eq 0 ] || failure "$who" "stopped with exit code $code: $(tail -n 3 "$work/errors")"
}

success() {
  passed=$((passed + 1))
  echo "ok      $1: $2"
}

failure() {
  failed=$((failed + 1))
  echo "FAILED  $1: ${2//$'\n'/ }"
}

# Ends the script: with 0 if nothing failed.
summary() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}

stop_all() {
  local pid
  for pid in $checker "${servers[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
