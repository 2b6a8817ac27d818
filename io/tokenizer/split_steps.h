// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/pre_tokenizer.h"

namespace expertscope::tokenizer {

/// What becomes of the delimiters a split finds (SplitDelimiterBehavior of the reference library).
enum class SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous
};

std::unique_ptr<const PreTokenizerStep> splitAtMatches(Regex regex, SplitBehavior behavior, bool invert);
using CodePointTest = bool (*)(char32_t);
std::unique_ptr<const PreTokenizerStep> splitAtCodePoints(CodePointTest test, SplitBehavior behavior);
std::unique_ptr<const PreTokenizerStep> splitAtCharacter(char32_t character, SplitBehavior behavior);
/// Every `length` code points.
std::unique_ptr<const PreTokenizerStep> splitByLength(std::size_t length);

}
