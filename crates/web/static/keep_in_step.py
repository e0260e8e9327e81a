#!/usr/bin/env python3
"""Keeps a copy of what is for sale in step with a nguon ledger. Python 3.9 or newer, nothing else to install.

    NGUON_KEY=nguon_... python3 keep_in_step.py https://LEDGER copy.sqlite [SECONDS]

One run brings the copy up to date; with SECONDS it goes on for ever, asking so often. Everything that can go wrong on the way is
in here: a body that breaks off, a rate that is used up, a cursor that is too old, a selection that changed.
"""

import gzip
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request


def ask(url, key, tag=None):
    """The document, its ETag and where Link says to go on; None for a document that we have. Waits when it is told to."""
    headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": "gzip", "User-Agent": "keep-in-step/1"}
    if tag:
        headers["If-None-Match"] = tag
    for wait in (1, 2, 4, 8, 16, 32, None):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
                body = answer.read()
                if answer.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)  # fails if the body broke off
                return json.loads(body), answer.headers.get("ETag")
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return None, tag
            problem = json.loads(error.read() or b"{}")
            # Our own mistake, or one that waiting does not mend: 400, 401, 403, 410.
            if error.code not in (429, 500, 502, 503, 504) or wait is None:
                raise Gone(problem) if error.code == 410 else SystemExit(f"{error.code} {problem.get('detail')}")
            wait = int(error.headers.get("Retry-After") or wait)
        except (urllib.error.URLError, OSError, EOFError, ValueError):
            if wait is None:
                raise
        time.sleep(wait)


class Gone(Exception):
    """The cursor is too old: deletions were missed, so all of it is read anew."""


def open_copy(path):
    copy = sqlite3.connect(path, isolation_level=None)
    copy.execute("CREATE TABLE IF NOT EXISTS listing (listing TEXT PRIMARY KEY, item TEXT NOT NULL)")
    copy.execute("CREATE TABLE IF NOT EXISTS place (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    return copy


def place(copy, name):
    row = copy.execute("SELECT value FROM place WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def keep(copy, items, places, all_of_it=False):
    """Items and the place after them in one transaction: a crash between the two would lose changes or read them twice."""
    copy.execute("BEGIN IMMEDIATE")
    if all_of_it:
        copy.execute("DELETE FROM listing")
    for item in items:
        if item.get("change") == "gone":
            copy.execute("DELETE FROM listing WHERE listing = ?", (item["listing"],))
        else:
            text = json.dumps({k: v for k, v in item.items() if k != "change"}, ensure_ascii=False, sort_keys=True)
            copy.execute("INSERT OR REPLACE INTO listing VALUES (?, ?)", (item["listing"], text))
    copy.executemany("INSERT OR REPLACE INTO place VALUES (?, ?)", places.items())
    copy.execute("COMMIT")


def whole(copy, base, key):
    document, _ = ask(f"{base}/api/v1/feed/listings.json", key)
    assert document["format"] == "nguon-feed-1", document["format"]
    keep(copy, document["items"], {"next": document["next"], "selection": "", "tag": ""}, all_of_it=True)
    return len(document["items"])


def step(copy, base, key):
    """Brings the copy up to date; answers how many changes there were."""
    if place(copy, "next") is None:
        whole(copy, base, key)
    changed = 0
    while True:
        cursor, tag = place(copy, "next"), place(copy, "tag") or None
        try:
            page, tag = ask(f"{base}/api/v1/feed/changes?cursor={cursor}", key, tag)
        except Gone:
            return changed + whole(copy, base, key)
        if page is None:
            return changed
        known = place(copy, "selection")
        if known and known != page["selection"]:
            # What we may see has changed: a change feed tells of listings, not of our account.
            changed += whole(copy, base, key)
            keep(copy, [], {"selection": page["selection"]})
            continue
        same_place = page["next"] == cursor
        keep(copy, page["items"], {
            "next": page["next"], "selection": page["selection"], "tag": tag if same_place and tag else "",
        })
        changed += len(page["items"])
        if not page["has_more"]:
            return changed


def main():
    base, path = sys.argv[1].rstrip("/"), sys.argv[2]
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else None
    key, copy = os.environ["NGUON_KEY"], open_copy(path)
    while True:
        changed = step(copy, base, key)
        count = copy.execute("SELECT COUNT(*) FROM listing").fetchone()[0]
        print(f"{count} listings, {changed} changes", flush=True)
        if seconds is None:
            return
        time.sleep(seconds)


if __name__ == "__main__":
    main()
