"""The end of a kernel's connection that runs a notebook, for kernels that were just started here.

Jupyter's own waits a fifth of a second for what a strange kernel might still be saying, and keeps a thread
that asks whether it lives. Here the answer to a question comes after all that was said before it, and the
process tells whether the kernel lives.
"""

from __future__ import annotations

import time
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from nbclient.exceptions import DeadKernelError

_ANSWER_SECONDS = 1.0
_HEARD_SECONDS = 0.05


class Client(AsyncKernelClient):
    """Asks a kernel once, and hears it out."""

    def start_channels(self, **which: bool) -> None:  # type: ignore[override]
        """Open the connection, without the thread that asks whether the kernel lives."""
        super().start_channels(**{**which, "hb": False})

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers, and until all that it said before has come.

        Raises
        ------
        DeadKernelError
            It died.
        RuntimeError
            It gave no answer in time.
        """
        until = float("inf") if timeout is None else time.monotonic() + timeout
        while not await self._has_answered():
            if not await self._async_is_alive():
                raise DeadKernelError("The kernel died before it was ready.")
            if time.monotonic() > until:
                raise RuntimeError(f"The kernel was not ready within {timeout:g} seconds.")

    async def _has_answered(self) -> bool:
        asked = self.kernel_info()
        try:
            answer = await self._of(asked, self.shell_channel, _ANSWER_SECONDS)
            while True:  # an answer that comes before the connection listens is lost: it is asked again
                said = await self._of(asked, self.iopub_channel, _HEARD_SECONDS)
                if said["content"].get("execution_state") == "idle":
                    break
        except Empty:
            return False
        self._handle_kernel_info_reply(answer)
        return True

    @staticmethod
    async def _of(asked: str, channel: Any, seconds: float) -> dict[str, Any]:
        """Return the next message that answers a question; Empty where none comes for so long."""
        while True:
            message: dict[str, Any] = await channel.get_msg(timeout=seconds)
            if message["parent_header"].get("msg_id") == asked:
                return message
