// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace expertscope::results {

/// What the value of a measure says, as a sentence without its place: "takes {} x its share of the tokens". {} is the
/// value, {name} a parameter of the row or a key of its `other`. Measures without words of their own: "srp.value is {}".
std::string wordsOf(const std::string& metric);
bool hasWords(const std::string& metric);

}
