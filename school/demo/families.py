"""Who goes to a made-up school: families of one to four children, how they pay, when each child came."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from school.demo.names import FIRST, LAST

FORMS = 5
STREAMS = "ABC"
YEARS = 3

# how families pay: prompt, in instalments, late, never quite all, ahead of time; shares of a hundred
APART_EVERY, APART = 40, 7  # families whose parents live apart and pay by shares
HABITS = ("prompt",) * 44 + ("instalments",) * 28 + ("late",) * 15 + ("short",) * 8 + ("ahead",) * 5


@dataclass
class Child:
    """`form_now` counts in the newest year; a form above `FORMS` means the child has finished and left."""

    number: int
    admission_no: str
    first_name: str
    last_name: str
    form_now: int
    stream: int
    joined: int
    left: bool
    rides: bool
    eats: bool
    relief_percent: int = 0
    owes: int = 0
    student_id: int = 0

    @property
    def last_form(self) -> int:
        """The present form, or the last one of a child who left."""
        return min(FORMS, max(1, self.form_now - self.left))

    def form_in(self, year: int) -> int:
        """The form in year 0 (oldest) to 2 (newest); 0 when the child is not at school then."""
        form = self.form_now - (YEARS - 1 - year)
        gone = self.left and year == YEARS - 1
        return form if self.joined <= year and 1 <= form <= FORMS and not gone else 0


@dataclass
class Household:
    guardian: str
    phone: str
    email: str
    habit: str
    other: str = ""  # a second parent, who bears a share
    children: list[Child] = field(default_factory=list)


def households(random: Random, students: int, streams: int) -> list[Household]:
    """Families until so many children are at school now; about one child in eight more has left."""
    made: list[Household] = []
    number = present = 0
    while present < students:
        last = random.choice(LAST)
        guardian = f"{random.choice(FIRST)} {last}"
        home = Household(
            guardian=guardian,
            phone=f"+254 7{number % 90 + 10:02} {number // 90 % 1000:03} {random.randrange(1000):03}",
            email=f"family{len(made) + 1}@example.org",
            habit=random.choice(HABITS),
            other=f"Otieno {last}" if len(made) % APART_EVERY == APART else "",
        )
        for order in range(random.choice((1, 1, 1, 1, 1, 2, 2, 2, 3, 4))):
            if present >= students:
                break
            form_now = random.randint(1, FORMS)
            left = random.random() < 0.11
            if left and random.random() < 0.6:
                form_now = FORMS + random.randint(1, 2)
            number += 1
            child = Child(
                number=number,
                admission_no=f"{1000 + number}",
                first_name=random.choice(FIRST),
                last_name=last,
                form_now=form_now,
                stream=number % streams,
                joined=0 if random.random() < 0.8 else random.randint(0, YEARS - 1),
                left=left,
                rides=random.random() < 0.35,
                eats=random.random() < 0.6,
                relief_percent=10 if order == 1 else 20 if order > 1 else random.choice((0,) * 24 + (50,)),
            )
            if left and child.joined == YEARS - 1:
                child.joined = 0
            present += not left
            home.children.append(child)
        made.append(home)
    return made
