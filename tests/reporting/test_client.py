"""The connection to a kernel that was just started: what it says is neither lost nor taken for another's."""

from __future__ import annotations

import asyncio
from queue import Empty

import pytest

from crm_analysis.reporting.client import Client


class Channel:
    """Gives messages in turn; an exception is raised."""

    def __init__(self, *messages) -> None:
        self.messages = list(messages)

    async def get_msg(self, timeout: float) -> dict:
        if not self.messages:
            raise Empty
        message = self.messages.pop(0)
        if isinstance(message, Exception):
            raise message
        return message


def said(number: int, state: str = "") -> dict:
    return {"parent_header": {"msg_id": f"question {number}"}, "content": {"execution_state": state}}


class Asked(Client):
    """A client without a kernel."""

    alive = True
    questions = 0
    taken: object = None

    def kernel_info(self) -> str:
        self.questions += 1
        return f"question {self.questions}"

    async def _async_is_alive(self) -> bool:
        return self.alive

    def _handle_kernel_info_reply(self, message) -> None:
        self.taken = message


def ask(shell: Channel, iopub: Channel, *, alive: bool = True, timeout: float = 5.0) -> Asked:
    client = Asked()
    client.alive = alive
    client._shell_channel, client._iopub_channel = shell, iopub
    asyncio.run(client.wait_for_ready(timeout))
    return client


def test_what_was_said_before_the_answer_is_heard_out() -> None:
    iopub = Channel(said(0, "starting"), said(1, "busy"), said(1, "idle"), said(2, "busy"))
    assert ask(Channel(said(1)), iopub).questions == 1
    assert iopub.messages == [said(2, "busy")]  # belongs to whatever comes next


def test_what_was_lost_because_nobody_listened_yet_is_asked_again() -> None:
    shell, iopub = Channel(said(1), said(1), said(2)), Channel(said(2, "busy"), said(2, "idle"))
    iopub.messages.insert(0, Empty())
    client = ask(shell, iopub)
    assert client.questions == 2
    assert client.taken == said(2)


def test_a_dead_kernel_is_not_waited_for() -> None:
    with pytest.raises(RuntimeError, match="died"):
        ask(Channel(), Channel(), alive=False)


def test_one_that_never_answers_is_given_up() -> None:
    with pytest.raises(RuntimeError, match="within 0 seconds"):
        ask(Channel(), Channel(), timeout=0)
