"""Native charts: a sheet on which a reader chooses a municipality and an agreement, and a chart of all members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from solidair.cli.finance_rows import Finance
from solidair.cli.texts.workbook import SHEETS, TEXTS
from solidair.cli.workbook.paper import HEADER, Column, Paper
from solidair.pool.finance.capacity import LEVELS

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

BLUE, PALE, INK, GREY = "#1F5F8B", "#8FBCD9", "#16212B", "#7F8B94"
SIZE = {"width": 560, "height": 270}
CHOICE = {"member": (3, 1), "agreement": (4, 1)}
"""Row and column of the two cells that a reader fills."""

FIRST_ROW = 7
"""Row at which the first table of the sheet begins."""

CHART_COLUMN = 8
MOST_IN_CHART = 60
"""Members of which a chart of all still can be read."""


class Charts:
    """The sheet with charts.

    Parameters
    ----------
    paper
        The workbook.
    finance
        Rows of the tables, for the values that formulas have when the file is opened.
    columns
        Columns of every other sheet, by the name of the table.
    language
        'nl' or 'en'.
    """

    def __init__(self, paper: Paper, finance: Finance, columns: Mapping[str, Sequence[Column]], language: str) -> None:
        self.paper, self.finance, self.columns, self.language = paper, finance, columns, language
        self.text, self.study = TEXTS[language], finance.study
        self.names = {name: words[0][language] for name, words in SHEETS.items()}
        self.titles = {a.name: a.spec.title[language] for a in self.study.agreements}
        self.member = self.study.region.members[0]
        self.agreement = (finance.shared or [finance.base])[0]
        self.code = "$C$4"

    def write(self) -> None:
        """Write the sheet."""
        title, text = (words[self.language] for words in SHEETS["charts"])
        self.sheet: Worksheet = self.paper.sheet(title, title, text)
        self.sheet.set_column(0, 0, 34)
        self.sheet.set_column(1, 6, 15)
        self._choices()
        row = self._fan(FIRST_ROW)
        row = self._required(max(row, FIRST_ROW + 15))
        row = self._ladder(max(row, FIRST_ROW + 30))
        if self.study.finance.reserve is not None:
            self._reserve(max(row, FIRST_ROW + 45))

    def _choices(self) -> None:
        sheet, paper = self.sheet, self.paper
        members, agreements = len(self.study.region), self._agreement_list()
        summary = self._range("summary", "name/", members), self._range("summary", "code/", members)
        yellow = paper.format(bg_color="#FFF2CC", border=1, bold=True)
        for key, value, source in (
            ("member", self.member.name, f"={summary[0]}"),
            ("agreement", self.titles[self.agreement], f"={agreements}"),
        ):
            row, column = CHOICE[key]
            paper.write_text(sheet, row, 0, self.text[f"choose_{key}"], bold=True)
            paper_format = yellow if not value.startswith(("=", "+", "-", "@")) else paper.format(
                bg_color="#FFF2CC", border=1, bold=True, quote_prefix=True
            )  # fmt: skip
            sheet.write_string(row, column, value, paper_format)
            sheet.data_validation(
                row, column, row, column,
                {"validate": "list", "source": source, "error_message": self.text["choose_error"]},
            )  # fmt: skip
        formula = f"=INDEX({summary[1]},MATCH($B$4,{summary[0]},0))"
        sheet.write_formula(CHOICE["member"][0], 2, formula, paper.format(font_color=GREY), self.member.code)

    def _agreement_list(self) -> str:
        """Write the titles of the agreements where the required capacity is listed, and return their range."""
        first = FIRST_ROW + 15 + 2
        return f"$A${first + 1}:$A${first + len(self.titles)}"

    def _range(self, table: str, key: str, rows: int) -> str:
        """Return the cells of a column of another sheet."""
        place = [column.key for column in self.columns[table]].index(key)
        letter = _letter(place)
        return f"'{self.names[table]}'!${letter}${HEADER + 2}:${letter}${HEADER + 1 + rows}"

    def _sum(self, table: str, key: str, criteria: Mapping[str, str]) -> str:
        """Return a formula that finds the one cell of a sheet for which all criteria hold, however it is sorted."""
        rows = sum(len(self.finance.all(table, a, m.code)) for a in self.titles for m in self.study.region.members)
        parts = [f"{self._range(table, name, rows)},{cell}" for name, cell in criteria.items()]
        return f"=SUMIFS({self._range(table, key, rows)},{','.join(parts)})"

    def _heads(self, row: int, title: str, heads: Sequence[str]) -> int:
        self.paper.write_text(self.sheet, row, 0, title, bold=True, font_size=12)
        for column, head in enumerate(heads):
            side = {"align": "right"} if column else {}
            self.paper.write_text(self.sheet, row + 1, column, head, bold=True, bottom=1, text_wrap=True, **side)
        return row + 2

    def _name(self, key: str) -> str:
        return next(c.header for found in self.columns.values() for c in found if c.key == key).partition(" (")[0]

    def _fan(self, row: int) -> int:
        """Write the multi-year estimate of the choice, with its chart, and return the row below."""
        keys = ("budget", "mean", "p10", "p50", "p90")
        heads = [*(self.text[key] for key in ("year", "budget", "mean")), "P10", "P50", "P90", self.text["band"]]
        top = row
        row = self._heads(row, self.text["fan"], heads)
        years = self.finance.all("outlook", self.agreement, self.member.code)
        money, start = self.paper.number("eur"), row
        for year in years:
            self.sheet.write_number(row, 0, year["year"], self.paper.number("year", align="left"))
            found = {"agreement": "$B$5", "code": self.code, "year": f"$A{row + 1}"}
            for column, key in enumerate(keys, 1):
                formula = self._sum("outlook", key, found)
                self.sheet.write_formula(row, column, formula, money, float(year[key]))
            band = float(year["p90"]) - float(year["p10"])
            self.sheet.write_formula(row, 6, f"=F{row + 1}-D{row + 1}", money, band)
            row += 1
        self._banded(top, (start, row - 1), (3, 6), {4: BLUE, 1: INK}, self.text["fan"])
        return row + 1

    def _banded(
        self, top: int, rows: tuple[int, int], band: tuple[int, int], lines: Mapping[int, str], title: str
    ) -> None:
        """Insert a chart with an area between two columns, its foot and its height, and lines over it."""
        book, name = self.paper.book, self.names["charts"]

        def series(column: int, **more: Any) -> dict[str, Any]:
            return {
                "name": [name, rows[0] - 1, column],
                "categories": [name, rows[0], 0, rows[1], 0],
                "values": [name, rows[0], column, rows[1], column],
                **more,
            }

        area = book.add_chart({"type": "area", "subtype": "stacked"})
        area.add_series(series(band[0], fill={"none": True}, line={"none": True}))
        area.add_series(series(band[1], fill={"color": PALE}, line={"none": True}))
        line = book.add_chart({"type": "line"})
        for column, color in lines.items():
            dash = "dash" if color == INK else "solid"
            line.add_series(series(column, line={"color": color, "width": 2.25, "dash_type": dash}))
        area.combine(line)
        area.set_title({"name": title, "name_font": {"size": 12}, "overlay": False})
        area.set_legend({"position": "bottom", "delete_series": [0]})
        area.set_x_axis({"position_axis": "on_tick" if rows[1] > rows[0] else "between"})
        area.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#D5DCE1"}}})
        area.set_size(SIZE)
        self.sheet.insert_chart(top, CHART_COLUMN, area)

    def _required(self, row: int) -> int:
        """Write what is required under each agreement, with its chart, and return the row below."""
        periods, top = self.finance.periods, row
        heads = [self._name("agreement"), *(period.replace("-", "–") for period in periods)]
        row = self._heads(row, self.text["required_by"], heads)
        start, money = row, self.paper.number("eur")
        for name, title in self.titles.items():
            self.paper.write_text(self.sheet, row, 0, title)
            for column, period in enumerate(periods, 1):
                found = {"agreement": f"$A{row + 1}", "code": self.code, "period": f'"{period}"'}
                formula = self._sum("capacity", "required", found)
                value = self.finance.one("capacity", name, self.member.code, period)["required"]
                self.sheet.write_formula(row, column, formula, money, float(value))
            row += 1
        chart = self.paper.book.add_chart({"type": "bar"})
        name = self.names["charts"]
        for column, color in zip(range(1, len(periods) + 1), (BLUE, PALE), strict=False):
            chart.add_series(
                {
                    "name": [name, start - 1, column],
                    "categories": [name, start, 0, row - 1, 0],
                    "values": [name, start, column, row - 1, column],
                    "fill": {"color": color},
                }
            )
        chart.set_title({"name": self.text["required_by"], "name_font": {"size": 12}})
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis({"reverse": True})
        # In reverse order the axis of amounts would stand above.
        chart.set_x_axis({"num_format": "#,##0", "label_position": "high"})
        chart.set_size(SIZE)
        self.sheet.insert_chart(top, CHART_COLUMN, chart)
        return row + 1

    def _ladder(self, row: int) -> int:
        """Write the certainty table without and with the choice, with its chart, and return the row below."""
        first, top = self.finance.first, row
        base = self.titles[self.finance.base]
        title = self.text["ladder"].format(period=first)
        row = self._heads(row, title, [self._name("certainty"), base, self.text["chosen"]])
        start, money = row, self.paper.number("eur")
        for level in LEVELS:
            self.sheet.write_number(row, 0, level, self.paper.format(num_format="0%", align="left"))
            for column, (name, cell) in enumerate(((self.finance.base, f"$B${start}"), (self.agreement, "$B$5")), 1):
                found = {"agreement": cell, "code": self.code, "period": f'"{first}"', "certainty": f"$A{row + 1}"}
                rows = self.finance.all("certainty", name, self.member.code)
                value = next(r["loss"] for r in rows if r["period"] == first and r["certainty"] == level)
                self.sheet.write_formula(row, column, self._sum("certainty", "loss", found), money, float(value))
            row += 1
        chart = self.paper.book.add_chart({"type": "line"})
        name = self.names["charts"]
        for column, color in ((1, GREY), (2, BLUE)):
            chart.add_series(
                {
                    "name": [name, start - 1, column],
                    "categories": [name, start, 0, row - 1, 0],
                    "values": [name, start, column, row - 1, column],
                    "line": {"color": color, "width": 2.25},
                    "marker": {"type": "circle", "fill": {"color": color}, "border": {"color": color}},
                }
            )
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis({"num_format": "#,##0"})
        chart.set_x_axis({"label_position": "low"})
        chart.set_size(SIZE)
        self.sheet.insert_chart(top, CHART_COLUMN, chart)
        return row + 1

    def _reserve(self, row: int) -> None:
        """Write the path of the reserve of the choice, with its chart."""
        keys, top = ("balance_p10", "balance_p50", "balance_p90"), row
        heads = [self.text["year"], "P10", "P50", "P90", self.text["band"]]
        row = self._heads(row, self.text["reserve"], heads)
        start, money = row, self.paper.number("eur")
        for year in self.finance.all("reserve", self.agreement, self.member.code)[: self.study.settings.years]:
            self.paper.write_text(self.sheet, row, 0, year["period"])
            found = {"agreement": "$B$5", "code": self.code, "period": f"$A{row + 1}"}
            for column, key in enumerate(keys, 1):
                self.sheet.write_formula(row, column, self._sum("reserve", key, found), money, float(year[key]))
            band = float(year["balance_p90"]) - float(year["balance_p10"])
            self.sheet.write_formula(row, 4, f"=D{row + 1}-B{row + 1}", money, band)
            row += 1
        self._banded(top, (start, row - 1), (1, 4), {2: BLUE}, self.text["reserve"])


def summary_chart(
    paper: Paper, sheet: Worksheet, columns: Sequence[Column], rows: int, first: str, language: str
) -> None:
    """Insert a chart of the chance of an overrun of all members, if there are not too many, below their table."""
    if rows > MOST_IN_CHART:
        return
    keys, name = [column.key.partition("/")[0] for column in columns], SHEETS["summary"][0][language]
    top, place = HEADER + 1, keys.index("overrun_probability")
    chart = paper.book.add_chart({"type": "column"})
    chart.add_series(
        {
            "categories": [name, top, keys.index("name"), top + rows - 1, keys.index("name")],
            "values": [name, top, place, top + rows - 1, place],
            "fill": {"color": BLUE},
        }
    )
    chart.set_title({"name": TEXTS[language]["summary_chart"].format(period=first), "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"num_format": "0%", "min": 0})
    chart.set_size({"width": max(560, 34 * rows), "height": 300})
    sheet.insert_chart(top + rows + 2, 1, chart)


def _letter(column: int) -> str:
    """Return the letters of a column."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))
