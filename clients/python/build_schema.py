"""Puts the XML schema of the protocol into what is built.

Why: the package reads the schema when it starts, and the repository has one copy,
protocol/schema/rialto.xml. A wheel or a source archive gets it from there; a wheel that is built
from a source archive has it already. An editable install needs no copy: the package finds the one
in the repository.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

IN_REPOSITORY = "../../protocol/schema/rialto.xml"
IN_SOURCE = "src/rialto_client/rialto.xml"
IN_WHEEL = "rialto_client/rialto.xml"


class SchemaHook(BuildHookInterface[Any]):
    """Runs before each build."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Names the schema as a file to include; fails when there is none."""
        if version == "editable":
            return
        archived = Path(self.root, IN_SOURCE)
        source = archived if archived.is_file() else Path(self.root, IN_REPOSITORY)
        if not source.is_file():
            raise FileNotFoundError(
                f"no schema at {archived} nor at {source}: build from the repository"
            )
        target = IN_WHEEL if self.target_name == "wheel" else IN_SOURCE
        build_data["force_include"][str(source)] = target
