"""Loaded by a Python provider at its start: writes down which lines it runs.

Only when PULLPROOF_COVER names a directory. It imports nothing of pullproof,
and takes itself out of the environment, so that children are left alone.
What ends without `atexit` (os._exit, a signal) writes nothing.
"""

import atexit
import os
import sys
import threading
import zlib
from array import array
from types import CodeType, FrameType
from typing import Any, Dict, Optional, Set, Tuple  # noqa: UP035 - providers run old ones, too

_PLACE = os.environ.pop("PULLPROOF_COVER", "")
_HERE = os.path.dirname(os.path.abspath(__file__))
_seen: Set[Tuple[str, str, object]] = set()  # noqa: UP006 - as above
_own: Dict[str, bool] = {}  # noqa: UP006


def _is_own(code: CodeType) -> bool:
    """Whether `code` is the provider's, and not its interpreter's."""
    name = code.co_filename
    known = _own.get(name)
    if known is None:
        foreign = (_HERE, os.path.dirname(os.__file__))
        known = not name.startswith("<") and not os.path.abspath(name).startswith(foreign)
        _own[name] = known
    return known


def _monitor(monitoring: Any) -> None:
    tool = monitoring.COVERAGE_ID
    monitoring.use_tool_id(tool, "pullproof")
    events = monitoring.events

    def line(code: CodeType, number: int) -> object:
        if _is_own(code):
            _seen.add((code.co_filename, code.co_name, number))
        return monitoring.DISABLE

    def branch(code: CodeType, start: int, end: int) -> object:
        if not _is_own(code):
            return monitoring.DISABLE
        _seen.add((code.co_filename, code.co_name, (start, end)))
        return None

    monitoring.register_callback(tool, events.LINE, line)
    monitoring.register_callback(tool, events.BRANCH, branch)
    monitoring.set_events(tool, events.LINE | events.BRANCH)


class _Tracer:
    """Follows one call line by line."""

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.before = 0

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            place = (self.before, frame.f_lineno)
            _seen.add((self.code.co_filename, self.code.co_name, place))
            self.before = frame.f_lineno
        return self


def _call(frame: FrameType, event: str, argument: Any) -> "Optional[_Tracer]":  # noqa: UP045
    return _Tracer(frame.f_code) if _is_own(frame.f_code) else None


def _write() -> None:
    sys.settrace(None)
    numbers = array("I")
    for name, function, place in list(_seen):
        text = repr((os.path.basename(name), function, place))
        numbers.append(zlib.crc32(text.encode("utf-8", "backslashreplace")))
    try:
        with open(os.path.join(_PLACE, "py." + str(os.getpid())), "wb") as file:
            file.write(numbers.tobytes())
    except OSError:
        pass


def _start() -> None:
    paths = os.environ.pop("PYTHONPATH", "").split(os.pathsep)
    kept = [path for path in paths if path and os.path.abspath(path) != _HERE]
    if kept:
        os.environ["PYTHONPATH"] = os.pathsep.join(kept)
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != _HERE]
    atexit.register(_write)
    monitoring = vars(sys).get("monitoring")
    if monitoring is not None:
        _monitor(monitoring)
    else:
        threading.settrace(_call)
        sys.settrace(_call)


if _PLACE:
    _start()
