"""Ask this container's own web server for one path; exit 0 when it answers 200. Standard library only.

The request carries the public host's name, for Django refuses a host that it was not told of.
"""

import http.client
import os
import sys
import urllib.parse


def main(path: str, port: str) -> int:
    host = urllib.parse.urlsplit(os.environ.get("PUBLIC_BASE_URL", "")).netloc or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=4)
    try:
        connection.request("GET", path, headers={"Host": host})
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "/livez", os.environ.get("GRANIAN_PORT", "8000")))
