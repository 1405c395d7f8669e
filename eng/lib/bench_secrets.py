"""A cold reading of the sample secrets against baselines: whole processes, from posix_spawn(3) to wait4(2), interleaved."""

import json
import os
import shutil
import statistics
import sys
import time

WARM_UP = 5
BAR = 13.0  # ms: what the real sops took for this file


def rows(binary, secrets):
    """Name, command, and whether it has to succeed."""
    yield "nothing", ["/bin/true"], "a process that does nothing"
    yield "runtime", [binary, "--version"], "prism-supervisor --version"
    yield "check", [binary, "secrets", "check", secrets], "prism-supervisor secrets check"
    if sops := shutil.which("sops"):
        yield "sops", [sops, "decrypt", "--input-type", "dotenv", "--output-type", "dotenv", secrets], "sops decrypt"


def once(command, environment, null):
    """Milliseconds of wall and of processor time, page faults; and how it ended."""
    quiet = [(os.POSIX_SPAWN_DUP2, null, descriptor) for descriptor in (0, 1, 2)]
    begun = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begun
    return {"wall": wall * 1000, "cpu": (usage.ru_utime + usage.ru_stime) * 1000, "faults": usage.ru_minflt}, status


def main(runs, binary, secrets, key, out):
    environment = {"PATH": os.environ.get("PATH", ""), "SOPS_AGE_KEY_FILE": key}
    null = os.open(os.devnull, os.O_RDWR)
    commands = list(rows(binary, secrets))
    taken = {name: [] for name, _, _ in commands}
    for run in range(WARM_UP + runs):
        for name, command, title in commands:
            figures, status = once(command, environment, null)
            if status != 0:
                code = os.waitstatus_to_exitcode(status)
                raise SystemExit(f"{title} ended with {code}: {' '.join(command)}")
            if run >= WARM_UP:
                taken[name].append(figures)

    def median(name, figure):
        return statistics.median(run[figure] for run in taken[name])

    print(f"a cold reading: {runs} interleaved runs, ms             wall     min     p90     cpu   faults")
    for name, _, title in commands:
        wall = sorted(run["wall"] for run in taken[name])
        print(
            f"  {title:46} {median(name, 'wall'):9.2f} {wall[0]:7.2f} {wall[len(wall) * 9 // 10]:7.2f}"
            f" {median(name, 'cpu'):7.2f} {median(name, 'faults'):8.0f}"
        )
    ratios = {
        f"check / {name}": statistics.median(a["wall"] / b["wall"] for a, b in zip(taken["check"], taken[name]))
        for name, _, _ in commands
        if name != "check"
    }
    for name, ratio in ratios.items():
        print(f"  {name + ', median of pairs':46} {ratio:9.2f}")
    verdict = "under" if median("check", "wall") < BAR else "NOT under"
    print(f"  the median is {verdict} {BAR:.0f} ms, which is what the real sops took")
    if out:
        with open(out, "w") as file:
            json.dump({"runs": taken, "ratios": ratios, "bar": BAR}, file, indent=1)
    return 0 if verdict == "under" else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:6]))
