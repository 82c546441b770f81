"""The pages of documentation that scripts write their results into."""


def write_block(page, name, lines):
    """Replaces the lines between the marks of that name in a page."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = page.read_text().split(begin)
    page.write_text("\n".join([before + begin, *lines, end + rest.split(end)[1]]))
