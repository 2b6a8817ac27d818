// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/study/study.h"

namespace expertscope {

/// A token in its text.
struct TokenContext
{
    TokenIndex token;
    SequenceIndex sequence;
    std::uint32_t position = 0; ///< in its sequence
    std::optional<double> weight; ///< that it gave the expert; none: not recorded
    std::uint16_t rank = 0; ///< slot that the expert filled, from 1
    std::int32_t id = -1;
    std::string before, piece, after; ///< bytes, maybe half a character at their ends; empty: not known
};

/// What stands around a token, at most so many tokens of its sequence on either side. Errors: of reading.
Expected<TokenContext> contextOf(const NamedTrace& trace, TokenIndex token, std::uint32_t around);

/// The bytes of a token; empty where they were not recorded.
Expected<std::string> bytesOf(const NamedTrace& trace, std::int32_t id);
/// What stands for a token without bytes: "#123", "#?" where not even the id is known.
std::string numberOf(std::int32_t id);
/// Bytes as one line to read: line breaks and tabs as signs, "�" for what is no text.
std::string shownText(std::string_view bytes);

}
