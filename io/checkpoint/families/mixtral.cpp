// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillMixtral(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {32000, 4096, 32, 32, 1e-5, 2});
    arch.numKvHeads = config.size("num_key_value_heads", 8);
    fillHeadDim(config, arch, config.isNull("head_dim"));
    if (const auto window = config.optionalInteger("sliding_window", 1, INT32_MAX))
        setWindow(arch, *window);
    arch.expertIntermediate = config.size("intermediate_size", 14336);
    arch.router.renormalisation = Renormalisation::Sum;
    arch.router.fp32Weights = true;
}

}

Family mixtralFamily()
{
    Family family;
    family.modelType = "mixtral";
    family.names.moeBlocks = {"block_sparse_moe", "mlp"};
    family.names.expertGate = "w1";
    family.names.expertUp = "w3";
    family.names.expertDown = "w2";
    family.fill = fillMixtral;
    family.defaultRopeTheta = 1000000;
    family.defaultMaxPositions = 4096 * 32;
    family.numExpertsKey = "num_local_experts";
    family.numExpertsAlias = "num_experts";
    family.defaultNumExperts = 8;
    return family;
}

}
