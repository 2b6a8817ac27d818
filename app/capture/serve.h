// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/backend/capture.h"

namespace expertscope {

/// Loads the model once, then answers lines of standard input on standard output until one says stop or there are no
/// more. Exit status: 0, or 1 where the model cannot be loaded.
int serve(CaptureRequest request);

}
