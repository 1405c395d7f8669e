"""What eng/nix-phases prepares: a builder's environment, its source, the packages in its reach, a Python's missing modules."""

import base64
import hashlib
import importlib.util
import json
import os
import pathlib
import shlex
import shutil
import sys

from nix_deps import OF_THE_SDK

MODULES = ["PIL", "celery", "crispy_bootstrap5", "crispy_forms", "decouple", "dj_database_url", "psycopg2", "rest_framework"]


def environment(package, folder):
    """The words of a derivation's environment and where its outputs go, for a shell to source."""
    for name, value in package["environment"].items():
        print(f"export {name}={shlex.quote(value)}")
    for output in package["outputs"]:
        print(f"export {output}={shlex.quote(str(folder / output))}")


def source(package, root, target):
    for name in package["files"]:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target / name)


def feed(package, folder):
    """A folder with the files that deps.json names, checked by its hashes, and what the SDK brings; no other source."""
    home = pathlib.Path(os.environ.get("NUGET_PACKAGES") or pathlib.Path.home() / ".nuget/packages")
    target = folder / "feed"
    target.mkdir()
    for one in package["nugetDeps"]:
        name = f"{one['pname']}.{one['version']}.nupkg".lower()
        file = home / one["pname"].lower() / one["version"].lower() / name
        digest = "sha256-" + base64.b64encode(hashlib.sha256(file.read_bytes()).digest()).decode()
        if digest != one["hash"]:
            sys.exit(f"nix-phases: {file} has {digest}, deps.json {one['hash']}")
        shutil.copyfile(file, target / name)
    for file in home.glob("*/*/*.nupkg"):
        if OF_THE_SDK.fullmatch(file.parent.parent.name):
            (target / file.name).symlink_to(file)
    config = folder / "home/.nuget/NuGet/NuGet.Config"
    config.parent.mkdir(parents=True)
    config.write_text(
        f'<configuration><packageSources><clear /><add key="nix" value="{target}" /></packageSources></configuration>\n'
    )


def missing(python):
    (packages,) = (python / "lib").glob("python*/site-packages")
    for name in MODULES:
        if importlib.util.find_spec(name) is None:
            print(f"nix-phases: {name} is an empty stand-in", file=sys.stderr)
            (packages / name).mkdir()
            (packages / name / "__init__.py").touch()


def main():
    what, *paths = sys.argv[1:]
    paths = [pathlib.Path(path) for path in paths]
    if what != "missing":
        paths[0] = json.loads(paths[0].read_text())
    {"environment": environment, "source": source, "feed": feed, "missing": missing}[what](*paths)


if __name__ == "__main__":
    main()
