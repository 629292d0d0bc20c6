"""Document → Plan, purely: `plan.make_plan`.

It writes passages out as `script`s, in which `wording` notes what is said otherwise than it is
written (each of the `passes` in its turn, their `changes` composed into one list), and has
`chunking` cut them at `sentences`.
"""
