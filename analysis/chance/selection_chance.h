// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/chance/chance_value.h"

namespace expertscope {

/// How many experts, most chosen first, it takes until they have a share `p` of the choices, when N tokens choose k of E experts by
/// chance; k and N may be any numbers (SetSizes::worth()). A seeded simulation of some milliseconds, of normal loads from
/// 64 choices an expert upwards; results are cached, safe from several threads.
ChanceValue uniformSelected(unsigned E, double k, double N, double p);

}
