"""Where rows and objects are kept: SQL (PostgreSQL, SQLite) and the object store (S3, a folder).

`tables` is the schema, which `migrations/` builds by hand. `database` holds engine, transactions
and the database's clock. `moves` holds every change of a job's or step's state, one guarded
statement each. `jobs`, `steps`, `takes`, `slots` and `ledger` are the ports of those names;
`dispatching`, `choosing`, `claiming`, `planting`, `mending` and `dead` are parts of `steps`,
`accounts` is one of `slots`, `utterances` one of `ledger`, `attempts` one of `takes`. `objects`
(S3) and `folder` are the two object stores, and `keys` says what a key looks like.

Locks are taken in one order, so that transactions never wait for one another in a circle: an
account, then slots, then jobs by age, then steps by id, then takes by key, then utterances. Who
holds a step and wants its job, takes it only if it is free.
"""
