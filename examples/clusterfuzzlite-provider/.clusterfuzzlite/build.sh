#!/bin/bash -eu
# Builds the provider of this module and a fuzz target that drives it, into $OUT.
# PULLPROOF: what pip is to install (default: pullproof). PACKAGE: the main package.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CGO_ENABLED=0 go build -cover -trimpath -o "$OUT/provider" "${PACKAGE:-.}"
cp pullproof.toml "$OUT/"
cp "$here/pullproof_fuzzer.py" "$OUT/"
python3 -m pip install --quiet --target "$OUT/python" "${PULLPROOF:-pullproof}"
cat >"$OUT/pullproof_fuzzer" <<'END'
#!/bin/sh
# LLVMFuzzerTestOneInput: by this word engines know a fuzz target.
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH="$here/python" exec python3 "$here/pullproof_fuzzer.py" "$@"
END
chmod +x "$OUT/pullproof_fuzzer"
