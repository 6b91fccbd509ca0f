"""Some calls of the fault table, `faults.py TITLE COLUMN ROW…`: 1 where they go wrong, or otherwise than docs/fault-table.md
says. The title `situations` is the table of what there is before the call, with titles for its columns."""

import sys
from collections import defaultdict

sys.path.insert(0, str(__import__("pathlib").Path(__file__).resolve().parents[1] / "Fencing"))

from test_fault_table import TABLE, again, fault_cells, in_parallel, situation_cells, summary  # noqa: E402


def recorded():
    """What the table says, by title, row and column."""
    found, title, columns = {}, "situations", []
    for line in TABLE.read_text().splitlines():
        if line.startswith("## ") and line.endswith(": one request goes wrong"):
            title = line[3:].partition(": one")[0]
        if line.startswith("|---"):
            continue
        if not line.startswith("| "):
            columns = []
            continue
        cells = line[2:-2].split(" | ")
        if not columns:
            columns = cells[1:]
            continue
        for row in cells[0].split("; "):
            found.update({(title, row, column): text.strip() for column, text in zip(columns, cells[1:])})
    return found


def main():
    title, column, *rows = sys.argv[1:]
    cells = [cell for cell in (situation_cells() if title == "situations" else fault_cells())
             if (cell.title, cell.column) == (title, column) and cell.row in rows]
    assert {cell.row for cell in cells} == set(rows), rows
    results = again(in_parallel(cells), lambda cell: cell.is_late and not cell.is_grave, 1)
    expected, said = recorded(), defaultdict(list)
    wrong = [f"{cell}\n  " + "\n  ".join(cell.wrong) for cell in results if cell.wrong or not cell.struck]
    for cell in results:
        said[cell.title, cell.row, cell.column].append(cell)
    for key, ones in said.items():
        if summary(ones) != expected[key]:
            wrong.append(f"{', '.join(key)}: {summary(ones)}, and not {expected[key]}")
    print("\n".join(wrong) or f"{len(results)} calls are right")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
