// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillQwen3Next(ConfigReader& config, ArchSpec& arch)
{
    fillGatedHybrid(config, arch, {151936, 2048, 48, 16, 1e-6, 10});
    fillDenseLayers(config, arch, config.size("intermediate_size", 5632));
    if (config.boolean("norm_topk_prob", true))
        arch.router.renormalisation = Renormalisation::Sum;
}

}

Family qwen3NextFamily()
{
    Family family;
    family.modelType = "qwen3_next";
    family.classes = {"Qwen3NextForCausalLM"};
    family.names.leftOut = {"mtp."};
    family.fill = fillQwen3Next;
    family.partialRotary = PartialRotary::Some;
    family.defaultMaxPositions = 32768;
    family.numExpertsKey = "num_experts";
    family.defaultNumExperts = 512;
    return family;
}

}
