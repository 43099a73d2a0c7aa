"""Pings a server with redis-py or valkey-py, whichever is named. Says its version, then answers each line, a JSON object
with a list of URLs, with a JSON list of what became of them: `PONG`, or the class and text of the error."""

import importlib
import json
import sys

module = importlib.import_module(sys.argv[1])
connect = (module.Valkey if sys.argv[1] == "valkey" else module.Redis).from_url
print(module.__version__, flush=True)


def ping(url):
    try:
        client = connect(url, socket_timeout=3)
        answer = "PONG" if client.ping() else "no"
        client.connection_pool.disconnect()
        return answer
    except Exception as error:
        return type(error).__name__ + ": " + str(error)


for line in sys.stdin:
    print(json.dumps([ping(url) for url in json.loads(line)["urls"]]), flush=True)
