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
    _open_streams()
    from licsync.cli import output as console
    from licsync.cli.main import cli

    console.skip_teardown()
    try:
        cli.main(prog_name="licsync")
    except SystemExit as end:
        _leave(end)


def _open_streams() -> None:
    """Open the standard streams that are closed: otherwise the next opened file takes their place.

    Characters that an encoding lacks are written in ASCII.
    """
    import os
    import sys

    from licsync.cli.encoding import tolerate

    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        tolerate(stream)


def _leave(end: SystemExit) -> NoReturn:
    """End the process without freeing its objects: that takes a tenth of the time of a plan."""
    import atexit
    import os
    import sys
    from contextlib import suppress

    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # whoever wrote to the stream has reported the failure
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(end.code if isinstance(end.code, int) else bool(end.code))


if __name__ == "__main__":
    main()
