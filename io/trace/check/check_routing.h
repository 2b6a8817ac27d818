// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/check/findings.h"

namespace expertscope {

/// The columns of sites, chunk by chunk. Counts pairs and those of fewer choices.
Expected<void> checkRouting(const CheckedTrace& trace, TraceCheck& counts);

}
