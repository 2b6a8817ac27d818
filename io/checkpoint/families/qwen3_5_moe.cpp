// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

/// As qwen3_next, but every layer has a router and weights always sum to 1; projections of the delta net are stored apart.
/// Positions of pictures (mrope) differ from those of texts by nothing but what pictures have more: here all three
/// coordinates are the token's place.
void fillQwen35Moe(ConfigReader& config, ArchSpec& arch)
{
    fillGatedHybrid(config, arch, {248320, 2048, 40, 16, 1e-6, 8});
    arch.router.renormalisation = Renormalisation::Sum;
}

Family qwen35Family(std::string_view modelType)
{
    Family family;
    family.modelType = modelType;
    family.names.prefixes = {"model.language_model.", "model."};
    family.names.leftOut = {"mtp."};
    family.names.sight = {"model.visual.", "visual."};
    family.names.deltaNetApart = true;
    family.fill = fillQwen35Moe;
    family.partialRotary = PartialRotary::Some;
    family.defaultMaxPositions = 32768;
    family.numExpertsKey = "num_experts";
    family.defaultNumExperts = 256;
    return family;
}

}

Family qwen35MoeFamily()
{
    Family family = qwen35Family("qwen3_5_moe");
    family.classes = {"Qwen3_5MoeForConditionalGeneration"};
    family.nested = "text_config";
    return family;
}

Family qwen35MoeTextFamily()
{
    Family family = qwen35Family("qwen3_5_moe_text");
    family.classes = {"Qwen3_5MoeForCausalLM"};
    return family;
}

}
