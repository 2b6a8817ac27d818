// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/check/findings.h"

namespace expertscope {

/// Attributes, axes, sequences, labels, vocabulary: one with the other.
Expected<void> checkTables(const CheckedTrace& trace);

}
