"""A chat with Covey from Python: a plain function for every member that gets a message."""

from covey import Consumer, Server, event

import serving

server = Server(**serving.address)


@server.channel("ws/chat/<str:room>/")
class Chat(Consumer):
    def connect(self):
        self.group_add(f"chat_{self.params['room']}")

    def receive_json(self, content):
        self.group_send(
            f"chat_{self.params['room']}",
            {"type": "chat.message", "message": content["message"]},
        )

    @event("chat.message")
    def chat_message(self, event):
        self.send_json({"message": event["message"]})


serving.run(server)
