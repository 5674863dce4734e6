"""A small taxonomy of two tags, for tests that change it."""

from __future__ import annotations

SMALL = """\
taxonomy: fruit
column: tag_fruit
labels: one
per: text
cap: 2
least: 2
source: made for this test
tags:
  - id: apple
    zh: 苹果
    en: apple
    terms: {2: [苹果, apple], 1: [果园]}
    cues:
      - {match: '手机', weight: -2}
      - {match: '红', weight: 1, min_chars: 4, max_chars: 9}
    examples: {keep: [一个苹果], other: [苹果手机]}
  - id: pear
    zh: 梨
    en: pear
    terms: {2: [雪梨, pear], 1: [果园]}
    examples: {keep: [雪梨汤]}
"""
