# SPDX-License-Identifier: MIT
"""What the scripts that check the tree share: their command line, and a tree with planted mistakes to try them on."""
import os
import sys
import tempfile


def planted(files, check):
    """The problems that check(root) finds in a tree of these files (path -> text)."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return check(root)[1]


def main(name, usage, check, self_test, counted, wrong):
    """Runs check(ROOT) -> (what was looked at, problems), or the self-test. Returns the exit code; nothing looked at is a failure."""
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) > 2 or (len(sys.argv) == 2 and sys.argv[1].startswith("-")):
        print(usage, file=sys.stderr)
        return 2
    root = sys.argv[1] if len(sys.argv) == 2 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    seen, problems = check(root)
    for problem in problems:
        print(problem)
    print(f"{name}: {len(seen)} {counted}, {len(problems)} {wrong}")
    return 1 if problems or not seen else 0
