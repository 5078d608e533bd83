"""What clients are shown, and what they may do."""

import asyncio
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.db import close_old_connections
from django.http import HttpRequest

from covey import ActionError, ContextChannel, Model, Server, action, inverse

from .covey_publish import Publisher
from .projects import models


class Member(Model):
    id: int
    username: str  # and neither the address nor the password


class Task(Model):
    id: int
    project: int
    title: str
    done: bool
    members: list[Member]


class Project(Model):
    id: int
    name: str
    tasks: list[Task] = inverse("project")


async def in_thread(function, *arguments):
    """Django waits for its database, so it does that elsewhere."""

    def run():
        close_old_connections()
        try:
            return function(*arguments)
        finally:
            close_old_connections()

    return await asyncio.to_thread(run)


def user_of(session_key):
    """Whose session a cookie names; None when it is nobody's."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if user.is_authenticated else None


def finish(task_id, project_id):
    try:
        task = models.Task.objects.get(pk=task_id, project=project_id)
    except models.Task.DoesNotExist:
        raise ActionError("no such task", code=404) from None
    task.done = True
    task.save()


class ProjectChannel(ContextChannel):
    model = Project

    async def connect(self):
        self.user = await in_thread(user_of, self.cookies.get(settings.SESSION_COOKIE_NAME))

    async def has_permission(self, user, project_id):
        return user is not None

    @action
    async def finish(self, task: int) -> None:
        """Writes through Django; who is shown the task hears of it from its signals."""
        await in_thread(finish, task, self.params["project_id"])


def make_server(port=0):
    """A server that shows what is in the database. In a project this is called once, where wsgi.py
    or asgi.py has made the application; ``start`` begins to serve."""
    server = Server(port=port)
    server.channel("ws/projects/<int:project_id>/", ProjectChannel)
    publisher = Publisher(server)
    publisher.publish(get_user_model(), Member)
    publisher.publish(models.Project, Project)
    publisher.publish(models.Task, Task)
    publisher.fill()
    return server, publisher
