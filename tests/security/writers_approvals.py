"""Writers of limits, approvals and corrections, see `writers`."""

from __future__ import annotations

from school.students import policies
from tests.security.writers import Writer

WRITERS: dict[str, Writer] = {
    "school.students.policies.change_policies": Writer(
        "settings.manage",
        lambda s, a, w: policies.change_policies(s, actor=a, values={"write_off_limit": 50_000}),
    ),
}
