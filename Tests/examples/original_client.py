"""The original TypeScript client as far as frames reach it, with the faults it has.

It builds nested state out of flat rows. Rows are objects in an index. Whenever one arrives a new
object takes its place, and every row that ever referred to it is pointed at the new object,
whatever it refers to by now. `ClientFault` is raised where the original throws: what came before
in the frame stays, the rest of it is lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NoReturn

Row = dict[str, Any]
Model = dict[str, dict[str, str]]

LAPS_MAX = 4
"""How often a circle of references is followed; the original goes on until its stack is full."""


class ClientFault(Exception):
    """The original throws at this frame."""


@dataclass(frozen=True)
class Reference:
    prop: str
    referrer: str


def in_key(value: object) -> str:
    """What an id is inside the key of a row, such as `app.Task:7`."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)


def row_key(row: Row) -> str:
    type_in_key = in_key(row["_instance_type"]) if "_instance_type" in row else "undefined"
    return f"{type_in_key}:{in_key(row['id']) if 'id' in row else 'undefined'}"


class OriginalState:
    """The state of one channel. `model` leads from types to relation fields to types."""

    def __init__(self, root_type: str, is_many: bool, model: Model) -> None:
        self.root_type = root_type
        self.is_many = is_many
        self.model = model
        self.learnt_root_type: str | None = None
        self.anchors: list[Any] = []
        self.known_anchors: set[str] = set()
        self.index: dict[str, Row] = {}
        self.references: dict[str, list[Reference]] = {}
        self.reference_changes = 0

    def set_anchors(self, ids: list[Any]) -> None:
        self.anchors = list(ids)
        for anchor in ids:
            self.known_anchors.add(in_key(anchor))
            self.index.setdefault(
                f"{self.root_type}:{in_key(anchor)}", self._unloaded(self.root_type, anchor)
            )

    def prepend_anchor(self, anchor: Any) -> None:
        self.anchors.insert(0, anchor)
        self.known_anchors.add(in_key(anchor))

    def receive(self, row: object) -> None:
        if not isinstance(row, dict):
            raise ClientFault("not a row")
        type_, operation, id_ = row.get("_instance_type"), row.get("_operation"), row.get("id")
        if self.is_many and self.learnt_root_type is None and type_:
            self.learnt_root_type = type_
        elif not self.is_many and not self.anchors:
            if type_ != self.root_type:
                raise ClientFault(f"expected a row of type {self.root_type}, not {type_}")
            self.anchors = [id_]

        key = row_key(row)
        is_root = self.is_many and type_ == self.learnt_root_type
        if is_root and operation == "initial_state" and in_key(id_) not in self.known_anchors:
            self.anchors.append(id_)
            self.known_anchors.add(in_key(id_))
        elif is_root and operation == "delete":
            self.anchors = [anchor for anchor in self.anchors if anchor != id_]
            self.known_anchors.discard(in_key(id_))
        elif operation == "delete":
            self._delete(key, id_)
            return

        instance = dict(self.index.get(key, {}))
        self.index[key] = instance
        relations = self.model.get(type_, {}) if isinstance(type_, str) else {}
        for prop, value in row.items():
            if prop not in relations:
                instance[prop] = value
            elif isinstance(value, list):
                reference = Reference(prop, key)
                instance[prop] = [self._target(relations[prop], id_, reference) for id_ in value]
            else:
                instance[prop] = self._target(relations[prop], value, Reference(prop, key))
        instance["_loaded"] = True
        if key in self.references:
            self._change_references(key, [])
        else:
            self.references[key] = []

    @staticmethod
    def _unloaded(type_: str, id_: Any) -> Row:
        return {"id": id_, "_instance_type": type_, "_loaded": False}

    def _target(self, type_: str, id_: Any, reference: Reference) -> Row:
        key = f"{type_}:{in_key(id_)}"
        self.references.setdefault(key, []).append(reference)
        return self.index.setdefault(key, self._unloaded(type_, id_))

    def _delete(self, key: str, id_: Any) -> None:
        """Takes a row away from all that ever referred to it, and forgets it."""
        if key not in self.references:
            raise ClientFault(f"{key} was deleted, and nothing is known of it")
        for reference in self.references[key]:
            referrer = self._referrer(reference)
            listed = referrer.get(reference.prop)
            if isinstance(listed, list):
                kept = [row for row in listed if in_key(self._listed(row)["id"]) != in_key(id_)]
                referrer[reference.prop] = kept
            else:
                referrer[reference.prop] = None
        self.index.pop(key, None)
        del self.references[key]

    def _change_references(self, key: str, path: list[str]) -> None:
        """Points all that ever referred to a row at its present object, up to the top."""
        if path.count(key) == LAPS_MAX:
            raise ClientFault(f"{key} leads back to itself: the stack is full")
        if key not in self.references:
            raise ClientFault(f"{key} is an anchor that was deleted and listed again")
        self.reference_changes += 1
        for reference in self.references[key]:
            referrer = self._referrer(reference)
            listed = referrer.get(reference.prop)
            if isinstance(listed, list):
                current = [self.index.get(row_key(self._listed(row))) for row in listed]
                referrer[reference.prop] = current
            else:
                referrer[reference.prop] = self.index[key]
            self.index[reference.referrer] = dict(referrer)
            self._change_references(reference.referrer, [*path, key])

    def _referrer(self, reference: Reference) -> Row:
        if reference.referrer not in self.index:
            raise ClientFault(f"{reference.referrer} is gone, and what it referred to has changed")
        return self.index[reference.referrer]

    @staticmethod
    def _listed(row: Row | None) -> Row:
        if row is None:
            raise ClientFault("a list holds a row that is gone")
        return row

    def value(self) -> Any:
        """The list of anchors or the single one; an anchor that nothing is known of is `{}`."""
        shown = []
        for anchor in self.anchors:
            row = self.index.get(f"{self.root_type}:{in_key(anchor)}")
            shown.append({} if row is None else self._shown(row, []))
        return shown if self.is_many else next(iter(shown), None)

    def _shown(self, row: Row | None, path: list[str]) -> Any:
        if row is None:
            return None
        if not row["_loaded"]:
            return {"id": row["id"], "_loaded": False}
        key = row_key(row)
        if key in path:
            return {"id": row["id"], "_cycle": True}
        relations = self.model.get(row["_instance_type"], {})
        shown: Row = {}
        for prop, value in row.items():
            if prop.startswith("_"):
                continue
            if prop not in relations:
                shown[prop] = value
            elif isinstance(value, list):
                shown[prop] = [self._shown(listed, [*path, key]) for listed in value]
            else:
                shown[prop] = self._shown(value, [*path, key])
        return shown


@dataclass
class OriginalClient:
    """Takes text frames with `receive`; `state()` is what the application is handed next."""

    root_type: str
    is_many: bool
    model: Model
    last_update: float | int | None = None
    runtime_variables: dict[str, Any] = field(default_factory=dict)
    answers: list[Row] = field(default_factory=list)
    """Answers to actions and writes, in the order they came."""
    refusal: str | None = None
    """The error of the authentication that ended the client for good."""
    wants_reconnect: bool = False
    """Whether maintenance was announced: the client opens another socket at once."""
    empty_lists: int = 0
    unknown_frames: int = 0

    def __post_init__(self) -> None:
        self.built = OriginalState(self.root_type, self.is_many, self.model)
        self.followed: set[str] = set()
        self.was_authenticated = False

    def first_frame(self, token: str | None) -> str:
        cursor = self.last_update
        if isinstance(cursor, float) and cursor.is_integer():
            cursor = int(cursor)
        frame = {"token": token, "lastUpdate": cursor}
        return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)

    def state(self) -> Any:
        return self.built.value()

    def follow(self, type_: str, id_: Any) -> None:
        """Follows a single row; a frame after which it is gone is then a fault."""
        self.followed.add(f"{type_}:{in_key(id_)}")

    def reconnect(self) -> None:
        """Opens another connection. Nothing is forgotten: neither rows, anchors nor references."""
        self.wants_reconnect = False

    def comes_back(self, *, after_clean_close: bool) -> bool:
        return self.refusal is None and not (self.was_authenticated and after_clean_close)

    def receive(self, text: str) -> None:
        """Takes one text frame."""
        if self.refusal is not None:
            return
        try:
            message = json.loads(text, parse_constant=self._not_json)
        except ValueError as error:
            raise ClientFault("not JSON") from error
        if text.startswith("["):
            self._receive_rows(message)
        elif message is None:
            raise ClientFault("a frame is null")
        else:
            self._receive_message(message if isinstance(message, dict) else {})

    @staticmethod
    def _not_json(word: str) -> NoReturn:
        raise ValueError(word)

    def _receive_rows(self, rows: list[Any]) -> None:
        for row in rows:
            if row is None:
                raise ClientFault("not a row")
            stamp = row.get("_tstamp") if isinstance(row, dict) else None
            if isinstance(stamp, float | int) and stamp > (self.last_update or 0):
                self.last_update = stamp
        if not rows or not isinstance(rows[0], dict | list):
            raise ClientFault("expected an array of rows")
        for row in rows:
            self.built.receive(row)
        for row in rows:
            key = row_key(row)
            if key in self.followed and key not in self.built.index:
                raise ClientFault(f"{key} is followed and gone")

    def _receive_message(self, message: Row) -> None:
        match message.get("type"):
            case "auth":
                self._authenticate(message)
            case "initialAnchors":
                if "anchorIds" not in message:
                    raise ClientFault("initialAnchors without anchorIds")
                if message["anchorIds"]:
                    self.built.set_anchors(message["anchorIds"])
                else:
                    self.empty_lists += 1
            case "prependAnchor":
                self.built.prepend_anchor(message.get("anchorId", "undefined"))
            case "runtimeVar":
                self.runtime_variables[message.get("var", "undefined")] = message.get("value")
            case "actionResponse" | "writeResponse":
                self.answers.append(message)
            case "system":
                pass
            case "maintenance":
                self.wants_reconnect = True
            case _:
                self.unknown_frames += 1

    def _authenticate(self, message: Row) -> None:
        """An error ends the client for good; another status without one is overlooked."""
        self.was_authenticated = True
        if message.get("statusCode") != 200 and message.get("error"):
            self.refusal = message["error"]
            self.last_update = None
