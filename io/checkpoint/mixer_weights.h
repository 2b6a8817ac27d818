// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/checkpoint/weight_table.h"

namespace expertscope {

struct WeightNames;

/// The tensors of what mixes the tokens of a layer, under the names of the family. `base` is the layer's, with its dot.
Expected<void> resolveMixer(WeightTable& table, const ArchSpec& arch, const WeightNames& names, Mixer mixer,
    const std::string& base, LayerSource& into);

}
