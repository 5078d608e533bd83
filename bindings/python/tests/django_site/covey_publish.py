"""Publishes what Django saves and deletes into the store of a Covey server in the same process.

    publisher = Publisher(server)
    publisher.publish(models.Project, Project)
    publisher.publish(models.Task, Task)
    publisher.fill()
    server.start()

The signals of a model only say which rows may have changed. Once their transaction is committed
they are read anew, and put into the store in one transaction of its own. So what is rolled back
is never seen, and whoever saves last is shown last.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete

import covey


class Publisher:
    def __init__(self, server: covey.Server) -> None:
        self._store = server.store
        self._targets: dict[type[models.Model], type[covey.Model]] = {}
        self._here = threading.local()  # as Django's connections are
        self._lock = threading.Lock()

    def publish(self, source: type[models.Model], target: type[covey.Model]) -> None:
        """Shows the rows of a model of Django as instances of a model of Covey, whose fields are
        some of its fields: columns, relations to one by their ids, and many-to-many relations. A
        list with ``inverse`` needs nothing: the children say whose they are."""
        self._targets[source] = target
        post_save.connect(self._saved_or_deleted, sender=source, weak=False)
        post_delete.connect(self._saved_or_deleted, sender=source, weak=False)
        for name in target.shape().fields:
            field = source._meta.get_field(name)
            if field.many_to_many:
                told = partial(self._m2m_changed, source, field)
                m2m_changed.connect(told, sender=field.remote_field.through, weak=False)
                told = partial(self._other_side_deleted, source, field)
                pre_delete.connect(told, sender=field.related_model, weak=False)

    def fill(self) -> None:
        """Puts all rows there are. Call it before the server is started."""
        for source, target in self._targets.items():
            for row in source._base_manager.all():
                self._store.put(target, row_of(row, target))

    def changed(self, source: type[models.Model], ids: Iterable[Any], using: str) -> None:
        """Says that rows have changed, or will have when the transaction is committed. To be
        called for what sends no signals: bulk_create, bulk_update, QuerySet.update, raw SQL."""
        self._pending(using)[source].update(ids)
        transaction.on_commit(partial(self._flush, using), using=using, robust=True)

    def _pending(self, using: str) -> dict[type[models.Model], set[Any]]:
        by_database = self._here.__dict__
        return by_database.setdefault(using, defaultdict(set))

    def _flush(self, using: str) -> None:
        """After a commit; the first of its calls does it for all. Rows of a transaction that was
        rolled back may be among them: they are as they were, and putting them changes nothing."""
        pending = self._here.__dict__.pop(using, {})
        if not pending:
            return
        with self._lock, self._store.transaction() as changes:  # read and put, or others overtake
            for source, ids in pending.items():
                target = self._targets[source]
                found = source._base_manager.using(using).in_bulk(ids)
                for id in ids:
                    if id in found:
                        changes.put(target, row_of(found[id], target))
                    else:
                        changes.delete(target, id)

    # ------------------------------------------------------------------- signals

    def _saved_or_deleted(self, sender: Any, instance: models.Model, using: str, **_: Any) -> None:
        self.changed(sender, [instance.pk], using)

    def _m2m_changed(
        self, source: Any, field: Any, action: str, instance: Any, using: str, **more: Any
    ) -> None:
        if not more["reverse"]:
            self.changed(source, [instance.pk], using)
        elif action == "pre_clear":
            self._other_side_deleted(source, field, instance, using)
        elif more["pk_set"]:
            self.changed(source, more["pk_set"], using)

    def _other_side_deleted(
        self, source: Any, field: Any, instance: Any, using: str, **_: Any
    ) -> None:
        rows = source._base_manager.using(using).filter(**{field.name: instance})
        self.changed(source, rows.values_list("pk", flat=True), using)


def row_of(instance: models.Model, target: type[covey.Model]) -> dict[str, Any]:
    """A row of Django with the fields that a model of Covey has."""
    row = {"id": instance.pk}
    for name in target.shape().fields:
        field = instance._meta.get_field(name)
        if field.many_to_many:
            row[name] = list(getattr(instance, name).order_by("pk").values_list("pk", flat=True))
        elif not field.one_to_many:
            row[name] = getattr(instance, field.attname)
    return row
