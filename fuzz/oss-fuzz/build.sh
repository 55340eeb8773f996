#!/bin/bash -eu
# Builds every fuzz target with its seeds and its dictionary into $OUT.
#
# In OSS-Fuzz's and ClusterFuzzLite's image targets become single programs.
# Anywhere else, `OUT=/tmp/out fuzz/oss-fuzz/build.sh` writes small programs that
# start the targets of this checkout with $PYTHON (default: python3).

: "${OUT:?say where the targets go: OUT=/tmp/out fuzz/oss-fuzz/build.sh}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${SRC:-/nowhere}/pullproof
[ -d "$root" ] || root=$(cd "$here/../.." && pwd)
python=$(command -v "${PYTHON:-python3}")
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
cd "$root"

if command -v compile_python_fuzzer >/dev/null; then
  in_image=yes
  pip3 install .
else
  in_image=no
  export PYTHONPATH="$root/src${PYTHONPATH:+:$PYTHONPATH}"
fi

for target in fuzz/targets/*.py; do
  name=$(basename "$target" .py)
  [ "$name" = __init__ ] && continue
  if [ $in_image = yes ]; then
    # Nothing names the modules and data files that a target finds by itself.
    compile_python_fuzzer "$target" --hidden-import atheris --collect-all pullproof
    continue
  fi
  cat >"$OUT/$name" <<END
#!/bin/sh
# LLVMFuzzerTestOneInput: by this word engines know a fuzz target.
PYTHONPATH="$PYTHONPATH" exec "$python" "$root/$target" "\$@"
END
  chmod +x "$OUT/$name"
done

(cd / && "$python" -m pullproof.fuzz.targets.support.seeds --zip "$OUT")
