"""In which order a kubelet would remove images, as far as that is certain.

Source: K-250; the kubelet's image garbage collector.
"""

from collections.abc import Collection, Iterable

_NEVER_S = -1


class Eviction:
    """When the collector that deletes saw each image first, and in use last."""

    def __init__(self) -> None:
        self._dates: dict[str, tuple[int, int]] = {}
        """Ref to last use and detection, in seconds."""

    def detect(self, now_s: int, present: Iterable[str], used: Collection[str]) -> None:
        """Look at what images are there, as each pass begins."""
        known, self._dates = self._dates, {}
        for ref in present:
            last_used, detected = known.get(ref, (_NEVER_S, now_s))
            self._dates[ref] = (now_s if ref in used else last_used, detected)

    def removed(self, ref: str) -> None:
        self._dates.pop(ref, None)

    def first(self, unused: Collection[str]) -> str:
        """Return what goes first; empty: chance decides, or there is nothing to choose from."""
        order = sorted(unused, key=self._dates.__getitem__)
        if len(order) < 2 or self._dates[order[0]] == self._dates[order[1]]:
            return ""
        return order[0]
