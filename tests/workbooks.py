"""Reading a workbook back with nothing but the standard library: cells, formulas, charts."""

import io
import re
import zipfile
from types import SimpleNamespace
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def place(reference):
    """Return row and column of a cell, from 0: B3 is (2, 1)."""
    letters, digits = re.fullmatch(r"\$?([A-Z]+)\$?(\d+)", reference).groups()
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    return int(digits) - 1, column - 1


def read_workbook(content):
    """Return sheets by name: `cells` and `formulas` by (row, column), the XML of the sheet; and charts by sheet."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    parts = {name: archive.read(name) for name in archive.namelist()}
    strings = [
        "".join(t.text or "" for t in item.iter(f"{MAIN}t"))
        for item in ElementTree.fromstring(parts["xl/sharedStrings.xml"])
    ]
    targets = {
        rel.attrib["Id"]: rel.attrib["Target"] for rel in ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    }
    styles = ElementTree.fromstring(parts["xl/styles.xml"])
    codes = {n.attrib["numFmtId"]: n.attrib["formatCode"] for n in styles.iter(f"{MAIN}numFmt")}
    formats = [codes.get(xf.attrib["numFmtId"], xf.attrib["numFmtId"]) for xf in styles.find(f"{MAIN}cellXfs")]
    quoted = [xf.attrib.get("quotePrefix") == "1" for xf in styles.find(f"{MAIN}cellXfs")]
    sheets = {}
    for entry in ElementTree.fromstring(parts["xl/workbook.xml"]).iter(f"{MAIN}sheet"):
        path = f"xl/{targets[entry.attrib[f'{REL}id']]}"
        root = ElementTree.fromstring(parts[path])
        sheet = SimpleNamespace(cells={}, formulas={}, formats={}, quoted=set(), xml=parts[path].decode(), charts=[])
        for cell in root.iter(f"{MAIN}c"):
            at, value = place(cell.attrib["r"]), cell.findtext(f"{MAIN}v")
            if value is None:
                continue
            kind = cell.attrib.get("t")
            style = int(cell.attrib.get("s", 0))
            sheet.cells[at] = strings[int(value)] if kind == "s" else value if kind == "str" else float(value)
            sheet.formats[at] = formats[style]
            if quoted[style]:
                sheet.quoted.add(at)
            if (formula := cell.findtext(f"{MAIN}f")) is not None:
                sheet.formulas[at] = formula
        sheets[entry.attrib["name"]] = sheet
        number = re.search(r"sheet(\d+)\.xml", path)[1]
        drawing = re.search(
            rb"drawings/(drawing\d+)\.xml", parts.get(f"xl/worksheets/_rels/sheet{number}.xml.rels", b"")
        )
        if drawing:
            links = parts[f"xl/drawings/_rels/{drawing[1].decode()}.xml.rels"]
            sheet.charts = [
                parts[f"xl/charts/{name.decode()}"] for name in re.findall(rb"charts/(chart\d+\.xml)", links)
            ]
    return SimpleNamespace(sheets=sheets, parts=parts)


def table_of(sheet, header=3):
    """Return headers and rows of a sheet with one table."""
    width = max(c for r, c in sheet.cells if r == header) + 1
    height = max(r for r, _ in sheet.cells)
    heads = [sheet.cells[header, c] for c in range(width)]
    rows = [[sheet.cells.get((r, c)) for c in range(width)] for r in range(header + 1, height + 1)]
    return heads, rows
