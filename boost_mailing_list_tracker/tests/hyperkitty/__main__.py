"""Load mbox files into a real HyperKitty and serve it, from a shell."""

import argparse
import signal
import sys
import tempfile
import threading
from pathlib import Path

from boost_mailing_list_tracker.tests.hyperkitty import HyperKitty


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m boost_mailing_list_tracker.tests.hyperkitty")
    parser.add_argument("lists", nargs="*", metavar="LIST=FILE", help="mbox file to load into a list")
    parser.add_argument("--folder", type=Path, help="keep the database here; default: a temporary folder")
    parser.add_argument("--serve", action="store_true", help="serve it until interrupted")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--no-export", action="store_true", help="disable the mbox download")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        hyperkitty = HyperKitty(options.folder or Path(temporary))
        for argument in options.lists:
            fqdn, _, file = argument.partition("=")
            hyperkitty.load(fqdn, [Path(file)])
        for fqdn, count in hyperkitty.counts().items():
            sys.stdout.write(f"{fqdn}: {count} mails\n")
        if options.serve:
            for stop in (signal.SIGINT, signal.SIGTERM):
                signal.signal(stop, lambda *_: sys.exit())  # so that the server is stopped too
            with hyperkitty.serve(export=not options.no_export, port=options.port) as url:
                sys.stdout.write(f"MAILING_LIST_BASE_URL={url}\n")
                sys.stdout.flush()
                threading.Event().wait()


if __name__ == "__main__":
    main()
