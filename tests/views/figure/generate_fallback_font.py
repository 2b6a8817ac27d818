#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/data/fonts/fallback.ttf: a family that has three ideographs, drawn as boxes, and nothing else.

    pip install fonttools; tests/views/figure/generate_fallback_font.py
"""
import os

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

CHARACTERS = "専門家"
UNITS = 1000


def box(inset):
    pen = TTGlyphPen(None)
    for low, high, order in ((inset, UNITS - inset, 1), (inset + 80, UNITS - inset - 80, -1)):
        corners = [(low, low), (low, high), (high, high), (high, low)][::order]
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


names = [".notdef"] + [f"uni{ord(c):04X}" for c in CHARACTERS]
builder = FontBuilder(UNITS, isTTF=True)
builder.setupGlyphOrder(names)
builder.setupCharacterMap({ord(c): f"uni{ord(c):04X}" for c in CHARACTERS})
builder.setupGlyf({name: box(40 + 60 * i) for i, name in enumerate(names)})
builder.setupHorizontalMetrics({name: (UNITS, 40) for name in names})
builder.setupHorizontalHeader(ascent=880, descent=-120)
builder.setupNameTable({"familyName": "Expertscope Ideographs", "styleName": "Regular", "psName": "ExpertscopeIdeographs"})
builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120)
builder.setupPost()
builder.font["head"].created = builder.font["head"].modified = 0
builder.save(os.path.join(os.path.dirname(__file__), "../../data/fonts/fallback.ttf"))
