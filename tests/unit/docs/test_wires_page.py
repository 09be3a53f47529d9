"""The table of connections: made from the settings, every time the same."""

from tools.pages import wires_page

PAGE = f"before\n\n{wires_page.MARK}\nold\n\n{wires_page.MARK}\n\nafter\n"


def test_the_table_has_the_ports_of_the_settings_and_leaves_the_prose() -> None:
    page = wires_page.text(PAGE)
    assert page.startswith("before\n\n")
    assert page.endswith("\n\nafter\n")
    assert "old" not in page
    assert "| 9092 (`kafka.port`) | 9091 (`security.replication_port`), certificate |" in page
    assert wires_page.text(page) == page
