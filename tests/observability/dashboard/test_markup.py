from observability.dashboard.pages.markup import Html, element, join, text


def test_everything_but_markup_is_escaped() -> None:
    evil = "<script>alert('1')</script>"
    made = element("a", evil, [evil, 3, None, element("b", evil)], title=f'"{evil}', href="/x?a=1&b=2")
    assert "<script" not in made
    assert 'title="&quot;&lt;script&gt;' in made
    assert "&amp;b=2" in made
    assert made.count("&lt;script&gt;") == 4


def test_attributes() -> None:
    assert element("input", class_="c", aria_label="n", checked=True, disabled=False, id=None) == (
        '<input class="c" aria-label="n" checked>'
    )
    assert element("rect", width=3, name="r") == '<rect width="3" name="r"></rect>'


def test_markup_passes_once() -> None:
    assert text(Html("<b>x</b>")) == "<b>x</b>"
    assert join(["<", Html("<i></i>")]) == "&lt;<i></i>"
