"""A network that is slow and drops connections: what goes through it waits, and is cut off now and then."""

import asyncio
import threading
from contextlib import suppress

CHUNK = 1 << 16


class Relay:
    """Listens on one port of loopback and passes on to another, in a thread of its own; use as a context."""

    def __init__(self, port: int, to: int, delay_s: float) -> None:
        self._port, self._to, self._delay_s = port, to, delay_s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self.dropped = 0

    def __enter__(self) -> "Relay":
        self._thread.start()
        started = asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._server = asyncio.run_coroutine_threadsafe(started, self._loop).result(10)
        return self

    def __exit__(self, *failure: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self.drop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def drop(self) -> None:
        """Cut off every connection that there is."""
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(10)

    async def _drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
            self.dropped += 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await asyncio.sleep(self._delay_s)
                writer.write(data)
                await writer.drain()
        self._writers.discard(writer)
        writer.close()
