#!/usr/bin/env python3
"""delay_proxy.py PORT BACKEND_PORT ONE_WAY_MS MB_PER_S: the distance to a far server, on 127.0.0.1.

Every byte arrives ONE_WAY_MS later in each direction, and each connection carries at most MB_PER_S in each direction.
Says "ready" once it listens.
"""
import asyncio
import sys

PIECE = 1 << 18        # bytes read at a time
WINDOW_MIN = 1 << 20   # bytes that may be on their way in one direction, at the least


async def carry(source, sink, delay, rate):
    """One direction of a connection: a reader that stamps each piece with its time of arrival, and a writer that waits for it."""
    loop = asyncio.get_running_loop()
    window = asyncio.Semaphore(max(2, int(max(WINDOW_MIN, 4 * rate * delay) / PIECE)))
    pieces = asyncio.Queue()

    async def deliver():
        while True:
            due, data = await pieces.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not data:
                if sink.can_write_eof():
                    sink.write_eof()
                return
            sink.write(data)
            await sink.drain()
            window.release()

    async def collect():
        line_free = loop.time()
        while True:
            await window.acquire()
            data = await source.read(PIECE)
            line_free = max(line_free, loop.time()) + len(data) / rate
            pieces.put_nowait((line_free + delay, data))
            if not data:
                return

    await asyncio.gather(collect(), deliver())


async def main(port, backend, one_way_ms, mb_per_s):
    async def connected(reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(backend), limit=PIECE)
        except OSError:
            writer.close()
            return
        delay, rate = float(one_way_ms) / 1000, float(mb_per_s) * 1e6
        tasks = [asyncio.ensure_future(carry(reader, far_writer, delay, rate)),
                 asyncio.ensure_future(carry(far_reader, writer, delay, rate))]
        try:
            await asyncio.gather(*tasks)
        except OSError:
            pass
        finally:
            for task in tasks:
                task.cancel()
            writer.close()
            far_writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", int(port), limit=PIECE)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if len(sys.argv) != 5:
    sys.exit(__doc__)
try:
    asyncio.run(main(*sys.argv[1:]))
except OSError as error:
    sys.exit("delay_proxy.py: %s" % error)
