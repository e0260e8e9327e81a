"""Reads messages from its input and lets the library of Standard Webhooks for Python say whether each holds."""

import json
import sys

from standardwebhooks.webhooks import Webhook

answers = []
for message in json.load(sys.stdin)["messages"]:
    try:
        read = Webhook(message["secret"]).verify(message["body"], message["headers"])
        answers.append({"library": read == json.loads(message["body"])})
    except Exception as error:  # The library's own and those of its parts.
        answers.append({"library": f"{type(error).__name__}: {error}"})
print(json.dumps(answers))
