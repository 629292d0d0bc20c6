"""The one-machine fleet: servers and workers as child processes that die with their parent.

`lock` proves that nobody else works in a home folder · `roster` remembers the children, so that
one that outlived its parent can be ended · `leftovers` clears away what the killed have left ·
`tether` ties a child to its parent · `processes` starts, watches and stops children · `broker`
finds a Redis-compatible server · `commands` and `environment` say how children are started and what
they are told · `fleet` puts it together.
"""
