"""Document → Plan, purely: `plan.make_plan`.

It writes passages out as `script`s, in which `normalise` notes what is said otherwise than it is
written, and has `chunking` cut them at `sentences`.
"""
