#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks who includes whom (docs/architecture.md, "Folders").

  check-layering.py [ROOT]     exits 1 and lists every violation
  check-layering.py --self-test  plants violations and makes sure that each is found

Four rules, all tables below:
  1. a folder includes only the folders under it;
  2. a third-party header appears only in the files that own it;
  3. RapidJSON in no header at all;
  4. an actor includes another actor's header only if it spawns that actor.
Tests may include anything of ours and any library, save rule 3.
"""
import fnmatch
import os
import re
import sys

import tree_check

# Folder -> the folders it may include, besides itself.
FOLDERS = {
    "core": set(),
    "json": {"core"},
    "protocol": {"core", "json"},
    "docker": {"core", "json"},
    "net": {"core", "json"},
    "platform": {"core", "json"},
    "store": {"core", "json"},
    "actors": {"core", "json", "protocol", "docker", "net", "platform", "store"},
    "web": set(),
    "apps": {"core", "json", "protocol", "docker", "net", "platform", "store", "actors", "web"},
    "bench": {"core", "json", "protocol", "docker", "net", "platform", "store", "actors", "apps"},
}
# (files, folder, headers): includes that rule 1 would refuse. The socket engine speaks HTTP with net's client.
EXCEPTIONS = [("docker/socket_*", "net", "net/*.hpp"), ("docker/engine_api*", "net", "net/*.hpp"),
              ("docker/engine_factory.cpp", "net", "net/io_thread.hpp")]

# Library -> (its headers, the files that may include them).
NET_SOURCES = ["net/*.cpp", "net/detail/*"]
LIBRARIES = {
    "RapidJSON": (r"rapidjson/", ["json/*.cpp"]),
    "Boost.Beast": (r"boost/beast", NET_SOURCES),
    "Boost.Asio": (r"boost/asio|asio\.hpp|asio/", NET_SOURCES + ["docker/cli_*.cpp"]),
    "Boost.Process": (r"boost/process", ["docker/cli_*.cpp"]),
    "CAF": (r"caf/", ["actors/*", "apps/*node*"]),
    "SQLite": (r"sqlite3", ["store/*.cpp"]),
    "OpenSSL": (r"openssl/", ["platform/*.cpp", "net/*"]),
    "libsystemd": (r"systemd/", ["platform/*.cpp"]),
    "RE2": (r"re2/", ["platform/pattern.cpp"]),
    "CLI11": (r"CLI/", ["apps/*"]),
    "toml++": (r"toml\+\+|toml\.hpp|toml\+\+\.h", ["apps/*"]),
    "Google Test": (r"gtest/|gmock/", []),
    "Google Benchmark": (r"benchmark/", ["bench/*"]),
}
# core is read and tested alone: the language and its library, nothing else.
CORE_SYSTEM = re.compile(r"^[a-z_0-9]+$")
# No I/O in core, even though these are standard.
CORE_FORBIDDEN = {"iostream", "fstream", "filesystem", "thread", "mutex", "shared_mutex",
                  "condition_variable", "future", "ctime"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
TESTS = "tests"


def sources(root):
    """Every C++ file of the layers and the tests, as a path below root."""
    for top in list(FOLDERS) + [TESTS]:
        for folder, subfolders, names in os.walk(os.path.join(root, top)):
            subfolders[:] = sorted(s for s in subfolders if s != "node_modules")
            for name in sorted(names):
                if name.endswith((".hpp", ".cpp", ".h", ".cc", ".ipp")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def matches(path, patterns):
    return any(fnmatch.fnmatch(path, p) for p in patterns)


def is_header(path):
    return path.endswith((".hpp", ".h", ".ipp"))


def actor_headers(texts):
    """Headers under actors/ that declare a behaviour, save the one with all the interfaces."""
    return {path for path, text in texts.items()
            if path.startswith("actors/") and is_header(path)
            and os.path.basename(path) != "interfaces.hpp" and "behavior_type" in text}


def may_include_actor(path, text, header_text):
    """Supervisors include what they spawn; so does an actor with children of its own. An actor's own source defines
    members of its state."""
    if "supervisor" in os.path.basename(path):
        return True
    behaviors = re.findall(r"behavior_type\s+(\w+)\s*\(", header_text)
    states = re.findall(r"struct\s+(\w+)\s*\{", header_text)
    spawned = any(re.search(r"\bspawn\w*\s*(<[^;()]*>)?\s*\(\s*" + name + r"\b", text) for name in behaviors)
    return spawned or any(re.search(r"\b" + name + r"::\w+\(", text) for name in states)


def check_file(path, text, texts, actors):
    top = path.split("/", 1)[0]
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        quote, target = found.groups()
        where = f"{path}:{number}"
        for library, (headers, owners) in LIBRARIES.items():
            if not re.match(headers, target):
                continue
            if library == "RapidJSON" and is_header(path):
                yield f"{where}: RapidJSON in a header ({target})"
            elif top != TESTS and not matches(path, owners):
                yield f"{where}: {library} does not belong here ({target}); its place: {', '.join(owners) or 'tests'}"
        if top == TESTS:
            continue
        other = target.split("/", 1)[0]
        if quote == '"':
            if other == TESTS:
                yield f"{where}: includes a test's header ({target})"
            elif other not in FOLDERS or "/" not in target:
                yield f"{where}: our headers are included by their path from the root ({target})"
            elif other != top and other not in FOLDERS[top]:
                excepted = any(matches(path, [files]) and other == folder and matches(target, [headers])
                               and not target.startswith("net/detail/")
                               for files, folder, headers in EXCEPTIONS)
                if not excepted:
                    yield f"{where}: {top} must not include {other} ({target})"
            elif target.startswith("net/detail/") and top != "net":
                yield f"{where}: net/detail is private to net ({target})"
            elif target in actors and target.rsplit(".", 1)[0] != path.rsplit(".", 1)[0]:
                if top == "actors" and not may_include_actor(path, text, texts[target]):
                    yield f"{where}: an actor includes another actor's header without spawning it ({target})"
        elif top == "core" and (not CORE_SYSTEM.match(target) or target in CORE_FORBIDDEN):
            yield f"{where}: core has no third-party header and no I/O ({target})"


def check(root):
    texts = {}
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            texts[path.replace(os.sep, "/")] = file.read()
    actors = actor_headers(texts)
    problems = []
    for path, text in texts.items():
        problems.extend(check_file(path, text, texts, actors))
    return texts, problems


# (file, its text, part of the expected message; None: must be accepted)
PLANTED = [
    ("core/a.cpp", "#include <vector>\n#include \"core/a.hpp\"\n", None),
    ("core/b.cpp", "#include <fstream>\n", "no I/O"),
    ("core/c.hpp", "#include <spdlog/spdlog.h>\n", "no third-party"),
    ("core/d.cpp", '#include "json/json.hpp"\n', "core must not include json"),
    ("json/a.cpp", "#include <rapidjson/reader.h>\n", None),
    ("json/b.hpp", "#include <rapidjson/reader.h>\n", "RapidJSON in a header"),
    ("protocol/a.cpp", "#include <rapidjson/reader.h>\n", "RapidJSON does not belong"),
    ("protocol/b.cpp", '#include "net/error.hpp"\n', "protocol must not include net"),
    ("docker/socket_engine.cpp", '#include "net/http_client.hpp"\n', None),
    ("docker/socket_b.cpp", '#include "net/detail/io_context.hpp"\n', "docker must not include net"),
    ("docker/engine.hpp", '#include "net/http_client.hpp"\n', "docker must not include net"),
    ("docker/cli_engine.cpp", "#include <boost/process.hpp>\n#include <boost/asio.hpp>\n", None),
    ("docker/cli_engine.hpp", "#include <boost/process.hpp>\n", "Boost.Process does not belong"),
    ("docker/simulated.cpp", "#include <boost/asio/ip/tcp.hpp>\n", "Boost.Asio does not belong"),
    ("net/a.cpp", "#include <boost/beast/core.hpp>\n#include <openssl/ssl.h>\n", None),
    ("net/b.hpp", "#include <boost/asio.hpp>\n", "Boost.Asio does not belong"),
    ("net/detail/c.hpp", "#include <boost/asio.hpp>\n", None),
    ("net/d.cpp", '#include "actors/interfaces.hpp"\n', "net must not include actors"),
    ("platform/a.cpp", "#include <openssl/sha.h>\n", None),
    ("platform/b.cpp", "#include <caf/all.hpp>\n", "CAF does not belong"),
    ("platform/pattern.cpp", "#include <re2/re2.h>\n", None),
    ("platform/c.cpp", "#include <re2/re2.h>\n", "RE2 does not belong"),
    ("store/a.cpp", "#include <sqlite3.h>\n", None),
    ("store/b.hpp", "#include <sqlite3.h>\n", "SQLite does not belong"),
    ("store/c.cpp", '#include "docker/engine.hpp"\n', "store must not include docker"),
    ("actors/interfaces.hpp", "#include <caf/all.hpp>\n// a::behavior_type\n", None),
    ("actors/node/ports.hpp", "struct ports_state {};\nports_actor::behavior_type ports_behavior();\n", None),
    ("actors/node/fleet.hpp", "fleet_actor::behavior_type fleet_behavior();\n", None),
    ("actors/node/container.hpp", "container_actor::behavior_type container_behavior();\n", None),
    ("actors/node/ports.cpp", '#include "actors/node/ports.hpp"\n', None),
    ("actors/node/ports_more.cpp", '#include "actors/node/ports.hpp"\nvoid ports_state::more() {}\n', None),
    ("actors/node/fleet.cpp", '#include "actors/node/container.hpp"\na = self->spawn(container_behavior, x);\n', None),
    ("actors/node/router.cpp", '#include "actors/node/fleet.hpp"\n', "without spawning it"),
    ("actors/node/node_supervisor.cpp", '#include "actors/node/fleet.hpp"\n', None),
    ("actors/node/x.cpp", '#include "apps/config.hpp"\n', "actors must not include apps"),
    ("actors/node/y.cpp", '#include "ports.hpp"\n', "by their path from the root"),
    ("apps/command_node.cpp", "#include <caf/all.hpp>\n#include <CLI/CLI.hpp>\n#include <toml++/toml.h>\n", None),
    ("apps/doctor.cpp", "#include <caf/all.hpp>\n", "CAF does not belong"),
    ("apps/e.cpp", '#include "tests/support/x.hpp"\n', "includes a test's header"),
    ("apps/f.cpp", '#include "net/detail/c.hpp"\n', "private to net"),
    ("apps/g.cpp", '#include "web/assets.hpp"\n', None),
    ("actors/node/z.cpp", '#include "web/assets.hpp"\n', "actors must not include web"),
    ("web/a.cpp", '#include "web/assets.hpp"\n', None),
    ("web/b.cpp", '#include "core/result.hpp"\n', "web must not include core"),
    ("tests/net/a_test.cpp", "#include <boost/asio.hpp>\n#include <gtest/gtest.h>\n", None),
    ("tests/net/b.hpp", "#include <rapidjson/reader.h>\n", "RapidJSON in a header"),
]


def self_test():
    problems = tree_check.planted({path: text for path, text, _ in PLANTED}, check)
    failed = 0
    for path, _, expected in PLANTED:
        mine = [p for p in problems if p.startswith(path + ":")]
        good = not mine if expected is None else len(mine) >= 1 and all(expected in p for p in mine)
        if not good:
            failed += 1
            print(f"self-test: {path}: expected {expected!r}, found {mine}")
    print(f"check-layering: self-test: {len(PLANTED) - failed} of {len(PLANTED)} planted files judged rightly")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(tree_check.main("check-layering", __doc__, check, self_test, "files", "violations"))
