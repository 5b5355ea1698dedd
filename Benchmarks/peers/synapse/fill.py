"""Writes messages into the room #c0:localhost, by its creator.

They are signed and hashed as Synapse does it, and lie where events lie that it fetches from other servers: at negative
places of the stream, which a running server sees without being told. In the room's graph all of them follow the room's
creation, so that what is sent comes after them.
"""

import io
import json
import sys
import time

import psycopg2
from signedjson.key import read_signing_keys
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.crypto.event_signing import add_hashes_and_signatures
from synapse.events import make_event_from_dict

BATCH = 20_000

url, key_file, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(key_file) as file:
    [key] = read_signing_keys(file)
database = psycopg2.connect(url)
cursor = database.cursor()


def one(statement, *values):
    cursor.execute(statement, values)
    return cursor.fetchone()


room, creator, version = one(
    """SELECT room_id, r.creator, room_version FROM rooms r JOIN room_aliases USING (room_id)
       WHERE room_alias = '#c0:localhost'""")
version = KNOWN_ROOM_VERSIONS[version]


def state(kind, key=""):
    return one(
        """SELECT event_id, depth, state_group FROM current_state_events
           JOIN events USING (event_id) JOIN event_to_state_groups USING (event_id)
           WHERE current_state_events.room_id = %s AND current_state_events.type = %s AND current_state_events.state_key = %s""",
        room, kind, key)


# The last event of a room's creation: its state group knows all that was set.
created, depth, group = state("m.room.name")
permitting = [state("m.room.power_levels")[0], state("m.room.member", creator)[0]]
[first] = one("SELECT least(0, min(stream_ordering)) - %s FROM events", count)
now = int(time.time() * 1000)

TABLES = {
    "events": "topological_ordering, event_id, type, room_id, processed, outlier, depth, origin_server_ts, received_ts, "
              "sender, contains_url, instance_name, stream_ordering",
    "event_json": "event_id, room_id, internal_metadata, json, format_version",
    "event_to_state_groups": "event_id, state_group",
    "event_edges": "event_id, prev_event_id, is_state",
}


def rows(number):
    """One message's row for each of the tables."""
    sent = now - (count - number) * 1000
    event = {
        "type": "m.room.message", "room_id": room, "sender": creator, "origin_server_ts": sent, "depth": depth,
        "auth_events": permitting, "prev_events": [created],
        "content": {"msgtype": "m.text",
                    "body": f"Message {number} of a long history, as long as people write: a sentence or two."},
    }
    add_hashes_and_signatures(version, event, "localhost", key)
    identity = make_event_from_dict(event, version).event_id
    return (
        (depth, identity, "m.room.message", room, True, False, depth, sent, sent, creator, False, "master",
         first + number),
        (identity, room, "{}", json.dumps(event), 4),
        (identity, group),
        (identity, created, False),
    )


def escaped(value):
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


for start in range(0, count, BATCH):
    texts = [io.StringIO() for _ in TABLES]
    for number in range(start, min(count, start + BATCH)):
        for text, row in zip(texts, rows(number)):
            text.write("\t".join(map(escaped, row)) + "\n")
    for text, (table, columns) in zip(texts, TABLES.items()):
        text.seek(0)
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", text)
database.commit()
database.autocommit = True
for table in TABLES:
    cursor.execute(f"VACUUM ANALYZE {table}")
