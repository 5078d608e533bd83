#!/usr/bin/env python3
"""make bench: measures Covey, the floor and the peers, and prints one table.

README.md beside this file says what is measured and how to read it.
"""

import argparse
import fnmatch
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time

import comparisons
import measuring
import servers
import table
from measuring import Scenario

DESCRIPTORS = 12000
DESCRIPTORS_SPARE = 300  # warm-up connections, and what a server has open
SLOW_PEERS = {"channels": 3}  # measured in fewer pairs


def all_scenarios(idle_connections):
    both = ("floor", "covey")
    yield from (
        Scenario("fanout", "broadcast", members, in_flight, size)
        for size in (64, 1024)
        for members in (100, 1000)
        for in_flight in (1, 16)
    )
    yield Scenario("fanout", "events", 1000, 1, chain=both)
    yield Scenario("fanout", "events", 1000, 16, chain=both)
    yield Scenario("echo", "echo", 100, 1)
    yield Scenario("echo", "echo", 100, 16)
    yield Scenario("idle", "broadcast", idle_connections)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="PATTERN", help="such as 'fanout-*'")
    parser.add_argument(
        "--contenders",
        metavar="LIST",
        help="of " + ",".join(table.CONTENDERS) + "; the floor always runs",
    )
    parser.add_argument("--pairs", type=int, help="for each ratio; 7")
    parser.add_argument("--seconds", type=float, help="each measurement; 0.4")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a smoke test: one short pair, no peers, figures mean nothing",
    )
    options = parser.parse_args()
    options.pairs = options.pairs or (1 if options.quick else 7)
    options.seconds = options.seconds or (0.05 if options.quick else 0.4)
    names = options.contenders or ("covey" if options.quick else "")
    wanted = names.split(",") if names else table.CONTENDERS
    for name in set(wanted) - set(table.CONTENDERS):
        parser.error(f"no contender is called {name}")
    options.contenders = [n for n in table.CONTENDERS if n in wanted or n == "floor"]
    return options


def allow_descriptors(notes):
    """Sets the limit for the servers too; returns what idle can open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        notes.append(f"The hard limit of open files is {hard}, below {DESCRIPTORS}.")
    soft = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(5000, soft - DESCRIPTORS_SPARE)


def is_wanted(row, options):
    return fnmatch.fnmatch(row.name, options.only or "*")


def choose_cores(notes):
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        notes.append("One core only: server and generator share it.")
    return cores[0], cores[-1]


def run_round(number, scenario, contenders, cores, options, failures):
    """Measures everybody once, in the order of the chain."""
    chain = scenario.chain if number % 2 == 0 else scenario.chain[::-1]
    measured = {}
    for slot in chain:
        name = slot.split()[0]
        contender = contenders.get(name)
        if (
            contender is None
            or scenario.mode not in contender.commands
            or name in failures
            or number >= SLOW_PEERS.get(name, options.pairs)
        ):
            continue
        try:
            command = contender.commands[scenario.mode]
            measured[slot] = measuring.measure(scenario, command, cores, options.seconds)
        except servers.ServerFailed as failure:
            failures[name] = str(failure)
    return measured


def run_scenarios(scenarios, contenders, cores, options):
    results = {}
    for scenario in scenarios:
        began = time.monotonic()
        failures = {}
        rounds = [
            run_round(i, scenario, contenders, cores, options, failures)
            for i in range(options.pairs)
        ]
        results[scenario.name] = {"rounds": rounds, "failures": failures}
        took = time.monotonic() - began
        print(f"{scenario.name:<20} {took:5.1f} s", file=sys.stderr)
        for name, failure in failures.items():
            print(f"  {name} FAILED: {failure}", file=sys.stderr)
    return results


def run_comparisons(wanted, contenders, cores, options):
    results = {}
    for comparison in wanted:
        began = time.monotonic()
        rounds, failures = [], {}
        for i in range(min(options.pairs, comparison.rounds_max)):
            try:
                found = comparison.measure_round(i, contenders, cores, options.seconds, rounds)
            except servers.ServerFailed as failure:
                failures["covey"] = str(failure)
                print(f"  {comparison.name} FAILED: {failure}", file=sys.stderr)
                break
            if found:
                rounds.append(found)
        results[comparison.name] = {"rounds": rounds, "failures": failures}
        took = time.monotonic() - began
        print(f"{comparison.name:<20} {took:5.1f} s", file=sys.stderr)
    return results


def stripped_library_bytes():
    library = servers.BUILD / "lib" / "libcovey.so"
    if not library.exists() or not shutil.which("strip"):
        return None
    copy = servers.OUT / "libcovey.stripped.so"
    subprocess.run(["strip", "-o", copy, library.resolve()], check=True)
    return copy.stat().st_size


def processor():
    with open("/proc/cpuinfo") as lines:
        names = [x.split(":")[1].strip() for x in lines if "model name" in x]
    return names[0] if names else platform.machine()


def contender_table(contenders, scenarios, compared):
    """Who was measured in which version, or why not."""
    modes = {scenario.mode for scenario in scenarios}
    modes |= {row.covey.mode for row in compared}
    rows = []
    for contender in contenders.values():
        absent = ", ".join(sorted(modes - set(contender.commands)))
        said = contender.version or "as built here"
        if contender.missing:
            said = f"not measured: {contender.missing}"
        elif absent and contender.name == "covey":
            said += f"; no program for {absent} is built"
        rows.append([table.TITLES[contender.name], said])
    return table.markdown(["contender", "version"], rows)


def report(options, scenarios, compared, contenders, results, notes):
    library_bytes = stripped_library_bytes()
    tables = []
    if scenarios:
        tables.append(table.main_table(scenarios, results, options.pairs))
    if compared:
        tables += table.comparison_tables(compared, results, options.pairs)
    targets = table.target_table(results, library_bytes)
    machine = f"{processor()}, {os.cpu_count()} cores, {platform.release()}"
    about = (
        f"{machine}. Server CPU time as the system counts it. Ratios: median "
        f"of {options.pairs} alternating pairs (lowest-highest), to the floor "
        "unless the column says otherwise."
    )
    who = contender_table(contenders, scenarios, compared)
    text = "\n\n".join([about, *tables, targets, who, *notes])
    print(text)
    (servers.OUT / "table.md").write_text(text + "\n")
    everything = {
        "machine": machine,
        "pairs": options.pairs,
        "seconds": options.seconds,
        "notes": notes,
        "library_bytes": library_bytes,
        "scenarios": results,
    }
    (servers.OUT / "results.json").write_text(json.dumps(everything, indent=1))


def main():
    options = parse_options()
    servers.OUT.mkdir(parents=True, exist_ok=True)
    notes = []
    idle_connections = allow_descriptors(notes)
    if options.quick:
        idle_connections = 500
    cores = choose_cores(notes)
    scenarios = [s for s in all_scenarios(idle_connections) if is_wanted(s, options)]
    compared = [c for c in comparisons.all_comparisons(options.quick) if is_wanted(c, options)]
    if "covey" not in options.contenders:
        compared = []
    if not scenarios and not compared:
        sys.exit(f"no scenario matches {options.only}")
    servers.load()
    make = {"floor": servers.floor, "covey": servers.covey}
    contenders = {
        name: make[name]() if name in make else servers.peer(name) for name in options.contenders
    }
    results = run_scenarios(scenarios, contenders, cores, options)
    results |= run_comparisons(compared, contenders, cores, options)
    report(options, scenarios, compared, contenders, results, notes)
    if any(result["failures"] for result in results.values()):
        sys.exit("deliveries fell short, or a server failed: see above")


if __name__ == "__main__":
    main()
