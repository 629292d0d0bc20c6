"""Real servers for tests: PostgreSQL, a Redis-compatible server and an S3 server, all from wheels.

Each listens on a free port of the loopback, keeps its data beneath one temporary directory, and
dies with the test run however that ends (`leash`). The fixtures over them are in `tests/conftest`:
`redis_url`, `postgres_url`, `s3`; `process` starts anything else.
"""
