import io

import pytest

from framework.system.progress import Progress, clock_text


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_without_a_terminal_there_is_a_plain_line_now_and_then():
    stream, clock = io.StringIO(), Clock()
    with Progress(40, "read", stream, line_seconds=10, clock=clock) as progress:
        for _ in range(40):
            clock.now += 1
            progress.advance()
    assert stream.getvalue() == (
        "read 10/40  25%  1.0/s  0:30 left\n"
        "read 20/40  50%  1.0/s  0:20 left\n"
        "read 30/40  75%  1.0/s  0:10 left\n"
        "read 40/40 100%  1.0/s  0:00 left\n"
        "read: 40 in 0:40 (1.0/s)\n"
    )


def test_on_a_terminal_a_bar_is_drawn_over_itself():
    stream, clock = Terminal(), Clock()
    with Progress(4, "read", stream, clock=clock) as progress:
        clock.now += 2
        progress.advance(note="loss 3")
        progress.write("note: something")
    text = stream.getvalue()
    assert "\r\x1b[Kread [#####...............] 1/4  25%  0.5/s  0:06 left  loss 3" in text
    assert "\r\x1b[Knote: something\n" in text
    assert text.endswith("read: 1 in 0:02 (0.5/s)  loss 3\n")


def test_an_unknown_total_shows_no_share_and_no_time_left():
    stream, clock = io.StringIO(), Clock()
    with Progress(0, "read", stream, line_seconds=1, clock=clock) as progress:
        clock.now += 2
        progress.advance(5)
    assert stream.getvalue() == "read 5  2.5/s\nread: 5 in 0:02 (2.5/s)\n"


def test_over_counts_what_is_done_and_an_error_ends_without_a_summary():
    stream = io.StringIO()
    assert list(Progress(3, "read", stream).over("abc")) == ["a", "b", "c"]
    assert stream.getvalue().startswith("read: 3 in")
    failed = io.StringIO()
    with pytest.raises(ValueError), Progress(3, "read", failed):
        raise ValueError
    assert failed.getvalue() == ""


@pytest.mark.parametrize(
    "seconds, text", [(0.4, "0:00"), (7, "0:07"), (200, "3:20"), (7400, "2:03:20")]
)
def test_times_read_as_on_a_clock(seconds, text):
    assert clock_text(seconds) == text
