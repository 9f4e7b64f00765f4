"""What an account directory declares, once it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from licsync.diagnostics import Diagnostic, InputInvalid
from licsync.model.desired import Desired


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """The content of an account directory.

    Attributes:
        desired: its valid part; None if there is no usable account.
        diagnostics: everything wrong with it, in reading order.
        is_complete: whether every file was read to its end. If not, a declaration that seems to be
            missing may only be unread.
        templates: the content of each template, in long form.
        sections: the valid entries of every section, with templates applied to users.
    """

    desired: Desired | None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    is_complete: bool = True
    templates: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    sections: Mapping[str, Any] = field(default_factory=dict)

    def required(self) -> Desired:
        """Return the desired state.

        Raises:
            InputInvalid: there is no usable account; the exception lists all diagnostics.
        """
        if self.desired is None:
            raise InputInvalid(*self.diagnostics)
        return self.desired
