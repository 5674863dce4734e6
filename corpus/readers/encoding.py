"""Which encoding bytes are in, and their text, never by guessing at single bytes.

Order: a byte order mark, then strict UTF-8, then what was declared, then detection by whether the decoded text looks
like Chinese: how many of its characters are among the most frequent ones. A wrong decoding spreads over thousands of
rare characters, so the share is about a half for the right one and a few hundredths for a wrong one.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from corpus.readers.decompress import open_blocks
from corpus.readers.items import Reading
from corpus.readers.lines import peek

HEAD = 256 << 10
CHANCE = 0.08
"""Share of common characters among random ones of GB 2312, the most that a wrong decoding reaches."""
DEVIATIONS = 4
"""Standard deviations above CHANCE that are no accident: 22 % of 57 characters, where the poorest verse has 27 %."""
ENOUGH = 8
"""Fewer characters outside ASCII than this are not evidence of anything."""
CLEAR_UTF8 = 20
"""Bytes outside ASCII above which valid UTF-8 is no accident in a file of another encoding."""

_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家"
    "种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十"
    "民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯"
    "月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女"
    "变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基"
    "眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今"
    "切院让识候带导争运笔米客卡价费站网店图片号元版网页首您吧吗呢啊谁哪怎吃喝买卖快慢请谢"
    "這個們來為國說時對會學過發後裡種麼當沒動還進樣實軍與長機關點業將兩間問應戰頭體見產無話給門東聲員論處義幾認條"
    "題爾變總電數報結務場計資統區隊決馬書聽卻達強難權設記類據張該規萬覺術領確傳師觀讓識帶導爭運筆價費網圖頁開從經"
    "動現於個讀車風飛魚鳥龍愛氣親語請誰買賣錢銀鐵錯鬧隨階際陳陽隻雖雙雜離雲"
    "，。、；：？！（）“”‘’《》—…「」『』　·０１２３４５６７８９"
)
_NAMES = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5",
    "big5-hkscs": "big5",
    "x-x-big5": "big5",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "shift_jis": "shift_jis",
    "shift-jis": "shift_jis",
    "euc-jp": "euc-jp",
    "euc-kr": "euc-kr",
    "koi8-r": "koi8-r",
    "ascii": "windows-1252",
    "us-ascii": "windows-1252",
    "iso-8859-1": "windows-1252",
    "latin1": "windows-1252",
    **{f"windows-{number}": f"windows-{number}" for number in range(1250, 1259)},
    **{f"iso-8859-{number}": f"iso-8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
}
"""Labels that pages use, and what they mean in practice (WHATWG Encoding Standard, section 4.2)."""
_CODECS = {"big5": "big5hkscs", "euc-kr": "cp949", "shift_jis": "cp932"}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SINGLE = ("windows-", "iso-8859-", "koi8-")
_ASCII = bytes(range(128))
_MARK = "corpus.mark"


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Bytes that do not decode become one byte 0xFF of the UTF-8 form, which then fails there, at its own record."""
    if isinstance(error, UnicodeDecodeError):
        return "\udcff", error.end
    raise error


codecs.register_error(_MARK, _mark)


@lru_cache(maxsize=64)
def codec(charset: str) -> str:
    """Python's name of a charset."""
    return _CODECS.get(charset, charset)


def known(label: str) -> str | None:
    """The charset a page means by `label`; None for one we do not decode."""
    return _NAMES.get(label.strip().strip("\"'").lower())


def notes(charset: str) -> dict[str, str] | None:
    """What is written into `meta` about a record that was not UTF-8."""
    return None if charset == "utf-8" else {"encoding": charset}


def detect(data: bytes, *, complete: bool = True) -> str | None:
    """gb18030, big5, utf-16-le or utf-16-be when `data` is plausible Chinese in it, else None.

    With `complete` false, `data` may end inside a character. Linear in the length of `data`.
    """
    best = 0.0
    charset: str | None = None
    for candidate in ("gb18030", "big5", "utf-16-le", "utf-16-be"):
        decoder = codecs.getincrementaldecoder(codec(candidate))()
        try:
            text = decoder.decode(data, complete)
        except UnicodeDecodeError:
            continue
        share = plausibility(text)
        if share > best:
            best, charset = share, candidate
    return charset


def plausibility(text: str) -> float:
    """Share of common Chinese characters and punctuation among those outside ASCII; 0 when it may be an accident."""
    wide = [character for character in text if character > "\x7f"]
    if len(wide) < ENOUGH:
        return 0.0
    share = sum(map(_COMMON.__contains__, wide)) / len(wide)
    return share if share > CHANCE + DEVIATIONS * (CHANCE * (1 - CHANCE) / len(wide)) ** 0.5 else 0.0


def decode_whole(data: bytes, declared: str = "auto", hints: tuple[str | None, ...] = ()) -> tuple[str, str] | None:
    """The text of one document and the charset it was in; None when it cannot be told or does not decode.

    `declared` is the user's word and is the only one tried; `hints` are what the document says of itself.
    """
    for mark, marked in _BOMS:
        if data.startswith(mark) and declared in ("auto", "utf-16" if marked != "utf-8" else "utf-8"):
            return _decoded(data[len(mark) :], marked)
    if declared != "auto":
        return _decoded(data, declared)
    sample = data[:HEAD]
    if not _interleaved_nul(sample) and (decoded := _decoded(data, "utf-8")):
        return decoded
    hinted = [charset for hint in hints if hint and (charset := known(hint)) and charset != "utf-8"]
    for charset in hinted:
        if not charset.startswith(_SINGLE) and (decoded := _decoded(data, charset)):
            return decoded
    found = detect(sample, complete=len(sample) == len(data)) or _interleaved_nul(sample)
    for charset in (found, *hinted):
        if charset and (decoded := _decoded(data, charset)):
            return decoded
    return None


def _interleaved_nul(data: bytes) -> str | None:
    """UTF-16 of mostly ASCII text: every second byte is NUL and the others are not."""
    half = len(data) // 2
    if half < ENOUGH:
        return None
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _decoded(data: bytes, charset: str) -> tuple[str, str] | None:
    try:
        return data.decode(codec(charset)), charset
    except UnicodeDecodeError:
        return None


def of_lines(head: bytes, declared: str) -> str:
    """The charset of a file of lines, from its first 256 KB; utf-8 unless it is declared or clearly another one."""
    if declared not in ("auto", "utf-16"):
        return declared
    for mark, charset in _BOMS:
        if head.startswith(mark):
            return charset
    if declared == "utf-16":
        return "utf-16-le"
    if found := _interleaved_nul(head[:HEAD]):
        return found
    complete = len(head) < HEAD
    head = head[:HEAD]
    wide = [line for line in head.split(b"\n")[: None if complete else -1] or [head] if not line.isascii()]
    bad = [line for line in wide if _decoded(line, "utf-8") is None]
    if 2 * len(bad) > len(wide):
        found = detect(b"\n".join(bad), complete=complete)
        if found in ("gb18030", "big5"):
            return found
    found = detect(head, complete=complete) if bad else None
    return found if found and found.startswith("utf-16") else "utf-8"


def decode_line(line: bytes, charset: str, used: dict[str, str] | None) -> tuple[str, dict[str, str] | None]:
    """A line of a file in `charset`, and the note for its record; strict.

    A long line of valid UTF-8 in such a file is UTF-8: that it is so by accident has a chance below 1 in 10 million.
    """
    if charset != "utf-8" and len(line[:4096].translate(None, _ASCII)) >= CLEAR_UTF8:
        try:
            return line.decode("utf-8"), None
        except UnicodeDecodeError:
            pass
    return line.decode(codec(charset)), used


def transcoded(blocks: Iterator[bytes], charset: str) -> Iterator[bytes]:
    """Blocks in `charset` as UTF-8 without a byte order mark; what does not decode becomes a byte 0xFF."""
    decoder = codecs.getincrementaldecoder(codec(charset))(_MARK)
    first = True
    for block in chain(blocks, [b""]):  # the last, empty one flushes a character that was cut off
        text = decoder.decode(block, not block)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        if text:
            yield text.encode("utf-8", "surrogateescape")


def peeked(blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The head of the stream, and the stream with it put back."""
    return peek(blocks, HEAD)


def as_utf8(reading: Reading) -> tuple[Iterator[bytes], str]:
    """The whole file's blocks in UTF-8, and the charset they were in."""
    head, blocks = peeked(open_blocks(reading.piece, reading.limits))
    charset = of_lines(head, reading.source.encoding)
    return (blocks if charset == "utf-8" else transcoded(blocks, charset)), charset
