"""Echo or broadcast with socketify, which is uWebSockets below Python."""

from socketify import App, AppOptions, CompressOptions

import peer

options = peer.parse_options()
tls = AppOptions(key_file_name=options.key, cert_file_name=options.cert)
app = App(tls if options.cert else None)


def on_open(ws):
    if options.mode == "broadcast":
        ws.subscribe("everybody")


def on_message(ws, message, opcode):
    if options.mode == "echo":
        ws.send(message, opcode)
    else:
        app.publish("everybody", message, opcode)


app.ws(
    "/*",
    {
        "compression": CompressOptions.DISABLED,
        "max_payload_length": peer.MESSAGE_BYTES_MAX,
        # The default of 64 KiB would drop messages at sixteen in flight.
        "max_backpressure": 16 * peer.MESSAGE_BYTES_MAX,
        "open": on_open,
        "message": on_message,
    },
)
# A plain port listens on every address: socketify 0.0.31 frees the host name
# before it is used.
app.listen(options.port, lambda bound: peer.announce(options.host, bound.port))
# Not app.run(): that turns asyncio's loop around uWebSockets' own and polls
# without waiting, which would count as CPU time of uWebSockets.
app.loop.uv_loop.run()
