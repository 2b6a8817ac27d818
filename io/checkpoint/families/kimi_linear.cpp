// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

constexpr std::int64_t kMostOfADelta = 1 << 20;

/// Layers of linear_attn_config, counted from 1.
void fillListedLayers(ConfigReader& lists, ArchSpec& arch, std::string_view key, Mixer mixer, std::vector<bool>& known)
{
    for (const std::int64_t layer : lists.integers(key)) {
        if (layer < 1 || layer > static_cast<std::int64_t>(arch.layers.size()))
            return lists.refuse(key, "names layer " + std::to_string(layer) + " of 1 to " + std::to_string(arch.layers.size()));
        const auto i = static_cast<std::size_t>(layer - 1);
        arch.layers[i].mixer = mixer;
        known[i] = true;
    }
}

/// layer_types, or else the lists, or else every fourth layer but the first attends.
void fillKimiMixers(ConfigReader& config, ConfigReader& linear, ArchSpec& arch)
{
    if (config.isNull("layer_types") && linear.has("full_attn_layers") && linear.has("kda_layers")) {
        std::vector<bool> known(arch.layers.size());
        fillListedLayers(linear, arch, "full_attn_layers", Mixer::Latent, known);
        fillListedLayers(linear, arch, "kda_layers", Mixer::DeltaNet, known);
        for (std::size_t i = 0; i < known.size(); ++i) {
            if (!known[i])
                linear.refuse("kda_layers", "layer " + std::to_string(i + 1) + " is in neither list");
        }
        return;
    }
    fillMixersByType(config, arch, "linear_attention", Mixer::DeltaNet, [](std::size_t i) { return i == 0 || i % 4 != 0; });
}

void fillKimiDelta(ConfigReader& config, ArchSpec& arch)
{
    static const JsonValue kNothing{JsonValue::Object{}};
    auto given = config.object("linear_attn_config");
    auto linear = given ? *given : ConfigReader(kNothing, std::string());
    const auto size = [&](std::string_view inside, std::string_view beside, std::int64_t fallback, std::int64_t most) {
        return linear.has(inside) ? linear.integer(inside, fallback, 1, most) : config.integer(beside, fallback, 1, most);
    };
    DeltaNet net;
    net.byChannel = true;
    net.keyHeads = net.valueHeads = size("num_heads", "linear_num_heads", 32, kMostOfADelta);
    net.keyDim = net.valueDim = size("head_dim", "linear_head_dim", 128, kMostOfADelta);
    net.kernel = size("short_conv_kernel_size", "linear_conv_kernel_dim", 4, 1024);
    arch.deltaNet = net;
    fillKimiMixers(config, linear, arch);
}

/// mlp_layer_types, or else first_k_dense_replace.
void fillKimiDense(ConfigReader& config, ArchSpec& arch)
{
    const auto width = config.size("intermediate_size", 9216);
    const auto types = config.strings("mlp_layer_types");
    if (!types)
        return fillFirstDense(config, arch, 1, width);
    if (types->size() != arch.layers.size())
        return config.refuse("mlp_layer_types", "has " + std::to_string(types->size()) + " entries for "
                + std::to_string(arch.layers.size()) + " layers");
    for (std::size_t i = 0; i < arch.layers.size(); ++i) {
        const auto& type = (*types)[i];
        if (type != "dense" && type != "sparse")
            config.refuse("mlp_layer_types[" + std::to_string(i) + "]",
                "is '" + type.substr(0, 80) + "', dense or sparse was expected");
        arch.layers[i].moe = type == "sparse";
        arch.layers[i].denseIntermediate = arch.layers[i].moe ? 0 : width;
    }
}

/// Published files have words of their own for what DeepSeek names otherwise; where both are there, theirs hold.
void fillKimiLinear(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {163840, 2304, 27, 32, 1e-5, 8});
    if (config.has("num_experts_per_token"))
        arch.router.topK = config.size("num_experts_per_token", 8);
    if (arch.tiedEmbeddings)
        config.refuse("tie_word_embeddings", "is true, kimi_linear has a head of its own");
    LatentDefaults latent;
    latent.queryRank = 0;
    latent.kvHeads = 32;
    fillLatent(config, arch, latent);
    fillKimiDelta(config, arch);
    arch.expertIntermediate = config.size("moe_intermediate_size", 1024);
    const std::string_view shared = config.has("num_shared_experts") ? "num_shared_experts" : "n_shared_experts";
    fillShared(arch, config.integer(shared, 1, 0, INT16_MAX), arch.expertIntermediate);
    fillKimiDense(config, arch);
    SigmoidRouterDefaults router;
    router.scaling = 2.446;
    fillSigmoidRouter(config, arch, router);
    if (config.has("num_expert_group"))
        arch.router.numGroups = config.size("num_expert_group", 1);
    if (config.has("moe_renormalize")) {
        const bool renormalised = config.boolean("moe_renormalize", true);
        arch.router.renormalisation = renormalised ? Renormalisation::Sum : Renormalisation::None;
        arch.router.renormEpsilon = renormalised ? 1e-20 : 0;
    }
    expectWord(config, arch, "moe_router_activation_func", "sigmoid");
    if (!config.isNull("mla_use_nope") && !config.boolean("mla_use_nope", true))
        config.refuse("mla_use_nope", "is false, kimi_linear rotates nothing");
}

}

Family kimiLinearFamily()
{
    Family family;
    family.modelType = "kimi_linear";
    family.classes = {"KimiLinearForCausalLM"};
    family.names.moeBlocks = {"block_sparse_moe", "mlp"};
    family.names.dense = {"mlp", "block_sparse_moe"}; // the reference saves it under the second
    family.names.expertGate = "w1";
    family.names.expertUp = "w3";
    family.names.expertDown = "w2";
    family.names.shared = "shared_experts";
    family.names.deltaNet = "self_attn";
    family.fill = fillKimiLinear;
    family.rotates = false;
    family.defaultMaxPositions = 1048576;
    family.maxPositionsAlias = "model_max_length";
    family.numExpertsKey = "num_local_experts";
    family.numExpertsAlias = "num_experts";
    family.defaultNumExperts = 256;
    return family;
}

}
