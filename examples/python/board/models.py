"""What there is on a board, and what it begins with."""

from covey import Model, field, inverse


class Member(Model, name="board.Member"):
    id: int
    name: str


class Task(Model, name="board.Task", writable=("save", "create", "delete")):
    id: int
    project: int = field(writable=True)  # writing it moves the task
    title: str = field(writable=True)
    done: bool = field(writable=True)
    assignee: Member | None = field(default=None, writable=True)


class Note(Model, name="board.Note", owner="owner"):
    id: int
    project: int
    owner: int  # the user who alone is shown it
    text: str


class Project(Model, name="board.Project", writable=("save",)):
    id: int
    name: str = field(writable=True)
    tasks: list[Task] = inverse("project")  # tasks say themselves whose they are
    members: list[Member] = field(default=list)
    notes: list[Note] = inverse("project")


ALICE, BOB, CAROL = Member(id=1, name="Alice"), Member(id=2, name="Bob"), Member(id=3, name="Carol")
DATA_SET = [
    *(ALICE, BOB, CAROL),
    Project(id=1, name="Website", members=[ALICE, BOB]),
    Project(id=2, name="Mobile app", members=[ALICE, CAROL]),
    Project(id=3, name="Web shop", members=[BOB, CAROL]),
    Task(id=1, project=1, title="Draw the front page", done=True, assignee=ALICE),
    Task(id=2, project=1, title="Write the texts", done=False, assignee=BOB),
    Task(id=3, project=1, title="Choose a font", done=False),
    Task(id=4, project=2, title="Sketch the icons", done=False, assignee=CAROL),
    Task(id=5, project=3, title="Compare payment services", done=False),
    Note(id=1, project=1, owner=1, text="Ask Carol about the colours"),
    Note(id=2, project=1, owner=2, text="Texts are due on Friday"),
    Note(id=3, project=1, owner=1, text="Book the photographer"),
]
