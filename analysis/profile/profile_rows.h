// SPDX-License-Identifier: GPL-3.0-or-later
//
// The card of an expert as rows, as `expertscope expert` writes them (resources/docs/expert-card.md).
#pragma once

#include "analysis/profile/expert_profile.h"
#include "analysis/spine/result.h"

namespace expertscope {

/// All rows have the expert's site and id. "uniform" is what random routing gives where that makes sense.
Results rowsOf(const ExpertProfile& profile);

}
