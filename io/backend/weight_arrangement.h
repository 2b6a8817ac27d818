// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/backend/model_weights.h"

namespace expertscope {

/// A layer's weights from how files have them to how the decoder wants them. For .cpp files of io/backend only.
void arrangeWeights(const ArchSpec& arch, const LayerSource& from, LayerWeights& to);

}
