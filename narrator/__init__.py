"""Narrator turns long documents into finished audiobooks.

The map of this package, from the top floor down; a room uses only what is beneath it, and rooms on
one line do not know one another (docs/architecture.md)::

    cli                 the `narrator` command: one thin function a verb
    embedded            a whole fleet on one machine, as child processes
    api   speakserver   the REST API; a Speak v1 server of our own, for trying and testing
    bootstrap           settings become services: the only place where adapters are built
    settings            the only reader of the environment
    speech   audio   storage   sandbox   doorbell        adapters, each owning its vendors
    messenger   fetcher                                  webhooks; documents by URL
    failpoints                                           deaths at named places, rehearsed
    outbound            connections to where others send us, by addresses that were looked at
    services            the verbs: submit, plan, narrate, render, publish, verify; and their ports
    ingest   text       bytes become a document; a document becomes a plan (pure)
    domain   client     values and rules, standard library only; the client for others' programs

The Celery workers (`workers/`) stand above all of it: they are rung by a queue's name, claim a step
in SQL, and call the verb for it.
"""
