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

_PLACE = os.environ.pop("PULLPROOF_COVER", "")
_HERE = os.path.dirname(os.path.abspath(__file__))
_seen = set()
_own = {}


def _is_own(code):
    name = code.co_filename
    known = _own.get(name)
    if known is None:
        foreign = (_HERE, os.path.dirname(os.__file__))
        known = not name.startswith("<") and not os.path.abspath(name).startswith(foreign)
        _own[name] = known
    return known


def _monitor():
    monitoring = sys.monitoring
    tool = monitoring.COVERAGE_ID
    monitoring.use_tool_id(tool, "pullproof")
    events = monitoring.events

    def line(code, number):
        if _is_own(code):
            _seen.add((code.co_filename, code.co_name, number))
        return monitoring.DISABLE

    def branch(code, start, end):
        if not _is_own(code):
            return monitoring.DISABLE
        _seen.add((code.co_filename, code.co_name, (start, end)))

    monitoring.register_callback(tool, events.LINE, line)
    monitoring.register_callback(tool, events.BRANCH, branch)
    monitoring.set_events(tool, events.LINE | events.BRANCH)


def _trace():
    def local_tracer(name, function):
        before = [0]

        def tracer(frame, event, argument):
            if event == "line":
                _seen.add((name, function, (before[0], frame.f_lineno)))
                before[0] = frame.f_lineno
            return tracer

        return tracer

    def tracer(frame, event, argument):
        code = frame.f_code
        return local_tracer(code.co_filename, code.co_name) if _is_own(code) else None

    threading.settrace(tracer)
    sys.settrace(tracer)


def _write():
    sys.settrace(None)
    numbers = array("I")
    for name, function, place in list(_seen):
        text = repr((os.path.basename(name), function, place))
        numbers.append(zlib.crc32(text.encode("utf-8", "backslashreplace")))
    try:
        with open(os.path.join(_PLACE, "py.%d" % os.getpid()), "wb") as file:
            file.write(numbers.tobytes())
    except OSError:
        pass


def _start():
    paths = os.environ.pop("PYTHONPATH", "").split(os.pathsep)
    kept = [path for path in paths if path and os.path.abspath(path) != _HERE]
    if kept:
        os.environ["PYTHONPATH"] = os.pathsep.join(kept)
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != _HERE]
    atexit.register(_write)
    if hasattr(sys, "monitoring"):
        _monitor()
    else:
        _trace()


if _PLACE:
    _start()
