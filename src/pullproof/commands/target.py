"""Which provider a command is about: from options to a setup, and back to words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pullproof.engine.settings import (
    SETTINGS_NAME,
    Overrides,
    load_settings,
    looks_secret,
    setup_from_config,
    setup_from_words,
)
from pullproof.model.errors import Problem, UserError
from pullproof.model.setup import Setup

TARGET_OPTIONS = (
    "config", "bin_dir", "provider", "settings", "match_images", "audience",
    "annotations", "env", "kubernetes", "deadline", "command",
)  # fmt: skip


def build_setup(options: Mapping[str, Any]) -> Setup:
    """Return the setup that the target options name.

    Raises:
        UserError: no target, two targets, or one that cannot be used.
    """
    overrides = Overrides(
        kubernetes=options["kubernetes"],
        provider=options["provider"],
        env=tuple(options["env"]),
        annotations=tuple(options["annotations"]),
        deadline_s=options["deadline"],
    )
    config, bin_dir = options["config"], options["bin_dir"]
    command = tuple(options["command"])
    settings: Path | None = options["settings"]
    if command and (config or bin_dir):
        raise UserError(
            Problem("give either --config and --bin-dir or a command after --, not both")
        )
    if command:
        return _from_words(options, overrides, settings)
    if config or bin_dir:
        return _from_config(config, bin_dir, overrides, settings)
    if options["match_images"] or options["audience"]:
        raise UserError(Problem("--match-images and --audience go with a command: … -- ./provider"))
    path = settings or Path(SETTINGS_NAME)
    if settings is None and not path.exists():
        raise UserError(
            Problem(
                "no target: give --config and --bin-dir, or --match-images … -- ./provider, "
                f"or run where a {SETTINGS_NAME} is (pullproof init writes one)"
            )
        )
    return load_settings(path, overrides)


def _from_words(options: Mapping[str, Any], overrides: Overrides, settings: Path | None) -> Setup:
    patterns = tuple(options["match_images"])
    if settings is not None and not patterns:
        raise UserError(
            Problem("a command after -- also needs --match-images", field="--match-images")
        )
    if not patterns:
        raise UserError(
            Problem(
                "a provider is only asked for images its config matches: "
                "add --match-images, for example --match-images 'registry.example'",
                field="--match-images",
            )
        )
    return setup_from_words(
        tuple(options["command"]), patterns, options["audience"], overrides, settings
    )


def _from_config(
    config: Path | None, bin_dir: Path | None, overrides: Overrides, settings: Path | None
) -> Setup:
    if config is None or bin_dir is None:
        missing = "--config" if config is None else "--bin-dir"
        raise UserError(Problem("the kubelet needs both --config and --bin-dir", field=missing))
    if settings is None and Path(SETTINGS_NAME).exists():
        settings = Path(SETTINGS_NAME)
    return setup_from_config(config, bin_dir, overrides, settings)


def target_words(options: Mapping[str, Any]) -> list[str]:
    """Return command-line words that name the same target from anywhere.

    Of `--env` entries that may hold a secret only the name is kept, so that
    none lands in a saved case; the replay takes them from its environment.
    """
    words: list[str] = []

    def path(value: Path) -> str:
        return str(value.absolute())

    for name, flag in (
        ("config", "--config"),
        ("bin_dir", "--bin-dir"),
        ("settings", "--settings"),
    ):
        if options[name] is not None:
            words += [flag, path(options[name])]
    if not options["command"] and not options["config"] and options["settings"] is None:
        words += ["--settings", path(Path(SETTINGS_NAME))]
    for name, flag in (
        ("provider", "--provider"),
        ("audience", "--audience"),
        ("kubernetes", "--kubernetes"),
    ):
        if options[name] is not None:
            words += [flag, options[name]]
    if options["deadline"] is not None:
        words += ["--deadline", f"{options['deadline']:g}s"]
    for pattern in options["match_images"]:
        words += ["--match-images", pattern]
    for key, value in options["annotations"]:
        words += ["--annotation", f"{key}={value}"]
    for key, value in options["env"]:
        shown = "${" in value or not looks_secret(key)
        words += ["--env", f"{key}={value}" if shown else key]
    if options["command"]:
        first, *rest = options["command"]
        words += ["--", path(Path(first)) if "/" in first else first, *rest]
    return words
