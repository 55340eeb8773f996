"""Write the module file of one Kubernetes release: `python generate.py 1.34.4`.

What a kubelet does depends on its libraries and on Go's compatibility switches
as well. So the module file says what Kubernetes' own go.mod says: the same
versions, the same `go` and `godebug` lines. Only the staging modules, which
live inside the Kubernetes repository, are replaced by their published copies.

Needs Go and the module proxy. The oracle itself is built from what this wrote;
run it again only to move to another release.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULE = "github.com/pullproof/oracle"
NEEDED = ("k8s.io/api", "k8s.io/apimachinery", "k8s.io/apiserver", "k8s.io/client-go",
          "k8s.io/component-base", "k8s.io/cri-api", "k8s.io/klog/v2", "k8s.io/kubelet",
          "github.com/go-logr/logr", "go.opentelemetry.io/otel/trace")  # fmt: skip
_STAGING = re.compile(r"^\t(\S+) => \./staging/src/\S+$", re.MULTILINE)
_REQUIRED = re.compile(r"^\t(\S+) (v\S+)(?: // indirect)?$", re.MULTILINE)


def main(release: str) -> None:
    """Write `<minor>/go.mod` and `<minor>/go.sum` for a release like 1.34.4."""
    source = _download(f"k8s.io/kubernetes@v{release}")
    folder = HERE / release.rpartition(".")[0]
    folder.mkdir(exist_ok=True)
    text = Path(source["GoMod"]).read_text("utf-8")
    (folder / "go.mod").write_text(module_file(text, release), "utf-8")
    (folder / "go.sum").write_bytes((Path(source["Dir"]) / "go.sum").read_bytes())
    tidy = ["go", "mod", "tidy", f"-modfile=minors/{folder.name}/go.mod"]
    subprocess.run(tidy, cwd=HERE.parent, check=True)


def module_file(kubernetes: str, release: str) -> str:
    """Return our module file, given the text of Kubernetes' own."""
    published = f"v0.{release.partition('.')[2]}"
    staging = _STAGING.findall(kubernetes)
    required = {
        path: published if path in staging else version
        for path, version in _REQUIRED.findall(kubernetes)
    }
    lines = [
        f"// Made by minors/generate.py from k8s.io/kubernetes v{release}.",
        f"module {MODULE}",
    ]
    lines += re.findall(r"^(?:go|godebug) \S+$", kubernetes, re.MULTILINE)
    direct = {path: required[path] for path in NEEDED} | {"k8s.io/kubernetes": f"v{release}"}
    rest = {path: version for path, version in required.items() if path not in direct}
    lines += ["require (", *(f"\t{path} {version}" for path, version in direct.items()), ")"]
    lines += ["require (", *(f"\t{p} {v} // indirect" for p, v in rest.items()), ")"]
    lines += ["replace (", *(f"\t{path} => {path} {published}" for path in staging), ")"]
    return "\n".join(lines) + "\n"


def _download(module: str) -> dict[str, str]:
    run = subprocess.run(
        ["go", "mod", "download", "-json", module],
        cwd=HERE,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    result: dict[str, str] = json.loads(run.stdout)
    return result


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: generate.py RELEASE, for example 1.34.4")
    main(sys.argv[1])
