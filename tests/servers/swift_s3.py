"""OpenStack Swift with its S3 door, all of it in one process, for tests.

Run as a script: `python swift_s3.py DIRECTORY ACCESS_KEY SECRET_KEY`. It builds one-replica rings
and four servers (account, container, object, proxy) on free ports of the loopback, keeps everything
beneath DIRECTORY, which must be on a file system with user extended attributes, and writes the
proxy's port to DIRECTORY/port once it listens. Killed and started again it has the same ports and
the same objects.

Swift, not a simulator, because it does what S3 does when the client is wrong: signatures are
verified, pre-signed URLs end, short parts are refused.
"""

import sys
from pathlib import Path

import eventlet
import eventlet.wsgi
from swift.common import utils

utils.monkey_patch()  # before anything else takes the standard library's sockets and threads

from swift.common.http_protocol import SwiftHttpProtocol  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

STORES = ("account", "container", "object")
PART_POWER = 4  # 16 partitions: nothing is gained by more on one disk
ROOM_FOR_WAITING = 256

COMMON = """
[DEFAULT]
swift_dir = {home}
devices = {home}/devices
mount_check = false
fallocate_reserve = 0
disable_fallocate = true
log_level = WARNING
log_udp_host = 127.0.0.1
log_udp_port = 9
recon_cache_path = {home}/recon
"""

STORE = (
    COMMON
    + """
[app:main]
use = egg:swift#{store}
"""
)

PROXY = (
    COMMON
    + """
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats s3api tempauth copy slo proxy-server

[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret_key} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
"""
)

SWIFT = """
[swift-hash]
swift_hash_path_suffix = tests
[storage-policy:0]
name = plain
default = yes
"""


def build_ring(home, store, port):
    """Write the ring that says: one copy, on this disk, behind this port."""
    builder = RingBuilder(PART_POWER, 1, 1)
    device = {"id": 0, "region": 1, "zone": 1, "weight": 1.0, "device": "disk", "ip": "127.0.0.1"}
    builder.add_dev(
        device | {"port": port, "replication_ip": "127.0.0.1", "replication_port": port}
    )
    builder.rebalance()
    builder.get_ring().save(str(home / f"{store}.ring.gz"))


def listen(port):
    """Take that port of the loopback, or a free one for 0."""
    return eventlet.listen(("127.0.0.1", port), backlog=ROOM_FOR_WAITING)


def kept_port(home, name):
    """Return the port that this server had when it ran here before, or 0."""
    path = home / f"{name}.port"
    return int(path.read_text()) if path.exists() else 0


def keep_port(home, name, sock):
    """Write down which port a server has, for when it is started here again."""
    (home / f"{name}.port").write_text(str(sock.getsockname()[1]))


def serve(home, name, text, sock):
    """Start the server that `text` configures, on `sock`, as a green thread.

    Swift's own `run_server` cannot share a process with another: it replaces the event loop.
    """
    path = home / f"{name}.conf"
    path.write_text(text)
    return eventlet.spawn(
        eventlet.wsgi.server,
        sock,
        loadapp(str(path), global_conf={"log_name": name}),
        log=utils.NullLogger(),
        protocol=SwiftHttpProtocol,
        capitalize_response_headers=False,  # S3 clients look for ETag, not Etag
        url_length_limit=8192,
    )


def main(home, access_key, secret_key):
    """Build the rings, start the four servers, say where, and serve until killed."""
    (home / "devices" / "disk").mkdir(parents=True, exist_ok=True)
    (home / "recon").mkdir(exist_ok=True)
    (home / "swift.conf").write_text(SWIFT)
    utils.set_swift_dir(str(home))
    account, user = access_key.split(":")
    values = {"home": home, "account": account, "user": user, "secret_key": secret_key}
    stores = {store: listen(kept_port(home, store)) for store in STORES}
    for store, sock in stores.items():
        if not (home / f"{store}.ring.gz").exists():
            build_ring(home, store, sock.getsockname()[1])
        keep_port(home, store, sock)
    for store, sock in stores.items():
        serve(home, f"{store}-server", STORE.format(store=store, **values), sock)
    proxy = listen(kept_port(home, "proxy"))
    server = serve(home, "proxy-server", PROXY.format(**values), proxy)
    keep_port(home, "proxy", proxy)
    (home / "port.new").write_text(str(proxy.getsockname()[1]))
    (home / "port.new").rename(home / "port")
    server.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
