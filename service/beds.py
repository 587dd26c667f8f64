"""Which source watches whom: one each, and no device twice."""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from monitor.sources.base import Source
from monitor.sources.spec import SourceSpec
from service.errors import SettingsError


def one_each(specs: Iterable[SourceSpec]) -> dict[str, SourceSpec]:
    """Return the specs by their dreamers.

    Raises
    ------
    SettingsError
        When two watch the same dreamer, or are the same device.
    """
    table: dict[str, SourceSpec] = {}
    devices: dict[tuple[str, str], SourceSpec] = {}
    for spec in specs:
        if other := table.get(spec.dreamer):
            raise SettingsError(
                f"two sources watch {spec.dreamer!r}, {other.text} and {spec.text}: "
                "give each its own dreamer=ID"
            )
        for address in _addresses(spec):
            if (other := devices.setdefault(address, spec)) is not spec:
                raise SettingsError(f"{other.text} and {spec.text} are the same device")
        table[spec.dreamer] = spec
    return table


def _addresses(spec: SourceSpec) -> list[tuple[str, str]]:
    """Return by what a device of its own is reached; a port by whichever of its names."""
    if spec.scheme != "board":
        return []
    found = {name: spec.params[name] for name in ("port", "mac", "serial") if name in spec.params}
    if "port" in found:
        found["port"] = os.path.realpath(found["port"])
    return list(found.items())


def close_all(sources: Mapping[str, Source]) -> None:
    """Close all at once: a device may take seconds."""
    if sources:
        with ThreadPoolExecutor(len(sources)) as threads:
            list(threads.map(lambda source: source.close(), sources.values()))
