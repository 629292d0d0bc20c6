"""Identifiers, each a string of its own type so that they cannot be swapped unnoticed."""

from typing import NewType

JobId = NewType("JobId", str)
"""32 lower-case hexadecimal digits: random for a submitted job, derived for an embedded one."""

StepId = NewType("StepId", int)
"""The number of a row of work."""

TakeKey = NewType("TakeKey", str)
"""64 lower-case hexadecimal digits: the content of a take (see `domain.takes.take_key`)."""

ObjectKey = NewType("ObjectKey", str)
"""A path in the object store: `/`-separated, no leading slash, `[a-z0-9._-]` in each part."""

TenantId = NewType("TenantId", str)

DEFAULT_TENANT = TenantId("default")
