// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/check/findings.h"

namespace expertscope {

/// The columns of tokens against sequences and vocabulary.
Expected<void> checkTokens(const CheckedTrace& trace);

}
