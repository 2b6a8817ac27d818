// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sizes of a model's parts from its config.json.
#pragma once

#include "analysis/hardware/hardware.h"
#include "io/base/error.h"

namespace expertscope::cost {

struct ModelFromConfig
{
    Model model; ///< expertBytes and dense* are 0 where not known
    std::string sizes; ///< "3 x 2048 x 768 elements of 16 bits (bfloat16)"
    std::string noExpertBytes, noDense; ///< why they are not known; empty: they are
};

/// The text of a config.json; `where` names it in errors. `expertBits`: an element of the routed experts, instead of
/// what the config's dtype or quantization_config says.
///
/// Experts: every family that hardware.md lists. The rest of the model (attention, router, shared experts, dense
/// layers, head; not norms, one row of the embedding, or the KV cache): only families whose layers ArchSpec describes,
/// with elements of the config's dtype and 2 flops a weight and token. Errors: no JSON object, an unknown model_type,
/// sizes that are missing or out of range.
Expected<ModelFromConfig> modelFromConfig(
    const std::string& json, const std::string& where, std::optional<double> expertBits);

}
