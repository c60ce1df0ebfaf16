#!/usr/bin/env python3
"""reset_proxy.py PORT BACKEND_PORT RESETS BYTES: in front of a server on 127.0.0.1; the first RESETS connections that carry BYTES of
answers are reset then (RST, with what is under way lost). Says "ready" once it listens.
"""
import asyncio
import socket
import struct
import sys

resets = 0


async def carry(reader, writer, most, reset):
    carried = 0
    while data := await reader.read(1 << 14):
        carried += len(data)
        if carried > most and reset():
            return
        writer.write(data)
        await writer.drain()
    writer.close()


async def main(port, backend, count, most):
    async def connected(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(backend))

        def reset():
            global resets
            if resets == int(count):
                return False
            resets += 1
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            far_writer.close()
            return True

        await asyncio.gather(carry(reader, far_writer, 1 << 60, reset), carry(far_reader, writer, int(most), reset), return_exceptions=True)

    server = await asyncio.start_server(connected, "127.0.0.1", int(port))
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
