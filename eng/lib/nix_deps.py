"""The NuGet packages of a lock file as nixpkgs wants them: name, version and the SHA-256 of the .nupkg file.

A lock file's contentHash is no such hash: it leaves the package's signature out.
"""

import argparse
import base64
import hashlib
import json
import os
import pathlib
import re
import sys

# What the SDK brings in the version that it wants, which is not that of another SDK.
OF_THE_SDK = re.compile(
    r"(runtime\.[^.]+\.)?Microsoft\.DotNet\.ILCompiler"
    r"|Microsoft\.(NETCore|AspNetCore)\.App\.(Runtime|Host)(\.NativeAOT)?(\..+)?"
    r"|Microsoft\.NET\.ILLink\.Tasks",
    re.IGNORECASE,
)


def locked(lock):
    """The (name, version) of each package in any framework and runtime of a lock file, less the SDK's and projects."""
    found = {
        (name, package["resolved"])
        for packages in json.loads(lock.read_text())["dependencies"].values()
        for name, package in packages.items()
        if package["type"] != "Project" and not OF_THE_SDK.fullmatch(name)
    }
    return sorted(found, key=lambda one: (one[0].lower(), one[1]))


def hash_of(name, version):
    home = os.environ.get("NUGET_PACKAGES") or pathlib.Path.home() / ".nuget/packages"
    folder = pathlib.Path(home, name.lower(), version.lower())
    file = folder / f"{name.lower()}.{version.lower()}.nupkg"
    try:
        content = file.read_bytes()
    except OSError as error:
        sys.exit(f"nix-deps: {file}: {error.strerror}; restore first (dotnet restore Prism.sln)")
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("lock", type=pathlib.Path)
    parser.add_argument("deps", type=pathlib.Path)
    given = parser.parse_args()

    wanted = [
        {"pname": name, "version": version, "hash": hash_of(name, version)} for name, version in locked(given.lock)
    ]
    if not given.check:
        given.deps.write_text(json.dumps(wanted, indent=2) + "\n")
        return 0

    written = json.loads(given.deps.read_text())
    for package in wanted:
        if package not in written:
            print(f"nix-deps: {given.deps} lacks {package['pname']} {package['version']} with {package['hash']}")
    for package in written:
        if package not in wanted:
            print(f"nix-deps: {given.deps} has {package['pname']} {package['version']}, which the lock file has not")
    if written != wanted:
        print("nix-deps: run eng/nix-deps")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
