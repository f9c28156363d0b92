"""Send a message to people: to a web address, or through a program such as ``mail``.

What could not be sent changes nothing about the run; it is said on standard error.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import click

from crm_analysis.errors import printable

if TYPE_CHECKING:
    from crm_analysis.sources.config import Notify

_SECONDS = 10
#: Seconds to wait before each further attempt.
_PAUSES = (1.0, 3.0)
#: Answers of a server that may be another one a moment later; other refusals stay.
_PASSING = {408, 429, 500, 502, 503, 504}


def send(notify: Notify, message: dict[str, Any]) -> None:
    """Send a message everywhere the settings say; what could not be sent is said on standard error."""
    ways = {"webhook": bool(notify.webhook), "command": bool(notify.command)}
    for way in [name for name, wanted in ways.items() if wanted]:
        why = _post(notify.webhook, message) if way == "webhook" else _hand(notify.command, message["text"])
        if why:
            click.echo(f"Nobody was told by the {way} of [settings.notify]: {printable(why)}", err=True)


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the message would go where nobody said it should."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _post(variable: str, message: dict[str, Any]) -> str:
    """Post a message as JSON; return why it was not taken. The address stands in no text: it is a secret."""
    name = variable.removeprefix("env:")
    address = os.environ.get(name, "").strip()
    if not address.lower().startswith(("http://", "https://")):
        return f"the variable {name} holds no address that begins with http:// or https://."
    body = json.dumps(message, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "crm-analysis"}
    why = ""
    for pause in (0.0, *_PAUSES):
        time.sleep(pause)
        try:
            request = urllib.request.Request(address, body, headers)  # noqa: S310 - its scheme is checked
            urllib.request.build_opener(_NoDetour).open(request, timeout=_SECONDS).close()
        except urllib.error.HTTPError as error:
            why = f"the server answered {error.code}."
            error.close()
            if error.code not in _PASSING:
                return why
        except OSError as error:  # no connection, or no answer in time
            reason = getattr(error, "reason", error)
            why = f"{getattr(reason, 'strerror', None) or type(reason).__name__}."
        except (ValueError, HTTPException) as error:  # their texts repeat the address
            return f"{type(error).__name__}; is the address in the variable {name} right?"
        else:
            return ""
    return why


def _hand(variable: str, text: str) -> str:
    """Give a message to a program on its standard input; return why that did not work."""
    name = variable.removeprefix("env:")
    try:
        command = shlex.split(os.environ.get(name, ""), posix=os.name != "nt")
    except ValueError as error:  # a quotation mark that is not closed
        return f"the variable {name} cannot be read as a command: {error}."
    if not command:
        return f"the variable {name} holds no command."
    try:
        done = subprocess.run(  # noqa: S603 - who runs this names it, and no shell reads it
            command, input=f"{text}\n", capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f'"{command[0]}" took longer than {_SECONDS} seconds.'
    except OSError as error:
        return f'"{command[0]}" cannot be run: {error.strerror}.'
    first = next(iter(done.stderr.splitlines()), "")
    return "" if done.returncode == 0 else f'"{command[0]}" ended with {done.returncode}. {first}'.rstrip()
