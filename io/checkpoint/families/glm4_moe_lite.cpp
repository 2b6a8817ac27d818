// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

/// mlp_layer_types; the first layer is dense where the file has none.
void fillDenseGlm4MoeLite(ConfigReader& config, ArchSpec& arch, std::int64_t denseIntermediate)
{
    const auto types = config.strings("mlp_layer_types");
    if (types && types->size() != arch.layers.size()) {
        config.refuse("mlp_layer_types",
            "has " + std::to_string(types->size()) + " entries for " + std::to_string(arch.layers.size()) + " layers");
    }
    if (!types && !config.isNull("first_k_dense_replace") && config.integer("first_k_dense_replace", 1, 0, INT32_MAX) != 1)
        config.refuse("first_k_dense_replace", "is not 1: the reference reads mlp_layer_types instead");
    for (std::size_t i = 0; i < arch.layers.size() && !config.failed(); ++i) {
        const std::string type = types ? (*types)[i] : i == 0 ? "dense" : "sparse";
        if (type != "dense" && type != "sparse")
            config.refuse("mlp_layer_types[" + std::to_string(i) + "]",
                "is '" + type.substr(0, 80) + "', dense or sparse was expected");
        arch.layers[i].moe = type == "sparse";
        arch.layers[i].denseIntermediate = arch.layers[i].moe ? 0 : denseIntermediate;
    }
}

void fillGlm4MoeLite(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {154880, 2048, 47, 20, 1e-5, 4});
    LatentDefaults latent;
    latent.queryRank = 768;
    latent.nopeDim = 192;
    latent.valueDim = 256;
    latent.kvHeads = 20;
    latent.ropeDimAlias = "head_dim";
    fillLatent(config, arch, latent);
    arch.rope.interleaved = config.boolean("rope_interleave", true);
    arch.expertIntermediate = config.size("moe_intermediate_size", 1536);
    fillShared(arch, config.integer("n_shared_experts", 1, 0, INT16_MAX), arch.expertIntermediate);
    fillDenseGlm4MoeLite(config, arch, config.size("intermediate_size", 10240));
    SigmoidRouterDefaults router;
    router.scaling = 1.8;
    fillSigmoidRouter(config, arch, router);
    fillNextTokenLayers(config, arch);
}

}

Family glm4MoeLiteFamily()
{
    Family family;
    family.modelType = "glm4_moe_lite";
    family.classes = {"Glm4MoeLiteForCausalLM"};
    family.names.shared = "shared_experts";
    family.fill = fillGlm4MoeLite;
    family.finish = scaleByMscale;
    family.partialRotary = PartialRotary::All;
    family.defaultMaxPositions = 202752;
    family.numExpertsKey = "n_routed_experts";
    family.numExpertsAlias = "num_local_experts";
    family.defaultNumExperts = 64;
    return family;
}

}
