#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks docs/trouble-table.md against the tests.

  check-trouble-table.py [ROOT]      exits 1 and says what is wrong
  check-trouble-table.py --self-test   plants mistakes and makes sure that each is found

A row of the table: | `row-some-name` | case | required | engine? (yes/no) | `Suite.Case`, `Suite.Case` |
  - every row has at least one test, and one that bears its name (row-some-name: a case containing SomeName);
  - every test named exists under tests/, in a source that a dockhost_test() builds;
  - a row that names the engine has a test in a program labelled engine or e2e.
"""
import os
import re
import sys

import tree_check

TABLE = "docs/trouble-table.md"
ROW = re.compile(r"^\|\s*`(row-[a-z0-9-]+)`\s*\|(.*)\|\s*$")
TEST = re.compile(r"^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.M)
PROGRAM = re.compile(r"dockhost_test\s*\(([^)]*)\)")
KEYWORDS = {"LABEL", "TIMEOUT", "SOURCES", "LINKS", "ENVIRONMENT"}
REAL = {"engine", "e2e"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def programs(root):
    """source path -> labels of the programs that build it"""
    labels = {}
    for folder, _, names in os.walk(os.path.join(root, "tests")):
        if "CMakeLists.txt" not in names:
            continue
        text = re.sub(r"#[^\n]*", "", read(os.path.join(folder, "CMakeLists.txt")))
        for call in PROGRAM.finditer(text):
            words = call.group(1).split()
            label, field = "", None
            for word in words[1:]:
                if word in KEYWORDS:
                    field = word
                elif field == "LABEL":
                    label = word.strip('"')
                elif field == "SOURCES":
                    word = word.replace("${CMAKE_CURRENT_SOURCE_DIR}/", "")
                    path = os.path.normpath(os.path.join(folder, word))
                    labels.setdefault(os.path.relpath(path, root), set()).update(label.split(";"))
    return labels


def tests(root):
    """Suite.Case -> labels it runs under; empty when no program builds its source"""
    labels = programs(root)
    found = {}
    for folder, subfolders, names in os.walk(os.path.join(root, "tests")):
        subfolders[:] = [s for s in subfolders if s != "node_modules"]
        for name in names:
            if not name.endswith((".cpp", ".hpp")):
                continue
            path = os.path.relpath(os.path.join(folder, name), root)
            for suite, case in TEST.findall(read(os.path.join(root, path))):
                found.setdefault(f"{suite}.{case}", set()).update(labels.get(path, set()))
    return found


def rows(root):
    for line in read(os.path.join(root, TABLE)).splitlines():
        match = ROW.match(line)
        if match:
            cells = [cell.strip() for cell in match.group(2).split("|")]
            yield match.group(1), cells


def check(root):
    known = tests(root)
    problems, seen = [], set()
    for row, cells in rows(root):
        if len(cells) != 4 or cells[2] not in ("yes", "no"):
            problems.append(f"{row}: the row is not: id | case | required | yes or no | tests")
            continue
        if row in seen:
            problems.append(f"{row}: stands there twice")
        seen.add(row)
        named = re.findall(r"`([^`]+)`", cells[3])
        if not named:
            problems.append(f"{row}: no test")
            continue
        camel = "".join(part.capitalize() for part in row.split("-")[1:])
        if not any(camel in name.split(".")[-1] for name in named):
            problems.append(f"{row}: none of its tests bears its name ({camel})")
        labels = set()
        for name in named:
            if name not in known:
                problems.append(f"{row}: there is no test {name}")
            elif not known[name]:
                problems.append(f"{row}: no dockhost_test() builds {name}")
            else:
                labels |= known[name]
        if cells[2] == "yes" and not labels & REAL:
            problems.append(f"{row}: names the engine, but no test of it runs on a real one")
    return seen, problems


def self_test():
    table = """
| `row-good` | a | b | yes | `Trouble.GoodThing` |
| `row-none` | a | b | no | |
| `row-absent` | a | b | no | `Trouble.AbsentThing` |
| `row-unreal` | a | b | yes | `Trouble.UnrealThing` |
| `row-other-name` | a | b | no | `Trouble.GoodThing` |
| `row-unbuilt` | a | b | no | `Trouble.UnbuiltThing` |
| `row-shape` | a | b |
"""
    files = {
        TABLE: table,
        "tests/e2e/CMakeLists.txt": "dockhost_test(e LABEL e2e SOURCES a_test.cpp LINKS x)\n",
        "tests/e2e/a_test.cpp": "TEST(Trouble, GoodThing) {}\n",
        "tests/core/CMakeLists.txt": "dockhost_test(u LABEL unit\n  SOURCES b_test.cpp LINKS x)\n",
        "tests/core/b_test.cpp": "TEST_F(Trouble, UnrealThing) {}\n",
        "tests/core/c_test.cpp": "TEST(Trouble, UnbuiltThing) {}\n",
    }
    problems = tree_check.planted(files, check)
    expected = ["row-none: no test", "row-absent: there is no test", "row-unreal: names the engine",
                "row-other-name: none of its tests bears", "row-unbuilt: no dockhost_test() builds",
                "row-shape: the row is not"]
    missing = [e for e in expected if not any(p.startswith(e) for p in problems)]
    extra = [p for p in problems if not any(p.startswith(e) for e in expected)]
    for problem in missing + extra:
        print(f"self-test: wrong about: {problem}")
    print(f"check-trouble-table: self-test: {len(expected) - len(missing)} of {len(expected)} planted mistakes found")
    return 1 if missing or extra else 0


if __name__ == "__main__":
    sys.exit(tree_check.main("check-trouble-table", __doc__, check, self_test, "rows", "problems"))
