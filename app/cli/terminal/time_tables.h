// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/time_model.h"

namespace expertscope {

/// What is modelled, in full, and the modelled figures. `memory`: [capacity] bytes of all slots.
std::string timeTables(const TimeModel& model, const std::vector<simulation::PolicyResult>& policies,
    const std::vector<double>& memory, std::size_t width);

}
