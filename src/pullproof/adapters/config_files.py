"""Finds and reads the files of a kubelet configuration.

Source: K-020 to K-022; pkg/credentialprovider/plugin of 1.34.2 and 1.33.13.
"""

from errno import EISDIR
from pathlib import Path
from stat import S_ISDIR

from pullproof.model.config import ConfigErrors, ConfigProblem
from pullproof.model.goquote import quote
from pullproof.model.versions import KubeletVersion

EXTENSIONS = (".json", ".yaml", ".yml")
_DEFAULT_VERSION = KubeletVersion()


def load_config_files(
    path: Path | str, version: KubeletVersion = _DEFAULT_VERSION
) -> tuple[tuple[str, bytes], ...]:
    """Return name and content of each file that a kubelet would read at `path`.

    A file may have any extension. Of a directory (since 1.34) those entries
    count that are no directories and end in `.json`, `.yaml` or `.yml`, with
    this case; hidden files and links count, too. They come sorted by name.

    Args:
        path: Of a file or directory. A text may be empty, as the kubelet's
            flag may; `Path("")` is the current directory.
        version: The kubelet that would read it.

    Raises:
        ConfigErrors: there is nothing to read, or it cannot be read.

    Source: K-020, K-021, K-022.
    """
    if path == "":
        raise _error("", "credential provider config path is empty", "K-020")
    path = Path(path)
    try:
        is_directory = S_ISDIR(path.stat().st_mode)
    except OSError as error:
        message = f"unable to access path {_because(path, 'stat', error)}"
        raise _error(str(path), message, "K-020") from None
    if not is_directory:
        return (_read(path),)
    if not version.has_config_directory:
        message = (
            "unable to read external registry credential provider configuration from "
            f"{quote(str(path))}: read {path}: is a directory"
        )
        raise _error(str(path), message, "K-021")
    return tuple(_read(entry) for entry in _entries(path))


def _entries(directory: Path) -> list[Path]:
    try:
        found = [
            entry
            for entry in directory.iterdir()
            if _extension(entry.name) in EXTENSIONS
            # A link to a directory is an entry like any other, and fails later.
            and (entry.is_symlink() or not entry.is_dir())
        ]
    except OSError as error:
        message = f"unable to read directory {_because(directory, 'open', error)}"
        raise _error(str(directory), message, "K-021") from None
    if not found:
        message = f"no configuration files found in directory {quote(str(directory))}"
        raise _error(str(directory), message, "K-021")
    return sorted(found, key=lambda entry: bytes(entry))


def _extension(name: str) -> str:
    """Return what Go calls the extension: `.yaml` also of a file called so."""
    dot = name.rfind(".")
    return name[dot:] if dot >= 0 else ""


def _read(path: Path) -> tuple[str, bytes]:
    try:
        return str(path), path.read_bytes()
    except OSError as error:
        operation = "read" if error.errno == EISDIR else "open"
        message = f"unable to read file {_because(path, operation, error)}"
        raise _error(str(path), message, "K-025") from None


def _because(path: Path, operation: str, error: OSError) -> str:
    """Return the path twice, as the kubelet and then Go tell it."""
    reason = (error.strerror or type(error).__name__).lower()
    return f"{quote(str(path))}: {operation} {path}: {reason}"


def _error(file: str, message: str, rule: str) -> ConfigErrors:
    return ConfigErrors([ConfigProblem(file, None, "", message, rule)], message)
