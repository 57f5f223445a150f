"""A mail server for tests: prints `port N`, then each mail that it takes as one line of JSON.

    smtp_server.py [--tls CERTIFICATE KEY] [--login USER PASSWORD] [--refuse ADDRESS]

With --tls it offers STARTTLS; with --login it takes mail only after one, and that only over TLS.
Ends with its standard input.
"""

import argparse
import asyncio
import base64
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Printer:
    def __init__(self, refused):
        self.refused = refused

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == self.refused:
            return f"550 5.1.1 nobody called {address} lives here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = mail.get_body()
        print(json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "login": session.authenticated,
            "headers": {name: str(value) for name, value in mail.items()},
            "text": body.get_content() if body else None,
            "attachments": [{
                "name": part.get_filename(),
                "type": part.get_content_type(),
                "base64": base64.b64encode(part.get_content()).decode(),
            } for part in mail.iter_attachments()],
        }), flush=True)
        return "250 Message accepted"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--login", nargs=2)
    parser.add_argument("--refuse")
    options = parser.parse_args()
    settings = {}
    if options.tls:
        settings["tls_context"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        settings["tls_context"].load_cert_chain(*options.tls)
    if options.login:
        expected = LoginPassword(*(text.encode() for text in options.login))
        settings["auth_required"] = True
        settings["authenticator"] = lambda server, session, envelope, mechanism, data: (
            AuthResult(success=data == expected, handled=False))
    asyncio.run(serve(lambda: SMTP(Printer(options.refuse), **settings)))


async def serve(protocol):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, host="127.0.0.1", port=0)
    print(f"port {server.sockets[0].getsockname()[1]}\n", end="", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    main()
