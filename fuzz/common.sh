# What the scripts here share.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ALL=(server_handshake client_handshake extensions frames deflate_stream api url_and_headers mask_utf8)

# cargo-fuzz needs a nightly toolchain for its sanitizers.
have_cargo_fuzz() { cargo +nightly fuzz --version >/dev/null 2>&1; }

# Runs a target on its corpus, with the options of libFuzzer that are given.
fuzz_run() {
  local target=$1
  shift
  cargo +nightly fuzz run -O "$target" -- -dict=fuzz/words.dict -max_len=4096 -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 "$@"
}

# Puts the kept inputs of a target to those that a run works on.
unpack() {
  mkdir -p "fuzz/corpus/$1"
  if [[ -f fuzz/corpora/$1.tar.gz ]]; then
    tar -xzf "fuzz/corpora/$1.tar.gz" -C "fuzz/corpus/$1"
  fi
}
