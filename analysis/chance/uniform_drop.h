// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace expertscope {

/// Expected number of choices beyond `capacity`, summed over the experts, when so many tokens draw k of E experts by
/// chance: E * E[max(0, X - capacity)] with X binomial (tokens, k / E). Exact up to a variance of 10^6, normal beyond.
double uniformDropped(unsigned E, unsigned k, std::uint64_t tokens, std::uint64_t capacity);

}
