#!/usr/bin/python3
"""`make bench`: each figure beside what it is measured against, in one run on one machine.

Names of parts as arguments run those alone; BENCH_SECONDS is the length of a round. Each part's file tells what it measures.
Everything runs on private servers; PostgreSQL keeps its defaults for durability.
"""

import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True

from content import bench_content  # noqa: E402
from feed import bench_feed  # noqa: E402
from latency import bench_latency  # noqa: E402
from links_api import bench_batch, bench_create, bench_get, bench_list, bench_matrix, bench_summary  # noqa: E402
from mails import bench_mails  # noqa: E402
from opens import bench_opens  # noqa: E402
from rig import Rig  # noqa: E402
from size import bench_size  # noqa: E402

PARTS = {
    "opens": bench_opens,
    "latency": bench_latency,
    "create": bench_create,
    "batch": bench_batch,
    "get": bench_get,
    "list": bench_list,
    "summary": bench_summary,
    "matrix": bench_matrix,
    "content": bench_content,
    "size": bench_size,
    "mails": bench_mails,
    "feed": bench_feed,
}


def main():
    for name in sys.argv[1:] or PARTS:
        directory = tempfile.mkdtemp(prefix="sharelink-bench-")
        os.chmod(directory, 0o755)
        rig = Rig(directory)
        try:
            PARTS[name](rig)
        finally:
            rig.close()
            shutil.rmtree(directory, ignore_errors=True)


main()
