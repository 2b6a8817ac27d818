// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/utf8.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace expertscope::tokenizer {

/// The code point at `at`, which moves behind it. The text must be valid UTF-8 and `at` < size.
char32_t nextCodePoint(std::string_view text, std::size_t& at);
/// The code point that ends at `end` > 0.
char32_t lastCodePoint(std::string_view text, std::size_t end);

/// Rust's char::is_whitespace, the White_Space property: what the reference library strips and splits at.
bool isWhitespace(char32_t c);
/// General categories: Nd, Nl, No / P* and the ASCII punctuation / Mn, Mc, Me.
bool isNumeric(char32_t c);
bool isPunctuation(char32_t c);
bool isMark(char32_t c);
/// Appends the lower-case form of one code point (two of them for U+0130).
void appendLowercase(std::string& text, char32_t c);

/// GPT-2's printable stand-in for each byte: itself where it prints, else a code point from U+0100 on.
const std::array<char32_t, 256>& byteAlphabet();
/// The same as UTF-8.
const std::array<std::string, 256>& byteAlphabetUtf8();
/// The byte a stand-in stands for.
std::optional<unsigned char> byteOfStandIn(char32_t c);
/// Appends the stand-ins of some bytes.
void appendStandIns(std::string& out, std::string_view bytes);

}
