"""Makes the links of README.md absolute in the metadata of the package: PyPI shows it by itself."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?\[[^]]*\]\()(?!https?:|#)")


class ReadmeHook(MetadataHookInterface):
    """Puts the README into the metadata, with links to the repository at the tag of the release."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the field `readme`."""
        root = Path(self.root)
        version = runpy.run_path(str(root / "src" / "licsync" / "version.py"))
        address, tag = version["REPOSITORY"], f"v{version['__version__']}"

        def lead(link: re.Match[str]) -> str:
            return f"{link[1]}{address}/{'raw' if link[1].startswith('!') else 'blob'}/{tag}/"

        text = LINK.sub(lead, (root / "README.md").read_text("utf-8"))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
