"""Creates the rooms #c0:localhost … that are not there yet."""

import json
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

url, users, rooms = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def call(method, path, user, body=None):
    headers = {"Authorization": f"Bearer syt_u{user}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{url}/_matrix/client/v3/{path}", data, headers, method=method)
    return urllib.request.urlopen(request).read()


def create(user):
    """The rooms of one creator, one after the other: a room's id is the hash of its first event, which names its creator
    and the millisecond."""
    for number in range(user, rooms, creators):
        try:
            call("GET", f"directory/room/%23c{number}:localhost", user)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            call("POST", "createRoom", user, {"room_alias_name": f"c{number}", "name": f"c{number}", "preset": "public_chat"})


creators = min(4, users)
with ThreadPoolExecutor(creators) as pool:
    list(pool.map(create, range(creators)))
