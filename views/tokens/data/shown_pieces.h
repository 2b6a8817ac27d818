// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tokens as a reader sees them: characters that are split over tokens are put together, and what has no ink of its own
// gets a sign.
#pragma once

#include "views/paint/word_lines.h"

#include <QString>

#include <cstdint>
#include <string>
#include <vector>

namespace expertscope {

/// Besides the signs of word_lines.h: bytes that are only a part of a character, or of none.
inline constexpr QChar kPartSign(0x2591);

struct ShownPiece
{
    enum class Kind : std::uint8_t
    {
        Text,
        Blank, ///< nothing but blanks, tabs and line breaks
        Special, ///< "<|endoftext|>": stands for no text
        Part, ///< some bytes of a character that other tokens hold the rest of, or bytes of none
        Id ///< the text is not recorded: its id, or a dot
    };
    QString text; ///< with signs
    Kind kind = Kind::Text;
    bool breaksLine = false; ///< the next token begins a line
    QString tip; ///< what a sign stands for; empty: the text says it
};

/// Is this the text of a token with a meaning of its own ("<s>", "<|im_start|>", "[CLS]")? By its form: traces do not
/// record it.
bool looksSpecial(const std::string& bytes);

/// Of `count` tokens from `first` on. `bytes`: of all tokens there, those beside them too, so that a character that
/// reaches over an end is seen whole; empty: no texts. `ids`: [count], or empty.
std::vector<ShownPiece> shownPieces(
    const std::vector<std::string>& bytes, const std::vector<std::int32_t>& ids, std::size_t first, std::size_t count);

/// The text itself, for copying and searching: bytes that are no text become U+FFFD. `begins`: [bytes + 1] where each
/// token begins in it; one that begins inside a character begins where that does.
struct JoinedText
{
    QString text;
    std::vector<qsizetype> begins;
    std::vector<qsizetype> ends; ///< [bytes] behind the last character that it holds a byte of
};
JoinedText joinedText(const std::vector<std::string>& bytes);

}
