"""A cancellation that was swallowed on its way.

Law: whoever loops over the library's calls asks here after each. `asyncio.wait_for`, in which the library waits for
the gateway, drops a cancellation on Python 3.11 when something has been received in the same moment; the loop would
go on and a shutdown would wait for ever. The task still knows that it was asked to end.
"""

import asyncio


def heed() -> None:
    """Raises `CancelledError` when the current task has been cancelled."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
