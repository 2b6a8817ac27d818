// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/reroute.h"

namespace expertscope {

/// Misses of policies by capacity and strength of the rule, and what it changes of the choices.
std::string rerouteTables(const RerouteQuestion& question, const RerouteAnswer& answer, std::size_t width);

}
