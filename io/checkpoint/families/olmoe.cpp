// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

#include <cmath>

namespace expertscope {

namespace {

void fillOlmoe(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {50304, 2048, 16, 16, 1e-5, 8});
    fillKvHeads(config, arch);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.qkNorm = QkNorm::FullWidth;
    // The norm's width is hidden_size in the reference, whatever head_dim says.
    if (!config.failed() && arch.headDim * arch.numHeads != arch.hiddenSize) {
        config.refuse("head_dim",
            "olmoe needs heads * head_dim = hidden_size, here " + std::to_string(arch.numHeads) + " * "
                + std::to_string(arch.headDim) + " and " + std::to_string(arch.hiddenSize));
    }
    arch.clipQkv = config.optionalNumber("clip_qkv");
    if (arch.clipQkv && !(*arch.clipQkv >= 0))
        config.refuse("clip_qkv", "must not be negative");
    // A sliding_window in the file changes nothing: the reference's model makes full causal masks (only its
    // flash-attention back-end would look at it).
    arch.expertIntermediate = config.size("intermediate_size", 2048);
    if (config.boolean("norm_topk_prob", false))
        arch.router.renormalisation = Renormalisation::Sum;
}

}

Family olmoeFamily()
{
    Family family;
    family.modelType = "olmoe";
    family.fill = fillOlmoe;
    family.defaultMaxPositions = 4096;
    family.numExpertsKey = "num_experts";
    family.numExpertsAlias = "num_local_experts";
    family.defaultNumExperts = 64;
    return family;
}

}
