from companies.look_alikes import reads_like


def test_names_that_read_like_another():
    wanted = dict.fromkeys(
        [
            "Latchkey",
            "LATCHKEY support",
            "The Latch-Key team",
            "L a t c h k e y",
            "Lаtсhkеу",  # Cyrillic
            "Ιatchkey",  # Greek
            "LATCHΚΕΥ",
            "Łatchᴋᴇʏ",
            "Iatchkey",  # capital i
            "1atchkey",
            "Ⓛⓐⓣⓒⓗⓚⓔⓨ",
            "Ｌａｔｃｈｋｅｙ",
            "Lätchkéy",
            "Latch\u200bkey",
            "MyLatchkeyHelp",
        ],
        True,
    ) | dict.fromkeys(["Northwind", "Latch and key makers", "Key", "Λ", "", "京都電力", "شركة الكهرباء"], False)

    assert {name: reads_like(name, "Latchkey") for name in wanted} == wanted


def test_short_name_counts_as_word_only():
    wanted = {"Leonardo Foods": False, "Eon": True, "E.ON": True, "Eon Support": True, "Neon Ltd": False}
    assert {name: reads_like(name, "Eon") for name in wanted} == wanted


def test_nothing_reads_like_an_empty_name():
    assert not reads_like("Northwind", "—")
