// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <string>
#include <string_view>

namespace expertscope::tokenizer {

/// Rewrites a pattern of the reference library (Oniguruma, Ruby syntax) so that PCRE2 gives the same matches. The two
/// differ in: \s (U+180E), \w and \b (marks), \h and \v, the meaning of (?m), {n,m}+ (a repeated group, not a
/// possessive one), {,n}, nested character classes, and \p{Han} (script, not script extensions). What this does not
/// know to be equal is an error by name. The error's `where` is left to the caller.
Expected<std::string> pcreSyntax(std::string_view onigurumaPattern);

}
