"""`python -m licsync` and the console script."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and end the process."""
    try:
        _run()
    except KeyboardInterrupt:  # before the command started, or after it ended
        import os

        os._exit(130)


def _run() -> NoReturn:
    import gc
    import os

    # the search for plugins reads the metadata of every installed package
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # a short run keeps most objects: collecting takes a third of the time of a plan of 10,000 users
    gc.disable()
    from licsync.cli.main import leave, run

    leave(run())


if __name__ == "__main__":
    main()
