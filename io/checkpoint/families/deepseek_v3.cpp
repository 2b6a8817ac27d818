// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillDeepseekV3(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {129280, 7168, 61, 128, 1e-6, 8});
    LatentDefaults latent;
    latent.kvHeads = 128;
    fillLatent(config, arch, latent);
    arch.rope.interleaved = config.boolean("rope_interleave", true);
    arch.expertIntermediate = config.size("moe_intermediate_size", 2048);
    fillShared(arch, config.integer("n_shared_experts", 1, 0, INT16_MAX), arch.expertIntermediate);
    fillFirstDense(config, arch, 3, config.size("intermediate_size", 18432));
    fillSigmoidRouter(config, arch, {2.5, 8, 4, true});
    fillNextTokenLayers(config, arch);
}

}

/// R1 and Moonlight say deepseek_v3 themselves; Kimi K2 says kimi_k2, its class is this one.
Family deepseekV3Family()
{
    Family family;
    family.modelType = "deepseek_v3";
    family.classes = {"DeepseekV3ForCausalLM"};
    family.names.shared = "shared_experts";
    family.fill = fillDeepseekV3;
    family.finish = scaleByMscale;
    family.defaultMaxPositions = 4096;
    family.numExpertsKey = "n_routed_experts";
    family.numExpertsAlias = "num_local_experts";
    family.defaultNumExperts = 256;
    return family;
}

}
