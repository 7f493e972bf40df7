"""No mail below the limit takes more memory than a machine has for it, whatever it is made of."""

import subprocess
import sys

import pytest

MOST_MB = 300
READ = """
import re, sys
from pathlib import Path
from boost_mailing_list_tracker.parsing.identity import canonical_export_bytes
from boost_mailing_list_tracker.parsing.mbox import iter_mbox
from boost_mailing_list_tracker.parsing.messages import parse_message
head, unit = (text.encode().decode("unicode_escape").encode() for text in sys.argv[1:])
pieces = [b"From a@b Mon Mar  4 10:00:00 2024\\nFrom: a@b\\n" + head]
pieces += [unit * (1_000_000 // len(unit))] * 30
(mail,) = iter_mbox(pieces, max_message_bytes=32 << 20)
canonical_export_bytes(mail)
parse_message(mail, origin="mbox")
# The rusage of a process knows that of the one that started it, too.
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.parametrize(
    ("head", "unit"),
    [
        (r"\n", r"> \n"),
        (r"Content-Type: text/plain; format=flowed\n\n", r"> \n"),
        (r"\n", r">From y\n"),
        ("", r"a:\n"),
        ("References: ", "<a@b> "),
        (r"Content-Type: multipart/mixed; boundary=b\n\n", r"--b\n\nx\n"),
    ],
)
def test_a_mail_of_thirty_megabytes_is_read_in_bounded_memory(head: str, unit: str) -> None:
    command = [sys.executable, "-c", READ, head, unit]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert int(done.stdout) < MOST_MB
