"""The names of groups. channels_redis takes few of them; Covey takes all, and writes the others so.

Who has names of letters, digits, "-", "_" and "." alone, shorter than 100, that do not begin with
"covey-" needs none of this: names that do are written in the other form as well.
"""

import hashlib
import re


def group_of_room(room: str) -> str:
    return group_name(f"chat_{room}")


def group_name(name: str) -> str:
    """A group of Covey's, as it is called in Redis (covey/layer.h says how)."""
    if re.fullmatch(r"[A-Za-z0-9_.-]{1,99}", name) and not name.startswith("covey-"):
        return name
    name_bytes = name.encode()
    escaped = (
        "covey-"
        + re.sub(rb"[^A-Za-z0-9_.]", lambda byte: b"-%02x" % ord(byte[0]), name_bytes).decode()
    )
    if len(escaped) < 100 and not re.fullmatch("covey--[0-9a-f]{64}", escaped):
        return escaped
    return "covey--" + hashlib.sha256(name_bytes).hexdigest()
