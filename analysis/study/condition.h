// SPDX-License-Identifier: GPL-3.0-or-later
//
// A condition on a label of sequences as text, the same on the command line, in figure specs, in captions and on the
// chips of the window (resources/docs/selection.md):
//
//     language=de          has this value
//     language=de|fr       has one of these
//     language!=de|fr      has none of these, or no such label at all
//     "a=b"="x|y"          in quotes anything goes; \" and \\ stand for themselves
#pragma once

#include "io/trace/routing.h"

#include <string>

namespace expertscope {

struct Condition
{
    LabelFilter filter;
    bool keep = true; ///< else sequences that it keeps are left out

    bool operator==(const Condition&) const = default;
};

/// Errors are wrong uses of `--where`. A value that is named twice counts once.
Expected<Condition> parseCondition(const std::string& text);

/// The other way round; quotes where they are needed, and around spaces, so that conditions can stand in a row.
std::string conditionText(const LabelFilter& filter, bool keep = true);

}
