"""One spelling for the URLs of one page, so that its copies have one key.

Scheme and host in lower case, http for https, no `www.`, user, default port, fragment, trailing slash, tracking
parameter; percent escapes as RFC 3986 (section 6.2.2) wants them, letters outside ASCII escaped, parameters sorted.
The path keeps its case: on most servers it matters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.kernels.buffers import text_array, utf8
from corpus.kernels.digest import hash_strings
from corpus.kernels.memory import byte_at
from corpus.kernels.numba_cache import I64, I64_OUT, U8, U8_OUT, helper, kernel

TRACKING = (
    r"^(utm_[a-z_]+|spm|scm|fbclid|gclid|dclid|msclkid|yclid|mc_[ce]id|igshid|_ga|hmsr|hmpl|hmcu|hmkw|hmci|share_from|"
    r"share_token|share_source|sharefrom|isappinstalled|jsessionid|phpsessid|sessionid|sid|ref_src|from_source|"
    r"bd_vid|wfr|vd_source|spm_id_from)(=|$)"
)
"""Parameters that say who clicked or from where, not what is shown."""

_HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)


@helper
def _hex_value(byte: int) -> int:
    if 0x30 <= byte <= 0x39:
        return byte - 0x30
    lower = byte | 0x20
    return lower - 0x57 if 0x61 <= lower <= 0x66 else -1


@helper
def _unreserved(byte: int) -> bool:
    lower = byte | 0x20
    letter_or_digit = 0x61 <= lower <= 0x7A or 0x30 <= byte <= 0x39
    return letter_or_digit or byte in (0x2D, 0x2E, 0x5F, 0x7E)


@kernel(U8, I64, U8, U8_OUT, I64_OUT)
def _escape(data: Any, offsets: Any, digits: Any, out: Any, places: Any) -> None:
    """Escapes of unreserved bytes resolved, the others in upper case; bytes outside ASCII and spaces escaped."""
    place = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        while index < end:
            byte = byte_at(data, index)
            index += 1
            escaped = byte >= 0x80 or byte <= 0x20
            if byte == 0x25 and index + 1 < end:
                high, low = _hex_value(byte_at(data, index)), _hex_value(byte_at(data, index + 1))
                if high >= 0 and low >= 0:
                    byte = high * 16 + low
                    index += 2
                    escaped = not _unreserved(byte)
            if escaped:
                out[place] = 0x25
                out[place + 1] = digits[byte >> 4]
                out[place + 2] = digits[byte & 15]
                place += 3
            else:
                out[place] = byte
                place += 1
        places[row + 1] = place


def _escaped(text: pa.Array) -> pa.Array:
    data, offsets = utf8(text)
    out = np.empty(3 * int(offsets[-1] - offsets[0]) + 1, np.uint8)
    places = np.zeros(len(text) + 1, np.int64)
    _escape(data, offsets, _HEX, out, places)
    return text_array(out, places, text)


def normalise_urls(url: pa.Array) -> pa.Array:
    """The normalised URLs as large_string; null where there is none or it has no host."""
    given = pl.Series("url", pc.utf8_trim_whitespace(url.cast(pa.large_string())))
    pattern = r"^(?i)([a-z][a-z0-9+.\-]*):/{2,}(?:[^/?#@]*@)?([^/?#]+)([^?#]*)(?:\?([^#]*))?(#!.*)?"
    groups = given.str.extract_groups(pattern).struct.rename_fields(["scheme", "host", "path", "query", "state"])
    parts = groups.struct.unnest()
    path, query = (pl.Series(name, _escaped(parts[name].to_arrow())) for name in ("path", "query"))
    wanted = pl.element().filter((pl.element() != "") & ~pl.element().str.contains(f"(?i){TRACKING}")).sort()
    frame = parts.with_columns(path=path, query=query).select(
        scheme=pl.col("scheme").str.to_lowercase().replace("https", "http"),
        host=pl.col("host").str.to_lowercase().str.replace(r"\.?(:80|:443)?$", "").str.replace(r"^www\d?\.", ""),
        path=pl.col("path").str.replace(r";(?i)jsessionid=[^/]*$", "").str.replace(r"/+$", ""),
        query=pl.col("query").str.split("&").list.eval(wanted).list.join("&"),
        state=pl.col("state").fill_null(""),
    )
    tail = pl.when(pl.col("query").fill_null("") == "").then(pl.lit("")).otherwise("?" + pl.col("query"))
    whole = frame.select(
        url=pl.col("scheme") + "://" + pl.col("host") + pl.col("path").fill_null("") + tail + pl.col("state")
    )
    return whole["url"].to_arrow().cast(pa.large_string())


def url_keys(url: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Two int64 arrays: 128 bits of each normalised URL; both null where there is none."""
    return hash_strings(normalise_urls(url))
