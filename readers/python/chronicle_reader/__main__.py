"""python3 -m chronicle_reader FILE...

Prints, as JSON, one line for each segment and one for each of its crossings. Exits with 1 where a segment cannot be read.
"""

import json
import os
import sys
import threading

from .errors import SegmentError
from .meaning import meaning_of, meaning_of_envelope
from .segment import read_segment


def main(paths):
    def say(line):
        print(json.dumps(line))

    failed = False
    for path in paths:
        name = os.path.basename(path)
        try:
            with open(path, "rb") as file:
                segment = read_segment(file.read(), name)
        except (SegmentError, OSError) as error:
            failed = True
            say({"segment": name, "error": getattr(error, "code", "CANNOT_OPEN")})
            print(error, file=sys.stderr)
            continue
        say({"segment": name, **meaning_of(segment)})
        for envelope in segment.envelopes:
            say({"segment": name, **meaning_of_envelope(envelope)})
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    # A value may have a thousand levels, and JSON is written by functions that call themselves.
    sys.setrecursionlimit(20_000)
    threading.stack_size(256 << 20)
    status = []
    thread = threading.Thread(target=lambda: status.append(main(sys.argv[1:])))
    thread.start()
    thread.join()
    sys.exit(status[0] if status else 1)
