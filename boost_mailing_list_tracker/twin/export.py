"""The mbox export: mails rebuilt from what is stored, as HyperKitty 1.3.12 rebuilds them.

What it does to a mail is observable in any archive's download: five headers in a fixed order, In-Reply-To
when there is one and never References, To is the list, multipart/mixed always, brackets and white space
dropped from the Message-ID, mails in the order of their archiving, `From ` quoted once.
"""

import zlib
from collections.abc import Iterable, Iterator
from datetime import timedelta, timezone
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.utils import formataddr
from io import BytesIO

from boost_mailing_list_tracker.twin.mails import Mail, Mailbox

_DROPPED = str.maketrans("", "", "<>() \t\n\r\f\v")


def rebuilt(mailbox: Mailbox, mail: Mail) -> bytes:
    """One mail as it stands in the export, with its `From ` line."""
    message = EmailMessage()
    message.set_unixfrom(f"From {mail.address} {mail.archived:%c}")
    message["From"] = formataddr((mail.name, mail.address)) if mail.name != mail.address else mail.address
    message["To"] = mailbox.fqdn
    message["Subject"] = mail.subject
    local = mail.date.astimezone(timezone(timedelta(minutes=mail.offset)))
    message["Date"] = f"{local:%a, %d %b %Y %H:%M:%S %z}"
    message["Message-ID"] = f"<{mail.message_id.translate(_DROPPED)}>"
    if mail.in_reply_to:
        message["In-Reply-To"] = f"<{mail.in_reply_to}>"
    message.set_content(mailbox.content(mail))
    message.make_mixed()
    for attachment in mailbox.attachments(mail):
        maintype, _, subtype = attachment.content_type.partition("/")
        message.add_attachment(
            attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name
        )
    out = BytesIO()
    BytesGenerator(out, mangle_from_=True).flatten(message, unixfrom=True)
    return out.getvalue()


def gzipped(mailbox: Mailbox, mails: Iterable[Mail]) -> Iterator[bytes]:
    """The whole download, made as it is read."""
    compressor = zlib.compressobj(level=6, wbits=zlib.MAX_WBITS | 16)
    for mail in mails:
        yield compressor.compress(rebuilt(mailbox, mail) + b"\n\n")
    yield compressor.flush()
