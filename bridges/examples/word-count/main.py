#!/usr/bin/env python3
"""Counts the words that are written in each channel, and tells how many when somebody writes "!words".

Run by a bridge of the kind `process`. The counts lie in counts.json in the working folder. An event is only
acknowledged when the file holds it, and the file remembers the last event of each channel: so the program may be killed
at any moment, and every word is counted exactly once.
"""

import json
import os
import sys

COUNTS = "counts.json"


def send(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def place(cursor):
    """The place of an event in the log; places compare as events came."""
    return [int(number) for number in cursor.split("-")]


def load():
    try:
        with open(COUNTS) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def save(counts):
    """Replaces the file in one step: whoever reads it finds the old counts or the new, never a part."""
    with open(COUNTS + ".new", "w") as file:
        json.dump(counts, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(COUNTS + ".new", COUNTS)


def main():
    counts = load()
    command = "!words"
    # The events whose summary is on its way, by the reference of the post.
    asked = {}

    def done(message, words=0):
        channel = counts.setdefault(str(message["event"]["channel_id"]), {"words": 0, "last": "0-0"})
        channel["words"] += words
        channel["last"] = message["id"]
        save(counts)
        send(op="ack", id=message["id"])

    for line in sys.stdin:
        message = json.loads(line)
        if message["op"] == "hello":
            command = message["settings"].get("command", command)
            send(op="ready")
        elif message["op"] == "event":
            event = message["event"]
            channel = counts.get(str(event["channel_id"]), {"words": 0, "last": "0-0"})
            if place(message["id"]) <= place(channel["last"]):
                send(op="ack", id=message["id"])  # A repeat.
            elif event["data"]["text"].strip() == command:
                asked[message["id"]] = message
                # The nonce makes a second post of the same summary the first one.
                send(op="post", ref=message["id"], id=message["id"], channel=event["channel_id"],
                     text=f"{channel['words']} words so far.", nonce=f"words-{message['id']}")
            else:
                done(message, len(event["data"]["text"].split()))
        elif message["op"] in ("posted", "error"):
            if message["op"] == "error":
                print(f"no summary: {message['reason']}", file=sys.stderr)
            done(asked.pop(message["ref"]))


if __name__ == "__main__":
    main()
