"""How long it takes from `import covey` until a server listens; one line of JSON."""

import time

wall, cpu = time.perf_counter_ns(), time.process_time_ns()

from covey import Consumer, Server  # noqa: E402

server = Server()


@server.channel("<path:path>")
class Echo(Consumer):
    async def receive(self, text):
        self.send(text)


server.listen()
wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu

import json  # noqa: E402  # not before: it may be part of what is measured

print(json.dumps({"wall_ms": wall / 1e6, "cpu_ms": cpu / 1e6}))
