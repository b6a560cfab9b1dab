# What the scripts of this directory share.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ALL=(server_handshake client_handshake extensions frames deflate_stream api url_and_headers proxies
  mask_utf8 extended_connect foreign_memory frames_compared deflate_compared io)

# What takes time and finds nothing in safe code, or in freed memory that another run had: a crash can
# be replayed with the defaults.
export ASAN_OPTIONS=detect_odr_violation=0:detect_stack_use_after_return=0:malloc_context_size=4:quarantine_size_mb=16

# cargo-fuzz needs a nightly toolchain for its sanitizers.
have_cargo_fuzz() { cargo +nightly fuzz --version >/dev/null 2>&1; }

# Says what is missing, and ends; with INSTALL=1 in the environment, installs it.
need_cargo_fuzz() {
  have_cargo_fuzz && return
  if [[ ${INSTALL-} == 1 ]]; then
    rustup toolchain install nightly --profile minimal
    cargo install --locked cargo-fuzz
    return
  fi
  cat >&2 <<'END'
Fuzzing needs a nightly toolchain and cargo-fuzz:

  rustup toolchain install nightly --profile minimal
  cargo install --locked cargo-fuzz

INSTALL=1 in the environment does both. A C++ compiler has to be there, for libFuzzer.
END
  exit 1
}

# Builds the given targets, or all. `fuzz/compiler` says why there is a wrapper.
fuzz_build() {
  local target
  [[ $# -gt 0 ]] || set -- ''
  for target; do
    # Without quotes, as no name is no argument.
    RUSTC_WRAPPER=$PWD/fuzz/compiler cargo +nightly fuzz build -O $target
  done
}

# Where the built targets are.
fuzz_programs() {
  local host folder
  host=$(rustc +nightly -vV | sed -n 's/^host: //p')
  folder=$(cargo metadata --format-version 1 --no-deps --manifest-path fuzz/Cargo.toml |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
  printf '%s/%s/release\n' "$folder" "$host"
}

# Runs a target that was built on the inputs in a directory: fuzz_run TARGET FOLDER [LIBFUZZER-OPTION…]
fuzz_run() {
  local target=$1 folder=$2
  shift 2
  mkdir -p "fuzz/artifacts/$target"
  "${PROGRAMS:=$(fuzz_programs)}/$target" "$folder" "-artifact_prefix=fuzz/artifacts/$target/" \
    -dict=fuzz/words.dict -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 "$@"
}

# Unpacks the kept inputs of a target: unpack TARGET FOLDER
unpack() {
  local target=$1 folder=$2
  mkdir -p "$folder"
  if [[ -f fuzz/corpora/$target.tar.gz ]]; then
    tar -xzf "fuzz/corpora/$target.tar.gz" -C "$folder"
  fi
}
