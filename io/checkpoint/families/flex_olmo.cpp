// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillFlexOlmo(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {100352, 4096, 32, 32, 1e-6, 5});
    fillKvHeads(config, arch);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.qkNorm = QkNorm::FullWidth;
    arch.normPlace = NormPlace::After;
    arch.expertIntermediate = config.size("intermediate_size", 11008);
    if (config.boolean("norm_topk_prob", false))
        arch.router.renormalisation = Renormalisation::Sum;
}

}

Family flexOlmoFamily()
{
    Family family;
    family.modelType = "flex_olmo";
    family.names.attentionNorm = "post_attention_layernorm";
    family.names.mlpNorm = "post_feedforward_layernorm";
    family.fill = fillFlexOlmo;
    family.defaultRopeTheta = 500000;
    family.defaultMaxPositions = 4096;
    family.numExpertsKey = "num_experts";
    family.numExpertsAlias = "num_local_experts";
    family.defaultNumExperts = 7;
    return family;
}

}
