// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace expertscope::tokenizer {

/// A stretch of text on its way through the pipeline.
struct Piece
{
    std::string_view text;
    /// How many of its first bytes stem from the first character of the input: Metaspace's prepend_scheme "first" puts
    /// its mark only before those.
    std::size_t origin = 0;

    Piece slice(std::size_t begin, std::size_t end) const
    {
        return {text.substr(begin, end - begin), origin > begin ? (origin < end ? origin : end) - begin : 0};
    }
};

}
