import mimetypes
from pathlib import Path

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from tutorial.groups import group_of_room


@require_POST
def announce(request: HttpRequest, room: str) -> HttpResponse:
    """Says the body of the request to everybody in a room, as a view or a task of yours might.

    A real one would ask who asks.
    """
    event = {"type": "chat.message", "message": request.body.decode(errors="replace")}
    async_to_sync(get_channel_layer().group_send)(group_of_room(room), event)
    return HttpResponse(status=204)


def page(request: HttpRequest, name: str, room: str = "") -> HttpResponse:
    return file(settings.WEB / name)


def static(request: HttpRequest, name: str) -> HttpResponse:
    """A file of the folder itself: a name has no slash in it."""
    return file(settings.WEB / "static" / name)


def file(path: Path) -> HttpResponse:
    if not path.is_file():
        raise Http404
    return HttpResponse(path.read_bytes(), content_type=mimetypes.guess_type(path)[0])
