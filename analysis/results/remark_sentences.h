// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is remarkable, in words: told by the command line and by reports, each in its own type.
#pragma once

#include "analysis/results/remarks.h"

namespace expertscope::results {

/// "layer 5, expert 27: takes 3.1 x its share of the tokens (uniform 1.00 ± 0.03)", in its parts.
struct RemarkSentence
{
    std::string family; ///< familyOf() its row
    std::string place; ///< "layer 5, expert 27"
    std::string before, value, after; ///< the sentence, and the value in it
    bool more = false; ///< the value is above what it is compared with
    std::string beside; ///< "uniform 1.00 ± 0.03"; may be empty
};

struct RemarkPage
{
    std::string title; ///< "Remarkable"; "Nothing is remarkable"
    std::string rest; ///< of the heading, behind the title's colon
    std::vector<RemarkSentence> sentences; ///< in the order of Remarks::told
};

/// What is farthest from uniform routing, or differs most between two traces; at most `most`. `layers`: the model's layer
/// of each site; empty: not known. Without a title where nothing can be compared with anything.
RemarkPage remarkPage(const Results& results, const std::vector<std::uint16_t>& layers, std::size_t most);
RemarkPage remarkPage(const Comparison& comparison, const std::vector<std::uint16_t>& layers, std::size_t most);

}
