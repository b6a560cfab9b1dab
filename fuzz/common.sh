# What the scripts of this directory share.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ALL=(server_handshake client_handshake extensions frames deflate_stream api url_and_headers proxies mask_utf8)

# cargo-fuzz needs a nightly toolchain for its sanitizers.
have_cargo_fuzz() { cargo +nightly fuzz --version >/dev/null 2>&1; }

# Runs a target on the inputs in a directory: fuzz_run TARGET FOLDER [LIBFUZZER-OPTION…]
fuzz_run() {
  local target=$1 folder=$2
  shift 2
  cargo +nightly fuzz run -O "$target" "$folder" -- -dict=fuzz/words.dict -max_len=4096 \
    -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 "$@"
}

# Unpacks the kept inputs of a target: unpack TARGET FOLDER
unpack() {
  local target=$1 folder=$2
  mkdir -p "$folder"
  if [[ -f fuzz/corpora/$target.tar.gz ]]; then
    tar -xzf "fuzz/corpora/$target.tar.gz" -C "$folder"
  fi
}
