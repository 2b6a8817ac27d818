// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace expertscope {

/// Expected number of choices beyond `capacity`, summed over the experts, when so many tokens draw k of E experts by
/// chance: E * E[max(0, X - capacity)] with X binomial (tokens, k / E). Exact up to a variance of 10^6, normal beyond; k and
/// tokens may be any numbers (SetSizes::worth()).
double uniformDropped(unsigned E, double k, double tokens, std::uint64_t capacity);

}
