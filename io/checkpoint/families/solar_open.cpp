// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillSolarOpen(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {196608, 4096, 48, 64, 1e-5, 8});
    arch.numKvHeads = config.size("num_key_value_heads", 8);
    arch.headDim = config.size("head_dim", 128);
    arch.qkvBias = config.boolean("attention_bias", false);
    arch.expertIntermediate = config.size("moe_intermediate_size", 1280);
    fillShared(arch, config.integer("n_shared_experts", 1, 0, INT16_MAX), arch.expertIntermediate);
    if (!config.isNull("first_k_dense_replace") && config.integer("first_k_dense_replace", 0, 0, INT32_MAX) != 0)
        config.refuse("first_k_dense_replace", "is not 0: all layers of solar_open have experts");
    fillSigmoidRouter(config, arch, {});
}

}

Family solarOpenFamily()
{
    Family family;
    family.modelType = "solar_open";
    family.classes = {"SolarOpenForCausalLM"};
    family.names.shared = "shared_experts";
    family.fill = fillSolarOpen;
    family.defaultRopeTheta = 1000000;
    family.partialRotary = PartialRotary::All;
    family.defaultMaxPositions = 131072;
    family.numExpertsKey = "n_routed_experts";
    family.numExpertsAlias = "num_local_experts";
    family.defaultNumExperts = 128;
    return family;
}

}
