#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands cost, against the executable of before: paired.py OLD/bin NEW/bin [--runs N] [TRACE]

Runs take turns, so that whatever else the machine does hits both; the least of N runs of each is compared, in seconds of
all cores. Says whether what they write is the same, byte for byte (but for lines of '#', which hold paths and times).
Without a trace one is made: 100,000 tokens x 16 sites, top-8 of 64.
"""

import argparse
import os
import resource
import subprocess
import tempfile
import time

# {t}: the trace; {o}: the output, without its ending. Caches of results start empty where a command has none of its own.
COMMANDS = {
    "analyze": "analyze {t} --no-cache -o {o}.csv",
    "analyze sch": "analyze {t} --no-cache --exact --metric sch -o {o}.csv",
    "analyze sch_cover": "analyze {t} --no-cache --exact --metric sch_cover -o {o}.csv",
    "analyze sequence_cache": "analyze {t} --no-cache --exact --metric sequence_cache -o {o}.csv",
    "simulate cache": "simulate cache {t} -o {o}.csv",
    "figure load": "figure load {t} -o {o}.pdf",
    "figure mutual_information": "figure mutual_information {t} -o {o}.pdf",
    "figure affinity": "figure affinity {t} -o {o}.pdf",
}


def seconds(folder, words, cache):
    """Of all cores, and on the clock."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    subprocess.run([os.path.join(folder, "expertscope"), *words, "--force"], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "EXPERTSCOPE_CACHE": cache})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.time() - start


def written(stem):
    with open(stem + ".csv", "rb") as file:
        return [line for line in file if not line.startswith(b"#")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("trace", nargs="?")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="commands whose names hold this")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trace = arguments.trace
        if not trace:
            trace = os.path.join(folder, "made.h5")
            subprocess.run([os.path.join(arguments.new, "expertscope"), "synth", "uniform", "--tokens", "100000",
                            "--length", "2000", "--sites", "16", "--experts", "64", "--top-k", "8", "--labels", "4",
                            "-o", trace], check=True, stdout=subprocess.DEVNULL)
        print(f"{'':28}{'old':>9}{'new':>9}{'ratio':>8}{'clock':>8}")
        for name, command in COMMANDS.items():
            if arguments.only and arguments.only not in name:
                continue
            least, stems = {}, {}
            for run in range(arguments.runs):
                both = [arguments.old, arguments.new]
                for which in both if run % 2 else reversed(both):
                    stems[which] = os.path.join(folder, "old" if which == arguments.old else "new")
                    with tempfile.TemporaryDirectory() as cache:
                        times = seconds(which, command.format(t=trace, o=stems[which]).split(), cache)
                    least[which] = [min(pair) for pair in zip(least.get(which, times), times)]
            old, new = least[arguments.old], least[arguments.new]
            same = written(stems[arguments.old]) == written(stems[arguments.new])
            print(f"{name:28}{old[0]:8.2f}s{new[0]:8.2f}s{new[0] / old[0]:8.2f}{new[1] / old[1]:8.2f}"
                  f"{'' if same else '  NOT THE SAME NUMBERS'}", flush=True)


if __name__ == "__main__":
    main()
